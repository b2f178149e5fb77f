//! The people who are called.

use fastrand::Rng;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::zone;
use crate::dice::pick;
use crate::people::{Acquaintance, COMPANY_HEADS, COMPANY_TAILS, FIRST_NAMES, JOBS, LAST_NAMES, TRADES};

const FIRST_ID: u64 = 1_302_275_519;

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// The service's id.
    pub id: u64,
    /// The member to whom it belongs.
    pub owner_id: u64,
    /// First name, blank where nobody knows.
    pub first_name: &'static str,
    /// Last name, blank where nobody knows.
    pub last_name: &'static str,
    /// E-mail address in lower case; the service may tell it otherwise.
    pub email: Option<String>,
    /// Ten digits.
    pub phone: Option<String>,
    /// Where this person works.
    pub company: Option<String>,
    /// As what this person works there.
    pub title: Option<&'static str>,
    /// Since when it is a contact.
    pub added_at: Timestamp,
    /// Another service has somebody with this e-mail address.
    pub is_lead: bool,
    /// When it was thrown away. Such ones are told only to those who ask for them.
    pub trashed_at: Option<Timestamp>,
    /// Put aside. Such ones are told only to those who ask for them.
    pub is_archived: bool,
    /// In the order in which they were added.
    #[serde(skip)]
    pub(super) place: usize,
    #[serde(skip)]
    pub(super) added: Date,
}

impl Contact {
    /// A contact of this day. It is who is known elsewhere, where there is one.
    pub(super) fn make(
        place: usize,
        owner_id: u64,
        added: Date,
        known: Option<&Acquaintance>,
        rng: &mut Rng,
        tz: &TimeZone,
    ) -> Self {
        let added_at = zone::instant(tz, added.at(8, 12, 33, 0));
        // Of some, only the number that was dialled is known; the numbers are all different.
        let is_nameless = known.is_none() && place % 11 == 3;
        let phone = format!("{}55501{:02}", 201 + place / 100, place % 100);
        let (head, tail, trade) = (pick(rng, COMPANY_HEADS), pick(rng, COMPANY_TAILS), pick(rng, TRADES));
        let (first_name, last_name) = (pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES));
        let title = (rng.u8(..3) > 0).then(|| pick(rng, JOBS));
        let domain = format!("{head}{tail}-{trade}.test").to_lowercase();
        let address = format!("{first_name}.{last_name}{place}@{domain}").to_lowercase();
        let mut contact = Self {
            id: FIRST_ID + 83 * place as u64,
            owner_id,
            first_name: if is_nameless { "" } else { first_name },
            last_name: if is_nameless { "" } else { last_name },
            email: (!is_nameless).then_some(address),
            phone: Some(phone),
            company: (!is_nameless && !place.is_multiple_of(5)).then(|| format!("{head}{tail} {trade}")),
            title: title.filter(|_| !is_nameless),
            added_at,
            is_lead: known.is_some(),
            trashed_at: (place % 29 == 7)
                .then(|| added_at.saturating_add((60 * 24).hours()).unwrap_or(added_at)),
            is_archived: place % 31 == 5,
            place,
            added,
        };
        if let Some(known) = known {
            contact.first_name = known.first_name;
            contact.last_name = known.last_name;
            contact.email = Some(known.email.clone());
            contact.company = known.company.clone();
            contact.title = known.title;
        }
        contact
    }

    pub(super) fn is_trashed(&self, now: Timestamp) -> bool {
        self.trashed_at.is_some_and(|at| at <= now)
    }
}
