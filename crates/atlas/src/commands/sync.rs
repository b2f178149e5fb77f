//! `atlas sync`: bring the database up to date.

use std::sync::Arc;

use atlas_store::{Source, SyncFigures, SyncOutcome};
use atlas_sync::{Error, Options, Syncer, plan};
use atlas_worker::{
    LanguageModel, Lesson, add_up_campaigns, learn_what_is_due, sync_outcome, tell_due, wake_lessons,
};
use indicatif::MultiProgress;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::classify::language_model;
use super::sync_elsewhere::follow;
use crate::cli::SyncArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, count, span};
use crate::progress::Progress;
use crate::workspace::{Workspace, no_source_hint};

/// How the sync of one source went.
struct Outcome {
    source: Source,
    exit: Exit,
    told: SyncOutcome,
}

pub(crate) async fn run(args: &SyncArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut sources = workspace.selected(&args.selection).await?;
    if args.selection.names.is_empty() {
        sources.retain(|source| source.status == "active");
    }
    if sources.is_empty() {
        return Err(Failure::new("there is no source to sync").hint(no_source_hint()));
    }
    if args.dry_run {
        return dry_run(args, &sources, workspace).await;
    }
    let options = Options {
        is_full: args.full,
        time_budget: args.time_budget.map(|seconds| SignedDuration::from_secs(seconds.into())),
        is_one_slice: args.no_continue,
    };
    // What is set wrong is said before anything is asked.
    let model = language_model(&workspace.settings)?;
    let outcomes = sync_all(sources, options, workspace).await?;
    learn(&outcomes, model, workspace).await;
    if args.json {
        workspace.printer.json(&outcomes.iter().map(to_json).collect::<Vec<_>>());
    } else {
        summary(&outcomes, workspace);
    }
    let endings: Vec<Exit> = outcomes.iter().map(|outcome| outcome.exit).collect();
    Ok(exit(&endings))
}

/// The lessons follow what changed, and what a former run left undone. Their failure is no failure of the sync.
async fn learn(outcomes: &[Outcome], model: Option<LanguageModel>, workspace: &Workspace) {
    let is_changed =
        |one: &Outcome| one.told.figures.as_ref().is_some_and(|figures| figures.rows_changed > 0);
    let learned = async {
        if outcomes.iter().any(is_changed) {
            wake_lessons(&workspace.store).await?;
        }
        // Whatever a sync came to, it may be worth an alert, or the end of one.
        workspace.store.wake_analysis(Lesson::Alerts.name()).await?;
        learn_what_is_due(&workspace.store, (workspace.clock, model.as_ref()), false).await?;
        add_up_campaigns(&workspace.store).await
    };
    if let Err(error) = learned.await {
        workspace
            .printer
            .note(format!("the lessons could not be drawn now: {error}; atlas analyze does it again"));
    }
    let told = async {
        let origin = workspace.set_public_url();
        tell_due(&workspace.store, &workspace.vault()?, workspace.clock, origin.as_deref()).await?;
        Ok::<(), Failure>(())
    };
    if told.await.is_err() {
        workspace.printer.note("alerts could not be told now; it is tried again");
    }
}

/// All sources at once, each at its own pace.
async fn sync_all(
    sources: Vec<Source>,
    options: Options,
    workspace: &Workspace,
) -> Result<Vec<Outcome>, Failure> {
    let syncer = Arc::new(Syncer::new(workspace.store.clone(), workspace.vault()?, workspace.clock)?);
    let stop = stop_on_signal(workspace);
    let bars = workspace.printer.is_fancy().then(MultiProgress::new);
    let mut tasks = JoinSet::new();
    for source in sources {
        let (syncer, stop) = (Arc::clone(&syncer), stop.clone());
        let progress = Progress::new(&source, workspace.printer, workspace.clock, bars.clone());
        let (store, printer, clock) = (workspace.store.clone(), workspace.printer, workspace.clock);
        tasks.spawn(async move {
            let outcome = loop {
                let synced =
                    syncer.sync(&source, options, stop.clone(), &|event| progress.tell(&event)).await;
                // Whoever holds it syncs it on request, unless only a part is wanted now.
                if let Err(Error::Held { holder }) = &synced
                    && !options.is_one_slice
                    && store.obeys_requests(holder).await?
                {
                    printer.note(format!("{}: a server or worker is at it; this follows it", source.name));
                    match follow(&store, &source, options.is_full, clock, stop.clone(), &progress).await? {
                        Some(told) => break Outcome { source, exit: exit_of(&told), told },
                        // It is gone: this process does it after all.
                        None => continue,
                    }
                }
                break ended(source, synced);
            };
            progress.end();
            atlas_store::Result::Ok(outcome)
        });
    }
    let mut outcomes = Vec::new();
    while let Some(done) = tasks.join_next().await {
        outcomes.push(done.map_err(|error| Failure::new(format!("a sync broke off: {error}")))??);
    }
    outcomes.sort_by_key(|outcome| outcome.source.id);
    Ok(outcomes)
}

