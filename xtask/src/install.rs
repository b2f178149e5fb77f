//! What the tests need and this machine lacks, from Debian's or Ubuntu's packages, where we may.

use std::process::Command;

use anyhow::Result;

use crate::spawn;

/// Whether there is somebody to install and we are allowed to.
pub(crate) fn can_install() -> Result<bool> {
    Ok(we_are_root()? && spawn::output(Command::new("apt-get").arg("--version")).is_ok())
}

/// Installs a package without asking.
pub(crate) fn install(package: &str) -> Result<()> {
    spawn::run(apt_get().arg("update"))?;
    spawn::run(apt_get().args(["install", "-y", "--no-install-recommends", package]))
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get
}

pub(crate) fn we_are_root() -> Result<bool> {
    Ok(spawn::output(Command::new("id").arg("-u"))?.trim() == "0")
}
