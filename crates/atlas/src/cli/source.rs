//! What may be typed about data sources.

use clap::{Args, Subcommand};

use super::SelectionArgs;
use crate::examples;

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
    #[command(after_help = examples::SOURCE_SET)]
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
