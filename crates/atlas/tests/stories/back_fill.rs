//! Back-filling: single events are there from the first day, and posted ones of the same facts change nothing.

use atlas_twin::replyio::Figures;
use atlas_twin::{Dialect, Missed, Options, Twin};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::running::until;
use crate::syncs::{cell, sync};
use crate::webhooks::{Server, target};
use crate::world::{Desk, Engine, assert_same, engines, number, start};

fn account(dialect: Dialect) -> Options {
    Options { dialect, campaigns: 6, mails_per_campaign: Some(60), ..Options::default() }
}

/// Everything that the service would have posted up to now, in the order of time.
fn posted(twin: &Twin) -> Vec<Value> {
    let campaigns = twin.account().campaigns;
    let mut posted: Vec<_> = campaigns.iter().flat_map(|campaign| twin.posted(campaign.id)).collect();
    posted.sort_by_key(|(at, _)| *at);
    posted.into_iter().map(|(_, body)| body).collect()
}

pub(crate) fn deliver(desk: &Desk, bodies: &[Value]) {
    let address = target(desk, "acme", &[]);
    let server = Server::start(desk);
    for some in bodies.chunks(200) {
        assert_eq!(server.post(&address, Value::from(some).to_string().as_bytes()).status, 200);
    }
    server.stop().expect(0);
    // What the server had no time for is understood by whoever comes next.
    desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
}

pub(crate) fn rows<'a>(dump: &'a str, table: &str) -> Vec<&'a str> {
    let table = format!("{table} ");
    dump.lines().filter(|line| line.starts_with(&table)).collect()
}

fn of_kind<'a>(dump: &'a str, kind: &str) -> Vec<&'a str> {
    rows(dump, "email_activities").into_iter().filter(|row| cell(row, "event") == Some(kind)).collect()
}

#[test]
fn posted_or_asked_for_first_or_mixed() {
    for dialect in [Dialect::Live, Dialect::Requirement] {
        let mut dumps = Vec::new();
        for engine in engines() {
            let twin = start(account(dialect));
            let bodies = posted(&twin);
            assert!(bodies.len() > 100);
            let desk = || {
                let desk = Desk::with_source(engine, &twin);
                desk.run(&["source", "set", "acme", "sync_leads=true"]).expect(0);
                desk
            };
            let asked_first = desk();
            sync(&asked_first);
            deliver(&asked_first, &bodies);
            let posted_first = desk();
            deliver(&posted_first, &bodies);
            sync(&posted_first);
            let mixed = desk();
            let (one, other): (Vec<_>, Vec<_>) =
                bodies.iter().cloned().enumerate().partition(|(place, _)| place % 3 == 0);
            let values =
                |some: Vec<(usize, Value)>| some.into_iter().map(|(_, body)| body).collect::<Vec<_>>();
            deliver(&mixed, &values(one));
            sync(&mixed);
            deliver(&mixed, &values(other));
            deliver(&mixed, &bodies[..40]);
            mixed.run(&["sync", "--full"]).expect(0);
            dumps.extend([asked_first.dump(), posted_first.dump(), mixed.dump()]);
            // Counted anew from what was kept, it is the same.
            asked_first.run(&["replay", "acme"]).expect(0);
            dumps.push(asked_first.dump());
        }
        for dump in &dumps {
            assert_same(&dumps[0], dump, "in another order, on another database");
        }
        let sent = of_kind(&dumps[0], "sent");
        assert!(sent.iter().all(|row| cell(row, "via") == Some("webhook") && row.contains("is_polled=true")));
        assert!(
            sent.iter().all(|row| cell(row, "variant_id").is_some()),
            "the list of mails tells the template"
        );
    }
}

