//! What a sync is told, what it tells on its way, and what it came to.

use atlas_model::Call;
use atlas_store::{FailedCall, Failure, RunEnd, Saved};
use jiff::{SignedDuration, Timestamp};

use crate::engine::{Stop, Why};

/// What is synced, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Ask for everything, changed or not.
    pub is_full: bool,
    /// A time budget in place of the source's.
    pub time_budget: Option<SignedDuration>,
    /// Stop when a slice's time is over.
    pub is_one_slice: bool,
}

/// What happens while a source is synced.
#[derive(Debug)]
pub enum Event<'a> {
    /// It begins, with these calls pending.
    Began(&'a [Call]),
    /// Nothing before this instant.
    Waiting(Timestamp, &'a Why),
    /// A call leaves.
    Calling(&'a Call),
    /// A call was answered with this status, 0 where no answer came; one that is sent again with a new key twice.
    Answered(u16),
    /// A call's answer is saved.
    Saved(&'a Call, &'a Saved),
    /// A call brought no data; these came onto the list in its place.
    Failed(&'a Call, &'a Failure, &'a [Call]),
}

/// How a sync of a source ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As the engine says.
    Stopped(Stop),
    /// A person or the system asked it to stop.
    Interrupted,
}

/// What a sync of a source came to.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// Calls made, failed attempts among them.
    pub calls: u64,
    /// Rows that are new or differ now.
    pub changed: u64,
    /// Rows that were the same already.
    pub unchanged: u64,
    /// Values that could not be understood.
    pub problems: usize,
    /// Calls that were given up.
    pub failed_calls: Vec<FailedCall>,
    /// Calls that are left.
    pub pending: usize,
    /// What the quota has left for the month, if there is one.
    pub quota_left: Option<i64>,
}

/// How the run's end is noted.
pub(crate) fn run_end(ending: &Ending) -> RunEnd {
    let end =
        |outcome, reason: &str, hint: &str| RunEnd { outcome, reason: reason.into(), hint: hint.into() };
    match ending {
        Ending::Interrupted => end("interrupted", "", ""),
        Ending::Stopped(Stop::Done) => end("done", "", ""),
        Ending::Stopped(Stop::Budget) => end("budget", "the time budget is used up", "the next sync goes on"),
        Ending::Stopped(Stop::Quota) => {
            end("quota", "the quota's share up to now is used up", "the next sync goes on when there is more")
        }
        Ending::Stopped(Stop::Failed { reason, hint }) => end("failed", reason, hint),
        Ending::Stopped(Stop::Forbidden { reason, hint }) => end("refused", reason, hint),
    }
}
