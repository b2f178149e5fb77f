//! `cargo xtask bench analyze`: lessons drawn from a million mails, and again after a day.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Database, atlas, example, measured, on_each, print_cost};
use crate::spawn;

#[derive(clap::Args)]
pub(crate) struct AnalyzeArgs {
    /// Days on which 10,000 mails go out
    #[arg(long, value_name = "N", default_value_t = 100)]
    days: u32,
    /// Measure one database only
    #[arg(long, value_enum)]
    on: Option<Database>,
}

pub(super) fn run(args: &AnalyzeArgs) -> Result<()> {
    let build = ["build", "--release", "--package", "atlas", "--package", "atlas-store"];
    spawn::run(spawn::cargo().args(build).args(["--bins", "--example", "made_lessons"]))?;
    on_each(args.on, |database, dir, [url, _]| of(database, args.days, dir, url))
}

fn of(database: Database, days: u32, dir: &Path, url: &str) -> Result<()> {
    let corpus = spawn::root().join("crates/insight/corpus");
    let make = |first: u32, days: u32| {
        let mut made = Command::new(example("made_lessons")?);
        spawn::output(made.arg(url).arg(&corpus).args([first.to_string(), days.to_string()])).map(drop)
    };
    make(0, days)?;
    println!("\n{database:?}, {days} days of 10,000 mails");
    println!("                     mails/s    wall s     CPU s  peak MiB  after 1/4, 1/2, 3/4");
    let mails = f64::from(days) * 10_000.0;
    for name in ["features", "replies", "patterns", "decay", "alerts"] {
        print_cost(name, mails, &measured(dir, atlas(dir, url)?.args(["analyze", name]))?);
    }
    make(days, 1)?;
    print_cost("after a day", mails, &measured(dir, atlas(dir, url)?.arg("analyze"))?);
    print_cost("nothing new", mails, &measured(dir, atlas(dir, url)?.arg("analyze"))?);
    Ok(())
}
