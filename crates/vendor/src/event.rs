//! What a delivery means, whichever service posted it: rows, problems, and what could not be understood at all.

use std::collections::BTreeMap;

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Mode, Platform, Problem, Row, Settings, sha256, utc_text};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::read::{boolean, id, instant, is_blank, number};
use crate::{phoneburner, replyio, smartlead};

/// Relays wrap what they pass on, some of them twice.
const DEEPEST_WRAPPING: usize = 4;

/// Ids and addresses go into indexes, whose entries may not be long.
const LONGEST_KEY: usize = 300;

/// No event is of a time before there were such services,
const EARLIEST: Timestamp = Timestamp::constant(946_684_800, 0);
/// nor much later than its delivery. What a service was asked for it tells by its own clock, while ours may be set back.
const LATEST_POSTED: SignedDuration = SignedDuration::from_hours(48);
const LATEST_ASKED: SignedDuration = SignedDuration::from_hours(31 * 24);

/// A delivery, beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The parameter `event` of the address that it was posted to; empty without one.
    pub event: &'a str,
    /// When it came.
    pub received_at: Timestamp,
    /// The account's time zone.
    pub zone: &'a TimeZone,
    /// What the source is set to.
    pub settings: &'a Settings,
    /// What is known of the account.
    pub known: &'a Known,
}

/// What is known of an account, that deliveries speak of in other words.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Address, in lower case → mailbox.
    pub mailboxes: BTreeMap<String, String>,
    /// Number → name and sentiment of a reply category.
    pub categories: BTreeMap<String, (String, Option<String>)>,
}

/// What a delivery means.
#[derive(Debug, Default)]
pub struct Heard {
    /// What to write.
    pub rows: Vec<Row>,
    /// Values that could not be understood; the rest of their event is among the rows.
    pub problems: Vec<Problem>,
    /// Why events in it could not be understood; the others are among the rows.
    pub refused: Vec<String>,
    /// Events that were understood and are no row anywhere.
    pub kept_only: Vec<String>,
}

/// Understands a delivery. It never fails: a bad event costs itself and nothing else.
pub fn hear(platform: Platform, delivery: &Delivery<'_>, body: Value) -> Heard {
    let mut heard = Heard::default();
    let mut events = Vec::new();
    unwrap(body, 0, &mut events);
    if events.is_empty() {
        heard.refused.push("it holds no event".to_owned());
    }
    for body in events {
        let mut event = Event { delivery, fields: squeezed(body), name: String::new(), problems: Vec::new() };
        let told = match platform {
            Platform::SmartLead => smartlead::webhook::hear(&mut event),
            Platform::ReplyIo => replyio::webhook::hear(&mut event),
            Platform::PhoneBurner => phoneburner::webhook::hear(&mut event),
        };
        heard.problems.append(&mut event.problems);
        match told {
            Ok(rows) if rows.is_empty() => note(&mut heard.kept_only, event.name),
            Ok(rows) => heard.rows.extend(rows.into_iter().filter(|row| row.key().is_some())),
            Err(reason) => note(&mut heard.refused, reason),
        }
    }
    heard
}

/// Each reason once: a delivery may hold very many events.
fn note(notes: &mut Vec<String>, text: String) {
    if notes.len() < 10 && !notes.contains(&text) {
        notes.push(text);
    }
}

/// The events in a body: relays wrap them, alone or many.
fn unwrap(body: Value, depth: usize, events: &mut Vec<Value>) {
    match body {
        Value::Array(list) if depth < DEEPEST_WRAPPING => {
            list.into_iter().for_each(|one| unwrap(one, depth + 1, events));
        }
        Value::Object(mut fields) if depth < DEEPEST_WRAPPING && is_wrapper(&fields) => {
            match fields.remove("body") {
                Some(Value::String(text)) => match serde_json::from_str(&text) {
                    Ok(inside) => unwrap(inside, depth + 1, events),
                    Err(_) => events.push(Value::Object(fields)),
                },
                Some(inside) => unwrap(inside, depth + 1, events),
                None => {}
            }
        }
        event => events.push(event),
    }
}

