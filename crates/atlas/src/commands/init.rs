//! `atlas init`: the database, the file that says where it is, and the first source.

use std::fs;
use std::io::{IsTerminal, Write};

use atlas_model::{Platform, Secret};
use atlas_store::NewSource;
use atlas_vendor::{Service, account, service};

use super::credentials::credential;
use super::source_new::{Typed, ask_service, check, check_is_new, store};
use crate::cli::{CredentialArgs, InitArgs};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::settings::{Settings, machine_zone};
use crate::workspace::{Workspace, make_data_dir, masked, write_private};

pub(crate) async fn run(args: InitArgs, settings: Settings, printer: Printer) -> Result<Exit, Failure> {
    let is_asking = std::io::stdin().is_terminal();
    let settings = if is_asking { ask_database(settings, printer)? } else { settings };
    // Everything is known before anything is made.
    let keep = settings.to_keep()?;
    let source = if args.no_source { None } else { first_source(&args, &settings, is_asking, printer)? };
    let workspace = Workspace::open(settings, printer).await?;
    let done = set_up(&args, &keep, source, &workspace).await;
    workspace.store.close().await;
    done.map(|()| Exit::Done)
}

async fn set_up(
    args: &InitArgs,
    keep: &[(&'static str, String)],
    source: Option<(NewSource, Secret)>,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let printer = workspace.printer;
    if let Some((new, _)) = &source {
        check_is_new(&new.name, workspace).await?;
    }
    keep_settings(keep, &workspace.settings, printer)?;
    printer.note(format!("the database is {}", masked(workspace.settings.text("database"))));
    let Some((new, key)) = source else {
        printer.note("Next: atlas source add PLATFORM --name NAME\nThen: atlas sync");
        return Ok(());
    };
    if !args.no_test {
        ask_service(&new, &key, workspace).await?;
    }
    let source = store(&new, &key, workspace).await?;
    printer.note(format!(
        "stored '{}' with its days in {}; its key is encrypted",
        source.name, source.time_zone
    ));
    printer.note("Next: atlas sync\nThen: atlas report overview");
    Ok(())
}

/// Adds lines to the user's file. What stands there already is not touched: [`Settings::to_keep`] refused to.
fn keep_settings(
    keep: &[(&'static str, String)],
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    if keep.is_empty() {
        return Ok(());
    }
    let path = settings.user_file();
    let cannot = |error: std::io::Error| {
        Failure::new(format!("{}: {error}", path.display()))
            .hint("set ATLAS_DATABASE_URL instead, or give --database with every command")
    };
    let lines: Vec<String> =
        keep.iter().map(|(key, text)| format!("{key} = {}", toml::Value::from(text.as_str()))).collect();
    let lines = lines.join("\n");
    if path.exists() {
        let text = fs::read_to_string(path).map_err(cannot)?;
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let mut file = fs::OpenOptions::new().append(true).open(path).map_err(cannot)?;
        writeln!(file, "{gap}{lines}").and_then(|()| file.sync_all()).map_err(cannot)?;
    } else {
        if let Some(folder) = path.parent() {
            make_data_dir(folder)?;
        }
        // A database URL may hold a password.
        write_private(path, &lines).map_err(cannot)?;
    }
    let keys: Vec<&str> = keep.iter().map(|(key, _)| *key).collect();
    printer.note(format!("wrote {} into {}", keys.join(" and "), path.display()));
    Ok(())
}

fn ask_database(settings: Settings, printer: Printer) -> Result<Settings, Failure> {
    let given = settings.values().find(|(definition, _)| definition.key == "database");
    if given.is_none_or(|(_, value)| value.origin != "default") {
        return Ok(settings);
    }
    let default = settings.text("database").to_owned();
    printer.note("Where the data shall be: a SQLite file, or postgres://user:password@host/database");
    let url = ask("Database", &default, printer, |url| {
        let is_known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|start| url.starts_with(start));
        let hint = "write sqlite:///path/to/atlas.db or postgres://user:password@host:5432/database";
        if is_known { Ok(url.to_owned()) } else { Err(Failure::usage("that is no database URL").hint(hint)) }
    })?;
    Ok(if url == default { settings } else { settings.with_database(url) })
}

/// The first source as its flags and the answers say; none where its name is left empty.
fn first_source(
    args: &InitArgs,
    settings: &Settings,
    is_asking: bool,
    printer: Printer,
) -> Result<Option<(NewSource, Secret)>, Failure> {
    if !is_asking {
        refuse_missing(args, settings)?;
    }
    let name = match &args.name {
        Some(name) => name.clone(),
        None => {
            printer.note("The first account to read from; leave its name empty to add it later");
            ask("What you call it", "", printer, |name| match name {
                "" => Ok(String::new()),
                name => Ok(account::name(name)?),
            })?
        }
    };
    if name.is_empty() && args.name.is_none() {
        return Ok(None);
    }
    let parse = |text: &str| text.parse::<Platform>().map(service).map_err(Failure::usage);
    let service = match &args.platform {
        Some(platform) => parse(platform)?,
        None => {
            let names = Platform::ALL.map(Platform::as_str).join(", ");
            ask(&format!("Its platform ({names})"), "", printer, parse)?
        }
    };
    let client = match &args.client {
        None if is_asking => {
            Some(ask("The client it is used for (may be empty)", "", printer, |text| Ok(text.to_owned()))?)
        }
        given => given.clone(),
    };
    let new = check(&Typed {
        platform: service.platform.as_str().to_owned(),
        name,
        client,
        base_url: args.base_url.clone(),
        time_zone: Some(zone(args, service, is_asking, printer)?),
        settings: args.settings.clone(),
    })?;
    let typed = CredentialArgs { api_key_stdin: args.api_key_stdin, ..CredentialArgs::default() };
    let key = credential(&typed, service, None, settings, printer)?.key;
    Ok(Some((new, key)))
}

/// The zone of the account's days: most accounts are run from the machine's.
fn zone(args: &InitArgs, service: &Service, is_asking: bool, printer: Printer) -> Result<String, Failure> {
    // A service that writes its own zone's times keeps to it, wherever the account is.
    let is_worldwide = service.time_zone == "UTC";
    let default = machine_zone().filter(|_| is_worldwide).unwrap_or_else(|| service.time_zone.to_owned());
    match &args.time_zone {
        Some(zone) => Ok(zone.clone()),
        None if is_asking => {
            ask("The time zone of its days", &default, printer, |zone| Ok(account::zone(zone)?))
        }
        None => Ok(default),
    }
}

/// Without a terminal nothing is asked: what has no default must be given.
fn refuse_missing(args: &InitArgs, settings: &Settings) -> Result<(), Failure> {
    let is_key_there = args.api_key_stdin || settings.api_key().is_some();
    let needed = [
        ("--name", args.name.is_some()),
        ("--platform", args.platform.is_some()),
        ("--api-key-stdin", is_key_there),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, is_there)| !is_there).map(|(flag, _)| *flag).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let hint = "atlas init --name NAME --platform PLATFORM --api-key-stdin reads the key from standard input (or set \
                ATLAS_API_KEY); --no-source sets up the database alone";
    let missing = missing.join(" and ");
    Err(Failure::usage(format!("there is no terminal to ask on, so it takes {missing}")).hint(hint))
}

/// Asks until the answer is right; an empty one is the default.
fn ask<T>(
    question: &str,
    default: &str,
    printer: Printer,
    check: impl Fn(&str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    loop {
        let offered = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        printer.ask(format!("{question}{offered}:"));
        let mut answer = String::new();
        if std::io::stdin().read_line(&mut answer)? == 0 {
            return Err(Failure::new("the questions were not answered; nothing was stored"));
        }
        let answer = Some(answer.trim()).filter(|answer| !answer.is_empty()).unwrap_or(default);
        match check(answer) {
            Ok(answer) => return Ok(answer),
            Err(failure) => printer.explain(&failure),
        }
    }
}
