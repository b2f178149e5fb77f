//! First sync, nothing new, a day on, short budgets: the database is the truth, and the same on both engines.

use atlas_twin::{Dialect, Options, Status, Twin};
use serde_json::{Value, json};

use crate::ear::Ear;
use crate::world::{Desk, Engine, assert_same, engines, number, start, twin};

const BOTH: [Dialect; 2] = [Dialect::Live, Dialect::Requirement];

/// Every campaign of the report against the account's truth.
fn assert_true(desk: &Desk, twin: &Twin, dialect: Dialect) {
    let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
    let lines = report.as_array().unwrap();
    let account = twin.account();
    assert_eq!(lines.len(), account.campaigns.len());
    for campaign in &account.campaigns {
        let line =
            lines.iter().find(|line| line["campaign_id"].as_str() == Some(&campaign.id.to_string())).unwrap();
        let figure = |name: &str| line[name].as_u64();
        assert_eq!(figure("total_sent"), Some(campaign.sent), "{line}");
        assert_eq!(figure("total_opened"), Some(campaign.unique_open), "{line}");
        assert_eq!(figure("total_replied"), Some(campaign.replied), "{line}");
        assert_eq!(figure("total_bounced"), Some(campaign.bounced), "{line}");
        assert_eq!(figure("total_unsubscribed"), Some(campaign.unsubscribed), "{line}");
        let delivered = campaign.sent - campaign.bounced;
        assert_eq!(figure("total_delivered"), Some(delivered), "{line}");
        let rate = (delivered > 0).then(|| campaign.replied as f64 / delivered as f64);
        assert_eq!(line["reply_rate"].as_f64(), rate, "unknown without a denominator: {line}");
        // The documented answers tell a client's number, not its name.
        let number = campaign.client_id.map(|id| format!("client {id}"));
        let name = if dialect == Dialect::Live { campaign.client_name.clone() } else { number };
        assert_eq!(line["client_name"].as_str(), name.as_deref(), "{line}");
    }
}

/// Positive replies: the service's own count in the live dialect; nobody tells in the other, but none of none is none.
fn assert_positive(desk: &Desk, twin: &Twin, dialect: Dialect) {
    let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
    for campaign in &twin.account().campaigns {
        let is_it = |line: &&Value| line["campaign_id"].as_str() == Some(&campaign.id.to_string());
        let line = report.as_array().unwrap().iter().find(is_it).unwrap();
        let is_told = dialect == Dialect::Live || campaign.replied == 0;
        assert_eq!(line["positive_replies"].as_u64(), is_told.then_some(campaign.positive), "{line}");
    }
}

pub(crate) fn sync(desk: &Desk) -> Value {
    desk.run(&["sync", "--json"]).expect(0).json()[0].clone()
}

fn snapshots(dump: &str) -> usize {
    dump.lines().filter(|line| line.starts_with("enrollment_snapshots")).count()
}

#[test]
fn first_sync_then_nothing_new_then_a_day_on() {
    for dialect in BOTH {
        let mut dumps: Vec<[String; 2]> = Vec::new();
        for engine in engines() {
            let twin = twin(dialect, 60);
            let desk = Desk::new(engine);
            let added = desk.add_source(&twin, &["--set", "pace=off"]).expect(0);
            assert!(added.err.contains("answers") && added.err.contains("60 records"), "{}", added.err);
            twin.clear_requests();

            let first = sync(&desk);
            assert_eq!(first["outcome"], "done");
            assert_eq!(first["problems"], 0);
            assert_true(&desk, &twin, dialect);
            assert_positive(&desk, &twin, dialect);
            let after_first = desk.dump();
            assert_eq!(snapshots(&after_first), 60);

            twin.clear_requests();
            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{again}");
            assert_same(&after_first, &desk.dump(), "nothing moved");
            let calls = twin.requests().len();
            let most = if dialect == Dialect::Live { 10 } else { 70 };
            assert!(calls <= most, "{calls} calls for nothing new");

            twin.advance(1);
            desk.next_day();
            twin.clear_requests();
            let next = sync(&desk);
            assert!(next["rows_changed"].as_u64() > Some(0));
            assert_true(&desk, &twin, dialect);
            assert_positive(&desk, &twin, dialect);
            let after_day = desk.dump();
            let is_over = |status| matches!(status, Status::Completed | Status::Stopped);
            let account = twin.account();
            let running = account.campaigns.iter().filter(|campaign| !is_over(campaign.status)).count();
            assert!(snapshots(&after_day) >= 60 + running, "a snapshot a day of what runs");
            if dialect == Dialect::Live {
                // What runs, with its templates, days, mails and positive replies where it moved, what ended within the
                // day, and a few lists; and who wrote the new replies, and what.
                let written = |request: &&atlas_twin::Request| {
                    request.path.ends_with("/message-history") || request.path.ends_with("v1/leads")
                };
                let requests = twin.requests();
                let calls = requests.len() - requests.iter().filter(written).count();
                assert!(calls <= 5 * running + 30, "{calls} calls, {running} campaigns run");
            }
            dumps.push([after_first, after_day]);
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0][0], &other[0], "SQLite and PostgreSQL after the first sync");
            assert_same(&dumps[0][1], &other[1], "SQLite and PostgreSQL a day on");
        }
    }
}

