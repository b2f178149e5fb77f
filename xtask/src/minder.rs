//! Tidies up after us whatever ends us: success, error, Ctrl-C or a kill that no destructor survives.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A shell that sleeps until our end of its standard input closes, which the system does for a process that is
/// gone, and then runs its script.
pub(crate) struct Minder(Child);

impl Minder {
    /// Starts one; `args` are the script's `$1`, `$2`, ….
    pub(crate) fn start<A: AsRef<OsStr>>(script: &str, args: impl IntoIterator<Item = A>) -> Result<Minder> {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("trap '' HUP INT TERM; cat >/dev/null; {script}"))
            .arg("minder")
            .args(args);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Out of our process group, or the Ctrl-C that ends us would end it first.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        Ok(Minder(shell.spawn().context("starting sh, which tidies up afterwards")?))
    }
}

impl Drop for Minder {
    fn drop(&mut self) {
        // Closes its standard input, then waits until it has tidied up.
        let _ = self.0.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn runs_its_script_when_dropped_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tidied");
        let minder = Minder::start(r#": >"$1""#, [&file]).unwrap();
        assert!(!file.exists());
        drop(minder);
        assert!(file.exists());
    }
}
