//! The messages of a conversation: the texts of replies.

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Follow, Mode, Params, When};
use jiff::Timestamp;
use serde_json::Value;

use crate::copy::{html, plain};
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key, may};
use crate::event::{believable, minute, polled};
use crate::lead::put_category;
use crate::mapping::Found;
use crate::read::{at, boolean};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "thread_messages",
    title: "Messages of a Thread",
    path: "/v3/inbox/threads/{thread_id}/messages",
    about: &["contact_id", "email", "category"],
    priority: 98,
    records: Records::Array(&["items", "data", ""]),
    expand: Some(replies),
    writes: &[(&EMAIL_ACTIVITIES, Mode::StandIn)],
    fields: &[
        key("date", "email_activities.occurred_at", Type::Time),
        may("subject", "email_activities.subject", Type::Text),
        may("body", "email_activities.body_plain", Type::With(plain)),
        may("body", "email_activities.body_html", Type::With(html)),
    ],
    derived: &[
        ("email_activities.event", "replied, of a mail that came in"),
        (
            "email_activities.event_key",
            "the service, event, sequence, contact, and the time to the minute: no id of the message is told",
        ),
        (
            "email_activities.(category, reply_category, sentiment, is_positive)",
            "the thread's category, of its newest reply",
        ),
    ],
    finish,
    ..PLAIN
};

/// The call for a thread, unless it was read since it last moved.
pub(super) fn call(
    [thread_id, campaign_id, contact_id]: [&str; 3],
    email: Option<&str>,
    category: Option<&str>,
    moved_at: Timestamp,
) -> Follow {
    let mut params = Params::none()
        .with("thread_id", thread_id)
        .with("campaign_id", campaign_id)
        .with("contact_id", contact_id);
    for (name, value) in [("email", email), ("category", category)] {
        if let Some(value) = value {
            params = params.with(name, value);
        }
    }
    let when = When::NotReadSince(moved_at);
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when }
}

/// What came in by mail; the newest of it is marked.
fn replies(records: &[&Value]) -> Vec<Value> {
    let is_reply = |record: &&&Value| {
        let is_outbound = at(record, "isOutbound").and_then(|flag| boolean(&flag));
        let channel = at(record, "channel").and_then(|channel| channel.as_str().map(str::to_lowercase));
        is_outbound == Some(false) && channel.is_none_or(|channel| channel == "email")
    };
    let mut replies: Vec<Value> = records.iter().filter(is_reply).map(|record| (*record).clone()).collect();
    let date = |record: &Value| record.get("date").and_then(Value::as_str).map(str::to_owned);
    let newest = replies.iter().map(date).max().flatten();
    for reply in &mut replies {
        let is_newest = date(reply) == newest;
        if let Some(fields) = reply.as_object_mut() {
            fields.insert("is_newest".to_owned(), is_newest.into());
        }
    }
    replies
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let told = found.row(&EMAIL_ACTIVITIES).map(|row| row.values.clone()).unwrap_or_default();
    found.rows.clear();
    let at = told.get("occurred_at").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    let (Some(at), Some(campaign_id), Some(contact_id)) =
        (at, context.params.get("campaign_id"), context.params.get("contact_id"))
    else {
        return;
    };
    if let Err(reason) = believable(at, context.read_at) {
        return found.problem("date", reason);
    }
    let key = ["replyio", "replied", campaign_id, contact_id, &minute(at), ""];
    let mut row = polled(context.zone, "replied", campaign_id, at, &key).with("contact_id", contact_id);
    row.values.extend(told.into_iter().filter(|(column, _)| column != "occurred_at"));
    if let Some(email) = context.params.get("email") {
        row = row.with("lead_email", email);
    }
    let is_newest = record.get("is_newest").and_then(boolean) == Some(true);
    if let Some(category) = context.params.get("category").filter(|_| is_newest) {
        put_category(&mut row, category, None, context.settings);
    }
    found.rows.push(row);
}
