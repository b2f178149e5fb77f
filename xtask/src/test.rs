//! `cargo xtask test`: all tests, and first whatever they need.

use std::num::NonZero;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context, Result};

use crate::postgres::Cluster;
use crate::{browser, dashboard, spawn};

/// Names the database that the tests may do with as they like.
pub(crate) const URL: &str = "ATLAS_TEST_POSTGRES_URL";

/// Stories that hold the services' pace to the millisecond, as the services see it: nothing else may run beside them, or a
/// call that is seen late makes the next one look too early.
const ALONE: [&str; 2] = ["pace::", "together::"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to hand to `cargo test`: `-- --package atlas-store`, `-- NAME`, `-- -- --nocapture`
    #[arg(last = true, value_name = "ARGS")]
    cargo_test: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let pages = Pages::build()?;
    println!("building atlas and atlas-twin, which tests drive");
    spawn::build()?;

    let postgres = Postgres::provide()?;
    // Not the one that other tests are using meanwhile.
    let restartable = Cluster::start();
    let restartable = match restartable {
        Err(error) if in_ci() => return Err(error),
        Err(error) => {
            println!("\n!!! no PostgreSQL that may be restarted: {error:#}\n");
            None
        }
        Ok(cluster) => Some(cluster),
    };
    let tested = runs(&args.cargo_test).iter().try_for_each(|args| {
        let mut cargo = cargo_test(args);
        if let Some(url) = postgres.url() {
            cargo.env(URL, url);
        }
        if let Some(cluster) = &restartable {
            lend(cluster, &mut cargo);
        }
        println!("running cargo {}", args_of(&cargo));
        spawn::run(&mut cargo)
    });
    let summary = postgres.summary();
    drop(postgres);
    tested.with_context(|| format!("tests FAILED ({summary})"))?;
    // A part of the tests was asked for.
    if args.cargo_test.is_empty() {
        pages.test()?;
    }
    println!("tests passed ({summary})");
    Ok(())
}

/// What `cargo test` is given, one run after the other.
fn runs(given: &[String]) -> Vec<Vec<String>> {
    if !given.is_empty() {
        return vec![given.to_vec()];
    }
    // A story waits for programs that it drives, and their databases for the disk, as much as it works.
    let at_once = (2 * available_parallelism().map_or(1, NonZero::get)).to_string();
    let owned = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let mut others = owned(&["--", "--test-threads", &at_once]);
    others.extend(ALONE.iter().flat_map(|name| owned(&["--skip", name])));
    let mut alone = owned(&["--package", "atlas", "--test", "stories", "--", "--test-threads", "1"]);
    alone.extend(owned(&ALONE));
    vec![others, alone]
}

/// Tells tests of a cluster that they may restart.
pub(crate) fn lend(cluster: &Cluster, tests: &mut Command) {
    tests.env("ATLAS_TEST_RESTART_URL", &cluster.url).env("ATLAS_TEST_RESTART", &cluster.restart);
}

/// What the tests get for a PostgreSQL.
enum Postgres {
    Given(String),
    Started(Cluster),
    Missing(String),
}

impl Postgres {
    fn provide() -> Result<Postgres> {
        if let Some(url) = spawn::variable(URL) {
            println!("PostgreSQL: the one that {URL} names");
            return Ok(Postgres::Given(url));
        }
        match Cluster::start() {
            Ok(cluster) => {
                println!("PostgreSQL: throw-away cluster, version {}, {}", cluster.version, cluster.url);
                Ok(Postgres::Started(cluster))
            }
            Err(error) if in_ci() => Err(error.context("PostgreSQL is needed in CI")),
            Err(error) => {
                let skipped = Postgres::Missing(format!("{error:#}"));
                println!("\n!!! {}\n", skipped.summary());
                Ok(skipped)
            }
        }
    }

    fn url(&self) -> Option<&str> {
        match self {
            Postgres::Given(url) => Some(url),
            Postgres::Started(cluster) => Some(&cluster.url),
            Postgres::Missing(_) => None,
        }
    }

    fn summary(&self) -> String {
        match self {
            Postgres::Given(_) => format!("SQLite, and the PostgreSQL that {URL} names"),
            Postgres::Started(cluster) => format!("SQLite, and PostgreSQL {}", cluster.version),
            Postgres::Missing(why) => format!("SQLite alone; tests on PostgreSQL are SKIPPED: {why}"),
        }
    }
}

/// The dashboard, built or not.
enum Pages {
    Built,
    Missing,
}

impl Pages {
    fn build() -> Result<Pages> {
        match dashboard::build() {
            Ok(()) => Ok(Pages::Built),
            Err(error) if in_ci() => Err(error.context("the dashboard is needed in CI")),
            Err(error) => {
                println!("\n!!! no dashboard, its tests are SKIPPED: {error:#}\n");
                Ok(Pages::Missing)
            }
        }
    }

    /// Its types hold, its functions do what they should, and so do its pages in a browser.
    fn test(&self) -> Result<()> {
        if matches!(self, Pages::Missing) {
            return Ok(());
        }
        dashboard::check().context("the dashboard's tests FAILED")?;
        match browser::tests(&[]) {
            Ok(mut tests) => spawn::run(&mut tests).context("the dashboard's browser tests FAILED"),
            Err(error) if in_ci() => Err(error.context("a browser is needed in CI")),
            Err(error) => {
                println!("\n!!! browser tests of the dashboard are SKIPPED: {error:#}\n");
                Ok(())
            }
        }
    }
}

fn in_ci() -> bool {
    spawn::variable("CI").is_some_and(|value| value != "false" && value != "0")
}

pub(crate) fn cargo_test(args: &[String]) -> Command {
    let mut cargo = spawn::cargo();
    // Tests drive the real binary: the user's own database must not be in its sight.
    spawn::hide(&mut cargo, &["ATLAS_"]);
    cargo.arg("test");
    if !names_a_package(args) {
        cargo.arg("--workspace");
    }
    cargo.args(args);
    cargo
}

/// Cargo ignores `--package` beside `--workspace`.
fn names_a_package(args: &[String]) -> bool {
    let for_cargo = args.iter().take_while(|arg| *arg != "--");
    for_cargo.into_iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
}

fn args_of(command: &Command) -> String {
    command.get_args().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(args: &[&str]) -> String {
        args_of(&cargo_test(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>()))
    }

    #[test]
    fn tests_everything_unless_a_package_is_named() {
        assert_eq!(line(&[]), "test --workspace");
        assert_eq!(line(&["leases", "--", "--nocapture"]), "test --workspace leases -- --nocapture");
        assert_eq!(line(&["-p", "atlas-store"]), "test -p atlas-store");
        assert_eq!(line(&["--", "-p"]), "test --workspace -- -p");
    }
}
