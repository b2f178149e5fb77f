//! What processes do in the background, as each of them tells it while it lives.

use std::collections::BTreeMap;

use atlas_model::{SourceId, utc_text};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::db::{DbRow, Flavour, Store};
use crate::error::Result;
use crate::leases::{LEASE_S, lease_end};
use crate::sql::{batch, cast, to_batch};

/// The task of a process that syncs by itself and does what is requested.
pub const SCHEDULER: &str = "scheduler";

/// A lesson is due; in the transaction that gives it something to learn.
pub(crate) const WAKE: &str = "INSERT INTO analyses (name, state) VALUES ($1, 'due') \
                               ON CONFLICT (name) DO UPDATE SET state = 'due' WHERE analyses.state <> 'due'";

/// A task of a process.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// How often.
    pub period_ms: i64,
    /// When it last began; unknown before the first time.
    pub began_at: Option<Timestamp>,
    /// When that ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it could not do its work the last time.
    pub is_failing: bool,
    /// What it did the last time, or why it could not.
    pub detail: String,
    /// The process: host, boot, process, its start.
    pub holder: String,
    /// When the process last said that it lives.
    pub seen_at: Timestamp,
}

/// What a process counted of sources: by source, by what, by a label of it.
pub type Counts = BTreeMap<(SourceId, &'static str, String), u64>;

/// A figure that processes counted of a source since ever.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The source.
    pub source_id: SourceId,
    /// What is counted.
    pub name: String,
    /// Of which kind.
    pub label: String,
    /// How many.
    pub value: i64,
}

impl Store {
    /// One transaction, every few seconds: a process lives, its tasks stand like this, it goes on with the requests that it
    /// has, and it counted so much since the last time.
    pub async fn tell_tasks(
        &self,
        holder: &str,
        tasks: &[Task],
        counts: &Counts,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let at = |at: Option<Timestamp>| at.map(utc_text);
        let told: Vec<Value> = tasks
            .iter()
            .map(|task| {
                json!({"name": task.name, "description": task.description, "period": task.period_ms,
                       "began": at(task.began_at), "ended": at(task.ended_at), "failing": task.is_failing,
                       "detail": task.detail})
            })
            .collect();
        let flavour = tx.flavour();
        let [began, ended] = ["began", "ended"]
            .map(|name| cast(flavour, atlas_model::Kind::Timestamp, &format!("value ->> '{name}'")));
        let failing = match flavour {
            Flavour::Sqlite => "(value ->> 'failing') = 1",
            Flavour::Postgres => "CAST(value ->> 'failing' AS BOOLEAN)",
        };
        let sql = format!(
            "INSERT INTO background_tasks (holder, name, description, period_ms, began_at, ended_at, is_failing, detail, \
             seen_at) SELECT $1, value ->> 'name', value ->> 'description', CAST(value ->> 'period' AS BIGINT), {began}, \
             {ended}, {failing}, value ->> 'detail', $3 FROM {} WHERE true ON CONFLICT (holder, name) DO UPDATE SET \
             began_at = excluded.began_at, ended_at = excluded.ended_at, is_failing = excluded.is_failing, \
             detail = excluded.detail, seen_at = excluded.seen_at",
            batch(flavour, "$2"),
        );
        tx.execute(&sql, [holder.into(), to_batch(&told).into(), now.into()]).await?;
        let goes_on = "UPDATE requests SET lease_until = $2 WHERE state = 'running' AND holder = $1";
        tx.execute(goes_on, [holder.into(), lease_end(now).into()]).await?;
        let counted: Vec<Value> = counts
            .iter()
            .map(|((id, name, label), count)| json!({"id": id, "name": name, "label": label, "count": count}))
            .collect();
        if !counted.is_empty() {
            let sql = format!(
                "INSERT INTO source_counters AS t (source_id, name, label, value) \
                 SELECT CAST(value ->> 'id' AS BIGINT), value ->> 'name', value ->> 'label', \
                 CAST(value ->> 'count' AS BIGINT) FROM {} WHERE CAST(value ->> 'id' AS BIGINT) IN \
                 (SELECT id FROM data_sources) ON CONFLICT (source_id, name, label) DO UPDATE \
                 SET value = t.value + excluded.value",
                batch(flavour, "$1"),
            );
            tx.execute(&sql, [to_batch(&counted).into()]).await?;
        }
        tx.commit().await
    }

    /// Forgets a process that ends, or was found dead.
    pub async fn forget_tasks(&self, holder: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.execute("DELETE FROM background_tasks WHERE holder = $1", [holder.into()]).await?;
        tx.commit().await
    }

    /// The tasks of all processes that told of any, also of those that are gone since.
    pub async fn tasks(&self) -> Result<Vec<Task>> {
        let sql = "SELECT holder, name, description, period_ms, began_at, ended_at, is_failing, detail, seen_at \
                   FROM background_tasks ORDER BY holder, name";
        self.fetch(sql, []).await?.iter().map(task).collect()
    }

    /// The tasks of processes that live: heard of lately, and not known to be dead.
    pub async fn living_tasks(&self, now: Timestamp, is_dead: impl Fn(&str) -> bool) -> Result<Vec<Task>> {
        let mut tasks = self.tasks().await?;
        tasks.retain(|task| now.duration_since(task.seen_at).as_secs() < LEASE_S && !is_dead(&task.holder));
        Ok(tasks)
    }

    /// Whether a process does what is requested.
    pub async fn obeys_requests(&self, holder: &str) -> Result<bool> {
        let sql = "SELECT name FROM background_tasks WHERE holder = $1 AND name = $2";
        Ok(!self.fetch(sql, [holder.into(), SCHEDULER.into()]).await?.is_empty())
    }

    /// What processes counted of all sources.
    pub async fn counters(&self) -> Result<Vec<Counter>> {
        let sql = "SELECT source_id, name, label, value FROM source_counters ORDER BY source_id, name, label";
        let rows = self.fetch(sql, []).await?;
        let counter = |row: &DbRow| {
            Ok(Counter {
                source_id: row.integer("source_id")?,
                name: row.text("name")?,
                label: row.text("label")?,
                value: row.integer("value")?,
            })
        };
        rows.iter().map(counter).collect()
    }
}

fn task(row: &DbRow) -> Result<Task> {
    Ok(Task {
        name: row.text("name")?,
        description: row.text("description")?,
        period_ms: row.integer("period_ms")?,
        began_at: row.maybe_time("began_at")?,
        ended_at: row.maybe_time("ended_at")?,
        is_failing: row.boolean("is_failing")?,
        detail: row.text("detail")?,
        holder: row.text("holder")?,
        seen_at: row.time("seen_at")?,
    })
}
