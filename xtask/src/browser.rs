//! The browser that the dashboard is tested and photographed in, and how it is driven.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{dashboard, install, spawn};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Runs browser tests, all or those that `args` name, against the built programs.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    spawn::run(&mut tests(args)?)
}

/// What runs them.
pub(crate) fn tests(args: &[&str]) -> Result<Command> {
    let chromium = chromium()?;
    let mut npm = dashboard::npm();
    npm.args(["run", "--silent", "browser", "--"]).args(args);
    npm.env("CHROMIUM", chromium).env("ATLAS_BIN", spawn::built()?);
    Ok(npm)
}

/// The one of this machine; as root on Debian or Ubuntu it is installed.
fn chromium() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !install::can_install()? {
        bail!("no Chromium found; install it (`sudo apt-get install chromium`)");
    }
    println!("Chromium: none found, installing it with apt-get");
    install::install("chromium")?;
    find().context("apt-get installed no Chromium; install one by hand")
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| {
        let path = spawn::output(Command::new("which").arg(name)).ok()?;
        Some(PathBuf::from(path.trim()))
    })
}
