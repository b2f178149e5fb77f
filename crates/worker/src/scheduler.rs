//! When which source is synced, and by whom: each when its schedule says so, side by side, by the one process that has its
//! lease; and what is requested of a source comes first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_model::{Clock, SourceId};
use atlas_store::{Due, LEASE_S, Request, Source, Store, Vault, Wanted};
use atlas_sync::{Error, Syncer, holder, is_dead};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{MissedTickBehavior, timeout};

use crate::deeds::Deeds;
use crate::tasks::{Board, SCHEDULER, stopped};

/// After an error of the database it is looked again so much later.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);
/// How long syncs may take to stop: they finish what is being saved, and no call.
const GRACE: Duration = Duration::from_secs(10);

/// Starts what is due.
#[derive(Clone, Debug)]
pub(crate) struct Scheduler {
    store: Store,
    clock: Clock,
    board: Board,
    deeds: Arc<Deeds>,
}

/// A source that this process is at.
struct AtWork {
    task: Id,
    source: Source,
    /// What was requested of it; none where its schedule said so.
    wanted: Option<Wanted>,
    stop: watch::Sender<bool>,
}

impl Scheduler {
    pub(crate) fn new(store: Store, vault: Vault, clock: Clock, board: Board) -> Result<Self, Error> {
        let syncer = Syncer::new(store.clone(), vault.clone(), clock)?;
        let deeds =
            Deeds { store: store.clone(), vault, clock, board: board.clone(), syncer, holder: holder() };
        Ok(Self { store, clock, board, deeds: Arc::new(deeds) })
    }

    /// Starts what is due until it is asked to stop; then stops what is under way, all of which goes on later from there.
    pub(crate) async fn run_until(self, mut stop: watch::Receiver<bool>) {
        let mut at_work: BTreeMap<SourceId, AtWork> = BTreeMap::new();
        let mut tasks = JoinSet::new();
        let mut look = tokio::time::interval(SCHEDULER.period);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                Some(ended) = tasks.join_next_with_id() => left(&mut at_work, ended),
                _ = look.tick() => {
                    let began = self.clock.now();
                    let looked = self.look(&mut at_work, &mut tasks).await;
                    if looked.is_err() {
                        look.reset_after(PAUSE_AFTER_ERROR);
                    }
                    let looked = looked.map_err(|error| error.to_string());
                    self.board.ran(&SCHEDULER, began, self.clock.now(), looked);
                }
            }
        }
        at_work.values().for_each(AtWork::ask_to_stop);
        let all_stopped = async { while tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all_stopped).await.is_err() {
            tracing::warn!("a sync did not stop in time; the next process takes it over");
        }
    }

    /// Starts what is due and is nobody's yet, and stops what has to make way; how that stands, in words.
    async fn look(
        &self,
        at_work: &mut BTreeMap<SourceId, AtWork>,
        tasks: &mut JoinSet<()>,
    ) -> Result<String, Error> {
        let now = self.clock.now();
        let sources = self.store.sources().await?;
        let dues = self.store.dues().await?;
        let requests = self.store.open_requests().await?;
        for source in &sources {
            let free = requests.iter().filter(|one| one.source_id == source.id && one.is_free(now, is_dead));
            // In their order, but a sync lets others pass, or it would only be begun anew for being in their way.
            let request = free.min_by_key(|one| matches!(one.wanted, Wanted::Sync { .. }));
            if let Some(work) = at_work.get(&source.id) {
                if work.must_make_way(source, request) {
                    work.ask_to_stop();
                }
                continue;
            }
            let due = dues.get(&source.id).cloned().unwrap_or_default();
            if is_held_by_another(&due, &self.deeds.holder, now) {
                continue;
            }
            if request.is_none() && !is_due(source, &due, now) {
                continue;
            }
            let wanted = request.map(|request| request.wanted);
            let (sender, receiver) = watch::channel(false);
            let work = self.clone().work(source.clone(), request.cloned(), receiver);
            let task = tasks.spawn(work).id();
            at_work.insert(source.id, AtWork { task, source: source.clone(), wanted, stop: sender });
        }
        at_work.values().filter(|work| work.is_gone(&sources)).for_each(AtWork::ask_to_stop);
        Ok(format!("{} sources, {} of them this process is at", sources.len(), at_work.len()))
    }

    /// Does what is requested of a source, or syncs it because it is due, if that is still so when this process has the
    /// lease.
    async fn work(self, source: Source, request: Option<Request>, mut stop: watch::Receiver<bool>) {
        let Deeds { store, holder, .. } = &*self.deeds;
        match store.take_lease(source.id, holder, self.clock.now(), is_dead).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(error) => return tracing::warn!(source = source.name, %error, "the lease could not be taken"),
        }
        // Whoever had the lease until now may have done it.
        let is_to_do = match &request {
            None => self.is_still_due(&source).await,
            Some(request) => store.claim_request(request, holder, self.clock.now()).await,
        };
        match (is_to_do, &request) {
            (Ok(false), _) => {}
            (Ok(true), None) => self.deeds.sync(&source, None, false, stop).await,
            (Ok(true), Some(request)) => match request.wanted {
                Wanted::Sync { is_full } => self.deeds.sync(&source, Some(request), is_full, stop).await,
                Wanted::Test => self.deeds.test(&source, request, &mut stop).await,
                Wanted::Replay(part) => self.deeds.replay(&source, request, part, &mut stop).await,
            },
            (Err(error), _) => tracing::warn!(source = source.name, %error, "it could not be begun"),
        }
        if let Err(error) = store.release_lease(source.id, holder).await {
            tracing::warn!(source = source.name, %error, "the lease could not be given back");
        }
    }

    async fn is_still_due(&self, source: &Source) -> atlas_store::Result<bool> {
        let due = self.store.dues().await?.remove(&source.id).unwrap_or_default();
        Ok(is_due(source, &due, self.clock.now()))
    }
}

