//! `cargo xtask soak`: what takes too long for every change: kills, restarts and made-up input by the million.

use std::process::Command;

use anyhow::Result;

use crate::postgres::Cluster;
use crate::spawn;
use crate::test::{URL, cargo_test, lend};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often the server is killed, on each database
    #[arg(long, value_name = "N", default_value_t = 50)]
    kills: u32,
    /// How often PostgreSQL is restarted
    #[arg(long, value_name = "N", default_value_t = 10)]
    restarts: u32,
    /// How often one of two servers and two workers is killed that share a database, about once in two seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    deaths: u32,
    /// How many inputs each parser and the endpoints' mapping get
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    inputs: u32,
    /// The first seed; those that follow count up
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    println!(
        "seed {}: {} kills on each database, {} restarts of PostgreSQL, {} inputs for each parser",
        args.seed, args.kills, args.restarts, args.inputs
    );
    println!("about half an hour on two cores; --kills, --restarts and --inputs make it shorter");
    println!("what fails says its seed; inputs that fail are kept in crates/vendor/proptest-regressions");
    spawn::build()?;
    let (cluster, restartable) = (Cluster::start()?, Cluster::start()?);
    let mut stories =
        tests(&["-p", "atlas", "--test", "stories", "--", "outages", "together", "--nocapture"]);
    stories.env(URL, &cluster.url).env("ATLAS_SOAK_SEED", args.seed.to_string());
    stories.env("ATLAS_SOAK_KILLS", args.kills.to_string());
    stories.env("ATLAS_SOAK_RESTARTS", args.restarts.to_string());
    stories.env("ATLAS_SOAK_DEATHS", args.deaths.to_string());
    lend(&restartable, &mut stories);
    println!("\nkills and restarts");
    spawn::run(&mut stories)?;

    // Optimised: a million inputs are a matter of minutes then.
    let mut inputs =
        tests(&["--release", "-p", "atlas-vendor", "--test", "made_up_input", "--", "--nocapture"]);
    inputs.env("PROPTEST_CASES", args.inputs.to_string()).env("PROPTEST_RNG_SEED", args.seed.to_string());
    println!("\nmade-up input");
    spawn::run(&mut inputs)?;
    println!("\nsoaked: nothing was lost, nothing was counted twice, nothing panicked");
    Ok(())
}

fn tests(args: &[&str]) -> Command {
    cargo_test(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
}
