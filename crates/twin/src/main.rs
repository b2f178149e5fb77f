//! `atlas-twin`: a double of the services that Atlas reads, started by hand.

use std::convert::Infallible;
use std::future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use atlas_twin::{DaySeries, Dialect, Missed, Options, PhoneBurner, ReplyArea, ReplyHeader, Twin};
use clap::Parser;
use jiff::civil::Date;

/// A double of the services that Atlas reads, on loopback, with made-up accounts.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where to listen; loopback only, port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The accounts are made from this number.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// How answers are spelled: as observed, or as documented.
    #[arg(long, value_enum, default_value_t = Options::default().dialect)]
    dialect: Dialect,
    /// How many campaigns the SmartLead account has.
    #[arg(long, default_value_t = Options::default().campaigns)]
    campaigns: usize,
    /// The accounts' day; their history ends here.
    #[arg(long, default_value_t = Options::default().today)]
    today: Date,
    /// The key that opens the accounts.
    #[arg(long, default_value_t = Options::default().api_key)]
    api_key: String,
    /// Lessons lie in the SmartLead account: campaigns, mailboxes and replies of which it is known what they teach.
    #[arg(long)]
    lessons: bool,
    /// How long each answer takes.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Requests that SmartLead lets through within 60 seconds; 0 lets all through.
    #[arg(long, default_value_t = 0)]
    rate_limit: u32,
    /// Some records are odd.
    #[arg(long)]
    quirks: bool,
    /// How many leads of a campaign are told one by one at most; without a number, all of them.
    #[arg(long, value_name = "N", num_args = 0..=1, default_value = "40")]
    leads_per_campaign: Option<u64>,
    /// Whose figures by day are told when one asks for some campaigns': theirs, the whole account's, nobody's.
    #[arg(long, value_enum, default_value_t = Options::default().day_series)]
    day_series: DaySeries,
    /// The route that tells a campaign's positive replies is not there.
    #[arg(long)]
    no_positives: bool,
    /// How many of a campaign's mails up to that day are told one by one at most; without a number, all of them.
    #[arg(long, value_name = "N", num_args = 0..=1, default_value = "12")]
    mails_per_campaign: Option<u64>,
    /// When one asks for a campaign's mails of some days, all are told.
    #[arg(long)]
    ignores_mail_windows: bool,
    /// What SmartLead says of deliveries that failed.
    #[arg(long, value_enum, default_value_t = Options::default().missed)]
    missed: Missed,
    /// How many sequences the Reply.io account has.
    #[arg(long, default_value_t = Options::default().reply_sequences)]
    reply_sequences: usize,
    /// How many mailboxes it sends from.
    #[arg(long, default_value_t = Options::default().reply_mailboxes)]
    reply_mailboxes: usize,
    /// About how many people a sequence of it gets.
    #[arg(long, default_value_t = Options::default().reply_people)]
    reply_people: usize,
    /// A part of Reply.io that the key may not see.
    #[arg(long, value_enum, value_name = "AREA")]
    reply_forbids: Option<ReplyArea>,
    /// Reply.io's limits hold: 100 calls a minute and 3000 an hour, one in ten seconds of some old routes.
    #[arg(long)]
    reply_limits: bool,
    /// In which header Reply.io takes the key.
    #[arg(long, value_enum, default_value_t = Options::default().reply_header)]
    reply_header: ReplyHeader,
    /// Reply.io's pages alternate: the first, the second, the first again, without end.
    #[arg(long)]
    reply_alternates: bool,
    #[command(flatten)]
    phoneburner: PhoneBurner,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(Args::parse()).await;
    eprintln!("atlas-twin: {error}");
    ExitCode::FAILURE
}

/// Ends only where it cannot begin.
async fn run(args: Args) -> io::Result<Infallible> {
    let options = Options {
        seed: args.seed,
        dialect: args.dialect,
        campaigns: args.campaigns,
        today: args.today,
        api_key: args.api_key,
        lessons: args.lessons,
        latency: Duration::from_millis(args.latency_ms),
        rate_limit: args.rate_limit,
        quirks: args.quirks,
        leads_per_campaign: args.leads_per_campaign,
        day_series: args.day_series,
        has_positives: !args.no_positives,
        mails_per_campaign: args.mails_per_campaign,
        ignores_mail_windows: args.ignores_mail_windows,
        missed: args.missed,
        reply_sequences: args.reply_sequences,
        reply_mailboxes: args.reply_mailboxes,
        reply_people: args.reply_people,
        reply_forbids: args.reply_forbids,
        reply_limits: args.reply_limits,
        reply_header: args.reply_header,
        reply_alternates: args.reply_alternates,
        phoneburner: args.phoneburner,
    };
    let twin = Twin::start(options, args.listen).await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", twin.origin())?;
    stdout.flush()?;
    future::pending().await
}
