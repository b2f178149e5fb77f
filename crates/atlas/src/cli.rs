//! What may be typed.

mod access;
mod alert;
mod client;
mod export;
mod lessons;
mod source;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::access::{OutcomeCommand, TokenCommand, UserCommand};
pub(crate) use self::alert::{AlertCommand, TargetCommand, TargetKind};
pub(crate) use self::client::{ClientCommand, ClientRuleCommand};
pub(crate) use self::export::{ExportArgs, ExportFormat};
pub(crate) use self::lessons::{AnalysisName, AnalyzeArgs, ClassifyArgs, ClassifyMethod};
pub(crate) use self::source::{
    AddArgs, ConnectArgs, CredentialArgs, ImportArgs, InitArgs, SetArgs, SourceCommand,
};
use crate::examples;

/// Pulls what an outbound-sales team does in SmartLead, Reply.io and PhoneBurner into a database that the team owns, and reports on it.
#[derive(Debug, Parser)]
#[command(name = "atlas", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Where the data is: sqlite:///path/atlas.db or postgres://user@host/database
    #[arg(long, global = true, value_name = "URL", help_heading = "Settings")]
    pub(crate) database: Option<String>,
    /// The folder for the database and the key, unless they are elsewhere
    #[arg(long, global = true, value_name = "DIR", help_heading = "Settings")]
    pub(crate) data_dir: Option<String>,
    /// error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Settings")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  atlas init                                set up, question by question
  atlas source add smartlead --name acme    store an account (asks for its API key)
  atlas sync                                bring everything up to date
  atlas report overview                     how outreach is going
  atlas report campaigns --client Acme      one client's campaigns
  atlas mapping campaigns.total_replied     where a number comes from";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set up: where the data is, the first account, its time zone
    #[command(after_help = "Examples:
  atlas init
  pass show smartlead | atlas init --platform smartlead --name acme --time-zone Europe/Berlin --api-key-stdin
  atlas init --database postgres://atlas@db/atlas --no-source")]
    Init(InitArgs),
    #[command(flatten)]
    Data(DataCommand),
    /// Where each column comes from
    Mapping(MappingArgs),
    /// Say what replies want, line by line
    Classify(ClassifyArgs),
    /// Every setting with its value and where it was set
    Config(JsonArgs),
    /// Check everything that can be wrong, and say what to do
    #[command(after_help = examples::DOCTOR)]
    Doctor(JsonArgs),
    /// Print what completes commands and flags in a shell
    #[command(after_help = "Examples:
  atlas completions bash > ~/.local/share/bash-completion/completions/atlas
  atlas completions zsh > ~/.zfunc/_atlas
  atlas completions fish > ~/.config/fish/completions/atlas.fish")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages, one for each command
    #[command(after_help = "Examples:
  atlas man ~/.local/share/man/man1")]
    Man {
        /// The folder; it is made where it is missing
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Pages of the documentation, as Markdown
    #[command(hide = true)]
    Docs {
        /// Which page
        page: DocsPage,
    },
}

/// Commands that work on the database.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Accounts at the services that data is read from
    #[command(subcommand, after_help = examples::SOURCE)]
    Source(SourceCommand),
    /// Bring the database up to date
    Sync(SyncArgs),
    /// What is going on: runs, progress, freshness, problems
    #[command(after_help = examples::STATUS)]
    Status(StatusArgs),
    /// The figures
    Report(ReportArgs),
    /// A table or a view as a file for other programs
    Export(ExportArgs),
    /// Learn from what was sent: features, replies, patterns, decay, alerts
    Analyze(AnalyzeArgs),
    /// What hurts delivery: taking note of it, from when on, and whom it is told to
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Derive the tables again from the kept answers
    Replay(ReplayArgs),
    /// Receive webhooks, answer the API, sync each source by its schedule
    Serve(ServeArgs),
    /// Sync each source by its schedule and understand deliveries, without serving
    #[command(
        after_help = "Any number of workers and servers share one PostgreSQL database: each source is synced by one of them, and
