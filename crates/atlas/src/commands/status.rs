//! `atlas status`: runs, progress, freshness, quota, problems.

use atlas_store::{Due, Run, SCHEDULER, Source, Task};
use atlas_sync::is_dead;
use atlas_vendor::service;
use atlas_worker::next_sync_at;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::cli::StatusArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, ago, count, span};
use crate::workspace::{Workspace, no_source_hint};

/// So many problems are shown; all of them with --json.
const SHOWN: usize = 10;
/// Why a run was interrupted that could not say so itself.
const GONE: &str = "process gone";

pub(crate) async fn run(args: &StatusArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    if args.tasks {
        return tasks(args.json, workspace).await;
    }
    let sources = workspace.selected(&args.selection).await?;
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
    print_lessons(workspace).await?;
    Ok(Exit::Done)
}

/// The newest runs. One that still says that it runs, but whose process holds no lease any more, was interrupted.
async fn runs(source: &Source, limit: usize, workspace: &Workspace) -> Result<Vec<Run>, Failure> {
    let mut runs = workspace.store.runs(source.id, limit).await?;
    let holder = workspace.store.living_holder(source.id, workspace.clock.now()).await?;
    if holder.is_none_or(|holder| is_dead(&holder)) {
        for run in runs.iter_mut().filter(|run| run.outcome == "running") {
            "interrupted".clone_into(&mut run.outcome);
            run.reason = Some(GONE.to_owned());
        }
    }
    Ok(runs)
}

async fn due(source: &Source, workspace: &Workspace) -> Result<Due, Failure> {
    Ok(workspace.store.dues().await?.remove(&source.id).unwrap_or_default())
}

/// What the processes that live do in the background.
async fn tasks(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let now = workspace.clock.now();
    let tasks = workspace.store.living_tasks(now, is_dead).await?;
    if is_json {
        workspace.printer.json(&tasks);
        return Ok(Exit::Done);
    }
    let row = |task: &Task| {
        let mut of_holder = task.holder.split('/');
        let (host, process) = (of_holder.next().unwrap_or_default(), of_holder.nth(1).unwrap_or_default());
        vec![
            format!("{host} {process}"),
            task.name.clone(),
            span(SignedDuration::from_millis(task.period_ms)),
            task.ended_at.map_or(UNKNOWN.to_owned(), |at| ago(at, now)),
            if task.is_failing { "failing" } else { "well" }.to_owned(),
            if task.detail.is_empty() { task.description.clone() } else { task.detail.clone() },
        ]
    };
    let headings = ["Process", "Task", "Every", "Last", "State", ""];
    let none = "nothing runs by itself; start: atlas serve, or atlas worker";
    workspace.printer.list(&headings, &[], tasks.iter().map(row).collect(), none);
    Ok(Exit::Done)
}

