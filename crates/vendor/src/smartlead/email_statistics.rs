//! A campaign's mails one by one, each with what became of it: the history of single events, and what webhooks missed.

use atlas_model::tables::{CAMPAIGNS, EMAIL_ACTIVITIES};
use atlas_model::{Follow, Mode, Params, Row, When};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::days::days_before;
use super::{lead_by_email, missed_deliveries};
use crate::copy::text_of;
use crate::endpoint::{Context, Counts, Endpoint, PLAIN, Paging, Records, Type, key, may, must};
use crate::event::{believable, is_short, millis, polled};
use crate::lead::put_category;
use crate::mapping::{Found, Understood};
use crate::read::{at, boolean, id, instant, is_blank};
use crate::service::Calls;

const PAGING: Paging =
    Paging { start: "offset", counts: Counts::Records, size: "limit", limit: 1000, more: &[], total: None };

/// The newest mails are asked for first, those before them in one window.
const RECENT_DAYS: i64 = 30;
/// Opens and replies come late: with the first reading of a day so many days of mails are read again.
const LATE_DAYS: i64 = 14;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "email_statistics",
    title: "E-Mail Statistics",
    path: "/campaigns/{campaign_id}/statistics",
    query: &["sent_time_start_date", "sent_time_end_date", "offset", "limit"],
    priority: 94,
    records: Records::Array(&["data"]),
    paging: Some(PAGING),
    lighten,
    expand: Some(sent_ones),
    writes: &[(&EMAIL_ACTIVITIES, Mode::StandIn)],
    fields: &[
        key("stats_id", "email_activities.sent_id", Type::Id),
        key("sent_time", "email_activities.occurred_at", Type::Time),
        must("lead_email", "email_activities.lead_email", Type::Enum),
        may("sequence_number", "email_activities.step_number", Type::Number),
        may("email_subject", "email_activities.subject", Type::Text),
    ],
    derived: &[
        (
            "email_activities.event",
            "sent; opened, clicked, replied where {open_time}, {click_time}, {reply_time} are told; bounced where is_bounced",
        ),
        (
            "email_activities.event_key",
            "as of webhooks: the service, event, campaign, stats_id, and the time where it has one",
        ),
        ("email_activities.is_time_known", "false of a bounce: only the time of its mail is told"),
        ("email_activities.is_polled", "true of a sent mail"),
        (
            "email_activities.variant_id",
            "{email_campaign_seq_id}:{seq_variant_id}, the step alone without variants",
        ),
        ("email_activities.body_plain", "{email_message}, where no template is told"),
        (
            "email_activities.(category, reply_category, sentiment, is_positive)",
            "{lead_category}, of a reply",
        ),
        ("campaigns.activities_read_from", "the first day asked for"),
        ("campaigns.activities_read_to", "the last day asked for"),
    ],
    finish,
    after,
    ..PLAIN
};

/// The same without a window, where the service ignores or refuses that.
pub(crate) const WHOLE: Endpoint = Endpoint {
    name: "email_statistics_whole",
    title: "E-Mail Statistics, Whole",
    query: &["offset", "limit"],
    derived: &[],
    ..ENDPOINT
};

/// The mails to ask for when a campaign's statistics are read: with the first reading all that is wanted, then, as the
/// campaign moves, what may have got news.
pub(super) fn wanted(context: &Context<'_>, campaign_id: &str, sent: Option<i64>) -> Vec<Follow> {
    if sent == Some(0) || !context.settings.is_on("sync_activities") {
        return Vec::new();
    }
    let today = context.today();
    let stored = context.stored.cloned().unwrap_or_default();
    let back = context.settings.number("backfill_days").unwrap_or(90);
    let began = stored.started_at.map_or(Date::MIN, |at| at.to_zoned(context.zone.clone()).date());
    let floor = began.max(days_before(today, back - 1));
    let read_to = stored.activities_read_to.filter(|day| !context.is_full && *day <= today);
    let (oldest, when) = match read_to {
        // A chain of pages that has begun today goes on by itself.
        None => (floor, When::NotReadSince(context.day_start())),
        Some(day) if day == today => (days_before(today, 1), When::Always),
        Some(day) => (floor.max(day.min(days_before(today, LATE_DAYS))), When::Always),
    };
    let when = if context.is_full { When::Always } else { when };
    if context.absent.contains(ENDPOINT.name) {
        return whole(context, &Params::none().with("campaign_id", campaign_id)).into_iter().collect();
    }
    let start = oldest.max(days_before(today, RECENT_DAYS - 1));
    let params = Params::none().with("campaign_id", campaign_id).with("sent_time_start_date", start);
    vec![follow(&ENDPOINT, params.with("_newest", today).with("_oldest", oldest), 0, when)]
}

/// About as many calls as the first reading takes: each of a campaign's two windows has a last page.
pub(super) fn back_fill(context: &Context<'_>, unread: &[i64]) -> Option<Calls> {
    let pages = |sent: &i64| usize::try_from(*sent).unwrap_or_default() / PAGING.limit + 2;
    let calls = unread.iter().map(pages).sum();
    let is_asked = context.settings.is_on("sync_activities") && !context.absent.contains(ENDPOINT.name);
    is_asked.then_some((&ENDPOINT, calls))
}

/// All mails of a campaign, at most once a day.
pub(super) fn whole(context: &Context<'_>, params: &Params) -> Option<Follow> {
    let campaign_id = params.get("campaign_id")?;
    if context.absent.contains(WHOLE.name) {
        return None;
    }
    let when = if context.is_full { When::Always } else { When::NotReadSince(context.day_start()) };
    Some(follow(&WHOLE, Params::none().with("campaign_id", campaign_id), 1, when))
}

