//! What may be typed.

mod access;
mod lessons;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::access::{TokenCommand, UserCommand};
pub(crate) use self::lessons::{AnalysisName, AnalyzeArgs};

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
    /// Every setting with its value and where it was set
    Config(JsonArgs),
    /// Check everything that can be wrong, and say what to do
    Doctor(JsonArgs),
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
    #[command(subcommand)]
    Source(SourceCommand),
    /// Bring the database up to date
    Sync(SyncArgs),
    /// What is going on: runs, progress, freshness, problems
    Status(SelectionArgs),
    /// The figures
    Report(ReportArgs),
    /// Learn from what was sent: features of the copy, patterns, decay
    Analyze(AnalyzeArgs),
    /// Derive the tables again from the kept answers
    Replay(ReplayArgs),
    /// Receive webhooks, answer the API
    Serve(ServeArgs),
    /// What the services post to us: addresses, secrets, trying it out
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// The database itself: backups, moves, checks
    #[command(subcommand)]
    Db(DbCommand),
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

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Store an account, its key encrypted, after asking each endpoint once
    #[command(after_help = "Examples:
  atlas source add smartlead --name acme
  atlas source add smartlead --name acme --client \"Acme Ltd\" --time-zone Europe/Berlin
  pass show smartlead | atlas source add smartlead --name acme --api-key-stdin")]
    Add(AddArgs),
    /// Store many accounts from a CSV file; a repeat is harmless
    #[command(after_help = IMPORT)]
    Import(ImportArgs),
    /// Stored accounts
    List(SelectionArgs),
    /// One account with its settings
    Show(SelectionArgs),
    /// Ask each endpoint of one account once and say what answers
    Test(SelectionArgs),
    /// Sign in by browser, where the service has a way
    #[command(after_help = "Examples:
  atlas source connect calls
  pass show phoneburner/secret | atlas source connect calls --client-id ID --client-secret-stdin")]
    Connect(ConnectArgs),
    /// Change settings, key, client, time zone or address of an account
    Set(SetArgs),
    /// Keep an account's figures and stop asking its service
    Archive {
        /// The source's name
        name: String,
        /// Ask again from now on
        #[arg(long)]
        undo: bool,
    },
    /// Remove an account and everything that was read from it
    Remove {
        /// The source's name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// smartlead, replyio or phoneburner
    pub(crate) platform: String,
    /// What you call it
    #[arg(long)]
    pub(crate) name: String,
    /// Whom the whole account is used for
    #[arg(long)]
    pub(crate) client: Option<String>,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// Scheme, host and port in place of the service's
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) base_url: Option<String>,
    /// The account's time zone, as Europe/Amsterdam
    #[arg(long, value_name = "TZ")]
    pub(crate) time_zone: Option<String>,
    /// A setting of the source; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Store it without asking the service
    #[arg(long)]
    pub(crate) no_test: bool,
}

/// What opens an account. Several flags that read standard input take a line each, in the order of the flags.
#[derive(Debug, Default, Args)]
pub(crate) struct CredentialArgs {
    /// Read the API key (PhoneBurner: the access token) from standard input
    #[arg(long)]
    pub(crate) api_key_stdin: bool,
    /// PhoneBurner: the client id of your application, for a sign-in that is renewed by itself
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// PhoneBurner: read the client secret from standard input
    #[arg(long)]
    pub(crate) client_secret_stdin: bool,
    /// PhoneBurner: read a refresh token from standard input
    #[arg(long)]
    pub(crate) refresh_token_stdin: bool,
}

impl CredentialArgs {
    pub(crate) const fn is_given(&self) -> bool {
        self.api_key_stdin || self.client_id.is_some() || self.client_secret_stdin || self.refresh_token_stdin
    }
}

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The source's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// The port of this machine to which the service sends the browser back; 0 for any
    #[arg(long, default_value_t = 8643)]
    pub(crate) port: u16,
}

const IMPORT: &str = "Columns, by name, in any order:
  platform   smartlead, replyio or phoneburner
  name       what you call the account
  client     whom the whole account is used for (optional)
  zone       the account's time zone, as Europe/Amsterdam (optional)
  key_env    the environment variable that holds its API key; ATLAS_API_KEY without one
  base_url   scheme, host and port in place of the service's (optional)
  and any setting of a source, as sync_leads

Exit codes: 0 all are stored · 2 something in the file is wrong, nothing is stored · 3 some are stored, the others \
were refused or did not answer · 4 every key was refused

Example:
  ACME_KEY=… UMBRELLA_KEY=… atlas source import accounts.csv";

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE.csv")]
    pub(crate) file: String,
    /// Store them without asking the service
    #[arg(long)]
    pub(crate) no_test: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// smartlead, replyio or phoneburner
    #[arg(long)]
    pub(crate) platform: Option<String>,
    /// What you call the first account
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Whom the whole account is used for
    #[arg(long)]
    pub(crate) client: Option<String>,
    /// The account's time zone, as Europe/Amsterdam; this machine's without it
    #[arg(long, value_name = "TZ")]
    pub(crate) time_zone: Option<String>,
    /// Read the API key from standard input
    #[arg(long)]
    pub(crate) api_key_stdin: bool,
    /// Scheme, host and port in place of the service's
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) base_url: Option<String>,
    /// A setting of the source; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Store it without asking the service
    #[arg(long)]
    pub(crate) no_test: bool,
    /// Set up the database alone
    #[arg(long, conflicts_with_all = ["platform", "name", "client", "time_zone", "api_key_stdin", "base_url",
                                      "settings", "no_test"])]
    pub(crate) no_source: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The source's name
    pub(crate) name: String,
    /// A setting of the source; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Settings of the source
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) more: Vec<String>,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// Whom the whole account is used for; empty for nobody
    #[arg(long)]
    pub(crate) client: Option<String>,
    /// The account's time zone, as Europe/Amsterdam
    #[arg(long, value_name = "TZ")]
    pub(crate) time_zone: Option<String>,
    /// Scheme, host and port in place of the service's; empty for the service's own
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) base_url: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done · 1 error · 3 some sources failed · 4 every key was refused · \
5 stopped at a time budget or quota, the rest is pending · 6 another process is at it · 130 interrupted")]
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
#[command(
    after_help = "Everything that a service said is kept. A replay understands it once more with today's mapping, in one
transaction: readers see the state before or the state after. Nothing is asked of a service."
)]
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
    /// Only receive
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
    Verify(SelectionArgs),
}
