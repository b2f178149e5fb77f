//! The mailboxes from which an account sends.

use fastrand::Rng;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Serialize;

use super::names::{CLIENTS, Client};
use super::planted::Trouble;
use crate::calendar::is_weekend;
use crate::dice::pick;
use crate::people::{FIRST_NAMES, LAST_NAMES};

/// A mailbox's true figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxFigures {
    /// Its id.
    pub id: u64,
    /// The address it sends from.
    pub address: String,
    /// How well its warm-up goes, of 100; nothing where it was never warmed up.
    pub warmup_reputation: Option<u64>,
    /// Mails sent today.
    pub daily_sent: u64,
    /// Whether its replies can be read.
    pub is_imap_ok: bool,
}

/// One mailbox.
pub(crate) struct Mailbox {
    pub(crate) id: u64,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) address: String,
    pub(crate) domain: String,
    pub(crate) kind: Kind,
    pub(crate) created: Date,
    pub(crate) client: Option<&'static Client>,
    pub(crate) per_day: u64,
    pub(crate) campaigns: u64,
    pub(crate) warmup: Option<Warmup>,
    pub(crate) smtp_failure: Option<&'static str>,
    pub(crate) imap_failure: Option<&'static str>,
    pub(crate) tracking_domain: Option<String>,
    /// What is wrong with it, where that was planted.
    pub(crate) trouble: Option<Trouble>,
    /// What its passwords end with.
    pub(crate) secret: u64,
    /// Decides how much it sends on which day.
    seed: u64,
}

/// Who keeps a mailbox.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Smtp,
    Zoho,
    Gmail,
    Outlook,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Zoho => "ZOHO",
            Self::Gmail => "GMAIL",
            Self::Outlook => "OUTLOOK",
        }
    }

    /// Whether it is opened with a password; otherwise its owner has given leave (OAuth).
    pub(crate) const fn has_password(self) -> bool {
        matches!(self, Self::Smtp | Self::Zoho)
    }
}

/// How a mailbox is warmed up.
pub(crate) struct Warmup {
    pub(crate) status: &'static str,
    pub(crate) reputation: u64,
    pub(crate) reply_rate: u64,
    pub(crate) per_day: u64,
    pub(crate) key: String,
}

/// The id before the first mailbox's.
const FIRST_ID: u64 = 22_640_300;

/// Kinds of eight mailboxes in a row.
const KINDS: &[Kind; 8] =
    &[Kind::Smtp, Kind::Gmail, Kind::Smtp, Kind::Outlook, Kind::Smtp, Kind::Gmail, Kind::Zoho, Kind::Outlook];

/// What an agency puts before a client's name to get a domain of its own for cold mail.
const PREFIXES: &[&str] = &["try-", "go-", "meet-", "with-", "hello-", "get-", "team-", "ask-"];

const IMAP_FAILURES: &[&str] = &[
    "Invalid credentials (AUTHENTICATIONFAILED)",
    "IMAP timeout after 30 s",
    "Application password revoked",
];

const SMTP_FAILURES: &[&str] =
    &["535 5.7.8 Username and password not accepted", "Connection refused by the mail host"];

const KEY_WORDS: &[&str] = &["basil", "comet", "delta", "ember", "fjord", "lotus", "onyx", "pixel"];

impl Mailbox {
    /// The mailbox with this number, as it is on the day on which the account begins.
    pub(crate) fn make(index: usize, today: Date, rng: &mut Rng) -> Self {
        // Counting through the names keeps addresses apart.
        let round = index / FIRST_NAMES.len();
        let first_name = FIRST_NAMES[index % FIRST_NAMES.len()];
        let last_name = LAST_NAMES[(index * 5 + round / PREFIXES.len()) % LAST_NAMES.len()];
        let client = (rng.u8(..10) > 0).then(|| &CLIENTS[rng.usize(..CLIENTS.len())]);
        let owner = client.map_or("house", |client| client.name).to_lowercase();
        let owner: String = owner.chars().filter(char::is_ascii_alphanumeric).collect();
        let domain = format!("{}{owner}.test", PREFIXES[round % PREFIXES.len()]);
        let (first, last) = (first_name.to_lowercase(), last_name.to_lowercase());
        let age: Span = rng.i64(20..=420).days();
        let kind = KINDS[index % KINDS.len()];
        let fails = |is: bool, how: &[&'static str], rng: &mut Rng| is.then(|| pick(rng, how));
        Self {
            id: FIRST_ID + index as u64 * 37 + rng.u64(1..=37),
            first_name,
            last_name,
            address: format!("{first}.{last}@{domain}"),
            kind,
            created: today.saturating_sub(age),
            client,
            per_day: rng.u64(15..=45),
            campaigns: rng.u64(..6),
            warmup: (index % 9 != 3).then(|| Warmup::draw(rng)),
            smtp_failure: fails(index % 31 == 8, SMTP_FAILURES, rng),
            imap_failure: fails(index % 11 == 2, IMAP_FAILURES, rng),
            tracking_domain: (index % 3 == 1).then(|| format!("link.{domain}")),
            domain,
            trouble: None,
            secret: rng.u64(..),
            seed: rng.u64(..),
        }
    }

    /// The machine that sends or keeps its mail, where one logs on to one.
    pub(crate) fn host(&self, service: &str) -> Option<String> {
        self.kind.has_password().then(|| format!("{service}.{}", self.domain))
    }

    /// Mails sent on a day.
    pub(crate) fn sent_on(&self, day: Date) -> u64 {
        if is_weekend(day) || day < self.created || self.campaigns == 0 || self.smtp_failure.is_some() {
            return 0;
        }
        let number = (day.year() as u64) << 9 | day.day_of_year() as u64;
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).fork();
        rng.u64(self.per_day / 3..=self.per_day)
    }

    /// Mails sent to other mailboxes to get used to it, by the end of a day; a few of them became spam.
    pub(crate) fn warmed(&self, warmup: &Warmup, day: Date) -> (u64, u64) {
        let days = day.duration_since(self.created).as_hours().unsigned_abs() / 24;
        let sent = days * warmup.per_day / 2;
        (sent, sent * (100 - warmup.reputation) / 120)
    }

    pub(crate) fn figures(&self, today: Date) -> MailboxFigures {
        MailboxFigures {
            id: self.id,
            address: self.address.clone(),
            warmup_reputation: self.warmup.as_ref().map(|warmup| warmup.reputation),
            daily_sent: self.sent_on(today),
            is_imap_ok: self.imap_failure.is_none(),
        }
    }
}

impl Warmup {
    /// One that goes on, and how well.
    pub(crate) fn active(reputation: u64) -> Self {
        let key = format!("{}-{}", KEY_WORDS[0], KEY_WORDS[1]);
        Self { status: "ACTIVE", reputation, reply_rate: 30, per_day: 30, key }
    }

    fn draw(rng: &mut Rng) -> Self {
        let (status, reputation) = match rng.u8(..12) {
            0 => ("BLOCKED", rng.u64(38..=70)),
            1 => ("PAUSED", rng.u64(80..=97)),
            2 => ("INACTIVE", rng.u64(85..=100)),
            _ => ("ACTIVE", rng.u64(91..=100)),
        };
        Self {
            status,
            reputation,
            reply_rate: rng.u64(20..=45),
            per_day: rng.u64(18..=40),
            key: format!("{}-{}", pick(rng, KEY_WORDS), pick(rng, KEY_WORDS)),
        }
    }
}
