//! A day's figures, settled from what its witnesses say.
//!
//! Per figure the larger of `vendor` and `events` (each can only miss something), and `delta` where both are silent. So
//! order and repetition never matter.

use std::collections::BTreeSet;

use atlas_model::tables::DAILY_METRICS;
use atlas_model::{Rule, SourceId};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use crate::db::{Flavour, Tx};
use crate::error::Result;
use crate::rollups;
use crate::sql::{batch, date, fence, to_batch};

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
        let keys = to_batch(keys);
        let before = rollups::told(tx, source_id, &keys).await?;
        let written = tx.execute(&sql, [source_id.into(), keys.as_str().into()]).await?;
        let removed = tx.execute(&gone, [source_id.into(), keys.as_str().into()]).await?;
        if written + removed > 0 {
            rollups::follow(tx, source_id, &keys, before, batch_size).await?;
        }
    }
    Ok(())
}

/// Which lifetime figure moves which figure of a day.
const MOVES: [(&str, &str); 6] = [
    ("sent", "emails_sent"),
    ("opened", "emails_opened"),
    ("replied", "emails_replied"),
    ("bounced", "emails_bounced"),
    ("unsubscribed", "emails_unsubscribed"),
    ("positive", "positive_replies"),
];

/// What lifetime figures that were read again say of these (campaign, date), and of the days after them: how far they
/// moved since the last reading of the day before, else since the first of the day itself. A difference over more than
/// that is no day's figure and is not written; neither is one below 0. A day on which nothing moved has no row. The days
/// that changed.
pub(crate) async fn delta(
    tx: &mut Tx,
    source_id: SourceId,
    readings: &BTreeSet<(String, String)>,
    batch_size: usize,
) -> Result<BTreeSet<(String, String)>> {
    let mut keys = BTreeSet::new();
    for (campaign_id, date) in readings {
        let Ok(date) = date.parse::<Date>() else { continue };
        keys.extend([date, date.saturating_add(1.day())].map(|date| (campaign_id, date)));
    }
    let keys: Vec<_> = keys
        .into_iter()
        .map(|(campaign_id, date)| {
            let before = date.saturating_sub(1.day());
            json!({"campaign_id": campaign_id, "date": date.to_string(), "before": before.to_string()})
        })
        .collect();
    let sql = movements(tx.flavour());
    let mut days = BTreeSet::new();
    for keys in keys.chunks(batch_size.max(1)) {
        for row in tx.fetch(&sql, [source_id.into(), to_batch(keys).into()]).await? {
            days.insert((row.text("campaign_id")?, row.text("date")?));
        }
    }
    Ok(days)
}

fn movements(flavour: Flavour) -> String {
    let day = |name: &str| match flavour {
        Flavour::Sqlite => format!("value ->> '{name}'"),
        Flavour::Postgres => format!("CAST(value ->> '{name}' AS DATE)"),
    };
    let moved = |(total, figure): &(&str, &str)| {
        let since = format!("COALESCE(b.last_{total}, r.first_{total})");
        format!("MAX(CASE WHEN r.last_{total} >= {since} THEN r.last_{total} - {since} END) AS {figure}")
    };
    let join = |parts: Vec<String>, between: &str| parts.join(between);
    let names: Vec<&str> = MOVES.iter().map(|(_, figure)| *figure).collect();
    format!(
        "INSERT INTO daily_observations AS t (source_id, campaign_id, date, witness, {names}) \
         SELECT $1, m.campaign_id, m.date, 'delta', {told} FROM (SELECT k.campaign_id, k.date, {moved} \
         FROM lifetime_readings AS r JOIN (SELECT CAST($1 AS BIGINT) AS source_id, \
         value ->> 'campaign_id' AS campaign_id, {date} AS date, {before} AS before FROM {batch}{fence}) AS k \
         ON r.source_id = k.source_id AND r.campaign_id = k.campaign_id AND r.date = k.date \
         LEFT JOIN lifetime_readings AS b ON b.source_id = r.source_id AND b.campaign_id = r.campaign_id \
         AND b.origin = r.origin AND b.date = k.before \
         GROUP BY k.campaign_id, k.date) AS m WHERE {some} \
         ON CONFLICT (source_id, campaign_id, date, witness) DO UPDATE SET {set} \
         WHERE ({stored}) IS DISTINCT FROM ({new}) \
         RETURNING campaign_id, CAST(date AS TEXT) AS date",
        names = names.join(", "),
        told = join(names.iter().map(|name| format!("m.{name}")).collect(), ", "),
        moved = join(MOVES.iter().map(moved).collect(), ", "),
        date = day("date"),
        before = day("before"),
        batch = batch(flavour, "$2"),
        fence = fence(flavour),
        some = join(names.iter().map(|name| format!("m.{name} > 0")).collect(), " OR "),
        set = join(names.iter().map(|name| format!("{name} = excluded.{name}")).collect(), ", "),
        stored = join(names.iter().map(|name| format!("t.{name}")).collect(), ", "),
        new = join(names.iter().map(|name| format!("excluded.{name}")).collect(), ", "),
    )
}

/// Everything follows from the keys that are asked for, the source too: by a source of its own SQLite would walk through all
/// days of the account, for each batch.
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
         SELECT $1, k.campaign_id, k.date, {figures}, ({estimated}) FROM daily_observations AS o \
         JOIN (SELECT CAST($1 AS BIGINT) AS source_id, value ->> 'campaign_id' AS campaign_id, {date} AS date \
         FROM {batch}{fence}) AS k \
         ON o.source_id = k.source_id AND o.campaign_id = k.campaign_id AND o.date = k.date WHERE TRUE \
         GROUP BY k.campaign_id, k.date \
         ON CONFLICT (source_id, campaign_id, date) DO UPDATE SET {set}, is_estimated = excluded.is_estimated \
         WHERE ({stored}, t.is_estimated) IS DISTINCT FROM ({new}, excluded.is_estimated)",
        figures = figures.join(", "),
        estimated = estimated.join(" OR "),
        batch = batch(flavour, "$2"),
        fence = fence(flavour),
        set = set.join(", "),
        stored = stored.join(", "),
        new = new.join(", "),
    )
}
