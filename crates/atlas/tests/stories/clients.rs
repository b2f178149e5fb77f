//! Whose campaigns are whose: by hand, rule, source or service, everywhere alike; and a client's week on one page.

use atlas_twin::{Dialect, Twin};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::access::{ask, bearer, get, listen};
use crate::running::until;
use crate::three_services::small;
use crate::webhooks::{Server, kept, target};
use crate::world::{Desk, Engine, assert_same, engines, execute, start};

/// E-mails of many clients at one service and of one client at another, read.
pub(crate) fn desk_of_two(engine: Engine, twin: &Twin) -> Desk {
    let (desk, origin) = (Desk::new(engine), twin.origin());
    let leads = ["--set", "sync_leads=true"];
    for (service, name, more) in
        [("smartlead", "mails", &leads), ("replyio", "sequences", &["--client", "Acme"])]
    {
        let add =
            ["source", "add", service, "--name", name, "--base-url", &origin, "--api-key-stdin", "--no-test"];
        desk.run_with(&[&add[..], &["--set", "pace=off"], &more[..]].concat(), "twin-key\n").expect(0);
    }
    desk.run(&["sync"]).expect(0);
    desk
}

/// Campaigns, but for when they were last read.
fn when_read_aside(lines: Value) -> Vec<Value> {
    let Value::Array(mut lines) = lines else { panic!("{lines}") };
    lines.iter_mut().for_each(|line| drop(line["last_synced_at"].take()));
    lines
}

