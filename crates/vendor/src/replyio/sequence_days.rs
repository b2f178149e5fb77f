//! All sequences' figures of one day in one call: a report of a window, asked for a window of a day.
//!
//! That the service accepts such windows, and counts e-mails in them and not people, is not documented. So a week's days
//! are first held against the week as a whole ([`CHECK`]); days that add up to more are no days.

use atlas_model::tables::{CAMPAIGNS, DAILY_METRICS};
use atlas_model::{Follow, Mode, Params, Row, When};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Post, Type, key, may, must};
use crate::mapping::{Found, Understood};
use crate::read::{at, id, number};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sequence_days",
    title: "All Sequences' Figures of a Day",
    path: "/v3/sequences/stats",
    // As days: a time of day in it makes the service fall over.
    post: Some(Post { params: &["from", "to"], within: "filters" }),
    priority: 57,
    pace: Pace::Statistics,
    is_optional: true,
    keeps_watermark: true,
    writes: &[(&DAILY_METRICS, Mode::Witness("vendor"))],
    fields: &[
        key("sequenceId", "daily_metrics.campaign_id", Type::Id),
        may("emailOverview.opened", "daily_metrics.emails_opened", Type::Number),
        must("emailOverview.replied", "daily_metrics.emails_replied", Type::Number),
        must("emailOverview.bounced", "daily_metrics.emails_bounced", Type::Number),
        may("emailOverview.optedOut", "daily_metrics.emails_unsubscribed", Type::Number),
        may("emailOverview.interested", "daily_metrics.positive_replies", Type::Number),
    ],
    derived: &[
        ("daily_metrics.date", "the day that was asked for"),
        (
            "daily_metrics.emails_sent",
            "{emailOverview.delivered} + {emailOverview.bounced}: what is delivered had bounces taken off already",
        ),
        ("campaigns.days_read_from", "the first day of which there is an answer"),
        ("campaigns.days_read_to", "the last one"),
        (
            "campaigns.positive_replies",
            "sum of the days' interested, where nobody else tells it and the days hold all that was sent until they were over",
        ),
    ],
    finish,
    after: |context, records, understood| {
        let told: Vec<String> =
            records.iter().filter(|record| is_busy(record)).filter_map(|r| name(r)).collect();
        understood.recount = told;
        // The next walk begins after the last day that is read: so no day is left out, however long nobody asks.
        if let Some(day) = asked(context.params, "from") {
            understood.watermark = day.to_zoned(context.zone.clone()).ok().map(|start| start.timestamp());
        }
    },
    ..PLAIN
};

/// A week as a whole, then its days one by one. Nothing of it is written.
pub(crate) const CHECK: Endpoint = Endpoint {
    name: "sequence_days_check",
    title: "All Sequences' Figures of a Week, Check",
    priority: 56,
    keeps_watermark: false,
    writes: &[],
    fields: &[],
    derived: &[],
    finish: |_, _, _| {},
    after: check,
    ..ENDPOINT
};

const WEEK: i64 = 7;
/// How far back days are asked for unless somebody wants more: each costs a call.
const BACK: i64 = 29;
/// However long nobody asked.
const FURTHEST: i64 = 366;
/// Replies and bounces come late: the latest days are read again every day, and each once more when it has settled.
const LATE: i64 = 3;
const SETTLED: i64 = 15;

/// What days are to be asked for now.
pub(super) fn calls(context: &Context<'_>) -> Vec<Follow> {
    let checked = context.watermarks.contains_key(CHECK.name);
    if context.absent.contains(ENDPOINT.name) {
        return Vec::new();
    }
    if checked {
        return days(context);
    }
    let is_closed = context.absent.contains(CHECK.name);
    let to = ago(context, 1);
    let when = When::NotReadSince(context.day_start());
    let call = Follow { when, ..window(&CHECK, to.saturating_sub((WEEK - 1).days()), to) };
    if is_closed { Vec::new() } else { vec![call] }
}

/// Each day that is over, the oldest first, so that what is read has no gap.
fn days(context: &Context<'_>) -> Vec<Follow> {
    let back = context.settings.given().contains_key("backfill_days");
    let back = context.settings.number("backfill_days").filter(|_| back).unwrap_or(BACK);
    let read_to = context.watermarks.get(ENDPOINT.name);
    let read_to = read_to.map(|at| at.to_zoned(context.zone.clone()).date());
    let oldest = read_to.map_or(ago(context, back), |day| day.min(ago(context, back)));
    let mut day = oldest.max(ago(context, FURTHEST));
    let mut calls = Vec::new();
    while day < context.today() {
        calls.push(Follow { when: due(context, day), ..window(&ENDPOINT, day, day) });
        day = day.saturating_add(1.day());
    }
    calls
}

