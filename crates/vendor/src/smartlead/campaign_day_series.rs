//! The account's days, filtered to one campaign: 29 days in one call, once [`super::day_series_check`] has shown that the
//! filter works.

use atlas_model::Mode;
use atlas_model::tables::DAILY_METRICS;
use jiff::civil::{Date, date};
use serde_json::Value;

use super::days;
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, key, may, must};
use crate::mapping::{Found, Understood};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_day_series",
    title: "Account's Days, One Campaign",
    path: "/analytics/day-wise-overall-stats",
    query: &["start_date", "end_date", "campaign_ids"],
    priority: 66,
    pace: Pace::Statistics,
    is_detail: true,
    records: Records::Array(&["data.day_wise_stats", "day_wise_stats"]),
    writes: &[(&DAILY_METRICS, Mode::Witness("vendor"))],
    fields: &[
        key("date", "daily_metrics.date", Type::Text),
        must("email_engagement_metrics.sent", "daily_metrics.emails_sent", Type::Number),
        may("email_engagement_metrics.opened", "daily_metrics.emails_opened", Type::Number),
        may("email_engagement_metrics.clicked", "daily_metrics.emails_clicked", Type::Number),
        must("email_engagement_metrics.replied", "daily_metrics.emails_replied", Type::Number),
        must("email_engagement_metrics.bounced", "daily_metrics.emails_bounced", Type::Number),
        may("email_engagement_metrics.unsubscribed", "daily_metrics.emails_unsubscribed", Type::Number),
        may("email_engagement_metrics.positive_replied", "daily_metrics.positive_replies", Type::Number),
    ],
    derived: &[("daily_metrics.date", "date, in the year that puts it into the window")],
    finish,
    after,
    ..PLAIN
};

/// Where a day's count of e-mails is.
pub(super) const SENT: &[&str] = &["email_engagement_metrics.sent"];

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let asked = |name| context.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let told = found.value(&DAILY_METRICS, "date").and_then(Value::as_str);
    let day = told.zip(asked("start_date").zip(asked("end_date"))).and_then(|(text, (start, end))| {
        [start.year(), end.year()]
            .into_iter()
            .filter_map(|year| complete(text, year))
            .find(|day| (start..=end).contains(day))
    });
    days::settle(context, day, found);
}

/// `5 Oct` in that year; a day that tells its year is taken as it is.
fn complete(text: &str, year: i16) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.trim();
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut words = text.split_whitespace();
    let (day, month) = (words.next()?.parse().ok()?, words.next()?.to_lowercase());
    let month = MONTHS.iter().position(|name| month.starts_with(name))?;
    let is_day = (1..=31).contains(&day) && date(2024, month as i8 + 1, 1).days_in_month() >= day;
    is_day.then(|| Date::new(year, month as i8 + 1, day).ok()).flatten()
}

fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    days::read(context, days::sum(records.iter().copied(), SENT), understood);
}
