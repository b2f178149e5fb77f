//! What the service writes down in a contact's history: calls of sessions once more, and what is in no session.

use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;

use super::session::{Call, Day, later};
use super::zone;
use crate::calendar::is_weekend;

const FIRST_ID: u64 = 2_288_000_000;

/// A line of a contact's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// The service's id. It may be the id of a call, and of another one than this line is about.
    pub id: u64,
    /// Whose history it is in.
    pub contact_id: u64,
    /// When it was.
    pub at: Timestamp,
    /// The number of its kind: 41 to 44 are calls.
    pub kind: u64,
    /// Its kind in words.
    pub name: &'static str,
    /// How long the call was. The observed service does not tell it.
    pub duration_s: Option<i64>,
    /// What was written down. The observed service does not tell it.
    pub note: Option<&'static str>,
    /// The call of a session that this line is about.
    pub call_id: Option<u64>,
}

/// What is in no session; the last two are no calls.
const LOOSE: &[(u64, &str)] = &[
    (42, "Received Call"),
    (42, "Received Call"),
    (43, "Called from the softphone"),
    (12, "Email opened"),
    (9, "Email sent"),
];

impl Day<'_> {
    /// The day's lines that are about no session, late in the evening when no session is.
    pub(super) fn loose(&self, rng: &mut Rng) -> Vec<Activity> {
        if is_weekend(self.date) || self.contacts.is_empty() {
            return Vec::new();
        }
        let line = |(index, (kind, name)): (usize, &(u64, &'static str))| {
            let at = zone::instant(self.tz, self.date.at(21, 5 + 8 * index as i8, rng.i8(0..60), 0));
            Activity {
                id: FIRST_ID + self.number * 16 + index as u64,
                contact_id: self.contacts[rng.usize(..self.contacts.len())].id,
                at,
                kind: *kind,
                name,
                duration_s: (*kind >= 42).then(|| rng.i64(20..=300)),
                note: None,
                call_id: None,
            }
        };
        LOOSE.iter().enumerate().map(line).collect()
    }
}

/// The line about a call of a session, a few seconds late. One call in twelve has none.
pub(super) fn of(call: &Call) -> Option<Activity> {
    let details = call.details.as_ref()?;
    (!call.id.is_multiple_of(12)).then(|| Activity {
        // The two series of numbers meet.
        id: call.id + 1,
        contact_id: details.contact_id,
        at: later(details.started_at, (call.id % 5 * 8).cast_signed()),
        kind: 41,
        name: "Called a Prospect",
        duration_s: Some(details.duration_s()),
        note: details.note,
        call_id: Some(call.id),
    })
}
