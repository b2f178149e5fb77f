//! What a service posts: read, proven, parted into events, freed of secrets, and known again when it repeats.

mod made_up;
mod phoneburner;
mod replyio;
mod smartlead;

use atlas_model::{Platform, Secret, hex};
use serde::Serializer as _;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::redact::{REDACTED, redact};

pub use made_up::{MadeUp, kinds, made_up};

/// Of one request: conversations and call histories of some hundred kilobytes are common.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// So many events in one request are no service's.
const MOST_EVENTS: usize = 10_000;

/// The header with which PhoneBurner's softphone signs.
pub const SIGNATURE_HEADER: &str = "x-pb-signature";

/// A request as it came in, its token found good.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// Whose route it came to.
    pub platform: Platform,
    /// The body.
    pub body: &'a [u8],
    /// The name of the event, where the address tells it.
    pub event: Option<&'a str>,
    /// The token of the address; a body may repeat it.
    pub token: &'a str,
    /// What [`SIGNATURE_HEADER`] says.
    pub signature: Option<&'a str>,
    /// The secret that bodies must carry or be signed with, where one is set.
    pub secret: Option<&'a Secret>,
}

/// One event, fit to be kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same for a repeat, and for nothing else of the same source.
    pub key: String,
    /// JSON, secrets removed.
    pub body: Vec<u8>,
}

/// Why a request is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not JSON, or JSON that holds no event.
    Malformed(String),
    /// It holds more events than any service sends.
    TooMany,
    /// It does not carry the secret, or is not signed with it.
    Forged,
}

/// What Atlas does differently for each service.
trait Inbox {
    /// Whether an event carries the secret, or need not.
    fn is_genuine(&self, posted: &Posted<'_>, event: &Value) -> bool;
    /// Removes what only this service has to hide.
    fn hide(&self, event: &mut Value);
    /// What tells an event from every other.
    fn key(&self, posted: &Posted<'_>, event: &Value) -> String;
}

/// Reads a request. Either all of its events are taken or none is.
pub fn receive(posted: &Posted<'_>) -> Result<Vec<Delivery>, Refusal> {
    let inbox = inbox(posted.platform);
    let events = parted(parse(posted.body)?)?;
    if events.len() > MOST_EVENTS {
        return Err(Refusal::TooMany);
    }
    let take = |mut event: Value| {
        if !inbox.is_genuine(posted, inside(&event)) {
            return Err(Refusal::Forged);
        }
        redact(&mut event);
        inbox.hide(&mut event);
        let mut text = written(&event)?;
        // No sign of a token is written otherwise in JSON, so one look tells whether it stands anywhere.
        if text.contains(posted.token) {
            forget(&mut event, posted.token);
            text = written(&event)?;
        }
        let key = inbox.key(posted, inside(&event));
        Ok(Delivery { key, body: text.into_bytes() })
    };
    events.into_iter().map(take).collect()
}

/// The event itself, without the wrapper of a relay that it may have been kept in.
pub fn inside(kept: &Value) -> &Value {
    match kept.get("body") {
        Some(body) if body.is_object() && named(kept).is_none() => body,
        _ => kept,
    }
}

/// What the service calls the event, for people; a body without a name is told by its shape.
pub fn event_name(event: Option<&str>, kept: &Value) -> String {
    let inside = inside(kept);
    let name = event.or_else(|| named(inside)).filter(|name| !name.trim().is_empty());
    name.map_or_else(|| phoneburner::by_shape(inside).to_owned(), str::to_owned)
}

fn inbox(platform: Platform) -> &'static dyn Inbox {
    match platform {
        Platform::SmartLead => &smartlead::SmartLead,
        Platform::ReplyIo => &replyio::ReplyIo,
        Platform::PhoneBurner => &phoneburner::PhoneBurner,
    }
}

/// JSON; where it is not quite, because a service cut a text in the middle of a character, the torn character goes and
/// the rest is read.
fn parse(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).or_else(|error| {
        let mended = without_lone_surrogates(&String::from_utf8_lossy(body));
        serde_json::from_str(&mended)
            .map_err(|_| Refusal::Malformed(format!("the body is not JSON: {error}")))
    })
}