#[test]
fn an_account_without_webhooks() {
    for dialect in [Dialect::Live, Dialect::Requirement] {
        let mut dumps = Vec::new();
        for engine in engines() {
            let twin = start(account(dialect));
            let desk = Desk::with_source(engine, &twin);
            let done = sync(&desk);
            assert_eq!(done["problems"], 0, "{done}");
            let dump = desk.dump();
            let bodies = posted(&twin);
            let told = |name: &str| bodies.iter().filter(|body| body["event_type"] == name).count();
            for (name, kind) in [
                ("EMAIL_SENT", "sent"),
                ("EMAIL_OPEN", "opened"),
                ("EMAIL_LINK_CLICK", "clicked"),
                ("EMAIL_REPLY", "replied"),
                ("EMAIL_BOUNCE", "bounced"),
            ] {
                assert_eq!(of_kind(&dump, kind).len(), told(name), "{kind}");
            }
            let replies = of_kind(&dump, "replied");
            assert!(
                !replies.is_empty() && replies.iter().all(|row| cell(row, "body_plain").is_some()),
                "{replies:#?}"
            );
            assert!(replies.iter().all(|row| cell(row, "contact_id").is_some()));
            // A note of absence is no reply, and no bounce has an hour.
            let is_absence = |row: &&&str| cell(row, "reply_category") == Some("out_of_office");
            assert!(replies.iter().filter(is_absence).all(|row| row.contains("counts_message=false")));
            assert!(!rows(&dump, "hourly_metrics").is_empty());
            assert!(rows(&dump, "hourly_metrics").iter().all(|row| cell(row, "emails_bounced").is_none()));
            // The texts of mails are what their templates made of them.
            assert!(of_kind(&dump, "sent").iter().all(|row| cell(row, "body_plain").is_none()));
            let journal =
                number(&desk.url, "SELECT COUNT(*) FROM journal WHERE endpoint = 'email_statistics'");
            assert!(journal > Some(0));
            twin.clear_requests();
            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{again}");
            let is_tail = |path: &str| path.ends_with("/statistics") || path.ends_with("/message-history");
            assert!(twin.requests().iter().all(|request| !is_tail(&request.path)), "nothing moved");
            // A day on only what moved is asked, and of that what is not old.
            twin.advance(1);
            desk.next_day();
            sync(&desk);
            assert_eq!(
                of_kind(&desk.dump(), "sent").len().max(told("EMAIL_SENT")),
                of_kind(&desk.dump(), "sent").len()
            );
            dumps.push(desk.dump());
            desk.run(&["replay", "acme"]).expect(0);
            dumps.push(desk.dump());
        }
        for dump in &dumps {
            assert_same(&dumps[0], dump, "on another database, replayed");
        }
    }
}

#[test]
fn ways_to_ask_and_not_to() {
    let twin = start(account(Dialect::Live));
    let whole = Desk::with_source(Engine::Sqlite, &twin);
    sync(&whole);
    let deaf = start(Options { ignores_mail_windows: true, ..account(Dialect::Live) });
    let desk = Desk::with_source(Engine::Sqlite, &deaf);
    sync(&desk);
    let activities = |desk: &Desk| -> Vec<String> {
        rows(&desk.dump(), "email_activities").into_iter().map(str::to_owned).collect()
    };
    // Without windows the mails before them come too.
    let all = activities(&desk);
    assert!(
        activities(&whole).iter().all(|row| all.contains(row)),
        "windows that are ignored cost calls, not events"
    );
    assert!(
        deaf.requests()
            .iter()
            .any(|request| !request.query.contains("sent_time") && request.path.ends_with("/statistics"))
    );
    let off = Desk::with_source(Engine::Sqlite, &twin);
    off.run(&["source", "set", "acme", "sync_activities=false"]).expect(0);
    twin.clear_requests();
    sync(&off);
    // What it will cost is told before it is switched on.
    let planned = |desk: &Desk| {
        desk.jump(60);
        let plan = desk.run(&["sync", "--dry-run"]).expect(0);
        format!("{}{}", plan.out, plan.err).contains("E-Mail Statistics")
    };
    assert!(!planned(&off));
    off.run(&["source", "set", "acme", "sync_activities=true"]).expect(0);
    assert!(planned(&off));
    off.run(&["source", "set", "acme", "sync_activities=false"]).expect(0);
    assert!(twin.requests().iter().all(|request| !request.path.ends_with("/statistics")));
    assert!(activities(&off).is_empty());
    // In the smallest slices the same comes about.
    let sliced = Desk::with_source(Engine::Sqlite, &twin);
    while sliced.run(&["sync", "--time-budget", "0", "--no-continue"]).code == Some(5) {}
    assert_same(&whole.dump(), &sliced.dump(), "in slices");
}

/// A day's and an hour's figures, without what only deliveries tell.
fn counts(dump: &str) -> String {
    let figures = ["emails_sent", "emails_replied", "reply_messages"];
    let mut counts: Vec<String> = rows(dump, "hourly_metrics")
        .into_iter()
        .chain(rows(dump, "daily_metrics"))
        .chain(
            rows(dump, "daily_observations").into_iter().filter(|row| cell(row, "witness") == Some("events")),
        )
        .map(|row| {
            let place = ["campaign_id", "date", "metric_date", "hour_of_day"].iter().chain(&figures);
            let told: Vec<String> =
                place.filter_map(|name| Some(format!("{name}={}", cell(row, name)?))).collect();
            format!("{} {}", row.split(' ').next().unwrap(), told.join(" "))
        })
        .filter(|line| figures.iter().any(|figure| line.contains(figure)))
        .collect();
    counts.sort();
    counts.join("\n")
}

