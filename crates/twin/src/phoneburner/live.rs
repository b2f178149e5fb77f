//! Answers as observed: everything is text, wrapped twice, and spelled in many ways.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::activity::Activity;
use super::book::Book;
use super::contact::Contact;
use super::disposition::DO_NOT_CALL;
use super::member::Member;
use super::session::{Call, Details, Session};
use super::zone::{self, wall};
use crate::options::MemberTokens;

/// The lists in which contacts are.
const FOLDERS: &[(&str, &str)] =
    &[("66318240", "Midwest list"), ("66318257", "Trade fair"), ("66318301", "Old customers")];

/// A member with the token for asking in this name, where there is one.
pub(super) fn member(book: &Book, member: &Member, tokens: MemberTokens) -> Value {
    // One member's only address is the name with which to sign in.
    let has_address = member.index != 2;
    let username = if has_address {
        format!("{}.{}", member.first_name, member.last_name).to_lowercase()
    } else {
        member.email.clone()
    };
    let mut answer = json!({
        "user_id": member.id.to_string(),
        "username": username,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "email_address": if has_address { member.email.as_str() } else { "" },
        "date_added": format!("{} 09:41:17", member.added),
        "phone": member.caller_id(),
        "display_name": "Team Account",
        "subscription_status": "1",
        "_link": {"self": {"href": format!("/rest/1/members/{}", member.id)}},
    });
    let is_odd = member.index + 1 == book.members.len();
    let has_token = match tokens {
        MemberTokens::None => false,
        MemberTokens::OneMissing => !is_odd,
        MemberTokens::All | MemberTokens::OneRefused | MemberTokens::OneExpired => true,
    };
    if has_token {
        let has_expired = is_odd && tokens == MemberTokens::OneExpired;
        let expires = book.today.saturating_add(if has_expired { -3 } else { 14 }.days());
        answer["oauth"] = json!({"bearer_token": member.token(), "expires": format!("{expires} 00:00:00")});
    }
    answer
}

/// The calls of each contact so far: how many, and the last.
pub(super) fn last_calls(book: &Book) -> BTreeMap<u64, (usize, Details)> {
    let mut last = BTreeMap::new();
    for call in book.sessions(|_| true).flat_map(|session| session.calls) {
        let Some(details) = call.details else { continue };
        let entry = last.entry(details.contact_id).or_insert_with(|| (0, details.clone()));
        entry.0 += 1;
        if details.started_at > entry.1.started_at {
            entry.1 = details;
        }
    }
    last
}

/// When a contact was touched last.
pub(super) fn modified(contact: &Contact, last: Option<&Details>, now: Timestamp) -> Timestamp {
    let trashed = contact.trashed_at.filter(|at| *at <= now);
    let touched = [last.map(|call| call.ended_at), trashed];
    touched.into_iter().flatten().fold(contact.added_at, Timestamp::max)
}

/// A contact. The address, the number, the company and the id itself stand in several places.
pub(super) fn contact(book: &Book, contact: &Contact, calls: Option<&(usize, Details)>) -> Value {
    let last = calls.map(|(_, call)| call);
    let time = |at: Timestamp| wall(&book.tz, at);
    let flag = |is: bool| if is { "1" } else { "0" };
    let is_known = !contact.first_name.is_empty();
    let place = contact.place;
    let (folder_id, folder) = FOLDERS[place % FOLDERS.len()];
    let phone = contact.phone.as_deref();
    let mut answer = json!({
        "contact_user_id": contact.id.to_string(),
        "user_id": contact.id.to_string(),
        "owner_id": contact.owner_id.to_string(),
        "member_id": contact.owner_id.to_string(),
        "lead_id": if contact.is_lead { format!("HL-{place}") } else { String::new() },
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "date_added": time(contact.added_at),
        "date_modified": time(modified(contact, last, book.now())),
        "raw_phone": phone.unwrap_or_default(),
        "raw_zip": "55401",
        "ad_code": "",
        "language": "en",
        "region": "US",
        "time_zone": "America/Menominee",
        "total_calls": calls.map_or(0, |(count, _)| *count).to_string(),
        "call_result": last.map_or("", |call| call.disposition),
        "last_call_time": last.map_or_else(|| zone::ZERO.to_owned(), |call| time(call.started_at)),
        "contacted": flag(last.is_some_and(|call| call.is_connected)),
        "rating": "0",
        "archived": flag(contact.is_archived),
        "trashed": flag(contact.is_trashed(book.now())),
        "removed": "0",
        "do_not_call": flag(last.is_some_and(|call| call.disposition == DO_NOT_CALL)),
        "primary_email": null,
        "primary_phone": null,
        "primary_address": null,
        "category": null,
        "notes": null,
        "custom_fields": custom_fields(contact),
        "phones": [],
        "emails": [],
        "tags": [],
        "external_crm_data": [],
    });
    if place % 17 == 9 {
        answer.as_object_mut().map(|fields| fields.remove("contact_user_id"));
    }
    // Some people were typed in with capitals.
    let email = contact
        .email
        .as_ref()
        .map(|email| if place % 10 == 6 { email.to_uppercase() } else { email.clone() });
    match place % 13 {
        5 => answer["emails"] = email.map_or(json!([]), |email| json!([{"email_address": email}])),
        8 => answer["emails"] = email.map_or(json!([]), |email| json!([email])),
        _ => answer["primary_email"] = email.map_or(Value::Null, |email| json!({"email_address": email})),
    }
    if is_known {
        answer["primary_phone"] = json!({"phone": phone, "raw_phone": phone, "type": "3"});
        answer["category"] = json!({"category_id": folder_id, "name": folder, "description": ""});
        answer["notes"] = json!({"notes": last.map_or("", |call| call.note.unwrap_or_default())});
        answer["external_crm_data"] =
            json!([{"crm_id": (90_045_512 + place).to_string(), "crm_name": "pipeline"}]);
    }
    answer
}

