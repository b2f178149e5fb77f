//! Reply.io from its first sync on: figures by value in both dialects and on both databases, days told from two readings,
//! paths that are dead, keys that may not.

use std::collections::BTreeMap;

use atlas_twin::replyio::{Account, Kind, SequenceFigures, Status};
use atlas_twin::{Dialect, Options, ReplyArea, ReplyHeader, Twin};
use jiff::ToSpan;
use serde_json::Value;

use crate::syncs::sync;
use crate::world::{Desk, Engine, assert_same, engines, start};

const BOTH: [Dialect; 2] = [Dialect::Live, Dialect::Requirement];

fn reply(dialect: Dialect) -> Twin {
    start(Options { dialect, campaigns: 1, reply_sequences: 14, reply_people: 40, ..Options::default() })
}

fn desk(engine: Engine, twin: &Twin, more: &[&str]) -> Desk {
    let desk = Desk::new(engine);
    add(&desk, twin, more).expect(0);
    desk
}

fn add(desk: &Desk, twin: &Twin, more: &[&str]) -> crate::world::Done {
    let origin = twin.origin();
    let mut args =
        vec!["source", "add", "replyio", "--name", "reply", "--base-url", &origin, "--api-key-stdin"];
    args.extend(["--set", "pace=off"]);
    args.extend(more);
    desk.run_with(&args, "twin-key\n")
}

fn lines<'a>(dump: &'a str, start: &str) -> Vec<&'a str> {
    dump.lines().filter(|line| line.starts_with(start)).collect()
}

/// The line of a dump that has all of these parts.
#[track_caller]
fn line<'a>(dump: &'a str, table: &str, parts: &[String]) -> &'a str {
    let is_it = |line: &&str| parts.iter().all(|part| format!("{line} ").contains(&format!(" {part} ")));
    let found: Vec<&str> = lines(dump, &format!("{table} ")).into_iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{table} with {parts:?}: {found:#?}");
    found[0]
}

/// Every figure of every sequence against the account's truth.
fn assert_true(desk: &Desk, twin: &Twin, dialect: Dialect) {
    let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
    let dump = desk.dump();
    let account = twin.reply_account();
    assert_eq!(report.as_array().unwrap().len(), account.sequences.len());
    for sequence in &account.sequences {
        let id = sequence.id.to_string();
        let is_it = |line: &&Value| line["campaign_id"].as_str() == Some(&id);
        let line = report.as_array().unwrap().iter().find(is_it).unwrap();
        let figures = &sequence.figures;
        assert_eq!(line["status"] == "archived", sequence.is_archived, "{line}");
        assert_eq!(line["total_sent"].as_u64(), Some(figures.sent), "{line}");
        assert_eq!(
            line["total_delivered"].as_u64(),
            Some(figures.delivered),
            "bounces taken off once: {line}"
        );
        assert_eq!(line["total_bounced"].as_u64(), Some(figures.bounced), "{line}");
        assert_eq!(line["total_replied"].as_u64(), Some(figures.replied), "{line}");
        let rate = (figures.delivered > 0).then(|| figures.replied as f64 / figures.delivered as f64);
        assert_eq!(line["reply_rate"].as_f64(), rate, "{line}");
        // Only the first generation tells opt-outs, only the specified path tells who is interested.
        if dialect == Dialect::Live {
            assert_eq!(line["total_unsubscribed"].as_u64(), Some(figures.opted_out), "{line}");
        } else {
            assert_eq!(line["total_unsubscribed"], Value::Null, "{line}");
            assert_eq!(line["positive_replies"].as_u64(), Some(figures.interested), "{line}");
        }
        assert_details(&dump, sequence, dialect);
    }
    assert!(account.sequences.iter().flat_map(|one| &one.people).any(|person| person.is_opted_out));
    let mut told = 0;
    for mailbox in &account.mailboxes {
        let parts = [format!("external_id=\"{}\"", mailbox.id), format!("from_email={:?}", mailbox.address)];
        let row = line(&dump, "email_accounts", &parts);
        assert!(row.contains(&format!("message_per_day={}", mailbox.daily_limit)), "{row}");
        // One of the service's two forms of a mailbox does not tell whether it works.
        let is_told = row.contains("is_smtp_success=");
        told += usize::from(is_told);
        assert!(!is_told || row.contains(&format!("is_smtp_success={}", mailbox.is_smtp_ok)), "{row}");
        assert!(!is_told || row.contains(&format!("is_imap_success={}", mailbox.is_imap_ok)), "{row}");
    }
    assert!(told > 0, "some mailboxes tell whether they work");
    let sum = |figure: fn(&SequenceFigures) -> u64| account.sequences.iter().map(figure).sum::<u64>();
    let row = lines(&dump, "data_sources")[0];
    for (name, value) in [
        ("repliesCount", sum(|sequence| sequence.figures.replied)),
        ("deliveriesCount", sum(|sequence| sequence.figures.delivered)),
        ("sequencesCount", account.sequences.len() as u64),
        ("activeSequencesCount", sum(|sequence| u64::from(sequence.status == Status::Active))),
    ] {
        assert!(row.contains(&format!("\"{name}\":{value}")), "{name} {value}: {row}");
    }
}

