//! What services posted, written into the journal: of each source under numbers in a row, what is known already once.

use std::collections::BTreeMap;

use atlas_model::{Kind, SourceId, utc_text};
use jiff::Timestamp;

use crate::db::{Flavour, Param, Tx};
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

/// Writes what was posted; the sources that are gone.
pub(crate) async fn write(tx: &mut Tx, posted: &[&Posted]) -> Result<Vec<SourceId>> {
    let mut by_source: BTreeMap<SourceId, Vec<&Posted>> = BTreeMap::new();
    for one in posted {
        by_source.entry(one.source_id).or_default().push(one);
    }
    let mut gone = Vec::new();
    for (id, posted) in by_source {
        if !write_to(tx, id, &posted).await? {
            gone.push(id);
        }
    }
    Ok(gone)
}

/// The events of one source; false when there is no such source.
async fn write_to(tx: &mut Tx, id: SourceId, posted: &[&Posted]) -> Result<bool> {
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
