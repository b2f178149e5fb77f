//! `cargo xtask demo`: Atlas against the vendor twin, in a data dir of its own, with nothing to prepare.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::demo_day::Server;
use crate::twin::{TWIN_KEY, Twin};
use crate::{dashboard, spawn};

/// What is stored: the service, its name and settings of its own.
const SOURCES: [&[&str]; 3] = [
    &["smartlead", "--name", "mails", "--set", "sync_leads=true", "--set", "backfill_days=365"],
    &["replyio", "--name", "sequences", "--client", "Acme"],
    &["phoneburner", "--name", "calls", "--client", "Acme"],
];

/// What two clients are promised a week.
const TARGETS: [&[&str]; 2] = [
    &["Tessellate", "total_sent=8000", "reply_rate=0.03", "bounce_rate=0.02"],
    &["Acme", "total_sent=250", "reply_rate=0.04", "connects=100", "meetings_booked=5"],
];

const REPORTS: [&[&str]; 8] = [
    &["overview"],
    &["campaigns", "--limit", "15"],
    &["clients"],
    &["calls"],
    &["journey", "--limit", "8"],
    &["accounts", "--limit", "8"],
    &["variants", "--limit", "6"],
    &["patterns"],
];

/// Whoever looks at made-up people; on loopback, and gone with the demo.
const USER: &str = "demo@example.org";
const PASSWORD: &str = "demo-password";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// End after the sync, the webhooks and their reports
    #[arg(long)]
    no_serve: bool,
    /// How many campaigns the made-up account has
    #[arg(long, value_name = "N", default_value_t = 480)]
    campaigns: u32,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    announce(args.campaigns)?;
    if let Err(error) = dashboard::build() {
        println!("\nWithout the dashboard, as it cannot be built: {error:#}\n");
    }
    spawn::build()?;

    let data_dir = empty_data_dir()?;
    let began = now();
    let today = began.to_zoned(TimeZone::UTC).date();
    // The accounts end yesterday: what the services post is today's. Some templates truly do better, one wears off, some
    // mailboxes fail, and people are called who were e-mailed.
    let yesterday = today.saturating_sub(1.day()).to_string();
    let campaigns = args.campaigns.to_string();
    let options = ["--latency-ms", "3", "--campaigns", &campaigns, "--today", &yesterday, "--lessons"];
    let options = [&options[..], &["--phone-calls", "replyio"]].concat();
    let options: Vec<String> = options.into_iter().map(str::to_owned).collect();
    let twin = Twin::start(&spawn::binary("atlas-twin")?, &data_dir, &options)?;
    println!("\nThe vendor twin answers on {}: a double of the services, with made-up people.", twin.origin);
    for source in SOURCES {
        add_source(&data_dir, &twin.origin, source)?;
    }
    atlas(&data_dir, &["sync"])?;
    for report in REPORTS {
        atlas(&data_dir, &[&["report"][..], report].concat())?;
    }
    for targets in TARGETS {
        atlas(&data_dir, &[&["client", "targets"][..], targets].concat())?;
    }
    let mut user = command(&data_dir, &["user", "add", USER, "--role", "admin", "--password-stdin"])?;
    spawn::feed(&mut user, PASSWORD)?;
    let server = Server::start(&data_dir)?;
    println!("\nThe server receives webhooks on http://{}; the twin's services are told so.", server.address);
    for name in ["mails", "sequences"] {
        show(&mut server.atlas(&["webhook", "register", name])?, &data_dir)?;
    }
    println!("\nNow today's webhooks, from midnight on (UTC):");
    server.play(&twin.origin, began, !args.no_serve)?;
    println!("\nWhat the replies among them want, and what follows:");
    show(&mut server.atlas(&["analyze"])?, &data_dir)?;
    let day = today.to_string();
    show(&mut server.atlas(&["report", "overview", "--from", &day, "--to", &day])?, &data_dir)?;
    show(&mut server.atlas(&["status"])?, &data_dir)?;
    explain_what_next(&data_dir)?;
    if args.no_serve {
        return server.stop();
    }
    let link = spawn::output(&mut server.atlas(&["user", "link", USER])?)?;
    println!("\nThe dashboard, signed in (the link holds once, and for an hour):\n\n  {}\n", link.trim());
    println!("or http://{} as {USER} with the password {PASSWORD}.", server.address);
    println!(
        "The services go on posting until Ctrl-C, and the figures move. To make something arrive yourself:"
    );
    println!(
        "  ATLAS_DATA_DIR='{0}' ATLAS_LISTEN={1} atlas webhook trigger smartlead EMAIL_REPLY --source mails",
        data_dir.display(),
        server.address
    );
    server.go_on(&twin.origin, now)
}

