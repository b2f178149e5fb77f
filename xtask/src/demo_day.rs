//! The demo's server, and the day that is posted to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::demo::command;
use crate::minder::Minder;
use crate::spawn;

/// Mails of each service on the made-up day; calls are a quarter as many.
const MAILS: u32 = 300;
/// After the day they post a few more mails every few seconds, with what came of them since.
const MAILS_LATER: u32 = 8;
const EVERY: Duration = Duration::from_secs(10);
const LATE_H: i64 = 4;
/// Between two deliveries while somebody looks.
const PAUSE_MS: u32 = 40;
/// Where the server listens, or on the next port that is free.
const PORT: u16 = 8642;

/// A running `atlas serve`; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    minder: Option<Minder>,
    data_dir: PathBuf,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(data_dir: &Path) -> Result<Server> {
        let free = (PORT..PORT + 50).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        let address = format!("127.0.0.1:{}", free.context("no port is free for the server")?);
        let mut serve = command(data_dir, &["serve", "--no-sync"])?;
        let mut child = serve.env("ATLAS_LISTEN", &address).stderr(Stdio::piped()).spawn()?;
        let said = child.stderr.take();
        let mut server = Server { child, minder: None, data_dir: data_dir.to_owned(), address };
        if cfg!(unix) {
            server.minder = Some(Minder::start(r#"kill "$1""#, [server.child.id().to_string()])?);
        }
        let mut said = BufReader::new(said.context("atlas serve has no standard error")?);
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                bail!("atlas serve did not start");
            }
        }
        // What else it says must not fill the pipe and stop it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::stderr()));
        Ok(server)
    }

    /// A command of `atlas` that knows where the server is.
    pub(crate) fn atlas(&self, args: &[&str]) -> Result<Command> {
        let mut atlas = command(&self.data_dir, args)?;
        atlas.env("ATLAS_LISTEN", &self.address);
        Ok(atlas)
    }

    /// Lets the services post what happened since midnight.
    pub(crate) fn play(&self, twin: &str, now: Timestamp, is_watched: bool) -> Result<()> {
        let midnight = now.to_zoned(TimeZone::UTC).start_of_day()?.timestamp();
        let pause = if is_watched { PAUSE_MS } else { 0 };
        let told = self.post(twin, (midnight, now), (MAILS, pause, 1))?;
        println!("{} deliveries posted, {} of them taken", told["posted"], told["taken"]);
        Ok(())
    }

    /// Lets them post what happened between two times: how many mails, how long between two deliveries, made from which
    /// number.
    fn post(
        &self,
        twin: &str,
        (from, until): (Timestamp, Timestamp),
        (mails, pause, seed): (u32, u32, u64),
    ) -> Result<serde_json::Value> {
        let calls_to = spawn::output(self.atlas(&["webhook", "url", "calls"])?.stderr(Stdio::null()))?;
        // An address within an address.
        let calls_to = calls_to.trim().replace('?', "%3F").replace('&', "%26").replace('=', "%3D");
        let path = format!(
            "/_twin/play?from={from}&until={until}&mails={mails}&pause_ms={pause}&seed={seed}&calls_to={calls_to}"
        );
        let host = twin.strip_prefix("http://").context("the twin's address")?;
        let mut line = TcpStream::connect(host).context("asking the twin to play")?;
        write!(
            line,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        let mut answer = String::new();
        line.read_to_string(&mut answer)?;
        let (head, told) = answer.split_once("\r\n\r\n").context("the twin's answer")?;
        serde_json::from_str(told).with_context(|| head.to_owned())
    }

    /// Ends it as a service manager would: what has begun is finished.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.minder = None;
        if cfg!(not(unix)) {
            self.child.kill()?;
        }
        self.child.wait().context("waiting for atlas serve")?;
        Ok(())
    }

    /// Until somebody ends it the services go on posting a little of what happened within the last hours, so that figures
    /// move while one looks; replies are sorted at once, and not after the next sync.
    pub(crate) fn go_on(mut self, twin: &str, clock: fn() -> Timestamp) -> Result<()> {
        for round in 2.. {
            std::thread::sleep(EVERY);
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(()) } else { bail!("atlas serve ended with {status}") };
            }
            let now = clock();
            // A server that is being ended takes none; the next look tells.
            let _ = self.post(twin, (now - LATE_H.hours(), now), (MAILS_LATER, PAUSE_MS, round));
            let _ = spawn::output(&mut self.atlas(&["analyze", "replies"])?);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The minder first, while the process, not yet waited for, still owns its id.
        self.minder = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