/// The server is down for a day; what it was not told then is asked for, once, and what nobody can tell is named.
#[test]
fn a_day_without_a_server() {
    let mut endings = Vec::new();
    for engine in engines() {
        for missed in [Missed::Failed, Missed::NoRoutes] {
            let twin = start(Options {
                missed,
                campaigns: 3,
                mails_per_campaign: Some(60),
                ..account(Dialect::Live)
            });
            let undisturbed = Desk::with_source(engine, &twin);
            let desk = Desk::with_source(engine, &twin);
            for desk in [&undisturbed, &desk] {
                desk.run(&["source", "set", "acme", "sync_leads=true"]).expect(0);
                sync(desk);
                deliver(desk, &posted(&twin));
            }
            let before = posted(&twin);
            twin.advance(1);
            let lost: Vec<Value> = posted(&twin).into_iter().filter(|body| !before.contains(body)).collect();
            assert!(!lost.is_empty());
            deliver(&undisturbed, &lost);
            twin.advance(1);
            let known: Vec<Value> = before.iter().chain(&lost).cloned().collect();
            let after: Vec<Value> = posted(&twin).into_iter().filter(|body| !known.contains(body)).collect();
            for desk in [&undisturbed, &desk] {
                desk.jump(3 * 1440);
                deliver(desk, &after);
                sync(desk);
            }
            twin.clear_requests();
            for desk in [&undisturbed, &desk] {
                desk.jump(60);
                desk.run(&["sync", "--full"]).expect(0);
            }
            let again = twin.requests().iter().filter(|request| request.path.contains("retrigger")).count();
            assert_eq!(again, 0, "a window is asked for once");

            let problems = |desk: &Desk| -> Vec<Value> {
                let status = desk.run(&["status", "--json"]).expect(0).json();
                let problems = status[0]["problems"].as_array().unwrap().clone();
                problems
                    .into_iter()
                    .filter(|one| one["message"].as_str().unwrap().contains("no webhooks"))
                    .collect()
            };
            assert!(problems(&undisturbed).is_empty(), "{:?}", problems(&undisturbed));
            let named = problems(&desk);
            assert!(!named.is_empty());
            for problem in &named {
                assert!(problem["record"].as_str().unwrap().starts_with("campaign "), "{problem}");
                assert!(problem["path"].as_str().unwrap().starts_with("from 2026-11-"), "{problem}");
            }
            let [undisturbed_counts, counts] = [&undisturbed, &desk].map(|desk| counts(&desk.dump()));
            assert_same(&undisturbed_counts, &counts, &format!("{engine:?} {missed:?}"));
            if missed == Missed::Failed {
                // The service does as it was asked, and nothing is missing any more.
                deliver(&desk, &lost);
                desk.jump(60);
                desk.run(&["sync", "--full"]).expect(0);
                undisturbed.run(&["sync", "--full"]).expect(0);
                assert!(problems(&desk).is_empty(), "{:?}", problems(&desk));
                assert_same(&undisturbed.dump(), &desk.dump(), "posted once more");
            }
            endings.push((missed, desk.dump()));
        }
    }
    let (first, other) = endings.split_at(endings.len() / engines().len());
    for (one, other) in first.iter().zip(other) {
        assert_same(&one.1, &other.1, "on another database");
    }
}

#[test]
fn what_was_missed_is_asked_for_where_the_service_has_it() {
    for (missed, summaries, retriggers) in
        [(Missed::Failed, true, true), (Missed::Nothing, true, false), (Missed::NoRoutes, true, true)]
    {
        let twin = start(Options { missed, ..account(Dialect::Live) });
        let desk = Desk::with_source(Engine::Sqlite, &twin);
        sync(&desk);
        deliver(&desk, &posted(&twin));
        twin.advance(2);
        desk.jump(3 * 1440);
        twin.clear_requests();
        if missed == Missed::Failed {
            // A server that comes back does not wait for the source's schedule.
            desk.run(&["source", "set", "acme", "--set", "schedule=every 60d"]).expect(0);
            let runs = "SELECT COUNT(*) FROM sync_runs WHERE outcome = 'done'";
            let before = number(&desk.url, runs);
            let server = Server::start_with(&desk, &[]);
            until("it asks for what it missed", || number(&desk.url, runs) > before);
            server.stop().expect(0);
        } else {
            sync(&desk);
        }
        let asked = |part: &str| {
            let requests = twin.requests();
            requests.into_iter().filter(|request| request.path.contains(part)).collect::<Vec<_>>()
        };
        assert_eq!(!asked("webhooks/summary").is_empty(), summaries);
        assert_eq!(!asked("retrigger-failed-events").is_empty(), retriggers);
        for request in asked("retrigger-failed-events") {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            assert!(body["fromTime"].as_str() < body["toTime"].as_str(), "{body}");
        }
        // The window stays open: nothing was posted since, so nothing is asked a second time.
        twin.advance(1);
        desk.jump(1440);
        twin.clear_requests();
        sync(&desk);
        assert!(asked("/webhooks/").is_empty(), "{:?}", asked("/webhooks/"));
    }
}

