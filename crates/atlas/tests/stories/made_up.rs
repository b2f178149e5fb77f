//! Deliveries that never happened, to try a receiver out: each kind is understood as what it is, and what is not is listed
//! with the reason.

use std::io::{BufRead, BufReader};

use atlas_model::Platform;
use atlas_store::{Arrival, Store};
use atlas_vendor::delivery::{event_name, kinds};
use serde_json::{Value, json};

use crate::webhooks::{Server, desk, target};
use crate::world::{Desk, block_on, engines, execute, number};

/// What a kind becomes: an event of an e-mail, a call, a mark at a contact, nothing, or that it is not understood.
fn becomes(platform: Platform, kind: &str) -> &'static str {
    match (platform, kind) {
        (Platform::SmartLead, "EMAIL_SENT" | "FIRST_EMAIL_SENT") => "sent",
        (Platform::SmartLead, "EMAIL_OPEN" | "OPEN") => "opened",
        (Platform::SmartLead, "EMAIL_LINK_CLICK" | "CLICK") => "clicked",
        (Platform::SmartLead, "EMAIL_REPLY" | "REPLY") => "replied",
        (Platform::SmartLead, "EMAIL_BOUNCE" | "BOUNCE") => "bounced",
        (Platform::SmartLead, "LEAD_UNSUBSCRIBED") => "unsubscribed",
        (Platform::SmartLead, "LEAD_CATEGORY_UPDATED") => "categorized",
        (Platform::SmartLead, "CAMPAIGN_STATUS_CHANGED" | "MANUAL_STEP_REACHED") => "nothing",
        // What its body looks like, nobody tells.
        (Platform::SmartLead, "UNTRACKED_REPLIES") => "failed",
        (Platform::ReplyIo, "email_sent" | "email.sent") => "sent",
        (Platform::ReplyIo, "email_opened" | "email.opened") => "opened",
        (Platform::ReplyIo, "email_link_clicked" | "email.clicked") => "clicked",
        (Platform::ReplyIo, "email_replied" | "email.replied") => "replied",
        (Platform::ReplyIo, "email_bounced" | "email.bounced") => "bounced",
        (Platform::ReplyIo, "email_auto_reply") => "auto_replied",
        (Platform::ReplyIo, "reply_categorized" | "linkedin_reply_categorized") => "categorized",
        (Platform::ReplyIo, "contact.interested") => "interested",
        (Platform::ReplyIo, "contact_opted_out" | "contact.optedOut") => "unsubscribed",
        (Platform::ReplyIo, "contact_finished") => "finished",
        (Platform::ReplyIo, "contact_called") => "called",
        (Platform::ReplyIo, "linkedin_message_sent") => "linkedin_sent",
        (Platform::ReplyIo, "linkedin_message_replied") => "linkedin_replied",
        (Platform::ReplyIo, "linkedin_connection_request_sent") => "linkedin_connect",
        (Platform::ReplyIo, "linkedin_connection_request_accepted") => "linkedin_connected",
        (Platform::ReplyIo, "email_account_connection_lost" | "email_account_error") => "account_alert",
        (Platform::ReplyIo, "linkedin_account_alerts") => "account_alert",
        (Platform::ReplyIo, "email_spam_reported" | "autopilot_stopped") => "nothing",
        (Platform::PhoneBurner, "call_begin" | "call_end" | "softphone_call_done") => "call",
        (Platform::PhoneBurner, "unsubscribed") => "is_unsubscribed",
        (Platform::PhoneBurner, _) => "nothing",
        (_, other) => panic!("{platform} {other}: what does it become?"),
    }
}

fn arrivals(desk: &Desk, source_id: i64) -> Vec<Arrival> {
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let kept = store.arrivals(source_id, 0, 1000, false).await.unwrap();
        store.close().await;
        kept
    })
}

