//! Figures by day: each day as the service counts it, however the service tells days; never a sum in a day's place.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{CampaignFigures, DaySeries, Dialect, Options, Twin};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::syncs::{cell, sync};
use crate::world::{Desk, ask, assert_same, engines, for_each, start, twin};

/// Every way in which days can be had.
const WAYS: [(Dialect, DaySeries); 4] = [
    (Dialect::Requirement, DaySeries::Absent),
    (Dialect::Live, DaySeries::Filtered),
    (Dialect::Live, DaySeries::Unfiltered),
    (Dialect::Live, DaySeries::Absent),
];

fn days(dump: &str, table: &str) -> BTreeMap<(String, String), String> {
    let start = format!("{table} ");
    let key = |row: &str| {
        let of = |name| cell(row, name).unwrap().to_owned();
        ((of("campaign_id"), of("date")), row.to_owned())
    };
    dump.lines().filter(|line| line.starts_with(&start)).map(key).collect()
}

/// Every day that was read against the truth, and how many e-mails they hold.
fn assert_days(dump: &str, campaign: &CampaignFigures, is_told: impl Fn(&str) -> bool) -> u64 {
    let days = days(dump, "daily_metrics");
    let id = campaign.id.to_string();
    let mut sent = 0;
    for day in &campaign.days {
        let date = day.date.to_string();
        let Some(row) = days.get(&(id.clone(), date.clone())) else {
            assert!(!is_told(&date), "{id} {date} is not known");
            continue;
        };
        let figures =
            [("emails_sent", day.sent), ("emails_replied", day.replied), ("emails_bounced", day.bounced)];
        for (name, truth) in figures {
            assert_eq!(cell(row, name), Some(truth.to_string().as_str()), "{name}: {row}");
        }
        sent += day.sent;
    }
    let real: Vec<String> = campaign.days.iter().map(|day| day.date.to_string()).collect();
    for ((_, date), row) in days.iter().filter(|((of, _), _)| *of == id) {
        let is_nothing = cell(row, "emails_sent") == Some("0");
        assert!(real.contains(date) || is_nothing, "a day that never was: {row}");
    }
    sent
}

fn day_calls(twin: &Twin) -> usize {
    let is_of_days =
        |path: &str| path.ends_with("/analytics-by-date") || path.ends_with("/day-wise-overall-stats");
    twin.requests().iter().filter(|request| is_of_days(&request.path)).count()
}

#[test]
fn days_are_true_in_every_shape() {
    for (dialect, day_series) in WAYS {
        let mut dumps = Vec::new();
        for engine in engines() {
            let what = format!("{dialect:?} {day_series:?} {engine:?}");
            let twin = start(Options { dialect, day_series, campaigns: 15, ..Options::default() });
            let desk = Desk::with_source(engine, &twin);
            let has_windows = dialect == Dialect::Requirement || day_series == DaySeries::Filtered;
            // Single events know days further back than these ways do, and of those no bounces.
            let more = if has_windows { "backfill_days=400" } else { "sync_activities=false" };
            desk.run(&["source", "set", "acme", more]).expect(0);
            let first = sync(&desk);
            assert_eq!(first["problems"], 0, "{what}: {first}");
            let today = twin.account().today;
            // Day by day only the last 29 days that are over are asked.
            let (oldest, today) = ((today - 29.days()).to_string(), today.to_string());
            let dump = desk.dump();
            for campaign in &twin.account().campaigns {
                let is_told = |date: &str| has_windows || (oldest.as_str()..today.as_str()).contains(&date);
                let sent = assert_days(&dump, campaign, is_told);
                if has_windows {
                    assert_eq!(
                        sent, campaign.sent,
                        "{what}: the days add up to the lifetime of {}",
                        campaign.id
                    );
                }
            }
            for row in dump.lines().filter(|line| line.starts_with("campaigns ")) {
                assert_eq!(cell(row, "metrics_hash"), cell(row, "seen_hash"), "{what}: {row}");
            }

            twin.clear_requests();
            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{what}: {again}");
            assert_eq!(day_calls(&twin), 0, "{what}: nothing moved, so no day is asked");
            assert_same(&dump, &desk.dump(), &what);

            // Three days on: what is new and the last closed days, not the whole history.
            twin.advance(3);
            (0..3).for_each(|_| desk.next_day());
            twin.clear_requests();
            sync(&desk);
            let account = twin.account();
            let today = account.today.to_string();
            let later = desk.dump();
            for campaign in &account.campaigns {
                let is_told = |date: &str| has_windows || (oldest.as_str()..today.as_str()).contains(&date);
                assert_days(&later, campaign, is_told);
            }
            let has_moved =
                |one: &&CampaignFigures| one.days.iter().any(|day| day.date > account.today - 4.days());
            let moved = account.campaigns.iter().filter(has_moved).count();
            let calls = day_calls(&twin);
            let most = if has_windows { moved + 10 } else { moved * 8 };
            assert!(calls <= most, "{what}: {calls} calls for {moved} campaigns that moved");
            dumps.push((dump, later));
        }
        for (first, later) in dumps.iter().skip(1) {
            assert_same(&dumps[0].0, first, "SQLite and PostgreSQL");
            assert_same(&dumps[0].1, later, "SQLite and PostgreSQL, days on");
        }
    }
}

