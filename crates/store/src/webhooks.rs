//! What opens a source's webhook route, and what has come through it.

use atlas_model::{Params, Platform, Secret, SourceId, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::db::{DbRow, Store};
use crate::deliveries::WEBHOOK;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::unpacked;
use crate::vault::Vault;

const TOKEN_BYTES: usize = 32;
/// Over so many hours it is told how many deliveries come.
const DAY_H: i64 = 24;

/// The number in the journal up to which everything is understood.
pub(crate) const UNDERSTOOD: &str =
    "COALESCE((SELECT p.up_to FROM projected AS p WHERE p.source_id = $1), 0)";

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

/// How many deliveries of the source `s` of `sync_state` wait to be understood: no row of the journal says so of itself.
pub(crate) const WAITING: &str = "SELECT COUNT(*) FROM journal AS j WHERE j.source_id = s.source_id \
     AND j.kind = 'delivery' AND j.id <= s.delivery_id \
     AND j.id > COALESCE((SELECT p.up_to FROM projected AS p WHERE p.source_id = s.source_id), 0)";

/// How a source's deliveries stand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Deliveries {
    /// When the last one came.
    pub last_at: Option<Timestamp>,
    /// Events that came, repeats among them.
    pub received: i64,
    /// Kept, not understood yet.
    pub pending: i64,
    /// Kept, could not be understood.
    pub failed: i64,
    /// Events kept in an hour, on the average of the last day.
    pub per_hour: f64,
    /// Why those that failed could not be understood, the most frequent reason first.
    pub failures: Vec<FailedFor>,
    /// Campaigns that run without a webhook to here, where other campaigns of the source have one.
    pub campaigns_without: i64,
}

/// Deliveries that could not be understood for one reason.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FailedFor {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: i64,
    /// When the last of them came.
    pub last_at: Option<Timestamp>,
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
    pub async fn deliveries(&self, id: SourceId, now: Timestamp) -> Result<Deliveries> {
        let state = format!(
            "SELECT s.last_delivery_at, s.deliveries, s.journal_id, ({WAITING}) AS waiting FROM sync_state AS s \
             WHERE s.source_id = $1"
        );
        let state = self.fetch(&state, [id.into()]).await?;
        let state = state.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
        let failures = self.failures(id).await?;
        let last_day = self.kept_since(id, now - DAY_H.hours(), state.integer("journal_id")?).await?;
        Ok(Deliveries {
            last_at: state.maybe_time("last_delivery_at")?,
            received: state.integer("deliveries")?,
            pending: state.integer("waiting")?,
            failed: failures.iter().map(|failed| failed.count).sum(),
            #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
            per_hour: last_day as f64 / DAY_H as f64,
            failures,
            campaigns_without: self.campaigns_without_webhook(id).await?,
        })
    }

    /// Active sources to which deliveries came, but none since an instant, and that were not synced since then either: what
    /// was posted meanwhile is not known.
    pub async fn silent_sources(&self, since: Timestamp) -> Result<Vec<SourceId>> {
        let sql = "SELECT s.source_id FROM sync_state AS s JOIN data_sources AS d ON d.id = s.source_id \
                   JOIN sync_runs AS r ON r.source_id = s.source_id AND r.id = s.run_id \
                   WHERE d.status = 'active' AND s.last_delivery_at < $1 AND r.started_at < $1 ORDER BY s.source_id";
        self.fetch(sql, [since.into()]).await?.iter().map(|row| row.integer("source_id")).collect()
    }

    async fn campaigns_without_webhook(&self, id: SourceId) -> Result<i64> {
        let sql = "SELECT COUNT(*) AS count FROM campaigns AS c WHERE c.source_id = $1 AND c.status = 'active' \
                   AND COALESCE(c.is_archived, FALSE) = FALSE AND EXISTS (SELECT 1 FROM webhook_subscriptions \
                   WHERE source_id = $1) AND NOT EXISTS (SELECT 1 FROM webhook_subscriptions AS s \
                   WHERE s.source_id = $1 AND s.campaign_id = c.external_id)";
        self.fetch(sql, [id.into()]).await?.first().map_or(Ok(0), |row| row.integer("count"))
    }

    /// Notes that a campaign has a webhook to here.
    pub async fn note_webhook(&self, id: SourceId, campaign_id: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO webhook_subscriptions (source_id, campaign_id, seen_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (source_id, campaign_id) DO UPDATE SET seen_at = excluded.seen_at";
        tx.execute(sql, [id.into(), campaign_id.into(), now.into()]).await?;
        tx.commit().await
    }

    async fn failures(&self, id: SourceId) -> Result<Vec<FailedFor>> {
        let sql = "SELECT COALESCE(reason, '') AS reason, COUNT(*) AS count, MAX(read_at) AS last_at FROM journal \
                   WHERE source_id = $1 AND kind = 'delivery' AND state = 'failed' \
                   GROUP BY COALESCE(reason, '') ORDER BY COUNT(*) DESC, COALESCE(reason, '')";
        let failed = |row: &DbRow| {
            Ok(FailedFor {
                reason: row.text("reason")?,
                count: row.integer("count")?,
                last_at: row.maybe_time("last_at")?,
            })
        };
        self.fetch(sql, [id.into()]).await?.iter().map(failed).collect()
    }

    /// Events that were kept since then. Numbers in the journal grow with time, so where to begin is found by halving,
    /// without an index that every delivery would have to pay for.
    async fn kept_since(&self, id: SourceId, since: Timestamp, end: i64) -> Result<i64> {
        let next = "SELECT id, read_at FROM journal WHERE source_id = $1 AND id >= $2 ORDER BY id LIMIT 1";
        let (mut before, mut after) = (0, end + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let rows = self.fetch(next, [id.into(), middle.into()]).await?;
            match rows.first() {
                Some(row) if row.time("read_at")? < since => before = row.integer("id")?.max(middle),
                _ => after = middle,
            }
        }
        let count =
            "SELECT COUNT(*) AS count FROM journal WHERE source_id = $1 AND id >= $2 AND kind = 'delivery'";
        let rows = self.fetch(count, [id.into(), after.into()]).await?;
        rows.first().map_or(Ok(0), |row| row.integer("count"))
    }

    /// The number of a source's newest journal row.
    pub async fn journal_end(&self, id: SourceId) -> Result<i64> {
        let sql = "SELECT journal_id FROM sync_state WHERE source_id = $1";
        self.fetch(sql, [id.into()]).await?.first().map_or(Ok(0), |row| row.integer("journal_id"))
    }

    /// The deliveries of a source behind a journal row, in their order; or those that could not be understood.
    pub async fn arrivals(
        &self,
        id: SourceId,
        after: i64,
        limit: usize,
        is_failed_only: bool,
    ) -> Result<Vec<Arrival>> {
        let which = if is_failed_only { " AND state = 'failed'" } else { "" };
        let sql = format!(
            "SELECT id, params, read_at, CASE WHEN id > {UNDERSTOOD} THEN 'pending' ELSE state END AS state, \
             reason, body FROM journal WHERE source_id = $1 AND id > $2 \
             AND kind = 'delivery' AND endpoint = '{WEBHOOK}'{which} ORDER BY id LIMIT $3"
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
