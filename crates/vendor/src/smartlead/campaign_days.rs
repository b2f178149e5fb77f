//! A campaign's figures by day: rows with a date, as documented, or one sum for the whole window, as answered today.

use atlas_model::Mode;
use atlas_model::tables::DAILY_METRICS;
use serde_json::Value;

use super::days::{self, Span};
use super::{campaign_day_series, day_series_check};
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, key, may, must};
use crate::mapping::{Found, Understood};
use crate::read::{at, day, is_blank};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_days",
    title: "Campaign Analytics by Date",
    path: "/campaigns/{campaign_id}/analytics-by-date",
    query: &["start_date", "end_date"],
    priority: 66,
    pace: Pace::Statistics,
    is_detail: true,
    records: Records::Array(&["", "data", "days", "daily"]),
    expand: Some(dated),
    writes: &[(&DAILY_METRICS, Mode::Witness("vendor"))],
    fields: &[
        key("date", "daily_metrics.date", Type::Date),
        must("sent_count", "daily_metrics.emails_sent", Type::Number),
        may("open_count", "daily_metrics.emails_opened", Type::Number),
        may("unique_open_count", "daily_metrics.unique_opens", Type::Number),
        may("click_count", "daily_metrics.emails_clicked", Type::Number),
        must("reply_count", "daily_metrics.emails_replied", Type::Number),
        must("bounce_count", "daily_metrics.emails_bounced", Type::Number),
        may("unsubscribe_count | unsubscribed_count", "daily_metrics.emails_unsubscribed", Type::Number),
        may("positive_reply_count", "daily_metrics.positive_replies", Type::Number),
        may("total_reply_count", "daily_metrics.reply_messages", Type::Number),
    ],
    derived: &[
        ("daily_metrics.date", "start_date, where it is the same as end_date"),
        (
            "daily_metrics.(each figure)",
            "the larger of the witnesses vendor and events in daily_observations; delta where both are unknown",
        ),
        ("campaigns.days_read_from", "the first day asked for"),
        ("campaigns.days_read_to", "the last day asked for"),
    ],
    finish,
    after,
    ..PLAIN
};

/// Why a window is not asked for again.
pub(super) const ONE_SUM: &str = "a window is answered with one sum, without days";

/// The figures that a sum of nothing has at 0.
const FIGURES: [&str; 6] =
    ["sent_count", "open_count", "unique_open_count", "click_count", "reply_count", "bounce_count"];

/// Whether a record is one sum for a window of several days.
fn is_sum(record: &Value) -> bool {
    let told = |path| at(record, path).filter(|value| !is_blank(value)).is_some();
    !told("date") && (told("start_date") || told("end_date")) && window_day(record).is_none()
}

/// The day of a window that is one day.
fn window_day(record: &Value) -> Option<Value> {
    let edge = |path| at(record, path).and_then(|value| day(&value));
    edge("start_date").filter(|start| edge("end_date") == Some(*start)).map(|day| day.to_string().into())
}

/// A sum over several days is no record of any day; that of one day is that day's.
fn dated(records: &[&Value]) -> Vec<Value> {
    records.iter().filter(|record| !is_sum(record)).map(|record| with_date((*record).clone())).collect()
}

fn with_date(mut record: Value) -> Value {
    if at(&record, "date").is_none()
        && let Some(day) = window_day(&record)
        && let Some(fields) = record.as_object_mut()
    {
        fields.insert("date".to_owned(), day);
    }
    record
}

pub(super) fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let told = found.value(&DAILY_METRICS, "date").and_then(day);
    days::settle(context, told, found);
}

/// Goes on to the window before, or, where the answer is a sum with something in it, finds out how days can be had.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let sent = days::sum(records.iter().copied(), &["sent_count"]);
    let Some(record) = records.first().copied().filter(|record| records.len() == 1 && is_sum(record)) else {
        return days::read(context, sent, understood);
    };
    // A sum of nothing is 29 days of nothing.
    if FIGURES.iter().all(|figure| days::sum([record], &[figure]) == 0) {
        return days::read(context, 0, understood);
    }
    let Some(span) = Span::of(context.params) else { return };
    let has_series = [campaign_day_series::ENDPOINT.name, day_series_check::ENDPOINT.name]
        .iter()
        .all(|name| !context.absent.contains(*name));
    if !has_series {
        understood.unusable.push((ENDPOINT.name, ONE_SUM.to_owned()));
        understood.follow.extend(days::single_days(context, &span));
    } else if sent > 0 {
        understood.follow.push(day_series_check::call(&span, sent));
    } else {
        // Only replies or bounces: too little to check the series by.
        let window = Span { oldest: span.window_start(), ..span };
        understood.follow.extend(days::single_days(context, &window));
        days::read(context, 0, understood);
    }
}