/// Steps and people of a sequence.
fn assert_details(dump: &str, sequence: &SequenceFigures, dialect: Dialect) {
    let id = format!("campaign_id=\"{}\"", sequence.id);
    let of =
        |table: &str| lines(dump, &format!("{table} ")).into_iter().filter(|line| line.contains(&id)).count();
    assert_eq!(of("enrollments"), sequence.people.len(), "people of {}", sequence.id);
    for person in &sequence.people {
        let parts = [id.clone(), format!("external_lead_id=\"{}\"", person.id)];
        line(dump, "enrollments", &parts);
        let row = line(dump, "contacts", &[parts[1].clone(), format!("email={:?}", person.email)]);
        // The specified people have no such field.
        if dialect == Dialect::Live {
            assert!(row.contains(&format!(" is_unsubscribed={}", person.is_opted_out)), "{row}");
        }
    }
    if sequence.hides_steps && dialect == Dialect::Live {
        assert_eq!(of("campaign_variants"), 0, "nothing is made up of steps that are not told");
        return;
    }
    let mails = sequence.steps.iter().filter(|step| step.kind == Kind::Email);
    let templates: usize = mails.map(|step| step.variants.len()).sum();
    let rows: Vec<&str> =
        lines(dump, "campaign_variants ").into_iter().filter(|line| line.contains(&id)).collect();
    let (others, letters): (Vec<&str>, Vec<&str>) =
        rows.into_iter().partition(|line| !line.contains("step_type=\"email\""));
    assert_eq!(letters.len(), templates, "templates of {}", sequence.id);
    assert!(letters.iter().all(|line| line.contains(" body_html=")), "a template has a text");
    assert!(
        others.iter().all(|line| !line.contains(" body_html=")),
        "no other step is a template: {others:?}"
    );
    if !sequence.steps.is_empty() {
        line(dump, "sequences", &[id, format!("step_count={}", sequence.steps.len())]);
    }
}

#[test]
fn first_sync_then_nothing_new_then_a_day_on() {
    for dialect in BOTH {
        let mut dumps: Vec<[String; 2]> = Vec::new();
        for engine in engines() {
            let twin = reply(dialect);
            let desk = desk(engine, &twin, &["--no-test"]);
            let first = sync(&desk);
            assert_eq!(first["outcome"], "done");
            assert_true(&desk, &twin, dialect);
            let after_first = desk.dump();

            twin.clear_requests();
            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{again}");
            assert_same(&after_first, &desk.dump(), "nothing moved");
            let dead: Vec<_> = twin.requests().into_iter().filter(|request| request.status == 404).collect();
            assert_eq!(dead.len(), 0, "a dead path is not asked again: {dead:?}");

            twin.advance(1);
            desk.next_day();
            sync(&desk);
            assert_true(&desk, &twin, dialect);
            let after_day = desk.dump();
            assert_days(&after_day, &twin, dialect);
            dumps.push([after_first, after_day]);
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0][0], &other[0], "SQLite and PostgreSQL after the first sync");
            assert_same(&dumps[0][1], &other[1], "SQLite and PostgreSQL a day on");
        }
    }
}

/// The day on which something was sent is told from two readings, as an estimate, until it is over. Days that are over the
/// service tells itself, where it has the report.
fn assert_days(dump: &str, twin: &Twin, dialect: Dialect) {
    let account = twin.reply_account();
    if dialect == Dialect::Live {
        assert_closed_days(dump, &account);
    }
    let mut sent = 0;
    for sequence in &account.sequences {
        let today = sequence.days.iter().find(|day| day.date == account.today);
        let figures = today.map(|day| day.figures).unwrap_or_default();
        if figures.sent == 0 {
            continue;
        }
        sent += figures.sent;
        let parts = [format!("campaign_id=\"{}\"", sequence.id), format!("date={}", account.today)];
        let row = line(dump, "daily_metrics", &parts);
        assert!(row.contains(&format!(" emails_sent={} ", figures.sent)), "{row}, not {}", figures.sent);
        assert!(row.ends_with("is_estimated=true"), "{row}");
    }
    assert!(sent > 0, "something was sent on the day");
    let others = lines(dump, "daily_metrics").into_iter();
    // What single events, or the report of a window, tell of other days is no estimate.
    let others: Vec<&str> = others
        .filter(|line| !line.contains(&format!("date={}", account.today)))
        .filter(|line| !line.ends_with("is_estimated=false"))
        .filter(|line| dialect == Dialect::Requirement || line.contains("is_estimated=true"))
        .collect();
    assert!(others.is_empty(), "a lifetime figure is never a day's: {others:?}");
}

