//! The transactions of a sync: an answer with all that follows from it, or a failure.

use std::collections::BTreeMap;

use atlas_model::{Call, Census, Follow, GapCheck, Params, Problem, Row, SourceId, Sweep, Tally};
use jiff::Timestamp;
use serde_json::json;

use crate::calls::{close_all_details, close_details, plant};
use crate::db::{Param, Store, Tx};
use crate::error::Result;
use crate::events::told_in;
use crate::forgotten::{FORGOTTEN, Forgotten, Names};
use crate::journal::{Body, keep_answers, keep_refusal};
use crate::leases::prove_lease;
use crate::pages::{Ready, Run, is_all_that_follows};
use crate::problems::keep_problems;
use crate::sql::{batch, to_batch};
use crate::turn::{Reserve, Turn};
use crate::write::write;
use crate::{contradictions, gaps, people};

/// An answer, understood.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, without what only travels along.
    pub asked: Params,
    /// The body, secrets removed.
    pub body: Vec<u8>,
    /// When it was read.
    pub read_at: Timestamp,
    /// What to write.
    pub rows: Vec<Row>,
    /// What could not be understood.
    pub problems: Vec<Problem>,
    /// What to ask next.
    pub follow: Vec<Follow>,
    /// What is gone at the service.
    pub sweeps: Vec<Sweep>,
    /// The end of a stream, whose rows are counted then.
    pub census: Option<Census>,
    /// Figures that what is held must come up to.
    pub tallies: Vec<Tally>,
    /// When the walk through an endpoint's records began that this answer ends.
    pub watermark: Option<Timestamp>,
    /// Campaigns whose positive replies are counted anew from the people in them.
    pub recount: Vec<String>,
    /// Campaigns of which missing deliveries are looked for.
    pub gaps: Vec<GapCheck>,
    /// Endpoints that this answer shows to be of no use: their pending calls are dropped.
    pub unusable: Vec<Absent>,
    /// Rows in a statement at most.
    pub batch_size: usize,
}

/// An endpoint that a service lacks, or whose answers are of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The endpoint's name.
    pub endpoint: &'static str,
    /// What happened.
    pub reason: String,
    /// When it is asked again.
    pub ask_again_at: Timestamp,
}

/// Why a call brought no data.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It is tried again.
    Again {
        /// What happened.
        reason: String,
    },
    /// It stays as failed until the next run.
    GivenUp {
        /// What happened.
        reason: String,
        /// What a person should do.
        hint: String,
    },
    /// What it asks about is not there: that is an answer, and nothing is left to do.
    Gone {
        /// What was asked, without what only travels along.
        asked: Params,
        /// What happened.
        reason: String,
    },
    /// The service lacks the endpoint.
    Absent(Absent),
    /// The key may not use the endpoint, which a person should know.
    Locked(Absent),
}

/// What saving came to.
#[derive(Debug, Default)]
pub struct Saved {
    /// Rows that are new or differ now.
    pub changed: u64,
    /// Rows that were the same already.
    pub unchanged: u64,
    /// Calls that came onto the list.
    pub planted: Vec<Call>,
    /// Values that could not be understood or believed.
    pub problems: usize,
}

