//! The vendor twin as a program beside ours.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::minder::Minder;

/// The key that the twin takes unless told otherwise.
pub(crate) const TWIN_KEY: &str = "twin-key";

/// A running twin; it ends when this is dropped.
pub(crate) struct Twin {
    child: Child,
    minder: Option<Minder>,
    pub(crate) origin: String,
}

impl Twin {
    /// Starts a program with an account as the options say; its log is `twin.log` in `dir`.
    pub(crate) fn start(program: &Path, dir: &Path, options: &[String]) -> Result<Twin> {
        Self::start_as(Command::new(program), dir, options)
    }

    /// The same, behind a program that starts it.
    pub(crate) fn start_as(mut command: Command, dir: &Path, options: &[String]) -> Result<Twin> {
        let log = dir.join("twin.log");
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).with_context(|| format!("making {}", log.display()))?)
            .spawn()
            .context("starting atlas-twin")?;
        let stdout = child.stdout.take();
        let mut twin = Twin { child, minder: None, origin: String::new() };
        if cfg!(unix) {
            twin.minder = Some(Minder::start(r#"kill "$1""#, [twin.child.id().to_string()])?);
        }

        let mut stdout = BufReader::new(stdout.context("atlas-twin has no standard output")?);
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).context("reading the twin's address")?;
        let Some(origin) = first_line.trim_end().strip_prefix("listening on ") else {
            let complaint = fs::read_to_string(&log).unwrap_or_default();
            bail!("atlas-twin did not say where it listens; it said:\n{first_line}{complaint}");
        };
        twin.origin = origin.to_owned();
        // Whatever else it prints must not fill the pipe and stop it.
        std::thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        Ok(twin)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // The minder first, while the process, not yet waited for, still owns its id.
        self.minder = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
