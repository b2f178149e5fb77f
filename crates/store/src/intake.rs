//! Deliveries into the journal: what comes at about the same time shares a transaction, and nobody is told that a
//! delivery is kept before it is.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use atlas_model::{Params, SourceId, sha256};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use zstd::bulk::Compressor;

use crate::db::Store;
use crate::deliveries::{Event, Posted};
use crate::error::{Error, ErrorKind, Result};
use crate::spool::Spool;

/// Requests that may wait to be kept; one more is turned away.
const ROOM: usize = 4096;
/// Events in a transaction, but for those of a request that alone has more.
const MOST_EVENTS: usize = 500;
/// How long a request waits to be kept; then the sender shall try again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two copies of a file's log. Pages that many deliveries write are copied once each time.
const COPY_EVERY: Duration = Duration::from_millis(100);
/// Deliveries are small; a higher level would cost more than all the rest of receiving.
const COMPRESSION: i32 = 1;

/// Where deliveries are handed in.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::UnboundedSender<Request>,
    room: Arc<Semaphore>,
}

/// Where they come out again, to be written.
#[derive(Debug)]
pub struct Queue {
    queue: mpsc::UnboundedReceiver<Request>,
}

/// How many deliveries wait to be kept, for those who would otherwise write at the same time.
#[derive(Clone, Debug)]
pub struct Pressure {
    room: Arc<Semaphore>,
}

impl Pressure {
    /// How many requests wait now, those among them that are just being written.
    pub fn waiting(&self) -> usize {
        ROOM - self.room.available_permits()
    }
}

/// Requests that share a transaction.
#[derive(Debug)]
pub struct Group {
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Request {
    posted: Posted,
    told: oneshot::Sender<Result<()>>,
    _place: OwnedSemaphorePermit,
}

/// An intake with its queue, bounded; whoever has the queue must write what comes out of it.
pub fn intake() -> (Intake, Queue) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Intake { queue: sender, room: Arc::new(Semaphore::new(ROOM)) }, Queue { queue: receiver })
}

impl Intake {
    /// What tells whether deliveries wait.
    pub fn pressure(&self) -> Pressure {
        Pressure { room: Arc::clone(&self.room) }
    }

    /// Whether one more request would be turned away now.
    pub fn is_full(&self) -> bool {
        self.room.available_permits() == 0
    }

    /// Keeps the events of a request, all or none, each as its key and its body from which secrets are removed. Those
    /// that are kept already stay as they are. Returns when it is done for good.
    pub async fn keep(
        &self,
        source_id: SourceId,
        params: &Params,
        events: impl Iterator<Item = (String, Vec<u8>)>,
        received_at: Timestamp,
    ) -> Result<()> {
        let event =
            |(key, body): (String, Vec<u8>)| Ok(Event { key, hash: sha256(&body), body: compressed(&body)? });
        let events = events.map(event).collect::<Result<Vec<_>>>()?;
        if events.is_empty() {
            return Ok(());
        }
        let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| too_much())?;
        let (told, answer) = oneshot::channel();
        let posted = Posted { source_id, params: params.to_text(), received_at, events };
        self.queue.send(Request { posted, told, _place: place }).map_err(|_| too_much())?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => {
                Err(Error::new(ErrorKind::Busy, "the database does not answer in time", ""))
            }
        }
    }
}

impl Queue {
    /// Everything that waits now, up to a limit. Nobody waits for company: while one transaction is written, the next
    /// group gathers by itself. Nothing when every intake is gone.
    pub async fn next(&mut self) -> Option<Group> {
        let first = self.queue.recv().await?;
        // Whoever is ready to hand something in may do so first.
        tokio::task::yield_now().await;
        let mut events = first.posted.events.len();
        let mut requests = vec![first];
        while events < MOST_EVENTS
            && let Ok(next) = self.queue.try_recv()
        {
            events += next.posted.events.len();
            requests.push(next);
        }
        Some(Group { requests })
    }

    /// Writes what comes in until every intake is gone.
    pub async fn write_to(mut self, store: Store) {
        let spool = Spool::beside(&store);
        if let Some(spool) = &spool {
            spool.go_on(&store).await;
        }
        let mut copying = tokio::spawn(async {});
        while let Some(group) = self.next().await {
            group.write_to(&store, spool.as_ref()).await;
            if copying.is_finished() {
                copying = tokio::spawn(copy_log(store.clone()));
            }
        }
    }
}

impl Group {
    /// Says that all of it is kept.
    pub fn settle(self) {
        for request in self.requests {
            // Whoever no longer waits will send it again and find it kept.
            let _ = request.told.send(Ok(()));
        }
    }

    async fn write_to(mut self, store: &Store, spool: Option<&Spool>) {
        match self.keep(store, spool).await {
            Ok(gone) => {
                for request in
                    self.requests.extract_if(.., |request| gone.contains(&request.posted.source_id))
                {
                    let _ = request.told.send(Err(Error::new(ErrorKind::Other, "the source is gone", "")));
                }
                self.settle();
            }
            Err(error) => {
                for request in self.requests {
                    let same = Error::new(error.kind, error.message.as_str(), error.hint.as_str());
                    let _ = request.told.send(Err(same));
                }
            }
        }
    }

    /// Into the journal; beside it while somebody else holds that, and until what is there is in the journal too.
    async fn keep(&self, store: &Store, spool: Option<&Spool>) -> Result<Vec<SourceId>> {
        let posted: Vec<&Posted> = self.requests.iter().map(|request| &request.posted).collect();
        let Some(spool) = spool else { return store.write_posted(&posted).await };
        if !spool.is_used().await {
            match store.write_posted(&posted).await {
                Err(error) if error.kind == ErrorKind::Busy => {}
                written => return written,
            }
        }
        spool.keep(store, &posted).await?;
        Ok(Vec::new())
    }
}

/// Once, and not again too soon. What goes wrong here goes wrong for whoever commits too, and is told there.
async fn copy_log(store: Store) {
    let _ = store.copy_log().await;
    tokio::time::sleep(COPY_EVERY).await;
}

fn compressed(body: &[u8]) -> Result<Vec<u8>> {
    thread_local! {
        // Making one takes longer than using it.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    let cannot = |error: std::io::Error| {
        Error::new(ErrorKind::Other, format!("a delivery could not be compressed: {error}"), "")
    };
    COMPRESSOR.with_borrow_mut(|compressor| {
        let compressor = match compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(COMPRESSION).map_err(cannot)?),
        };
        compressor.compress(body).map_err(cannot)
    })
}

fn too_much() -> Error {
    Error::new(ErrorKind::Busy, "more deliveries wait to be written than may", "")
}