impl Store {
    /// One transaction for some answers, in their order: each in the journal, its rows, its call done, the calls that
    /// follow; and the reservation. What came of each.
    pub async fn save_answers(
        &self,
        turn: &Turn,
        Ready { runs, are_leads }: Ready,
    ) -> Result<Vec<(Call, Saved)>> {
        if are_leads {
            // By itself: what other connections count meanwhile must come on top of it.
            let mut tx = self.begin().await?;
            people::begin(&mut tx, turn.source_id).await?;
            tx.commit().await?;
        }
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, turn.source_id, &turn.holder, turn.now).await?;
        if are_leads {
            tx.look_up_what_follows().await?;
            // Before any of them is written, as everybody does who writes people.
            people::lock(&mut tx).await?;
        }
        let mut done = Vec::new();
        let mut counts: BTreeMap<String, Count> = BTreeMap::new();
        let mut planted = Vec::new();
        let mut runs = runs.into_iter().peekable();
        let mut is_listed = true;
        while let Some(run) = runs.next() {
            // What is asked for by one answer and done by the next one never comes onto the list.
            let next = runs.peek().and_then(|run| run.answers.first()).map(|(next, _)| next);
            let is_next =
                |next: &&Call| run.answers.last().is_some_and(|(_, last)| is_all_that_follows(last, next));
            let next = next.filter(is_next).cloned();
            for (call, saved) in save_run(&mut tx, turn, run, is_listed, next.as_ref()).await? {
                let count = counts.entry(call.endpoint.clone()).or_default();
                count.calls += 1;
                count.done += 1;
                count.changed += saved.changed;
                count.unchanged += saved.unchanged;
                count.problems += saved.problems;
                planted.extend_from_slice(&saved.planted);
                done.push((call, saved));
            }
            is_listed = next.is_none();
        }
        for (endpoint, count) in &counts {
            add(&mut tx, turn, endpoint, count).await?;
        }
        add_to_progress(&mut tx, turn, &planted).await?;
        reserve(&mut tx, turn).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// One transaction: the failed attempt, what becomes of the call, what is asked instead, the reservation. The
    /// calls that came onto the list.
    pub async fn save_failure(
        &self,
        turn: &Turn,
        call: &Call,
        failure: &Failure,
        instead: &[Follow],
    ) -> Result<Vec<Call>> {
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, turn.source_id, &turn.holder, turn.now).await?;
        let params = call.params.to_text();
        let key = || [turn.source_id.into(), call.endpoint.as_str().into(), params.as_str().into()];
        let here = "WHERE source_id = $1 AND endpoint = $2 AND params = $3";
        match failure {
            Failure::Again { reason } => {
                let [a, b, c] = key();
                let sql = format!("UPDATE sync_calls SET attempts = attempts + 1, reason = $4 {here}");
                tx.execute(&sql, [a, b, c, reason.as_str().into()]).await?;
                add(&mut tx, turn, &call.endpoint, &Count::ATTEMPT).await?;
            }
            Failure::GivenUp { reason, hint } => {
                let [a, b, c] = key();
                let sql = format!(
                    "UPDATE sync_calls SET state = 'failed', attempts = attempts + 1, reason = $4, hint = $5 {here}"
                );
                tx.execute(&sql, [a, b, c, reason.as_str().into(), hint.as_str().into()]).await?;
                add(&mut tx, turn, &call.endpoint, &Count::FAILED).await?;
                // A detail that cannot be read shall not be asked for again in every round.
                close_details(&mut tx, turn.source_id, turn, call).await?;
            }
            Failure::Gone { asked, reason } => {
                let sql = format!("DELETE FROM sync_calls {here}");
                tx.execute(&sql, key()).await?;
                let asked = asked.to_text();
                keep_refusal(&mut tx, turn.source_id, &call.endpoint, &asked, reason, turn.now).await?;
                let problem =
                    Problem { record: asked_of(call), path: String::new(), message: reason.clone() };
                keep_problems(&mut tx, turn.source_id, turn.now, &call.endpoint, &[(&asked, &[problem])])
                    .await?;
                add(&mut tx, turn, &call.endpoint, &Count { problems: 1, ..Count::DONE }).await?;
                close_details(&mut tx, turn.source_id, turn, call).await?;
            }
            Failure::Absent(absent) => {
                mark_absent(&mut tx, turn, call, absent).await?;
                add(&mut tx, turn, &call.endpoint, &Count::DONE).await?;
            }
            Failure::Locked(absent) => {
                mark_absent(&mut tx, turn, call, absent).await?;
                let message = absent.reason.clone();
                let problem = Problem { record: LOCKED.to_owned(), path: String::new(), message };
                keep_problems(&mut tx, turn.source_id, turn.now, absent.endpoint, &[(LOCKED, &[problem])])
                    .await?;
                add(&mut tx, turn, &call.endpoint, &Count { problems: 1, ..Count::DONE }).await?;
            }
        }
        let planted = plant(&mut tx, turn.source_id, turn.now, instead).await?;
        add_to_progress(&mut tx, turn, &planted).await?;
        reserve(&mut tx, turn).await?;
        tx.commit().await?;
        Ok(planted)
    }
}

