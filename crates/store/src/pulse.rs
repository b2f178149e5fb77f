//! How all sources stand at a moment, in one look: for whoever looks again and again.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::lessons::Analysis;

/// How far a source's current or last sync is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SyncPulse {
    /// The source's name.
    pub source: String,
    /// When the run began; none before the first.
    pub started_at: Option<Timestamp>,
    /// `running`, `done`, `budget`, `quota`, `failed`, `refused`, `interrupted`.
    pub outcome: Option<String>,
    /// Calls made, failed attempts among them.
    pub calls: i64,
    /// Rows that were new or differed.
    pub rows_changed: i64,
    /// Values that could not be understood.
    pub problems: i64,
    /// Calls that were or are to be made.
    pub total: i64,
    /// Calls answered.
    pub done: i64,
    /// Calls given up.
    pub failed: i64,
}

/// What a source's service has posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryPulse {
    /// The source's name.
    pub source: String,
    /// Events that came, repeats among them.
    pub received: i64,
    /// When the last one came.
    pub last_at: Option<Timestamp>,
}

/// The alerts of a source that stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlertPulse {
    /// The source's name.
    pub source: String,
    /// Those to be acted on.
    pub critical: i64,
    /// Those to be looked at.
    pub warning: i64,
    /// Those of both that nobody has taken note of.
    pub unacknowledged: i64,
    /// When one of them last opened, changed, was taken note of or was resolved.
    pub changed_at: Option<Timestamp>,
}

/// How everything stands at a moment.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// By source.
    pub sources: Vec<(SyncPulse, DeliveryPulse)>,
    /// By source that ever had one.
    pub alerts: Vec<AlertPulse>,
    /// By name.
    pub analyses: Vec<Analysis>,
}

impl Store {
    /// How everything stands now.
    pub async fn pulse(&self) -> Result<Pulse> {
        Ok(Pulse {
            sources: self.source_pulses().await?,
            alerts: self.alert_pulses().await?,
            analyses: self.analyses().await?,
        })
    }

    async fn alert_pulses(&self) -> Result<Vec<AlertPulse>> {
        let standing = |test: &str| {
            format!("CAST(SUM(CASE WHEN a.resolved_at IS NULL AND {test} THEN 1 ELSE 0 END) AS BIGINT)")
        };
        let sql = format!(
            "SELECT d.name, {} AS critical, {} AS warning, {} AS unacknowledged, MAX(a.updated_at) AS updated_at, \
             MAX(a.resolved_at) AS resolved_at, MAX(a.acknowledged_at) AS acknowledged_at \
             FROM deliverability_alerts AS a JOIN data_sources AS d ON d.id = a.source_id GROUP BY d.name ORDER BY d.name",
            standing("a.level = 'critical'"),
            standing("a.level = 'warning'"),
            standing("a.acknowledged_at IS NULL"),
        );
        let read = |row: &DbRow| {
            let times = ["updated_at", "resolved_at", "acknowledged_at"].map(|name| row.maybe_time(name));
            Ok(AlertPulse {
                source: row.text("name")?,
                critical: row.integer("critical")?,
                warning: row.integer("warning")?,
                unacknowledged: row.integer("unacknowledged")?,
                changed_at: times.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().max(),
            })
        };
        self.fetch(&sql, []).await?.iter().map(read).collect()
    }

    async fn source_pulses(&self) -> Result<Vec<(SyncPulse, DeliveryPulse)>> {
        let sql = "SELECT d.name, s.deliveries, s.last_delivery_at, r.started_at, r.outcome, r.calls, r.rows_changed, \
                   r.problems, p.total, p.done, p.failed FROM data_sources AS d \
                   JOIN sync_state AS s ON s.source_id = d.id \
                   LEFT JOIN sync_runs AS r ON r.source_id = s.source_id AND r.id = s.run_id \
                   LEFT JOIN (SELECT source_id, CAST(SUM(total) AS BIGINT) AS total, CAST(SUM(done) AS BIGINT) AS done, \
                    CAST(SUM(failed) AS BIGINT) AS failed FROM sync_progress GROUP BY source_id) AS p \
                   ON p.source_id = d.id ORDER BY d.id";
        self.fetch(sql, []).await?.iter().map(pulse).collect()
    }
}

fn pulse(row: &DbRow) -> Result<(SyncPulse, DeliveryPulse)> {
    let source = row.text("name")?;
    let count = |name| row.maybe_integer(name).map(Option::unwrap_or_default);
    let sync = SyncPulse {
        source: source.clone(),
        started_at: row.maybe_time("started_at")?,
        outcome: row.maybe_text("outcome")?,
        calls: count("calls")?,
        rows_changed: count("rows_changed")?,
        problems: count("problems")?,
        total: count("total")?,
        done: count("done")?,
        failed: count("failed")?,
    };
    let (received, last_at) = (row.integer("deliveries")?, row.maybe_time("last_delivery_at")?);
    Ok((sync, DeliveryPulse { source, received, last_at }))
}
