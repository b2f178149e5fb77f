//! The members of the team, the first of whom administers it.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::people::{FIRST_NAMES, LAST_NAMES};

const FIRST_ID: u64 = 81_550_213;

/// A member of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The service's id.
    pub id: u64,
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// E-mail address.
    pub email: String,
    #[serde(skip)]
    pub(super) index: usize,
    #[serde(skip)]
    pub(super) added: Date,
}

impl Member {
    pub(super) fn make(index: usize, seed: u64, since: Date) -> Self {
        // Strides that share no factor with the lists, so that no two have one name.
        let at = index + seed as usize % 1000;
        let (first_name, last_name) =
            (FIRST_NAMES[at * 7 % FIRST_NAMES.len()], LAST_NAMES[at * 11 % LAST_NAMES.len()]);
        Self {
            id: FIRST_ID + 164 * index as u64,
            first_name,
            last_name,
            email: format!("{first_name}.{last_name}@ridgecall.test").to_lowercase(),
            index,
            added: since.saturating_sub((40 + 9 * index as i64).days()),
        }
    }

    /// The token with which one asks in this member's name.
    pub(super) fn token(&self) -> String {
        format!("twin-member-token-{}", self.id)
    }

    /// The number from which this member calls.
    pub(super) fn caller_id(&self) -> String {
        format!("31255501{:02}", self.index)
    }
}
