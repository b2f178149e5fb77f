//! `atlas`: what an outbound-sales team does, in a database that the team owns.
#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod examples;
mod exit;
mod figures;
mod printer;
mod progress;
mod settings;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, DataCommand};
use crate::exit::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new();
    let settings = match Settings::load(&cli) {
        Ok(settings) => settings,
        Err(failure) => return printer.fail(&failure),
    };
    start_log(&settings);
    if matches!(cli.command, Command::Data(DataCommand::Sync(_))) {
        give_way();
    }
    // What runs on its own has work for more than one core; a sync reads pages while those before them are written.
    let mut runtime = match cli.command {
        Command::Data(DataCommand::Serve(_) | DataCommand::Worker | DataCommand::Sync(_)) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer.fail(&Failure::new(format!("the program could not start: {error}"))),
    };
    match runtime.block_on(commands::run(cli.command, settings, printer)) {
        Ok(exit) => exit.into(),
        Err(failure) => printer.fail(&failure),
    }
}

/// Whoever looks at figures or delivers them on the same machine goes first: a sync waits for services most of its time. Said
/// before there is another thread, as on Linux each has its own priority, which those that it starts inherit.
fn give_way() {
    // Where that cannot be had, it goes on as it is.
    #[cfg(unix)]
    {
        _ = rustix::process::nice(10);
    }
}

/// Our own rooms at the level that is set, everything else only when something is wrong.
fn start_log(settings: &Settings) {
    let level = settings.text("log");
    let filter = if level.contains([',', '=']) {
        level.to_owned()
    } else {
        // A copy reads for as long as it writes, which is no slow statement.
        format!(
            "warn,sqlx::query=error,atlas={level},atlas_store={level},atlas_sync={level},atlas_vendor={level},\
             atlas_web={level},atlas_worker={level}"
        )
    };
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Where nobody reads standard error any more, saying so there would end what said it.
    let log = log.log_internal_errors(false);
    if settings.text("log_format") == "json" {
        log.json().init();
    } else {
        log.with_ansi(Printer::new().is_fancy()).init();
    }
}
