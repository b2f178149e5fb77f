//! `atlas source`: accounts at the services.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use atlas_model::{SETTINGS, SettingKind};
use atlas_store::Source;
use atlas_sync::{Credential, first_key, probe};
use atlas_vendor::{account, service};
use serde_json::json;

use super::credentials::credential;
use super::source_new::{Typed, ask_service, check, check_is_new, check_probes, set_all, store};
use super::{source_connect, source_import};
use crate::cli::{AddArgs, SelectionArgs, SetArgs, SourceCommand};
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, ago};
use crate::workspace::{Workspace, no_source_hint};

pub(crate) async fn run(command: SourceCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        SourceCommand::Add(args) => add(args, workspace).await,
        SourceCommand::Import(args) => source_import::run(&args, workspace).await,
        SourceCommand::List(args) => list(&args, workspace).await,
        SourceCommand::Show(args) => show(&args, workspace).await,
        SourceCommand::Test(args) => test(&args, workspace).await,
        SourceCommand::Set(args) => set(args, workspace).await,
        SourceCommand::Connect(args) => source_connect::run(args, workspace).await,
        SourceCommand::Archive { name, undo } => archive(&name, undo, workspace).await,
        SourceCommand::Remove { name, yes } => remove(&name, yes, workspace).await,
    }
}

async fn add(args: AddArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let is_asked = !args.no_test;
    let new = check(&Typed {
        platform: args.platform,
        name: args.name,
        client: args.client,
        base_url: args.base_url,
        time_zone: args.time_zone,
        settings: args.settings,
    })?;
    check_is_new(&new.name, workspace).await?;
    let service = service(new.platform);
    let mut opens = credential(&args.credentials, service, None, &workspace.settings, workspace.printer)?;
    if opens.key.is_empty() && opens.is_renewable() {
        // Whoever has a refresh token gets a key with it; the old one may be good for nothing from then on.
        let renewed = first_key(service, new.site(), &opens, workspace.clock).await;
        opens = renewed.map_err(|error| Failure { exit: Exit::Refused, ..error.into() })?;
    }
    if is_asked && !opens.key.is_empty() {
        ask_service(&new, &opens.key, workspace).await?;
    }
    let source = store(&new, &opens.to_secret(), workspace).await?;
    let next =
        if opens.key.is_empty() { format!("source connect {}", source.name) } else { "sync".to_owned() };
    workspace.printer.note(format!("stored '{}'; its key is encrypted. Next: atlas {next}", source.name));
    Ok(Exit::Done)
}

