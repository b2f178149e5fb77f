//! `atlas status`: runs, progress, freshness, quota, problems.

use atlas_store::Source;
use serde_json::{Value, json};

use crate::cli::StatusArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{ago, count};
use crate::workspace::{Workspace, no_source_hint};

/// So many problems are shown; all of them with --json.
const SHOWN: usize = 10;

pub(crate) async fn run(args: &StatusArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let sources = workspace.named(&args.names).await?;
    if args.json {
        let mut documents = Vec::new();
        for source in &sources {
            documents.push(to_json(source, workspace).await?);
        }
        workspace.printer.json(&documents);
        return Ok(Exit::Done);
    }
    if sources.is_empty() {
        workspace.printer.note(format!("no source yet; {}", no_source_hint()));
    }
    for source in &sources {
        print(source, workspace).await?;
    }
    Ok(Exit::Done)
}

async fn to_json(source: &Source, workspace: &Workspace) -> Result<Value, Failure> {
    let store = &workspace.store;
    let memory = store.memory(source.id).await?;
    let absent = memory.absent.iter().map(|(endpoint, absence)| {
        json!({"endpoint": endpoint, "reason": absence.reason, "ask_again_at": absence.ask_again_at})
    });
    Ok(json!({
        "source": source.name, "platform": source.platform, "status": source.status,
        "last_sync_at": source.last_sync_at,
        "runs": store.runs(source.id, 10).await?,
        "progress": store.progress(source.id).await?,
        "pending": store.pending(source.id).await?.len(),
        "failed_calls": store.failed_calls(source.id).await?,
        "problems": store.problems(source.id).await?,
        "deliveries": store.deliveries(source.id).await?,
        "absent_endpoints": absent.collect::<Vec<_>>(),
        "quota": source.settings.number("monthly_quota").map(|quota| {
            json!({"month": memory.quota_month, "calls": memory.quota_calls, "limit": quota})
        }),
    }))
}

async fn print(source: &Source, workspace: &Workspace) -> Result<(), Failure> {
    let Workspace { store, printer, clock, .. } = workspace;
    let now = clock.now();
    let fresh = source
        .last_sync_at
        .map_or("never synced".to_owned(), |at| format!("complete as of {}", ago(at, now)));
    printer.line(format!("{} ({}): {fresh}", source.name, source.platform.title()));
    for run in store.runs(source.id, 3).await? {
        let reason = run.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        printer.line(format!(
            "  run {}: {}{reason}; {} calls, {} rows changed, {} unchanged, {} problems",
            ago(run.started_at, now),
            run.outcome,
            count(Some(run.calls)),
            count(Some(run.rows_changed)),
            count(Some(run.rows_unchanged)),
            count(Some(run.problems)),
        ));
        if let Some(hint) = run.hint {
            printer.line(format!("    hint: {hint}"));
        }
    }
    for progress in store.progress(source.id).await? {
        printer.line(format!(
            "  {}: {} of {} calls done{}",
            progress.endpoint,
            progress.done,
            progress.total,
            if progress.failed > 0 { format!(", {} given up", progress.failed) } else { String::new() },
        ));
    }
    let pending = store.pending(source.id).await?.len();
    if pending > 0 {
        printer.line(format!("  pending: {pending} calls; atlas sync goes on with them"));
    }
    let deliveries = store.deliveries(source.id).await?;
    if let Some(last) = deliveries.last_at {
        printer.line(format!(
            "  webhooks: last {}, {} received, {} to be understood, {} failed",
            ago(last, now),
            count(Some(deliveries.received)),
            count(Some(deliveries.pending)),
            count(Some(deliveries.failed)),
        ));
    }
    let memory = store.memory(source.id).await?;
    if let Some(quota) = source.settings.number("monthly_quota") {
        printer.line(format!("  quota: {} of {quota} calls in {}", memory.quota_calls, memory.quota_month));
    }
    for (endpoint, absence) in &memory.absent {
        let when = absence.ask_again_at.strftime("%Y-%m-%d");
        printer.line(format!("  without {endpoint}: {}; asked again from {when}", absence.reason));
    }
    for call in store.failed_calls(source.id).await? {
        printer.line(format!("  given up: {} {}: {}", call.endpoint, call.params, call.reason));
        if !call.hint.is_empty() {
            printer.line(format!("    hint: {}", call.hint));
        }
    }
    let problems = store.problems(source.id).await?;
    for problem in problems.iter().take(SHOWN) {
        let path = if problem.path.is_empty() { String::new() } else { format!(" {}", problem.path) };
        printer
            .line(format!("  problem: {} {}{path}: {}", problem.endpoint, problem.record, problem.message));
    }
    if problems.len() > SHOWN {
        printer.line(format!(
            "  … and {} problems more: atlas status {} --json",
            problems.len() - SHOWN,
            source.name
        ));
    }
    Ok(())
}