/// Saves answers that are written together, of which the first one's call `is_listed`; `next` is done in the same
/// transaction.
async fn save_run(
    tx: &mut Tx,
    turn: &Turn,
    mut run: Run,
    is_listed: bool,
    next: Option<&Call>,
) -> Result<Vec<(Call, Saved)>> {
    let first = run.answers.first().map(|(call, _)| (call.endpoint.clone(), call.params.to_text()));
    let (endpoint, params) = first.unwrap_or_default();
    let asked = keep_run(tx, turn, &endpoint, &mut run).await?;
    let Run { answers, own, rows, pairs, .. } = run;
    let batch_size = answers.iter().map(|(_, answer)| answer.batch_size).max().unwrap_or_default();
    let written = write(tx, turn.source_id, rows, batch_size, pairs).await?;
    if is_listed {
        let remove = "DELETE FROM sync_calls WHERE source_id = $1 AND endpoint = $2 AND params = $3";
        tx.execute(remove, [turn.source_id.into(), endpoint.as_str().into(), params.into()]).await?;
    }
    let (mut changed, mut unchanged, mut follow) = (written.changed, written.unchanged, written.follow);
    let (mut done, mut problems) = (Vec::with_capacity(answers.len()), Vec::with_capacity(answers.len()));
    let mut answers = answers.into_iter().zip(&own).peekable();
    while let Some(((call, mut answer), own)) = answers.next() {
        // What was written together counts for the first of them.
        answer.follow.append(&mut follow);
        let next = answers.peek().map(|((next, _), _)| next).or(next);
        let (mut saved, found) = settle_answer(tx, turn, &call, answer, own.are_figures, next).await?;
        saved.changed += std::mem::take(&mut changed);
        saved.unchanged += std::mem::take(&mut unchanged);
        problems.push(found);
        done.push((call, saved));
    }
    let told: Vec<(&str, &[Problem])> =
        asked.iter().zip(&problems).map(|(asked, found)| (asked.as_str(), found.as_slice())).collect();
    keep_problems(tx, turn.source_id, turn.now, &endpoint, &told).await?;
    Ok(done)
}

/// Keeps answers in the journal; how each was asked, without whoever is forgotten.
async fn keep_run(tx: &mut Tx, turn: &Turn, endpoint: &str, run: &mut Run) -> Result<Vec<String>> {
    let id = turn.source_id;
    let mut told = std::mem::take(&mut run.told);
    if let Some(forgotten) = Forgotten::read(tx).await? {
        for ((_, answer), told) in run.answers.iter_mut().zip(&mut told) {
            if forgotten.is_asked_about(id, &told.params) {
                FORGOTTEN.clone_into(&mut told.params);
                told.body = Body::default();
            } else if let Some(left) = forgotten.without(id, &answer.body, &Names::default()) {
                told.body = Body::of(&left)?;
            }
            answer.follow.retain(|follow| !forgotten.is_asked_about(id, &follow.params.to_text()));
            answer
                .problems
                .retain(|one| !forgotten.is_named(id, &one.record) && !forgotten.is_named(id, &one.message));
        }
    }
    let asked = told.iter().map(|told| told.params.clone()).collect();
    let serials = keep_answers(tx, id, endpoint, told).await?;
    let mut rows = std::mem::take(&mut run.rows).into_iter();
    for (own, serial) in run.own.iter().zip(serials) {
        run.rows.extend(rows.by_ref().take(own.rows).map(|row| told_in(row, serial)));
    }
    Ok(asked)
}

