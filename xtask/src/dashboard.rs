//! `cargo xtask dashboard`: builds the pages that the binary embeds, and tells what is missing for that.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{browser, spawn};

/// The oldest Node.js that its tools run on.
const NODE: u32 = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check its types and run its unit tests too
    #[arg(long)]
    check: bool,
}

/// `cargo xtask screens`: pictures of the pages over the data of the last demo, for docs/screens/.
pub(crate) fn screens() -> Result<()> {
    build()?;
    spawn::build()?;
    browser::run(&["--config", "screens.config.ts"])
}

pub(crate) fn run(args: &Args) -> Result<()> {
    build()?;
    if args.check { check() } else { Ok(()) }
}

/// Types from the API's document, then pages.
pub(crate) fn build() -> Result<()> {
    require_node()?;
    install()?;
    spawn::run(npm().args(["run", "--silent", "types"]))?;
    spawn::run(npm().args(["run", "--silent", "build", "--", "--logLevel", "warn"]))
}

/// Its types hold, and its functions do what their tests say.
pub(crate) fn check() -> Result<()> {
    spawn::run(npm().args(["run", "--silent", "check"]))?;
    spawn::run(npm().args(["run", "--silent", "test"]))
}

/// What is written there, no newer and no other.
fn install() -> Result<()> {
    let changed = |file: &str| fs::metadata(root().join(file)).and_then(|data| data.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_none() || installed < changed("package-lock.json") {
        println!("installing what the dashboard is built with");
        spawn::run(npm().args(["ci", "--silent", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

fn require_node() -> Result<()> {
    let told = spawn::output(Command::new("node").arg("--version"))
        .context("the dashboard is built with Node.js 20 or newer, and npm")?;
    let major =
        told.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("the dashboard is built with Node.js {NODE} or newer; this is {}", told.trim());
    }
    Ok(())
}

/// The dashboard's folder.
pub(crate) fn root() -> PathBuf {
    spawn::root().join("dashboard")
}

pub(crate) fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(root());
    npm
}
