//! The sequences, which are Reply.io's campaigns.

use atlas_model::tables::{CAMPAIGNS, SEQUENCES};
use atlas_model::{Follow, Mode, When};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::words::sequence_status;
use super::{
    LARGE_PAGES, PAGES, ask, campaign_totals, contacts, inbox_threads, people, sent_emails, sequence_days,
    sequence_statistics, sequence_steps,
};
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key, may, must};
use crate::mapping::{Found, Understood};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sequences",
    title: "Sequences (Campaigns)",
    path: "/v3/sequences",
    query: &["top", "skip"],
    priority: 10,
    has_stand_in: true,
    records: Records::Array(&["items", "data", ""]),
    paging: Some(PAGES),
    writes: &[(&CAMPAIGNS, Mode::Upsert), (&SEQUENCES, Mode::Upsert)],
    fields: &[
        key("id", "campaigns.external_id", Type::Id),
        must("name", "campaigns.name", Type::Text),
        must("status", "campaigns.status", Type::With(sequence_status)),
        may("ownerId | ownerUserId", "campaigns.owner_id", Type::Id),
        may("teamId", "campaigns.team_id", Type::Id),
        may("isArchived", "campaigns.is_archived", Type::Bool),
        may("stepsCount", "sequences.step_count", Type::Number),
        may("created", "campaigns.started_at", Type::Time),
    ],
    derived: &[
        ("campaigns.is_archived", "true where the status is archived"),
        ("sequences.step_rank", "2: the service's own count goes before that of the steps it lists (1)"),
    ],
    finish,
    after,
    ..PLAIN
};

/// A sequence that is over may wait for its figures for so long.
const OVER_H: i64 = 7 * 24;
const DAY_H: i64 = 24;

/// What a sequence asks for: its statistics, its steps, its people.
///
/// Where the service counts a month's calls, figures that have to be asked sequence by sequence may take half of them
/// ([`patience`]). What has been waited for twice as long goes before everything else, so that nothing starves.
pub(crate) fn calls(context: &Context<'_>, id: &str, status: &str) -> Vec<Follow> {
    let is_over = matches!(status, "completed" | "stopped" | "archived" | "draft");
    let is_watched = !context.absent.contains(campaign_totals::ENDPOINT.name);
    let at_least = match (is_over, is_watched) {
        (true, _) => OVER_H,
        (false, true) => DAY_H,
        (false, false) => 0,
    };
    let interval = SignedDuration::from_hours(at_least).max(patience(context));
    let mut calls = Vec::new();
    if !context.absent.contains(sequence_statistics::ENDPOINT.name) {
        let priority =
            if status == "active" { sequence_statistics::ACTIVE } else { sequence_statistics::IDLE };
        let overdue = sequence_statistics::OVERDUE;
        calls.push(sequence_statistics::call(id, overdue, not_within(context, interval * 2)));
        let due = if at_least == DAY_H {
            once_a_day(context, patience(context))
        } else {
            not_within(context, interval)
        };
        calls.push(sequence_statistics::call(id, priority, due));
    }
    let once = if context.is_full { When::Always } else { When::NotReadSince(Timestamp::UNIX_EPOCH) };
    calls.extend(ask(context, sequence_steps::WAYS, Some(id), once));
    // Where nothing tells that somebody was added, people of what runs are read every day.
    let is_told = is_watched || is_over || context.is_full;
    let people = if is_told { once } else { once_a_day(context, patience(context) * 2) };
    calls.extend(people::call(context, id, people));
    calls
}

/// How old a figure may be before a sequence is asked for it again: half of the quota is enough for all of them then.
pub(super) fn patience(context: &Context<'_>) -> SignedDuration {
    const MONTH_S: i64 = 365 * 86_400 / 12;
    let Some(quota) = context.settings.number("monthly_quota") else { return SignedDuration::ZERO };
    let campaigns = i64::try_from(context.campaigns).unwrap_or(i64::MAX);
    SignedDuration::from_secs(campaigns.saturating_mul(2 * MONTH_S) / quota.max(1))
}

/// Once a day of the account, or within so long if that is longer.
pub(super) fn once_a_day(context: &Context<'_>, interval: SignedDuration) -> When {
    match not_within(context, interval) {
        When::NotReadSince(since) => When::NotReadSince(since.min(context.day_start())),
        When::Always if context.is_full => When::Always,
        When::Always => When::NotReadSince(context.day_start()),
    }
}

/// Unless it was read within so long.
pub(super) fn not_within(context: &Context<'_>, interval: SignedDuration) -> When {
    if context.is_full || interval.is_zero() {
        return When::Always;
    }
    When::NotReadSince(context.read_at.checked_sub(interval).unwrap_or(Timestamp::MIN))
}

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let text =
        |column| found.value(&CAMPAIGNS, column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, mut status) = (text("external_id"), text("status"));
    if let Some(row) = found.row(&SEQUENCES)
        && row.values.get("step_count").is_some_and(|count| !count.is_null())
    {
        row.values.insert("campaign_id", id.as_str().into());
        row.values.insert("step_rank", sequence_steps::COUNTED_BY_SERVICE.into());
    }
    if let Some(row) = found.row(&CAMPAIGNS) {
        if status == "archived" && row.values.get("is_archived").is_none_or(Value::is_null) {
            row.values.insert("is_archived", true.into());
        }
        if row.values.get("is_archived") == Some(&Value::Bool(true)) {
            "archived".clone_into(&mut status);
        }
    }
    found.follow.extend(calls(context, &id, &status));
}

/// What is read of all people, of all mails, and of all sequences' days at once: once a day.
pub(super) fn after(context: &Context<'_>, _: &[&Value], understood: &mut Understood) {
    understood.follow.extend(sequence_days::calls(context));
    let (people, events) = (context.settings.is_on("sync_people"), context.settings.is_on("sync_activities"));
    let daily = if context.is_full { When::Always } else { When::NotReadSince(context.day_start()) };
    let lists = [(&contacts::ENDPOINT, people), (&inbox_threads::ENDPOINT, people || events)];
    let lists = lists.iter().filter(|(_, is_wanted)| *is_wanted);
    understood.follow.extend(lists.map(|(endpoint, _)| Follow {
        endpoint: endpoint.name,
        params: LARGE_PAGES.first(atlas_model::Params::none()),
        priority: endpoint.priority,
        when: daily,
    }));
    understood.follow.extend(sent_emails::call(context));
}