/// Does what is left to do of an answer whose rows are written, and tells what was not understood; `next` is done in the same
/// transaction.
async fn settle_answer(
    tx: &mut Tx,
    turn: &Turn,
    call: &Call,
    answer: Answer,
    are_figures: bool,
    next: Option<&Call>,
) -> Result<(Saved, Vec<Problem>)> {
    let id = turn.source_id;
    let swept = sweep(tx, id, &answer.sweeps).await?;
    let mut follow = answer.follow;
    for absent in &answer.unusable {
        mark_absent(tx, turn, call, absent).await?;
    }
    let mut missing = 0;
    for check in &answer.gaps {
        let (ask, gaps) = gaps::look(tx, id, &call.endpoint, check, turn.now).await?;
        follow.extend(ask);
        missing += gaps;
    }
    let planted = match next {
        Some(next) => {
            follow.retain(|follow| follow.endpoint != next.endpoint || follow.params != next.params);
            let mut planted = plant(tx, id, turn.now, &follow).await?;
            planted.push(next.clone());
            planted
        }
        None => plant(tx, id, turn.now, &follow).await?,
    };
    let mut problems = answer.problems;
    if let Some(census) = &answer.census {
        problems.extend(contradictions::of_stream(tx, id, census).await?);
    }
    if let Some(at) = answer.watermark {
        mark_read(tx, id, &call.endpoint, at).await?;
    }
    for campaign_id in &answer.recount {
        contradictions::count_positive(tx, id, campaign_id).await?;
    }
    if are_figures && call.params.get("campaign_id").is_none() {
        close_all_details(tx, id, &turn.details).await?;
    }
    let is_closed = close_details(tx, id, turn, call).await?;
    if is_closed && let Some(campaign_id) = call.params.get("campaign_id") {
        let found: Vec<Problem> =
            contradictions::of_campaign(tx, id, campaign_id).await?.into_iter().collect();
        let about = Params::none().with("contradictions_of", campaign_id).to_text();
        keep_problems(tx, id, turn.now, turn.anchor, &[(&about, &found)]).await?;
    }
    missing += keep_tallies(tx, id, turn.now, &call.endpoint, &answer.tallies).await?;
    let saved = Saved { changed: swept, unchanged: 0, planted, problems: problems.len() + missing };
    Ok((saved, problems))
}

/// Notes up to when an endpoint's records are known. A walk that began earlier says nothing new.
async fn mark_read(tx: &mut Tx, id: SourceId, endpoint: &str, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO watermarks (source_id, endpoint, at) VALUES ($1, $2, $3) ON CONFLICT (source_id, endpoint) \
               DO UPDATE SET at = excluded.at WHERE watermarks.at < excluded.at";
    tx.execute(sql, [id.into(), endpoint.into(), at.into()]).await.map(drop)
}

/// Each figure that is not reached is a problem of its own until it is; how many there are.
pub(crate) async fn keep_tallies(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    endpoint: &str,
    tallies: &[Tally],
) -> Result<usize> {
    let mut missing = 0;
    for tally in tallies {
        let found: Vec<Problem> = contradictions::of_tally(tx, id, tally).await?.into_iter().collect();
        let about = Params::none().with("tally_of", &tally.record).to_text();
        keep_problems(tx, id, now, endpoint, &[(&about, &found)]).await?;
        missing += found.len();
    }
    Ok(missing)
}

/// What stands in place of a record where the whole endpoint is closed to the key.
pub(crate) const LOCKED: &str = "the endpoint";

fn asked_of(call: &Call) -> String {
    call.params.get("campaign_id").map_or_else(|| call.params.to_string(), |id| format!("campaign {id}"))
}

/// Notes that an endpoint is absent, and drops its pending calls.
async fn mark_absent(tx: &mut Tx, turn: &Turn, call: &Call, absent: &Absent) -> Result<()> {
    let remove = "DELETE FROM sync_calls WHERE source_id = $1 AND endpoint = $2";
    tx.execute(remove, [turn.source_id.into(), absent.endpoint.into()]).await?;
    // Nothing of it is left to do but, perhaps, to count this very call.
    let is_own = i64::from(call.endpoint == absent.endpoint);
    let done = "UPDATE sync_progress SET total = done + failed + $3 WHERE source_id = $1 AND endpoint = $2";
    tx.execute(done, [turn.source_id.into(), absent.endpoint.into(), is_own.into()]).await?;
    let sql = "INSERT INTO absent_endpoints (source_id, endpoint, reason, seen_at, ask_again_at) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (source_id, endpoint) DO UPDATE SET \
               reason = excluded.reason, seen_at = excluded.seen_at, ask_again_at = excluded.ask_again_at";
    let params: [Param; 5] = [
        turn.source_id.into(),
        absent.endpoint.into(),
        absent.reason.as_str().into(),
        turn.now.into(),
        absent.ask_again_at.into(),
    ];
    tx.execute(sql, params).await.map(drop)
}