#[expect(clippy::disallowed_methods, reason = "the made-up day is the one of whoever looks")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn announce(campaigns: u32) -> Result<()> {
    let already_built = spawn::binary("atlas")?.exists() && spawn::binary("atlas-twin")?.exists();
    let cost = match already_built {
        true => "already built, about 2 minutes; its 2 GB of disk are taken",
        false => "first build, about 5 minutes and 2 GB of disk",
    };
    println!("Builds Atlas and a double of the vendors' services ({cost}),");
    println!(
        "then syncs {campaigns} made-up campaigns, a Reply.io and a PhoneBurner account, has today's webhooks delivered, and prints reports. No key, no account, no question."
    );
    Ok(())
}

/// `demo` in the target directory, without what the last demo left in it.
fn empty_data_dir() -> Result<std::path::PathBuf> {
    let built = spawn::built()?;
    let data_dir = built.parent().unwrap_or(&built).join("demo");
    if data_dir.exists() {
        fs::remove_dir_all(&data_dir).with_context(|| format!("emptying {}", data_dir.display()))?;
    }
    fs::create_dir_all(&data_dir).with_context(|| format!("making {}", data_dir.display()))?;
    Ok(data_dir)
}

fn add_source(data_dir: &Path, origin: &str, source: &[&str]) -> Result<()> {
    let args =
        [&["source", "add"][..], source, &["--base-url", origin, "--api-key-stdin", "--set", "pace=off"]]
            .concat();
    println!("\n$ echo {TWIN_KEY} | atlas {}", args.join(" "));
    spawn::feed(&mut command(data_dir, &args)?, TWIN_KEY)
        .with_context(|| format!("the twin's log is {}", twin_log(data_dir)))
}

fn atlas(data_dir: &Path, args: &[&str]) -> Result<()> {
    show(&mut command(data_dir, args)?, data_dir)
}

fn show(command: &mut Command, data_dir: &Path) -> Result<()> {
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    println!("\n$ atlas {}", args.join(" "));
    spawn::run(command).with_context(|| format!("the demo stopped; the twin's log is {}", twin_log(data_dir)))
}

pub(crate) fn command(data_dir: &Path, args: &[&str]) -> Result<Command> {
    let mut atlas = spawn::atlas(data_dir)?;
    atlas.env("ATLAS_DATA_DIR", data_dir).args(args);
    Ok(atlas)
}

fn twin_log(data_dir: &Path) -> String {
    data_dir.join("twin.log").display().to_string()
}

fn explain_what_next(data_dir: &Path) -> Result<()> {
    let database = data_dir.join("atlas.db");
    println!();
    println!("Look further (the figures stay until the next demo):");
    println!("  alias atlas='{}'", spawn::binary("atlas")?.display());
    println!("  ATLAS_DATA_DIR='{}' atlas report campaigns", data_dir.display());
    println!("  sqlite3 '{}'", database.display());
    println!();
    println!("Now with your own key:");
    println!("  atlas source add smartlead --name NAME    # or replyio, phoneburner; asks for the key");
    println!("  atlas sync");
    println!("  atlas report overview");
    Ok(())
}
