//! Everything that a service said, compressed; an answer that repeats only moves its last-seen time.

use std::cell::RefCell;
use std::io::{self, Read};

use atlas_model::{SourceId, sha256};
use jiff::Timestamp;
use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, ResetDirective};

use crate::db::{DbRow, Store, Tx};
use crate::error::{Error, ErrorKind, Result};

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

/// Keeps an answer from which secrets are removed already; its number in the journal.
pub(crate) async fn keep_answer(
    tx: &mut Tx,
    source_id: SourceId,
    endpoint: &str,
    params: &str,
    body: &[u8],
    read_at: Timestamp,
) -> Result<i64> {
    keep(tx, source_id, "answer", endpoint, params, body, read_at).await
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
    keep(tx, source_id, "refusal", endpoint, params, reason.as_bytes(), read_at).await.map(drop)
}

async fn keep(
    tx: &mut Tx,
    source_id: SourceId,
    kind: &str,
    endpoint: &str,
    params: &str,
    body: &[u8],
    read_at: Timestamp,
) -> Result<i64> {
    // Of an answer that is about nobody but people who are forgotten nothing is left.
    let hash = if body.is_empty() { String::new() } else { sha256(body) };
    let latest = "SELECT id, hash FROM journal WHERE source_id = $1 AND endpoint = $2 AND params = $3 \
                  AND kind = $4 AND dedupe_key IS NULL ORDER BY id DESC LIMIT 1";
    let rows = tx.fetch(latest, [source_id.into(), endpoint.into(), params.into(), kind.into()]).await?;
    let next = "UPDATE sync_state SET journal_id = journal_id + 1 WHERE source_id = $1 RETURNING journal_id";
    let serial = tx.fetch(next, [source_id.into()]).await?;
    let serial = serial.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
    let serial = serial.integer("journal_id")?;
    if let Some(row) = rows.first()
        && row.text("hash")? == hash
    {
        let id = row.integer("id")?;
        let seen = "UPDATE journal SET last_seen_at = $3 WHERE source_id = $1 AND id = $2";
        tx.execute(seen, [source_id.into(), id.into(), read_at.into()]).await?;
        let sighting =
            "INSERT INTO journal_sightings (source_id, id, journal_id, seen_at) VALUES ($1, $2, $3, $4)";
        tx.execute(sighting, [source_id.into(), serial.into(), id.into(), read_at.into()]).await?;
        return Ok(id);
    }
    let body = packed(body)?;
    let insert = "INSERT INTO journal (source_id, id, kind, endpoint, params, read_at, last_seen_at, hash, body, \
                  state) VALUES ($1, $2, $8, $3, $4, $5, $5, $6, $7, 'done')";
    let params = [
        source_id.into(),
        serial.into(),
        endpoint.into(),
        params.into(),
        read_at.into(),
        hash.into(),
        body.into(),
        kind.into(),
    ];
    tx.execute(insert, params).await?;
    Ok(serial)
}
