//! `atlas analyze`: what follows a sync, by hand.

use atlas_worker::{Lesson, add_up_campaigns, learn, tell_due};

use super::classify::language_model;
use crate::cli::{AnalysisName, AnalyzeArgs};
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::progress::Work;
use crate::workspace::Workspace;

pub(crate) async fn run(args: &AnalyzeArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut lines = Vec::new();
    let model = language_model(&workspace.settings)?;
    for lesson in wanted(&args.names) {
        let work = Work::new("looked at", workspace.printer, workspace.clock);
        let learned = learn(&workspace.store, lesson, (workspace.clock, model.as_ref()), &|done, total| {
            work.tell(done, total)
        })
        .await?;
        drop(work);
        lines.push(learned);
    }
    add_up_campaigns(&workspace.store).await?;
    let origin = workspace.set_public_url();
    tell_due(&workspace.store, &workspace.vault()?, workspace.clock, origin.as_deref()).await?;
    if args.json {
        workspace.printer.json(&lines);
    } else {
        let rows = lines.iter().map(|one| {
            vec![one.lesson.to_owned(), count(Some(one.seen)), count(i64::try_from(one.changed).ok())]
        });
        workspace.printer.table(&["Analysis", "Looked at", "Findings changed"], &[1, 2], rows.collect());
    }
    Ok(Exit::Done)
}

/// In the order in which one builds on the other, whatever order they were named in.
fn wanted(names: &[AnalysisName]) -> Vec<Lesson> {
    let is_named = |lesson: &Lesson| names.is_empty() || names.iter().any(|name| name.lesson() == *lesson);
    Lesson::ALL.into_iter().filter(is_named).collect()
}
