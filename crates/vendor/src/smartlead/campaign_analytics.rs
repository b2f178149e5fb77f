//! A campaign's lifetime figures, and where its leads stand today.

use atlas_model::tables::{CAMPAIGNS, CLIENTS, ENROLLMENT_SNAPSHOTS};
use atlas_model::{Follow, Mode, Params, Row, When, utc_text};
use serde_json::Value;

use super::{campaign_leads, campaign_positives, campaign_sequences, days, email_statistics};
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, may, must, unused};
use crate::mapping::Found;
use crate::read::{at, is_blank, number};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_analytics",
    title: "Campaign Analytics",
    path: "/campaigns/{campaign_id}/analytics",
    priority: 50,
    pace: Pace::Statistics,
    recalls: true,
    records: Records::One,
    writes: &[(&CAMPAIGNS, Mode::Amend), (&ENROLLMENT_SNAPSHOTS, Mode::Upsert)],
    fields: &[
        must("sent_count", "campaigns.total_sent", Type::Number),
        unused("unique_sent_count"),
        unused("open_count"), // another measure than unique_open_count, never a stand-in for it
        may("unique_open_count", "campaigns.total_opened", Type::Number),
        unused("click_count"),
        unused("unique_click_count"),
        must("reply_count", "campaigns.total_replied", Type::Number),
        must("bounce_count", "campaigns.total_bounced", Type::Number),
        may("unsubscribe_count | unsubscribed_count", "campaigns.total_unsubscribed", Type::Number),
        may("drafted_count", "campaigns.settings.drafted_count", Type::Number),
        // total_count counts e-mails in today's answers, so it only stands in where the lead count is missing.
        may("campaign_lead_stats.total | total_count", "enrollment_snapshots.total_leads", Type::Number),
        may(
            "campaign_lead_stats.notStarted | campaign_lead_stats.not_started",
            "enrollment_snapshots.not_started",
            Type::Number,
        ),
        may(
            "campaign_lead_stats.inprogress | campaign_lead_stats.inProgress | campaign_lead_stats.in_progress",
            "enrollment_snapshots.in_progress",
            Type::Number,
        ),
        may("campaign_lead_stats.completed", "enrollment_snapshots.completed", Type::Number),
        may("campaign_lead_stats.blocked", "enrollment_snapshots.blocked", Type::Number),
        may("campaign_lead_stats.paused", "enrollment_snapshots.paused", Type::Number),
        may("campaign_lead_stats.stopped", "enrollment_snapshots.stopped", Type::Number),
        // Overlaps the other states: shown beside them, never added.
        may(
            "campaign_lead_stats.unsubscribed | unsubscribe_count | unsubscribed_count",
            "enrollment_snapshots.unsubscribed",
            Type::Number,
        ),
    ],
    derived: &[
        ("campaigns.seen_hash", "{sent}-{opened}-{replied}-{bounced}, ? where unknown"),
        ("campaigns.wide_hash", "replies, unsubscribes and lead states: what moves without moving seen_hash"),
        ("campaigns.positive_replies", "campaign_lead_stats.interested, an estimate; 0 where nobody replied"),
        ("campaigns.positive_rank", "1: lowest of the sources of positive_replies"),
        ("campaigns.metrics_hash", "seen_hash, once the campaign's details are read"),
        ("campaigns.last_synced_at", "when it was read"),
        ("enrollment_snapshots.date", "the account's day when it was read"),
        ("clients.external_id", "client_id"),
        ("clients.name", "client_name"),
    ],
    finish,
    ..PLAIN
};

/// The call for one campaign.
pub(crate) fn call(campaign_id: &str, when: When) -> Follow {
    Follow {
        endpoint: ENDPOINT.name,
        params: Params::none().with("campaign_id", campaign_id),
        priority: ENDPOINT.priority,
        when,
    }
}

/// How much a source of `positive_replies` is worth: an estimate, the leads' categories, the service's own count.
const ESTIMATE: i64 = 1;

