//! `atlas completions`, `atlas man`: what a shell and `man` know of the commands.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

pub(crate) fn completions(shell: Shell, printer: Printer) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "atlas", &mut script);
    printer.line(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}

pub(crate) fn pages(folder: &Path, printer: Printer) -> Result<Exit, Failure> {
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| {
        Failure::new(format!("the man pages were not written to {}: {error}", folder.display()))
            .hint("choose a folder that may be written")
    })?;
    printer.note(format!("written to {}; read them with: man atlas, man atlas-sync", folder.display()));
    Ok(Exit::Done)
}
