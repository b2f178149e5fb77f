//! The messages between a campaign and one of its leads: the texts of replies, each by its message's id.

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Follow, Mode, Params, When};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::copy::{html, plain};
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key, may};
use crate::event::{believable, is_short, millis, polled};
use crate::lead::put_category;
use crate::mapping::Found;

/// The list of mails and the messages may round a reply's time.
const SAME_REPLY: SignedDuration = SignedDuration::from_mins(2);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "message_history",
    title: "Message History",
    path: "/campaigns/{campaign_id}/leads/{lead_id}/message-history",
    about: &["email", "replied_at", "category"],
    priority: 98,
    records: Records::Array(&["history", "data.history", "data", ""]),
    expand: Some(replies),
    writes: &[(&EMAIL_ACTIVITIES, Mode::StandIn)],
    fields: &[
        key("time", "email_activities.occurred_at", Type::Time),
        may("message_id", "email_activities.message_id", Type::Id),
        may("stats_id", "email_activities.sent_id", Type::Id),
        may("subject", "email_activities.subject", Type::Text),
        may("email_body", "email_activities.body_plain", Type::With(plain)),
        may("email_body", "email_activities.body_html", Type::With(html)),
    ],
    derived: &[
        ("email_activities.event", "replied, where {type} is REPLY"),
        ("email_activities.event_key", "as of webhooks: the message_id, else the stats_id and the time"),
        (
            "email_activities.(category, reply_category, sentiment, is_positive)",
            "the lead's category, of the reply that E-Mail Statistics tells",
        ),
    ],
    finish,
    ..PLAIN
};

/// The call for a lead whose address was looked up.
pub(super) fn call(asked: &Params, campaign_id: &str, lead_id: &str) -> Follow {
    let params = asked.clone().with("campaign_id", campaign_id).with("lead_id", lead_id);
    let when = When::NotReadSince(Timestamp::UNIX_EPOCH);
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when }
}

/// What the account sent itself is told by the list of mails.
fn replies(records: &[&Value]) -> Vec<Value> {
    let is_reply = |record: &&&Value| {
        record.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("reply"))
    };
    records.iter().filter(is_reply).map(|record| (*record).clone()).collect()
}

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let text = |found: &Found, column| {
        let value = found.value(&EMAIL_ACTIVITIES, column).and_then(Value::as_str);
        value.filter(|text| is_short(text)).map(str::to_owned)
    };
    let at = text(found, "occurred_at").and_then(|text| text.parse::<Timestamp>().ok());
    let (message_id, stats_id) = (text(found, "message_id"), text(found, "sent_id"));
    let at = at.map(|at| believable(at, context.read_at));
    if let Some(Err(reason)) = &at {
        found.problem("time", reason.clone());
    }
    let told = found.row(&EMAIL_ACTIVITIES).map(|row| row.values.clone()).unwrap_or_default();
    found.rows.clear();
    let (Some(Ok(at)), Some(campaign_id), Some(lead_id)) =
        (at, context.params.get("campaign_id"), context.params.get("lead_id"))
    else {
        return;
    };
    let time = millis(at);
    let (message, rest) = match (&message_id, &stats_id) {
        (Some(message), _) => (message.as_str(), ""),
        (None, Some(mail)) => (mail.as_str(), time.as_str()),
        (None, None) => return found.problem("message_id", "neither a message nor a mail is told"),
    };
    let mut row = polled(
        context.zone,
        "replied",
        campaign_id,
        at,
        &["smartlead", "replied", campaign_id, message, "", rest],
    );
    row.values.extend(told.into_iter().filter(|(column, _)| column != "occurred_at"));
    row = row.with("contact_id", lead_id);
    if let Some(email) = context.params.get("email") {
        row = row.with("lead_email", email);
    }
    let replied_at = context.params.get("replied_at").and_then(|at| at.parse::<Timestamp>().ok());
    let is_meant = replied_at.is_some_and(|told| told.duration_since(at).abs() <= SAME_REPLY);
    if let Some(category) = context.params.get("category").filter(|_| is_meant) {
        put_category(&mut row, category, None, context.settings);
    }
    found.rows.push(row);
}
