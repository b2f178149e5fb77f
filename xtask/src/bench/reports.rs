//! `cargo xtask bench reports`: how long readers of a large account wait, while a sync and deliveries write into it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::listening;
use super::webhooks::{KEY, event};
use super::{Database, add_source, atlas, example, now, on_each, release};
use crate::spawn;
use crate::twin::Twin;

#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// Single events of the account, over 2,000 campaigns, 60 clients and three years
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// How long is read
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Readers, each with a connection of its own
    #[arg(long, default_value_t = 8)]
    readers: usize,
    /// How long a reader looks at an answer before asking for the next one
    #[arg(long, default_value_t = 100)]
    pause_ms: u64,
    /// Deliveries a second
    #[arg(long, default_value_t = 200)]
    deliveries: u64,
    /// The sync does not keep the service's pace, which no service allows: as many pages as two cores can write
    #[arg(long)]
    pace_off: bool,
    /// Measure one database only
    #[arg(long, value_enum)]
    on: Option<Database>,
    /// Measure a database that the example `account` filled before, and keep it
    #[arg(long, value_name = "URL", conflicts_with_all = ["events", "on"])]
    account: Option<String>,
}

/// What is asked for: of one client or campaign, or of the whole account; the name, and the question after `/api/v1/`.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("client", "overview, lifetime", "overview?client={client}"),
    ("client", "overview, 30 days", "overview?client={client}&from={-29}&to={0}&compare=previous"),
    ("client", "overview, a year", "overview?client={client}&from={-364}&to={0}"),
    ("client", "series, 90 days", "series?client={client}&from={-89}&to={0}"),
    ("client", "campaigns, 30 days", "campaigns?client={client}&from={-29}&to={0}"),
    ("client", "funnel, 90 days", "funnel?client={client}&from={-89}&to={0}"),
    ("client", "heatmap, 90 days", "heatmap?client={client}&from={-89}&to={0}"),
    ("client", "replies", "replies?client={client}&limit=50"),
    ("client", "mailboxes", "mailboxes?client={client}"),
    ("campaign", "detail, 90 days", "campaigns/{campaign}?from={-89}&to={0}"),
    ("campaign", "series", "campaigns/{campaign}/series"),
    ("campaign", "variants", "campaigns/{campaign}/variants"),
    ("campaign", "enrollment", "campaigns/{campaign}/enrollment"),
    ("campaign", "heatmap", "campaigns/{campaign}/heatmap"),
    ("campaign", "replies", "campaigns/{campaign}/replies?limit=50"),
    ("account", "overview, lifetime", "overview"),
    ("account", "overview, 30 days", "overview?from={-29}&to={0}&compare=previous"),
    ("account", "overview, a year, by source", "overview?from={-364}&to={0}&group_by=source"),
    ("account", "clients, 90 days", "clients?from={-89}&to={0}"),
    ("account", "series, a year", "series?from={-364}&to={0}"),
    ("account", "series, 3 years by week", "series?from={-1094}&to={0}&granularity=week"),
    ("account", "heatmap, lifetime", "heatmap"),
    ("account", "campaigns, 30 days", "campaigns?from={-29}&to={0}&limit=100"),
    ("account", "mailboxes", "mailboxes"),
    ("account", "mailboxes, 3 years", "mailboxes?from={-1094}&to={0}"),
    ("account", "replies by intent, 3 years", "replies/intents?from={-1094}&to={0}"),
    ("account", "journey, lifetime", "journey"),
    ("account", "replies", "replies?limit=50"),
    ("account", "needs attention", "needs-attention"),
];

/// How far a reader goes for its next question, each its own way, so that no question always meets the same others:
/// none of them has a factor in common with the number of questions.
const STRIDES: [usize; 8] = [3, 5, 7, 9, 11, 15, 17, 19];

/// How much there is of each, as the account was made.
const SOURCES: usize = 4;
const CAMPAIGNS: usize = 2_000;
const CLIENTS: usize = 60;

pub(super) fn run(args: &ReportArgs) -> Result<()> {
    let build =
        ["build", "--release", "--package", "atlas", "--package", "atlas-twin", "--package", "atlas-store"];
    spawn::run(spawn::cargo().args(build).args(["--bins", "--example", "account"]))?;
    if let Some(url) = &args.account {
        return measure(args, tempfile::tempdir()?.path(), url);
    }
    on_each(args.on, |database, dir, [url, _]| {
        let began = now();
        spawn::output(Command::new(example("account")?).args([url, &args.events.to_string()]))?;
        println!("\n{database:?}: {} events, written in {:.0} s", args.events, began.elapsed().as_secs_f64());
        measure(args, dir, url)
    })
}