/// A wrapper has a body and no event of its own; a text is one only where it is JSON.
fn is_wrapper(fields: &Map<String, Value>) -> bool {
    let names_event = |name: &str| fields.get(name).is_some_and(|value| !is_blank(value));
    if ["event_type", "eventType", "event", "type"].into_iter().any(names_event) {
        return false;
    }
    match fields.get("body") {
        Some(Value::Object(_) | Value::Array(_)) => true,
        Some(Value::String(text)) => text.trim_start().starts_with(['{', '[']),
        _ => false,
    }
}

/// Names without case, blanks and punctuation, so that `sent_email_id`, `sentEmailId` and `SentEmailID` are one. Of two
/// that become the same the one that holds something stays.
fn squeezed(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut renamed = Map::new();
            for (name, value) in fields {
                let value = squeezed(value);
                let is_plain = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                let name = if is_plain { name } else { squeeze(&name) };
                if renamed.get(&name).is_none_or(is_blank) {
                    renamed.insert(name, value);
                }
            }
            Value::Object(renamed)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(squeezed).collect()),
        other => other,
    }
}

/// The field of that name, however it is written.
fn field<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    // Each event is asked for dozens of names: none of these is worth memory of its own.
    let mut letters = [0; 64];
    if !name.is_ascii() || name.len() > letters.len() {
        return fields.get(&squeeze(name));
    }
    let mut length = 0;
    for letter in name.bytes().filter(|letter| !matches!(letter, b'_' | b'-' | b'.' | b' ')) {
        letters[length] = letter.to_ascii_lowercase();
        length += 1;
    }
    fields.get(std::str::from_utf8(&letters[..length]).ok()?)
}

pub(crate) fn squeeze(name: &str) -> String {
    let is_told = |c: &char| !matches!(c, '_' | '-' | '.' | ' ');
    if name.is_ascii() {
        return name.chars().filter(is_told).map(|c| c.to_ascii_lowercase()).collect();
    }
    name.chars().filter(is_told).flat_map(char::to_lowercase).collect()
}

/// An event that is being read.
pub(crate) struct Event<'a> {
    pub(crate) delivery: &'a Delivery<'a>,
    /// What people are told it is.
    pub(crate) name: String,
    fields: Value,
    problems: Vec<Problem>,
}