impl AtWork {
    fn ask_to_stop(&self) {
        // One that has ended by itself listens no more.
        let _ = self.stop.send(true);
    }

    /// Whether a sync has to be begun anew, as it goes by settings that hold no longer, or has to let something else pass
    /// that was requested. A sync that was requested itself is done before another one.
    fn must_make_way(&self, source: &Source, request: Option<&Request>) -> bool {
        if matches!(self.wanted, Some(Wanted::Test | Wanted::Replay(_))) {
            return false;
        }
        let terms = |source: &Source| {
            let given = source.settings.given().clone();
            (
                source.status.clone(),
                source.base_url.clone(),
                source.is_public_only,
                source.time_zone.clone(),
                given,
            )
        };
        let is_other = |request: &Request| match request.wanted {
            Wanted::Sync { is_full } => is_full && self.wanted.is_none(),
            Wanted::Test | Wanted::Replay(_) => true,
        };
        request.is_some_and(is_other) || terms(source) != terms(&self.source)
    }

    fn is_gone(&self, sources: &[Source]) -> bool {
        sources.iter().all(|source| source.id != self.source.id)
    }
}

/// When a source is due by its schedule; never, when it is archived.
pub fn next_sync_at(source: &Source, due: &Due, now: Timestamp) -> Option<Timestamp> {
    let is_active = source.status == "active";
    is_active.then(|| source.settings.schedule().next_at(&source.time_zone, &due.runs, now))
}

fn is_due(source: &Source, due: &Due, now: Timestamp) -> bool {
    next_sync_at(source, due, now).is_some_and(|at| at <= now)
}

fn is_held_by_another(due: &Due, me: &str, now: Timestamp) -> bool {
    due.lease.as_ref().is_some_and(|(holder, until)| {
        // Further ahead: taken before the clock was set back.
        let furthest = now + SignedDuration::from_secs(LEASE_S * 30);
        holder != me && *until > now && *until <= furthest && !is_dead(holder)
    })
}

/// Notes that a source was left; one whose task broke is looked at again like any other.
fn left(at_work: &mut BTreeMap<SourceId, AtWork>, ended: Result<(Id, ()), tokio::task::JoinError>) {
    let task = match ended {
        Ok((task, ())) => task,
        Err(error) => {
            tracing::error!(%error, "work at a source broke off");
            error.id()
        }
    };
    at_work.retain(|_, work| work.task != task);
}
