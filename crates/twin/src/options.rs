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

/// What a PhoneBurner account is made with.
#[derive(Args, Clone, Debug)]
pub struct PhoneBurner {
    /// How many members PhoneBurner's team has.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub members: u64,
    /// How many contacts PhoneBurner has.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u64).range(10..))]
    pub contacts: u64,
    /// For how many days before today people have been calling.
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    pub call_days: u32,
    /// Which members' own tokens there are.
    #[arg(long, value_enum, default_value_t = MemberTokens::All)]
    pub member_tokens: MemberTokens,
    /// How long an access token lives that was given out after signing in.
    #[arg(long, default_value_t = 604_800)]
    pub token_life_s: u32,
    /// A refresh token stays as it is; otherwise each is good for one refresh.
    #[arg(long)]
    pub lasting_refresh: bool,
    /// `/oauth/refreshtoken` is not there; one refreshes at `/oauth/accesstoken`.
    #[arg(long)]
    pub no_refresh_route: bool,
}

impl Default for PhoneBurner {
    fn default() -> Self {
        Self {
            members: 4,
            contacts: 400,
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
    /// The account is made from this.
    pub seed: u64,
    /// How answers are spelled.
    pub dialect: Dialect,
    /// How many campaigns the account starts with.
    pub campaigns: usize,
    /// The account's first day; its history ends here.
    pub today: Date,
    /// The key that opens each service's account.
    pub api_key: String,
    /// How long each answer takes.
    pub latency: Duration,
    /// Requests within 60 seconds; 0: as many as one likes, while the headers tell 200.
    pub rate_limit: u32,
    /// Some records are odd.
    pub quirks: bool,
    /// How many leads of a campaign are told one by one at most; nothing: all of them.
    pub leads_per_campaign: Option<u64>,
    /// What the observed service's series of days is of.
    pub day_series: DaySeries,
    /// The observed service tells a campaign's positive replies.
    pub has_positives: bool,
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
            latency: Duration::ZERO,
            rate_limit: 0,
            quirks: false,
            leads_per_campaign: Some(40),
            day_series: DaySeries::default(),
            has_positives: true,
            phoneburner: PhoneBurner::default(),
        }
    }
}
