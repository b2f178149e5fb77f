//! What the scheduler has done at a source under its lease: a sync, a test, a replay; and what is left with whoever asked.

use std::time::Duration;

use atlas_model::Clock;
use atlas_store::{
    ErrorKind, Part, ReplayOutcome, Request, Source, Store, TestOutcome, TestedEndpoint, Vault,
};
use atlas_sync::{Credential, Error, Event, Options, Syncer, Why, probe, replay};
use serde::Serialize;
use tokio::sync::watch;

use crate::lessons::{Lesson, wake_lessons};
use crate::outcome::sync_outcome;
use crate::projector::drain;
use crate::tasks::{Board, is_stopped_within, stopped};

/// How often a lease is renewed that no sync renews.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What it takes.
#[derive(Debug)]
pub(crate) struct Deeds {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) board: Board,
    pub(crate) syncer: Syncer,
    pub(crate) holder: String,
}

impl Deeds {
    /// Syncs a source. What it came to is left with whoever asked for it, and for the same meanwhile; where it was stopped,
    /// the request waits for whoever goes on.
    pub(crate) async fn sync(
        &self,
        source: &Source,
        request: Option<&Request>,
        is_full: bool,
        stop: watch::Receiver<bool>,
    ) {
        let began = self.clock.now();
        let options = Options { is_full, ..Options::default() };
        tracing::info!(source = source.name, is_full, "sync begins");
        let tell = |event: Event<'_>| self.count(source, &event);
        let synced = self.syncer.sync(source, options, stop, &tell).await;
        if let Err(error) = &synced {
            self.note_failure(source, began, error).await;
        }
        let is_left = match &synced {
            Ok(report) => report.ending == atlas_sync::Ending::Interrupted,
            Err(error) => is_taken_over(error),
        };
        let outcome = match synced {
            Ok(report) => sync_outcome(Ok(report)),
            Err(error) => sync_outcome(Err(&error)),
        };
        let figures = outcome.figures.as_ref();
        tracing::info!(
            source = source.name,
            outcome = outcome.outcome,
            reason = outcome.reason,
            calls = figures.map(|figures| figures.calls),
            rows_changed = figures.map(|figures| figures.rows_changed),
            pending = figures.map(|figures| figures.pending),
            "sync ends"
        );
        // Whatever a sync came to, it may be worth an alert, or the end of one.
        let woken = match figures.is_some_and(|figures| figures.rows_changed > 0) {
            true => wake_lessons(&self.store).await,
            false => self.store.wake_analysis(Lesson::Alerts.name()).await.map_err(Error::from),
        };
        if let Err(error) = woken {
            tracing::warn!(%error, "the lessons wait for the next sync");
        }
        let Some(outcome) = (!is_left).then_some(outcome) else { return self.release(request).await };
        self.finish(request, &outcome).await;
        let now = self.clock.now();
        if let Err(error) = self.store.finish_waiting_syncs(source.id, &self.holder, &outcome, now).await {
            tracing::warn!(source = source.name, %error, "whoever waits for this sync waits for the next");
        }
    }