#[test]
fn short_budgets_end_in_the_same_database() {
    for (engine, dialect) in engines().into_iter().zip(BOTH) {
        let twin = twin(dialect, 12);
        let whole = Desk::with_source(engine, &twin);
        sync(&whole);
        let desk = Desk::with_source(engine, &twin);
        let mut slices = 0;
        loop {
            let done = desk.run(&["sync", "--time-budget", "0", "--no-continue", "--json"]);
            slices += 1;
            match done.code {
                Some(0) => break,
                Some(5) => assert!(done.json()[0]["pending"].as_u64() > Some(0), "{done:?}"),
                _ => panic!("{done:?}"),
            }
            assert!(slices < 200, "a slice makes at least one call");
        }
        assert!(slices > 20, "{slices} slices");
        assert_same(&whole.dump(), &desk.dump(), "in slices and whole");
    }
}

#[test]
fn the_campaign_table_is_there_after_two_calls() {
    let twin = twin(Dialect::Live, 480);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    for _ in 0..2 {
        desk.run(&["sync", "--time-budget", "0", "--no-continue"]).expect(5);
    }
    assert_eq!(twin.requests().len(), 2);
    let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
    for campaign in twin.account().campaigns {
        let line = report
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["campaign_id"].as_str() == Some(&campaign.id.to_string()));
        let line = line.unwrap();
        // The bulk call names campaigns that have sent; the others stay unknown until they are asked.
        let expected = (campaign.sent > 0).then_some(campaign.sent);
        assert_eq!(line["total_sent"].as_u64(), expected, "{line}");
        assert_eq!(line["total_replied"].as_u64(), expected.map(|_| campaign.replied), "{line}");
        assert_eq!(line["total_opened"], Value::Null, "another measure, so unknown: {line}");
    }
}

#[test]
fn only_what_moved_is_asked_again() {
    let twin = twin(Dialect::Live, 60);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    sync(&desk);
    // The first sync of the day asks all that runs; then mails go out, and the second one asks those alone.
    desk.next_day();
    sync(&desk);
    let before = twin.account();
    twin.advance(1);
    twin.clear_requests();
    sync(&desk);
    let after = twin.account();
    let moved: Vec<u64> = after
        .campaigns
        .iter()
        .filter(|new| before.campaigns.iter().all(|old| old.id != new.id || old.sent != new.sent))
        .map(|campaign| campaign.id)
        .collect();
    let requests = twin.requests();
    let asked: Vec<u64> = requests
        .iter()
        .filter_map(|request| request.path.strip_suffix("/analytics")?.rsplit('/').next()?.parse().ok())
        .collect();
    for id in &moved {
        assert!(asked.contains(id), "{id} moved");
    }
    assert!(asked.len() <= moved.len() + 10, "{} asked, {} moved", asked.len(), moved.len());
    assert_true(&desk, &twin, Dialect::Live);
    // --full asks everything.
    twin.clear_requests();
    desk.run(&["sync", "--full"]).expect(0);
    let full = twin.requests();
    for (what, count) in [("/analytics", after.campaigns.len()), ("/sequences", after.campaigns.len())] {
        assert_eq!(full.iter().filter(|request| request.path.ends_with(what)).count(), count, "{what}");
    }
}

