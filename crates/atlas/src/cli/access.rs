//! What may be typed about what the user alone knows: who may look and change, what came of it.

use atlas_store::{Role, Scope};
use clap::Subcommand;

use super::JsonArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Let somebody sign in; the password is asked for
    #[command(after_help = "Examples:
  atlas user add ada@example.com --role admin
  pass show atlas/acme | atlas user add jo@acme.com --role client-viewer --client Acme --password-stdin")]
    Add {
        /// The address
        email: String,
        /// admin: everything; member: all but users and tokens; client-viewer: sees one client
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// The only client that a client-viewer sees
        #[arg(long)]
        client: Option<String>,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// A link that signs somebody in without their password: once, within an hour
    #[command(after_help = "Example:
  atlas user link ada@example.com")]
    Link {
        /// The address
        email: String,
    },
    /// Who may sign in
    List(JsonArgs),
    /// Let somebody sign in no longer; their sessions end
    Remove {
        /// The address
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed this once
    #[command(after_help = "Examples:
  atlas token create grafana
  atlas token create nightly-import --scope write --expires-in-days 365
  atlas token create acme-portal --client Acme")]
    Create {
        /// What you call it
        name: String,
        /// read, or write
        #[arg(long, default_value = "read")]
        scope: Scope,
        /// The only client that it shows
        #[arg(long)]
        client: Option<String>,
        /// How long it holds; for ever without it
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3650))]
        expires_in_days: Option<i64>,
    },
    /// Tokens, never their text
    List(JsonArgs),
    /// Take a token away
    Revoke {
        /// Its number, as `atlas token list` tells it
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutcomeCommand {
    /// Store meetings and deals from a CSV file; a repeat is harmless
    #[command(after_help = "Columns, by name, in any order:
  client        whose it is
  email         with whom
  kind          meeting_booked, meeting_held, deal_won
  occurred_on   the day, as 2026-11-02
  value         what a deal is worth (may be empty)
  currency      as EUR (may be empty)

Example:
  atlas outcome import meetings.csv")]
    Import {
        /// The file; - for standard input
        #[arg(value_name = "FILE.csv")]
        file: String,
    },
}
