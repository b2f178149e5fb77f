//! The call list of a source: what is pending, what failed, and what a sync remembers between processes.

use std::collections::BTreeMap;

use atlas_model::{Call, Follow, Params, SourceId, StoredCampaign, When, utc_text};
use jiff::Timestamp;
use serde_json::json;

use crate::db::{DbRow, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{batch, to_batch};
use crate::turn::Turn;

/// What a sync remembers from one process to the next.
#[derive(Clone, Debug)]
pub struct Memory {
    /// When the roots were last put on the list.
    pub rooted_at: Option<Timestamp>,
    /// Whether that round asks for everything.
    pub is_full: bool,
    /// No call before this instant.
    pub next_call_at: Option<Timestamp>,
    /// The month (`2026-11`) in which calls are counted.
    pub quota_month: String,
    /// Calls in that month.
    pub quota_calls: i64,
    /// Endpoints that the service lacked, and when they are asked again.
    pub absent: BTreeMap<String, Absence>,
    /// When the last whole walk through an endpoint's records began, by endpoint.
    pub watermarks: BTreeMap<String, Timestamp>,
}

/// An endpoint that a service lacks.
#[derive(Clone, Debug)]
pub struct Absence {
    /// What the service said.
    pub reason: String,
    /// When it is asked again.
    pub ask_again_at: Timestamp,
}

/// A call whose retries are used up.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FailedCall {
    /// The endpoint's name.
    pub endpoint: String,
    /// What it was asked with.
    pub params: String,
    /// What happened.
    pub reason: String,
    /// What a person should do.
    pub hint: String,
}

impl Store {
    /// What the last sync left for the next one.
    pub async fn memory(&self, id: SourceId) -> Result<Memory> {
        let sql = "SELECT rooted_at, is_full, next_call_at, quota_month, quota_calls FROM sync_state \
                   WHERE source_id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
        let sql = "SELECT endpoint, reason, ask_again_at FROM absent_endpoints WHERE source_id = $1";
        let absent = self.fetch(sql, [id.into()]).await?;
        let absent = absent.iter().map(|row| {
            let absence = Absence { reason: row.text("reason")?, ask_again_at: row.time("ask_again_at")? };
            Ok((row.text("endpoint")?, absence))
        });
        let sql = "SELECT endpoint, at FROM watermarks WHERE source_id = $1";
        let watermarks = self.fetch(sql, [id.into()]).await?;
        let watermarks = watermarks.iter().map(|row| Ok((row.text("endpoint")?, row.time("at")?)));
        Ok(Memory {
            rooted_at: row.maybe_time("rooted_at")?,
            is_full: row.boolean("is_full")?,
            next_call_at: row.maybe_time("next_call_at")?,
            quota_month: row.text("quota_month")?,
            quota_calls: row.integer("quota_calls")?,
            absent: absent.collect::<Result<_>>()?,
            watermarks: watermarks.collect::<Result<_>>()?,
        })
    }

    /// The calls that are to be made, in their order; failed ones are not among them.
    pub async fn pending(&self, id: SourceId) -> Result<Vec<Call>> {
        let sql = "SELECT endpoint, params, priority, attempts FROM sync_calls \
                   WHERE source_id = $1 AND state = 'pending' ORDER BY priority, planted_at, position";
        self.fetch(sql, [id.into()]).await?.iter().map(call).collect()
    }

    /// The calls whose retries are used up.
    pub async fn failed_calls(&self, id: SourceId) -> Result<Vec<FailedCall>> {
        let sql = "SELECT endpoint, params, reason, hint FROM sync_calls \
                   WHERE source_id = $1 AND state = 'failed' ORDER BY priority, planted_at, position";
        let rows = self.fetch(sql, [id.into()]).await?;
        let failed = rows.iter().map(|row| {
            Ok(FailedCall {
                endpoint: row.text("endpoint")?,
                params: Params::from_text(&row.text("params")?).unwrap_or_default().to_string(),
                reason: row.maybe_text("reason")?.unwrap_or_default(),
                hint: row.maybe_text("hint")?.unwrap_or_default(),
            })
        });
        failed.collect()
    }

    /// Id and status of every campaign of a source: what a dry run goes by.
    pub async fn campaign_states(&self, id: SourceId) -> Result<Vec<(String, String)>> {
        let sql = "SELECT external_id, CASE WHEN is_archived THEN 'archived' ELSE COALESCE(status, '') END AS status \
                   FROM campaigns WHERE source_id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        rows.iter().map(|row| Ok((row.text("external_id")?, row.text("status")?))).collect()
    }

