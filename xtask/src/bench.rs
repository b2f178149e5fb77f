//! `cargo xtask bench`: what Atlas takes, measured: time, processor, memory, disk. Not a test: figures for people.

mod analyze;
mod fresh;
mod pages;
mod reports;
mod webhooks;
mod year;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::Value;
use wait4::Wait4;

use crate::postgres::Cluster;
use crate::spawn;
use crate::twin::{TWIN_KEY, Twin};

/// How often a process's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// A first and a second sync of many leads, beside a bare loop of the same statements
    Sync(SyncArgs),
    /// Deliveries sent over many connections, beside a server that stores nothing and a bare loop of the same rows
    Webhooks(webhooks::WebhookArgs),
    /// Lessons drawn from a million mails of 20,000 templates, and again after a day
    Analyze(analyze::AnalyzeArgs),
    /// Reports of a large account over HTTP, while a sync and deliveries write into it
    Reports(reports::ReportArgs),
    /// Cold loads of the dashboard and changes of its filters in a browser, over a large account or the last demo's
    Pages(pages::PageArgs),
    /// A year of sixty sources and a month of 400 sequences, in the engine's own time
    Year,
}

#[derive(clap::Args)]
pub(crate) struct SyncArgs {
    /// How many campaigns the made-up account has; each has some thousand leads
    #[arg(long, value_name = "N", default_value_t = 60)]
    campaigns: u32,
    /// Measure one database only
    #[arg(long, value_enum)]
    on: Option<Database>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// Measures as a release: a sender that is built for debugging would take the processor from the server that is measured.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    if cfg!(debug_assertions) {
        let quick = ["run", "--quiet", "--release", "--package", "xtask", "--"];
        return spawn::run(spawn::cargo().args(quick).args(std::env::args_os().skip(1)));
    }
    match bench {
        Bench::Sync(args) => sync(args),
        Bench::Webhooks(args) => webhooks::run(args),
        Bench::Analyze(args) => analyze::run(args),
        Bench::Reports(args) => reports::run(args),
        Bench::Pages(args) => pages::run(args),
        Bench::Year => year::run(),
    }
}

/// What a process took.
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak_mib: f64,
    /// Resident memory after a quarter, a half, three quarters of the time.
    on_the_way_mib: [f64; 3],
}

/// Measures on each database that is wanted, in an empty folder, with the addresses of two empty databases.
fn on_each(only: Option<Database>, measure: impl Fn(Database, &Path, [&str; 2]) -> Result<()>) -> Result<()> {
    let dir = spawn::built()?.parent().context("no target folder")?.join("bench");
    for database in [Database::Sqlite, Database::Postgres] {
        if only.is_some_and(|only| only != database) {
            continue;
        }
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("emptying {}", dir.display()))?;
        }
        fs::create_dir_all(&dir)?;
        let cluster = || (database == Database::Postgres).then(Cluster::start).transpose();
        let clusters = [cluster()?, cluster()?];
        let url = |place: usize| match &clusters[place] {
            Some(cluster) => cluster.url.clone(),
            None => format!("sqlite://{}", dir.join(format!("{place}.db")).display()),
        };
        measure(database, &dir, [&url(0), &url(1)])?;
    }
    Ok(())
}

fn sync(args: &SyncArgs) -> Result<()> {
    build()?;
    on_each(args.on, |database, dir, urls| sync_into(database, args.campaigns, dir, urls))
}

fn sync_into(database: Database, campaigns: u32, dir: &Path, [synced, bare]: [&str; 2]) -> Result<()> {
    let options = ["--campaigns".to_owned(), campaigns.to_string(), "--leads-per-campaign".to_owned()];
    let twin = Twin::start(&release("atlas-twin")?, dir, &options)?;
    add_source(dir, synced, &twin.origin, None)?;

    println!("\n{database:?}");
    println!("                     leads/s    wall s     CPU s  peak MiB  after 1/4, 1/2, 3/4");
    let first = measured(dir, atlas(dir, synced)?.args(["sync", "--json"]))?;
    let sizes = sizes(dir, synced)?;
    let leads = rows(&sizes, "enrollments");
    print_cost("first sync", leads, &first);
    print_cost(
        "second, unchanged",
        leads,
        &measured(dir, atlas(dir, synced)?.args(["sync", "--full", "--json"]))?,
    );
    drop(twin);
    let said = spawn::output(Command::new(example("bare_loop")?).args([synced, bare]))?;
    let bare_s: f64 = said.trim().parse().with_context(|| format!("bare_loop said: {said}"))?;
    println!("{:<18}{:>10.0}{bare_s:>10.2}", "bare loop", leads / bare_s);
    println!("first sync / bare loop: {:.2}", bare_s / first.wall.as_secs_f64());
    let typed: f64 = ["companies", "contacts", "enrollments"].iter().map(|table| bytes(&sizes, table)).sum();
    let journal = bytes(&sizes, "journal");
    println!(
        "{leads} leads; on disk: journal {:.1} MiB, their tables {:.1} MiB, ratio {:.2}",
        mib(journal),
        mib(typed),
        journal / typed
    );
    Ok(())
}