fn ended(source: Source, synced: Result<atlas_sync::Report, Error>) -> Outcome {
    let is_held = matches!(synced, Err(Error::Held { .. }));
    let told = match synced {
        Ok(report) => sync_outcome(Ok(report)),
        Err(error) => sync_outcome(Err(&error)),
    };
    let exit = if is_held { Exit::Held } else { exit_of(&told) };
    Outcome { source, exit, told }
}

/// Ctrl-C and SIGTERM stop after what is being saved; a second one stops at once.
fn stop_on_signal(workspace: &Workspace) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let printer = workspace.printer;
    tokio::spawn(async move {
        signal().await;
        printer.note("stopping; what is done is kept, the next sync goes on from here");
        let _ = sender.send(true);
        signal().await;
        std::process::exit(Exit::Interrupted as i32);
    });
    receiver
}

/// Ctrl-C or SIGTERM.
pub(crate) async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return,
                _ = terminate.recv() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn summary(outcomes: &[Outcome], workspace: &Workspace) {
    let number = |value: u64| count(i64::try_from(value).ok());
    let row = |Outcome { source, told, .. }: &Outcome| {
        let mut row = vec![source.name.clone(), told.outcome.clone()];
        match &told.figures {
            Some(figures) => row.extend([
                number(figures.calls),
                number(figures.rows_changed),
                number(figures.rows_unchanged),
                number(troubles(figures)),
                number(figures.pending as u64),
                figures.quota_left.map_or_else(|| UNKNOWN.to_owned(), |left| count(Some(left))),
            ]),
            None => row.extend(std::iter::repeat_n(UNKNOWN.to_owned(), 6)),
        }
        row
    };
    let headings =
        ["Source", "Outcome", "Calls", "Rows changed", "Unchanged", "Problems", "Pending", "Quota left"];
    workspace.printer.table(&headings, &[2, 3, 4, 5, 6, 7], outcomes.iter().map(row).collect());
    for Outcome { source, told, .. } in outcomes {
        if !told.reason.is_empty() {
            workspace.printer.note(format!("{}: {}", source.name, told.reason));
        }
        for line in told.hint.lines() {
            workspace.printer.note(format!("hint: {line}"));
        }
        if told.figures.as_ref().is_some_and(|figures| troubles(figures) > 0) {
            workspace.printer.note(format!("problems of '{0}': atlas status {0}", source.name));
        }
    }
}

fn troubles(figures: &SyncFigures) -> u64 {
    (figures.problems + figures.failed_calls.len()) as u64
}

fn to_json(Outcome { source, told, .. }: &Outcome) -> Value {
    let mut line = json!({"source": source.name, "platform": source.platform});
    if let (Some(line), Ok(Value::Object(told))) = (line.as_object_mut(), serde_json::to_value(told)) {
        line.extend(told);
    }
    line
}

/// The exit code of one source.
fn exit_of(told: &SyncOutcome) -> Exit {
    match told.outcome.as_str() {
        "done" => Exit::Done,
        "time is up" | "quota" => Exit::Pending,
        "key refused" | "sign-in refused" => Exit::Refused,
        "interrupted" => Exit::Interrupted,
        _ => Exit::Error,
    }
}

/// The exit code of all.
fn exit(endings: &[Exit]) -> Exit {
    let all = |exit| endings.iter().all(|ending| *ending == exit);
    let any = |exit| endings.contains(&exit);
    let is_failed = |ending: &Exit| matches!(ending, Exit::Error | Exit::Refused | Exit::Held);
    if any(Exit::Interrupted) {
        Exit::Interrupted
    } else if all(Exit::Refused) {
        Exit::Refused
    } else if all(Exit::Held) {
        Exit::Held
    } else if endings.iter().all(is_failed) {
        Exit::Error
    } else if endings.iter().any(is_failed) {
        Exit::SomeFailed
    } else if any(Exit::Pending) {
        Exit::Pending
    } else {
        Exit::Done
    }
}

async fn dry_run(args: &SyncArgs, sources: &[Source], workspace: &Workspace) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    for source in sources {
        let plan = plan(&workspace.store, source, args.full, workspace.clock.now()).await?;
        let calls: usize = plan.calls.iter().map(|(_, calls)| calls).sum();
        for (endpoint, calls) in &plan.calls {
            rows.push(vec![
                source.name.clone(),
                endpoint.title.to_owned(),
                format!("{} {}", endpoint.method(), endpoint.path),
                calls.to_string(),
            ]);
        }
        lines.push(json!({
            "source": source.name, "calls": calls, "duration_s": plan.duration.as_secs(),
            "quota_left": plan.quota_left,
            "endpoints": plan.calls.iter().map(|(endpoint, calls)| json!({"endpoint": endpoint.name, "calls": calls}))
                .collect::<Vec<_>>(),
        }));
        let quota = plan
            .quota_left
            .map_or(String::new(), |left| format!(", {} calls of quota left", count(Some(left))));
        notes.push(format!("{}: about {}{quota}", source.name, span(plan.duration)));
    }
    if args.json {
        workspace.printer.json(&lines);
    } else {
        workspace.printer.table(&["Source", "Endpoint", "", "Calls"], &[3], rows);
        notes.iter().for_each(|note| workspace.printer.note(note));
        workspace
            .printer
            .note("Nothing was asked. What an answer shows to have moved is asked on top of this.");
    }
    Ok(Exit::Done)
}
