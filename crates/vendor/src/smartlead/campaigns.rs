//! The campaign list: one answer with all campaigns, sub-sequences among them.

use atlas_model::tables::{CAMPAIGNS, CLIENTS};
use atlas_model::{Follow, Mode, Row, When};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{campaign_analytics, campaign_leads, campaign_totals};
use crate::endpoint::{Context, Endpoint, PLAIN, Type, key, may, must};
use crate::mapping::{Found, Understood};
use crate::read::{at, instant};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaigns",
    title: "Campaigns List",
    path: "/campaigns",
    priority: 10,
    writes: &[(&CAMPAIGNS, Mode::Upsert)],
    fields: &[
        key("id", "campaigns.external_id", Type::Id),
        must("name", "campaigns.name", Type::Text),
        must("status", "campaigns.status", Type::With(status)),
        must("created_at", "campaigns.started_at", Type::Time),
        may("scheduler_cron_value", "campaigns.schedule_config.scheduler_cron_value", Type::Json),
        may("min_time_btwn_emails", "campaigns.min_time_between_emails", Type::Number),
        may("max_leads_per_day", "campaigns.max_leads_per_day", Type::Number),
        may("timezone | scheduler_cron_value.tz", "campaigns.timezone", Type::Text),
        may("user_id", "campaigns.owner_id", Type::Id),
        may("client_id", "campaigns.team_id", Type::Id),
        may("track_settings", "campaigns.track_settings", Type::With(track_settings)),
        may("stop_lead_settings", "campaigns.stop_lead_settings", Type::With(stop_lead_settings)),
        may("parent_campaign_id", "campaigns.parent_campaign_id", Type::Id),
    ],
    derived: &[
        ("campaigns.client_id", "client_id"),
        ("clients.external_id", "client_id"),
        ("clients.origin", "'vendor'"),
    ],
    finish,
    after,
    ..PLAIN
};

/// What a campaign's record asks for: its own statistics, unless the bulk call watches over them.
///
/// The bulk call shows sent, opened, replied and bounced. What it does not show (unsubscribes, where the leads
/// stand) is asked once a day while a campaign runs and once a week when it is finished.
pub(crate) fn calls(context: &Context<'_>, id: &str, status: &str) -> Vec<Follow> {
    let is_watched = !context.absent.contains(campaign_totals::ENDPOINT.name);
    let is_finished = matches!(status, "completed" | "stopped" | "archived");
    let when = if context.is_full || !is_watched {
        When::Always
    } else if is_finished {
        When::NotReadSince(context.days_ago(7))
    } else {
        When::NotReadSince(context.day_start())
    };
    let mut calls = vec![campaign_analytics::call(id, when)];
    if context.settings.is_on("sync_leads") {
        // Once; from then on when the campaign moves.
        let when = if context.is_full { When::Always } else { When::NotReadSince(Timestamp::UNIX_EPOCH) };
        calls.push(campaign_leads::call(id, when));
    }
    calls
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let client = at(record, "client_id");
    if client.as_ref().is_some_and(|client| client.is_null())
        && let Some(row) = found.row(&CAMPAIGNS)
    {
        row.values.insert("client_id", Value::Null);
    }
    if let Some(client) = client.and_then(|value| Type::Id.read(&value)) {
        found.rows.push(
            Row::new(&CLIENTS, Mode::Upsert).with("external_id", client.clone()).with("origin", "vendor"),
        );
        if let Some(row) = found.row(&CAMPAIGNS) {
            row.values.insert("client_id", client);
        }
    }
    let text =
        |column| found.value(&CAMPAIGNS, column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, status) = (text("external_id"), text("status"));
    found.follow.extend(calls(context, &id, &status));
}

/// The bulk call, over the whole life of the account: from the day of the first campaign to today.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let created = |record: &&Value| at(record, "created_at").and_then(|value| instant(&value));
    if let Some(first) = records.iter().filter_map(created).min()
        && !context.absent.contains(campaign_totals::ENDPOINT.name)
    {
        let first: Date = first.to_zoned(context.zone.clone()).date();
        understood.follow.push(campaign_totals::call(first, context.today()));
    }
}

/// Active, paused, …; a word that no table lists is kept in lower case.
fn status(value: &Value) -> Option<Value> {
    let word = Type::Enum.read(value)?;
    Some(if word == "started" { "active".into() } else { word })
}

/// An object as it is; a list (or one text) of opt-outs turned into what is tracked.
fn track_settings(value: &Value) -> Option<Value> {
    let opt_outs: Vec<&str> = match value {
        Value::Object(_) => return Some(value.clone()),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.split(',').map(str::trim).collect(),
        _ => return None,
    };
    let is_tracked = |what: &str| {
        let marks = [format!("DONT_{what}"), format!("DONT_TRACK_{what}")];
        !opt_outs.iter().any(|opt_out| marks.iter().any(|mark| mark == opt_out))
    };
    Some(object([
        ("track_open", is_tracked("EMAIL_OPEN").into()),
        ("track_click", is_tracked("LINK_CLICK").into()),
        ("track_reply", is_tracked("REPLY_TO_AN_EMAIL").into()),
    ]))
}

/// An object as it is; the one word that is told turned into switches, unknown where it cannot tell.
fn stop_lead_settings(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        Value::String(word) => Some(object([
            ("stop_on_reply", (word == "REPLY_TO_AN_EMAIL").into()),
            ("stop_on_click", (word == "CLICK_ON_A_LINK").into()),
            ("stop_on_open", (word == "OPEN_AN_EMAIL").into()),
            ("stop_on_auto_reply", Value::Null),
            ("stop_on_meeting_booked", Value::Null),
            ("raw", word.as_str().into()),
        ])),
        _ => None,
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>())
}
