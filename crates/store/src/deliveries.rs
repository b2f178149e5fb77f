//! What services posted, written into the journal: of each source under numbers in a row, what is known already once.

use std::collections::BTreeMap;

use atlas_model::{Kind, SourceId, utc_text};
use jiff::Timestamp;

use crate::db::{Flavour, Statement, Store};
use crate::error::Result;
use crate::sql::{batch, cast};

/// What the journal calls everything that a service posts.
pub const WEBHOOK: &str = "webhook";

/// What a request brought.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) source_id: SourceId,
    pub(crate) params: String,
    pub(crate) received_at: Timestamp,
    pub(crate) events: Vec<Event>,
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) key: String,
    pub(crate) hash: String,
    /// Compressed.
    pub(crate) body: Vec<u8>,
}

/// How what was posted is written.
pub(crate) struct Writing {
    sources: Vec<SourceId>,
    /// Two of each source.
    pub(crate) statements: Vec<Statement>,
}

impl Writing {
    pub(crate) fn of(posted: &[&Posted], flavour: Flavour) -> Self {
        let mut by_source: BTreeMap<SourceId, Vec<&Posted>> = BTreeMap::new();
        for one in posted {
            by_source.entry(one.source_id).or_default().push(one);
        }
        let sources = by_source.keys().copied().collect();
        let statements = by_source.into_iter().flat_map(|(id, posted)| to_source(id, &posted, flavour));
        Self { sources, statements: statements.collect() }
    }

    /// The sources that are gone: their statements touched nothing.
    pub(crate) fn gone(sources: Vec<SourceId>, touched: &[u64]) -> Vec<SourceId> {
        let found = touched.chunks(2).map(|of_source| of_source.first() == Some(&1));
        sources.into_iter().zip(found).filter(|(_, is_found)| !is_found).map(|(id, _)| id).collect()
    }
}

impl Store {
    /// Writes what was posted in a transaction of its own, if that can begin soon; the sources that are gone.
    pub(crate) async fn write_posted(&self, posted: &[&Posted]) -> Result<Vec<SourceId>> {
        let Writing { sources, statements } = Writing::of(posted, self.flavour());
        let touched = self.write_at_once(statements).await?;
        Ok(Writing::gone(sources, &touched))
    }
}

/// The events of one source.
fn to_source(id: SourceId, posted: &[&Posted], flavour: Flavour) -> [Statement; 2] {
    let (mut rows, mut bodies) = (Vec::new(), Vec::new());
    for one in posted {
        let at = utc_text(one.received_at);
        for event in &one.events {
            // Places in a text of bytes are counted from 1.
            let from = bodies.len() + 1;
            bodies.extend_from_slice(&event.body);
            let size = event.body.len();
            rows.push((rows.len() + 1, &one.params, at.clone(), &event.hash, &event.key, from, size));
        }
    }
    let latest = posted.iter().map(|one| one.received_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let next = "UPDATE sync_state SET journal_id = journal_id + $2, delivery_id = journal_id + $2, \
                deliveries = deliveries + $2, last_delivery_at = $3 WHERE source_id = $1";
    let next = (next.to_owned(), vec![id.into(), rows.len().into(), latest.into()]);
    let text = serde_json::to_string(&rows).unwrap_or_default();
    let params = vec![id.into(), text.into(), bodies.into(), rows.len().into()];
    [next, (insert_text(flavour), params)]
}

/// The statement that keeps events: of a source, as a JSON array of rows, from their bodies one behind the other, so many,
/// with the last numbers that the source has given.
pub fn insert_text(flavour: Flavour) -> String {
    let at = cast(flavour, Kind::Timestamp, "value ->> 2");
    format!(
        "INSERT INTO journal (source_id, id, kind, endpoint, params, read_at, last_seen_at, hash, body, state, \
         dedupe_key) SELECT $1, s.journal_id - $4 + CAST(value ->> 0 AS BIGINT), 'delivery', '{WEBHOOK}', value ->> 1, {at}, {at}, \
         value ->> 3, substr($3, CAST(value ->> 5 AS INTEGER), CAST(value ->> 6 AS INTEGER)), 'done', value ->> 4 \
         FROM sync_state AS s, {} WHERE s.source_id = $1 ON CONFLICT (source_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING",
        batch(flavour, "$2"),
    )
}