    /// What is stored of a campaign; nothing when it is not known yet.
    pub async fn stored_campaign(&self, id: SourceId, campaign_id: &str) -> Result<Option<StoredCampaign>> {
        let rows = self.fetch(STORED_CAMPAIGN, [id.into(), campaign_id.into()]).await?;
        rows.first().map(stored_campaign).transpose()
    }

    /// How much each campaign has sent whose single events were never read: what a dry run goes by.
    pub async fn unread_activities(&self, id: SourceId) -> Result<Vec<i64>> {
        let sql = "SELECT total_sent FROM campaigns WHERE source_id = $1 AND activities_read_to IS NULL \
                   AND total_sent > 0";
        self.fetch(sql, [id.into()]).await?.iter().map(|row| row.integer("total_sent")).collect()
    }

    /// Campaigns by their names; none for a name that several have.
    pub async fn campaign_names(&self, id: SourceId) -> Result<BTreeMap<String, Option<String>>> {
        campaign_names(self.fetch(CAMPAIGN_NAMES, [id.into()]).await?)
    }

    /// Which of the following calls would be put on the list now, without putting them there.
    pub async fn would_plant(&self, id: SourceId, now: Timestamp, follow: &[Follow]) -> Result<Vec<Call>> {
        let mut tx = self.begin().await?;
        plant(&mut tx, id, now, follow).await // dropped, not committed
    }
}

/// Puts calls on the list whose condition holds and that are not on it yet; those that are new.
pub(crate) async fn plant(tx: &mut Tx, id: SourceId, now: Timestamp, follow: &[Follow]) -> Result<Vec<Call>> {
    if follow.is_empty() {
        return Ok(Vec::new());
    }
    let values: Vec<_> = follow
        .iter()
        .enumerate()
        .map(|(position, follow)| {
            let since = match follow.when {
                When::Always => None,
                When::NotReadSince(since) => Some(utc_text(since)),
            };
            json!({"endpoint": follow.endpoint, "params": follow.params.to_text(), "priority": follow.priority,
                   "asked": follow.params.asked().to_text(),
                   "position": position, "since": since, "campaign_id": follow.params.get("campaign_id")})
        })
        .collect();
    let since = match tx.flavour() {
        crate::Flavour::Sqlite => "value ->> 'since'",
        crate::Flavour::Postgres => "CAST(value ->> 'since' AS TIMESTAMPTZ)",
    };
    // What was seen later than now was seen by a clock that has been set back, and proves nothing.
    // The wanted calls are told apart from the statement's own columns by a sub-query of their own.
    let wanted = format!(
        "(SELECT value ->> 'endpoint' AS endpoint, value ->> 'params' AS params, value ->> 'asked' AS asked, \
          value ->> 'campaign_id' AS campaign_id, \
          CAST(value ->> 'priority' AS BIGINT) AS priority, CAST(value ->> 'position' AS BIGINT) AS position, \
          {since} AS since FROM {batch}) AS w \
         WHERE (w.since IS NULL OR NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.source_id = $1 \
          AND j.endpoint = w.endpoint AND j.params = w.asked AND j.kind IN ('answer', 'refusal') AND j.dedupe_key IS NULL \
          AND j.last_seen_at >= w.since AND j.last_seen_at <= $3))",
        batch = batch(tx.flavour(), "$2"),
    );
    // One that waits already and is wanted more urgently now moves up.
    let urge = format!(
        "UPDATE sync_calls AS c SET priority = u.priority FROM (SELECT w.endpoint, w.params, \
         MIN(w.priority) AS priority FROM {wanted} GROUP BY w.endpoint, w.params) AS u WHERE c.source_id = $1 \
         AND c.endpoint = u.endpoint AND c.params = u.params AND c.priority > u.priority",
    );
    let batch = to_batch(&values);
    tx.execute(&urge, [id.into(), batch.as_str().into(), now.into()]).await?;
    let sql = format!(
        "INSERT INTO sync_calls (source_id, endpoint, params, priority, planted_at, position, state, attempts, \
         campaign_id) SELECT $1, w.endpoint, w.params, w.priority, $3, w.position, 'pending', 0, w.campaign_id FROM \
         {wanted} AND NOT EXISTS (SELECT 1 FROM absent_endpoints AS a WHERE a.source_id = $1 AND a.endpoint = w.endpoint \
          AND a.ask_again_at > $3) \
         ORDER BY w.position \
         ON CONFLICT (source_id, endpoint, params) DO NOTHING RETURNING endpoint, params, priority, attempts",
    );
    let rows = tx.fetch(&sql, [id.into(), batch.into(), now.into()]).await?;
    rows.iter().map(call).collect()
}

