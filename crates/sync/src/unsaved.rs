//! Answers on their way to the database. Until they are there their calls are on the list, or those of the pages before
//! them: after a crash they are asked for again.

use atlas_model::{Call, Params, When};
use atlas_store::{Answer, Ready, Saved, Store, Turn};
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
    /// The endpoint of the answer that came last, where nothing follows from it.
    ended: Option<String>,
}

/// What is known to follow from an answer before it is saved.
pub(crate) enum Next {
    Page(Call),
    Nothing,
    /// Saving it tells.
    Unknown,
}

impl Unsaved {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store, held: Vec::new(), saving: None, ahead: Vec::new(), ended: None }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.held.is_empty() && self.saving.is_none()
    }

    /// Whether a call may be made before everything is saved: the next page, or of the same endpoint the first page of the
    /// next stream, which was on the list before and asks for nothing that is being saved.
    pub(crate) fn may_precede(&self, call: Option<&Call>) -> bool {
        let is_next = call.is_some() && call == self.ahead.last();
        is_next || self.ended.as_ref().is_some_and(|ended| call.is_some_and(|call| call.endpoint == *ended))
    }

    /// Whether a call was known before the answer that names it was saved, which it is now.
    pub(crate) fn was_ahead(&mut self, call: &Call) -> bool {
        let place = self.ahead.iter().position(|ahead| ahead == call);
        place.map(|place| self.ahead.remove(place)).is_some()
    }

    pub(crate) fn nothing_ahead(&mut self) {
        self.ahead.clear();
        self.ended = None;
    }

    /// Takes an answer. What follows from it, where that may be asked for before everything is saved.
    pub(crate) fn hold(&mut self, call: &Call, answer: Answer, may_go_on: bool) -> Next {
        let next = if may_go_on { next(call, &answer) } else { Next::Unknown };
        self.held.push((call.clone(), answer));
        self.ended = matches!(next, Next::Nothing).then(|| call.endpoint.clone());
        if let Next::Page(page) = &next {
            self.ahead.push(page.clone());
        }
        next
    }

    /// Whether it is time to save what is held.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let since = self.held.first().map_or(now, |(_, answer)| answer.read_at);
        self.held.len() >= HELD_PAGES || now.duration_since(since) >= HELD_FOR
    }

    /// Begins to save what is held, beside whatever comes next; what was being saved until then.
    pub(crate) async fn begin(&mut self, turn: &Turn) -> atlas_store::Result<Done> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return self.finish().await;
        }
        // Beside what is being saved.
        let ready = Ready::of(held);
        let done = self.finish().await?;
        let ready = ready?;
        let (store, turn) = (self.store.clone(), turn.clone());
        self.saving = Some(tokio::spawn(async move { store.save_answers(&turn, ready).await }));
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

/// What follows from an answer, as far as neither its rows nor what is stored have a say in it.
fn next(call: &Call, answer: &Answer) -> Next {
    let Answer { rows, follow, sweeps, census, tallies, watermark, recount, gaps, unusable, .. } = answer;
    if !gaps.is_empty() || !unusable.is_empty() || rows.iter().any(|row| !row.on_change.is_empty()) {
        return Next::Unknown;
    }
    let [follow] = follow.as_slice() else {
        return if follow.is_empty() { Next::Nothing } else { Next::Unknown };
    };
    let is_within = sweeps.is_empty()
        && census.is_none()
        && tallies.is_empty()
        && watermark.is_none()
        && recount.is_empty();
    if !is_within || follow.when != When::Always || !is_page_of(call, follow.endpoint, &follow.params) {
        return Next::Unknown;
    }
    Next::Page(Call {
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
