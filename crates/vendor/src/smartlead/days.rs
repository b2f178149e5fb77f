//! How a campaign's figures by day are got: by the cheapest of three ways that the service really has.
//!
//! Windows of days (as documented) need one call for 29 days. Today's service answers such a window with one sum; then
//! the account's day series, filtered to a campaign, does as well, once a check has shown that the filter works. Where it
//! does not, each day is asked by itself. A way that fails is as good as absent, and tried again after a week.

use std::collections::BTreeSet;

use atlas_model::tables::{CAMPAIGNS, DAILY_METRICS};
use atlas_model::{Follow, Mode, Params, Row, When};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::{campaign_day_series, campaign_days, campaign_single_day};
use crate::endpoint::{Context, Endpoint};
use crate::mapping::{Found, Understood};
use crate::read::{at, number};

/// The service refuses windows of more than 30 days; the specification says 29.
const WINDOW_DAYS: i64 = 29;
/// Replies and bounces arrive late: so many closed days are asked again.
const LATE_DAYS: i64 = 3;
/// How far back single days are asked unless somebody wants more.
const SINGLE_DAYS: i64 = 29;

/// What is asked for: a campaign's days from the oldest wanted to the newest, the newest first.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) campaign_id: String,
    pub(super) oldest: Date,
    pub(super) newest: Date,
    /// E-mails that were sent in the days not yet read: none left means that older days hold nothing.
    pub(super) left: Option<i64>,
}

impl Span {
    /// What a call of this family asks for and still wants after it.
    pub(super) fn of(params: &Params) -> Option<Self> {
        let date = |name| params.get(name).and_then(|text| text.parse().ok());
        Some(Self {
            campaign_id: params.get("campaign_id")?.to_owned(),
            oldest: date("oldest").or_else(|| date("start_date"))?,
            newest: date("end_date")?,
            left: params.get("left").and_then(|left| left.parse().ok()),
        })
    }

    /// The first day of the newest window.
    pub(super) fn window_start(&self) -> Date {
        self.oldest.max(days_before(self.newest, WINDOW_DAYS - 1))
    }

    /// The parameters of the newest window.
    pub(super) fn window(&self) -> Params {
        let params = Params::none()
            .with("campaign_id", &self.campaign_id)
            .with("start_date", self.window_start())
            .with("end_date", self.newest)
            .with("oldest", self.oldest);
        match self.left {
            Some(left) => params.with("left", left),
            None => params,
        }
    }
}

/// The days to ask for when a campaign's statistics have moved; none when nothing was ever sent.
pub(super) fn wanted(
    context: &Context<'_>,
    campaign_id: &str,
    sent: Option<i64>,
    has_fallen: bool,
) -> Vec<Follow> {
    if sent == Some(0) {
        return Vec::new();
    }
    let today = context.today();
    let stored = context.stored.cloned().unwrap_or_default();
    let back = context.settings.number("backfill_days").unwrap_or(90);
    let began = stored.started_at.map_or(Date::MIN, |at| at.to_zoned(context.zone.clone()).date());
    let floor = began.max(days_before(today, back - 1));
    // A total that fell shows that the days already read are not what the service counts now.
    // A day to come was noted by a clock that has been set back.
    let read_to = stored.days_read_to.filter(|day| !has_fallen && !context.is_full && *day <= today);
    let oldest = read_to.map_or(floor, |day| floor.max(days_before(day, LATE_DAYS - 1)));
    let left = sent.filter(|_| read_to.is_none());
    ask(context, context.absent, &Span { campaign_id: campaign_id.to_owned(), oldest, newest: today, left })
}

/// The calls that bring these days, by the cheapest way that is not absent.
pub(super) fn ask(context: &Context<'_>, absent: &BTreeSet<String>, span: &Span) -> Vec<Follow> {
    if span.oldest > span.newest {
        return Vec::new();
    }
    if !absent.contains(campaign_days::ENDPOINT.name) {
        return vec![follow(context, &campaign_days::ENDPOINT, span.newest, span.window())];
    }
    if !absent.contains(campaign_day_series::ENDPOINT.name) {
        let params = span.window().with("campaign_ids", &span.campaign_id);
        return vec![follow(context, &campaign_day_series::ENDPOINT, span.newest, params)];
    }
    single_days(context, span)
}

