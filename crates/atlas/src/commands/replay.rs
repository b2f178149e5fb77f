//! `atlas replay`: derives the tables again from what was kept.

use atlas_store::{Flavour, Part};
use atlas_sync::replay;
use atlas_worker::drain;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::ReplayArgs;
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::progress::Work;
use crate::workspace::Workspace;

pub(crate) async fn run(args: &ReplayArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let since = args.since.as_deref().map(instant).transpose()?;
    let part = Part { since, is_failed_only: args.failed };
    let mut lines = Vec::new();
    for source in workspace.selected(&args.selection).await? {
        // What waits comes first: a replay goes through what was understood before.
        let drained = drain(&workspace.store, &source, workspace.clock, None).await?;
        let total = workspace.store.count_kept(source.id, part).await?;
        if !args.failed && workspace.store.flavour() == Flavour::Sqlite {
            workspace.printer.note(
                "until it is done, `atlas serve` answers deliveries with 503 and the services send them again; what \
                 SmartLead gives up after a few times, the next sync asks for and names",
            );
        }
        let work = Work::new("answers and deliveries gone through", workspace.printer, workspace.clock);
        let tell = |done| work.tell(done, total.unsigned_abs());
        let replayed = replay(&workspace.store, &source, part, workspace.clock, &tell).await?;
        drop(work);
        if !args.json {
            workspace.printer.line(format!(
                "{}: {} answers and {} deliveries gone through, {} rows changed, {} unchanged, {} problems",
                source.name,
                count(i64::try_from(replayed.answers).ok()),
                count(i64::try_from(replayed.deliveries).ok()),
                count(i64::try_from(replayed.changed).ok()),
                count(i64::try_from(replayed.unchanged).ok()),
                replayed.problems,
            ));
        }
        if replayed.unknown > 0 {
            workspace.printer.note(format!(
                "{}: {} answers are of endpoints that this version does not have, and stay in the journal",
                source.name, replayed.unknown
            ));
        }
        lines.push(json!({
            "source": source.name, "answers": replayed.answers, "deliveries": replayed.deliveries,
            "deliveries_that_waited": drained.done + drained.failed, "rows_changed": replayed.changed,
            "rows_unchanged": replayed.unchanged, "problems": replayed.problems, "unknown": replayed.unknown,
        }));
    }
    if args.json {
        workspace.printer.json(&lines);
    }
    Ok(Exit::Done)
}

/// An instant, or a day, which begins at midnight UTC.
fn instant(text: &str) -> Result<Timestamp, Failure> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| day().map(|midnight| midnight.timestamp())).ok_or_else(|| {
        Failure::usage(format!("--since {text} is no time"))
            .hint("write it as 2026-11-02 or 2026-11-02T09:00:00Z")
    })
}
