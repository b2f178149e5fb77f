//! `atlas outcome`: meetings and deals, which no service tells.

use std::io::Read;

use atlas_store::NewOutcome;

use crate::cli::OutcomeCommand;
use crate::exit::{Exit, Failure};
use crate::workspace::Workspace;

pub(crate) async fn run(command: OutcomeCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    let OutcomeCommand::Import { file } = command;
    let text = read(&file)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let outcomes = reader.deserialize::<NewOutcome>().collect::<Result<Vec<_>, _>>().map_err(|error| {
        Failure::usage(format!("{file}: {error}"))
            .hint("columns: client, email, kind, occurred_on, value, currency; atlas outcome import --help")
    })?;
    if outcomes.is_empty() {
        return Err(Failure::usage(format!("{file} holds no outcome")));
    }
    workspace.store.add_outcomes(&outcomes, workspace.by()).await?;
    workspace.printer.note(format!("{} outcomes are stored; a repeat is harmless", outcomes.len()));
    Ok(Exit::Done)
}

fn read(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        path => std::fs::read_to_string(path).map(|whole| text = whole),
    };
    read.map_err(|error| Failure::usage(format!("{file}: {error}")))?;
    Ok(text)
}
