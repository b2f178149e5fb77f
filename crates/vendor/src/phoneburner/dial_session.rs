//! A dial session in detail: its calls, page after page.

use std::collections::BTreeMap;

use atlas_model::tables::{CALL_ACTIVITIES, CONTACTS};
use atlas_model::{Follow, Mode, Params, Row, When, utc_text};
use jiff::Timestamp;
use serde_json::Value;

use super::dispositions::meaning;
use super::records::{phone_key, with_true_ids};
use super::{SERVICE, contact_activities, pages};
use crate::endpoint::{Context, Endpoint, MEMBER, PLAIN, Paging, Records, Type, key, may, must};
use crate::mapping::{Found, Understood, nested};
use crate::read::{at, is_blank, second_pass};

const PAGING: Paging = pages(100, &["dialsessions.total_pages"]);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "dial_session",
    title: "Dial Session in Detail",
    path: "/dialsession/{dialsession_id}",
    query: &["include_recording", "page", "page_size"],
    priority: 30,
    records: Records::Nested(&["dialsessions.dialsessions", "dialsessions", ""]),
    paging: Some(PAGING),
    expand: Some(|sessions| sessions.iter().flat_map(|session| calls(session)).collect()),
    writes: &[(&CALL_ACTIVITIES, Mode::Upsert)],
    fields: &[
        key("call.call_id", "call_activities.external_id", Type::Id),
        must("dialsession_id", "call_activities.session_id", Type::Id),
        may("call.contact_user_id | call.contact_id | call.user_id", "call_activities.contact_id", Type::Id),
        may("member_id | member_user_id", "call_activities.caller_user_id", Type::Id),
        may("call.start_when | call.start_time", "call_activities.started_at", Type::LocalTime),
        may("call.end_when | call.end_time", "call_activities.ended_at", Type::LocalTime),
        may("call.duration", "call_activities.duration_seconds", Type::Number),
        may("call.disposition | call.status", "call_activities.disposition", Type::Text),
        may("call.connected", "call_activities.is_connected", Type::Bool),
        may("call.voicemail", "call_activities.is_voicemail", Type::Bool),
        may("call.notes | call.note | call.call_notes", "call_activities.notes", Type::With(notes)),
        may("call.phone", "call_activities.phone", Type::Text),
        may(
            "call.recording_url | call.recording_url_public | call.recording_link_public | call.recording_link",
            "call_activities.recording_url",
            Type::With(recording),
        ),
        may("call.hangup_status", "call_activities.extra.hangup_status", Type::Text),
        may("call.voicemail_sent", "call_activities.extra.voicemail_sent", Type::Text),
        may("call.email_sent", "call_activities.extra.email_sent", Type::Text),
        may("call.start_when", "call_activities.extra.start_when", Type::Text),
        may("call.end_when", "call_activities.extra.end_when", Type::Text),
    ],
    derived: &[
        ("call_activities.origin", "'call'"),
        ("call_activities.is_final", "the session has ended"),
        ("call_activities.caller_user_id", "the member whose key asked"),
        ("call_activities.contact_id", "the one contact with that phone number, where no id is told"),
        ("call_activities.duration_seconds", "ended_at − started_at, where it is not told"),
        ("call_activities.disposition_normal", "what the label means; see the setting dispositions"),
        ("call_activities.is_connected", "what the label means, where it is not told"),
        ("call_activities.is_voicemail", "what the label means, where it is not told"),
        ("call_activities.phone_key", "the last ten digits of phone"),
    ],
    finish,
    after,
    ..PLAIN
};

/// The call for a session's first page.
pub(super) fn call(session: &str, member: Option<&str>) -> Follow {
    let params = Params::none().with("dialsession_id", session).with("include_recording", 1);
    let params = member.map_or_else(|| params.clone(), |member| params.clone().with(MEMBER, member));
    Follow {
        endpoint: ENDPOINT.name,
        params: PAGING.first(params),
        priority: ENDPOINT.priority,
        when: When::Always,
    }
}

/// The calls that stand in a session, in any of the forms in which it lists them.
pub(super) fn calls_of(session: &Value) -> Vec<&Value> {
    let calls = session.get("calls").and_then(|calls| nested(calls, |one| one.get("call_id").is_some()));
    calls.unwrap_or_default()
}

/// A session stands for its calls.
fn calls(session: &Value) -> Vec<Value> {
    let Value::Object(fields) = with_true_ids(session) else { return Vec::new() };
    let calls = calls_of(session).into_iter().map(|call| {
        let mut fields = fields.clone();
        fields.remove("calls");
        fields.insert("call".to_owned(), with_true_ids(call));
        Value::Object(fields)
    });
    calls.collect()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    if let Some(row) = found.row(&CALL_ACTIVITIES) {
        row.values.insert("origin", "call".into());
        // What a session that is over tells is the last word: no delivery that comes late is written over it.
        if at(record, "end_when").is_some_and(|end| !is_blank(&end)) {
            row.values.insert("is_final", true.into());
        }
        if row.values.get("caller_user_id").is_none_or(Value::is_null)
            && let Some(member) = context.params.get(MEMBER)
        {
            row.values.insert("caller_user_id", member.into());
        }
    }
    put_meaning(context, found);
    let contact = found.value(&CALL_ACTIVITIES, "contact_id").and_then(Value::as_str).map(str::to_owned);
    let started = found.value(&CALL_ACTIVITIES, "started_at").and_then(Value::as_str);
    let started = started.and_then(|at| at.parse::<Timestamp>().ok());
    if let Some(contact) = contact
        && let Some(row) = found.row(&CALL_ACTIVITIES)
    {
        // A call that is new or told anew is news of its contact.
        row.on_change.extend(contact_activities::call(context, &contact, started, When::Always));
    }
}

