//! A whole database into another one, of the same or the other kind: one moment of the source, one transaction on the target.

use std::path::PathBuf;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde_json::Value;

use crate::catalogue::{TableShape, not_own, own_tables, quoted};
use crate::db::{Flavour, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::leases::prove_nobody_syncs;
use crate::part::Part;
use crate::sql::to_batch;

/// A batch ends at so many rows or so much text, whichever comes first.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// Leases belong to processes that work on the source.
const NOT_COPIED: &str = "leases";

/// What may be there already where a copy goes.
pub enum Onto<'a> {
    /// No data source.
    Empty,
    /// Anything, as long as nobody syncs it: it is replaced, on SQLite after it was kept in a file beside.
    Anything {
        /// What time it is.
        now: Timestamp,
        /// May know that the holder of a lease is gone.
        is_dead: &'a dyn Fn(&str) -> bool,
    },
}

/// What a copy came to.
#[derive(Debug)]
pub struct Copied {
    /// Each table with its number of rows.
    pub tables: Vec<(String, u64)>,
    /// Tables and columns that somebody else added to the source: they are not Atlas's, and stay where they are.
    pub left_out: Vec<String>,
    /// Where the target's former content was kept.
    pub kept: Option<PathBuf>,
}

impl Store {
    /// Copies everything into another database, which is as it was if this fails. Told are rows done and rows in all.
    pub async fn copy_to(&self, to: &Self, onto: Onto<'_>, tell: &dyn Fn(u64, u64)) -> Result<Copied> {
        let tables = own_tables().await?;
        let mut source = self.snapshot().await?;
        let left_out = not_own(&mut source, &tables).await?;
        let mut counts = Vec::new();
        for table in tables.iter().filter(|table| table.name != NOT_COPIED) {
            counts.push(count(&mut source, &table.name).await?);
        }
        if names(&mut source).await?.is_empty() {
            let message = "there is nothing to copy: no data source is stored";
            return Err(Error::new(ErrorKind::Other, message, ""));
        }
        let mut target = to.begin().await?;
        let kept = to.make_room(&mut target, &tables, onto).await?;
        let (mut done, total) = (0, counts.iter().sum());
        let mut copied = Vec::new();
        for (table, expected) in tables.iter().filter(|table| table.name != NOT_COPIED).zip(counts) {
            copy_table(table, &mut source, &mut target, &mut |rows| {
                done += rows;
                tell(done, total);
            })
            .await?;
            let written = count(&mut target, &table.name).await?;
            if written != expected {
                return Err(Error::new(
                    ErrorKind::Other,
                    format!("{} came to {written} rows instead of {expected}; nothing was kept", table.name),
                    "check the source: atlas db check",
                ));
            }
            copied.push((table.name.clone(), written));
        }
        target.commit().await?;
        Ok(Copied { tables: copied, left_out, kept: kept.map(Part::keep) })
    }

    /// Empties the tables, if that is wanted or nothing is lost by it.
    async fn make_room(&self, tx: &mut Tx, tables: &[TableShape], onto: Onto<'_>) -> Result<Option<Part>> {
        if tx.flavour() == Flavour::Postgres {
            // Nobody takes a lease or adds a source from here on.
            tx.execute("LOCK TABLE data_sources, leases IN EXCLUSIVE MODE", []).await?;
        }
        let there = names(tx).await?;
        let mut kept = None;
        match onto {
            Onto::Empty if there.is_empty() => {}
            Onto::Empty => {
                return Err(Error::new(
                    ErrorKind::NotEmpty,
                    format!("the target holds data already ({}); nothing was changed", there.join(", ")),
                    "",
                ));
            }
            Onto::Anything { now, is_dead } => {
                prove_nobody_syncs(tx, now, is_dead).await?;
                if !there.is_empty() {
                    kept = self.keep_beside(now).await?;
                }
            }
        }
        match tx.flavour() {
            Flavour::Sqlite => {
                for table in tables.iter().rev() {
                    tx.execute(&format!("DELETE FROM {}", quoted(&table.name)), []).await?;
                }
            }
            Flavour::Postgres => {
                let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
                tx.execute(&format!("TRUNCATE TABLE {}", names.join(", ")), []).await?;
            }
        }
        Ok(kept)
    }
}

async fn copy_table(
    table: &TableShape,
    source: &mut Tx,
    target: &mut Tx,
    written: &mut dyn FnMut(u64),
) -> Result<()> {
    let insert = table.insert(target.flavour())?;
    let select = table.select(source.flavour())?;
    let mut rows = source.stream(&select)?;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    loop {
        let row = rows.try_next().await?;
        let is_last = row.is_none();
        if let Some(row) = row {
            let values = table.values(&row)?;
            bytes += values.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
            batch.push(Value::Array(values));
        }
        if !batch.is_empty() && (is_last || batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES) {
            target.execute(&insert, [to_batch(&batch).into()]).await?;
            written(batch.len() as u64);
            batch.clear();
            bytes = 0;
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn count(tx: &mut Tx, table: &str) -> Result<u64> {
    let rows = tx.fetch(&format!("SELECT COUNT(*) AS rows FROM {}", quoted(table)), []).await?;
    let count = rows.first().map(|row| row.integer("rows")).transpose()?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// The names of the data sources.
async fn names(tx: &mut Tx) -> Result<Vec<String>> {
    let rows = tx.fetch("SELECT name FROM data_sources ORDER BY id", []).await?;
    rows.iter().map(|row| row.text("name")).collect()
}