#[test]
fn each_kind_becomes_what_it_is() {
    for engine in engines() {
        let desk = desk(engine);
        for platform in Platform::ALL {
            target(&desk, &format!("acme-{platform}"), &[]);
        }
        let server = Server::start(&desk);
        desk.set("ATLAS_LISTEN", &server.address);
        for platform in Platform::ALL {
            desk.run(&["webhook", "trigger", platform.as_str(), "all"]).expect(0);
        }
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        let count = |what: &str| number(&desk.url, &format!("SELECT COUNT(*) FROM {what}")).unwrap();
        for (source, platform) in (1..).zip(Platform::ALL) {
            let kept = arrivals(&desk, source);
            assert_eq!(kept.len(), kinds(platform).len());
            for Arrival { id, event, state, reason, body, .. } in kept {
                let body: Value = serde_json::from_slice(&body).unwrap();
                let kind = event_name(event.as_deref(), &body);
                let rows = count(&format!("email_activities WHERE source_id = {source} AND told_in = {id}"));
                let what = becomes(platform, &kind);
                match what {
                    "failed" => {
                        assert!(state == "failed" && reason.unwrap().contains(&kind) && rows == 0, "{kind}");
                        continue;
                    }
                    "nothing" => assert!(reason.unwrap().contains("no row follows") && rows == 0, "{kind}"),
                    "call" => {
                        let call = body["call_id"].to_string().replace('"', "");
                        let of_it =
                            format!("call_activities WHERE source_id = {source} AND external_id = '{call}'");
                        assert_eq!(count(&of_it), 1, "{kind}");
                    }
                    "is_unsubscribed" => {
                        assert_eq!(
                            count(&format!("contacts WHERE source_id = {source} AND is_unsubscribed")),
                            1
                        );
                    }
                    // A second one of a person who has gone already tells nothing new.
                    "unsubscribed" | "interested" | "finished" if rows == 0 => {
                        let of_it =
                            format!("email_activities WHERE source_id = {source} AND event = '{what}'");
                        assert_eq!(count(&of_it), 1, "{kind}");
                    }
                    event => {
                        let of_it = format!(
                            "email_activities WHERE source_id = {source} AND told_in = {id} AND event = '{event}'"
                        );
                        assert_eq!((rows, count(&of_it)), (1, 1), "{platform} {kind}");
                    }
                }
                assert_eq!(state, "done", "{kind}");
            }
            if platform != Platform::PhoneBurner {
                let marked = "is_unsubscribed AND is_interested";
                assert_eq!(
                    count(&format!("contacts WHERE source_id = {source} AND {marked}")),
                    1,
                    "{platform}"
                );
            }
        }
    }
}

#[test]
fn what_is_not_understood_is_listed_and_understood_later() {
    for engine in engines() {
        let desk = desk(engine);
        let address = target(&desk, "acme-smartlead", &[]);
        let server = Server::start(&desk);
        let sent = |lead: i64| {
            json!({"event_type": "EMAIL_SENT", "campaign_id": 7, "stats_id": format!("s{lead}"), "to_email":
                format!("l{lead}@firm.test"), "sl_email_lead_id": lead, "time_sent": "2026-11-01T09:00:00Z"})
        };
        let unheard = json!({"event_type": "CAMPAIGN_PAINTED", "campaign_id": 7});
        for body in [sent(1), unheard.clone(), json!([unheard, {"event_type": "CAMPAIGN_PAINTED"}]), sent(2)]
        {
            assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
        }
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        let status = desk.run(&["status", "acme-smartlead", "--json"]).expect(0).json();
        let deliveries = &status[0]["deliveries"];
        assert_eq!((&deliveries["pending"], &deliveries["failed"]), (&json!(0), &json!(2)));
        assert_eq!(deliveries["failures"][0]["count"], 2, "{deliveries}");
        assert!(deliveries["per_hour"].as_f64().unwrap() > 0.1, "{deliveries}");
        let said = desk.run(&["status", "acme-smartlead"]).expect(0).out;
        assert!(said.contains("nobody knows what CAMPAIGN_PAINTED means (2, last "), "{said}");
        let listed = desk.run(&["webhook", "failed"]).expect(0).out;
        assert_eq!(listed.matches("failed: nobody knows what CAMPAIGN_PAINTED means").count(), 2, "{listed}");

        // As if an older version had not known what "sent" means.
        let dump = desk.dump();
        let unknown = "UPDATE journal SET state = 'failed', reason = 'nobody knows' WHERE kind = 'delivery'";
        let figures = ["hourly_metrics", "daily_observations", "daily_metrics"];
        let sums = ["source_days", "campaign_months", "source_hours", "mailbox_days", "mailbox_months"];
        let forgotten = [&["email_activities"][..], &figures, &sums].concat();
        let forgotten: Vec<String> =
            forgotten.into_iter().map(|table| format!("DELETE FROM {table}")).collect();
        execute(&desk.url, &[&[unknown.to_owned()], &forgotten[..]].concat());
        assert_ne!(dump, desk.dump());
        desk.run(&["replay", "--failed"]).expect(0);
        crate::world::assert_same(&dump, &desk.dump(), "understood later");
        desk.run(&["replay", "--failed"]).expect(0);
        crate::world::assert_same(&dump, &desk.dump(), "and once more");
        let status = desk.run(&["status", "acme-smartlead", "--json"]).expect(0).json();
        assert_eq!(status[0]["deliveries"]["failed"], 2);
    }
}

