//! Mails by the day of their delivery, of all sequences at once: the history of single events. Today's are left out: they
//! would stand for the whole day until the next reading.

use std::collections::BTreeSet;

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Follow, GapCheck, Mode, Params, When};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::LARGE_PAGES;
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Post, Records, Type, key, may};
use crate::event::{believable, millis, polled};
use crate::mapping::{Found, Understood};
use crate::read::{at, boolean, instant, is_blank};
use crate::service::Calls;

/// The service refuses windows of more than a month.
const WINDOW_DAYS: i64 = 29;
/// Bounces and replies come late: so many closed days are read again.
const LATE_DAYS: i64 = 7;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sent_emails",
    title: "Sent E-Mails",
    path: "/v3/reporting/emails",
    query: &["top", "skip"],
    post: Some(Post { params: &["from", "to"], within: "filters" }),
    priority: 97,
    pace: Pace::Statistics,
    names_campaigns: true,
    keeps_watermark: true,
    records: Records::Array(&["items", "data", ""]),
    paging: Some(LARGE_PAGES),
    writes: &[(&EMAIL_ACTIVITIES, Mode::StandIn)],
    fields: &[
        key("contactId", "email_activities.contact_id", Type::Id),
        key("deliveryDate", "email_activities.occurred_at", Type::Time),
        may("email", "email_activities.lead_email", Type::Enum),
    ],
    derived: &[
        ("email_activities.campaign_id", "the one sequence that is called {sequenceName}"),
        (
            "email_activities.event",
            "sent; bounced unless isDelivered; clicked, replied where {isClicked}, {isReplied}",
        ),
        (
            "email_activities.event_key",
            "the service, event, sequence, contact, and the mail's time: no id of the mail is told",
        ),
        (
            "email_activities.is_time_known",
            "false of all but sent, and of that where {deliveryDate} is a day alone: then it counts on no day",
        ),
    ],
    finish,
    after,
    ..PLAIN
};

/// The closed days to ask for, once a day: with the first reading all that are wanted, then those that may have got news.
pub(super) fn call(context: &Context<'_>) -> Option<Follow> {
    if !context.settings.is_on("sync_activities") || context.absent.contains(ENDPOINT.name) {
        return None;
    }
    let yesterday = before(context.today(), 1);
    let back = context.settings.number("backfill_days").unwrap_or(90);
    let read_to = context.watermarks.get(ENDPOINT.name).filter(|_| !context.is_full);
    let read_to = read_to.map(|at| at.to_zoned(context.zone.clone()).date());
    let oldest = read_to.map_or(before(yesterday, back - 1), |day| before(day.min(yesterday), LATE_DAYS));
    let when = if context.is_full { When::Always } else { When::NotReadSince(context.day_start()) };
    Some(window(oldest, yesterday, when))
}

/// About as many calls as it takes: one a window, and one more for each page that is full.
pub(super) fn back_fill(context: &Context<'_>, unread: &[i64]) -> Option<Calls> {
    let asked = call(context)?;
    let date = |name| asked.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let days = date("to")?.since(date("_oldest")?).map_or(0, |span| i64::from(span.get_days())) + 1;
    let is_first = !context.watermarks.contains_key(ENDPOINT.name);
    let mails: i64 = unread.iter().filter(|_| is_first).sum();
    let windows = usize::try_from((days + WINDOW_DAYS - 1) / WINDOW_DAYS).unwrap_or_default();
    Some((&ENDPOINT, windows + usize::try_from(mails).unwrap_or_default() / LARGE_PAGES.limit))
}

/// The newest window of these days.
fn window(oldest: Date, newest: Date, when: When) -> Follow {
    let params = Params::none()
        .with("from", oldest.max(before(newest, WINDOW_DAYS - 1)))
        .with("to", newest)
        .with("_oldest", oldest);
    let params = LARGE_PAGES.first(params);
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when }
}

fn before(day: Date, days: i64) -> Date {
    day.saturating_sub(days.days())
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let told = |path: &str| at(record, path).filter(|value| !is_blank(value));
    let is = |path: &str| told(path).and_then(|value| boolean(&value)) == Some(true);
    let name = told("sequenceName").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let shared = found.row(&EMAIL_ACTIVITIES).map(|row| row.values.clone()).unwrap_or_default();
    found.rows.clear();
    let Some(Some(campaign_id)) = context.campaign_names.and_then(|names| names.get(&name)) else {
        return found.problem_of(
            format!("sequence '{name}'"),
            "sequenceName",
            "no sequence is called so, or several are: its mails are not told apart",
        );
    };
    let at = told("deliveryDate").and_then(|value| instant(&value));
    let at: Timestamp = match at.map(|at| believable(at, context.read_at)) {
        Some(Ok(at)) => at,
        Some(Err(reason)) => return found.problem("deliveryDate", reason),
        None => return,
    };
    let has_hour =
        told("deliveryDate").is_some_and(|value| value.as_str().is_none_or(|text| text.len() > 10));
    let contact = shared.get("contact_id").and_then(Value::as_str).unwrap_or_default();
    let mut event = |kind: &str, is_time_known: bool| {
        let key = ["replyio", kind, campaign_id, contact, &millis(at), ""];
        let mut row = polled(context.zone, kind, campaign_id, at, &key);
        row.values.extend(shared.clone().into_iter().filter(|(column, _)| column != "occurred_at"));
        found.rows.push(if is_time_known { row } else { row.with("is_time_known", false) });
    };
    event("sent", has_hour);
    for (kind, is_told) in
        [("bounced", !is("isDelivered")), ("clicked", is("isClicked")), ("replied", is("isReplied"))]
    {
        if is_told {
            event(kind, false);
        }
    }
}

/// The service posts nothing a second time.
fn missed(campaign_id: String) -> GapCheck {
    let lost = "opens, when mails bounced, links were clicked and people opted out";
    GapCheck { campaign_id, ask: None, lost }
}

/// Goes on to the window before, once it is begun with this one; a sequence's name is complained of once.
fn after(context: &Context<'_>, _: &[&Value], understood: &mut Understood) {
    let mut seen = BTreeSet::new();
    understood.problems.retain(|problem| seen.insert((problem.record.clone(), problem.path.clone())));
    let campaigns = understood.rows.iter().filter_map(|row| row.values.get("campaign_id")?.as_str());
    let campaigns: BTreeSet<String> = campaigns.map(str::to_owned).collect();
    understood.gaps = campaigns.into_iter().map(missed).collect();
    let date = |name| context.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let is_first_page = context.params.get("skip").is_none_or(|skip| skip == "0");
    if let (Some(from), Some(oldest)) = (date("from"), date("_oldest"))
        && is_first_page
        && oldest < from
    {
        understood.follow.push(window(oldest, before(from, 1), When::Always));
    }
}
