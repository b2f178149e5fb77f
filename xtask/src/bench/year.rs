//! `cargo xtask bench year`: a year of sixty sources and a month of 400 sequences in the engine's own time. The figures are
//! those of two tests of crates/sync.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

pub(super) fn run() -> Result<()> {
    let tests = ["test", "--release", "--package", "atlas-sync", "--test", "year", "--test", "quota"];
    let built = Command::new("cargo").args(tests).arg("--no-run").status().context("building")?;
    if !built.success() {
        bail!("the simulation could not be built");
    }
    let began = super::now();
    let mut run = Command::new("cargo");
    run.args(tests).args(["--", "--nocapture", "--test-threads=1"]);
    let done = run.stderr(Stdio::inherit()).output().context("running")?;
    let told = String::from_utf8_lossy(&done.stdout);
    if !done.status.success() {
        bail!("a limit was broken:\n{told}");
    }
    let mut was_table = false;
    for line in told.lines() {
        let table = line.find('|').map(|start| &line[start..]);
        match table {
            Some(line) => println!("{line}"),
            None if was_table => println!(),
            None => {}
        }
        was_table = table.is_some();
    }
    println!("in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}
