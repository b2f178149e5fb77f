//! Deliveries into the journal: what comes at about the same time shares a transaction, and nobody is told that a
//! delivery is kept before it is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use atlas_model::{Kind, Params, SourceId, sha256, utc_text};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use zstd::bulk::Compressor;

use crate::db::{Flavour, Param, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{batch, cast};

/// What the journal calls everything that a service posts.
pub const WEBHOOK: &str = "webhook";

/// Requests that may wait for a transaction; one more is turned away.
const QUEUE: usize = 4096;
/// Events in a transaction, but for those of a request that alone has more.
const MOST_EVENTS: usize = 500;
/// How long a request waits to be kept; then the sender shall try again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Deliveries are small; a higher level would cost more than all the rest of receiving.
const COMPRESSION: i32 = 1;

/// Where deliveries are handed in.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::Sender<Request>,
}

/// Where they come out again, to be written.
#[derive(Debug)]
pub struct Queue {
    queue: mpsc::Receiver<Request>,
}

/// Whether deliveries wait to be kept, for those who would otherwise write at the same time.
#[derive(Clone, Debug)]
pub struct Pressure {
    queue: mpsc::WeakSender<Request>,
}

impl Pressure {
    /// Whether any waits now.
    pub fn is_on(&self) -> bool {
        self.queue.upgrade().is_some_and(|queue| queue.capacity() < queue.max_capacity())
    }
}

/// Requests that share a transaction.
#[derive(Debug)]
pub struct Group {
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Request {
    source_id: SourceId,
    params: String,
    received_at: Timestamp,
    events: Vec<Event>,
    told: oneshot::Sender<Result<()>>,
}

#[derive(Debug)]
struct Event {
    key: String,
    hash: String,
    /// Compressed.
    body: Vec<u8>,
}

/// An intake with its queue, bounded; whoever has the queue must write what comes out of it.
pub fn intake() -> (Intake, Queue) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Intake { queue: sender }, Queue { queue: receiver })
}

impl Intake {
    /// What tells whether deliveries wait.
    pub fn pressure(&self) -> Pressure {
        Pressure { queue: self.queue.downgrade() }
    }

    /// Whether one more request would be turned away now.
    pub fn is_full(&self) -> bool {
        self.queue.capacity() == 0
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
        let (told, answer) = oneshot::channel();
        let request = Request { source_id, params: params.to_text(), received_at, events, told };
        self.queue.try_send(request).map_err(|_| too_much())?;
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
        let mut events = first.events.len();
        let mut requests = vec![first];
        while events < MOST_EVENTS
            && let Ok(next) = self.queue.try_recv()
        {
            events += next.events.len();
            requests.push(next);
        }
        Some(Group { requests })
    }

    /// Writes what comes in until every intake is gone.
    pub async fn write_to(mut self, store: Store) {
        while let Some(group) = self.next().await {
            group.write_to(&store).await;
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

    async fn write_to(mut self, store: &Store) {
        match self.try_write(store).await {
            Ok(gone) => {
                for request in self.requests.extract_if(.., |request| gone.contains(&request.source_id)) {
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

    /// One transaction; the sources that are gone.
    async fn try_write(&self, store: &Store) -> Result<Vec<SourceId>> {
        let mut by_source: BTreeMap<SourceId, Vec<&Request>> = BTreeMap::new();
        for request in &self.requests {
            by_source.entry(request.source_id).or_default().push(request);
        }
        let mut gone = Vec::new();
        let mut tx = store.begin().await?;
        for (id, requests) in by_source {
            if !write(&mut tx, id, &requests).await? {
                gone.push(id);
            }
        }
        tx.commit().await?;
        Ok(gone)
    }
}

/// The events of one source; false when there is no such source.
async fn write(tx: &mut Tx, id: SourceId, requests: &[&Request]) -> Result<bool> {
    let (mut rows, mut bodies) = (Vec::new(), Vec::new());
    for request in requests {
        let at = utc_text(request.received_at);
        for event in &request.events {
            // Places in a text of bytes are counted from 1.
            let from = bodies.len() + 1;
            bodies.extend_from_slice(&event.body);
            rows.push(json!([
                rows.len() + 1,
                request.params,
                at,
                event.hash,
                event.key,
                from,
                event.body.len()
            ]));
        }
    }
    let latest = requests.iter().map(|request| request.received_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let next = "UPDATE sync_state SET journal_id = journal_id + $2, delivery_id = journal_id + $2, \
                deliveries = deliveries + $2, last_delivery_at = $3 WHERE source_id = $1 RETURNING journal_id";
    let serial = tx.fetch(next, [id.into(), rows.len().into(), latest.into()]).await?;
    let Some(serial) = serial.first() else { return Ok(false) };
    let before = serial.integer("journal_id")? - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let rows = serde_json::to_string(&rows).unwrap_or_default();
    let params: [Param; 4] = [id.into(), rows.into(), bodies.into(), before.into()];
    tx.execute(&insert_text(tx.flavour()), params).await?;
    Ok(true)
}

/// The statement that keeps events: of a source, as a JSON array of rows, from their bodies one behind the other, with
/// numbers above a number.
pub fn insert_text(flavour: Flavour) -> String {
    let at = cast(flavour, Kind::Timestamp, "value ->> 2");
    format!(
        "INSERT INTO journal (source_id, id, kind, endpoint, params, read_at, last_seen_at, hash, body, state, \
         dedupe_key) SELECT $1, $4 + CAST(value ->> 0 AS BIGINT), 'delivery', '{WEBHOOK}', value ->> 1, {at}, {at}, \
         value ->> 3, substr($3, CAST(value ->> 5 AS INTEGER), CAST(value ->> 6 AS INTEGER)), 'done', value ->> 4 \
         FROM {} WHERE true ON CONFLICT (source_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING",
        batch(flavour, "$2"),
    )
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