#[test]
fn a_bulk_call_that_goes_away_is_made_up_for_at_once() {
    let twin = twin(Dialect::Live, 40);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    sync(&desk);
    desk.next_day();
    sync(&desk);
    twin.advance(1);
    twin.set_dialect(Dialect::Requirement);
    // The same day, so only the bulk call would have told what moved.
    let done = sync(&desk);
    assert_eq!(done["outcome"], "done");
    assert_true(&desk, &twin, Dialect::Live);
    let status = desk.run(&["status", "--json"]).expect(0).json();
    let absent = status[0]["absent_endpoints"].as_array().unwrap();
    assert!(absent.iter().any(|endpoint| endpoint["endpoint"] == "campaign_totals"), "{absent:?}");
    // It is not asked again for a week.
    twin.clear_requests();
    sync(&desk);
    assert!(twin.requests().iter().all(|request| !request.path.contains("overall-stats")));
}

#[test]
fn odd_records_cost_themselves_and_nothing_else() {
    for dialect in BOTH {
        let mut dumps = Vec::new();
        for engine in engines() {
            let twin = start(Options { dialect, campaigns: 40, quirks: true, ..Options::default() });
            let desk = Desk::with_source(engine, &twin);
            let done = sync(&desk);
            assert_eq!(done["outcome"], "done");
            let status = desk.run(&["status", "--json"]).expect(0).json();
            let problems = status[0]["problems"].as_array().unwrap();
            let has = |path: &str, message: &str| {
                problems.iter().any(|problem| {
                    problem["path"] == path && problem["message"].as_str().unwrap().contains(message)
                })
            };
            assert!(has("id", "missing"), "{problems:#?}");
            assert!(has("max_leads_per_day", "number was expected"), "{problems:#?}");
            assert!(has("bounce_count", "unknown"), "{problems:#?}");
            let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
            let unknown = report.as_array().unwrap().iter().filter(|line| line["total_bounced"].is_null());
            for line in unknown {
                assert!(line["total_delivered"].is_null() && line["bounce_rate"].is_null(), "{line}");
            }
            dumps.push(desk.dump());
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0], other, "SQLite and PostgreSQL");
        }
    }
}

#[test]
fn what_is_known_is_not_lost_to_an_answer_that_lacks_it() {
    for (engine, dialect) in engines().into_iter().zip(BOTH) {
        let clean = start(Options { dialect, campaigns: 40, ..Options::default() });
        let odd = start(Options { dialect, campaigns: 40, quirks: true, ..Options::default() });
        let desk = Desk::with_source(engine, &clean);
        sync(&desk);
        assert_true(&desk, &clean, dialect);
        // The same account, now with answers that lack bounces and tell opens as null.
        desk.run(&["source", "set", "acme", "--base-url", &odd.origin()]).expect(0);
        let done = desk.run(&["sync", "--full", "--json"]).expect(0).json();
        assert!(done[0]["problems"].as_u64() > Some(0), "{done}");
        let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
        for campaign in clean.account().campaigns {
            let is_it = |line: &&Value| line["campaign_id"].as_str() == Some(&campaign.id.to_string());
            let line = report.as_array().unwrap().iter().find(is_it).unwrap();
            assert_eq!(line["total_bounced"].as_u64(), Some(campaign.bounced), "{line}");
            assert_eq!(line["total_opened"].as_u64(), Some(campaign.unique_open), "{line}");
            assert_eq!(line["total_delivered"].as_u64(), Some(campaign.sent - campaign.bounced), "{line}");
        }
    }
}

/// The value of a column in a line of a dump.
pub(crate) fn cell<'a>(line: &'a str, column: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!(" {column}="))?;
    Some(match rest.strip_prefix('"') {
        Some(text) => text.split_once('"')?.0,
        None => rest.split(' ').next()?,
    })
}

