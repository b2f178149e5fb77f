//! One person over several services, how far people come, and what happens on the phone.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{Dialect, Options, PhoneBurner, Twin};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use crate::syncs::cell;
use crate::world::{Desk, Engine, assert_same, engines, execute, number, start};

/// An account with e-mails and one with calls, both for one client, read.
fn two_services(engine: Engine) -> (Twin, Desk) {
    let phoneburner = PhoneBurner { members: 3, contacts: 60, call_days: 130, ..PhoneBurner::default() };
    let dialect = Dialect::Requirement;
    let twin = start(Options { dialect, campaigns: 12, phoneburner, ..Options::default() });
    let desk = Desk::new(engine);
    desk.add_source(
        &twin,
        &["--set", "pace=off", "--no-test", "--client", "Acme", "--set", "sync_leads=true"],
    )
    .expect(0);
    let origin = twin.origin();
    let add = ["source", "add", "phoneburner", "--name", "calls", "--base-url", &origin, "--client", "ACME"];
    let more = ["--set", "pace=off", "--api-key-stdin", "--no-test"];
    desk.run_with(&[&add[..], &more].concat(), "twin-key\n").expect(0);
    desk.run(&["sync"]).expect(0);
    (twin, desk)
}

fn rows<'a>(dump: &'a str, table: &str, source: i64) -> Vec<&'a str> {
    let start = format!("{table} {source} ");
    dump.lines().filter(|line| line.starts_with(&start)).collect()
}

fn keys(dump: &str, table: &str) -> BTreeSet<String> {
    let all = (0..3).flat_map(|source| rows(dump, table, source));
    all.filter_map(|row| cell(row, "person_key").map(str::to_owned)).collect()
}

/// Addresses of leads who are put into contacts that were called: the same people from now on.
fn make_the_same(desk: &Desk, how_many: usize) -> usize {
    let dump = desk.dump();
    let own =
        |row: &&str| cell(row, "person_key").is_some_and(|key| key.starts_with("acme|") && key.contains('@'));
    let enrolled: BTreeMap<&str, &str> = rows(&dump, "enrollments", 1)
        .into_iter()
        .filter(own)
        .map(|row| (cell(row, "person_key").unwrap(), cell(row, "campaign_id").unwrap()))
        .collect();
    let called: BTreeSet<&str> =
        rows(&dump, "call_activities", 2).into_iter().filter_map(|row| cell(row, "contact_id")).collect();
    let pairs = enrolled.keys().zip(&called).take(how_many);
    let statements: Vec<String> = pairs
        .map(|(key, contact)| {
            let address = key.strip_prefix("acme|").unwrap().to_uppercase();
            format!("UPDATE contacts SET email = ' {address}' WHERE source_id = 2 AND external_lead_id = '{contact}'")
        })
        .collect();
    execute(&desk.url, &statements);
    statements.len()
}

fn journey(desk: &Desk, more: &[&str]) -> Value {
    desk.run(&[&["report", "journey", "--json"][..], more].concat()).expect(0).json()
}

#[test]
fn one_person_over_two_services() {
    let mut dumps = Vec::new();
    for engine in engines() {
        let (_twin, desk) = two_services(engine);
        let dump = desk.dump();
        for row in rows(&dump, "contacts", 2) {
            let expected = cell(row, "email").map(|email| format!("acme|{}", email.to_lowercase()));
            let expected = expected.or(cell(row, "phone_e164").map(|number| format!("acme|{number}")));
            assert_eq!(cell(row, "person_key"), expected.as_deref(), "{row}");
        }
        assert!(rows(&dump, "contacts", 2).iter().any(|row| cell(row, "phone_e164").is_some()));
        let everybody = || {
            let dump = desk.dump();
            let of_rows: BTreeSet<String> =
                keys(&dump, "contacts").union(&keys(&dump, "enrollments")).cloned().collect();
            assert_eq!(
                keys(&dump, "people"),
                of_rows,
                "{engine:?}: people are who rows say, all and nobody else"
            );
            of_rows.len()
        };
        let before = everybody();
        let called = |what: &str| {
            let by_hand = format!(
                "SELECT COUNT(DISTINCT e.person_key) FROM enrollments AS e WHERE EXISTS (SELECT 1 FROM contacts AS c \
                 JOIN call_activities AS a ON a.source_id = c.source_id AND a.contact_id = c.external_lead_id \
                 WHERE c.person_key = e.person_key AND {what})"
            );
            number(&desk.url, &by_hand)
        };
        let counted = "a.same_call_id IS NULL";
        let alike = called(counted);
        assert_eq!(journey(&desk, &[])["total"]["called"].as_i64(), alike, "{engine:?}");

        // The same addresses in both services, once in capitals: the same people.
        let same = make_the_same(&desk, 5);
        assert_eq!(same, 5);
        desk.run(&["source", "set", "calls", "--client", "Acme"]).expect(0);
        assert!(everybody() < before, "{engine:?}");
        let both = "SELECT COUNT(*) FROM people WHERE phoneburner_first_at IS NOT NULL AND EXISTS \
                    (SELECT 1 FROM enrollments AS e WHERE e.person_key = people.person_key)";
        assert_eq!(number(&desk.url, both), called("a.started_at IS NOT NULL"), "{engine:?}");
        let whole = journey(&desk, &[]);
        assert!(called(counted) > alike, "{engine:?}");
        assert_eq!(whole["total"]["called"].as_i64(), called(counted), "{engine:?}: {whole}");
        assert_eq!(
            whole["total"]["connected"].as_i64(),
            called("a.is_connected AND a.same_call_id IS NULL"),
            "{engine:?}"
        );
        let replied = "SELECT COUNT(DISTINCT COALESCE(person_key, external_lead_id)) FROM enrollments WHERE reply_count > 0";
        assert_eq!(whole["total"]["replied"].as_i64(), number(&desk.url, replied), "{engine:?}");
        assert_eq!(whole["total"]["time_to_first_reply"], Value::Null, "nobody tells it, so it is unknown");
        let sum = |part: &str, name: &str| -> i64 {
            whole[part].as_array().unwrap().iter().filter_map(|line| line[name].as_i64()).sum()
        };
        for name in ["all", "emailed", "replied", "called"] {
            assert_eq!(Some(sum("by_client", name)), whole["total"][name].as_i64(), "{engine:?}: {name}");
            assert!(Some(sum("by_campaign", name)) >= whole["total"][name].as_i64(), "{engine:?}: {name}");
        }
        // Another client is another team: these are no longer the same people.
        desk.run(&["source", "set", "calls", "--client", "Umbrella"]).expect(0);
        everybody();
        assert_eq!(journey(&desk, &[])["total"]["called"], 0, "{engine:?}");
        // What is kept says who they are: the addresses of the answers, and the same people on both databases.
        desk.run(&["source", "set", "calls", "--client", "Acme"]).expect(0);
        desk.run(&["replay"]).expect(0);
        let replayed = desk.dump();
        assert_same(&dump.replace("\"ACME\"", "\"Acme\""), &replayed, "replayed");
        desk.run(&["source", "remove", "calls", "--yes"]).expect(0);
        everybody();
        assert_eq!(journey(&desk, &[])["total"]["called"], Value::Null, "without calls nobody knows");
        dumps.push(replayed);
    }
    for other in dumps.iter().skip(1) {
        assert_same(&dumps[0], other, "SQLite and PostgreSQL");
    }
}

