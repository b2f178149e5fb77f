//! What this process does in the background, and what it counts: told to the database, so that anybody can ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_model::{Clock, SourceId};
use atlas_store::{Counts, SCHEDULER as SCHEDULER_NAME, Store, Task};
use jiff::Timestamp;
use tokio::sync::watch;

/// How often a process tells that it lives.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// A task that runs by itself.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) period: Duration,
}

pub(crate) const SCHEDULER: Kind = Kind {
    name: SCHEDULER_NAME,
    description: "syncs each source when its schedule says so, and does what is requested",
    period: Duration::from_millis(500),
};
pub(crate) const PROJECTOR: Kind = Kind {
    name: "projector",
    description: "understands deliveries: rows and figures follow from them",
    period: Duration::from_millis(200),
};
pub(crate) const PEOPLE: Kind = Kind {
    name: "people",
    description: "works out who is one person across services, where leads or calls have changed",
    period: Duration::from_mins(1),
};
pub(crate) const LESSONS: Kind = Kind {
    name: "lessons",
    description: "draws the lessons that are due since a sync or deliveries changed something, and adds up campaigns that were written to",
    period: Duration::from_secs(2),
};
pub(crate) const NOTICES: Kind = Kind {
    name: "notices",
    description: "tells of alerts that opened or are over, again where it failed",
    period: Duration::from_secs(5),
};
pub(crate) const RETENTION: Kind = Kind {
    name: "retention",
    description: "forgets answers, deliveries, texts and requests that are older than is wanted",
    period: Duration::from_hours(6),
};

/// Where the tasks of this process put how they stand.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    tasks: Vec<Task>,
    counts: Counts,
}

impl Board {
    pub(crate) fn new(kinds: &[&Kind], holder: &str, now: Timestamp) -> Self {
        let task = |kind: &&Kind| Task {
            name: kind.name.to_owned(),
            description: kind.description.to_owned(),
            period_ms: i64::try_from(kind.period.as_millis()).unwrap_or(i64::MAX),
            began_at: None,
            ended_at: None,
            is_failing: false,
            detail: String::new(),
            holder: holder.to_owned(),
            seen_at: now,
        };
        let inner = Inner { tasks: kinds.iter().map(task).collect(), counts: Counts::new() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Notes what a task did, or why it could not; a trouble is logged when it begins and when it is over.
    pub(crate) fn ran(&self, kind: &Kind, began: Timestamp, ended: Timestamp, did: Result<String, String>) {
        let mut inner = self.lock();
        let Some(task) = inner.tasks.iter_mut().find(|task| task.name == kind.name) else { return };
        match &did {
            Err(error) if !task.is_failing => {
                tracing::warn!(task = kind.name, error, "a task cannot go on now")
            }
            Ok(_) if task.is_failing => tracing::info!(task = kind.name, "a task goes on again"),
            _ => {}
        }
        task.is_failing = did.is_err();
        (task.began_at, task.ended_at) = (Some(began), Some(ended));
        task.detail = did.unwrap_or_else(|error| error);
    }

    /// Counts something of a source.
    pub(crate) fn count(&self, id: SourceId, name: &'static str, label: impl Into<String>, count: u64) {
        if count > 0 {
            *self.lock().counts.entry((id, name, label.into())).or_default() += count;
        }
    }

    /// Tells the database every few seconds how tasks stand, until it is asked to stop; the last time then.
    pub(crate) async fn keep_telling(
        self,
        store: Store,
        clock: Clock,
        holder: String,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            self.tell(&store, clock, &holder).await;
            if is_stopped_within(&mut stop, HEARTBEAT).await {
                return;
            }
        }
    }

    pub(crate) async fn tell(&self, store: &Store, clock: Clock, holder: &str) {
        let (tasks, counts) = {
            let mut inner = self.lock();
            (inner.tasks.clone(), std::mem::take(&mut inner.counts))
        };
        if let Err(error) = store.tell_tasks(holder, &tasks, &counts, clock.now()).await {
            tracing::debug!(%error, "how tasks stand could not be told");
            let mut inner = self.lock();
            for (what, count) in counts {
                *inner.counts.entry(what).or_default() += count;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Comes when it is asked to stop, or nobody is left to ask.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Waits so long; true as soon as it is asked to stop.
pub(crate) async fn is_stopped_within(stop: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::time::timeout(wait, stopped(stop)).await.is_ok()
}
