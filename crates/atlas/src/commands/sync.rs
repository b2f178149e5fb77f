//! `atlas sync`: bring the database up to date.

use std::sync::Arc;

use atlas_store::Source;
use atlas_sync::{Ending, Options, Report, Stop, Syncer, plan};
use atlas_worker::{learn_what_is_due, wake_lessons};
use indicatif::MultiProgress;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::SyncArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, count, span};
use crate::progress::Progress;
use crate::workspace::{Workspace, no_source_hint};

/// How the sync of one source went.
type Outcome = Result<Report, atlas_sync::Error>;

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
    let outcomes = sync_all(sources, options, workspace).await?;
    learn(&outcomes, workspace).await;
    if args.json {
        workspace.printer.json(&outcomes.iter().map(to_json).collect::<Vec<_>>());
    } else {
        summary(&outcomes, workspace);
    }
    Ok(exit(&outcomes))
}

/// The lessons follow what changed, and what a former run left undone. Their failure is no failure of the sync.
async fn learn(outcomes: &[(Source, Outcome)], workspace: &Workspace) {
    let is_changed =
        |(_, outcome): &(Source, Outcome)| outcome.as_ref().is_ok_and(|report| report.changed > 0);
    let learned = async {
        if outcomes.iter().any(is_changed) {
            wake_lessons(&workspace.store).await?;
        }
        learn_what_is_due(&workspace.store, workspace.clock).await
    };
    if let Err(error) = learned.await {
        workspace
            .printer
            .note(format!("the lessons could not be drawn now: {error}; atlas analyze does it again"));
    }
}

/// All sources at once, each at its own pace.
async fn sync_all(
    sources: Vec<Source>,
    options: Options,
    workspace: &Workspace,
) -> Result<Vec<(Source, Outcome)>, Failure> {
    let syncer = Arc::new(Syncer::new(workspace.store.clone(), workspace.vault()?, workspace.clock)?);
    let stop = stop_on_signal(workspace);
    let bars = workspace.printer.is_fancy().then(MultiProgress::new);
    let mut tasks = JoinSet::new();
    for source in sources {
        let (syncer, stop) = (Arc::clone(&syncer), stop.clone());
        let progress = Progress::new(&source, workspace.printer, workspace.clock, bars.clone());
        tasks.spawn(async move {
            let outcome = syncer.sync(&source, options, stop, &|event| progress.tell(&event)).await;
            progress.end();
            (source, outcome)
        });
    }
    let mut outcomes = Vec::new();
    while let Some(done) = tasks.join_next().await {
        outcomes.push(done.map_err(|error| Failure::new(format!("a sync broke off: {error}")))?);
    }
    outcomes.sort_by_key(|(source, _)| source.id);
    Ok(outcomes)
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

fn summary(outcomes: &[(Source, Outcome)], workspace: &Workspace) {
    let number = |value: u64| count(i64::try_from(value).ok());
    let row = |(source, outcome): &(Source, Outcome)| match outcome {
        Ok(report) => vec![
            source.name.clone(),
            in_words(&report.ending).0.to_owned(),
            number(report.calls),
            number(report.changed),
            number(report.unchanged),
            number((report.problems + report.failed_calls.len()) as u64),
            number(report.pending as u64),
            report.quota_left.map_or_else(|| UNKNOWN.to_owned(), |left| count(Some(left))),
        ],
        Err(_) => {
            let mut row = vec![source.name.clone(), "failed".to_owned()];
            row.extend(std::iter::repeat_n(UNKNOWN.to_owned(), 6));
            row
        }
    };
    let headings =
        ["Source", "Outcome", "Calls", "Rows changed", "Unchanged", "Problems", "Pending", "Quota left"];
    workspace.printer.table(&headings, &[2, 3, 4, 5, 6, 7], outcomes.iter().map(row).collect());
    for (source, outcome) in outcomes {
        let (reason, hint) = match outcome {
            Ok(report) => {
                let (_, reason, hint) = in_words(&report.ending);
                (reason, hint)
            }
            Err(error) => (error.to_string(), error.hint().to_owned()),
        };
        if !reason.is_empty() {
            workspace.printer.note(format!("{}: {reason}", source.name));
        }
        for line in hint.lines() {
            workspace.printer.note(format!("hint: {line}"));
        }
        if let Ok(report) = outcome
            && report.problems + report.failed_calls.len() > 0
        {
            workspace.printer.note(format!("problems of '{0}': atlas status {0}", source.name));
        }
    }
}

fn to_json((source, outcome): &(Source, Outcome)) -> Value {
    match outcome {
        Ok(report) => {
            let (outcome, reason, hint) = in_words(&report.ending);
            json!({
                "source": source.name, "platform": source.platform, "outcome": outcome, "reason": reason, "hint": hint,
                "calls": report.calls, "rows_changed": report.changed, "rows_unchanged": report.unchanged,
                "problems": report.problems, "failed_calls": report.failed_calls, "pending": report.pending,
                "quota_left": report.quota_left,
            })
        }
        Err(error) => json!({
            "source": source.name, "platform": source.platform, "outcome": "failed",
            "reason": error.to_string(), "hint": error.hint(),
        }),
    }
}

/// How it ended, why, and what to do.
fn in_words(ending: &Ending) -> (&'static str, String, String) {
    let words = |outcome, reason: &str, hint: &str| (outcome, reason.to_owned(), hint.to_owned());
    match ending {
        Ending::Interrupted => words("interrupted", "", ""),
        Ending::Stopped(Stop::Done) => words("done", "", ""),
        Ending::Stopped(Stop::Budget) => words(
            "time is up",
            "the time budget is used up, the rest is pending",
            "atlas sync goes on from here",
        ),
        Ending::Stopped(Stop::Quota) => words(
            "quota",
            "the quota's share up to now is used up, the rest is pending",
            "it grows with the month",
        ),
        Ending::Stopped(Stop::Failed { reason, hint }) => ("failed", reason.clone(), hint.clone()),
        Ending::Stopped(Stop::Forbidden { reason, hint }) if hint.starts_with("sign in again") => {
            words("sign-in refused", reason, hint)
        }
        Ending::Stopped(Stop::Forbidden { reason, hint }) => {
            let hint =
                format!("get a key that is accepted: {hint}\nthen: atlas source set NAME --api-key-stdin");
            ("key refused", reason.clone(), hint)
        }
    }
}

fn exit(outcomes: &[(Source, Outcome)]) -> Exit {
    let endings: Vec<Exit> = outcomes
        .iter()
        .map(|(_, outcome)| match outcome {
            Ok(report) => match &report.ending {
                Ending::Interrupted => Exit::Interrupted,
                Ending::Stopped(Stop::Done) => Exit::Done,
                Ending::Stopped(Stop::Budget | Stop::Quota) => Exit::Pending,
                Ending::Stopped(Stop::Failed { .. }) => Exit::Error,
                Ending::Stopped(Stop::Forbidden { .. }) => Exit::Refused,
            },
            Err(atlas_sync::Error::Held { .. }) => Exit::Held,
            Err(_) => Exit::Error,
        })
        .collect();
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
