//! Figures by day: they add up to the figures of a life, whoever tells them and however a life is cut into windows.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{Account, CampaignFigures, DaySeries, Dialect, Options, Quirk, Twin};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::http::{Reply, get};
use crate::start;

const SPRING: Date = date(2026, 3, 30);

fn within(twin: &Twin, path: &str, from: Date, to: Date) -> Reply {
    let joint = if path.contains('?') { '&' } else { '?' };
    get(twin, &format!("{path}{joint}start_date={from}&end_date={to}"))
}

fn by_date(twin: &Twin, id: u64, from: Date, to: Date) -> Value {
    within(twin, &format!("/campaigns/{id}/analytics-by-date"), from, to).json()
}

/// From spring until after the day, cut into windows that are as long as this.
fn windows(until: Date, length: i64) -> Vec<(Date, Date)> {
    let starts = SPRING.series(length.days()).take_while(|from| *from <= until);
    starts.map(|from| (from, from.saturating_add((length - 1).days()))).collect()
}

/// The rows of an answer, wherever they are.
fn rows(answer: &Value) -> &Vec<Value> {
    let under = ["data", "days", "daily"].iter().find_map(|name| answer[name].as_array());
    answer.as_array().or(under).unwrap_or_else(|| panic!("no rows: {answer}"))
}

fn text(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no text: {value}"))
}

/// What an answer of a window and the analytics of a life both tell.
const SHARED: [&str; 10] = [
    "sent_count",
    "unique_sent_count",
    "open_count",
    "unique_open_count",
    "click_count",
    "unique_click_count",
    "reply_count",
    "block_count",
    "bounce_count",
    "unsubscribed_count",
];

#[tokio::test]
async fn days_of_the_truth_add_up() {
    let twin = start(Options::default()).await;
    for days in [0, 9] {
        twin.advance(days);
        let account = twin.account();
        for one in &account.campaigns {
            let sum = |of: fn(&atlas_twin::DayFigures) -> u64| one.days.iter().map(of).sum::<u64>();
            assert_eq!(
                [sum(|day| day.sent), sum(|day| day.unique_open), sum(|day| day.replied)],
                [one.sent, one.unique_open, one.replied]
            );
            assert_eq!(
                [sum(|day| day.bounced), sum(|day| day.unsubscribed)],
                [one.bounced, one.unsubscribed]
            );
            assert!(one.days.is_sorted_by(|older, newer| older.date < newer.date), "oldest first");
            assert!(one.days.iter().all(|day| day.sent > 0 && day.date <= account.today));
            assert!(one.positive <= one.replied);
        }
        assert!(account.campaigns.iter().any(|one| one.days.iter().any(|day| day.clicked > 0)));
    }
}

#[tokio::test]
async fn live_windows_add_up_to_a_life() {
    let twin = start(Options { campaigns: 24, ..Options::default() }).await;
    twin.advance(2);
    let account = twin.account();
    for truth in &account.campaigns {
        let analytics = get(&twin, &format!("/campaigns/{}/analytics", truth.id)).json();
        for length in [30, 7] {
            let mut sums = [0; SHARED.len()];
            for (from, to) in windows(account.today, length) {
                let answer = by_date(&twin, truth.id, from, to);
                assert_eq!((&answer["start_date"], &answer["end_date"]), (&json!(from), &json!(to)));
                assert!(answer.get("date").is_none());
                let told = SHARED.map(|name| text(&answer[name]));
                assert!(text(&answer["non_ooo_reply_count"]) <= text(&answer["reply_count"]));
                assert!(text(&answer["total_reply_count"]) >= text(&answer["reply_count"]));
                sums.iter_mut().zip(told).for_each(|(sum, count)| *sum += count);
            }
            for (name, sum) in SHARED.iter().zip(sums) {
                // Older answers lack some of them.
                let life = analytics.get(name).map_or(sum, text);
                assert_eq!(sum, life, "{name} of {}", truth.id);
            }
        }
        for day in truth.days.iter().rev().take(4) {
            let answer = by_date(&twin, truth.id, day.date, day.date);
            let told = [&SHARED[..1], &SHARED[2..5], &SHARED[6..7], &SHARED[8..]].concat();
            let told: Vec<_> = told.iter().map(|name| text(&answer[name])).collect();
            let figures = [day.sent, day.opens, day.unique_open, day.clicked, day.replied, day.bounced];
            assert_eq!(told, [&figures[..], &[day.unsubscribed]].concat());
        }
        let tomorrow = account.today.tomorrow().unwrap();
        assert_eq!(by_date(&twin, truth.id, tomorrow, tomorrow)["sent_count"], "0", "it has not been yet");
    }
}