/// Whether a figure is lower than when it was last read, which is said: lifetime figures do not fall.
fn fallen(context: &Context<'_>, hash: &str, found: &mut Found) -> bool {
    let before = context.stored.and_then(|stored| stored.seen_hash.as_deref()).unwrap_or_default();
    let parts = |hash: &str| hash.split('-').map(|part| part.parse::<i64>().ok()).collect::<Vec<_>>();
    let names = ["sent_count", "unique_open_count", "reply_count", "bounce_count"];
    let mut has_fallen = false;
    for (name, (old, new)) in names.into_iter().zip(parts(before).into_iter().zip(parts(hash))) {
        if let (Some(old), Some(new)) = (old, new)
            && new < old
        {
            found.problem(
                name,
                format!("a lifetime figure fell from {old} to {new}; its days are read again"),
            );
            has_fallen = true;
        }
    }
    has_fallen
}

/// What tells that leads moved on or were sorted anew while no e-mail, open, reply or bounce was counted.
fn wide_hash(record: &Value, replied: Option<i64>) -> String {
    const STATES: [&str; 7] =
        ["total", "notStarted", "inprogress", "paused", "completed", "stopped", "blocked"];
    let told = |path: &str| at(record, path).and_then(|value| number(&value));
    let text = |figure: Option<i64>| figure.map_or("?".to_owned(), |figure| figure.to_string());
    let unsubscribed = told("unsubscribe_count").or_else(|| told("unsubscribed_count"));
    let states = STATES.iter().chain(&["interested", "unsubscribed"]);
    let states = states.map(|state| told(&format!("campaign_lead_stats.{state}")));
    let figures: Vec<String> = [replied, unsubscribed].into_iter().chain(states).map(text).collect();
    figures.join("-")
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let part = |column| found.value(&CAMPAIGNS, column).map_or_else(|| "?".to_owned(), Value::to_string);
    let hash = ["total_sent", "total_opened", "total_replied", "total_bounced"].map(part).join("-");
    if let Some(campaign) = found.row(&CAMPAIGNS) {
        campaign.values.insert("external_id", campaign_id.into());
        campaign.values.insert("last_synced_at", utc_text(context.read_at).into());
    }
    let figure = |column| found.value(&CAMPAIGNS, column).and_then(Value::as_i64);
    let (sent, replied) = (figure("total_sent"), figure("total_replied"));
    let has_fallen = fallen(context, &hash, found);
    // Rows of their own: each changes exactly when what hangs on it must be asked again.
    let here = || Row::new(&CAMPAIGNS, Mode::Amend).with("external_id", campaign_id);
    let mut seen = here().with("seen_hash", hash);
    seen.on_change = vec![campaign_sequences::call(campaign_id)];
    seen.on_change.extend(days::wanted(context, campaign_id, sent, has_fallen));
    let mut wide = here().with("wide_hash", wide_hash(record, replied));
    if replied != Some(0) {
        wide.on_change.extend(campaign_positives::call(context, campaign_id));
    }
    if context.settings.is_on("sync_leads") {
        seen.on_change.push(campaign_leads::call(campaign_id, When::Always));
        wide.on_change.push(campaign_leads::call(campaign_id, When::Always));
    }
    let mails = email_statistics::wanted(context, campaign_id, sent);
    match context.stored.and_then(|stored| stored.activities_read_to) {
        None => found.follow.extend(mails),
        Some(_) => seen.on_change.extend(mails),
    }
    if context.is_full {
        found.follow.append(&mut seen.on_change);
        found.follow.append(&mut wide.on_change);
    }
    let interested = at(record, "campaign_lead_stats.interested").and_then(|value| number(&value));
    if let Some(positive) = replied.filter(|replied| *replied == 0).or(interested) {
        found.rows.push(here().with("positive_replies", positive).with("positive_rank", ESTIMATE));
    }
    found.rows.extend([seen, wide]);
    if let Some(snapshot) = found.row(&ENROLLMENT_SNAPSHOTS)
        && snapshot.values.iter().any(|(_, value)| !value.is_null())
    {
        snapshot.values.insert("campaign_id", campaign_id.into());
        snapshot.values.insert("date", context.today().to_string().into());
    }
    let told =
        |path, kind: Type| at(record, path).filter(|value| !is_blank(value)).and_then(|v| kind.read(&v));
    if let (Some(id), Some(name)) = (told("client_id", Type::Id), told("client_name", Type::Text)) {
        let client = Row::new(&CLIENTS, Mode::Upsert).with("external_id", id);
        found.rows.push(client.with("name", name).with("origin", "vendor"));
    }
}