/// Each closed day by itself; the one that is not over yet would have to be asked again anyway.
pub(super) fn single_days(context: &Context<'_>, span: &Span) -> Vec<Follow> {
    let yesterday = days_before(context.today(), 1);
    let is_wanted_further = context.settings.given().contains_key("backfill_days");
    let furthest = if is_wanted_further { Date::MIN } else { days_before(context.today(), SINGLE_DAYS) };
    let oldest = span.oldest.max(furthest);
    let mut follow_ups = Vec::new();
    let mut day = span.newest.min(yesterday);
    while day >= oldest {
        let params = Params::none()
            .with("campaign_id", &span.campaign_id)
            .with("start_date", day)
            .with("end_date", day);
        follow_ups.push(follow(context, &campaign_single_day::ENDPOINT, day, params));
        day = days_before(day, 1);
    }
    follow_ups
}

/// Newer days of all campaigns before older ones of any; whatever is longer ahead comes after that.
fn follow(context: &Context<'_>, endpoint: &'static Endpoint, newest: Date, params: Params) -> Follow {
    let age = context.today().since(newest).map_or(0, |span| i64::from(span.get_days()));
    let priority = endpoint.priority + age.clamp(0, 20);
    Follow { endpoint: endpoint.name, params, priority, when: When::Always }
}

/// What is asked in place of a call whose endpoint turned out to be absent.
pub(super) fn instead(context: &Context<'_>, endpoint: &Endpoint, params: &Params) -> Vec<Follow> {
    if !endpoint.is_detail {
        return Vec::new();
    }
    Span::of(params).map(|span| ask(context, context.absent, &span)).unwrap_or_default()
}

/// Notes how far the days are read, and asks for the window before this one if there may be something in it.
pub(super) fn read(context: &Context<'_>, sent: i64, understood: &mut Understood) {
    note_read(context, understood);
    let Some(span) = Span::of(context.params) else { return };
    let left = span.left.map(|left| left - sent);
    let newest = days_before(span.window_start(), 1);
    if left.is_none_or(|left| left > 0) {
        understood.follow.extend(ask(context, context.absent, &Span { newest, left, ..span }));
    }
}

/// Notes how far the days are read.
pub(super) fn note_read(context: &Context<'_>, understood: &mut Understood) {
    let Some(span) = Span::of(context.params) else { return };
    understood.rows.push(
        Row::new(&CAMPAIGNS, Mode::Amend)
            .with("external_id", span.campaign_id.as_str())
            .with("days_read_from", span.window_start().to_string())
            .with("days_read_to", span.newest.to_string()),
    );
}

/// Puts the campaign into a day's row. A day outside of what was asked is none of ours.
pub(super) fn settle(context: &Context<'_>, day: Option<Date>, found: &mut Found) {
    let asked = |name| context.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let (Some(start), Some(end)) = (asked("start_date"), asked("end_date")) else { return };
    let is_asked = day.is_some_and(|day| (start..=end).contains(&day));
    if !is_asked {
        found.problem("date", "not a day of the window that was asked for");
    }
    let Some(row) = found.row(&DAILY_METRICS) else { return };
    match (day.filter(|_| is_asked), context.params.get("campaign_id")) {
        (Some(day), Some(campaign_id)) => {
            row.values.insert("campaign_id", campaign_id.into());
            row.values.insert("date", day.to_string().into());
        }
        _ => row.values.clear(),
    }
}

/// The sum of a figure over records, at the first of the paths that has one.
pub(super) fn sum<'a>(records: impl IntoIterator<Item = &'a Value>, paths: &[&str]) -> i64 {
    let figure = |record| paths.iter().find_map(|path| at(record, path).and_then(|value| number(&value)));
    records.into_iter().filter_map(figure).sum()
}

pub(super) fn days_before(day: Date, days: i64) -> Date {
    day.saturating_sub(days.days())
}