impl Event<'_> {
    /// The value at a path; a number in it counts into an array, the empty path is the event itself.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        let mut here = &self.fields;
        for name in path.split('.').filter(|name| !name.is_empty()) {
            here = inside(here, name)?;
        }
        Some(here)
    }

    /// The values at the paths (`a.b | c`) that hold something, in their order.
    fn told<'p>(&self, paths: &'p str) -> impl Iterator<Item = (&'p str, &Value)> {
        let told = |path| Some((path, self.at(path).filter(|value| !is_blank(value))?));
        paths.split('|').map(str::trim).filter_map(told)
    }

    fn read<T>(&mut self, paths: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let mut unread = Vec::new();
        let found = self.told(paths).find_map(|(path, value)| {
            let value = read(value);
            unread.extend(value.is_none().then_some(path));
            value
        });
        for path in unread {
            self.problem(path, format!("no {expected}"));
        }
        found
    }

    /// Text at the first path that has some. Objects and lists at a path are not meant by it.
    pub(crate) fn text(&self, paths: &str) -> Option<String> {
        self.told(paths).find_map(|(_, value)| match value {
            Value::String(text) => Some(text.replace('\0', "").trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// An id; what is too long for one is none.
    pub(crate) fn id(&mut self, paths: &str) -> Option<String> {
        self.read(paths, "id", |value| id(value).map(|id| id.replace('\0', "")).filter(|id| is_short(id)))
    }

    /// An id of a service whose 0 means that there is none.
    pub(crate) fn true_id(&mut self, paths: &str) -> Option<String> {
        self.id(paths).filter(|id| id != "0")
    }

    /// An e-mail address, in lower case.
    pub(crate) fn address(&self, paths: &str) -> Option<String> {
        let address =
            |text: String| Some(text.to_lowercase()).filter(|text| text.contains('@') && is_short(text));
        paths.split('|').find_map(|path| self.text(path).and_then(address))
    }

    pub(crate) fn number(&mut self, paths: &str) -> Option<i64> {
        self.read(paths, "number", number)
    }

    pub(crate) fn flag(&mut self, paths: &str) -> Option<bool> {
        self.read(paths, "true/false", boolean)
    }

    /// An instant: ISO 8601, or seconds since 1970.
    pub(crate) fn time(&mut self, paths: &str) -> Option<Timestamp> {
        let seconds = |value: &Value| value.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.time_by(paths, |value| instant(value).or_else(|| seconds(value)))
    }

    /// An instant in a service's own way of writing one.
    pub(crate) fn time_by(
        &mut self,
        paths: &str,
        read: impl Fn(&Value) -> Option<Timestamp>,
    ) -> Option<Timestamp> {
        self.read(paths, "time", |value| read(value).or_else(|| outside_calendar(value)))
    }

    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>) {
        let problem = Problem { record: self.name.clone(), path: path.to_owned(), message: message.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// An instant at which an event can have been; an error otherwise, since it would be counted on no day that ever was.
    pub(crate) fn believable(&self, at: Timestamp) -> Result<Timestamp, String> {
        between(at, self.delivery.received_at, LATEST_POSTED)
            .map_err(|reason| format!("{}: {reason}", self.name))
    }

    /// The row of an event of an e-mail. Its key is made of these parts.
    pub(crate) fn activity(&self, kind: &str, campaign: Option<&str>, at: Timestamp, key: &[&str]) -> Row {
        let row = Row::new(&EMAIL_ACTIVITIES, Mode::Once).with("via", "webhook");
        placed(row, self.delivery.zone, kind, campaign, at, key)
    }

    /// The mailbox with an address, if it is known.
    pub(crate) fn mailbox(&self, address: Option<&str>) -> Option<&str> {
        self.delivery.known.mailboxes.get(address?).map(String::as_str)
    }
}

/// An instant at which an event can have been of which a service was asked at this time.
pub(crate) fn believable(at: Timestamp, read_at: Timestamp) -> Result<Timestamp, String> {
    between(at, read_at, LATEST_ASKED)
}

/// The end of the calendar, for a time behind it: that was told and cannot be true, which is not the same as none.
fn outside_calendar(value: &Value) -> Option<Timestamp> {
    match Pieces::parse(value.as_str()?.trim()).ok()?.date().year() {
        9999 => Some(Timestamp::MAX),
        -9999 => Some(Timestamp::MIN),
        _ => None,
    }
}

fn between(at: Timestamp, told_at: Timestamp, latest: SignedDuration) -> Result<Timestamp, String> {
    let latest = told_at.checked_add(latest).unwrap_or(Timestamp::MAX);
    if (EARLIEST..=latest).contains(&at) {
        return Ok(at);
    }
    let year = at.to_zoned(TimeZone::UTC).year();
    Err(format!("its time, in the year {year}, cannot be true"))
}

/// The row of an event that was asked for. Its key is made of the same parts as if it had been posted.
pub(crate) fn polled(zone: &TimeZone, kind: &str, campaign: &str, at: Timestamp, key: &[&str]) -> Row {
    let row = Row::new(&EMAIL_ACTIVITIES, Mode::StandIn).with("via", "poll");
    placed(row, zone, kind, Some(campaign), at, key)
}

/// Gives an event its key, its time, and the account's day and hour.
fn placed(row: Row, zone: &TimeZone, kind: &str, campaign: Option<&str>, at: Timestamp, key: &[&str]) -> Row {
    let local = at.to_zoned(zone.clone());
    row.with("campaign_id", campaign.unwrap_or_default())
        .with("event_key", key_of(key))
        .with("event", kind)
        .with("occurred_at", utc_text(at))
        .with("metric_date", local.date().to_string())
        .with("hour_of_day", i64::from(local.hour()))
}

fn inside<'v>(here: &'v Value, name: &str) -> Option<&'v Value> {
    match here {
        Value::Object(fields) => field(fields, name),
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

pub(crate) fn is_short(text: &str) -> bool {
    text.len() <= LONGEST_KEY
}

/// SHA-256 of the parts, joined by a sign that stands in none of them.
pub(crate) fn hash(parts: &[&str]) -> String {
    sha256(parts.join("\u{1f}").as_bytes())
}

/// Half of that tells events apart as surely, in half the pages of an index.
fn key_of(parts: &[&str]) -> String {
    let mut key = hash(parts);
    key.truncate(32);
    key
}

/// An instant as event keys hold it.
pub(crate) fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The same to the minute.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// Puts a value into a row where there is one.
pub(crate) fn put(row: &mut Row, column: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        row.values.insert(column.to_owned(), value.into());
    }
}
