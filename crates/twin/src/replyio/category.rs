//! The categories into which an account sorts its replies.

use fastrand::Rng;
use serde::Serialize;

/// A category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: &'static str,
    /// Good news or bad; nothing where it is neither.
    pub is_good: Option<bool>,
    /// A meeting comes of it.
    pub is_meeting: bool,
}

const INTERESTED: Category = Category { id: 11, name: "Interested", is_good: Some(true), is_meeting: false };
const MEETING: Category = Category { id: 14, name: "Meeting Booked", is_good: Some(true), is_meeting: true };
const REFUSED: Category =
    Category { id: 12, name: "Not Interested", is_good: Some(false), is_meeting: false };
const ABSENT: Category = Category { id: 13, name: "Out of Office", is_good: None, is_meeting: false };
const REFERRAL: Category = Category { id: 15, name: "Referral", is_good: None, is_meeting: false };
const LATER: Category =
    Category { id: 4021, name: "Not now, ask in spring", is_good: None, is_meeting: false };

/// The service's own, which have small ids, and those that the account added.
pub(crate) const ALL: &[Category] = &[INTERESTED, REFUSED, ABSENT, MEETING, REFERRAL, LATER];

/// Into which a note of absence is sorted.
pub(crate) const OF_ABSENCE: &Category = &ABSENT;

/// Into which a reply is sorted; nobody gets round to sorting all of them.
pub(crate) fn of_reply(rng: &mut Rng) -> Option<&'static Category> {
    match rng.u8(..100) {
        0..12 => Some(&MEETING),
        12..32 => Some(&INTERESTED),
        32..68 => Some(&REFUSED),
        68..76 => Some(&REFERRAL),
        76..84 => Some(&LATER),
        _ => None,
    }
}
