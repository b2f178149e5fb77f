//! `cargo xtask`: whatever a developer or CI runs; it spawns programs and depends on no crate of Atlas.

mod bench;
mod browser;
mod dashboard;
mod demo;
mod demo_day;
mod docs;
mod install;
mod minder;
mod postgres;
mod replies;
mod soak;
mod spawn;
mod test;
mod twin;

use std::process::ExitCode;

use clap::Parser;

/// Tools for developing Atlas.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Try Atlas without a key: sync a made-up account and print its reports
    Demo(demo::Args),
    /// Run all tests, with a throw-away PostgreSQL beside them
    Test(test::Args),
    /// Kill the server, restart its database and make up input by the million, for half an hour
    Soak(soak::Args),
    /// Measure Atlas: time, processor, memory, disk
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Train the model of replies from crates/insight/corpus/*.tsv
    TrainReplies(replies::Args),
    /// Judge the model of replies, each voice by a model that has never heard it
    EvalReplies(replies::Args),
    /// Build the dashboard, which the binary embeds
    Dashboard(dashboard::Args),
    /// Take the pictures in docs/screens/, over the data of the last `cargo xtask demo`
    Screens,
    /// Write the pages of docs/ that the binary generates
    Docs(docs::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Soak(args) => soak::run(&args),
        Task::Bench(bench) => bench::run(&bench),
        Task::TrainReplies(args) => replies::train(&args),
        Task::EvalReplies(args) => replies::judge(&args),
        Task::Dashboard(args) => dashboard::run(&args),
        Task::Screens => dashboard::screens(),
        Task::Docs(args) => docs::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
