//! What is done: one file a command, plain functions that return an exit status.

mod alert;
mod analyze;
mod classify;
mod client;
mod config;
mod credentials;
mod db;
mod docs;
mod doctor;
mod export;
mod forget;
mod init;
mod manual;
mod mapping;
mod outcome;
mod replay;
mod report;
mod report_calls;
mod report_campaign;
mod report_lessons;
mod report_output;
mod serve;
mod source;
mod source_connect;
mod source_import;
mod source_new;
mod status;
mod sync;
mod sync_elsewhere;
mod token;
mod user;
mod verify;
mod webhook;
mod webhook_address;
mod webhook_register;
mod worker;

use crate::cli::{Command, DataCommand, MappingArgs, MappingCommand};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::settings::Settings;
use crate::workspace::Workspace;

pub(crate) async fn run(command: Command, settings: Settings, printer: Printer) -> Result<Exit, Failure> {
    match command {
        Command::Data(command) => {
            let workspace = Workspace::open(settings, printer).await?;
            let exit = match command {
                DataCommand::Source(command) => source::run(command, &workspace).await,
                DataCommand::Sync(args) => sync::run(&args, &workspace).await,
                DataCommand::Status(args) => status::run(&args, &workspace).await,
                DataCommand::Export(args) => export::run(&args, &workspace).await,
                DataCommand::Alert(command) => alert::run(command, &workspace).await,
                DataCommand::Analyze(args) => analyze::run(&args, &workspace).await,
                DataCommand::Replay(args) => replay::run(&args, &workspace).await,
                DataCommand::Report(args) => report::run(&args, &workspace).await,
                DataCommand::Serve(args) => serve::run(&args, &workspace).await,
                DataCommand::Worker => worker::run(&workspace).await,
                DataCommand::Webhook(command) => webhook::run(command, &workspace).await,
                DataCommand::Db(command) => db::run(command, &workspace).await,
                DataCommand::Outcome(command) => outcome::run(command, &workspace).await,
                DataCommand::Client(command) => client::run(command, &workspace).await,
                DataCommand::Forget { email, dry_run, json } => {
                    forget::run(&email, dry_run, json, &workspace).await
                }
                DataCommand::User(command) => user::run(command, &workspace).await,
                DataCommand::Token(command) => token::run(command, &workspace).await,
            };
            workspace.store.close().await;
            exit
        }
        Command::Init(args) => init::run(args, settings, printer).await,
        Command::Mapping(MappingArgs { command: Some(MappingCommand::Verify(args)), .. }) => {
            let workspace = Workspace::open(settings, printer).await?;
            let exit = verify::run(&args, &workspace).await;
            workspace.store.close().await;
            exit
        }
        Command::Mapping(args) => mapping::run(&args, printer),
        Command::Classify(args) => classify::run(&args, &settings, printer).await,
        Command::Config(args) => Ok(config::run(&args, &settings, printer)),
        Command::Doctor(args) => Ok(doctor::run(&args, settings, printer).await),
        Command::Completions { shell } => manual::completions(shell, printer),
        Command::Man { folder } => manual::pages(&folder, printer),
        Command::Docs { page } => Ok(docs::run(page, printer)),
    }
}