/// Each sequence's last 29 days that are over, figure by figure.
fn assert_closed_days(dump: &str, account: &Account) {
    let (mut sent, mut interested) = (0, 0);
    for sequence in &account.sequences {
        for back in 1..=29_i64 {
            let date = account.today.saturating_sub(back.days());
            let told = sequence.days.iter().find(|day| day.date == date);
            let figures = told.map(|day| day.figures).unwrap_or_default();
            let parts = [format!("campaign_id=\"{}\"", sequence.id), format!("date={date}")];
            // The day was read before there was such a sequence.
            if told.is_none() && !dump.contains(&parts.join(" ")) {
                continue;
            }
            let row = line(dump, "daily_metrics", &parts);
            for (name, figure) in [
                ("emails_sent", figures.sent),
                ("emails_opened", figures.opened),
                ("emails_replied", figures.replied),
                ("emails_bounced", figures.bounced),
                ("emails_unsubscribed", figures.opted_out),
                ("positive_replies", figures.interested),
                ("is_estimated", 0),
            ] {
                let figure = if name == "is_estimated" { "false".to_owned() } else { figure.to_string() };
                assert!(format!("{row} ").contains(&format!(" {name}={figure} ")), "{name} {figure}: {row}");
            }
            (sent, interested) = (sent + figures.sent, interested + figures.interested);
        }
    }
    assert!(sent > 0 && interested > 0, "something happened in four weeks");
}

#[test]
fn weeks_without_a_reading_are_no_day() {
    let twin = reply(Dialect::Live);
    let desk = desk(Engine::Sqlite, &twin, &["--no-test"]);
    sync(&desk);
    twin.advance(9);
    (0..9).for_each(|_| desk.next_day());
    twin.clear_requests();
    sync(&desk);
    assert_true(&desk, &twin, Dialect::Live);
    let dump = desk.dump();
    assert!(!dump.contains("witness=\"delta\""), "nine days are not one");
    assert_closed_days(&dump, &twin.reply_account());
    // A week has passed, so each dead path is asked once more, and no oftener.
    let mut dead: Vec<_> = twin.requests().into_iter().filter(|request| request.status == 404).collect();
    dead.retain(|request| !request.path.contains("/steps") && !request.path.ends_with("/emails"));
    let asked: Vec<&str> = dead.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(asked.iter().filter(|path| path.ends_with("/statistics")).count(), 2, "{asked:?}");
    assert_eq!(asked.iter().filter(|path| **path == "/v3/emailAccounts").count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|path| **path == "/v3/people").count(), 1, "{asked:?}");
}

#[test]
fn positive_replies_that_only_days_tell_rise_with_them() {
    let twin = start(Options { campaigns: 1, reply_sequences: 40, reply_people: 60, ..Options::default() });
    let settings = ["--no-test", "--set", "sync_people=false", "--set", "sync_activities=false"];
    let engine = engines().into_iter().last().unwrap();
    let desk = desk(engine, &twin, &[&settings[..], &["--set", "backfill_days=366"]].concat());
    let known = |desk: &Desk| -> BTreeMap<String, u64> {
        let report = desk.run(&["report", "campaigns", "--json"]).expect(0).json();
        let lines = report.as_array().unwrap().iter();
        let told = lines.filter(|line| line["total_replied"] != 0);
        told.filter_map(|line| Some((line["campaign_id"].to_string(), line["positive_replies"].as_u64()?)))
            .collect()
    };
    sync(&desk);
    let (mut before, mut risen) = (known(&desk), 0);
    for _ in 0..3 {
        twin.advance(5);
        (0..5).for_each(|_| desk.next_day());
        sync(&desk);
        let (after, account) = (known(&desk), twin.reply_account());
        for (id, positive) in &before {
            let is_it = |sequence: &&SequenceFigures| format!("\"{}\"", sequence.id) == *id;
            let sequence = account.sequences.iter().find(is_it).unwrap();
            let over = sequence.days.iter().filter(|day| day.date < account.today);
            let told: u64 = over.map(|day| day.figures.interested).sum();
            assert_eq!(after.get(id), Some(&told), "{id}, of which {positive} were known");
            risen += usize::from(told > *positive);
        }
        before = after;
    }
    assert!(risen > 0, "nobody became interested: {before:?}");
}

