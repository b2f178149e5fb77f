//! The tasks of a process that runs by itself, from its start to its end.

use std::time::Duration;

use atlas_model::Clock;
use atlas_store::{Pressure, Retention, Source, Store, Vault};
use atlas_sync::{Error, holder, is_dead};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::add_up::add_up_campaigns;
use crate::ask_model::LanguageModel;
use crate::lessons::{is_soon_after, learn_what_is_due};
use crate::notices::tell_due;
use crate::projector::project_until;
use crate::scheduler::Scheduler;
use crate::tasks::{
    Board, Kind, LESSONS, NOTICES, PEOPLE, PROJECTOR, RETENTION, SCHEDULER, is_stopped_within, stopped,
};

/// What a process runs by itself.
#[derive(Debug)]
pub struct Background {
    /// The database.
    pub store: Store,
    /// What opens credentials.
    pub vault: Vault,
    /// The time.
    pub clock: Clock,
    /// Whether deliveries wait to be kept, where this process receives them.
    pub pressure: Option<Pressure>,
    /// Whether sources are synced and requests done.
    pub is_syncing: bool,
    /// How people reach the dashboard, for links; none where this process does not know.
    pub origin: Option<String>,
    /// A language model for replies, where one is set.
    pub model: Option<LanguageModel>,
}

/// How long the last word to the database may take.
const PARTING: Duration = Duration::from_secs(2);
/// Services post again for a while what was not taken.
const MISSED: SignedDuration = SignedDuration::from_mins(15);
/// Deliveries that were understood are kept so long, answers as the source's setting says.
const DELIVERIES_D: i64 = 90;
/// Everything that may hold a person's text, where those are not kept.
const TEXTS_D: i64 = 1;
/// What requests came to can be asked for so long.
const REQUESTS_D: i64 = 30;
/// Deliveries of a source that wait because they are many, and not because they have just come.
const MANY: usize = 10_000;

impl Background {
    /// Runs until it is asked to stop; what has begun is brought to a point from which others go on.
    pub async fn run_until(self, stop: watch::Receiver<bool>) -> Result<(), Error> {
        let Self { store, vault, clock, pressure, is_syncing, origin, model } = self;
        let me = holder();
        let mut kinds = vec![&PROJECTOR, &PEOPLE, &LESSONS, &NOTICES, &RETENTION];
        kinds.extend(is_syncing.then_some(&SCHEDULER));
        let board = Board::new(&kinds, &me, clock.now());
        for task in store.tasks().await?.iter().filter(|task| is_gone(task, clock.now())) {
            store.forget_tasks(&task.holder).await?;
        }
        board.tell(&store, clock, &me).await;
        if pressure.is_some() {
            ask_what_was_missed(&store, clock.now()).await?;
        }
        let mut tasks = JoinSet::new();
        if is_syncing {
            let scheduler = Scheduler::new(store.clone(), vault.clone(), clock, board.clone())?;
            tasks.spawn(scheduler.run_until(stop.clone()));
        }
        tasks.spawn(project_until(store.clone(), clock, pressure, board.clone(), stop.clone()));
        tasks.spawn(settle_people_until(store.clone(), clock, board.clone(), stop.clone()));
        tasks.spawn(learn_until(store.clone(), (clock, model), board.clone(), stop.clone()));
        tasks.spawn(notify_until(store.clone(), vault, (clock, origin), board.clone(), stop.clone()));
        tasks.spawn(forget_until(store.clone(), clock, board.clone(), stop.clone()));
        tasks.spawn(board.clone().keep_telling(store.clone(), clock, me.clone(), stop));
        while tasks.join_next().await.is_some() {}
        // What was counted last, and that this process is gone.
        let parting = async {
            board.tell(&store, clock, &me).await;
            store.forget_tasks(&me).await
        };
        if !matches!(tokio::time::timeout(PARTING, parting).await, Ok(Ok(()))) {
            tracing::warn!("the end of this process could not be told; others notice it");
        }
        Ok(())
    }
}

/// Nobody knows what was posted while no server listened, so the services are asked for it soon and not when their sync is
/// due. A server that comes back within that time lets them try again.
async fn ask_what_was_missed(store: &Store, now: Timestamp) -> Result<(), Error> {
    for id in store.silent_sources(now - MISSED).await? {
        store.request_sync(id, false, now).await?;
    }
    Ok(())
}

