//! Deliveries that wait → rows and figures, batch by batch, until none waits.

use std::panic::resume_unwind;
use std::time::Duration;

use atlas_model::Clock;
use atlas_store::{Advance, ErrorKind, Incoming, Pressure, Projected, Source, Store, Understood};
use atlas_sync::{Error, holder_for, is_dead, project};
use tokio::sync::watch;
use tokio::task::JoinError;

use crate::tasks::{Board, PROJECTOR, is_stopped_within};

/// Deliveries in a transaction at most, and while others wait to be kept. Keys come in no order: the more share a transaction,
/// the fewer pages of indexes a file writes; in memory each takes some ten kilobytes.
const BATCH: usize = 2_000;
const BATCH_UNDER_PRESSURE: usize = 50;
/// Those who wait to be kept come first: understanding others waits as long as it took for each so many of them,
const STEP_ASIDE_PER: usize = 4;
/// and so many times at most.
const STEP_ASIDE: usize = 40;
/// After so many of them it is seen to it that the database knows how large its tables have become.
const LOOK_EVERY: u64 = 8;

/// How often a batch is tried again for which the database had no time, or which was in another transaction's way.
const ATTEMPTS: u32 = 5;

/// What came of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Understood.
    pub done: u64,
    /// Not, or not whole: they stay with their reason.
    pub failed: u64,
}

/// After an error of the database it is looked again so much later.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Understands what comes in until it is asked to stop; what has begun is finished.
pub(crate) async fn project_until(
    store: Store,
    clock: Clock,
    pressure: Option<Pressure>,
    board: Board,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let began = clock.now();
        let drained = drain_all(&store, clock, pressure.as_ref()).await;
        let pause = if drained.is_ok() { PROJECTOR.period } else { PAUSE_AFTER_ERROR };
        let did = drained.map(|drained| format!("{} understood, {} failed", drained.done, drained.failed));
        board.ran(&PROJECTOR, began, clock.now(), did.map_err(|error| error.to_string()));
        if is_stopped_within(&mut stop, pause).await {
            return;
        }
    }
}

