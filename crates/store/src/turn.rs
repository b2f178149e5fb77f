//! What every transaction of a sync carries along: who writes, when, and what the next process must respect.

use atlas_model::SourceId;
use jiff::Timestamp;

/// Who saves, when, and what is reserved for the next call in the same transaction.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The source.
    pub source_id: SourceId,
    /// The lease's holder.
    pub holder: String,
    /// The run in which it counts.
    pub run_id: i64,
    /// The time.
    pub now: Timestamp,
    /// What the next process must respect.
    pub reserve: Reserve,
    /// The endpoints that are a campaign's details.
    pub details: Vec<&'static str>,
    /// The endpoint on which they hang.
    pub anchor: &'static str,
}

/// Pace and quota as they stand, the coming call included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// No call before this instant.
    pub next_call_at: Timestamp,
    /// The month (`2026-11`) in which calls are counted.
    pub quota_month: String,
    /// Calls in that month.
    pub quota_calls: i64,
}