/// Marks rows that are gone at the service; how many were not marked yet.
pub(crate) async fn sweep(tx: &mut Tx, id: SourceId, sweeps: &[Sweep]) -> Result<u64> {
    let mut swept = 0;
    for Sweep { table, within: (column, value), mark, present } in sweeps {
        let sql = format!(
            "UPDATE {table} SET {mark} = $4 WHERE source_id = $1 AND {column} = $2 AND {mark} IS DISTINCT FROM $4 \
             AND {key} NOT IN (SELECT value ->> 'key' FROM {batch})",
            table = table.name,
            key = table.key[0],
            batch = batch(tx.flavour(), "$3"),
        );
        let keys: Vec<_> = present.iter().map(|key| json!({"key": key})).collect();
        swept +=
            tx.execute(&sql, [id.into(), value.as_str().into(), to_batch(&keys).into(), true.into()]).await?;
    }
    Ok(swept)
}

pub(crate) async fn reserve(tx: &mut Tx, turn: &Turn) -> Result<()> {
    let sql =
        "UPDATE sync_state SET next_call_at = $2, quota_month = $3, quota_calls = $4 WHERE source_id = $1";
    let Reserve { next_call_at, quota_month, quota_calls } = &turn.reserve;
    let params =
        [turn.source_id.into(), (*next_call_at).into(), quota_month.as_str().into(), (*quota_calls).into()];
    tx.execute(sql, params).await.map(drop)
}

/// Calls of an endpoint, and what came of them.
#[derive(Default)]
struct Count {
    calls: usize,
    done: usize,
    failed: usize,
    changed: u64,
    unchanged: u64,
    problems: usize,
}

impl Count {
    const ATTEMPT: Self = Self { calls: 1, done: 0, failed: 0, changed: 0, unchanged: 0, problems: 0 };
    const DONE: Self = Self { done: 1, ..Self::ATTEMPT };
    const FAILED: Self = Self { failed: 1, ..Self::ATTEMPT };
}

/// Adds calls to the run and to the endpoint's progress.
async fn add(tx: &mut Tx, turn: &Turn, endpoint: &str, count: &Count) -> Result<()> {
    let rows = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (changed, unchanged) = (rows(count.changed), rows(count.unchanged));
    let run = "UPDATE sync_runs SET calls = calls + $3, failures = failures + $4, rows_changed = rows_changed + $5, \
               rows_unchanged = rows_unchanged + $6, problems = problems + $7 WHERE source_id = $1 AND id = $2";
    let params = [
        turn.source_id.into(),
        turn.run_id.into(),
        count.calls.into(),
        (count.calls - count.done).into(),
        changed.into(),
        unchanged.into(),
        count.problems.into(),
    ];
    tx.execute(run, params).await?;
    let progress = "UPDATE sync_progress SET done = done + $3, failed = failed + $4, \
                    rows_changed = rows_changed + $5, rows_unchanged = rows_unchanged + $6, updated_at = $7 \
                    WHERE source_id = $1 AND endpoint = $2";
    let params = [
        turn.source_id.into(),
        endpoint.into(),
        count.done.into(),
        count.failed.into(),
        changed.into(),
        unchanged.into(),
        turn.now.into(),
    ];
    tx.execute(progress, params).await.map(drop)
}

/// Adds calls to what their endpoints have to do.
pub(crate) async fn add_to_progress(tx: &mut Tx, turn: &Turn, planted: &[Call]) -> Result<()> {
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for call in planted {
        *totals.entry(&call.endpoint).or_default() += 1;
    }
    let sql = "INSERT INTO sync_progress (source_id, endpoint, total, done, failed, rows_changed, rows_unchanged, \
               updated_at) VALUES ($1, $2, $3, 0, 0, 0, 0, $4) ON CONFLICT (source_id, endpoint) \
               DO UPDATE SET total = sync_progress.total + excluded.total";
    for (endpoint, total) in totals {
        tx.execute(sql, [turn.source_id.into(), endpoint.into(), total.into(), turn.now.into()]).await?;
    }
    Ok(())
}