pub(crate) const CAMPAIGN_NAMES: &str = "SELECT name, MIN(external_id) AS external_id, COUNT(*) AS campaigns \
                                         FROM campaigns WHERE source_id = $1 AND name IS NOT NULL GROUP BY name";

pub(crate) fn campaign_names(rows: Vec<DbRow>) -> Result<BTreeMap<String, Option<String>>> {
    let one = |row: &DbRow| {
        let id = row.text("external_id")?;
        Ok((row.text("name")?, (row.integer("campaigns")? == 1).then_some(id)))
    };
    rows.iter().map(one).collect()
}

/// What [`stored_campaign`] reads, for a source and a campaign.
pub(crate) const STORED_CAMPAIGN: &str = "SELECT started_at, seen_hash, CAST(days_read_to AS TEXT) AS days_read_to, \
                                          CAST(activities_read_to AS TEXT) AS activities_read_to FROM campaigns \
                                          WHERE source_id = $1 AND external_id = $2";

pub(crate) fn stored_campaign(row: &DbRow) -> Result<StoredCampaign> {
    let day = |name| Ok::<_, Error>(row.maybe_text(name)?.and_then(|day| day.parse().ok()));
    Ok(StoredCampaign {
        started_at: row.maybe_time("started_at")?,
        seen_hash: row.maybe_text("seen_hash")?,
        days_read_to: day("days_read_to")?,
        activities_read_to: day("activities_read_to")?,
    })
}

fn call(row: &DbRow) -> Result<Call> {
    let params = row.text("params")?;
    Ok(Call {
        endpoint: row.text("endpoint")?,
        params: Params::from_text(&params).ok_or_else(|| {
            Error::new(
                ErrorKind::Other,
                format!("sync_calls.params holds '{params}', which is no object"),
                "",
            )
        })?,
        priority: row.integer("priority")?,
        attempts: u32::try_from(row.integer("attempts")?).unwrap_or(u32::MAX),
    })
}

/// When none of a campaign's details is pending any more, what its statistics said holds: `metrics_hash`. Whether that is
/// so, after a call that may have made it so.
pub(crate) async fn close_details(tx: &mut Tx, id: SourceId, turn: &Turn, call: &Call) -> Result<bool> {
    let Some(campaign_id) = call.params.get("campaign_id") else { return Ok(false) };
    if turn.anchor != call.endpoint && !turn.details.contains(&call.endpoint.as_str()) {
        return Ok(false);
    }
    let names: Vec<_> = turn.details.iter().map(|name| json!({"name": name})).collect();
    let open = format!(
        "SELECT endpoint FROM sync_calls WHERE source_id = $1 AND campaign_id = $2 AND state = 'pending' \
         AND endpoint IN (SELECT value ->> 'name' FROM {}) LIMIT 1",
        batch(tx.flavour(), "$3"),
    );
    if !tx.fetch(&open, [id.into(), campaign_id.into(), to_batch(&names).into()]).await?.is_empty() {
        return Ok(false);
    }
    let sql = "UPDATE campaigns SET metrics_hash = seen_hash WHERE source_id = $1 AND external_id = $2 \
               AND metrics_hash IS DISTINCT FROM seen_hash";
    tx.execute(sql, [id.into(), campaign_id.into()]).await?;
    Ok(true)
}

/// The same for every campaign at once, after an answer that spoke of many.
pub(crate) async fn close_all_details(tx: &mut Tx, id: SourceId, details: &[&str]) -> Result<()> {
    let sql = format!(
        "UPDATE campaigns SET metrics_hash = seen_hash WHERE source_id = $1 AND seen_hash IS NOT NULL \
         AND metrics_hash IS DISTINCT FROM seen_hash AND NOT EXISTS (SELECT 1 FROM sync_calls AS c \
         WHERE c.source_id = $1 AND c.campaign_id = campaigns.external_id AND c.state = 'pending' \
         AND c.endpoint IN (SELECT value ->> 'name' FROM {}))",
        batch(tx.flavour(), "$2"),
    );
    let names: Vec<_> = details.iter().map(|name| json!({"name": name})).collect();
    tx.execute(&sql, [id.into(), to_batch(&names).into()]).await.map(drop)
}