/// The page of a client's week is the report of that week, for whom it is for.
fn week_of(desk: &Desk, server: &Server, reader: &str, day: &str) -> Value {
    let report = get(server, &format!("/api/v1/clients/zenith/report?week={day}"), reader).body;
    let figure = |name: &str| {
        report["figures"].as_array().unwrap().iter().find(|one| one["metric"] == name).unwrap().clone()
    };
    assert_eq!(report["figures"].as_array().unwrap().len(), 6, "{report}");
    // Nobody told meetings: that is unknown, and not 0.
    assert_eq!(
        (&figure("meetings_booked")["value"], &figure("meetings_booked")["standing"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(report["judgement"]["metric"], "total_sent", "{report}");
    let sent = figure("total_sent");
    assert_eq!((sent["target"].as_f64(), &sent["standing"]), (Some(1e6), &json!("behind")), "{report}");
    let (from, to) = (report["from"].as_str().unwrap(), report["to"].as_str().unwrap());
    let period = ["report", "overview", "--client", "Zenith", "--from", from, "--to", to, "--json"];
    let overview = desk.run(&period).expect(0).json();
    assert_eq!(figure("total_sent")["value"].as_f64(), overview["total"]["total_sent"].as_f64(), "{report}");
    assert_eq!(figure("reply_rate")["n"], overview["total"]["reply_rate_denominator"], "{report}");
    let page = get(server, &format!("/report/Zenith?week={day}"), reader);
    assert!(page.status == 200 && page.head.contains("script-src 'self'"), "{page:?}");
    assert_eq!(get(server, "/report/Acme", reader).status, 403);
    assert_eq!(get(server, "/report/Zenith", "").status, 401);
    // All of a week's positive replies are counted, however few are told.
    let many = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) INSERT INTO email_activities \
         (source_id, campaign_id, event_key, event, occurred_at, metric_date, hour_of_day, via, is_positive, classified_by) \
         SELECT c.source_id, c.campaign_id, 'many ' || n.i, 'replied', '{from}T12:00:00Z', '{from}', 12, 'webhook', TRUE, \
         CASE WHEN n.i % 3 = 0 THEN 'service' END FROM n CROSS JOIN (SELECT source_id, campaign_id FROM report_campaigns \
         WHERE client_name = 'Zenith' ORDER BY source_id, campaign_id LIMIT 1) AS c"
    );
    execute(&desk.url, &[many]);
    let happened =
        get(server, &format!("/api/v1/clients/zenith/report?week={day}"), reader).body["happened"].clone();
    execute(&desk.url, &["DELETE FROM email_activities WHERE event_key LIKE 'many %'".to_owned()]);
    let more = |name: &str| happened[name].as_i64().unwrap() - report["happened"][name].as_i64().unwrap();
    assert_eq!((more("replies_in_all"), more("replies_not_counted")), (600, 400), "{happened}");
    assert_eq!(happened["replies"].as_array().map(Vec::len), Some(5));
    report
}

/// A word of the account means what a person says, once everything kept is understood so; before, nothing moved.
fn a_word_means_what_a_person_says(desk: &Desk, server: &Server, writer: &str) {
    let labels = || get(server, "/api/v1/sources/mails/labels", writer).body;
    let told = labels()["labels"][0].clone();
    let mean = |word: Value| {
        let change = json!({"labels": {told["label"].as_str().unwrap(): word}});
        ask(server, "PATCH", "/api/v1/sources/mails/labels", writer, &change)
    };
    assert_eq!(mean(json!("nonsense")).status, 422);
    let asked = mean(json!("not_now"));
    assert_eq!((asked.status, &asked.body["kind"]), (202, &json!("replay")), "{asked:?}");
    let waiting = labels()["labels"][0].clone();
    assert_eq!((&waiting["means"], &waiting["is_set"]), (&told["means"], &json!(true)), "{waiting}");
    desk.run(&["replay", "mails"]).expect(0);
    assert_eq!(labels()["labels"][0]["means"], "not_now", "{told}");
    assert_eq!(mean(Value::Null).status, 202);
    desk.run(&["replay", "mails"]).expect(0);
    assert_eq!(labels()["labels"][0], told);
}

/// A link shows the client's week, and no other's.
fn by_link(server: &Server, writer: &str) {
    let link = ask(server, "POST", "/api/v1/share-links", writer, &json!({"client": "Zenith"})).body;
    let key = bearer(link["url"].as_str().unwrap().rsplit('#').next().unwrap());
    assert_eq!(get(server, "/api/v1/clients/Zenith/report", &key).status, 200, "{link}");
    assert_eq!(get(server, "/api/v1/clients/Acme/report", &key).status, 403);
    for path in ["/share/report", "/share.js"] {
        assert_eq!(get(server, path, "").status, 200, "{path}");
    }
}

/// A made-up delivery leaves no trace; of a real one a listener hears.
fn a_delivery_is_tried_and_told(desk: &Desk, server: &Server, writer: &str) {
    // A listener that comes back is told what has changed since, and nothing else.
    let mail = target(desk, "mails", &[]);
    let made_up = json!({"kind": "EMAIL_REPLY"});
    let tried = ask(server, "POST", "/api/v1/sources/mails/webhook/test", writer, &made_up).body;
    assert_eq!(tried["is_taken"], true, "{tried}");
    assert!(tried["rows"]["email_activities"].as_u64() > Some(0), "{tried}");
    assert!(kept(desk, 1).is_empty(), "it is not kept");
    let first = listen(server, writer, None, ["deliveries", "sequences"]);
    assert!(first.iter().any(|[_, kind, _]| kind == "sync"), "{first:?}");
    let [last, ..] = first.last().unwrap();
    let open = json!({"event_type": "EMAIL_OPEN", "stats_id": 1, "event_timestamp": "2026-11-02T09:00:00Z"});
    until("it is taken", || server.post(&mail, open.to_string().as_bytes()).status == 200);
    let since = listen(server, writer, Some(last), ["deliveries", "mails"]);
    assert!(since.iter().all(|[_, kind, _]| kind != "sync"), "{since:?}");
}

#[test]
fn hands_and_rules_say_whose_a_campaign_is_and_every_door_follows() {
    let twin = start(small(Dialect::Live));
    let mut reports = Vec::new();
    for engine in engines() {
        let desk = desk_of_two(engine, &twin);
        let campaigns = |more: &[&str]| {
            let lines = desk.run(&[&["report", "campaigns", "--json"], more].concat()).expect(0).json();
            when_read_aside(lines)
        };
        let all = campaigns(&[]);
        let of = |source: &str| all.iter().filter(|line| line["source_name"] == source).collect::<Vec<_>>();
        assert!(of("sequences").iter().all(|line| line["client_because"] == "source"), "{engine:?}");
        assert!(of("mails").iter().any(|line| line["client_because"] == "service"), "{engine:?}");
        let id = |line: &Value| line["campaign_id"].as_str().unwrap().to_owned();
        let name = |line: &Value| line["campaign_name"].as_str().unwrap().to_owned();

        // A rule stands over source and service, a hand over rules.
        let (ruled, handed) = (of("mails")[0], of("sequences")[0]);
        let rule = ["client", "rule", "add", "Zenith", "--pattern", &name(ruled).to_uppercase()];
        desk.run(&rule).expect(0);
        desk.run(&["client", "assign", "zenith", &id(handed), "--source", "sequences"]).expect(0);
        let why = |line: &Value, source: &str| {
            desk.run(&["client", "why", &id(line), "--source", source, "--json"]).expect(0).json()
        };
        let (by_rule, by_hand) = (why(ruled, "mails"), why(handed, "sequences"));
        assert_eq!(
            (&by_rule["client"], &by_rule["because"]),
            (&json!("Zenith"), &json!("rule")),
            "{by_rule}"
        );
        assert_eq!(
            (&by_hand["client"], &by_hand["because"]),
            (&json!("Zenith"), &json!("hand")),
            "{by_hand}"
        );
        let found = campaigns(&["--client", "ZENITH"]);
        let expected = all.iter().filter(|line| {
            let parent = line["parent_campaign_id"].as_str();
            [ruled, handed].iter().any(|one| {
                one["source_id"] == line["source_id"]
                    && (id(one) == id(line) || parent == Some(id(one).as_str()))
            })
        });
        let ids = |lines: &mut dyn Iterator<Item = &Value>| {
            let mut ids: Vec<_> = lines.map(|line| (line["source_id"].as_i64(), id(line))).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&mut found.iter()), ids(&mut expected.into_iter()), "{engine:?} {found:?}");

        // People are the new client's, and a sync that brings nothing new changes nothing.
        let dump = desk.dump();
        assert!(dump.contains("zenith|"), "{engine:?}");
        desk.run(&["sync", "--full"]).expect(0);
        assert_same(&dump, &desk.dump(), "a full sync that brings nothing new");

        // The API is locked to it; its week is one page, by token and by link.
        let stranger = bearer(&desk.run(&["token", "create", "zenith", "--client", "Zenith"]).expect(0).out);
        let writer = bearer(&desk.run(&["token", "create", "changes", "--scope", "write"]).expect(0).out);
        desk.run(&["client", "targets", "Zenith", "total_sent=1000000", "meetings_booked=2"]).expect(0);
        let day = (twin.account().today - 7.days()).to_string();
        let server = Server::start(&desk);
        let seen = get(&server, "/api/v1/campaigns", &stranger).body["data"].clone();
        assert_eq!(when_read_aside(seen), found, "{engine:?}");
        assert_eq!(get(&server, "/api/v1/clients/Acme/report", &stranger).status, 403);
        reports.push(week_of(&desk, &server, &stranger, &day));
        by_link(&server, &writer);
        // Days of e-mails are the accounts' own: of which that is not what was asked for is told, of one's own accounts.
        let own_days = |tz: &str| {
            let path = format!("/api/v1/campaigns?from={day}&to={day}{tz}");
            get(&server, &path, &stranger).body["own_days"].clone()
        };
        assert_eq!(own_days("&tz=Asia/Tokyo").as_array().map(Vec::len), Some(2));
        assert_eq!(own_days(""), Value::Null);

        a_delivery_is_tried_and_told(&desk, &server, &writer);

        // Taken back, everything is as it was.
        let rules = get(&server, "/api/v1/client-rules", &writer).body;
        let rule = format!("/api/v1/client-rules/{}", rules["data"][0]["id"]);
        assert_eq!(ask(&server, "DELETE", &rule, &writer, &Value::Null).status, 204);
        let hand = format!("/api/v1/campaigns/sequences/{}/client", id(handed));
        let back = ask(&server, "PUT", &hand, &writer, &json!({"client": null})).body;
        assert_eq!(back["because"], "source", "{back}");

        a_word_means_what_a_person_says(&desk, &server, &writer);
        server.stop().expect(0);
        assert_eq!(campaigns(&[]), all, "{engine:?}");
    }
    // Both databases tell the same.
    for report in &mut reports {
        for read in ["oldest_figure_at", "newest_figure_at"] {
            report[read].take();
        }
    }
    assert!(reports.windows(2).all(|two| two[0] == two[1]), "{reports:?}");
}