#[test]
fn templates_categories_mailboxes_and_leads() {
    for dialect in BOTH {
        let mut dumps = Vec::new();
        for engine in engines() {
            let twin = twin(dialect, 30);
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "sync_leads=true"]).expect(0);
            let done = sync(&desk);
            assert_eq!(done["problems"], 0, "{done}");
            let (account, dump) = (twin.account(), desk.dump());
            let of = |table: &str| -> Vec<&str> {
                let table = format!("{table} ");
                dump.lines().filter(|line| line.starts_with(&table)).collect()
            };

            // A row a step, or a row a living variant.
            for campaign in &account.campaigns {
                let id = campaign.id.to_string();
                let rows: Vec<&str> = of("campaign_variants")
                    .into_iter()
                    .filter(|row| cell(row, "campaign_id") == Some(&id))
                    .collect();
                let expected: usize = campaign
                    .steps
                    .iter()
                    .map(|step| step.variants.iter().filter(|variant| !variant.is_deleted).count().max(1))
                    .sum();
                assert_eq!(rows.len(), expected, "{:?}\n{rows:#?}", campaign.steps);
                for row in rows {
                    let plain = cell(row, "body_plain").unwrap();
                    assert!(
                        !plain.is_empty() && !plain.contains("<div") && !plain.contains("&amp;"),
                        "{row}"
                    );
                    assert!(row.contains("{{") == row.contains("personalization_vars=[\""), "{row}");
                }
            }
            let sequences = of("sequences");
            let steps = sequences.iter().filter_map(|row| cell(row, "step_count")?.parse::<usize>().ok());
            let expected: usize = account.campaigns.iter().map(|campaign| campaign.steps.len()).sum();
            assert_eq!(steps.sum::<usize>(), expected);

            let categories = of("lead_categories");
            assert_eq!(categories.len(), account.categories.len());
            for category in &account.categories {
                let row =
                    categories.iter().find(|row| cell(row, "external_id") == Some(&category.id.to_string()));
                let row = row.unwrap();
                assert_eq!(
                    cell(row, "is_positive"),
                    Some(category.is_positive.to_string().as_str()),
                    "{row}"
                );
                assert_eq!(cell(row, "is_ooo"), Some(category.is_ooo.to_string().as_str()), "{row}");
            }

            let mailboxes = of("email_accounts");
            assert_eq!(mailboxes.len(), account.mailboxes.len());
            for mailbox in &account.mailboxes {
                let row =
                    mailboxes.iter().find(|row| cell(row, "from_email") == Some(&mailbox.address)).unwrap();
                // The documented answers tell 0 for a mailbox that never warmed up, the real ones tell nothing.
                let none = (dialect == Dialect::Requirement).then(|| "0".to_owned());
                let reputation = mailbox.warmup_reputation.map(|reputation| reputation.to_string()).or(none);
                assert_eq!(cell(row, "warmup_reputation"), reputation.as_deref(), "{row}");
                assert_eq!(
                    cell(row, "daily_sent_count"),
                    Some(mailbox.daily_sent.to_string().as_str()),
                    "{row}"
                );
                assert_eq!(
                    cell(row, "is_imap_success"),
                    Some(mailbox.is_imap_ok.to_string().as_str()),
                    "{row}"
                );
            }
            assert!(!dump.contains("mailbox-secret-"), "a password was kept");

            let leads: u64 = account.campaigns.iter().map(|campaign| campaign.leads_served).sum();
            assert_eq!(of("enrollments").len() as u64, leads);
            assert_eq!(of("contacts").len() as u64, leads);
            assert!(of("companies").iter().all(|row| cell(row, "external_id").is_some()));
            // Every campaign's details are read, so what its statistics said holds.
            for row in of("campaigns") {
                assert_eq!(cell(row, "metrics_hash"), cell(row, "seen_hash"), "{row}");
                assert!(cell(row, "metrics_hash").is_some(), "{row}");
            }

            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{again}");
            assert_same(&dump, &desk.dump(), "nothing moved");
            dumps.push(dump);
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0], other, "SQLite and PostgreSQL");
        }
    }
}

