//! Deliveries that wait → rows and figures, batch by batch, until none waits.

use std::time::Duration;

use atlas_model::Clock;
use atlas_store::{ErrorKind, Incoming, Pressure, Projected, Source, Store};
use atlas_sync::{Error, holder_for, is_dead, project};
use tokio::sync::watch;

use crate::tasks::{Board, PROJECTOR, is_stopped_within};

/// Deliveries in a transaction at most, and while others wait to be kept.
const BATCH: usize = 500;
const BATCH_UNDER_PRESSURE: usize = 100;
/// While deliveries wait to be kept, understanding them waits so many times as long as it took: they come first.
const STEP_ASIDE: u32 = 3;
/// Rows in a statement at most.
const ROWS: usize = 500;

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
    let waiting = store.sources_with_deliveries().await?;
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
    let is_pressed = || pressure.is_some_and(Pressure::is_on);
    let mut drained = Drained::default();
    loop {
        let began = clock.now();
        let batch = if is_pressed() { BATCH_UNDER_PRESSURE } else { BATCH };
        let waiting = store.waiting_deliveries(source.id, batch).await?;
        if waiting.is_empty() {
            return Ok(drained);
        }
        let projected = project(source, store.account_words(source.id).await?, waiting)?;
        match save(store, source, holder, clock, &projected).await {
            Ok(()) => count(&mut drained, &projected),
            Err(error) if error.kind == ErrorKind::Other => {
                // One of them cannot be written: each by itself, so that it is the only one.
                tracing::warn!(source = source.name, %error, "deliveries could not be written together");
                for one in projected {
                    save_alone(store, source, holder, clock, one, &mut drained).await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
        if is_pressed() {
            let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            tokio::time::sleep(took * STEP_ASIDE).await;
        }
    }
}

async fn save_alone(
    store: &Store,
    source: &Source,
    holder: &str,
    clock: Clock,
    one: Projected,
    drained: &mut Drained,
) -> Result<(), Error> {
    let one = [one];
    match save(store, source, holder, clock, &one).await {
        Ok(()) => count(drained, &one),
        Err(error) if error.kind == ErrorKind::Other => {
            let [Projected { delivery, .. }] = one;
            let failed = [refused(delivery, format!("it could not be written: {}", error.message))];
            save(store, source, holder, clock, &failed).await?;
            count(drained, &failed);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn refused(delivery: Incoming, reason: String) -> Projected {
    Projected { delivery, rows: Vec::new(), problems: Vec::new(), failure: Some(reason), remark: None }
}

async fn save(
    store: &Store,
    source: &Source,
    holder: &str,
    clock: Clock,
    projected: &[Projected],
) -> atlas_store::Result<()> {
    let mut attempt = 1;
    loop {
        match store.save_projected(source.id, holder, clock.now(), projected, ROWS).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind == ErrorKind::Busy && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn count(drained: &mut Drained, projected: &[Projected]) {
    let failed = projected.iter().filter(|one| one.failure.is_some()).count() as u64;
    drained.failed += failed;
    drained.done += projected.len() as u64 - failed;
}
