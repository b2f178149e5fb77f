//! What a sync came to, in the words in which it is stored and shown.

use atlas_store::{SyncFigures, SyncOutcome};
use atlas_sync::{Ending, Error, Report, Stop};

/// What a sync came to, or why it could not begin.
pub fn sync_outcome(report: Result<Report, &Error>) -> SyncOutcome {
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let (reason, hint) = (error.to_string(), error.hint().to_owned());
            return SyncOutcome { outcome: "failed".to_owned(), reason, hint, figures: None };
        }
    };
    let (outcome, reason, hint) = in_words(&report.ending);
    let figures = SyncFigures {
        calls: report.calls,
        rows_changed: report.changed,
        rows_unchanged: report.unchanged,
        problems: report.problems,
        failed_calls: report.failed_calls,
        pending: report.pending,
        quota_left: report.quota_left,
    };
    SyncOutcome { outcome: outcome.to_owned(), reason, hint, figures: Some(figures) }
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
