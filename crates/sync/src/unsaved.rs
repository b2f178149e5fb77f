//! Answers on their way to the database. Until they are there their calls are on the list, or those of the pages before
//! them: after a crash they are asked for again.

use atlas_model::{Call, Params, When};
use atlas_store::{Answer, Saved, Store, Turn};
use atlas_vendor::MEMBER;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

/// So many pages of a stream at most are saved in one transaction, and wait for it so long.
const HELD_PAGES: usize = 10;
const HELD_FOR: SignedDuration = SignedDuration::from_millis(200);

/// What came of calls.
type Done = Vec<(Call, Saved)>;

/// The answers that came and are not saved.
pub(crate) struct Unsaved {
    store: Store,
    held: Vec<(Call, Answer)>,
    /// A transaction that is being written while the next page is asked for.
    saving: Option<JoinHandle<atlas_store::Result<Done>>>,
    /// The pages that are asked for before the one that names them is saved.
    ahead: Vec<Call>,
}

impl Unsaved {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store, held: Vec::new(), saving: None, ahead: Vec::new() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.held.is_empty() && self.saving.is_none()
    }

    /// Whether a call may be made before everything is saved.
    pub(crate) fn may_precede(&self, call: Option<&Call>) -> bool {
        call == self.ahead.last()
    }

    /// Whether a call is known before the answer that names it is saved.
    pub(crate) fn is_ahead(&self, call: &Call) -> bool {
        self.ahead.contains(call)
    }

    pub(crate) fn nothing_ahead(&mut self) {
        self.ahead.clear();
    }

    /// Takes an answer. The page after it, where that may be asked for before everything is saved.
    pub(crate) fn hold(&mut self, call: &Call, answer: Answer, may_go_on: bool) -> Option<Call> {
        let next = next_page(call, &answer).filter(|_| may_go_on);
        self.held.push((call.clone(), answer));
        self.ahead.extend(next.clone());
        next
    }

    /// Whether it is time to save what is held.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let since = self.held.first().map_or(now, |(_, answer)| answer.read_at);
        self.held.len() >= HELD_PAGES || now.duration_since(since) >= HELD_FOR
    }

    /// Begins to save what is held, beside whatever comes next; what was being saved until then.
    pub(crate) async fn begin(&mut self, turn: &Turn) -> atlas_store::Result<Done> {
        let done = self.finish().await?;
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            let (store, turn) = (self.store.clone(), turn.clone());
            self.saving = Some(tokio::spawn(async move { store.save_answers(&turn, held).await }));
        }
        Ok(done)
    }

    /// Waits for what is being saved.
    pub(crate) async fn finish(&mut self) -> atlas_store::Result<Done> {
        match self.saving.take() {
            Some(saving) => {
                saving.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
            }
            None => Ok(Done::new()),
        }
    }
}

/// The page that follows an answer, if nothing else follows from it or its rows.
fn next_page(call: &Call, answer: &Answer) -> Option<Call> {
    let Answer { sweeps, census, tallies, watermark, recount, gaps, unusable, .. } = answer;
    let [follow] = answer.follow.as_slice() else { return None };
    let is_all = sweeps.is_empty()
        && census.is_none()
        && tallies.is_empty()
        && watermark.is_none()
        && recount.is_empty()
        && gaps.is_empty()
        && unusable.is_empty()
        && answer.rows.iter().all(|row| row.on_change.is_empty());
    let is_next = is_all && follow.when == When::Always && is_page_of(call, follow.endpoint, &follow.params);
    is_next.then(|| Call {
        endpoint: follow.endpoint.to_owned(),
        params: follow.params.clone(),
        priority: follow.priority,
        attempts: 0,
    })
}

/// Whether something asked goes on with what a call has begun.
pub(crate) fn is_page_of(call: &Call, endpoint: &str, params: &Params) -> bool {
    let about = |params: &Params| ["campaign_id", MEMBER].map(|name| params.get(name).map(str::to_owned));
    call.endpoint == endpoint && params.get("pass").is_some() && about(&call.params) == about(params)
}