by another one when that is gone. SIGTERM and Ctrl-C stop it; the next one goes on from there."
    )]
    Worker,
    /// What the services post to us: addresses, secrets, trying it out
    #[command(subcommand, after_help = examples::WEBHOOK)]
    Webhook(WebhookCommand),
    /// The database itself: backups, moves, checks
    #[command(subcommand, after_help = examples::DB)]
    Db(DbCommand),
    /// Meetings and deals, which no service tells
    #[command(subcommand)]
    Outcome(OutcomeCommand),
    /// Clients: whose campaigns are whose and why, targets, the weekly report
    #[command(subcommand, after_help = examples::CLIENT)]
    Client(ClientCommand),
    /// Remove a person everywhere, journal included; a hash keeps them from coming back
    #[command(after_help = examples::FORGET)]
    Forget {
        /// The person's e-mail address
        email: String,
        /// Count what would be forgotten, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Who may sign in
    #[command(subcommand)]
    User(UserCommand),
    /// What programs open the API with
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DocsPage {
    Mapping,
    Settings,
    Cli,
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which sources a command works on.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Which sources; all without a name
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only sources that are used for this client: as a whole, or for some of their campaigns
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SelectionArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// What servers and workers do in the background, in place of the sources
    #[arg(long)]
    pub(crate) tasks: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = examples::SYNC)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Ask for everything, changed or not
    #[arg(long)]
    pub(crate) full: bool,
    /// Print what would be asked, how long it takes and what it costs
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long one slice works, in place of the source's time_budget_s
    #[arg(long, value_name = "SECONDS")]
    pub(crate) time_budget: Option<u32>,
    /// Stop when a slice's time is over; the rest stays pending
    #[arg(long)]
    pub(crate) no_continue: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = examples::REPLAY)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only what was read since then: 2026-11-02 or 2026-11-02T09:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what could not be understood whole
    #[arg(long)]
    pub(crate) failed: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Every delivery is in the database before it is answered. SIGTERM and Ctrl-C finish what has begun.
/healthz says whether the program lives, /readyz whether it can work.

Examples:
  atlas serve
  ATLAS_PUBLIC_URL=https://atlas.example.com atlas serve --listen 127.0.0.1:9000"
)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Sync nothing; `atlas worker` or `atlas sync` does
    #[arg(long)]
    pub(crate) no_sync: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Print the address to enter at the service; it opens this source's door, so treat it as a password
    #[command(after_help = "Examples:
  atlas webhook url acme
  atlas webhook url acme --rotate")]
    Url {
        /// The source's name
        name: String,
        /// Make a new one; the former is taken for seven days more
        #[arg(long)]
        rotate: bool,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Demand that deliveries carry a secret (SmartLead) or are signed with it (PhoneBurner's softphone)
    #[command(
        after_help = "The secret is read from standard input, or asked for. SmartLead sends the same secret_key in \
every event of an account; PhoneBurner's softphone gets its own when it is registered; Reply.io has none."
    )]
    Secret {
        /// The source's name
        name: String,
        /// Demand none any more
        #[arg(long)]
        remove: bool,
    },
    /// Subscribe a source's address at the service; what is subscribed already is looked at first
    #[command(
        after_help = "SmartLead has webhooks for each campaign, so run it again when there are new ones; Reply.io one for \
each event; at PhoneBurner a person enters what is printed. Run it again after `webhook url NAME --rotate`, and whenever \
deliveries stay away: what the service has switched off is switched on again.

Examples:
  atlas webhook register acme
  ATLAS_PUBLIC_URL=https://atlas.example.com atlas webhook register acme"
    )]
    Register {
        /// The source's name
        name: String,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Show deliveries as they come, until Ctrl-C
    Tail(SelectionArgs),
    /// Show deliveries that could not be understood, with the reason; they are kept
    #[command(
        after_help = "With --json each is a line with its body, secrets removed: what an issue about it needs, and \
people's data. A newer version may understand them: atlas replay --failed"
    )]
    Failed(SelectionArgs),
    /// Send a made-up delivery to the server on this machine
    #[command(after_help = "It is kept and counted like a real one: try it out on a database of its own.