async fn to_json(source: &Source, workspace: &Workspace) -> Result<Value, Failure> {
    let store = &workspace.store;
    let memory = store.memory(source.id).await?;
    let due = due(source, workspace).await?;
    let absent = memory.absent.iter().map(|(endpoint, absence)| {
        json!({"endpoint": endpoint, "reason": absence.reason, "ask_again_at": absence.ask_again_at})
    });
    Ok(json!({
        "source": source.name, "platform": source.platform, "status": source.status,
        "last_sync_at": source.last_sync_at,
        "schedule": source.settings.text("schedule"),
        "next_sync_at": next_sync_at(source, &due, workspace.clock.now()),
        "runs": runs(source, 10, workspace).await?,
        "progress": store.progress(source.id).await?,
        "pending": store.pending(source.id).await?.len(),
        "failed_calls": store.failed_calls(source.id).await?,
        "problems": store.problems(source.id).await?,
        "deliveries": store.deliveries(source.id, workspace.clock.now()).await?,
        "figures": store.freshness(source.id).await?,
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
    let figures = store.freshness(source.id).await?;
    if let Some(oldest) = figures.oldest_at {
        let running = figures.oldest_running_at.map(|at| format!(", of those that run {}", ago(at, now)));
        printer.line(format!(
            "  figures: {} of {} campaigns; the oldest was read {}{}",
            figures.known,
            figures.campaigns,
            ago(oldest, now),
            running.unwrap_or_default(),
        ));
    }
    for run in runs(source, 3, workspace).await? {
        let is_gone = run.reason.as_deref() == Some(GONE);
        let reason = match run.reason {
            Some(reason) if is_gone => format!(" ({reason})"),
            Some(reason) => format!(": {reason}"),
            None => String::new(),
        };
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
            title(source, &progress.endpoint),
            progress.done,
            progress.total,
            if progress.failed > 0 { format!(", {} given up", progress.failed) } else { String::new() },
        ));
    }
    print_next(source, workspace).await?;
    print_deliveries(source, workspace).await?;
    let memory = store.memory(source.id).await?;
    if let Some(quota) = source.settings.number("monthly_quota") {
        printer.line(format!("  quota: {} of {quota} calls in {}", memory.quota_calls, memory.quota_month));
    }
    for (endpoint, absence) in &memory.absent {
        let when = absence.ask_again_at.strftime("%Y-%m-%d");
        printer.line(format!(
            "  without {}: {}; asked again from {when}",
            title(source, endpoint),
            absence.reason
        ));
    }
    for call in store.failed_calls(source.id).await? {
        printer.line(format!(
            "  given up: {} {}: {}",
            title(source, &call.endpoint),
            call.params,
            call.reason
        ));
        if !call.hint.is_empty() {
            printer.line(format!("    hint: {}", call.hint));
        }
    }
    let problems = store.problems(source.id).await?;
    for problem in problems.iter().take(SHOWN) {
        let path = if problem.path.is_empty() { String::new() } else { format!(" {}", problem.path) };
        let endpoint = title(source, &problem.endpoint);
        printer.line(format!("  problem: {endpoint}: {}{path}: {}", problem.record, problem.message));
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

/// How far what follows a sync is.
async fn print_lessons(workspace: &Workspace) -> Result<(), Failure> {
    let now = workspace.clock.now();
    let told = workspace.store.analyses().await?.into_iter().map(|one| {
        let done = count(Some(one.done));
        let how = match one.state.as_str() {
            "running" => format!("running, {done} of {}", count(one.total)),
            "failed" => format!("failed: {}", one.reason.unwrap_or_default()),
            "due" => "due".to_owned(),
            _ => one.ended_at.map_or(UNKNOWN.to_owned(), |at| ago(at, now)),
        };
        format!("{} {how}", one.name)
    });
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        workspace.printer.line(format!("lessons: {}", told.join(" \u{b7} ")));
    }
    Ok(())
}

/// An endpoint as it is called everywhere else; what is none (a delivery, a count) keeps its name.
fn title<'a>(source: &Source, endpoint: &'a str) -> &'a str {
    service(source.platform).endpoint(endpoint).map_or(endpoint, |known| known.short_title())
}

/// When it is synced next, where something lives that does so, and what is pending.
async fn print_next(source: &Source, workspace: &Workspace) -> Result<(), Failure> {
    let Workspace { store, printer, clock, .. } = workspace;
    let now = clock.now();
    let is_scheduled = store.living_tasks(now, is_dead).await?.iter().any(|task| task.name == SCHEDULER);
    if let Some(next) = next_sync_at(source, &due(source, workspace).await?, now).filter(|_| is_scheduled) {
        let when = match next.duration_since(now) {
            wait if wait.is_positive() => format!("in {}", span(wait)),
            _ => "now".to_owned(),
        };
        printer.line(format!("  next by itself: {when} ({})", source.settings.text("schedule")));
    }
    let pending = store.pending(source.id).await?.len();
    if pending > 0 {
        printer.line(format!("  pending: {pending} calls; atlas sync goes on with them"));
    }
    Ok(())
}

async fn print_deliveries(source: &Source, workspace: &Workspace) -> Result<(), Failure> {
    let Workspace { store, printer, clock, .. } = workspace;
    let now = clock.now();
    let deliveries = store.deliveries(source.id, now).await?;
    if deliveries.campaigns_without > 0 {
        printer.line(format!(
            "  webhooks: {} campaigns run without one; atlas webhook register {} makes them",
            count(Some(deliveries.campaigns_without)),
            source.name
        ));
    }
    if let Some(last) = deliveries.last_at {
        printer.line(format!(
            "  webhooks: last {}, {:.1} an hour over the last day, {} received, {} to be understood, {} failed",
            ago(last, now),
            deliveries.per_hour,
            count(Some(deliveries.received)),
            count(Some(deliveries.pending)),
            count(Some(deliveries.failed)),
        ));
        for failed in deliveries.failures.iter().take(SHOWN) {
            let last = failed.last_at.map(|at| format!(", last {}", ago(at, now))).unwrap_or_default();
            printer.line(format!(
                "    not understood: {} ({}{last})",
                failed.reason,
                count(Some(failed.count))
            ));
        }
        if deliveries.failed > 0 {
            printer.line(format!(
                "    they are kept: atlas webhook failed {0} shows them, atlas replay {0} --failed tries them again",
                source.name
            ));
        }
    }
    Ok(())
}