fn custom_fields(contact: &Contact) -> Value {
    let name = if contact.place.is_multiple_of(2) { "Company" } else { "company name" };
    let fields = [
        contact.company.as_deref().map(|company| ("402977", name, company)),
        contact.title.map(|title| ("402981", "Job Title", title)),
    ];
    let field = |(id, name, value)| json!({"custom_field_id": id, "name": name, "type": "1", "value": value});
    fields.into_iter().flatten().map(field).collect()
}

/// A session in the list: who calls, and the calls, are not told.
pub(super) fn session(tz: &TimeZone, session: &Session) -> Value {
    let was_connected = !session.calls.is_empty();
    let end = session.ended_at.map(|at| wall(tz, at));
    json!({
        "dialsession_id": session.id.to_string(),
        "callerid": session.caller_id,
        "start_when": wall(tz, session.started_at),
        "end_when": end,
        "connected_when": was_connected.then(|| wall(tz, super::session::later(session.started_at, 20))),
        "disconnected_when": if was_connected { json!(end) } else { json!(zone::ZERO) },
        "call_count": session.calls.len(),
    })
}

/// A call. The older sessions name the contact otherwise.
pub(super) fn call(tz: &TimeZone, session: &Session, call: &Call, has_recording: bool) -> Value {
    let id = call.id.to_string();
    let Some(details) = &call.details else { return json!({ "call_id": id }) };
    let flag = |is: bool| if is { "1" } else { "0" };
    let contact = if session.id.is_multiple_of(9) { "user_id" } else { "contact_user_id" };
    let mut answer = json!({
        "call_id": id,
        "phone": details.phone,
        "start_when": wall(tz, details.started_at),
        "end_when": wall(tz, details.ended_at),
        "connected": flag(details.is_connected),
        "voicemail": flag(details.is_voicemail),
        "voicemail_sent": "",
        "email_sent": "0",
        "hangup_status": "",
        "note": details.note.unwrap_or_default(),
        "disposition": details.disposition,
    });
    answer[contact] = json!(details.contact_id.to_string());
    if has_recording && details.is_connected {
        answer["recording_url"] = json!(format!("http://www.phoneburner.com/recording/example-{id}"));
    }
    answer
}

/// A line of a contact's history. The id is not `activity_id`.
pub(super) fn activity(tz: &TimeZone, activity: &Activity) -> Value {
    json!({
        "user_activity_id": activity.id.to_string(),
        "activity_id": activity.kind.to_string(),
        "activity": activity.name,
        "date": wall(tz, activity.at),
    })
}

/// What each of these members did within these days.
pub(super) fn usage(book: &Book, members: &[&Member], from: Date, to: Date) -> Value {
    let mut usage = Map::new();
    for member in members {
        let is_meant =
            |session: &Session| session.member_id == member.id && (from..=to).contains(&session.date);
        let sessions: Vec<_> = book.sessions(is_meant).collect();
        let calls: Vec<_> = sessions.iter().flat_map(|session| &session.calls).collect();
        let known: Vec<_> = calls.iter().filter_map(|call| call.details.as_ref()).collect();
        let connected = known.iter().filter(|call| call.is_connected);
        let seconds: i64 = connected.clone().map(|call| call.duration_s()).sum();
        let figures = json!({
            "sessions": sessions.len(),
            "calls": calls.len(),
            "connected": connected.count(),
            "voicemail": known.iter().filter(|call| call.is_voicemail).count(),
            "emails": 0,
            "talktime": seconds / 60,
        });
        usage.insert(member.id.to_string(), figures);
    }
    Value::Object(usage)
}

/// An object that counts its records, beside what is no record.
pub(super) fn folders() -> Value {
    let folder = |(id, name)| json!({"folder_id": id, "folder_name": name, "parent_id": "0"});
    let mut answer: Map<_, _> =
        FOLDERS.iter().enumerate().map(|(number, one)| (number.to_string(), folder(*one))).collect();
    answer.insert("page".to_owned(), json!(1));
    answer.insert("total_results".to_owned(), json!(FOLDERS.len().to_string()));
    Value::Object(answer)
}
