//! What may be typed about alerts.

use clap::{Subcommand, ValueEnum};

use super::JsonArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Take note of an alert, so that others see that somebody does
    Acknowledge {
        /// Its number, as `atlas report alerts` tells it
        id: i64,
        /// Take that back
        #[arg(long)]
        undo: bool,
    },
    /// From when on something is an alert; set it as NAME=VALUE, or NAME= for what is usual
    #[command(after_help = "Examples:
  atlas alert thresholds
  atlas alert thresholds bounce_rate_warning=0.015 silent_hours=48
  atlas alert thresholds bounce_rate_warning=")]
    Thresholds {
        /// What shall be different; what is not named stays
        #[arg(value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// One JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Whom alerts are told to
    #[command(subcommand)]
    Target(TargetCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    /// Tell somebody from now on; the address is read from standard input, or asked for
    #[command(
        after_help = "A webhook's posts are signed: the secret is printed once. Atlas-Signature: t=SECONDS,v1=HEX is the
HMAC-SHA256 with it over the seconds, a dot and the body. A notice that comes twice has the same id.

Examples:
  pass show slack/deliverability | atlas alert target add ops slack
  echo https://hooks.example.com/atlas | atlas alert target add pager webhook --critical"
    )]
    Add {
        /// What you call it
        name: String,
        /// How it is told
        kind: TargetKind,
        /// Tell critical alerts alone
        #[arg(long)]
        critical: bool,
    },
    /// Whom alerts are told to, and whether they hear
    List(JsonArgs),
    /// Send a made-up notice
    Test {
        /// The target's name
        name: String,
    },
    /// Tell somebody nothing any more
    Remove {
        /// The target's name
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetKind {
    /// A text, as Slack, Mattermost and others take it
    Slack,
    /// JSON, signed
    Webhook,
}