/// Atlas, the twin and the bare loop, all as users run them.
fn build() -> Result<()> {
    let build =
        ["build", "--release", "--package", "atlas", "--package", "atlas-twin", "--package", "atlas-store"];
    spawn::run(spawn::cargo().args(build).args(["--bins", "--example", "bare_loop"]))
}

fn release(name: &str) -> Result<PathBuf> {
    let built = spawn::built()?;
    let target = built.parent().context("no target folder")?;
    Ok(target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

fn example(name: &str) -> Result<PathBuf> {
    release(&format!("examples/{name}"))
}

fn atlas(dir: &Path, url: &str) -> Result<Command> {
    let mut atlas = spawn::secluded(&release("atlas")?, dir);
    atlas.env("ATLAS_DATA_DIR", dir).env("ATLAS_DATABASE_URL", url);
    Ok(atlas)
}

fn add_source(dir: &Path, url: &str, origin: &str, key: Option<&str>) -> Result<()> {
    let mut add = atlas(dir, url)?;
    if let Some(key) = key {
        add.env("ATLAS_SECRET_KEY", key);
    }
    add.args(["source", "add", "smartlead", "--name", "bench", "--base-url", origin, "--no-test"]);
    add.args(["--set", "pace=off", "--set", "sync_leads=true", "--set", "sync_activities=false"])
        .env("ATLAS_API_KEY", TWIN_KEY);
    spawn::output(&mut add).map(drop)
}

/// Where a server that was started listens.
fn listening(server: &mut Child) -> Result<String> {
    let mut said = BufReader::new(server.stderr.take().context("no standard error")?).lines();
    for line in said.by_ref() {
        if let Some((_, address)) = line?.split_once("listening on http://") {
            let address = address.to_owned();
            // What it says later must not fill the pipe and stop it.
            std::thread::spawn(move || said.for_each(drop));
            return Ok(address);
        }
    }
    bail!("the server did not start")
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch is what this is for")]
fn now() -> Instant {
    Instant::now()
}

/// Runs a program to its end and says what it took.
fn measured(dir: &Path, command: &mut Command) -> Result<Cost> {
    let log = dir.join("atlas.log");
    command.stdout(Stdio::null()).stderr(File::create(&log)?);
    let began = now();
    let child = command.spawn()?;
    let (id, is_over) = (child.id(), AtomicBool::new(false));
    let (used, seen) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut seen = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                seen.extend(resident_mib(id));
                std::thread::sleep(LOOK_EVERY);
            }
            seen
        });
        let used = child.wait4();
        is_over.store(true, Ordering::Relaxed);
        (used, looking.join().unwrap_or_default())
    });
    let used = used?;
    let wall = began.elapsed();
    if !used.status.success() {
        bail!("it ended with {}\n{}", used.status, fs::read_to_string(&log).unwrap_or_default());
    }
    let at = |quarters: usize| seen.get(seen.len() * quarters / 4).copied().unwrap_or_default();
    Ok(Cost {
        wall,
        cpu: used.rusage.utime + used.rusage.stime,
        peak_mib: mib(used.rusage.maxrss as f64),
        on_the_way_mib: [at(1), at(2), at(3)],
    })
}

/// Memory in use now, where the system tells.
fn resident_mib(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn print_cost(name: &str, leads: f64, cost: &Cost) {
    let [quarter, half, three] = cost.on_the_way_mib;
    println!(
        "{name:<18}{:>10.0}{:>10.2}{:>10.2}{:>10.1}  {quarter:.1}, {half:.1}, {three:.1}",
        leads / cost.wall.as_secs_f64(),
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        cost.peak_mib,
    );
}

/// What `atlas db check` tells of each table.
fn sizes(dir: &Path, url: &str) -> Result<Vec<Value>> {
    let told = spawn::output(atlas(dir, url)?.args(["db", "check", "--json"]))?;
    let checks: Vec<Value> = serde_json::from_str(&told).context("reading what atlas db check told")?;
    let tables = checks.iter().find_map(|check| check["tables"].as_array());
    Ok(tables.context("atlas db check told no sizes")?.clone())
}

fn of<'a>(sizes: &'a [Value], table: &str) -> Option<&'a Value> {
    sizes.iter().find(|size| size["table"] == table)
}

fn rows(sizes: &[Value], table: &str) -> f64 {
    of(sizes, table).and_then(|size| size["rows"].as_f64()).unwrap_or_default()
}

fn bytes(sizes: &[Value], table: &str) -> f64 {
    of(sizes, table).and_then(|size| size["bytes"].as_f64()).unwrap_or_default()
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}
