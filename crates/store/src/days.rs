//! A day's figures, settled from what its witnesses say.
//!
//! Per figure the larger of `vendor` and `events` (each can only miss something), and `delta` where both are silent. So
//! order and repetition never matter.

use std::collections::BTreeSet;

use atlas_model::tables::DAILY_METRICS;
use atlas_model::{Rule, SourceId};
use serde_json::json;

use crate::db::{Flavour, Tx};
use crate::error::Result;
use crate::write::{batch, to_batch};

/// Settles these (campaign, date) again.
pub(crate) async fn settle(
    tx: &mut Tx,
    source_id: SourceId,
    days: &BTreeSet<(String, String)>,
    batch_size: usize,
) -> Result<()> {
    let keys: Vec<_> =
        days.iter().map(|(campaign_id, date)| json!({"campaign_id": campaign_id, "date": date})).collect();
    let sql = statement(tx.flavour());
    // A day of which no witness says anything any more is no day.
    let gone = format!(
        "DELETE FROM daily_metrics WHERE source_id = $1 AND (campaign_id, date) IN (SELECT value ->> 'campaign_id', {} \
         FROM {}) AND NOT EXISTS (SELECT 1 FROM daily_observations AS o WHERE o.source_id = $1 \
         AND o.campaign_id = daily_metrics.campaign_id AND o.date = daily_metrics.date)",
        date(tx.flavour()),
        batch(tx.flavour(), "$2"),
    );
    for keys in keys.chunks(batch_size.max(1)) {
        tx.execute(&sql, [source_id.into(), to_batch(keys).into()]).await?;
        tx.execute(&gone, [source_id.into(), to_batch(keys).into()]).await?;
    }
    Ok(())
}

/// The day of a batch's row.
pub(crate) const fn date(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Sqlite => "value ->> 'date'",
        Flavour::Postgres => "CAST(value ->> 'date' AS DATE)",
    }
}

fn statement(flavour: Flavour) -> String {
    let counters: Vec<&str> = DAILY_METRICS
        .columns
        .iter()
        .filter(|column| column.rule == Rule::Counter)
        .map(|column| column.name)
        .collect();
    let told = |name: &&str| format!("MAX(CASE WHEN o.witness IN ('vendor', 'events') THEN o.{name} END)");
    let moved = |name: &&str| format!("MAX(CASE WHEN o.witness = 'delta' THEN o.{name} END)");
    let figures: Vec<String> =
        counters.iter().map(|name| format!("COALESCE({}, {}) AS {name}", told(name), moved(name))).collect();
    let estimated: Vec<String> = counters
        .iter()
        .map(|name| format!("({} IS NULL AND {} IS NOT NULL)", told(name), moved(name)))
        .collect();
    let date = date(flavour);
    let names = counters.join(", ");
    let set: Vec<String> = counters.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let stored: Vec<String> = counters.iter().map(|name| format!("t.{name}")).collect();
    let new: Vec<String> = counters.iter().map(|name| format!("excluded.{name}")).collect();
    format!(
        "INSERT INTO daily_metrics AS t (source_id, campaign_id, date, {names}, is_estimated) \
         SELECT $1, o.campaign_id, o.date, {figures}, ({estimated}) FROM daily_observations AS o \
         JOIN (SELECT value ->> 'campaign_id' AS campaign_id, {date} AS date FROM {batch}) AS k \
         ON o.campaign_id = k.campaign_id AND o.date = k.date WHERE o.source_id = $1 \
         GROUP BY o.campaign_id, o.date \
         ON CONFLICT (source_id, campaign_id, date) DO UPDATE SET {set}, is_estimated = excluded.is_estimated \
         WHERE ({stored}, t.is_estimated) IS DISTINCT FROM ({new}, excluded.is_estimated)",
        figures = figures.join(", "),
        estimated = estimated.join(" OR "),
        batch = batch(flavour, "$2"),
        set = set.join(", "),
        stored = stored.join(", "),
        new = new.join(", "),
    )
}