async fn list(args: &SelectionArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let sources = workspace.selected(&args.selection).await?;
    if args.json {
        workspace.printer.json(&sources.iter().map(to_json).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let now = workspace.clock.now();
    let row = |source: &Source| {
        vec![
            source.name.clone(),
            source.platform.title().to_owned(),
            source.client.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            source.status.clone(),
            source.last_sync_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        ]
    };
    let headings = ["Name", "Platform", "Client", "Status", "Last complete sync"];
    let none = format!("no source yet; {}", no_source_hint());
    workspace.printer.list(&headings, &[], sources.iter().map(row).collect(), &none);
    Ok(Exit::Done)
}

async fn show(args: &SelectionArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.selected_one(&args.selection).await?;
    if args.json {
        workspace.printer.json(&to_json(&source));
        return Ok(Exit::Done);
    }
    let own = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let address = service(source.platform).origin;
    let mut rows = vec![
        vec!["platform".to_owned(), source.platform.title().to_owned(), String::new()],
        vec!["client".to_owned(), own(&source.client), String::new()],
        vec!["status".to_owned(), source.status.clone(), String::new()],
        vec![
            "address".to_owned(),
            source.base_url.clone().unwrap_or_else(|| address.to_owned()),
            String::new(),
        ],
        vec!["api key".to_owned(), "[redacted]".to_owned(), "stored encrypted".to_owned()],
        vec!["time_zone".to_owned(), source.time_zone.clone(), "the account's days".to_owned()],
    ];
    for setting in SETTINGS {
        let is_given = source.settings.given().contains_key(setting.key);
        if !is_given && !setting.is_of(source.platform) {
            continue;
        }
        let value = match (source.settings.text(setting.key), setting.kind) {
            ("", SettingKind::Number(..)) => "no limit",
            ("", _) => UNKNOWN,
            (value, _) => value,
        };
        let origin = if is_given { "set" } else { "default" };
        rows.push(vec![setting.key.to_owned(), value.to_owned(), format!("{origin}: {}", setting.about)]);
    }
    workspace.printer.table(&[&source.name, "Value", ""], &[], rows);
    Ok(Exit::Done)
}

async fn test(args: &SelectionArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.selected_one(&args.selection).await?;
    let service = service(source.platform);
    let key = Credential::from_secret(&workspace.store.credential(source.id, &workspace.vault()?).await?).key;
    let zone = &source.time_zone;
    let next = workspace.store.memory(source.id).await?.next_call_at;
    let probes =
        probe(source.platform, source.site(), &key, &source.settings, zone, next, workspace.clock).await?;
    if args.json {
        let lines = probes.iter().map(|probe| {
            let (state, detail) = probe.result.in_words();
            json!({"endpoint": probe.endpoint, "state": state, "detail": detail})
        });
        workspace.printer.json(&lines.collect::<Vec<_>>());
    } else {
        let rows = probes.iter().map(|probe| {
            let (state, detail) = probe.result.in_words();
            vec![probe.title.to_owned(), state.to_owned(), detail]
        });
        workspace.printer.table(&["Endpoint", "State", ""], &[], rows.collect());
    }
    check_probes(&probes, service)?;
    Ok(Exit::Done)
}

async fn set(args: SetArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut source = workspace.source(&args.name).await?;
    let mut time_zone = args.time_zone.unwrap_or_else(|| source.time_zone.clone());
    set_all(&mut source.settings, &mut time_zone, &args.settings)?;
    set_all(&mut source.settings, &mut time_zone, &args.more)?;
    source.time_zone = account::zone(&time_zone)?;
    if let Some(client) = args.client {
        source.client = account::client(Some(&client));
    }
    if let Some(base_url) = args.base_url {
        source.base_url = if base_url.is_empty() { None } else { Some(account::origin(&base_url)?) };
        source.is_public_only = false;
    }
    account::pace(&source.settings, source.base_url.as_deref())?;
    if args.credentials.is_given() {
        let vault = workspace.vault()?;
        let stored = Credential::from_secret(&workspace.store.credential(source.id, &vault).await?);
        let opens = credential(
            &args.credentials,
            service(source.platform),
            Some(stored),
            &workspace.settings,
            workspace.printer,
        )?;
        workspace.store.set_credential(source.id, &opens.to_secret(), &vault).await?;
    }
    workspace.store.update_source(&source, "source changed", workspace.by()).await?;
    workspace.printer.note(format!("changed '{}'", source.name));
    Ok(Exit::Done)
}

async fn archive(name: &str, undo: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut source = workspace.source(name).await?;
    let said = if undo {
        format!("'{name}' is synced again")
    } else {
        format!("'{name}' keeps its figures and is no longer synced; --undo takes this back")
    };
    workspace.store.archive_source(&mut source, !undo, workspace.by()).await?;
    workspace.printer.note(said);
    Ok(Exit::Done)
}

async fn remove(name: &str, is_sure: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    if !is_sure {
        let warning = format!("removing '{name}' deletes everything that was read from it");
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage(warning).hint("say so with --yes"));
        }
        workspace.printer.note(format!("{warning}. Type its name to go on:"));
        std::io::stderr().flush()?;
        let mut typed = String::new();
        std::io::stdin().read_line(&mut typed)?;
        if typed.trim() != name {
            return Err(Failure::new("nothing was removed"));
        }
    }
    workspace.store.remove_source(&source, workspace.by()).await?;
    workspace.printer.note(format!("removed '{name}'"));
    Ok(Exit::Done)
}

fn to_json(source: &Source) -> serde_json::Value {
    let settings: BTreeMap<&str, &str> =
        SETTINGS.iter().map(|setting| (setting.key, source.settings.text(setting.key))).collect();
    json!({
        "id": source.id, "platform": source.platform, "name": source.name, "client": source.client,
        "status": source.status, "base_url": source.base_url, "time_zone": source.time_zone, "settings": settings,
        "last_sync_at": source.last_sync_at, "created_at": source.created_at, "api_key": "[redacted]",
    })
}