/// Understands what waits, of every source; under pressure in small steps, aside of what comes in.
pub async fn drain_all(store: &Store, clock: Clock, pressure: Option<&Pressure>) -> Result<Drained, Error> {
    let mut drained = Drained::default();
    let waiting = store.sources_with_deliveries(0).await?;
    if waiting.is_empty() {
        return Ok(drained);
    }
    let mut first = None;
    for source in store.sources().await?.iter().filter(|source| waiting.contains(&source.id)) {
        // What goes wrong with one source is no reason to leave the others waiting.
        match drain(store, source, clock, pressure).await {
            Ok(one) => {
                drained.done += one.done;
                drained.failed += one.failed;
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    first.map_or(Ok(drained), Err)
}

/// Understands what waits, of one source. Nothing when another process is at it.
pub async fn drain(
    store: &Store,
    source: &Source,
    clock: Clock,
    pressure: Option<&Pressure>,
) -> Result<Drained, Error> {
    // Not the process's own: a replay in the same process keeps it out.
    let holder = holder_for("projector");
    if let Err(other) = store.take_projector_lease(source.id, &holder, clock.now(), is_dead).await? {
        tracing::debug!(source = source.name, other, "another process understands its deliveries");
        return Ok(Drained::default());
    }
    let drained = drain_held(store, source, &holder, clock, pressure).await;
    if let Err(error) = store.release_projector_lease(source.id, &holder).await {
        tracing::warn!(source = source.name, %error, "the projector's lease could not be given back");
    }
    drained
}

async fn drain_held(
    store: &Store,
    source: &Source,
    holder: &str,
    clock: Clock,
    pressure: Option<&Pressure>,
) -> Result<Drained, Error> {
    let waiting = || pressure.map_or(0, Pressure::waiting);
    let at_once = || if waiting() > 0 { BATCH_UNDER_PRESSURE } else { BATCH };
    let mut drained = Drained::default();
    // One of so many could not be written: each goes by itself, so that it is the only one.
    let mut alone = 0;
    let mut attempts = 1;
    let mut next = understand(store, source, 0, at_once()).await?;
    for round in 0_u64.. {
        if round.is_multiple_of(LOOK_EVERY) {
            store.look_at_what_grew().await?;
        }
        let Some((advance, ready)) = next.take() else { break };
        let began = clock.now();
        let mut understood = count(&ready.deliveries);
        let together = ready.deliveries.len();
        let only = ready.deliveries.first().filter(|_| together == 1).map(|one| one.delivery.clone());
        // Twice as many as when it was planned how to write them.
        let has_grown = round.is_power_of_two();
        let save = async |ready| {
            store.save_projected(source.id, holder, clock.now(), advance, ready, has_grown).await
        };
        let batch = if alone == 0 { at_once() } else { 1 };
        // While the database writes these, the next ones are read and understood: by another task, as unpacking a batch
        // would keep this one from telling the database what to do next.
        let (ahead_store, ahead_source) = (store.clone(), source.clone());
        let ahead = async move { understand(&ahead_store, &ahead_source, advance.up_to, batch).await };
        let (mut saved, following) = tokio::join!(save(ready), tokio::spawn(ahead));
        if let (Err(error), Some(only)) = (&saved, only)
            && error.kind == ErrorKind::Other
        {
            understood = Drained { done: 0, failed: 1 };
            let refused = refused(only, format!("it could not be written: {}", error.message));
            saved = save(Understood::of(vec![refused])).await;
        }
        match saved {
            Ok(_) => {
                drained.done += understood.done;
                drained.failed += understood.failed;
                (alone, attempts) = (alone.max(1) - 1, 1);
                next = joined(following)?;
            }
            Err(error) if error.kind == ErrorKind::Busy && attempts < ATTEMPTS => {
                attempts += 1;
                next = understand(store, source, 0, batch).await?;
            }
            Err(error) if error.kind == ErrorKind::Other && together > 1 => {
                tracing::warn!(source = source.name, %error, "deliveries could not be written together");
                alone = together;
                next = understand(store, source, 0, 1).await?;
            }
            Err(error) => return Err(error.into()),
        }
        let aside = waiting().div_ceil(STEP_ASIDE_PER).min(STEP_ASIDE);
        if aside > 0 {
            let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            tokio::time::sleep(took * u32::try_from(aside).unwrap_or_default()).await;
        }
    }
    Ok(drained)
}

/// The next deliveries that wait behind those in hand, and what they mean.
async fn understand(
    store: &Store,
    source: &Source,
    in_hand: i64,
    batch: usize,
) -> Result<Option<(Advance, Understood)>, Error> {
    let Some((advance, waiting)) = store.waiting_deliveries(source.id, in_hand, batch).await? else {
        return Ok(None);
    };
    let (source, words) = (source.clone(), store.account_words(source.id).await?);
    // Beside the task that writes: what they mean takes as much time as their rows.
    let understood = move || Ok(Some((advance, Understood::of(project(&source, words, waiting)?))));
    joined(tokio::task::spawn_blocking(understood).await)
}

/// What a task came to; nothing where the process ends.
fn joined<T>(ended: Result<Result<Option<T>, Error>, JoinError>) -> Result<Option<T>, Error> {
    ended.unwrap_or_else(|error| error.try_into_panic().map_or(Ok(None), |panic| resume_unwind(panic)))
}

fn refused(delivery: Incoming, reason: String) -> Projected {
    let (rows, problems) = (Vec::new(), Vec::new());
    Projected { delivery, rows, problems, failure: Some(reason), remark: None, is_forgotten: false }
}

fn count(projected: &[Projected]) -> Drained {
    let failed = projected.iter().filter(|one| one.failure.is_some()).count() as u64;
    Drained { done: projected.len() as u64 - failed, failed }
}
