//! What a twin is started with.

use std::time::Duration;

use clap::ValueEnum;
use jiff::civil::{Date, date};

/// How the service spells its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// The documented shape: flat, counters are numbers.
    Requirement,
    /// The observed shape: counters are text, settings have many spellings.
    Live,
}

/// What becomes of the account's figures by day when one asks for those of some campaigns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DaySeries {
    /// They are those of the campaigns that are asked for.
    #[default]
    Filtered,
    /// They are the whole account's all the same.
    Unfiltered,
    /// There is no such route.
    Absent,
}

/// A part of Reply.io that a key may be kept out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplyArea {
    /// Sequences and their steps.
    Sequences,
    /// Mailboxes.
    EmailAccounts,
    /// People.
    Contacts,
    /// Figures.
    Reporting,
    /// Replies and their categories.
    Inbox,
}

/// What a twin is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The accounts are made from this.
    pub seed: u64,
    /// How answers are spelled.
    pub dialect: Dialect,
    /// How many campaigns the SmartLead account starts with.
    pub campaigns: usize,
    /// The accounts' first day; their history ends here.
    pub today: Date,
    /// The key that opens the accounts.
    pub api_key: String,
    /// How long each answer takes.
    pub latency: Duration,
    /// SmartLead: requests within 60 seconds; 0: as many as one likes, while the headers tell 200.
    pub rate_limit: u32,
    /// Some records are odd.
    pub quirks: bool,
    /// How many leads of a campaign are told one by one at most; nothing: all of them.
    pub leads_per_campaign: Option<u64>,
    /// What the observed service's series of days is of.
    pub day_series: DaySeries,
    /// The observed service tells a campaign's positive replies.
    pub has_positives: bool,
    /// How many sequences the Reply.io account starts with.
    pub reply_sequences: usize,
    /// How many mailboxes it sends from.
    pub reply_mailboxes: usize,
    /// About how many people a sequence of it gets.
    pub reply_people: usize,
    /// What the Reply.io key may not see.
    pub reply_forbids: Option<ReplyArea>,
    /// Reply.io's limits hold: 100 calls a minute and 3000 an hour, one in ten seconds of some old routes.
    pub reply_limits: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            dialect: Dialect::Live,
            campaigns: 480,
            today: date(2026, 11, 2),
            api_key: "twin-key".to_owned(),
            latency: Duration::ZERO,
            rate_limit: 0,
            quirks: false,
            leads_per_campaign: Some(40),
            day_series: DaySeries::default(),
            has_positives: true,
            reply_sequences: 40,
            reply_mailboxes: 12,
            reply_people: 120,
            reply_forbids: None,
            reply_limits: false,
        }
    }
}
