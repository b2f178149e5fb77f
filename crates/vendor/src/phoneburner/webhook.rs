//! PhoneBurner's deliveries: calls that begin and end, contacts that are shown. Which event it is stands in the address,
//! or can be told from the shape.

use atlas_model::tables::{CALL_ACTIVITIES, CALL_SESSIONS, CONTACTS, PROFILES};
use atlas_model::{Later, Mode, Row, utc_text};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::SERVICE;
use super::dispositions::meaning;
use super::records::phone_key;
use crate::event::{Event, hash, is_short, millis, put, squeeze};
use crate::lead::Lead;
use crate::read::{local_instant, second_pass};

/// Every name of an event without case and punctuation, and what it is called here.
const NAMES: &[(&str, &str)] = &[
    ("callbegin", "call_begin"),
    ("apicallbegin", "call_begin"),
    ("callend", "call_end"),
    ("apicalldone", "call_end"),
    ("calldone", "call_end"),
    ("softphonecalldone", "call_end"),
    ("contactdisplayed", "contact_displayed"),
    ("apicontactdisplayed", "contact_displayed"),
    ("emailunsubscribe", "unsubscribed"),
    ("emailunsubscribed", "unsubscribed"),
    ("unsubscribe", "unsubscribed"),
    ("unsubscribed", "unsubscribed"),
    ("smsoptout", "sms_opt_out"),
    ("contactactivity", "contact_activity"),
    ("contactactivities", "contact_activity"),
    ("manual", "manual"),
];

/// The end of a call beats its beginning, the later of two ends the earlier one, and a session that is over both.
const LATER: Mode = Mode::Later(Later { by: "ended_at", then: "told_at", unless: "is_final" });

/// What an event means.
pub(crate) fn hear(event: &mut Event<'_>) -> Result<Vec<Row>, String> {
    let named = |name: &str| {
        let word = squeeze(name);
        NAMES.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    };
    let told = [Some(event.delivery.event.to_owned()), event.text("event_type | event | type")];
    let told: Vec<String> = told.into_iter().flatten().filter(|name| !name.trim().is_empty()).collect();
    // A hook of one disposition carries a name of the account's own: its shape says that a call has ended.
    let kind = told.iter().find_map(|name| named(name)).or_else(|| shape(event));
    let Some(kind) = kind else {
        return Err(match told.first() {
            Some(name) => format!("nobody knows what {} means", name.chars().take(60).collect::<String>()),
            None => "it does not say which event it is, and its shape is no call's".to_owned(),
        });
    };
    event.name = kind.to_owned();
    match kind {
        "call_begin" | "call_end" => call(event, kind),
        "unsubscribed" => unsubscribed(event),
        _ => Ok(Vec::new()),
    }
}

/// Which event it is, as far as the shape tells.
fn shape(event: &Event<'_>) -> Option<&'static str> {
    let has = |path| event.at(path).is_some_and(|value| !value.is_null());
    if has("call_id") || has("start_time") {
        let is_over = has("end_time") || has("duration") || has("status");
        return Some(if is_over { "call_end" } else { "call_begin" });
    }
    (has("contact") || has("external_crm_data")).then_some("contact_displayed")
}

fn call(event: &mut Event<'_>, kind: &str) -> Result<Vec<Row>, String> {
    let started = local_time(event, "start_time | start_when");
    let ended = local_time(event, "end_time | end_when");
    // In the hour that comes twice an end before its start was in the second pass.
    let ended = match (started, ended) {
        (Some(start), Some(end)) if end < start => second_pass(end, event.delivery.zone).or(Some(end)),
        _ => ended,
    };
    for at in [started, ended].into_iter().flatten() {
        event.believable(at)?;
    }
    let lead = lead(event);
    let phone = event.text("contact.phone | contact.phones.0.number | phone").filter(|phone| is_short(phone));
    let caller = event.true_id("agent.user_id | custom_data.pb_user_id | owner.owner_id");
    let id = event.true_id("call_id").map_or_else(
        || {
            let person = lead.id.clone().or_else(|| phone.clone())?;
            let parts = [person, started.map(millis)?, caller.clone().unwrap_or_default()];
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            Some(format!("sha:{}", &hash(&parts)[..32]))
        },
        Some,
    );
    let id = id.ok_or_else(|| format!("{}: neither a call nor a person and a time are told", event.name))?;
    let session = event.true_id("ds_id | dialsession_id");
    let mode = if kind == "call_end" { LATER } else { Mode::Once };
    let mut row = Row::new(&CALL_ACTIVITIES, mode).with("origin", "call").with("external_id", id);
    put(&mut row, "session_id", session.clone());
    put(&mut row, "contact_id", lead.id.clone());
    put(&mut row, "caller_user_id", caller.clone());
    // A call whose own times are missing was about when it was told.
    let heard = started.or(ended).is_none().then_some(event.delivery.received_at);
    put(&mut row, "started_at", started.or(heard).map(utc_text));
    put(&mut row, "phone_key", phone.as_deref().and_then(phone_key));
    put(&mut row, "phone", phone);
    put(&mut row, "crm_id", event.true_id("external_crm_data.0.crm_id | contact.crm_id"));
    if kind == "call_end" {
        put(&mut row, "ended_at", ended.map(utc_text));
        put(&mut row, "told_at", Some(utc_text(event.delivery.received_at)));
        let took = started.zip(ended).map(|(start, end)| end.duration_since(start).as_secs());
        let took = event.number("duration").or(took).filter(|seconds| (0..=86_400 * 7).contains(seconds));
        put(&mut row, "duration_seconds", took);
        outcome(event, &mut row);
    }
    put_extra(event, &mut row);
    let id_of_lead = lead.id.clone();
    let mut rows = lead_rows(lead, row.values.get("phone_key").cloned());
    rows.extend(session.map(|session| Row::new(&CALL_SESSIONS, Mode::Once).with("external_id", session)));
    rows.extend(caller.map(|caller| profile(event, caller)));
    if let (Some(id), Some("do_not_call")) = (id_of_lead, told(&row, "disposition_normal")) {
        rows.push(Row::new(&CONTACTS, Mode::Upsert).with("external_lead_id", id).with("do_not_call", true));
    }
    rows.push(row);
    Ok(rows)
}

/// What became of the call. `status` is the label that the caller chose.
fn outcome(event: &mut Event<'_>, row: &mut Row) {
    let label = event.text("status | disposition | disposition_label");
    let meant = label.as_deref().map(|label| meaning(label, event.delivery.settings));
    if matches!(meant, Some(None)) {
        event.problem("disposition", "nobody knows what a label means; see the setting dispositions");
    }
    let meant =
        meant.map(|meant| (meant.map_or("other", |meant| meant.normal), meant.and_then(|m| m.is_reached)));
    put(row, "disposition", label);
    put(row, "disposition_normal", meant.map(|(normal, _)| normal));
    let reached = meant.and_then(|(_, is_reached)| is_reached);
    put(row, "is_connected", event.flag("connected").or(reached));
    put(row, "is_voicemail", reached.and(meant).map(|(normal, _)| normal == "voicemail"));
    put(row, "notes", notes(event.at("call_notes")).or_else(|| event.text("notes | note")));
    let link = "recording_url_public | recording_url | recording_link_public | recording_link";
    let whole = |text: String| if text.starts_with('/') { format!("{}{text}", SERVICE.origin) } else { text };
    put(row, "recording_url", event.text(link).map(whole));
}

fn told<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.values.get(column)?.as_str()
}