#[tokio::test]
async fn positive_replies_add_up_to_a_life() {
    let twin = start(Options { campaigns: 24, ..Options::default() }).await;
    let account = twin.account();
    for truth in &account.campaigns {
        let path = format!("/campaigns/{}/top-level-analytics-by-date", truth.id);
        let told = |from, to| text(&within(&twin, &path, from, to).json()["positive_reply_count"]);
        let interested = get(&twin, &format!("/campaigns/{}/analytics", truth.id)).json();
        assert_eq!(told(date(2020, 1, 1), account.today), truth.positive);
        assert_eq!(interested["campaign_lead_stats"]["interested"], truth.positive);
        let parts = windows(account.today, 11).into_iter().map(|(from, to)| told(from, to));
        assert_eq!(parts.sum::<u64>(), truth.positive);
    }
    assert!(account.campaigns.iter().any(|truth| truth.positive > 9));

    let without = start(Options { campaigns: 1, has_positives: false, ..Options::default() }).await;
    let path = format!("/campaigns/{}/top-level-analytics-by-date", without.account().campaigns[0].id);
    let absent = within(&without, &path, SPRING, SPRING);
    assert!(absent.status == 404 && absent.body.contains("Cannot GET"), "{}", absent.body);
}

#[tokio::test]
async fn documented_rows_are_the_days() {
    let options = Options { campaigns: 24, dialect: Dialect::Requirement, ..Options::default() };
    let twin = start(options).await;
    let account = twin.account();
    let mut shapes = BTreeSet::new();
    for truth in &account.campaigns {
        let mut told = Vec::new();
        for (from, to) in windows(account.today, 29) {
            let answer = by_date(&twin, truth.id, from, to);
            shapes.insert(answer.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>()));
            told.extend(rows(&answer).iter().cloned());
        }
        let expected: Vec<_> = truth
            .days
            .iter()
            .map(|day| {
                json!({"date": day.date, "sent_count": day.sent, "open_count": day.opens,
                       "unique_open_count": day.unique_open, "click_count": day.clicked,
                       "reply_count": day.replied, "bounce_count": day.bounced})
            })
            .collect();
        assert_eq!(told, expected);
        let analytics = get(&twin, &format!("/campaigns/{}/analytics", truth.id)).json();
        for name in ["sent_count", "open_count", "unique_open_count", "click_count", "reply_count"] {
            let sum: u64 = told.iter().map(|row| row[name].as_u64().unwrap()).sum();
            assert_eq!(analytics[name], sum, "{name} of {}", truth.id);
        }
        let tomorrow = account.today.tomorrow().unwrap();
        assert!(rows(&by_date(&twin, truth.id, tomorrow, tomorrow)).is_empty(), "it has not been yet");
    }
    let names = ["daily", "data", "days"].map(|name| Some(vec![name.to_owned()]));
    assert_eq!(shapes, std::iter::once(None).chain(names).collect());
}

/// The series of a window: every date as told, with sent, opened, replied, bounced and unsubscribed.
fn series(twin: &Twin, ids: &str, from: Date, to: Date) -> Vec<(String, [u64; 5])> {
    let answer = within(twin, &format!("/analytics/day-wise-overall-stats{ids}"), from, to).json();
    let days = answer["data"]["day_wise_stats"].as_array().unwrap();
    let entry = |(date, day): (Date, &Value)| {
        assert_eq!(day["day_name"], date.strftime("%A").to_string());
        let figure = |name: &str| {
            let value = &day["email_engagement_metrics"][name];
            if date.day() % 2 == 0 { value.as_u64().unwrap() } else { text(value) }
        };
        let figures = ["sent", "opened", "replied", "bounced", "unsubscribed"].map(figure);
        (day["date"].as_str().unwrap().to_owned(), figures)
    };
    from.series(1.day()).zip(days).map(entry).collect()
}

/// The same from the truth of some campaigns.
fn expected<'a>(
    campaigns: impl Iterator<Item = &'a CampaignFigures>,
    from: Date,
    to: Date,
) -> Vec<(String, [u64; 5])> {
    let dates = from.series(1.day()).take_while(|date| *date <= to);
    let mut days: BTreeMap<Date, [u64; 5]> = dates.map(|date| (date, [0; 5])).collect();
    for day in campaigns.flat_map(|one| &one.days) {
        let figures = [day.sent, day.unique_open, day.replied, day.bounced, day.unsubscribed];
        if let Some(sums) = days.get_mut(&day.date) {
            sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        }
    }
    days.into_iter().map(|(date, sums)| (date.strftime("%-d %b").to_string(), sums)).collect()
}