#[test]
fn a_replay_makes_the_same_tables() {
    for dialect in BOTH {
        let twin = reply(dialect);
        let desk = desk(Engine::Sqlite, &twin, &["--no-test"]);
        sync(&desk);
        twin.advance(1);
        desk.next_day();
        sync(&desk);
        let before = desk.dump();
        desk.run(&["replay", "reply"]).expect(0);
        assert_same(&before, &desk.dump(), "replayed");
    }
}

#[test]
fn a_key_that_is_refused_or_lacks_a_scope() {
    let twin = reply(Dialect::Live);
    let desk = desk(Engine::Sqlite, &twin, &["--no-test"]);
    twin.set_api_key("another");
    let refused = desk.run(&["sync"]).expect(4);
    assert!(refused.err.contains("401") && refused.err.contains("Settings → API key"), "{}", refused.err);
    twin.set_api_key("twin-key");
    sync(&desk);
    assert_true(&desk, &twin, Dialect::Live);

    let forbids = Some(ReplyArea::EmailAccounts);
    let twin =
        start(Options { reply_forbids: forbids, reply_sequences: 6, campaigns: 1, ..Options::default() });
    let desk = self::desk(Engine::Sqlite, &twin, &[]);
    let synced = sync(&desk);
    assert_eq!(synced["outcome"], "done", "the others go on: {synced}");
    let status = desk.run(&["status", "--json"]).expect(0).json();
    let problems = status[0]["problems"].to_string();
    assert!(problems.contains("emailAccounts:read"), "the missing scope is named: {status}");
    let dump = desk.dump();
    assert_eq!(lines(&dump, "campaigns").len(), twin.reply_account().sequences.len());
    assert!(!lines(&dump, "email_accounts").is_empty(), "the first generation tells mailboxes all the same");
}

#[test]
fn the_header_that_works_is_found_and_kept() {
    for (header, refused) in [(ReplyHeader::Bearer, 1), (ReplyHeader::Key, 2)] {
        let twin =
            start(Options { reply_header: header, reply_sequences: 4, campaigns: 1, ..Options::default() });
        let desk = desk(Engine::Sqlite, &twin, &[]);
        let count = || twin.requests().iter().filter(|request| request.status == 401).count();
        assert_eq!(count(), refused, "the probe tries one form after the other");
        twin.clear_requests();
        assert_eq!(sync(&desk)["outcome"], "done");
        assert_eq!(count(), refused, "{header:?}");
        assert_eq!(lines(&desk.dump(), "campaigns").len(), 4);
        twin.clear_requests();
        sync(&desk);
        assert_eq!(count(), 0, "what worked is kept");
        twin.set_api_key("another");
        desk.run(&["sync"]).expect(4);
        assert_eq!(count(), 3, "a wrong key is tried once in each form");
    }
}

#[test]
fn pages_that_alternate_end_with_a_problem() {
    let twin =
        start(Options { reply_alternates: true, reply_sequences: 9, campaigns: 1, ..Options::default() });
    let desk = desk(Engine::Sqlite, &twin, &["--no-test"]);
    assert_eq!(sync(&desk)["outcome"], "done");
    let pages = twin.requests().into_iter().filter(|request| request.path == "/v3/sequences").count();
    assert!(pages <= 6, "{pages} pages");
    let status = desk.run(&["status", "--json"]).expect(0).json();
    assert!(status[0]["problems"].to_string().contains("circle"), "{status}");
    // The first generation lists them all.
    assert_eq!(lines(&desk.dump(), "campaigns").len(), 9);
}

#[test]
fn the_quota_and_the_oldest_figure_are_told() {
    let twin = reply(Dialect::Requirement);
    let desk = desk(Engine::Sqlite, &twin, &["--no-test", "--set", "monthly_quota=600"]);
    // A day and nine hours into the second day of a month of 600 calls.
    let first = desk.run(&["sync", "--json"]).expect(5).json();
    assert_eq!(first[0]["outcome"], "quota");
    let plan = desk.run(&["sync", "--dry-run"]).expect(0);
    assert!(plan.err.contains("calls of quota left"), "{}", plan.err);
    let status = desk.run(&["status"]).expect(0);
    assert!(status.out.contains("of 600 calls in 2026-11"), "{}", status.out);
    assert!(status.out.contains("the oldest was read"), "{}", status.out);
    for _ in 0..12 {
        desk.next_day();
        if desk.run(&["sync"]).code == Some(0) {
            break;
        }
    }
    assert_true(&desk, &twin, Dialect::Requirement);
}