#[test]
fn deliveries_can_be_made_up_and_watched() {
    for engine in engines() {
        let desk = desk(engine);
        desk.run_with(&["webhook", "secret", "acme-phoneburner"], "s3cret\n").expect(0);
        for platform in Platform::ALL {
            target(&desk, &format!("acme-{platform}"), &[]);
        }
        let server = Server::start(&desk);
        desk.set("ATLAS_LISTEN", &server.address);
        desk.set("ATLAS_PUBLIC_URL", "https://atlas.example.com");
        let told = desk.run(&["webhook", "url", "acme-phoneburner"]).expect(0);
        assert!(told.out.starts_with("https://atlas.example.com/functions/v1/phoneburner-webhook?token="));
        assert!(told.err.contains("&event=call_begin") && !told.err.contains("no service"), "{}", told.err);

        let mut tail = desk.spawn(&["webhook", "tail", "--json"]);
        let mut notes = BufReader::new(tail.stderr.take().unwrap()).lines();
        notes.next().unwrap().unwrap();
        let shown = BufReader::new(tail.stdout.take().unwrap()).lines();
        let mut expected = Vec::new();
        for platform in Platform::ALL {
            let kinds = desk.run(&["webhook", "trigger", platform.as_str()]).expect(0).out;
            expected.extend(kinds.lines().map(str::to_owned));
            desk.run(&["webhook", "trigger", platform.as_str(), "all"]).expect(0);
        }
        let seen: Vec<Value> =
            shown.take(expected.len()).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        tail.kill().unwrap();
        tail.wait().unwrap();
        let mut names: Vec<&str> = seen.iter().map(|line| line["event"].as_str().unwrap()).collect();
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
        // The server understands them meanwhile, and says what it keeps without a row.
        for line in &seen {
            let (reason, event) = (line["reason"].as_str(), line["event"].as_str().unwrap());
            assert!(reason.is_none_or(|reason| reason.contains(event)), "{line}");
        }

        let status = desk.run(&["status", "acme-smartlead", "--json"]).expect(0).json();
        assert_eq!(status[0]["deliveries"]["received"], 15);
        assert!(status[0]["deliveries"]["last_at"].is_string(), "{status}");
        assert!(desk.run(&["status"]).expect(0).out.contains("webhooks: last "));
        desk.run(&["webhook", "trigger", "smartlead", "EMAIL_PAINTED"]).expect(2);
        desk.run(&["source", "remove", "acme-smartlead", "--yes"]).expect(0);
        server.stop().expect(0);
        let refused = desk.run(&["webhook", "trigger", "replyio", "email_sent"]).expect(1);
        assert!(refused.err.contains("atlas serve"), "{}", refused.err);
    }
}
