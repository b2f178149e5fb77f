//! What opens a source's webhook route, and what has come through it.

use atlas_model::{Params, Platform, Secret, SourceId, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;

use crate::db::{DbRow, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::intake::WEBHOOK;
use crate::journal::unpacked;
use crate::vault::Vault;

const TOKEN_BYTES: usize = 32;

/// What opens the route of one source.
#[derive(Clone, Debug)]
pub struct Door {
    /// The source.
    pub source_id: SourceId,
    /// Whose route.
    pub platform: Platform,
    /// The SHA-256 of the token, in hexadecimal digits.
    pub token_hash: String,
    /// From when on the token is no longer taken.
    pub expires_at: Option<Timestamp>,
    /// What bodies must carry or be signed with.
    pub secret: Option<Secret>,
}

/// How a source's deliveries stand.
#[derive(Debug, Serialize)]
pub struct Deliveries {
    /// When the last one came.
    pub last_at: Option<Timestamp>,
    /// Events that came, repeats among them.
    pub received: i64,
    /// Kept, not understood yet.
    pub pending: i64,
    /// Kept, could not be understood.
    pub failed: i64,
}

/// A delivery that came, as it was kept.
#[derive(Debug)]
pub struct Arrival {
    /// Its number in the source's journal.
    pub id: i64,
    /// The name of the event, where the address told it.
    pub event: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// `pending`, `done` or `failed`.
    pub state: String,
    /// Why it could not be understood.
    pub reason: Option<String>,
    /// The body, secrets removed.
    pub body: Vec<u8>,
}

impl Store {
    /// The token of a source that holds; none before the first was made.
    pub async fn webhook_token(&self, id: SourceId, vault: &Vault) -> Result<Option<Secret>> {
        let sql = "SELECT sealed FROM webhook_tokens WHERE source_id = $1 AND expires_at IS NULL";
        let rows = self.fetch(sql, [id.into()]).await?;
        rows.first().map(|row| vault.open(id, &row.text("sealed")?)).transpose()
    }

    /// A new token for a source. The former one is taken until an instant.
    pub async fn new_webhook_token(
        &self,
        id: SourceId,
        vault: &Vault,
        now: Timestamp,
        former_until: Timestamp,
    ) -> Result<Secret> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::new(ErrorKind::Other, "the machine could not get random bytes", ""))?;
        let token = Secret::new(&URL_SAFE_NO_PAD.encode(bytes));
        let sealed = vault.seal(id, &token)?;
        let mut tx = self.begin().await?;
        let over = "DELETE FROM webhook_tokens WHERE source_id = $1 AND expires_at <= $2";
        tx.execute(over, [id.into(), now.into()]).await?;
        let former = "UPDATE webhook_tokens SET expires_at = $2 WHERE source_id = $1 AND expires_at IS NULL";
        tx.execute(former, [id.into(), former_until.into()]).await?;
        let new = "INSERT INTO webhook_tokens (source_id, hash, sealed, created_at) VALUES ($1, $2, $3, $4)";
        let hash = sha256(token.expose().as_bytes());
        tx.execute(new, [id.into(), hash.into(), sealed.into(), now.into()]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// What a source's deliveries must carry or be signed with; none where nothing is asked for.
    pub async fn webhook_secret(&self, id: SourceId, vault: &Vault) -> Result<Option<Secret>> {
        let rows = self.fetch("SELECT webhook_secret FROM data_sources WHERE id = $1", [id.into()]).await?;
        let sealed = rows.first().map(|row| row.maybe_text("webhook_secret")).transpose()?.flatten();
        sealed.map(|sealed| vault.open(id, &sealed)).transpose()
    }

    /// Sets it, or asks for nothing any more.
    pub async fn set_webhook_secret(
        &self,
        id: SourceId,
        secret: Option<&Secret>,
        vault: &Vault,
    ) -> Result<()> {
        let sealed = secret.map(|secret| vault.seal(id, secret)).transpose()?;
        let mut tx = self.begin().await?;
        let sql = "UPDATE data_sources SET webhook_secret = $2 WHERE id = $1";
        tx.execute(sql, [id.into(), sealed.into()]).await?;
        tx.commit().await
    }

    /// Every token that may be taken, with what belongs to it.
    pub async fn doors(&self, vault: &Vault) -> Result<Vec<Door>> {
        let sql = "SELECT t.source_id, d.platform, t.hash, t.expires_at, d.webhook_secret FROM webhook_tokens AS t \
                   JOIN data_sources AS d ON d.id = t.source_id ORDER BY t.source_id, t.created_at";
        let rows = self.fetch(sql, []).await?;
        let door = |row: &DbRow| {
            let id = row.integer("source_id")?;
            let sealed = row.maybe_text("webhook_secret")?;
            Ok(Door {
                source_id: id,
                platform: row.text("platform")?.parse().map_err(|error: String| {
                    Error::new(ErrorKind::Other, format!("data_sources holds {error}"), "")
                })?,
                token_hash: row.text("hash")?,
                expires_at: row.maybe_time("expires_at")?,
                secret: sealed.map(|sealed| vault.open(id, &sealed)).transpose()?,
            })
        };
        rows.iter().map(door).collect()
    }

    /// How a source's deliveries stand.
    pub async fn deliveries(&self, id: SourceId) -> Result<Deliveries> {
        let state = "SELECT last_delivery_at, deliveries FROM sync_state WHERE source_id = $1";
        let state = self.fetch(state, [id.into()]).await?;
        let state = state.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
        // Each state is spelled out: SQLite finds an index that covers one state by exactly these words.
        let [mut pending, mut failed] = [0; 2];
        for (count, state) in [(&mut pending, "state = 'pending'"), (&mut failed, "state = 'failed'")] {
            let sql = format!(
                "SELECT COUNT(*) AS count FROM journal WHERE source_id = $1 AND kind = 'delivery' AND {state}"
            );
            let rows = self.fetch(&sql, [id.into()]).await?;
            *count = rows.first().map_or(Ok(0), |row| row.integer("count"))?;
        }
        Ok(Deliveries {
            last_at: state.maybe_time("last_delivery_at")?,
            received: state.integer("deliveries")?,
            pending,
            failed,
        })
    }

    /// The number of a source's newest journal row.
    pub async fn journal_end(&self, id: SourceId) -> Result<i64> {
        let sql = "SELECT journal_id FROM sync_state WHERE source_id = $1";
        self.fetch(sql, [id.into()]).await?.first().map_or(Ok(0), |row| row.integer("journal_id"))
    }

    /// The deliveries of a source behind a journal row, in their order.
    pub async fn arrivals(&self, id: SourceId, after: i64, limit: usize) -> Result<Vec<Arrival>> {
        let sql = format!(
            "SELECT id, params, read_at, state, reason, body FROM journal WHERE source_id = $1 AND id > $2 \
             AND kind = 'delivery' AND endpoint = '{WEBHOOK}' ORDER BY id LIMIT $3"
        );
        let rows = self.fetch(&sql, [id.into(), after.into(), limit.into()]).await?;
        let kept = |row: &DbRow| {
            let params = Params::from_text(&row.text("params")?).unwrap_or_default();
            Ok(Arrival {
                id: row.integer("id")?,
                event: params.get("event").map(str::to_owned),
                received_at: row.time("read_at")?,
                state: row.text("state")?,
                reason: row.maybe_text("reason")?,
                body: unpacked(row)?,
            })
        };
        rows.iter().map(kept).collect()
    }
}
