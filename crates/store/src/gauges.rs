//! How each source stands, in figures for a monitor.

use atlas_model::{Platform, SourceId};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::db::Store;
use crate::error::Result;
use crate::webhooks::WAITING;

/// How a source stands.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// Its number.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// Its service.
    pub platform: Platform,
    /// Whether it is synced.
    pub is_active: bool,
    /// When a sync was last complete.
    pub last_sync_at: Option<Timestamp>,
    /// Calls that are to be made.
    pub pending_calls: i64,
    /// What the quota has left for the month, if there is one.
    pub quota_left: Option<i64>,
    /// Deliveries that were received since ever.
    pub received: i64,
    /// Those that wait to be understood.
    pub waiting: i64,
    /// Those that could not be understood.
    pub failed: i64,
}

impl Store {
    /// How all sources stand.
    pub async fn gauges(&self, now: Timestamp) -> Result<Vec<Gauge>> {
        // The states are spelled out: SQLite finds an index that covers one state by exactly these words.
        let sql = format!(
            "SELECT s.source_id, s.deliveries, s.quota_month, s.quota_calls, \
             (SELECT COUNT(*) FROM sync_calls AS c WHERE c.source_id = s.source_id AND c.state = 'pending') AS calls, \
             ({WAITING}) AS waiting, (SELECT COUNT(*) FROM journal AS j WHERE j.source_id = s.source_id \
             AND j.kind = 'delivery' AND j.state = 'failed') AS failed FROM sync_state AS s"
        );
        let states = self.fetch(&sql, []).await?;
        let month = now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
        let mut gauges = Vec::new();
        for source in self.sources().await? {
            let of_source =
                states.iter().find(|row| row.integer("source_id").is_ok_and(|id| id == source.id));
            let Some(row) = of_source else { continue };
            let made = if row.text("quota_month")? == month { row.integer("quota_calls")? } else { 0 };
            gauges.push(Gauge {
                id: source.id,
                platform: source.platform,
                is_active: source.status == "active",
                last_sync_at: source.last_sync_at,
                pending_calls: row.integer("calls")?,
                quota_left: source.settings.number("monthly_quota").map(|quota| quota - made),
                received: row.integer("deliveries")?,
                waiting: row.integer("waiting")?,
                failed: row.integer("failed")?,
                name: source.name,
            });
        }
        Ok(gauges)
    }
}
