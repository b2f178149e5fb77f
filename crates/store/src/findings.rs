//! What analyses write: findings, of which those that are as they were are left alone.

use std::collections::HashMap;

use atlas_model::findings::FINDINGS;
use atlas_model::{Column, Kind, SourceId, Table};
use serde_json::{Map, Value};

use crate::counting::IS_OURS;
use crate::db::{DbRow, Store, Tx};
use crate::error::Result;
use crate::sql::{batch, readable, to_batch};
use crate::statement::upsert_text;

/// Rows in a statement.
const BATCH: usize = 500;

/// A finding's columns.
type Finding = Map<String, Value>;

impl Store {
    /// Writes findings of a source; how many are new or differ.
    pub async fn write_findings(&self, id: SourceId, table: &'static Table, rows: &[Finding]) -> Result<u64> {
        let mut tx = self.begin().await?;
        let changed = upsert(&mut tx, id, table, &rows.iter().collect::<Vec<_>>()).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Writes all findings of a source; how many are new, differ or went.
    pub async fn replace_findings(
        &self,
        id: SourceId,
        table: &'static Table,
        rows: &[Finding],
    ) -> Result<u64> {
        let mut tx = self.begin().await?;
        let (news, gone) = differences(&mut tx, id, table, rows).await?;
        let mut changed = upsert(&mut tx, id, table, &news).await?;
        let told: Vec<String> = table.key.iter().map(|name| format!("value ->> '{name}'")).collect();
        let delete = format!(
            "DELETE FROM {} WHERE source_id = $1 AND ({}) IN (SELECT {} FROM {})",
            table.name,
            table.key.join(", "),
            told.join(", "),
            batch(tx.flavour(), "$2"),
        );
        for gone in gone.chunks(BATCH) {
            let named = |key: &Vec<String>| -> Value {
                let pairs = table.key.iter().zip(key);
                pairs.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect()
            };
            let keys: Vec<Value> = gone.iter().map(named).collect();
            changed += tx.execute(&delete, [id.into(), to_batch(&keys).into()]).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// The findings as text, equal for equal content on both databases: what tests compare.
    pub async fn dump_findings(&self) -> Result<String> {
        let mut text = String::new();
        for table in FINDINGS {
            self.dump_table(table, &mut text).await?;
        }
        let sorted = format!(
            "SELECT source_id, campaign_id, event_key, reply_category, confidence, classified_by, \
             CAST(returns_on AS TEXT) AS returns_on FROM email_activities WHERE {IS_OURS}"
        );
        let mut lines = Vec::new();
        for row in self.fetch(&sorted, []).await? {
            lines.push(format!(
                "reply {} {} {} {:?} {:?} {:?} {:?}\n",
                row.integer("source_id")?,
                row.text("campaign_id")?,
                row.text("event_key")?,
                row.maybe_text("reply_category")?,
                row.maybe_real("confidence")?,
                row.maybe_text("classified_by")?,
                row.maybe_text("returns_on")?,
            ));
        }
        lines.sort_unstable();
        text.extend(lines);
        Ok(text)
    }
}

/// Which findings are not stored as they are, and the keys of those that are found no more. Most findings of a day are those
/// of the day before, and cost least where they are compared here; whatever seems to differ is compared by its statement.
async fn differences<'a>(
    tx: &mut Tx,
    id: SourceId,
    table: &Table,
    rows: &'a [Finding],
) -> Result<(Vec<&'a Finding>, Vec<Vec<String>>)> {
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let key: Option<Vec<&str>> = table.key.iter().map(|name| row.get(*name)?.as_str()).collect();
        places.extend(key.map(|key| (key, place)));
    }
    let columns: Vec<String> =
        table.columns.iter().map(|column| readable(column.name, column.kind)).collect();
    let stored = format!("SELECT {} FROM {} WHERE source_id = $1", columns.join(", "), table.name);
    let (mut is_stored, mut gone) = (vec![false; rows.len()], Vec::new());
    for row in tx.fetch(&stored, [id.into()]).await? {
        let key: Vec<String> = table.key.iter().map(|name| row.text(name)).collect::<Result<_>>()?;
        match places.get(&key.iter().map(String::as_str).collect::<Vec<_>>()) {
            Some(place) => is_stored[*place] = is_same(&row, table, &rows[*place])?,
            None => gone.push(key),
        }
    }
    Ok((rows.iter().zip(is_stored).filter(|(_, is_stored)| !is_stored).map(|(row, _)| row).collect(), gone))
}

fn is_same(row: &DbRow, table: &Table, finding: &Finding) -> Result<bool> {
    for column in table.columns {
        if value(row, column)? != *finding.get(column.name).unwrap_or(&Value::Null) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn upsert(tx: &mut Tx, id: SourceId, table: &'static Table, rows: &[&Finding]) -> Result<u64> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let sql = upsert_text(table, &columns, tx.flavour());
    let mut changed = 0;
    for rows in rows.chunks(BATCH) {
        let in_order = |row: &&Finding| -> Value {
            columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        let rows: Vec<Value> = rows.iter().map(in_order).collect();
        changed += tx.execute(&sql, [id.into(), to_batch(&rows).into()]).await?;
    }
    Ok(changed)
}

/// A row's columns; what is unknown is null.
pub(crate) fn fields(row: &DbRow, table: &Table) -> Result<Finding> {
    table.columns.iter().map(|column| Ok((column.name.to_owned(), value(row, column)?))).collect()
}

pub(crate) fn value(row: &DbRow, column: &Column) -> Result<Value> {
    let value = match column.kind {
        Kind::Integer => row.maybe_integer(column.name)?.map(Value::from),
        Kind::Real => row.maybe_real(column.name)?.map(Value::from),
        Kind::Boolean => row.maybe_boolean(column.name)?.map(Value::from),
        Kind::Json => row.maybe_text(column.name)?.and_then(|text| serde_json::from_str(&text).ok()),
        Kind::Text | Kind::Date | Kind::Timestamp => row.maybe_text(column.name)?.map(Value::from),
    };
    Ok(value.unwrap_or_default())
}