#[test]
fn calls_add_up_by_the_accounts_own_clock() {
    for engine in engines() {
        let (_twin, desk) = two_services(engine);
        let dump = desk.dump();
        let zone = TimeZone::get("America/Chicago").unwrap();
        let local = |row: &str| -> Option<Zoned> {
            Some(cell(row, "started_at")?.parse::<Timestamp>().unwrap().to_zoned(zone.clone()))
        };
        let calls: Vec<&str> = rows(&dump, "call_activities", 2)
            .into_iter()
            .filter(|row| {
                cell(row, "same_call_id").is_none()
                    && cell(row, "disposition_normal") != Some("received_call")
            })
            .collect();
        let (from, to): (Date, Date) = ("2026-10-20".parse().unwrap(), "2026-11-01".parse().unwrap());
        let within: Vec<&str> = calls
            .iter()
            .copied()
            .filter(|row| local(row).is_some_and(|at| (from..=to).contains(&at.date())))
            .collect();
        assert!(!within.is_empty() && within.len() < calls.len());
        let dates = [from.to_string(), to.to_string()];
        let period = ["--from", dates[0].as_str(), "--to", dates[1].as_str()];
        for (more, expected) in [(&[][..], &calls), (&period[..], &within)] {
            let report = desk.run(&[&["report", "calls", "--json"][..], more].concat()).expect(0).json();
            let total = &report["total"];
            let connected: Vec<&&str> =
                expected.iter().filter(|row| cell(row, "is_connected") == Some("true")).collect();
            let talked: i64 =
                connected.iter().filter_map(|row| cell(row, "duration_seconds")?.parse::<i64>().ok()).sum();
            let known = expected.iter().filter(|row| cell(row, "is_connected").is_some()).count();
            assert_eq!(total["dials"], expected.len(), "{engine:?} {more:?}: {total}");
            assert_eq!(total["connects"], connected.len(), "{engine:?} {more:?}: {total}");
            assert_eq!(total["connects_known"], known, "{engine:?} {more:?}: {total}");
            assert_eq!(total["talk_seconds"], talked, "{engine:?} {more:?}: {total}");
            assert_eq!(total["connect_rate_denominator"], known, "of calls of which both are known: {total}");
            for part in ["by_client", "by_caller", "by_hour", "by_disposition"] {
                for name in ["dials", "connects", "talk_seconds", "meetings"] {
                    let sum: i64 =
                        report[part].as_array().unwrap().iter().filter_map(|line| line[name].as_i64()).sum();
                    assert_eq!(Some(sum), total[name].as_i64(), "{engine:?} {more:?} {part} {name}");
                }
            }
            let mut hours: BTreeMap<Option<String>, usize> = BTreeMap::new();
            for row in expected {
                *hours.entry(local(row).map(|at| format!("{:02}", at.hour()))).or_default() += 1;
            }
            for line in report["by_hour"].as_array().unwrap() {
                let hour = line["label"].as_str().map(str::to_owned);
                assert_eq!(line["dials"], hours[&hour], "{engine:?} {more:?}: {line}");
            }
        }
        // The overview and the clients are over all services.
        let overview = desk.run(&["report", "overview", "--json"]).expect(0).json();
        assert_eq!(overview["total"]["dials"], calls.len());
        let sources: Vec<&Value> = overview["sources"].as_array().unwrap().iter().collect();
        assert_eq!(sources.len(), 2, "{overview}");
        let shown = desk.run(&["report", "calls"]).expect(0).out;
        assert!(
            ["Caller", "Hour", "Disposition", "Talk time", "total"].iter().all(|text| shown.contains(text)),
            "{shown}"
        );
        let csv = desk.run(&["report", "calls", "--format", "csv"]).expect(0).out;
        assert!(csv.contains("by_hour") && csv.contains("by_caller"), "{csv}");
    }
}
