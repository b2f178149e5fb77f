//! What is going on, told to whoever listens: one look at the database for all of them, and none while nobody does.
//!
//! An event is a state: how a sync stands, how many deliveries came. A listener that comes back is told the states that
//! have changed since, however long it was away, and nothing has to be kept for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_store::{Pulse, Store};
use tokio::sync::watch;
use tracing::warn;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// What all listeners share.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    store: Store,
    /// What tells our numbers from those of another process, or of an earlier life.
    life: Arc<str>,
    states: Arc<Mutex<States>>,
    /// The number of the newest change; closed when the server stops.
    changes: watch::Sender<u64>,
    is_stopping: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct States {
    is_looking: bool,
    newest: u64,
    /// By kind and what it is of: the number of the change, and the state as JSON.
    known: BTreeMap<(&'static str, String), (u64, String)>,
}

/// A state that has changed.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// `LIFE-NUMBER`, by which a listener goes on.
    pub(crate) id: String,
    /// `sync`, `deliveries`, `alerts` or `analysis`.
    pub(crate) kind: &'static str,
    /// As JSON.
    pub(crate) state: String,
}

/// Somebody who listens.
#[derive(Debug)]
pub(crate) struct Listener {
    live: Live,
    heard: u64,
    changes: watch::Receiver<u64>,
    is_stopping: watch::Receiver<bool>,
}

impl Live {
    pub(crate) fn new(store: Store, life: String, is_stopping: watch::Receiver<bool>) -> Self {
        Self { store, life: life.into(), states: Arc::default(), changes: watch::Sender::new(0), is_stopping }
    }

    /// Listens from where a listener was, or to all states.
    pub(crate) fn listen(&self, last: Option<&str>) -> Listener {
        let number = last.and_then(|last| last.split_once('-')).filter(|(life, _)| *life == &*self.life);
        let heard = number.and_then(|(_, number)| number.parse().ok()).unwrap_or(0);
        let changes = self.changes.subscribe();
        let mut states = self.states();
        if !states.is_looking {
            states.is_looking = true;
            tokio::spawn(self.clone().look());
        }
        Listener { live: self.clone(), heard, changes, is_stopping: self.is_stopping.clone() }
    }

    /// Looks until nobody listens.
    async fn look(self) {
        let mut is_away = false;
        loop {
            match self.store.pulse().await {
                Ok(pulse) => {
                    is_away = false;
                    self.take(states(&pulse));
                }
                Err(error) if !is_away => {
                    is_away = true;
                    warn!("what is going on cannot be seen: {error}");
                }
                Err(_) => {}
            }
            tokio::time::sleep(EVERY).await;
            let mut states = self.states();
            if self.changes.receiver_count() == 0 || *self.is_stopping.borrow() {
                states.is_looking = false;
                return;
            }
        }
    }

    fn take(&self, now: impl Iterator<Item = (&'static str, String, String)>) {
        let mut states = self.states();
        let before = states.newest;
        for (kind, source, state) in now {
            let key = (kind, source);
            if states.known.get(&key).is_none_or(|(_, known)| *known != state) {
                states.newest += 1;
                let change = (states.newest, state);
                states.known.insert(key, change);
            }
        }
        if states.newest > before {
            self.changes.send_replace(states.newest);
        }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each state by its kind and what it is of.
fn states(pulse: &Pulse) -> impl Iterator<Item = (&'static str, String, String)> {
    let sources = pulse.sources.iter().flat_map(|(sync, deliveries)| {
        let sync = ("sync", &sync.source, serde_json::to_string(sync));
        [sync, ("deliveries", &deliveries.source, serde_json::to_string(deliveries))]
    });
    let alerts = pulse.alerts.iter().map(|one| ("alerts", &one.source, serde_json::to_string(one)));
    let analyses = pulse.analyses.iter().map(|one| ("analysis", &one.name, serde_json::to_string(one)));
    let all = sources.chain(alerts).chain(analyses);
    all.filter_map(|(kind, of, state)| Some((kind, of.clone(), state.ok()?)))
}

impl Listener {
    /// What has changed since the last time, in its order; waits until something has. None when the server stops.
    pub(crate) async fn next(&mut self) -> Option<Vec<Change>> {
        loop {
            let changed = self.changed();
            if !changed.is_empty() {
                return Some(changed);
            }
            tokio::select! {
                change = self.changes.changed() => change.ok()?,
                _ = self.is_stopping.wait_for(|is_stopping| *is_stopping) => return None,
            }
        }
    }

    fn changed(&mut self) -> Vec<Change> {
        let states = self.live.states();
        let mut changed: Vec<_> =
            states.known.iter().filter(|(_, (number, _))| *number > self.heard).collect();
        changed.sort_unstable_by_key(|(_, (number, _))| *number);
        self.heard = states.newest;
        let change = |((kind, _), (number, state)): (&(&'static str, String), &(u64, String))| Change {
            id: format!("{}-{number}", self.live.life),
            kind,
            state: state.clone(),
        };
        changed.into_iter().map(change).collect()
    }
}