fn is_gone(task: &atlas_store::Task, now: Timestamp) -> bool {
    is_dead(&task.holder) || now.duration_since(task.seen_at) > SignedDuration::from_mins(10)
}

/// Works out who is who, where leads and calls have changed.
async fn settle_people_until(store: Store, clock: Clock, board: Board, mut stop: watch::Receiver<bool>) {
    let settle = async || {
        // Where many wait they bring more people.
        let waiting = store.sources_with_deliveries(MANY).await?;
        let mut sources = store.sources().await?;
        sources.retain(|source| !waiting.contains(&source.id));
        for source in &sources {
            store.settle_people(source.id, None).await?;
        }
        atlas_store::Result::Ok(format!("{} sources looked through", sources.len()))
    };
    while !is_stopped_within(&mut stop, PEOPLE.period).await {
        let began = clock.now();
        note(&PEOPLE, &board, began, clock, settle().await);
    }
}

/// Draws the lessons that are due, and adds up what campaigns come to that were written to.
async fn learn_until(
    store: Store,
    (clock, model): (Clock, Option<LanguageModel>),
    board: Board,
    mut stop: watch::Receiver<bool>,
) {
    let mut added_up: Option<(Timestamp, Timestamp)> = None;
    loop {
        let began = clock.now();
        let learn = async {
            let learned = learn_what_is_due(&store, (clock, model.as_ref()), true).await?;
            let now = clock.now();
            let is_rested = !added_up.is_some_and(|(began, ended)| is_soon_after(began, ended, now));
            // Where many wait they will write to what would be added up, and go first.
            if is_rested && store.sources_with_deliveries(MANY).await?.is_empty() {
                add_up_campaigns(&store).await?;
                added_up = Some((now, clock.now()));
            }
            Ok::<_, Error>(learned)
        };
        // What is broken off is due still.
        let learned = tokio::select! {
            learned = learn => learned,
            () = stopped(&mut stop) => return,
        };
        let did = learned.map(|learned| {
            let drawn = learned.iter().map(|one| format!("{}: {} changed", one.lesson, one.changed));
            drawn.collect::<Vec<_>>().join(", ")
        });
        board.ran(&LESSONS, began, clock.now(), did.map_err(|error| error.to_string()));
        if is_stopped_within(&mut stop, LESSONS.period).await {
            return;
        }
    }
}

/// Tells of alerts, as long as anybody wants to be told.
async fn notify_until(
    store: Store,
    vault: Vault,
    (clock, origin): (Clock, Option<String>),
    board: Board,
    mut stop: watch::Receiver<bool>,
) {
    while !is_stopped_within(&mut stop, NOTICES.period).await {
        let began = clock.now();
        let told = tell_due(&store, &vault, clock, origin.as_deref()).await;
        let did = told.map(|told| format!("{told} notices told")).map_err(|error| error.to_string());
        board.ran(&NOTICES, began, clock.now(), did);
    }
}

/// Forgets what is old, at once and then a few times a day.
async fn forget_until(store: Store, clock: Clock, board: Board, mut stop: watch::Receiver<bool>) {
    let forget = async || {
        let now = clock.now();
        let mut forgotten = 0;
        for source in store.sources().await? {
            forgotten += store.forget_old(source.id, limits(&source, now)).await?;
        }
        let requests = store.forget_requests(days_before(now, REQUESTS_D)).await?;
        Ok(format!("{forgotten} bodies and texts, {requests} requests forgotten"))
    };
    loop {
        let began = clock.now();
        note(&RETENTION, &board, began, clock, forget().await);
        if is_stopped_within(&mut stop, RETENTION.period).await {
            return;
        }
    }
}

/// What is forgotten of a source.
fn limits(source: &Source, now: Timestamp) -> Retention {
    let keeps = source.settings.is_on("keep_bodies");
    let days = if keeps { source.settings.number("journal_days").unwrap_or(i64::MAX) } else { TEXTS_D };
    Retention {
        answers_before: days_before(now, days),
        deliveries_before: days_before(now, days.min(DELIVERIES_D)),
        texts_before: (!keeps).then(|| days_before(now, TEXTS_D)),
    }
}

fn days_before(now: Timestamp, days: i64) -> Timestamp {
    let span = SignedDuration::from_secs(days.saturating_mul(86_400));
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn note(kind: &Kind, board: &Board, began: Timestamp, clock: Clock, did: atlas_store::Result<String>) {
    board.ran(kind, began, clock.now(), did.map_err(|error| error.to_string()));
}
