//! What a twin is started with.

use std::time::Duration;

use clap::{Args, ValueEnum};
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

/// What SmartLead says of deliveries that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Missed {
    /// There are some, and it posts them again when it is asked to.
    #[default]
    Failed,
    /// There are none.
    Nothing,
    /// It cannot be asked.
    NoRoutes,
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

/// In which header Reply.io's current generation takes the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReplyHeader {
    /// In either.
    #[default]
    Any,
    /// As a bearer token, and in no other beside it.
    Bearer,
    /// In `x-api-key`, and in no other beside it.
    Key,
}

/// Which members of a PhoneBurner account can be asked for in their own name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MemberTokens {
    /// The list of members has a token for each.
    #[default]
    All,
    /// It has none.
    None,
    /// The last member's is missing.
    OneMissing,
    /// The last member's is refused, though it should still be good.
    OneRefused,
    /// The last member's has run out, and the list says so.
    OneExpired,
}

/// Whose people a PhoneBurner account calls, beside its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Calls {
    /// Leads of SmartLead's campaigns.
    #[default]
    Smartlead,
    /// People of Reply.io's sequences.
    Replyio,
}

/// What a PhoneBurner account is made with.
#[derive(Args, Clone, Debug)]
pub struct PhoneBurner {
    /// How many members PhoneBurner's team has.
    #[arg(long = "phone-members", value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60))]
    pub members: u64,
    /// How many contacts it has.
    #[arg(long = "phone-contacts", value_name = "N", default_value_t = 400)]
    #[arg(value_parser = clap::value_parser!(u64).range(10..))]
    pub contacts: u64,
    /// Whose people a third of them are.
    #[arg(long = "phone-calls", value_enum, default_value_t = Calls::default())]
    pub calls: Calls,
    /// For how many days before today its members have been calling.
    #[arg(long = "phone-days", value_name = "DAYS", default_value_t = 365)]
    pub call_days: u32,
    /// Which of its members' own tokens there are.
    #[arg(long = "phone-member-tokens", value_enum, default_value_t = MemberTokens::All)]
    pub member_tokens: MemberTokens,
    /// How long an access token lives that it gave out after signing in.
    #[arg(long = "phone-token-life-s", default_value_t = 604_800)]
    pub token_life_s: u32,
    /// Its refresh tokens stay as they are; otherwise each is good for one refresh.
    #[arg(long = "phone-lasting-refresh")]
    pub lasting_refresh: bool,
    /// Its `/oauth/refreshtoken` is not there; one refreshes at `/oauth/accesstoken`.
    #[arg(long = "phone-no-refresh-route")]
    pub no_refresh_route: bool,
}

impl Default for PhoneBurner {
    fn default() -> Self {
        Self {
            members: 4,
            contacts: 400,
            calls: Calls::default(),
            call_days: 365,
            member_tokens: MemberTokens::All,
            token_life_s: 604_800,
            lasting_refresh: false,
            no_refresh_route: false,
        }
    }
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
    /// Lessons lie in the SmartLead account: campaigns, mailboxes and replies of which it is known what they teach.
    pub lessons: bool,
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
    /// How many of a campaign's mails up to the first day are told one by one at most, the newest; nothing: all of them.
    pub mails_per_campaign: Option<u64>,
    /// When one asks for the mails of some days, all are told.
    pub ignores_mail_windows: bool,
    /// What SmartLead says of deliveries that failed.
    pub missed: Missed,
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
    /// In which header Reply.io takes the key.
    pub reply_header: ReplyHeader,
    /// Reply.io's pages alternate: the first, the second, the first again, without end.
    pub reply_alternates: bool,
    /// What is particular to PhoneBurner.
    pub phoneburner: PhoneBurner,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            dialect: Dialect::Live,
            campaigns: 480,
            today: date(2026, 11, 2),
            api_key: "twin-key".to_owned(),
            lessons: false,
            latency: Duration::ZERO,
            rate_limit: 0,
            quirks: false,
            leads_per_campaign: Some(40),
            day_series: DaySeries::default(),
            has_positives: true,
            mails_per_campaign: Some(12),
            ignores_mail_windows: false,
            missed: Missed::default(),
            reply_sequences: 40,
            reply_mailboxes: 12,
            reply_people: 120,
            reply_forbids: None,
            reply_limits: false,
            reply_header: ReplyHeader::default(),
            reply_alternates: false,
            phoneburner: PhoneBurner::default(),
        }
    }
}