/// Reply.io's mails of closed days and its replies; then the same facts are posted, with the ids that only deliveries have.
#[test]
fn replyio_asked_and_posted() {
    for dialect in [Dialect::Live, Dialect::Requirement] {
        let mut dumps = Vec::new();
        for engine in engines() {
            let options =
                Options { dialect, campaigns: 1, reply_sequences: 8, reply_people: 40, ..Options::default() };
            let twin = start(options);
            let desk = Desk::new(engine);
            let origin = twin.origin();
            let args =
                ["source", "add", "replyio", "--name", "acme", "--base-url", &origin, "--api-key-stdin"];
            let more = ["--set", "pace=off", "--no-test"];
            desk.run_with(&[&args[..], &more[..]].concat(), "twin-key\n").expect(0);
            sync(&desk);
            let dump = desk.dump();
            let account = twin.reply_account();
            let is_read = |date: Date| date < account.today && date >= account.today - 90.days();
            let truth = |figure: fn(&Figures) -> u64| -> usize {
                let days = account.sequences.iter().flat_map(|sequence| &sequence.days);
                days.filter(|day| is_read(day.date)).map(|day| figure(&day.figures) as usize).sum()
            };
            assert_eq!(of_kind(&dump, "sent").len(), truth(|figures| figures.sent));
            assert_eq!(of_kind(&dump, "bounced").len(), truth(|figures| figures.bounced));
            let timed = |rows: Vec<&str>| -> Vec<String> {
                let timed = rows.into_iter().filter(|row| !row.contains("is_time_known=false"));
                timed.map(str::to_owned).collect()
            };
            let replies = timed(of_kind(&dump, "replied"));
            let counted = replies.iter().filter(|row| row.contains("counts_lead=true")).count();
            let told = if dialect == Dialect::Live { truth(|figures| figures.replied) } else { 0 };
            assert_eq!(
                counted, told,
                "only the inbox tells when somebody replied; notes of absence do not count"
            );
            assert!(replies.iter().all(|row| cell(row, "body_plain").is_some()));

            let body = |row: &str, kind: &str, time: &str, at: &str| {
                json!({"event": {"id": format!("{kind}-{}", cell(row, "event_key").unwrap()), "type": kind, "date": at},
                    "contact_fields": {"id": cell(row, "contact_id"), "email": cell(row, "lead_email")},
                    "sequence_fields": {"id": cell(row, "campaign_id"), "step_number": 1}, time: at,
                    "sent_email_id": format!("m-{}", cell(row, "event_key").unwrap()),
                    "reply_message_id": (kind == "email_replied").then(|| format!("<{}>", cell(row, "event_key").unwrap())),
                    "reply_reason": "EmailDetected", "reply_text": "Call me."})
            };
            let sent = of_kind(&dump, "sent").into_iter().take(60).map(|row| {
                let at = format!("{}T06:31:00Z", cell(row, "metric_date").unwrap());
                body(row, "email_sent", "sent_email_date", &at)
            });
            let replied = replies.iter().filter(|row| row.contains("counts_lead=true"));
            let replied = replied
                .map(|row| body(row, "email_replied", "reply_date", cell(row, "occurred_at").unwrap()));
            let bodies: Vec<Value> = sent.chain(replied).collect();
            deliver(&desk, &bodies);
            let posted = desk.dump();
            for kind in ["sent", "replied", "bounced"] {
                assert_eq!(of_kind(&posted, kind).len(), of_kind(&dump, kind).len(), "{kind}");
            }
            let by_webhook =
                rows(&posted, "email_activities").into_iter().filter(|row| row.contains("via=\"webhook\""));
            assert_eq!(by_webhook.count(), bodies.len());
            let days = |dump: &str| rows(dump, "daily_metrics").join("\n");
            assert_same(&days(&dump), &days(&posted), "each day has what it had");
            desk.run(&["sync", "--full"]).expect(0);
            assert_same(&posted, &desk.dump(), "asked once more");
            desk.run(&["replay", "acme"]).expect(0);
            assert_same(&posted, &desk.dump(), "replayed");
            dumps.push(posted);
        }
        assert_same(&dumps[0], &dumps[dumps.len() - 1], "on another database");
    }
}