/// What has no column of its own.
fn put_extra(event: &Event<'_>, row: &mut Row) {
    let mut extra = Map::new();
    for (name, paths) in [
        ("direction", "direction"),
        ("start_when", "start_time | start_when"),
        ("end_when", "end_time | end_when"),
        ("follow_up", "follow_up"),
        ("folder", "folder.name"),
        ("crm_id", "external_crm_data.0.crm_id | contact.crm_id"),
        ("lead_id", "contact.lead_id"),
    ] {
        if let Some(text) = event.text(paths) {
            extra.insert(name.to_owned(), text.into());
        }
    }
    put(row, "extra", (!extra.is_empty()).then_some(extra));
}

fn lead(event: &mut Event<'_>) -> Lead {
    let phone = event.text("contact.phone | contact.phones.0.number");
    Lead {
        id: event.true_id("contact.user_id | contact_user_id | contact.contact_user_id"),
        email: event.address("contact.primary_email | contact.emails.0 | contact.emails.0.email_address"),
        first_name: event.text("contact.first_name"),
        last_name: event.text("contact.last_name"),
        title: event.text("contact.account.title"),
        phone: phone.filter(|phone| is_short(phone)),
        company: event.text("contact.account.company_name"),
        ..Lead::default()
    }
}

fn lead_rows(lead: Lead, phone_key: Option<Value>) -> Vec<Row> {
    let mut rows = lead.rows();
    if let Some(contact) = rows.iter_mut().find(|row| *row.table == CONTACTS) {
        put(contact, "phone_key", phone_key);
    }
    rows
}

fn profile(event: &Event<'_>, caller: String) -> Row {
    let mut row = Row::new(&PROFILES, Mode::Once).with("external_id", caller);
    // The owner is somebody else unless nobody is told as agent.
    for (column, path) in
        [("first_name", "agent.first_name"), ("last_name", "agent.last_name"), ("email", "agent.email")]
    {
        put(&mut row, column, event.text(path));
    }
    row
}

fn unsubscribed(event: &mut Event<'_>) -> Result<Vec<Row>, String> {
    let lead = lead(event);
    let id = lead.id.clone().ok_or_else(|| format!("{}: no contact is told", event.name))?;
    let flag = Row::new(&CONTACTS, Mode::Upsert).with("external_lead_id", id).with("is_unsubscribed", true);
    let mut rows = lead.rows();
    rows.push(flag);
    Ok(rows)
}

fn local_time(event: &mut Event<'_>, paths: &str) -> Option<Timestamp> {
    let zone = event.delivery.zone.clone();
    event.time_by(paths, |value| local_instant(value, &zone))
}

/// Texts, or objects with a note, as lines.
fn notes(value: Option<&Value>) -> Option<String> {
    let text = |item: &Value| {
        item.as_str().or_else(|| item.get("note")?.as_str()).map(|text| text.replace('\0', ""))
    };
    let lines: Vec<String> = match value? {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    };
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
