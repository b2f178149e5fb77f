//! Runs: what a sync did, how far it is, and what it could not understand.

use std::collections::BTreeMap;

use atlas_model::{Call, Follow, Ran, SourceId};
use jiff::Timestamp;
use serde::Serialize;

use crate::calls::plant;
use crate::db::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::leases::prove_lease;
use crate::save::{LOCKED, add_to_progress, reserve};
use crate::turn::Turn;

/// A sync of one source by one process.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; unknown while it runs or when the process died.
    pub ended_at: Option<Timestamp>,
    /// `running`, `done`, `budget`, `quota`, `failed`, `refused`, `interrupted`.
    pub outcome: String,
    /// Why, where it is not done.
    pub reason: Option<String>,
    /// What a person should do.
    pub hint: Option<String>,
    /// Calls made, failed attempts among them.
    pub calls: i64,
    /// Attempts that brought no data.
    pub failures: i64,
    /// Rows that were new or differed.
    pub rows_changed: i64,
    /// Rows that were the same already.
    pub rows_unchanged: i64,
    /// Values that could not be understood.
    pub problems: i64,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// As in [`Run::outcome`].
    pub outcome: &'static str,
    /// Why.
    pub reason: String,
    /// What a person should do.
    pub hint: String,
}

/// How far an endpoint is in the current or last run.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// The endpoint's name.
    pub endpoint: String,
    /// Calls that were or are to be made.
    pub total: i64,
    /// Calls answered.
    pub done: i64,
    /// Calls given up.
    pub failed: i64,
    /// Rows that were new or differed.
    pub rows_changed: i64,
    /// Rows that were the same already.
    pub rows_unchanged: i64,
}

/// How old the figures of a source's campaigns are.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Freshness {
    /// Campaigns.
    pub campaigns: i64,
    /// Those whose figures have been read.
    pub known: i64,
    /// When the oldest figures were read.
    pub oldest_at: Option<Timestamp>,
    /// The same among the campaigns that run.
    pub oldest_running_at: Option<Timestamp>,
}

/// A value that could not be understood, as last seen.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StoredProblem {
    /// The endpoint's name.
    pub endpoint: String,
    /// Which record.
    pub record: String,
    /// Which field.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// Since when.
    pub first_seen_at: Timestamp,
}

/// What decides when a source is due, and who is at it.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Its newest runs, the newest first.
    pub runs: Vec<Ran>,
    /// Who holds its lease, and until when.
    pub lease: Option<(String, Timestamp)>,
}

/// So many runs tell how long to wait after failures: a wait doubles with each until it is an hour.
const RUNS: usize = 8;

impl Store {
    /// What decides when each source is due; nothing of one that was never synced and is not being synced.
    pub async fn dues(&self) -> Result<BTreeMap<SourceId, Due>> {
        let mut dues: BTreeMap<SourceId, Due> = BTreeMap::new();
        let sql = "SELECT r.source_id, r.outcome, r.started_at, r.ended_at FROM sync_state AS s \
                   JOIN sync_runs AS r ON r.source_id = s.source_id AND r.id > s.run_id - $1 \
                   ORDER BY r.source_id, r.id DESC";
        for row in self.fetch(sql, [RUNS.into()]).await? {
            let (outcome, started_at) = (row.text("outcome")?, row.time("started_at")?);
            let ran = Ran { outcome, started_at, ended_at: row.maybe_time("ended_at")? };
            dues.entry(row.integer("source_id")?).or_default().runs.push(ran);
        }
        for row in self.fetch("SELECT source_id, holder, expires_at FROM leases", []).await? {
            let lease = (row.text("holder")?, row.time("expires_at")?);
            dues.entry(row.integer("source_id")?).or_default().lease = Some(lease);
        }
        Ok(dues)
    }