Examples:
  atlas webhook trigger smartlead EMAIL_REPLY
  atlas webhook trigger replyio all
  atlas webhook trigger phoneburner              lists the kinds")]
    Trigger {
        /// smartlead, replyio or phoneburner
        service: String,
        /// The event, or all of them; lists them without one
        kind: Option<String>,
        /// Which source, where the service has several
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// About which campaign; without it, one that is known
        #[arg(long, value_name = "ID")]
        campaign: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Without dates the figures are those of a lifetime, as the service counts them. With dates they are
summed from daily figures, by the account's own days, both ends included.

Marks: \u{2013} unknown \u{b7} \u{2265} at least, as a part is not known \u{b7} ~ holds days that are estimated

Examples:
  atlas report campaigns --client Acme --from 2026-10-01 --to 2026-10-31
  atlas report clients --from 2026-11-01 --format csv
  atlas report campaign \"Q4 founders\""
)]
pub(crate) struct ReportArgs {
    /// Which report
    #[arg(default_value = "overview")]
    pub(crate) report: ReportName,
    /// For the report campaign: its id, or a part of its name that no other has
    pub(crate) id: Option<String>,
    /// The first day; without it, the first there is
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// The last day; without it, today
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only this client
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Show opens too; they are counted by pixels and robots as much as by people
    #[arg(long)]
    pub(crate) opens: bool,
    /// How it is printed
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Bring the schema up to date and say its version
    Migrate(JsonArgs),
    /// Say whether the database is sound
    #[command(after_help = "Exit codes: 0 sound · 1 not")]
    Check(JsonArgs),
    /// Write everything into one new SQLite file, also while a sync runs
    #[command(after_help = "Examples:
  atlas db backup atlas-$(date +%F).db")]
    Backup {
        /// The file; it must not be there yet
        file: PathBuf,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Check a backup and copy it into the database
    Restore {
        /// The backup; it is not changed
        file: PathBuf,
        /// Replace what is there; on SQLite the former content is kept in a file beside
        #[arg(long)]
        replace: bool,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Let a role of PostgreSQL read the views report_*, and nothing else
    #[command(after_help = "Examples:
  atlas db grant-readonly
  atlas db grant-readonly grafana_reader")]
    GrantReadonly {
        /// The role; it is made if it is not there
        #[arg(default_value = "atlas_readonly")]
        role: String,
    },
    /// Copy everything into another, empty database, also while a sync runs
    #[command(after_help = "Examples:
  atlas db copy --to postgres://atlas@localhost/atlas
  atlas --database postgres://atlas@localhost/atlas db copy --to sqlite:///home/me/atlas.db")]
    Copy {
        /// Where to: sqlite:///path/new.db or postgres://user@host/database
        #[arg(long, value_name = "URL")]
        to: String,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportName {
    /// All sources, a line each and the total, and what needs attention
    Overview,
    /// A line a campaign; those that were put away too, as archived
    Campaigns,
    /// One campaign: figures, leads, templates, days, problems
    Campaign,
    /// A line a client
    Clients,
    /// A line a mailbox, those that fail first
    Accounts,
    /// Calls by client, by caller, by hour of the day and by what came of them
    Calls,
    /// A line a template: rates with intervals, and how they move
    Variants,
    /// What of the copy goes with replies, within campaign and step
    Patterns,
    /// Replies by what they want
    Replies,
    /// What hurts delivery, or keeps figures from being true
    Alerts,
    /// How far people come over all services: e-mailed, replied, called, connected, meeting
    Journey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  atlas mapping campaigns.total_replied
  atlas mapping enrollment_snapshots
  atlas mapping smartlead --json
  atlas mapping verify"
)]
pub(crate) struct MappingArgs {
    #[command(subcommand)]
    pub(crate) command: Option<MappingCommand>,
    /// A table, a column as table.column, or a platform; everything without one
    pub(crate) what: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MappingCommand {
    /// What the service really answered, held against the mapping: paths and counts, safe to paste in public
    #[command(after_help = examples::VERIFY)]
    Verify(SelectionArgs),
}