#[tokio::test]
async fn a_series_is_of_whom_it_is_asked() {
    let (from, to) = (date(2026, 12, 17), date(2027, 1, 16));
    for day_series in [DaySeries::Filtered, DaySeries::Unfiltered] {
        let twin = start(Options { campaigns: 60, day_series, ..Options::default() }).await;
        twin.advance(69);
        let account: Account = twin.account();
        assert!((from..to).contains(&account.today), "the window ends after today: {}", account.today);
        let whole = expected(account.campaigns.iter(), from, account.today);
        assert_eq!(series(&twin, "", from, to), whole, "every day up to today, across New Year");
        assert_eq!((whole[0].0.as_str(), whole[15].0.as_str()), ("17 Dec", "1 Jan"));

        let sends = |one: &&CampaignFigures| one.days.iter().any(|day| day.date >= from);
        let sending: Vec<_> = account.campaigns.iter().filter(sends).collect();
        assert!(sending.len() > 3);
        for pair in sending.windows(2) {
            let one = series(&twin, &format!("?campaign_ids={}", pair[0].id), from, to);
            let two = format!("?timezone=Europe/Berlin&campaign_ids={},{}", pair[0].id, pair[1].id);
            let two = series(&twin, &two, from, to);
            if day_series == DaySeries::Filtered {
                assert_eq!(one, expected(pair[..1].iter().copied(), from, account.today));
                assert_eq!(two, expected(pair.iter().copied(), from, account.today));
                assert_ne!(one, whole);
            } else {
                assert_eq!((&one, &two), (&whole, &whole));
            }
        }
    }
    let without = start(Options { campaigns: 1, day_series: DaySeries::Absent, ..Options::default() }).await;
    let documented =
        start(Options { campaigns: 1, dialect: Dialect::Requirement, ..Options::default() }).await;
    for twin in [without, documented] {
        let absent = within(&twin, "/analytics/day-wise-overall-stats", from, from);
        assert!(absent.status == 404 && absent.body.contains("Cannot GET"), "{}", absent.body);
    }
}

#[tokio::test]
async fn windows_are_as_long_as_the_service_has_them() {
    let twin = start(Options { campaigns: 3, ..Options::default() }).await;
    let id = twin.account().campaigns[0].id;
    let by_date = format!("/campaigns/{id}/analytics-by-date");
    let top_level = format!("/campaigns/{id}/top-level-analytics-by-date");
    let days = "/analytics/day-wise-overall-stats";
    for dialect in [Dialect::Live, Dialect::Requirement] {
        twin.set_dialect(dialect);
        let others: &[_] = match dialect {
            Dialect::Live => &[(days, 31), (&top_level, 5000)],
            Dialect::Requirement => &[],
        };
        for (path, longest) in [(by_date.as_str(), 30)].iter().chain(others) {
            let of = |length: i64| within(&twin, path, SPRING, SPRING.saturating_add((length - 1).days()));
            assert_eq!((of(1).status, of(*longest).status), (200, 200), "{path}");
            if *path != top_level {
                let refused = of(longest + 1);
                assert_eq!(refused.status, 400, "{path}");
                assert!(refused.json()["message"].as_str().unwrap().contains("range"));
            }
            assert_eq!(of(0).status, 400, "it ends before it starts");
            for query in ["", "?start_date=2026-10-01", "?start_date=2026-10-01&end_date=2.10."] {
                assert_eq!(get(&twin, &format!("{path}{query}")).status, 400, "{path}{query}");
            }
            let unknown = within(&twin, &format!("{path}?page=2"), SPRING, SPRING);
            assert_eq!(unknown.status, if dialect == Dialect::Live { 400 } else { 200 });
        }
        assert_eq!(within(&twin, "/campaigns/1/analytics-by-date", SPRING, SPRING).status, 404);
    }
    twin.set_dialect(Dialect::Live);
    assert_eq!(within(&twin, &format!("{days}?campaign_ids=one"), SPRING, SPRING).status, 400);
}

#[tokio::test]
async fn odd_days_are_where_the_account_says() {
    let twin = start(Options { quirks: true, ..Options::default() }).await;
    let account = twin.account();
    let odd = |quirk| account.campaigns.iter().find(|one| one.quirk == Some(quirk)).unwrap();
    let (silent, dateless) = (odd(Quirk::NoDays), odd(Quirk::DayWithoutDate));
    let from = dateless.days[3].date;
    let to = from.saturating_add(29.days());
    for dialect in [Dialect::Live, Dialect::Requirement] {
        twin.set_dialect(dialect);
        assert_eq!(by_date(&twin, silent.id, from, to), json!({}));
    }
    let answer = by_date(&twin, dateless.id, from, to);
    let without = |row: &&Value| row.get("date").is_none();
    assert_eq!(rows(&answer).iter().filter(without).count(), 1);
    assert!(rows(&answer).len() > 1);

    twin.set_dialect(Dialect::Live);
    let told = series(&twin, &format!("?campaign_ids={}", dateless.id), from, to);
    let mut truth = expected(std::iter::once(dateless), from, to);
    truth[0].0 = "31 Foo".to_owned();
    assert_eq!(told, truth);
    assert_eq!(series(&twin, "", from, to), expected(account.campaigns.iter(), from, to));
}
