//! `cargo xtask bench pages`: how long a person waits for the dashboard, as a browser counts it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Database, example, now, on_each, release};
use crate::{browser, dashboard, spawn};

#[derive(clap::Args)]
pub(crate) struct PageArgs {
    /// Make an account of so many single events; else that of the last `cargo xtask demo` is looked at
    #[arg(long)]
    events: Option<u64>,
    /// Look at the account in a folder that has its `atlas.db`
    #[arg(long, value_name = "DIR", conflicts_with = "events")]
    account: Option<PathBuf>,
}

pub(super) fn run(args: &PageArgs) -> Result<()> {
    // Pages first: the binary takes them along.
    dashboard::build()?;
    let build = ["build", "--release", "--package", "atlas", "--package", "atlas-store", "--bins"];
    spawn::run(spawn::cargo().args(build).args(["--example", "account"]))?;
    if let Some(dir) = &args.account {
        return spawn::run(looking()?.env("ATLAS_ACCOUNT", std::path::absolute(dir)?));
    }
    let Some(events) = args.events else { return spawn::run(&mut looking()?) };
    on_each(Some(Database::Sqlite), |_, dir, _| {
        let began = now();
        let url = format!("sqlite://{}", dir.join("atlas.db").display());
        spawn::output(Command::new(example("account")?).args([url, events.to_string()]))?;
        println!("{events} events, written in {:.0} s", began.elapsed().as_secs_f64());
        spawn::run(looking()?.env("ATLAS_ACCOUNT", dir))
    })
}

/// The browser, which serves what it looks at by the release build.
fn looking() -> Result<Command> {
    let mut looking = browser::tests(&["--config", "speed.config.ts"])?;
    let atlas = release("atlas")?;
    looking.env("ATLAS_BIN", atlas.parent().context("no folder of releases")?);
    Ok(looking)
}
