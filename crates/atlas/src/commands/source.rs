//! `atlas source`: accounts at the services.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read, Write};

use atlas_model::{Platform, SETTINGS, Secret, Settings};
use atlas_store::{NewSource, Source};
use atlas_sync::{Probe, ProbeResult, probe};
use atlas_vendor::{Service, service};
use jiff::tz::TimeZone;
use serde_json::json;
use url::Url;

use crate::cli::{AddArgs, SetArgs, SourceCommand};
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, ago};
use crate::workspace::{Workspace, is_loopback, no_source_hint};

pub(crate) async fn run(command: SourceCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        SourceCommand::Add(args) => add(args, workspace).await,
        SourceCommand::List(args) => list(args.json, workspace).await,
        SourceCommand::Show { name, json } => show(&name, json, workspace).await,
        SourceCommand::Test { name, json } => test(&name, json, workspace).await,
        SourceCommand::Set(args) => set(args, workspace).await,
        SourceCommand::Archive { name, undo } => archive(&name, undo, workspace).await,
        SourceCommand::Remove { name, yes } => remove(&name, yes, workspace).await,
    }
}

async fn add(args: AddArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let platform: Platform = args.platform.parse().map_err(Failure::usage)?;
    let service = service(platform).ok_or(atlas_sync::Error::NotYet(platform))?;
    let name = args.name.trim().to_owned();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Failure::usage("--name needs a name that can be typed"));
    }
    if workspace.store.source(&name).await?.is_some() {
        return Err(Failure::new(format!("there is a source named '{name}' already"))
            .hint(format!("choose another --name, or change that one: atlas source set {name} …")));
    }
    let mut settings = Settings::new(platform, BTreeMap::new());
    let mut time_zone = args.time_zone.unwrap_or_else(|| service.time_zone.to_owned());
    set_all(&mut settings, &mut time_zone, &args.settings)?;
    check_zone(&time_zone)?;
    let base_url = args.base_url.as_deref().map(check_base_url).transpose()?;
    check_pace(&settings, base_url.as_deref())?;
    let key = api_key(args.api_key_stdin, service, workspace)?;
    if !args.no_test {
        let probes =
            probe(platform, base_url.as_deref(), &key, &settings, &time_zone, None, workspace.clock).await?;
        note_probes(&probes, service, workspace);
        check_probes(&probes, service)?;
    }
    let client = args.client.filter(|client| !client.trim().is_empty());
    let new = NewSource { platform, name, client, base_url, time_zone, settings };
    let source = workspace.store.add_source(&new, &key, &workspace.vault()?, workspace.clock.now()).await?;
    workspace.printer.note(format!("stored '{}'; its key is encrypted. Next: atlas sync", source.name));
    Ok(Exit::Done)
}

