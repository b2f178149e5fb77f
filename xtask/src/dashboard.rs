//! `cargo xtask dashboard`: builds the pages that the binary embeds, and tells what is missing for that.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{browser, spawn};

/// The oldest Node.js that its tools run on.
const NODE: u32 = 20;

/// Older ones leave out the native parts of the bundler; then this one is fetched for the installation.
const NPM: u32 = 11;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check its types and run its unit tests too
    #[arg(long)]
    check: bool,
    /// Try all of it in a browser, against the real program and a made-up account
    #[arg(long)]
    browser: bool,
}

/// `cargo xtask screens`: pictures of the pages over the data of the last demo, for docs/screens/.
pub(crate) fn screens() -> Result<()> {
    build()?;
    spawn::build()?;
    browser::run(&["--config", "screens.config.ts"])
}

pub(crate) fn run(args: &Args) -> Result<()> {
    build()?;
    if args.check {
        check()?;
    }
    if args.browser {
        spawn::build()?;
        browser::run(&[])?;
    }
    Ok(())
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
        let ci = ["ci", "--silent", "--no-audit", "--no-fund"];
        match major_of(&mut npm())? {
            0..NPM => spawn::run(npx().args(["--yes", &format!("npm@{NPM}")]).args(ci))?,
            _ => spawn::run(npm().args(ci))?,
        }
    }
    Ok(())
}

fn require_node() -> Result<()> {
    let major = major_of(&mut Command::new("node"))?;
    if major < NODE {
        bail!("the dashboard is built with Node.js {NODE} or newer; this is {major}");
    }
    Ok(())
}

/// The first number of what a program says of its version.
fn major_of(program: &mut Command) -> Result<u32> {
    let told = spawn::output(program.arg("--version"))
        .with_context(|| format!("the dashboard is built with Node.js {NODE} or newer, and npm"))?;
    let major = told.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    major.with_context(|| format!("no version: {}", told.trim()))
}

/// The dashboard's folder.
pub(crate) fn root() -> PathBuf {
    spawn::root().join("dashboard")
}

pub(crate) fn npm() -> Command {
    of_node("npm")
}

fn npx() -> Command {
    of_node("npx")
}

fn of_node(program: &str) -> Command {
    let mut command = Command::new(if cfg!(windows) { format!("{program}.cmd") } else { program.to_owned() });
    command.current_dir(root());
    command
}