fn follow(endpoint: &'static Endpoint, params: Params, later: i64, when: When) -> Follow {
    let params = PAGING.first(params);
    Follow { endpoint: endpoint.name, params, priority: endpoint.priority + later, when }
}

/// The text of a mail is what its template made of it: ten times as much as the rest of the record, and no news.
fn lighten(body: &mut Value) {
    let Some(Value::Array(records)) = body.get_mut("data") else { return };
    for record in records.iter_mut().filter_map(Value::as_object_mut) {
        if record.get("email_campaign_seq_id").is_some_and(|step| !is_blank(step)) {
            record.remove("email_message");
        }
    }
}

/// What has no time was not sent yet.
fn sent_ones(records: &[&Value]) -> Vec<Value> {
    let is_sent = |record: &&&Value| record.get("sent_time").is_none_or(|time| !is_blank(time));
    records.iter().filter(is_sent).map(|record| (*record).clone()).collect()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let told = |path: &str| at(record, path).filter(|value| !is_blank(value));
    let (Some(campaign_id), Some(stats_id), Some(sent_at)) = (
        context.params.get("campaign_id").map(str::to_owned),
        told("stats_id").and_then(|value| id(&value)).filter(|id| is_short(id)),
        time(context, record, "sent_time", found),
    ) else {
        found.rows.clear();
        return;
    };
    let Some(row) = found.row(&EMAIL_ACTIVITIES) else { return };
    let mut shared = row.values.clone();
    shared.remove("occurred_at");
    let step = told("email_campaign_seq_id").and_then(|value| id(&value));
    let variant = told("seq_variant_id").and_then(|value| id(&value));
    if let Some(step) = step {
        let variant = variant.map_or_else(|| step.clone(), |variant| format!("{step}:{variant}"));
        shared.insert("variant_id".to_owned(), variant.into());
    }
    let event = |kind: &str, at: Timestamp, rest: &str| {
        let mut row = polled(
            context.zone,
            kind,
            &campaign_id,
            at,
            &["smartlead", kind, &campaign_id, &stats_id, "", rest],
        );
        row.values.extend(shared.clone());
        row
    };
    let mut sent = event("sent", sent_at, "").with("is_polled", true);
    if let Some(body) = told("email_message").and_then(|text| text.as_str().map(text_of)) {
        sent = sent.with("body_plain", body);
    }
    let mut rows = vec![sent];
    if let Some(at) = time(context, record, "open_time", found) {
        rows.push(event("opened", at, &millis(at)));
    }
    if let Some(at) = time(context, record, "click_time", found) {
        rows.push(event("clicked", at, &format!("{}\u{1f}", millis(at))));
    }
    if told("is_bounced").and_then(|value| boolean(&value)) == Some(true) {
        rows.push(event("bounced", sent_at, "").with("is_time_known", false));
    }
    if let Some(at) = time(context, record, "reply_time", found) {
        let mut reply = event("replied", at, &millis(at));
        let category = told("lead_category").and_then(|name| name.as_str().map(str::to_owned));
        if let Some(category) = &category {
            put_category(&mut reply, category, None, context.settings);
        }
        let email = shared.get("lead_email").and_then(Value::as_str);
        reply.on_change.extend(lead_by_email::call(&campaign_id, email, at, category.as_deref()));
        rows.push(reply);
    }
    found.rows = rows;
}

/// A time that is told and can be true.
fn time(context: &Context<'_>, record: &Value, path: &str, found: &mut Found) -> Option<Timestamp> {
    let value = at(record, path).filter(|value| !is_blank(value))?;
    let told = instant(&value).ok_or_else(|| "no time".to_owned());
    match told.and_then(|at| believable(at, context.read_at)) {
        Ok(at) => Some(at),
        Err(reason) => {
            found.problem(path, reason);
            None
        }
    }
}

/// At the end of a window: notes how far the mails are read, and asks for those before it.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let date = |name| context.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let start = date("sent_time_start_date");
    let end = date("sent_time_end_date");
    if let Some(start) = start
        && !is_within(start, end, records)
    {
        understood.unusable.push((ENDPOINT.name, "the window of days is ignored".to_owned()));
        understood.follow.extend(whole(context, context.params));
        return;
    }
    if records.len() >= PAGING.limit {
        return;
    }
    let newest = date("_newest").unwrap_or_else(|| context.today());
    let mut read = Row::new(&CAMPAIGNS, Mode::Amend)
        .with("external_id", campaign_id)
        .with("activities_read_to", newest.to_string());
    if let Some(start) = start {
        read = read.with("activities_read_from", start.to_string());
    }
    understood.rows.push(read);
    if end.is_none() {
        understood.gaps.push(missed_deliveries::check(campaign_id));
    }
    if let (Some(start), Some(oldest)) = (start, date("_oldest"))
        && oldest < start
        && end.is_none()
    {
        let params = Params::none()
            .with("campaign_id", campaign_id)
            .with("sent_time_start_date", oldest)
            .with("sent_time_end_date", start)
            .with("_newest", newest)
            .with("_oldest", oldest);
        understood.follow.push(follow(&ENDPOINT, params, 1, When::Always));
    }
}

/// Whether mails are of the days that were asked for; whose days, the account's or UTC's, is left open.
fn is_within(start: Date, end: Option<Date>, records: &[&Value]) -> bool {
    let sent = records.iter().filter_map(|record| instant(record.get("sent_time")?));
    let mut days = sent.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date());
    let last = end.map_or(Date::MAX, |end| end.saturating_add(1.day()));
    days.all(|day| (days_before(start, 1)..=last).contains(&day))
}