#[test]
fn a_contact_follows_its_enrolment() {
    for dialect in BOTH {
        for engine in engines() {
            let twin = twin(dialect, 8);
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "sync_leads=true"]).expect(0);
            sync(&desk);
            let states = |table: &str, column: &str| -> Vec<(String, Option<String>)> {
                let (table, dump) = (format!("{table} "), desk.dump());
                let row = |row: &str| {
                    (cell(row, "external_lead_id").unwrap().to_owned(), cell(row, column).map(str::to_owned))
                };
                let mut states: Vec<_> =
                    dump.lines().filter(|line| line.starts_with(&table)).map(row).collect();
                states.sort();
                states
            };
            let before = states("enrollments", "status");
            twin.advance(4);
            (0..4).for_each(|_| desk.next_day());
            sync(&desk);
            let after = states("enrollments", "status");
            assert_ne!(before, after, "leads have come further");
            assert_eq!(states("contacts", "sequence_status"), after);
        }
    }
}

/// Lists change while they are read, so a lead may be on two pages.
#[test]
fn a_lead_on_two_pages_is_as_the_later_one_says() {
    let lead = |number: usize, more: &Value| {
        let mut lead = json!({"id": number, "email": format!("lead{number}@firm{}.example", number % 7),
                              "first_name": "Early", "company_name": format!("Firm {}", number % 7)});
        lead.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"lead": lead, "status": "INPROGRESS"})
    };
    let told = |first: usize, page: Vec<Value>| {
        json!({"total_leads": 150, "offset": first, "data": page}).to_string()
    };
    let none = json!({});
    let [early, late] = [
        json!({"custom_fields": {"job_title": "Head of Late"}}),
        json!({"first_name": "Late", "phone_number": "+1 202 555 0123"}),
    ];
    let mut first: Vec<Value> = (1..100).map(|number| lead(number, &none)).collect();
    first.push(lead(100, &early));
    let mut second = vec![lead(100, &late)];
    second.extend((101..=150).map(|number| lead(number, &none)));
    let pages = [told(0, first), told(100, second)];
    for engine in engines() {
        let pages = pages.clone();
        let campaigns =
            json!([{"id": 7, "name": "Seven", "status": "ACTIVE", "created_at": "2026-10-01T08:00:00Z"}]);
        let service = Ear::start(move |_, asked| match asked.head.split(' ').nth(1).unwrap_or_default() {
            path if path.contains("/campaigns/7/leads?") => {
                (200, pages[usize::from(path.contains("offset=100"))].clone())
            }
            path if path.ends_with("/campaigns") || path.contains("/campaigns?") => {
                (200, campaigns.to_string())
            }
            _ => (404, "{}".to_owned()),
        });
        let desk = Desk::new(engine);
        let source = [
            "source",
            "add",
            "smartlead",
            "--name",
            "acme",
            "--base-url",
            &service.address,
            "--api-key-stdin",
        ];
        let settings = ["--no-test", "--set", "pace=off", "--set", "sync_leads=true"];
        desk.run_with(&[&source[..], &settings].concat(), "key\n").expect(0);
        desk.run(&["sync", "--json"]);
        let late = "FROM contacts WHERE external_lead_id = '100' AND first_name = 'Late' AND phone = '+1 202 555 0123' AND title = 'Head of Late'";
        assert_eq!(number(&desk.url, &format!("SELECT COUNT(*) {late}")), Some(1), "{}", desk.dump());
        assert_eq!(number(&desk.url, "SELECT COUNT(*) FROM enrollments"), Some(150));
        let leads = "SELECT COUNT(*) FROM journal WHERE endpoint = 'campaign_leads'";
        assert_eq!(number(&desk.url, leads), Some(2));
        // The same once more is nothing new, and is seen.
        desk.next_day();
        desk.run(&["sync", "--full", "--json"]);
        assert_eq!(number(&desk.url, leads), Some(2));
        let again = "SELECT COUNT(*) FROM journal_sightings AS s JOIN journal AS j ON j.source_id = s.source_id \
                     AND j.id = s.journal_id AND j.last_seen_at = s.seen_at WHERE j.endpoint = 'campaign_leads'";
        assert_eq!(number(&desk.url, again), Some(2));
    }
}
