//! The mailboxes from which an account sends.

use fastrand::Rng;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::account::USERS;
use crate::dice::pick;
use crate::people::{FIRST_NAMES, LAST_NAMES};

/// One mailbox.
pub(crate) struct Mailbox {
    pub(crate) id: u64,
    /// The place among the account's users.
    pub(crate) owner: usize,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) domain: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) created: Date,
    pub(crate) daily_limit: u64,
    pub(crate) smtp_failure: Option<&'static str>,
    pub(crate) imap_failure: Option<&'static str>,
    pub(crate) ramps_up: bool,
    /// What its passwords end with.
    pub(crate) secret: u64,
}

const FIRST_ID: u64 = 41_870;

const KINDS: &[&str] = &["outlook", "gmail", "custom"];

const DOMAINS: &[&str] =
    &["northquay.test", "get-northquay.test", "northquay-team.test", "try-northquay.test"];

impl Mailbox {
    pub(crate) fn make(index: usize, today: Date, rng: &mut Rng) -> Self {
        let owner = index % USERS.len();
        let first_name = FIRST_NAMES[(index * 5 + 3) % FIRST_NAMES.len()];
        let last_name = LAST_NAMES[(index + index / FIRST_NAMES.len()) % LAST_NAMES.len()];
        let domain = DOMAINS[index / FIRST_NAMES.len() % DOMAINS.len()];
        let age: Span = rng.i64(30..=400).days();
        Self {
            id: FIRST_ID + index as u64 * 3,
            owner,
            name: format!("{first_name} {last_name}"),
            address: format!("{first_name}.{last_name}@{domain}").to_lowercase(),
            domain,
            kind: pick(rng, KINDS),
            created: today.saturating_sub(age),
            daily_limit: 10 * rng.u64(4..=20),
            smtp_failure: (index % 17 == 5).then_some("535 5.7.8 Authentication failed"),
            imap_failure: (index % 7 == 2).then_some("IMAP login refused"),
            ramps_up: rng.bool(),
            secret: rng.u64(..),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.smtp_failure.is_none() && self.imap_failure.is_none()
    }
}