    /// A failure that left no trace is noted, so that people see it and the next attempt waits.
    async fn note_failure(&self, source: &Source, began: jiff::Timestamp, error: &Error) {
        tracing::warn!(source = source.name, %error, "sync failed");
        if is_taken_over(error) {
            return;
        }
        let noted = async {
            let last = self.store.runs(source.id, 1).await?.pop();
            if last.is_none_or(|run| run.started_at < began) {
                let (reason, hint, now) = (error.to_string(), error.hint(), self.clock.now());
                self.store.note_broken_start(source.id, now, &reason, hint).await?;
            }
            atlas_store::Result::Ok(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(source = source.name, %error, "the failure could not be noted");
        }
    }

    fn count(&self, source: &Source, event: &Event<'_>) {
        let count = |name, label: &str, count| self.board.count(source.id, name, label, count);
        match event {
            Event::Answered(0) => count("requests", "no answer", 1),
            Event::Answered(status) => count("requests", &status.to_string(), 1),
            Event::Waiting(until, why) => {
                let millis = until.duration_since(self.clock.now()).as_millis();
                let why = match why {
                    Why::Pace => "pace",
                    Why::Limit => "limit",
                    Why::Retry { .. } => "retry",
                };
                count("wait_ms", why, u64::try_from(millis).unwrap_or_default());
            }
            Event::Saved(_, saved) => {
                count("rows", "changed", saved.changed);
                count("rows", "unchanged", saved.unchanged);
            }
            Event::Began(_) | Event::Calling(_) | Event::Failed(..) => {}
        }
    }

    /// Asks each endpoint of a source once.
    pub(crate) async fn test(&self, source: &Source, request: &Request, stop: &mut watch::Receiver<bool>) {
        let probing = async {
            let key = self.store.credential(source.id, &self.vault).await?;
            let key = Credential::from_secret(&key).key;
            let next = self.store.memory(source.id).await?.next_call_at;
            let (site, zone) = (source.site(), &source.time_zone);
            probe(source.platform, site, &key, &source.settings, zone, next, self.clock).await
        };
        let Some(probed) = self.under_lease(source, probing, stop).await else {
            return self.release(Some(request)).await;
        };
        let outcome = match probed {
            Ok(probes) => {
                let tested = |probe: &atlas_sync::Probe| {
                    let (state, detail) = probe.result.in_words();
                    TestedEndpoint {
                        endpoint: probe.endpoint.to_owned(),
                        title: probe.title.to_owned(),
                        state: state.to_owned(),
                        detail,
                    }
                };
                TestOutcome { error: None, endpoints: probes.iter().map(tested).collect() }
            }
            Err(error) => TestOutcome { error: Some(error.to_string()), endpoints: Vec::new() },
        };
        self.finish(Some(request), &outcome).await;
    }

    /// Derives a source's tables again, after what waits to be understood.
    pub(crate) async fn replay(
        &self,
        source: &Source,
        request: &Request,
        part: Part,
        stop: &mut watch::Receiver<bool>,
    ) {
        let replaying = async {
            drain(&self.store, source, self.clock, None).await?;
            replay(&self.store, source, part, self.clock, &|_| {}).await
        };
        // Its own transaction proves the lease; one that is dropped has not happened.
        let replayed = tokio::select! {
            replayed = replaying => replayed,
            () = stopped(stop) => {
                // It could not give this one back itself.
                if let Err(error) = self.store.release_projector_lease(source.id, &self.holder).await {
                    tracing::warn!(source = source.name, %error, "the projector's lease could not be given back");
                }
                return self.release(Some(request)).await;
            }
        };
        let (error, replayed) = match replayed {
            Ok(replayed) => (None, replayed),
            Err(Error::Held { .. }) => return self.release(Some(request)).await,
            Err(error) => (Some(error.to_string()), atlas_sync::Replayed::default()),
        };
        let outcome = ReplayOutcome {
            error,
            answers: replayed.answers,
            deliveries: replayed.deliveries,
            rows_changed: replayed.changed,
            rows_unchanged: replayed.unchanged,
            problems: replayed.problems,
        };
        self.finish(Some(request), &outcome).await;
    }

    /// Does something with the lease kept alive; nothing when it was stopped.
    async fn under_lease<T>(
        &self,
        source: &Source,
        work: impl Future<Output = T>,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                is_stopped = is_stopped_within(stop, HEARTBEAT) => {
                    let now = self.clock.now();
                    if is_stopped || self.store.renew_lease(source.id, &self.holder, now).await.is_err() {
                        return None;
                    }
                }
            }
        }
    }

    async fn finish(&self, request: Option<&Request>, outcome: &(impl Serialize + Sync)) {
        let Some(request) = request else { return };
        let now = self.clock.now();
        if let Err(error) = self.store.finish_request(request, &self.holder, outcome, now).await {
            tracing::warn!(%error, "a request is done, which could not be noted: it is done once more");
        }
    }

    async fn release(&self, request: Option<&Request>) {
        let Some(request) = request else { return };
        if let Err(error) = self.store.release_request(request, &self.holder).await {
            tracing::warn!(%error, "a request could not be given back; it is when this process ends");
        }
    }
}

/// Whether another process goes on with it.
fn is_taken_over(error: &Error) -> bool {
    match error {
        Error::Held { .. } => true,
        Error::Store(error) => error.kind == ErrorKind::LeaseLost,
        _ => false,
    }
}
