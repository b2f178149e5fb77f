//! `atlas doctor`: everything that can be wrong, and what to do. Safe to paste in public: no name, no address, no key.

use std::fs;

use atlas_store::Source;
use serde_json::json;

use crate::cli::JsonArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{Printer, ago};
use crate::settings::Settings;
use crate::workspace::Workspace;

struct Check {
    what: String,
    is_well: bool,
    detail: String,
    hint: String,
}

pub(crate) async fn run(args: &JsonArgs, settings: Settings, printer: Printer) -> Exit {
    let mut checks = vec![well("atlas", env!("CARGO_PKG_VERSION")), well("system", std::env::consts::OS)];
    checks.push(data_dir(&settings));
    match Workspace::open(settings, printer).await {
        Err(failure) => checks.push(ill("database", &private(failure))),
        Ok(workspace) => {
            let version = workspace.store.version().await;
            checks.push(
                version.map_or_else(|error| ill("database", &error.into()), |text| well("database", &text)),
            );
            match sources(&workspace).await {
                Ok(found) => checks.extend(found),
                Err(failure) => checks.push(ill("sources", &failure)),
            }
            workspace.store.close().await;
        }
    }
    if args.json {
        let line = |check: &Check| json!({"check": check.what, "ok": check.is_well, "detail": check.detail, "hint": check.hint});
        printer.json(&checks.iter().map(line).collect::<Vec<_>>());
    } else {
        for check in &checks {
            let mark = if check.is_well { "ok  " } else { "FAIL" };
            printer.line(format!("{mark}  {:<22} {}", check.what, check.detail));
            check.hint.lines().for_each(|hint| printer.line(format!("      hint: {hint}")));
        }
    }
    if checks.iter().all(|check| check.is_well) { Exit::Done } else { Exit::Error }
}

async fn sources(workspace: &Workspace) -> Result<Vec<Check>, Failure> {
    let sources = workspace.store.sources().await?;
    let vault = match workspace.vault() {
        Ok(vault) => vault,
        Err(failure) => return Ok(vec![ill("key for credentials", &failure)]),
    };
    let mut checks = vec![well("key for credentials", "usable"), well("sources", &sources.len().to_string())];
    for source in &sources {
        let what = format!("source {} ({})", source.id, source.platform);
        if let Err(error) = workspace.store.credential(source.id, &vault).await {
            checks.push(ill(&what, &error.into()));
            continue;
        }
        checks.push(source_check(what, source, workspace).await?);
    }
    Ok(checks)
}

async fn source_check(what: String, source: &Source, workspace: &Workspace) -> Result<Check, Failure> {
    let now = workspace.clock.now();
    let runs = workspace.store.runs(source.id, 1).await?;
    let problems = workspace.store.problems(source.id).await?.len();
    let fresh =
        source.last_sync_at.map_or("never complete".to_owned(), |at| format!("complete {}", ago(at, now)));
    let last = runs.first().map_or("no run yet", |run| run.outcome.as_str());
    let detail = format!("{fresh}; last run: {last}; {problems} mapping problems");
    let is_well = !matches!(last, "failed" | "refused");
    let hint = match workspace.store.deliveries(source.id, now).await?.campaigns_without {
        _ if !is_well => "atlas status shows the reason; atlas source test shows what answers",
        0 => "",
        _ => "campaigns run without a webhook: atlas webhook register makes them",
    };
    Ok(Check { what, is_well, detail, hint: hint.to_owned() })
}

fn data_dir(settings: &Settings) -> Check {
    let folder = settings.data_dir();
    let probe = folder.join(".atlas-doctor");
    let is_there = folder.is_dir();
    match fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => well("data dir", "writable"),
        Err(_) if !is_there => well("data dir", "not there yet"),
        Err(error) => {
            let failure = Failure::new(format!("not writable: {}", error.kind()));
            ill("data dir", &failure.hint("set ATLAS_DATA_DIR to a folder that this user may write to"))
        }
    }
}

/// A database error without the address in parentheses that opening adds.
fn private(failure: Failure) -> Failure {
    let message =
        failure.message.rsplit_once(" (").map_or(failure.message.clone(), |(text, _)| text.to_owned());
    Failure { message, ..failure }
}

fn well(what: &str, detail: &str) -> Check {
    Check { what: what.to_owned(), is_well: true, detail: detail.to_owned(), hint: String::new() }
}

fn ill(what: &str, failure: &Failure) -> Check {
    Check {
        what: what.to_owned(),
        is_well: false,
        detail: failure.message.clone(),
        hint: failure.hint.clone(),
    }
}