async fn list(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let sources = workspace.store.sources().await?;
    if is_json {
        workspace.printer.json(&sources.iter().map(to_json).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    if sources.is_empty() {
        workspace.printer.note(format!("no source yet; {}", no_source_hint()));
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
    workspace.printer.table(&headings, &[], sources.iter().map(row).collect());
    Ok(Exit::Done)
}

async fn show(name: &str, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    if is_json {
        workspace.printer.json(&to_json(&source));
        return Ok(Exit::Done);
    }
    let own = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let address = service(source.platform).map_or("", |service| service.origin);
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
        let value = source.settings.text(setting.key);
        let value = if value.is_empty() { "no limit" } else { value };
        let is_given = source.settings.given().contains_key(setting.key);
        let origin = if is_given { "set" } else { "default" };
        rows.push(vec![setting.key.to_owned(), value.to_owned(), format!("{origin}: {}", setting.about)]);
    }
    workspace.printer.table(&[&source.name, "Value", ""], &[], rows);
    Ok(Exit::Done)
}

async fn test(name: &str, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    let service = service(source.platform).ok_or(atlas_sync::Error::NotYet(source.platform))?;
    let key = workspace.store.credential(source.id, &workspace.vault()?).await?;
    let address = source.base_url.as_deref();
    let zone = &source.time_zone;
    let next = workspace.store.memory(source.id).await?.next_call_at;
    let probes = probe(source.platform, address, &key, &source.settings, zone, next, workspace.clock).await?;
    if is_json {
        let lines = probes.iter().map(|probe| {
            let (state, detail) = in_words(&probe.result);
            json!({"endpoint": probe.endpoint, "state": state, "detail": detail})
        });
        workspace.printer.json(&lines.collect::<Vec<_>>());
    } else {
        let rows = probes.iter().map(|probe| {
            let (state, detail) = in_words(&probe.result);
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
    check_zone(&time_zone)?;
    source.time_zone = time_zone;
    if let Some(client) = args.client {
        source.client = Some(client).filter(|client| !client.trim().is_empty());
    }
    if let Some(base_url) = args.base_url {
        source.base_url = if base_url.is_empty() { None } else { Some(check_base_url(&base_url)?) };
    }
    check_pace(&source.settings, source.base_url.as_deref())?;
    if args.api_key_stdin {
        let service = service(source.platform).ok_or(atlas_sync::Error::NotYet(source.platform))?;
        let key = api_key(true, service, workspace)?;
        workspace.store.set_credential(source.id, &key, &workspace.vault()?).await?;
    }
    workspace.store.update_source(&source).await?;
    workspace.printer.note(format!("changed '{}'", source.name));
    Ok(Exit::Done)
}

async fn archive(name: &str, undo: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut source = workspace.source(name).await?;
    let (status, said) = if undo {
        ("active", format!("'{name}' is synced again"))
    } else {
        ("archived", format!("'{name}' keeps its figures and is no longer synced; --undo takes this back"))
    };
    status.clone_into(&mut source.status);
    workspace.store.update_source(&source).await?;
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
    workspace.store.remove_source(source.id).await?;
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

/// Settings as typed; the time zone, which has a column of its own, may stand among them.
fn set_all(settings: &mut Settings, time_zone: &mut String, pairs: &[String]) -> Result<(), Failure> {
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
            .ok_or_else(|| Failure::usage(format!("'{pair}' is not written KEY=VALUE")))?;
        if key == "time_zone" {
            value.clone_into(time_zone);
        } else {
            settings.set(key, value).map_err(Failure::usage)?;
        }
    }
    Ok(())
}

/// An origin without a path; https, unless it is on this machine, since the key travels in every address.
fn check_base_url(text: &str) -> Result<String, Failure> {
    let bad = |why: &str| {
        Failure::usage(format!("--base-url {text}: {why}"))
            .hint("write it as https://host or http://127.0.0.1:8080")
    };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(bad("only scheme, host and port; the paths stay the service's"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(Some(text)) => {}
        "http" => return Err(bad("the key would travel unencrypted; use https")),
        _ => return Err(bad("it must begin with https://")),
    }
    Ok(url.origin().ascii_serialization())
}

fn check_pace(settings: &Settings, base_url: Option<&str>) -> Result<(), Failure> {
    if settings.is_unpaced() && !is_loopback(base_url) {
        return Err(Failure::usage(
            "pace=off is only for doubles and tests, where --base-url is a loopback address",
        )
        .hint("leave it at standard: the service would refuse you"));
    }
    Ok(())
}

fn check_zone(name: &str) -> Result<(), Failure> {
    TimeZone::get(name).map(drop).map_err(|_| atlas_sync::Error::BadZone(name.to_owned()).into())
}

/// From standard input, from the environment, or asked for where there is a terminal. Never from the command line.
fn api_key(is_piped: bool, service: &Service, workspace: &Workspace) -> Result<Secret, Failure> {
    let key = if is_piped {
        let mut text = String::new();
        std::io::stdin().lock().take(65_536).read_to_string(&mut text)?;
        Secret::new(text.lines().next().unwrap_or_default())
    } else if let Some(key) = workspace.settings.api_key() {
        key
    } else if std::io::stdin().is_terminal() {
        workspace.printer.note(format!("Where the key is: {}", service.key_hint));
        Secret::new(&rpassword::prompt_password("API key (not shown): ")?)
    } else {
        return Err(
            Failure::usage("no API key").hint("pipe it in with --api-key-stdin, or set ATLAS_API_KEY")
        );
    };
    if key.is_empty() {
        return Err(Failure::usage("the API key is empty").hint(service.key_hint));
    }
    Ok(key)
}

fn note_probes(probes: &[Probe], service: &Service, workspace: &Workspace) {
    for probe in probes {
        let (state, detail) = in_words(&probe.result);
        let optional = service.endpoint(probe.endpoint).is_some_and(|endpoint| endpoint.is_optional);
        let detail = match (&probe.result, optional) {
            (ProbeResult::Absent(_), true) => "not needed: each campaign is asked by itself".to_owned(),
            _ => detail.lines().next().unwrap_or_default().to_owned(),
        };
        workspace.printer.note(format!("  {:<24} {state:<13} {detail}", probe.title));
    }
}

/// A refused key stores nothing; neither does a service that gives no list.
fn check_probes(probes: &[Probe], service: &Service) -> Result<(), Failure> {
    for probe in probes {
        if let ProbeResult::Forbidden(detail) = &probe.result {
            let (reason, hint) = detail.split_once("\nhint: ").unwrap_or((detail, ""));
            let hint = format!(
                "get a key that is accepted: {hint}\nthen: atlas source add …, or atlas source set NAME --api-key-stdin"
            );
            return Err(Failure { exit: Exit::Refused, message: format!("{}: {reason}", probe.title), hint });
        }
    }
    let root = service.endpoints.first().map(|endpoint| endpoint.name);
    let failed = probes.iter().find(|probe| Some(probe.endpoint) == root);
    match failed.map(|probe| &probe.result) {
        Some(ProbeResult::Fails(reason) | ProbeResult::Absent(reason)) => {
            Err(Failure::new(format!("the service does not answer: {reason}"))
                .hint("try again later, or store it without asking: --no-test"))
        }
        _ => Ok(()),
    }
}

fn in_words(result: &ProbeResult) -> (&'static str, String) {
    match result {
        ProbeResult::Answers(records) => {
            ("answers", format!("{records} record{}", if *records == 1 { "" } else { "s" }))
        }
        ProbeResult::Absent(reason) => ("route absent", reason.clone()),
        ProbeResult::Forbidden(detail) => ("refused", detail.lines().next().unwrap_or_default().to_owned()),
        ProbeResult::Fails(reason) => ("fails", reason.clone()),
        ProbeResult::NotAsked => ("not asked", "the account has no campaign to ask about".to_owned()),
    }
}