/// Half of a character that JSON writes in two halves becomes the sign for "unreadable".
fn without_lone_surrogates(text: &str) -> String {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('\\').map(|found| at + found) {
        mended.push_str(&text[at..found]);
        let (keep, next) = match (unit(found), unit(found + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&text[found..found + 12], found + 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", found + 6),
            // A backslash and what it escapes, so that an escaped backslash begins nothing.
            _ => {
                let escaped = text[found + 1..].chars().next().map_or(0, char::len_utf8);
                (&text[found..found + 1 + escaped], found + 1 + escaped)
            }
        };
        mended.push_str(keep);
        at = next;
    }
    mended.push_str(&text[at..]);
    mended
}

/// The events of a body: one, a list, or either in a wrapper.
fn parted(body: Value) -> Result<Vec<Value>, Refusal> {
    match body {
        Value::Array(events) => Ok(events),
        Value::Object(mut fields) => {
            // Some relays hand the body on as text.
            let text = fields.get("body").and_then(Value::as_str).filter(|text| text.starts_with(['{', '[']));
            if let Some(read) = text.and_then(|text| serde_json::from_str(text).ok()) {
                fields.insert("body".to_owned(), read);
            }
            let body = Value::Object(fields);
            match body {
                Value::Object(mut fields) if is_list_in_wrapper(&fields) => match fields.remove("body") {
                    Some(Value::Array(events)) => Ok(events),
                    _ => Ok(Vec::new()),
                },
                event => Ok(vec![event]),
            }
        }
        _ => Err(Refusal::Malformed("the body is neither an event nor a list of events".to_owned())),
    }
}

fn is_list_in_wrapper(fields: &Map<String, Value>) -> bool {
    fields.get("body").is_some_and(Value::is_array) && !NAMES.iter().any(|name| fields.contains_key(*name))
}

/// Where services name an event.
const NAMES: [&str; 4] = ["event_type", "eventType", "event", "type"];

fn named(event: &Value) -> Option<&str> {
    let name = |field: &&str| {
        let value = event.get(*field)?;
        value.as_str().or_else(|| value.get("type")?.as_str())
    };
    NAMES.iter().find_map(name)
}

/// Our own token, wherever a service or a relay repeats it.
fn forget(value: &mut Value, token: &str) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|inside| forget(inside, token)),
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, token)),
        Value::String(text) if text.contains(token) => *text = text.replace(token, REDACTED),
        _ => {}
    }
}

/// A fingerprint of 128 bits. What happened at about the same time stands together, so that an index grows at its end:
/// `at` is the event's own time as the service writes it, which a repeat repeats.
fn fingerprint(at: Option<&str>, parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let minute = at.unwrap_or_default().chars().filter(char::is_ascii_digit).take(12);
    let digest = hash.finalize();
    minute.collect::<String>() + &hex(&digest[..16])
}

/// JSON as text. `to_string` looks at each piece of it once more.
fn written(event: &Value) -> Result<String, Refusal> {
    serde_json::to_string(event).map_err(|error| Refusal::Malformed(error.to_string()))
}

/// The text of an event without some of its fields, the rest in the order of its names.
fn text_without(event: &Value, fields: &[&str]) -> Vec<u8> {
    let mut text = Vec::with_capacity(1024);
    let written = match event {
        // Objects hold their names in order.
        Value::Object(all) => serde_json::Serializer::new(&mut text)
            .collect_map(all.iter().filter(|(name, _)| !fields.contains(&name.as_str()))),
        other => serde_json::to_writer(&mut text, other),
    };
    if written.is_err() {
        text.clear();
    }
    text
}

/// An id of the event itself, as text.
fn id_text(id: Option<&Value>) -> Option<String> {
    match id? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests;