#[test]
fn figures_that_contradict_one_another_are_said_and_read_once_more() {
    for engine in engines() {
        let later = start(Options { campaigns: 12, ..Options::default() });
        let earlier = start(Options { campaigns: 12, ..Options::default() });
        later.advance(3);
        let desk = Desk::with_source(engine, &later);
        (0..3).for_each(|_| desk.next_day());
        sync(&desk);
        // The same account as it was three days ago: its lifetime figures fall below what its days hold.
        desk.run(&["source", "set", "acme", "--base-url", &earlier.origin()]).expect(0);
        desk.next_day();
        assert!(sync(&desk)["problems"].as_u64() > Some(0));
        let problems = || {
            let status = desk.run(&["status", "--json"]).expect(0).json();
            let problems = status[0]["problems"].as_array().unwrap().clone();
            problems.iter().map(|problem| problem["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let has = |said: &str| problems().iter().any(|message| message.contains(said));
        assert!(has("a lifetime figure fell"), "{:?}", problems());
        assert!(has("its lifetime figure is"), "{:?}", problems());
        // Once more, and then it is left at that; what is wrong stays visible.
        desk.next_day();
        sync(&desk);
        earlier.clear_requests();
        desk.next_day();
        sync(&desk);
        assert_eq!(day_calls(&earlier), 0, "the same contradiction asks once");
        assert!(has("its lifetime figure is") && !has("a lifetime figure fell"), "{:?}", problems());
    }
}

/// The campaigns whose days were asked for.
fn asked_for_days(twin: &Twin) -> BTreeSet<String> {
    let of = |path: &str, query: &str| {
        let by_path = path.strip_suffix("/analytics-by-date").and_then(|path| path.rsplit('/').next());
        by_path
            .or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("campaign_ids=")))
            .map(str::to_owned)
    };
    twin.requests().iter().filter_map(|request| of(&request.path, &request.query)).collect()
}

#[test]
fn in_another_time_zone_all_days_are_read_again() {
    for engine in engines() {
        for_each(WAYS.len() as u64, |way| {
            let (dialect, day_series) = WAYS[usize::try_from(way).unwrap()];
            let twin = start(Options { dialect, day_series, campaigns: 12, ..Options::default() });
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "sync_activities=false"]).expect(0);
            sync(&desk);
            let (asked, before) = (asked_for_days(&twin), desk.dump());
            assert!(!asked.is_empty());
            for (zone, expected) in [("Asia/Kathmandu", asked), ("Asia/Kathmandu", BTreeSet::new())] {
                desk.run(&["source", "set", "acme", "--time-zone", zone]).expect(0);
                twin.clear_requests();
                sync(&desk);
                assert_eq!(asked_for_days(&twin), expected, "{engine:?}, {dialect:?}, {day_series:?}");
            }
            let after = desk.dump().replace("time_zone=\"Asia/Kathmandu\"", "time_zone=\"UTC\"");
            assert_same(&before, &after, "the service counts the same");
        });
    }
}

#[test]
fn e_mails_without_any_day_are_said_until_there_is_one() {
    for engine in engines() {
        let twin = twin(Dialect::Requirement, 40);
        let (account, list) = (twin.account(), ask(&twin, "/api/v1/campaigns"));
        let began = |id: u64| -> Date {
            let record = list.as_array().unwrap().iter().find(|record| record["id"] == id).unwrap();
            record["created_at"].as_str().unwrap()[..10].parse().unwrap()
        };
        // Made on one day and first sent on a later one; a clock that is behind shows the days up to between them.
        let waited = |one: &&CampaignFigures| one.days.first().is_some_and(|day| day.date > began(one.id));
        let campaign = account.campaigns.iter().rev().find(waited).unwrap();
        let behind = (account.today - began(campaign.id)).get_days();
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["source", "set", "acme", "backfill_days=400"]).expect(0);
        desk.jump(-i64::from(behind) * 1440);
        sync(&desk);
        let name = format!("campaign {}", campaign.id);
        let is_said = || {
            let status = desk.run(&["status", "--json"]).expect(0).json();
            let problems = status[0]["problems"].as_array().unwrap().clone();
            problems.iter().any(|problem| {
                let message = problem["message"].as_str().unwrap();
                problem["record"] == name.as_str() && message.contains("no day of it is known")
            })
        };
        assert!(is_said(), "{engine:?}: {name} has sent {}", campaign.sent);
        // Read once more, and then left at that; what is wrong stays visible.
        for expected in [true, false] {
            twin.clear_requests();
            sync(&desk);
            assert_eq!(asked_for_days(&twin).contains(&campaign.id.to_string()), expected);
            assert!(is_said());
        }
        desk.jump(i64::from(behind) * 1440);
        twin.advance(1);
        desk.next_day();
        desk.run(&["sync", "--full"]).expect(0);
        assert!(!is_said());
        let account = twin.account();
        let campaign = account.campaigns.iter().find(|one| one.id == campaign.id).unwrap();
        assert_eq!(assert_days(&desk.dump(), campaign, |_| true), campaign.sent);
    }
}
