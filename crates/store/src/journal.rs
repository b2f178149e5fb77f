//! Everything that a service said, compressed; an answer that repeats only moves its last-seen time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Read};

use atlas_model::{Kind, SourceId, sha256, utc_text};
use jiff::Timestamp;
use serde_json::{Value, json};
use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, ResetDirective};

use crate::db::{DbRow, Param, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{batch, cast, fence, to_batch, values};

/// Bodies are small and many; a higher level costs more time than it saves space.
const COMPRESSION: i32 = 3;

impl Store {
    /// An endpoint's newest answers, the latest for each way in which it was asked.
    pub async fn latest_answers(
        &self,
        source_id: SourceId,
        endpoint: &str,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let latest = "SELECT body FROM journal WHERE source_id = $1 AND id IN (SELECT MAX(id) FROM journal \
                      WHERE source_id = $1 AND endpoint = $2 AND kind = 'answer' AND dedupe_key IS NULL \
                      AND length(body) > 0 GROUP BY params) \
                      ORDER BY last_seen_at DESC, id DESC LIMIT $3";
        let rows = self.fetch(latest, [source_id.into(), endpoint.into(), limit.into()]).await?;
        rows.iter().map(unpacked).collect()
    }
}

/// The body of a row; empty where it is so old that it was forgotten.
pub(crate) fn unpacked(row: &DbRow) -> Result<Vec<u8>> {
    if row.bytes("body")?.is_empty() {
        return Ok(Vec::new());
    }
    decompressed(&row.bytes("body")?).map_err(|error| {
        let hint = "atlas db check says which answers are damaged";
        Error::new(ErrorKind::Other, format!("an answer in the journal is damaged: {error}"), hint)
    })
}

fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        // Making one takes longer than using it.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|compressor| match compressor {
        Some(compressor) => compressor.compress(body),
        None => compressor.insert(Compressor::new(COMPRESSION)?).compress(body),
    })
}

/// A body as it is kept; nothing of one that is empty.
pub(crate) fn packed(body: &[u8]) -> Result<Vec<u8>> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    compressed(body).map_err(|error| {
        Error::new(ErrorKind::Other, format!("an answer could not be compressed: {error}"), "")
    })
}

/// What a body was before it was compressed.
pub(crate) fn decompressed(body: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        // Making one takes longer than using it.
        static CONTEXT: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
    }
    CONTEXT.with_borrow_mut(|context| {
        let mut whole = Vec::new();
        let began = context.reset(ResetDirective::SessionOnly);
        began.map_err(|code| io::Error::other(zstd::zstd_safe::get_error_name(code)))?;
        Decoder::with_context(body, context).read_to_end(&mut whole)?;
        Ok(whole)
    })
}

/// Whether a kept body can be read, and is what was kept.
pub(crate) fn is_intact(body: &[u8], hash: &str) -> bool {
    decompressed(body).is_ok_and(|body| sha256(&body) == hash)
}

/// What a service said, from which secrets are removed already, as it is kept.
#[derive(Default)]
pub(crate) struct Body {
    hash: String,
    packed: Vec<u8>,
}

impl Body {
    pub(crate) fn of(body: &[u8]) -> Result<Self> {
        // Of an answer that is about nobody but people who are forgotten nothing is left.
        let hash = if body.is_empty() { String::new() } else { sha256(body) };
        Ok(Self { hash, packed: packed(body)? })
    }
}

/// Something that a service said.
pub(crate) struct Told {
    /// To what question.
    pub(crate) params: String,
    pub(crate) body: Body,
    pub(crate) read_at: Timestamp,
}

/// Keeps answers of an endpoint; their numbers in the journal.
pub(crate) async fn keep_answers(
    tx: &mut Tx,
    source_id: SourceId,
    endpoint: &str,
    told: Vec<Told>,
) -> Result<Vec<i64>> {
    keep(tx, source_id, "answer", endpoint, told).await
}

/// Keeps that the service has nothing to say to a question, so that it counts as asked.
pub(crate) async fn keep_refusal(
    tx: &mut Tx,
    source_id: SourceId,
    endpoint: &str,
    params: &str,
    reason: &str,
    read_at: Timestamp,
) -> Result<()> {
    let told = Told { params: params.to_owned(), body: Body::of(reason.as_bytes())?, read_at };
    keep(tx, source_id, "refusal", endpoint, vec![told]).await.map(drop)
}

