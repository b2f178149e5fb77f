//! Answers as documented: flat, numbers are numbers, times have a zone.

use serde_json::{Value, json};

use super::activity::Activity;
use super::contact::Contact;
use super::member::Member;
use super::session::{Call, Session};

pub(super) fn member(member: &Member) -> Value {
    let id = if member.index.is_multiple_of(2) { "user_id" } else { "member_user_id" };
    let mut answer =
        json!({"first_name": member.first_name, "last_name": member.last_name, "email": member.email});
    answer[id] = json!(member.id);
    answer
}

pub(super) fn contact(contact: &Contact) -> Value {
    let id = if contact.place.is_multiple_of(2) { "contact_user_id" } else { "contact_id" };
    let mut answer = json!({
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company,
        "email": contact.email,
        "phone": contact.phone,
    });
    answer[id] = json!(contact.id);
    answer
}

/// A session with its calls.
pub(super) fn session(session: &Session) -> Value {
    json!({
        "dialsession_id": session.id,
        "start_when": session.started_at,
        "end_when": session.ended_at,
        "member_id": session.member_id,
        "calls": session.calls.iter().map(call).collect::<Value>(),
    })
}

fn call(call: &Call) -> Value {
    let Some(details) = &call.details else { return json!({ "call_id": call.id }) };
    json!({
        "call_id": call.id,
        "contact_id": details.contact_id,
        "phone": details.phone,
        "start_time": details.started_at,
        "end_time": details.ended_at,
        "duration": details.duration_s(),
        "connected": details.is_connected,
        "voicemail": details.is_voicemail,
        "disposition": details.disposition,
        "notes": details.note,
    })
}

pub(super) fn activity(activity: &Activity) -> Value {
    json!({
        "activity_id": activity.id,
        "activity": activity.name,
        "date": activity.at,
        "duration": activity.duration_s,
        "notes": activity.note,
    })
}
