//! A sequence's lifetime figures, sequence by sequence.

use atlas_model::tables::{CAMPAIGNS, LIFETIME_READINGS};
use atlas_model::{Follow, Mode, Params, Row, When, utc_text};
use serde_json::{Value, json};

use super::sequences::{once_a_day, patience};
use super::{ask, people, sequence_steps};
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, may, must, unused};
use crate::mapping::Found;
use crate::read::{at, is_blank, number};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sequence_statistics",
    title: "Sequence Statistics",
    path: "/v3/sequences/{campaign_id}/statistics",
    priority: ACTIVE,
    pace: Pace::Statistics,
    has_stand_in: true,
    recalls: true,
    records: Records::One,
    writes: &[(&CAMPAIGNS, Mode::Amend)],
    fields: &[
        must("sent | delivered", "campaigns.total_sent", Type::Number),
        may("opened", "campaigns.total_opened", Type::Number),
        must("replied", "campaigns.total_replied", Type::Number),
        must("bounced", "campaigns.total_bounced", Type::Number),
        must("interested", "campaigns.positive_replies", Type::Number),
        unused("notInterested"),
        may("optedOut | optOuts", "campaigns.total_unsubscribed", Type::Number),
    ],
    derived: &[
        ("campaigns.settings", "sent_basis: which of sent and delivered total_sent is"),
        ("campaigns.positive_rank", "3: the service's own count goes before people (2) and estimates (1)"),
        ("campaigns.seen_hash", "{sent}-{opened}-{replied}-{bounced}, ? where unknown"),
        ("campaigns.wide_hash", "replied, interested and notInterested: when people are read again"),
        ("campaigns.metrics_hash", "seen_hash, once the sequence's steps are read"),
        ("campaigns.last_synced_at", "when it was read"),
        ("lifetime_readings.(each figure)", "as first and last read on the account's day"),
        (
            "daily_observations.(each figure)",
            "witness delta: the difference of two readings, at most a day apart",
        ),
    ],
    finish,
    ..PLAIN
};

/// Before everything that hangs on one sequence: what has waited too long; then what is sending; then the rest.
pub(super) const OVERDUE: i64 = 44;
pub(super) const MOVED: i64 = 48;
pub(super) const ACTIVE: i64 = 50;
pub(super) const IDLE: i64 = 54;

/// The service's own count is worth more than what people or estimates say.
const OWN_COUNT: i64 = 3;
const ESTIMATE: i64 = 1;

/// The call for one sequence.
pub(super) fn call(campaign_id: &str, priority: i64, when: When) -> Follow {
    let params = Params::none().with("campaign_id", campaign_id);
    Follow { endpoint: ENDPOINT.name, params, priority, when }
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let told = |path| at(record, path).is_some_and(|value| !is_blank(&value));
    let basis = if told("sent") { "sent" } else { "delivered" };
    let part =
        |path| at(record, path).and_then(|value| number(&value)).map_or("?".to_owned(), |n| n.to_string());
    let wide = ["replied", "interested", "notInterested"].map(part).join("-");
    let Some(campaign) = found.row(&CAMPAIGNS) else { return };
    campaign.values.insert("external_id", campaign_id.into());
    campaign.values.insert("settings", json!({"sent_basis": basis}));
    if campaign.values.get("positive_replies").is_some_and(|count| !count.is_null()) {
        campaign.values.insert("positive_rank", OWN_COUNT.into());
    } else {
        campaign.values.remove("positive_replies");
    }
    let figures = campaign.clone();
    found.rows.extend(lifetime(context, &ENDPOINT, &figures, &wide));
}

/// What follows from a sequence's lifetime figures, whichever endpoint told them: the day's reading, the fingerprints,
/// what hangs on them.
pub(super) fn lifetime(context: &Context<'_>, origin: &Endpoint, figures: &Row, wide: &str) -> Vec<Row> {
    let figure = |column: &str| figures.values.get(column).filter(|value| !value.is_null());
    let Some(campaign_id) = figure("external_id").and_then(Value::as_str) else { return Vec::new() };
    let part = |column| figure(column).map_or_else(|| "?".to_owned(), Value::to_string);
    let hash = ["total_sent", "total_opened", "total_replied", "total_bounced"].map(part).join("-");
    let here = || Row::new(&CAMPAIGNS, Mode::Amend).with("external_id", campaign_id);
    let mut reading = Row::new(&LIFETIME_READINGS, Mode::Upsert)
        .with("campaign_id", campaign_id)
        .with("date", context.today().to_string())
        .with("origin", origin.name);
    for (column, name) in [
        ("total_sent", "sent"),
        ("total_opened", "opened"),
        ("total_replied", "replied"),
        ("total_bounced", "bounced"),
        ("total_unsubscribed", "unsubscribed"),
        ("positive_replies", "positive"),
    ] {
        if let Some(value) = figure(column) {
            reading = reading.with(format!("first_{name}"), value.clone());
            reading = reading.with(format!("last_{name}"), value.clone());
        }
    }
    // Rows of their own: each changes exactly when what hangs on it must be asked again.
    let mut seen = here().with("seen_hash", hash).with("last_synced_at", utc_text(context.read_at));
    // Templates rarely change, and figures always do.
    let weekly = if context.is_full { When::Always } else { When::NotReadSince(context.days_ago(7)) };
    seen.on_change.extend(ask(context, sequence_steps::WAYS, Some(campaign_id), weekly));
    let mut wide = here().with("wide_hash", wide);
    let daily = once_a_day(context, patience(context) * 2);
    wide.on_change.extend(people::call(context, campaign_id, daily));
    let mut rows = vec![reading, seen, wide];
    // Of no replies none is positive.
    if figure("total_replied").and_then(Value::as_i64) == Some(0) && figure("positive_replies").is_none() {
        rows.push(here().with("positive_replies", 0).with("positive_rank", ESTIMATE));
    }
    rows
}