fn measure(args: &ReportArgs, dir: &Path, url: &str) -> Result<()> {
    let options = ["--campaigns", "40", "--leads-per-campaign"].map(str::to_owned);
    // The service is elsewhere: here it takes no more of the cores than the sync that asks it.
    let mut away = Command::new("nice");
    away.args(["-n", "10"]).arg(release("atlas-twin")?);
    let twin = Twin::start_as(away, dir, &options)?;
    let ours = || -> Result<Command> {
        let mut ours = atlas(dir, url)?;
        ours.env("ATLAS_SECRET_KEY", KEY);
        Ok(ours)
    };
    // An account that is measured again has it already.
    if !ours()?.args(["source", "show", "bench"]).output()?.status.success() {
        add_source(dir, url, &twin.origin, Some(KEY))?;
    }
    let pace = if args.pace_off { "pace=off" } else { "pace=standard" };
    spawn::output(ours()?.args(["source", "set", "bench", "--base-url", &twin.origin, "--set", pace]))?;
    let address = spawn::output(ours()?.args(["webhook", "url", "bench"]))?;
    let door = address.trim().strip_prefix("http://127.0.0.1:8642").context("no address")?.to_owned();
    let token = spawn::output(ours()?.args(["token", "create", "bench"]))?.trim().to_owned();
    let mut serve = ours()?;
    serve
        .args(["serve", "--no-sync", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut server = serve.spawn()?;
    let read = listening(&mut server).and_then(|address| beside_a_sync(&ours, args, &address, &door, &token));
    stop(&mut server)?;
    print(read?);
    Ok(())
}

fn stop(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait().map(drop).map_err(Into::into)
}

/// How long each answer took in milliseconds, by whom it was of and what it was.
type Waits = BTreeMap<(&'static str, &'static str), Vec<f64>>;

/// Reads while a sync goes on, and another one when it has ended.
fn beside_a_sync(
    ours: &impl Fn() -> Result<Command>,
    args: &ReportArgs,
    address: &str,
    door: &str,
    token: &str,
) -> Result<Waits> {
    let mut sync = ours()?;
    sync.args(["sync", "bench", "--full", "--json"]).stdout(Stdio::null()).stderr(Stdio::null());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let syncs = scope.spawn(|| -> Result<()> {
            let mut child = sync.spawn()?;
            while !is_over.load(Ordering::Relaxed) {
                if child.try_wait()?.is_some() {
                    child = sync.spawn()?;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            stop(&mut child)
        });
        let read = read(args, address, door, token);
        is_over.store(true, Ordering::Relaxed);
        syncs.join().unwrap_or_else(|_| bail!("the sync went wrong"))?;
        read
    })
}

fn read(args: &ReportArgs, address: &str, door: &str, token: &str) -> Result<Waits> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let until = now() + Duration::from_secs(args.seconds);
    runtime.block_on(async {
        let mut readers = JoinSet::new();
        for reader in 0..args.readers {
            let (address, token) = (address.to_owned(), token.to_owned());
            let pause = Duration::from_millis(args.pause_ms);
            readers.spawn(async move {
                let mut server = Connection::open(&address).await?;
                let mut waits = Waits::new();
                // Everything once before it counts: the first question of a kind finds cold pages.
                for turn in reader.. {
                    let (whom, what, question) =
                        QUESTIONS[turn * STRIDES[reader % STRIDES.len()] % QUESTIONS.len()];
                    let question = filled(question, turn * 13 + reader);
                    let head =
                        format!("GET /api/v1/{question} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n");
                    let began = now();
                    server.ask(&head, "").await?;
                    if turn - reader >= QUESTIONS.len() {
                        waits.entry((whom, what)).or_default().push(began.elapsed().as_secs_f64() * 1000.0);
                    }
                    if now() > until {
                        break;
                    }
                    tokio::time::sleep(pause).await;
                }
                anyhow::Ok(waits)
            });
        }
        let posting = async {
            let mut server = Connection::open(address).await?;
            let mut ticks =
                tokio::time::interval(Duration::from_secs(1) / u32::try_from(args.deliveries.max(1))?);
            for number in 0.. {
                ticks.tick().await;
                let head = format!("POST {door} HTTP/1.1\r\nContent-Type: application/json\r\n");
                server.ask(&head, &event(number)).await?;
                if now() > until {
                    break;
                }
            }
            anyhow::Ok(())
        };
        posting.await?;
        let mut waits = Waits::new();
        while let Some(done) = readers.join_next().await {
            for (what, more) in done?? {
                waits.entry(what).or_default().extend(more);
            }
        }
        Ok(waits)
    })
}

/// A question about this or that client and campaign; days are counted from the last one.
fn filled(question: &str, turn: usize) -> String {
    let (client, campaign) = (turn % CLIENTS, turn * 37 % CAMPAIGNS);
    let last: jiff::civil::Date = jiff::civil::date(2026, 11, 27);
    let mut text = question
        .replace("{client}", &format!("Client%20{client}"))
        .replace("{campaign}", &format!("account-{}/{campaign:07}", campaign % SOURCES));
    while let Some((before, rest)) = text.clone().split_once('{') {
        let (days, after) = rest.split_once('}').unwrap_or_default();
        let day = last.saturating_add(jiff::Span::new().days(days.parse::<i64>().unwrap_or_default()));
        text = format!("{before}{day}{after}");
    }
    text
}

/// A connection that is kept.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks and reads the whole answer.
    async fn ask(&mut self, head: &str, body: &str) -> Result<()> {
        let text = format!("{head}Host: bench\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.0.get_mut().write_all(text.as_bytes()).await?;
        let (mut line, mut length, mut status) = (String::new(), 0, String::new());
        loop {
            line.clear();
            self.0.read_line(&mut line).await?;
            let trimmed = line.trim_end();
            if trimmed.is_empty() {
                break;
            }
            if status.is_empty() {
                trimmed.clone_into(&mut status);
            }
            if let Some((name, value)) = trimmed.split_once(": ")
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).await?;
        if !status.starts_with("HTTP/1.1 200") {
            bail!("{head}: {status} {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }
}

fn print(waits: Waits) {
    println!("{:<10}{:<30}{:>8}{:>9}{:>9}{:>9}", "of one", "report", "answers", "p50 ms", "p99 ms", "max ms");
    let mut of = BTreeMap::<&str, Vec<f64>>::new();
    for ((whom, what), waits) in waits {
        line(whom, what, waits.clone());
        of.entry(whom).or_default().extend(waits);
    }
    for (whom, waits) in of {
        line(whom, "all", waits);
    }
}

fn line(whom: &str, what: &str, mut waits: Vec<f64>) {
    waits.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!("{whom:<10}{what:<30}{:>8}{:>9.1}{:>9.1}{:>9.1}", waits.len(), at(0.5), at(0.99), at(1.0));
}
