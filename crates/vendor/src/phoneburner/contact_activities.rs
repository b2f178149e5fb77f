//! The calls among a contact's activities: one question a contact, so they come last. Without the members' own keys it
//! is the only place that shows the team's calls.

use atlas_model::tables::CALL_ACTIVITIES;
use atlas_model::{Follow, Mode, Params, When, utc_text};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::pages;
use crate::endpoint::{Context, Endpoint, PLAIN, Paging, Records, Type, may, must};
use crate::mapping::Found;
use crate::read::{number, second_pass};

const PAGING: Paging = pages(100, &["contact_activities.total_pages", "contact_activity.total_pages"]);

/// How far back a contact's activities are asked for.
const DAYS: i64 = 180;

/// What the service calls `activity_id` is the type of an activity; a number above this one cannot be a type.
const LARGEST_TYPE: i64 = 999;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "contact_activities",
    title: "Contact Activities",
    path: "/contacts/{contact_id}/activities",
    query: &["page", "page_size", "days"],
    priority: 90,
    records: Records::Nested(&[
        "contact_activities.contact_activities",
        "contact_activity.contact_activity",
        "contact_activities.contact_activity",
        "contact_activities",
        "contact_activity",
        "",
    ]),
    paging: Some(PAGING),
    expand: Some(|listed| listed.iter().flat_map(|record| call_alone(record)).collect()),
    writes: &[(&CALL_ACTIVITIES, Mode::Upsert)],
    fields: &[
        must("user_activity_id | activity_id", "call_activities.external_id", Type::Id),
        must("activity", "call_activities.disposition", Type::Text),
        must("date", "call_activities.started_at", Type::LocalTime),
        may("duration", "call_activities.duration_seconds", Type::Number),
        may("notes", "call_activities.notes", Type::Text),
        may("recording_url", "call_activities.recording_url", Type::Text),
        may("activity_type", "call_activities.extra.activity_type", Type::Text),
        may("date", "call_activities.extra.date", Type::Text),
    ],
    derived: &[
        ("call_activities.origin", "'activity'"),
        ("call_activities.external_id", "contact, type and date, where the activity has no id of its own"),
        ("call_activities.contact_id", "the contact that was asked about"),
        ("call_activities.extra.activity_type", "activity_id, where it is a type"),
        ("call_activities.disposition_normal", "what the label means; see the setting dispositions"),
        ("call_activities.is_connected", "what the label means"),
        ("call_activities.is_voicemail", "what the label means"),
        (
            "call_activities.same_call_id",
            "the contact's call within 120 seconds: the two are one call, counted once",
        ),
    ],
    finish,
    ..PLAIN
};

/// The call for a contact, unless the call that is news of it is older than what would be asked for.
pub(super) fn call(
    context: &Context<'_>,
    contact: &str,
    called: Option<Timestamp>,
    when: When,
) -> Option<Follow> {
    let is_old = called.is_some_and(|called| called < context.days_ago(DAYS));
    if is_old || !context.settings.is_on("sync_activities_per_contact") {
        return None;
    }
    let params = PAGING.first(Params::none().with("contact_id", contact).with("days", DAYS));
    Some(Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when })
}

/// Only calls: by their type, else by their name. A type that stands where an id was meant gets a name of its own.
fn call_alone(record: &Value) -> Vec<Value> {
    let Value::Object(fields) = super::records::with_true_ids(record) else { return vec![record.clone()] };
    let kind = fields.get("activity_id").and_then(number);
    let name = fields.get("activity").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let is_named = ["call", "dial", "voicemail", "spoke", "rang"].iter().any(|word| name.contains(word));
    if !is_named && !kind.is_some_and(|kind| (41..=44).contains(&kind)) {
        return Vec::new();
    }
    let mut fields = fields;
    if let Some(kind) = kind.filter(|kind| *kind <= LARGEST_TYPE) {
        fields.remove("activity_id");
        fields.insert("activity_type".to_owned(), kind.into());
        if fields.get("user_activity_id").is_none_or(Value::is_null) {
            let composed = composed_id(kind, &fields);
            fields.insert("user_activity_id".to_owned(), composed);
        }
    }
    vec![Value::Object(fields)]
}

fn composed_id(kind: i64, fields: &Map<String, Value>) -> Value {
    let date = fields.get("date").and_then(Value::as_str).unwrap_or_default();
    format!(":{kind}:{}", date.replace(' ', "T")).into()
}

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let Some(contact) = context.params.get("contact_id") else { return };
    let Some(row) = found.row(&CALL_ACTIVITIES) else { return };
    row.values.insert("origin", "activity".into());
    row.values.insert("contact_id", contact.into());
    let composed = row.values.get("external_id").and_then(Value::as_str).filter(|id| id.starts_with(':'));
    if let Some(id) = composed.map(|id| format!("{contact}{id}")) {
        row.values.insert("external_id", id.into());
    }
    // In the hour that comes twice nothing here tells which one it was; the call that it is may.
    let started = row.values.get("started_at").and_then(Value::as_str).and_then(|at| at.parse().ok());
    if let Some(later) = started.and_then(|started| second_pass(started, context.zone))
        && let Some(Value::Object(extra)) = row.values.get_mut("extra")
    {
        extra.insert("second_pass".to_owned(), utc_text(later).into());
    }
    super::dial_session::put_meaning(context, found);
}
