//! How long it takes from a delivery to the figure in a report, while another source is synced.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{listening, now, release};
use crate::spawn;
use crate::twin::{TWIN_KEY, Twin};

/// Between one look at the report and the next.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A figure that does not come is not waited for.
const LONGEST: Duration = Duration::from_secs(30);

/// Posts one delivery after the other, each when the figure of the one before stands in the report.
pub(super) fn measure(
    ours: &impl Fn() -> Result<Command>,
    dir: &Path,
    target: &str,
    seconds: u64,
) -> Result<()> {
    let options = ["--campaigns".to_owned(), "60".to_owned(), "--leads-per-campaign".to_owned()];
    let twin = Twin::start(&release("atlas-twin")?, dir, &options)?;
    let mut add = ours()?;
    add.args(["source", "add", "smartlead", "--name", "account", "--base-url", &twin.origin, "--no-test"]);
    add.args(["--set", "pace=off", "--set", "sync_leads=true"]).env("ATLAS_API_KEY", TWIN_KEY);
    spawn::output(&mut add)?;
    spawn::output(ours()?.args(["source", "set", "bench", "--base-url", "http://127.0.0.1:9"]))?;
    let token = spawn::output(ours()?.args(["token", "create", "bench"]))?;
    let mut serve = ours()?;
    serve.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut server = serve.spawn()?;
    let measured = listening(&mut server).and_then(|address| {
        let mut line = Line::open(&address, token.trim())?;
        let sent = |line: &mut Line| line.figure(4712, "2026-10-06", "total_sent");
        let until = now() + Duration::from_secs(seconds);
        let (mut waits, mut seen) = (Vec::new(), sent(&mut line)?);
        while now() < until {
            let began = now();
            line.ask("POST", target, &mail(waits.len()))?;
            loop {
                let told = sent(&mut line)?;
                if told > seen {
                    seen = told;
                    break;
                }
                if began.elapsed() > LONGEST {
                    bail!("the figure of a delivery did not come within {LONGEST:?}");
                }
                std::thread::sleep(LOOK_EVERY);
            }
            waits.push(began.elapsed());
        }
        let status: Value =
            serde_json::from_str(&spawn::output(ours()?.args(["status", "account", "--json"]))?)?;
        Ok((waits, status))
    });
    server.kill()?;
    server.wait()?;
    let (mut waits, status) = measured?;
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let run = &status[0]["runs"][0];
    println!(
        "from POST to the figure in a report, while a sync runs ({}, {} rows so far): p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms \
         ({} deliveries)",
        run["outcome"].as_str().unwrap_or("unknown"),
        run["rows_changed"],
        at(0.5),
        at(0.99),
        at(1.0),
        waits.len(),
    );
    Ok(())
}

/// A mail that was sent, each another one.
fn mail(number: usize) -> String {
    format!(
        "{{\"event_type\":\"EMAIL_SENT\",\"stats_id\":\"fresh-{number}\",\"to_email\":\"fresh-{number}@receiver.test\",\
         \"sl_email_lead_id\":\"9{number:09}\",\"time_sent\":\"2026-10-06T12:00:00+00:00\",\"campaign_id\":4712,\
         \"campaign_name\":\"Another campaign\",\"sequence_number\":1,\"subject\":\"A subject\"}}"
    )
}

/// A connection that is kept.
pub(super) struct Line {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Line {
    pub(super) fn open(address: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    fn ask(&mut self, method: &str, target: &str, body: &str) -> Result<Value> {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut first, mut length) = (String::new(), 0);
        self.stream.read_line(&mut first)?;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 || line == "\r\n" {
                break;
            }
            if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                length = told.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        if !first.starts_with("HTTP/1.1 200") {
            bail!("{method} {target}: {first}{}", String::from_utf8_lossy(&answer));
        }
        serde_json::from_slice(&answer).with_context(|| format!("{method} {target} answered no JSON"))
    }

    /// What the report says of a campaign's day.
    pub(super) fn figure(&mut self, campaign: u32, day: &str, name: &str) -> Result<i64> {
        let of_day = format!("/api/v1/series?source=bench&campaign={campaign}&from={day}&to={day}");
        Ok(self.ask("GET", &of_day, "")?["data"][0][name].as_i64().unwrap_or_default())
    }
}