/// What the label means, and what follows from it where the service is silent.
pub(super) fn put_meaning(context: &Context<'_>, found: &mut Found) {
    let text = |found: &Found, column| {
        found.value(&CALL_ACTIVITIES, column).and_then(Value::as_str).map(str::to_owned)
    };
    let (label, phone) = (text(found, "disposition"), text(found, "phone"));
    let meaning = label.as_deref().map(|label| (label, meaning(label, context.settings)));
    if let Some((label, None)) = meaning {
        // An account's own label is nobody's personal data.
        let message =
            "nobody knows what it means; say so: atlas source set NAME --set dispositions='LABEL=WORD'";
        found.problem_of(format!("label {label}"), "disposition", message);
    }
    // What contacts tell of themselves, and later deliveries, say whether it still holds.
    let wants_no_calls = matches!(meaning, Some((_, Some(meaning))) if meaning.normal == "do_not_call");
    if let Some(id) = text(found, "contact_id").filter(|_| wants_no_calls) {
        let contact = Row::new(&CONTACTS, Mode::Once);
        found.rows.push(contact.with("external_lead_id", id).with("do_not_call", true));
    }
    let Some(row) = found.row(&CALL_ACTIVITIES) else { return };
    let mut set = |column: &str, value: Value| {
        if row.values.get(column).is_none_or(Value::is_null) {
            row.values.insert(column.to_owned(), value);
        }
    };
    if let Some(key) = phone.as_deref().and_then(phone_key) {
        set("phone_key", key.into());
    }
    if let Some((_, meaning)) = meaning {
        set("disposition_normal", meaning.map_or("other", |meaning| meaning.normal).into());
        let is_reached = meaning.and_then(|meaning| meaning.is_reached);
        set("is_connected", is_reached.into());
        let is_voicemail = meaning.is_some_and(|meaning| meaning.normal == "voicemail");
        set("is_voicemail", is_reached.map(|_| is_voicemail).into());
    }
}

/// Once the calls stand side by side: what lies in the hour that comes twice is in its second pass where it would else
/// come before what it follows. Then durations.
fn after(context: &Context<'_>, _: &[&Value], understood: &mut Understood) {
    let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for row in understood.rows.iter_mut().filter(|row| *row.table == CALL_ACTIVITIES) {
        let session = row.values.get("session_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let before = latest.get(&session).copied();
        let started = put_after(context, row, "started_at", before);
        put_after(context, row, "ended_at", started);
        put_duration(row);
        if let Some(started) = started {
            latest.insert(session, started);
        }
    }
}

/// The instant in a column, moved to the second pass of its hour where it is before the other one.
fn put_after(
    context: &Context<'_>,
    row: &mut Row,
    column: &str,
    before: Option<Timestamp>,
) -> Option<Timestamp> {
    let instant: Timestamp = row.values.get(column)?.as_str()?.parse().ok()?;
    let is_early = before.is_some_and(|before| instant < before);
    let Some(later) = second_pass(instant, context.zone).filter(|_| is_early) else { return Some(instant) };
    row.values.insert(column.to_owned(), utc_text(later).into());
    Some(later)
}

fn put_duration(row: &mut Row) {
    let instant = |column: &str| row.values.get(column)?.as_str()?.parse::<Timestamp>().ok();
    if row.values.get("duration_seconds").is_none_or(Value::is_null)
        && let (Some(started), Some(ended)) = (instant("started_at"), instant("ended_at"))
        && ended >= started
    {
        row.values.insert("duration_seconds", ended.duration_since(started).as_secs().into());
    }
}

/// Text, or a list of texts or of objects with a note, as lines.
fn notes(value: &Value) -> Option<Value> {
    let text = |item: &Value| item.as_str().or_else(|| item.get("note")?.as_str()).map(str::to_owned);
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Array(items) if items.is_empty() => Some(Value::Null),
        Value::Array(items) => {
            let lines: Vec<String> = items.iter().filter_map(text).collect();
            (!lines.is_empty()).then(|| lines.join("\n").into())
        }
        Value::Bool(false) => Some(Value::Null),
        _ => None,
    }
}

/// An address, made whole where it begins at the service's root.
fn recording(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    Some(if text.starts_with('/') { format!("{}{text}", SERVICE.origin).into() } else { text.into() })
}