async fn keep(
    tx: &mut Tx,
    source_id: SourceId,
    kind: &str,
    endpoint: &str,
    told: Vec<Told>,
) -> Result<Vec<i64>> {
    let known = latest(tx, source_id, kind, endpoint, &told).await?;
    let next = "UPDATE sync_state SET journal_id = journal_id + $2 WHERE source_id = $1 RETURNING journal_id";
    let last = tx.fetch(next, [source_id.into(), told.len().into()]).await?;
    let last = last.first().map(|row| row.integer("journal_id")).transpose()?;
    let last = last.ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
    let serials = last - i64::try_from(told.len()).unwrap_or_default() + 1..;

    let (mut ids, mut again, mut new) = (Vec::with_capacity(told.len()), Vec::new(), Vec::new());
    let mut values: Vec<Param> = vec![source_id.into(), endpoint.into(), kind.into()];
    for (Told { params, body, read_at }, serial) in told.into_iter().zip(serials) {
        let known = known.get(&params).filter(|(_, hash)| *hash == body.hash).map(|(id, _)| *id);
        ids.push(known.unwrap_or(serial));
        if let Some(id) = known {
            again.push(json!([id, serial, utc_text(read_at)]));
            continue;
        }
        let [id, asked, at, hash, packed] = [1, 2, 3, 4, 5].map(|next| values.len() + next);
        new.push(format!("($1, ${id}, $3, $2, ${asked}, ${at}, ${at}, ${hash}, ${packed}, 'done')"));
        values.extend([serial.into(), params.into(), read_at.into(), body.hash.into(), body.packed.into()]);
    }
    if !new.is_empty() {
        let insert = "INSERT INTO journal (source_id, id, kind, endpoint, params, read_at, last_seen_at, hash, body, state)";
        tx.execute(&format!("{insert} VALUES {}", new.join(", ")), values).await?;
    }
    if !again.is_empty() {
        see_again(tx, source_id, &again).await?;
    }
    Ok(ids)
}

/// Notes that answers came once more: which, under what number, when.
async fn see_again(tx: &mut Tx, source_id: SourceId, again: &[Value]) -> Result<()> {
    let (flavour, again) = (tx.flavour(), to_batch(again));
    let [id, serial] = [0, 1].map(|place| cast(flavour, Kind::Integer, &format!("value ->> {place}")));
    let (at, rows) = (cast(flavour, Kind::Timestamp, "value ->> 2"), batch(flavour, "$2"));
    let seen = format!(
        "UPDATE journal AS t SET last_seen_at = i.at FROM (SELECT {id} AS id, {at} AS at FROM {rows}{}) AS i \
         WHERE t.source_id = $1 AND t.id = i.id",
        fence(flavour),
    );
    tx.execute(&seen, [source_id.into(), again.as_str().into()]).await?;
    let sightings = format!(
        "INSERT INTO journal_sightings (source_id, id, journal_id, seen_at) SELECT $1, {serial}, {id}, {at} FROM {rows}"
    );
    tx.execute(&sightings, [source_id.into(), again.into()]).await.map(drop)
}

/// What was said last to each question: its number and its hash.
async fn latest(
    tx: &mut Tx,
    source_id: SourceId,
    kind: &str,
    endpoint: &str,
    told: &[Told],
) -> Result<HashMap<String, (i64, String)>> {
    // Looked up each by itself, whatever the database believes of the journal.
    let of_latest = |column: &str| {
        format!(
            "(SELECT {column} FROM journal WHERE source_id = $1 AND endpoint = $3 AND params = value ->> 'a' AND kind = $4 \
             AND dedupe_key IS NULL ORDER BY id DESC LIMIT 1) AS {column}"
        )
    };
    let sql = format!(
        "SELECT value ->> 'a' AS params, {}, {} FROM {}",
        of_latest("id"),
        of_latest("hash"),
        batch(tx.flavour(), "$2"),
    );
    let asked = values(&told.iter().map(|told| told.params.clone()).collect());
    let mut latest = HashMap::new();
    for row in tx.fetch(&sql, [source_id.into(), asked.into(), endpoint.into(), kind.into()]).await? {
        if let Some(id) = row.maybe_integer("id")? {
            latest.insert(row.text("params")?, (id, row.text("hash")?));
        }
    }
    Ok(latest)
}
