//! What may be typed about clients: whose campaigns are whose, what is promised, their week.

use clap::Subcommand;

use super::JsonArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Every client, with its campaigns and sources
    List(JsonArgs),
    /// Name a client, so that it can have rules, targets and a link before anything is done for it
    Add {
        /// Its name
        name: String,
    },
    /// Rules on the names of campaigns
    #[command(subcommand)]
    Rule(ClientRuleCommand),
    /// Give a campaign to a client by hand
    #[command(after_help = "Examples:
  atlas client assign Acme 4711
  atlas client assign Acme \"Q4 founders\"")]
    Assign {
        /// The client
        client: String,
        /// The campaign: its id, or a part of its name that no other has
        campaign: String,
        /// Only this source's
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
    /// Take back what was assigned by hand
    Unassign {
        /// The campaign: its id, or a part of its name that no other has
        campaign: String,
        /// Only this source's
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
    /// Say whose a campaign is, and why
    Why {
        /// The campaign: its id, or a part of its name that no other has
        campaign: String,
        /// Only this source's
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// What a client is promised a week; shows it without METRIC=VALUE
    #[command(
        after_help = "Metrics are those of the reports, and meetings_booked; rates are from 0 to 1. Without a value there is no
target any more.

Examples:
  atlas client targets Acme total_sent=500 reply_rate=0.04 meetings_booked=3
  atlas client targets Acme reply_rate="
    )]
    Targets {
        /// The client
        client: String,
        /// As reply_rate=0.04
        #[arg(value_name = "METRIC=VALUE")]
        targets: Vec<String>,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// A client's week on one page: judgement, six numbers, what happened, what is next
    #[command(after_help = "To print it, open /report/CLIENT on the server.

Examples:
  atlas client report Acme
  atlas client report Acme --week 2026-11-16 --json")]
    Report {
        /// The client
        client: String,
        /// Any day of the week; the last week that is over without it
        #[arg(long, value_name = "DATE")]
        week: Option<String>,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientRuleCommand {
    /// All rules, in the order in which they are tried
    List(JsonArgs),
    /// Make a rule: campaigns that it finds are the client's, unless an earlier rule or a hand says otherwise
    #[command(after_help = "Case plays no part.

Examples:
  atlas client rule add Acme --contains acme
  atlas client rule add Umbrella --pattern 'UMB-* / ??'")]
    Add {
        /// The client
        client: String,
        /// The text stands in the campaign's name
        #[arg(long, value_name = "TEXT", required_unless_present = "pattern", conflicts_with = "pattern")]
        contains: Option<String>,
        /// The whole name fits: * stands for any letters, ? for one
        #[arg(long, value_name = "PATTERN")]
        pattern: Option<String>,
    },
    /// Take a rule back
    Remove {
        /// Its number
        id: i64,
    },
}
