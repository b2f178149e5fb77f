//! `cargo xtask demo`: Atlas against the vendor twin, in a data dir of its own, with nothing to prepare.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::minder::Minder;
use crate::spawn;

/// The key that the twin takes unless told otherwise.
const TWIN_KEY: &str = "twin-key";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// End after the sync and its reports
    #[arg(long)]
    no_serve: bool,
    /// How many campaigns the made-up account has
    #[arg(long, value_name = "N", default_value_t = 480)]
    campaigns: u32,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    announce(args.campaigns)?;
    spawn::build()?;

    let data_dir = empty_data_dir()?;
    let twin = Twin::start(&data_dir, args.campaigns)?;
    println!("\nThe vendor twin answers on {}: a double of the services, with made-up people.", twin.origin);
    add_source(&data_dir, &twin.origin)?;
    atlas(&data_dir, &["sync"])?;
    atlas(&data_dir, &["report", "overview"])?;
    atlas(&data_dir, &["report", "campaigns", "--limit", "15"])?;
    atlas(&data_dir, &["report", "clients"])?;
    atlas(&data_dir, &["report", "accounts", "--limit", "8"])?;
    if !args.no_serve {
        println!("\nThe dashboard is not part of this version; the reports above are what it has.");
    }
    explain_what_next(&data_dir)
}

fn announce(campaigns: u32) -> Result<()> {
    let already_built = spawn::binary("atlas")?.exists() && spawn::binary("atlas-twin")?.exists();
    let cost = match already_built {
        true => "already built, about 1 minute; its 2 GB of disk are taken",
        false => "first build, about 4 minutes and 2 GB of disk",
    };
    println!("Builds Atlas and a double of the vendors' services ({cost}),");
    println!(
        "then syncs {campaigns} made-up campaigns and prints their reports. No key, no account, no question."
    );
    Ok(())
}

/// `demo` in the target directory, without what the last demo left in it.
fn empty_data_dir() -> Result<std::path::PathBuf> {
    let built = spawn::built()?;
    let data_dir = built.parent().unwrap_or(&built).join("demo");
    if data_dir.exists() {
        fs::remove_dir_all(&data_dir).with_context(|| format!("emptying {}", data_dir.display()))?;
    }
    fs::create_dir_all(&data_dir).with_context(|| format!("making {}", data_dir.display()))?;
    Ok(data_dir)
}

/// A running twin; it ends when this is dropped.
struct Twin {
    child: Child,
    minder: Option<Minder>,
    origin: String,
}

impl Twin {
    fn start(data_dir: &Path, campaigns: u32) -> Result<Twin> {
        let log = data_dir.join("twin.log");
        let mut child = Command::new(spawn::binary("atlas-twin")?)
            .args(["--listen", "127.0.0.1:0", "--latency-ms", "15", "--campaigns", &campaigns.to_string()])
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

fn add_source(data_dir: &Path, origin: &str) -> Result<()> {
    let args = ["source", "add", "smartlead", "--name", "demo", "--base-url", origin];
    let args = [&args[..], &["--api-key-stdin", "--set", "pace=off"]].concat();
    println!("\n$ echo {TWIN_KEY} | atlas {}", args.join(" "));
    let mut child =
        command(data_dir, &args)?.stdin(Stdio::piped()).spawn().context("starting atlas source add")?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends before it reads says why itself.
        let _ = writeln!(stdin, "{TWIN_KEY}");
    }
    let status = child.wait().context("waiting for atlas source add")?;
    if !status.success() {
        bail!("`atlas source add` ended with {status}; the twin's log is {}", twin_log(data_dir));
    }
    Ok(())
}

fn atlas(data_dir: &Path, args: &[&str]) -> Result<()> {
    println!("\n$ atlas {}", args.join(" "));
    spawn::run(&mut command(data_dir, args)?)
        .with_context(|| format!("the demo stopped; the twin's log is {}", twin_log(data_dir)))
}

fn command(data_dir: &Path, args: &[&str]) -> Result<Command> {
    let mut atlas = spawn::atlas(data_dir)?;
    atlas.env("ATLAS_DATA_DIR", data_dir).args(args);
    Ok(atlas)
}

fn twin_log(data_dir: &Path) -> String {
    data_dir.join("twin.log").display().to_string()
}

fn explain_what_next(data_dir: &Path) -> Result<()> {
    let database = data_dir.join("atlas.db");
    println!();
    println!("Look further (the twin has ended, the figures stay until the next demo):");
    println!("  alias atlas='{}'", spawn::binary("atlas")?.display());
    println!("  ATLAS_DATA_DIR='{}' atlas report campaigns", data_dir.display());
    println!("  sqlite3 '{}'", database.display());
    println!();
    println!("Now with your own key:");
    println!("  atlas source add smartlead --name NAME    # asks for the key");
    println!("  atlas sync");
    println!("  atlas report overview");
    Ok(())
}