/// A day is read again as long as something may still be added to it.
fn due(context: &Context<'_>, day: Date) -> When {
    let settled = [SETTLED, LATE].map(|days| day.saturating_add((days + 1).days()));
    let settled = settled.into_iter().find(|settled| *settled <= context.today());
    let since = settled.unwrap_or(context.today()).to_zoned(context.zone.clone());
    match since {
        Ok(since) if !context.is_full => When::NotReadSince(since.timestamp()),
        _ => When::Always,
    }
}

fn window(endpoint: &Endpoint, from: Date, to: Date) -> Follow {
    let params = Params::none().with("from", from).with("to", to);
    Follow { endpoint: endpoint.name, params, priority: endpoint.priority, when: When::Always }
}

fn ago(context: &Context<'_>, days: i64) -> Date {
    context.today().saturating_sub(days.days())
}

fn asked(params: &Params, name: &str) -> Option<Date> {
    params.get(name).and_then(|text| text.parse().ok())
}

fn figure(record: &Value, name: &str) -> Option<i64> {
    at(record, &format!("emailOverview.{name}")).and_then(|value| number(&value))
}

fn name(record: &Value) -> Option<String> {
    at(record, "sequenceId").and_then(|value| id(&value))
}

fn is_busy(record: &Value) -> bool {
    ["delivered", "bounced", "replied", "interested"].iter().any(|name| figure(record, name).unwrap_or(0) > 0)
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let day = asked(context.params, "from").filter(|from| asked(context.params, "to") == Some(*from));
    let sent = figure(record, "delivered").zip(figure(record, "bounced"));
    let Some(row) = found.row(&DAILY_METRICS) else { return };
    let (Some(day), Some(Value::String(id))) = (day, row.values.get("campaign_id").cloned()) else {
        return row.values.clear();
    };
    row.values.insert("date", day.to_string().into());
    match sent {
        Some((delivered, bounced)) => drop(row.values.insert("emails_sent", (delivered + bounced).into())),
        None => found.problem("emailOverview.delivered", "missing, so what was sent is unknown"),
    }
    // The list of sequences may not have it (any more).
    found.rows.insert(0, Row::new(&CAMPAIGNS, Mode::Upsert).with("external_id", id.as_str()));
    found.rows.push(
        Row::new(&CAMPAIGNS, Mode::Amend)
            .with("external_id", id)
            .with("days_read_from", day.to_string())
            .with("days_read_to", day.to_string()),
    );
}

/// The week first, then its days, each of which carries along what those before it held.
fn check(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let (Some(from), Some(to)) = (asked(context.params, "from"), asked(context.params, "to")) else { return };
    let carried = |name| context.params.get(name).and_then(|text| text.parse::<i64>().ok());
    let here: i64 = records.iter().filter_map(|record| figure(record, "delivered")).sum();
    let next = |day: Date, week: i64, sum: i64, last: Date| {
        let call = window(&CHECK, day, day);
        let params = call.params.clone().with("week", week).with("sum", sum).with("last", last);
        Follow { params, ..call }
    };
    let (Some(week), Some(sum), Some(last)) =
        (carried("week"), carried("sum"), asked(context.params, "last"))
    else {
        if here > 0 {
            return understood.follow.push(next(from, here, 0, to));
        }
        // A week without e-mails shows nothing: the one before it may.
        if from > ago(context, BACK) {
            let day = |day: Date| day.saturating_sub(WEEK.days());
            understood.follow.push(window(&CHECK, day(from), day(to)));
        }
        return;
    };
    let sum = sum + here;
    if from < last {
        return understood.follow.push(next(from.saturating_add(1.day()), week, sum, last));
    }
    if sum == 0 || sum > week {
        let told = format!(
            "a week's days hold {sum} delivered e-mails, the week as a whole {week}: they are no days"
        );
        return understood.unusable.push((ENDPOINT.name, told));
    }
    understood.watermark = Some(context.read_at);
    understood.follow.extend(days(context));
}