    /// Notes that a sync could not even begin.
    pub async fn note_broken_start(
        &self,
        id: SourceId,
        now: Timestamp,
        reason: &str,
        hint: &str,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let next = "UPDATE sync_state SET run_id = run_id + 1 WHERE source_id = $1 RETURNING run_id";
        let Some(run_id) = tx.fetch(next, [id.into()]).await?.first().map(|row| row.integer("run_id")) else {
            return Ok(());
        };
        let sql = "INSERT INTO sync_runs (source_id, id, started_at, ended_at, outcome, reason, hint, calls, failures, \
                   rows_changed, rows_unchanged, problems) VALUES ($1, $2, $3, $3, 'failed', $4, $5, 0, 0, 0, 0, 0)";
        tx.execute(sql, [id.into(), run_id?.into(), now.into(), reason.into(), hint.into()]).await?;
        tx.commit().await
    }

    /// Begins a run: failed calls get another chance, these calls come onto the list. They are the roots of a new round
    /// where it is told whether that asks for everything. What is pending now.
    pub async fn begin_run(
        &self,
        turn: &mut Turn,
        calls: &[Follow],
        round: Option<bool>,
    ) -> Result<Vec<Call>> {
        let id = turn.source_id;
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, id, &turn.holder, turn.now).await?;
        let next = "UPDATE sync_state SET run_id = run_id + 1 WHERE source_id = $1 RETURNING run_id";
        turn.run_id =
            tx.fetch(next, [id.into()]).await?.first().map_or(Ok(0), |row| row.integer("run_id"))?;
        let lost =
            "UPDATE sync_runs SET outcome = 'interrupted' WHERE source_id = $1 AND outcome = 'running'";
        tx.execute(lost, [id.into()]).await?;
        let insert = "INSERT INTO sync_runs (source_id, id, started_at, outcome, calls, failures, rows_changed, \
                      rows_unchanged, problems) VALUES ($1, $2, $3, 'running', 0, 0, 0, 0, 0)";
        tx.execute(insert, [id.into(), turn.run_id.into(), turn.now.into()]).await?;
        let again = "UPDATE sync_calls SET state = 'pending', attempts = 0, reason = NULL, hint = NULL \
                     WHERE source_id = $1 AND (state = 'failed' OR attempts > 0)";
        tx.execute(again, [id.into()]).await?;
        let ask =
            "DELETE FROM absent_endpoints WHERE source_id = $1 AND (ask_again_at <= $2 OR seen_at > $2)";
        tx.execute(ask, [id.into(), turn.now.into()]).await?;
        // What was closed to the key is asked again, and says so again if it still is.
        let locked = "DELETE FROM mapping_problems WHERE source_id = $1 AND record = $2 AND endpoint NOT IN \
                      (SELECT endpoint FROM absent_endpoints WHERE source_id = $1)";
        tx.execute(locked, [id.into(), LOCKED.into()]).await?;
        if let Some(is_full) = round {
            let mark = "UPDATE sync_state SET rooted_at = $2, is_full = $3 WHERE source_id = $1";
            tx.execute(mark, [id.into(), turn.now.into(), is_full.into()]).await?;
        }
        plant(&mut tx, id, turn.now, calls).await?;
        tx.execute("DELETE FROM sync_progress WHERE source_id = $1", [id.into()]).await?;
        reserve(&mut tx, turn).await?;
        tx.commit().await?;
        let pending = self.pending(id).await?;
        let mut tx = self.begin().await?;
        add_to_progress(&mut tx, turn, &pending).await?;
        tx.commit().await?;
        Ok(pending)
    }

    /// Ends a run. `reserve` is exact now: no call is coming.
    pub async fn end_run(&self, turn: &Turn, end: &RunEnd) -> Result<()> {
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, turn.source_id, &turn.holder, turn.now).await?;
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let sql = "UPDATE sync_runs SET ended_at = $3, outcome = $4, reason = $5, hint = $6 \
                   WHERE source_id = $1 AND id = $2";
        let params = [
            turn.source_id.into(),
            turn.run_id.into(),
            turn.now.into(),
            end.outcome.into(),
            text(&end.reason).into(),
            text(&end.hint).into(),
        ];
        tx.execute(sql, params).await?;
        if end.outcome == "done" {
            let sql = "UPDATE data_sources SET last_sync_at = $2 WHERE id = $1";
            tx.execute(sql, [turn.source_id.into(), turn.now.into()]).await?;
        }
        reserve(&mut tx, turn).await?;
        tx.commit().await
    }

    /// Notes pace and quota after a call that belongs to no run.
    pub async fn note_call(&self, turn: &Turn) -> Result<()> {
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, turn.source_id, &turn.holder, turn.now).await?;
        reserve(&mut tx, turn).await?;
        tx.commit().await
    }

    /// The newest runs of a source, newest first.
    pub async fn runs(&self, id: SourceId, limit: usize) -> Result<Vec<Run>> {
        let sql = "SELECT started_at, ended_at, outcome, reason, hint, calls, failures, rows_changed, rows_unchanged, \
                   problems FROM sync_runs WHERE source_id = $1 ORDER BY id DESC LIMIT $2";
        let rows = self.fetch(sql, [id.into(), limit.into()]).await?;
        let runs = rows.iter().map(|row| {
            Ok(Run {
                started_at: row.time("started_at")?,
                ended_at: row.maybe_time("ended_at")?,
                outcome: row.text("outcome")?,
                reason: row.maybe_text("reason")?,
                hint: row.maybe_text("hint")?,
                calls: row.integer("calls")?,
                failures: row.integer("failures")?,
                rows_changed: row.integer("rows_changed")?,
                rows_unchanged: row.integer("rows_unchanged")?,
                problems: row.integer("problems")?,
            })
        });
        runs.collect()
    }

    /// How far each endpoint is in the current or last run.
    pub async fn progress(&self, id: SourceId) -> Result<Vec<Progress>> {
        let sql = "SELECT endpoint, total, done, failed, rows_changed, rows_unchanged FROM sync_progress \
                   WHERE source_id = $1 ORDER BY endpoint";
        let rows = self.fetch(sql, [id.into()]).await?;
        let progress = rows.iter().map(|row| {
            Ok(Progress {
                endpoint: row.text("endpoint")?,
                total: row.integer("total")?,
                done: row.integer("done")?,
                failed: row.integer("failed")?,
                rows_changed: row.integer("rows_changed")?,
                rows_unchanged: row.integer("rows_unchanged")?,
            })
        });
        progress.collect()
    }

    /// How old the figures are.
    pub async fn freshness(&self, id: SourceId) -> Result<Freshness> {
        let sql = "SELECT COUNT(*) AS campaigns, COUNT(last_synced_at) AS known, MIN(last_synced_at) AS oldest_at, \
                   MIN(CASE WHEN status = 'active' AND COALESCE(is_archived, FALSE) = FALSE THEN last_synced_at END) \
                   AS oldest_running_at FROM campaigns WHERE source_id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
        Ok(Freshness {
            campaigns: row.integer("campaigns")?,
            known: row.integer("known")?,
            oldest_at: row.maybe_time("oldest_at")?,
            oldest_running_at: row.maybe_time("oldest_running_at")?,
        })
    }

    /// What could not be understood, as it stands.
    pub async fn problems(&self, id: SourceId) -> Result<Vec<StoredProblem>> {
        Ok(self.problems_asked(id).await?.into_iter().map(|(_, problem)| problem).collect())
    }

    /// The same, each with the parameters of the call that brought it.
    pub(crate) async fn problems_asked(&self, id: SourceId) -> Result<Vec<(String, StoredProblem)>> {
        let sql = "SELECT endpoint, record, path, params, message, first_seen_at FROM mapping_problems \
                   WHERE source_id = $1 ORDER BY endpoint, record, path";
        let rows = self.fetch(sql, [id.into()]).await?;
        let problems = rows.iter().map(|row| {
            let problem = StoredProblem {
                endpoint: row.text("endpoint")?,
                record: row.text("record")?,
                path: row.text("path")?,
                message: row.text("message")?,
                first_seen_at: row.time("first_seen_at")?,
            };
            Ok((row.text("params")?, problem))
        });
        problems.collect()
    }
}
