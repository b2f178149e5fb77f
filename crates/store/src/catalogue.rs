//! Which tables and columns there are, as the migrations make them: what a later one adds is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use atlas_model::{Kind, tables};
use serde_json::Value;

use crate::db::{DbRow, Flavour, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{cast, readable};

/// What migrations themselves keep account with.
const OF_MIGRATIONS: &str = "_sqlx_migrations";

/// SQLite's columns by table. The types are the migrations' own words.
const COLUMNS_ON_SQLITE: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS declared \
     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";

const COLUMNS_ON_POSTGRES: &str = "SELECT CAST(c.table_name AS TEXT) AS table_name, \
     CAST(c.column_name AS TEXT) AS column_name FROM information_schema.columns AS c \
     JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
     WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
     ORDER BY c.table_name, c.ordinal_position";

const REFERENCES_ON_SQLITE: &str = "SELECT m.name AS table_name, f.\"table\" AS parent \
     FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'";

/// A table of Atlas.
pub(crate) struct TableShape {
    pub(crate) name: String,
    columns: Vec<ColumnShape>,
    /// The tables that its rows refer to.
    parents: Vec<String>,
}

/// A column of Atlas.
struct ColumnShape {
    name: String,
    /// Its type as declared.
    declared: String,
}

/// How values of a column travel.
enum Travel {
    As(Kind),
    /// Bytes, as hexadecimal digits.
    Bytes,
}

/// All tables of Atlas, those that others refer to first: read from a database that holds nothing but what the
/// migrations made, so that no list can be forgotten and nobody else's table is taken for ours.
pub(crate) async fn own_tables() -> Result<Vec<TableShape>> {
    let fresh = Store::open_file(Path::new(":memory:")).await?;
    let mut tables: BTreeMap<String, TableShape> = BTreeMap::new();
    for row in fresh.fetch(COLUMNS_ON_SQLITE, []).await? {
        let name = row.text("table_name")?;
        let table = tables.entry(name.clone()).or_insert_with(|| TableShape {
            name,
            columns: Vec::new(),
            parents: Vec::new(),
        });
        table.columns.push(ColumnShape { name: row.text("column_name")?, declared: row.text("declared")? });
    }
    for row in fresh.fetch(REFERENCES_ON_SQLITE, []).await? {
        if let Some(table) = tables.get_mut(&row.text("table_name")?) {
            table.parents.push(row.text("parent")?);
        }
    }
    fresh.close().await;
    tables.remove(OF_MIGRATIONS);
    Ok(parents_first(tables.into_values().collect()))
}

/// Tables, and columns as `table.column`, that somebody else made.
pub(crate) async fn not_own(tx: &mut Tx, own: &[TableShape]) -> Result<Vec<String>> {
    let columns = match tx.flavour() {
        Flavour::Sqlite => COLUMNS_ON_SQLITE,
        Flavour::Postgres => COLUMNS_ON_POSTGRES,
    };
    let mut others = BTreeSet::new();
    for row in tx.fetch(columns, []).await? {
        let (table, column) = (row.text("table_name")?, row.text("column_name")?);
        match own.iter().find(|own| own.name == table) {
            Some(own) if own.columns.iter().any(|own| own.name == column) => {}
            Some(_) => drop(others.insert(format!("{table}.{column}"))),
            None if table == OF_MIGRATIONS => {}
            None => drop(others.insert(table)),
        }
    }
    Ok(others.into_iter().collect())
}

/// Sources, destinations in their own order, the rest; and no table before those that it refers to.
fn parents_first(mut tables: Vec<TableShape>) -> Vec<TableShape> {
    let rank = |name: &str| match tables::ALL.iter().position(|table| table.name == name) {
        Some(place) => place + 1,
        None if name == "data_sources" => 0,
        None => usize::MAX,
    };
    tables.sort_by_key(|table| rank(&table.name));
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let waits_for = |table: &TableShape, other: &TableShape| {
            other.name != table.name && table.parents.contains(&other.name)
        };
        let is_ready = |table: &TableShape| tables.iter().all(|other| !waits_for(table, other));
        // Tables that refer to each other in a ring stay in their order.
        let next = tables.iter().position(is_ready).unwrap_or(0);
        ordered.push(tables.remove(next));
    }
    ordered
}

impl TableShape {
    /// The statement that reads all rows.
    pub(crate) fn select(&self, flavour: Flavour) -> Result<String> {
        let mut columns = Vec::new();
        for column in &self.columns {
            let name = quoted(&column.name);
            columns.push(match (self.travel(column)?, flavour) {
                (Travel::As(kind), _) => readable(&name, kind),
                // SQLite makes an empty text of NULL.
                (Travel::Bytes, Flavour::Sqlite) => {
                    format!("CASE WHEN {name} IS NOT NULL THEN hex({name}) END AS {name}")
                }
                (Travel::Bytes, Flavour::Postgres) => format!("encode({name}, 'hex') AS {name}"),
            });
        }
        Ok(format!("SELECT {} FROM {}", columns.join(", "), quoted(&self.name)))
    }

    /// A row of [`TableShape::select`] as the values of [`TableShape::insert`].
    pub(crate) fn values(&self, row: &DbRow) -> Result<Vec<Value>> {
        self.columns.iter().map(|column| value(row, &column.name, &self.travel(column)?)).collect()
    }

    /// The statement that writes a batch of rows, each an array of values.
    pub(crate) fn insert(&self, flavour: Flavour) -> Result<String> {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (place, column) in self.columns.iter().enumerate() {
            let value = format!("value ->> {place}");
            names.push(quoted(&column.name));
            values.push(match (self.travel(column)?, flavour) {
                (Travel::As(kind), _) => cast(flavour, kind, &value),
                (Travel::Bytes, Flavour::Sqlite) => format!("unhex({value})"),
                (Travel::Bytes, Flavour::Postgres) => format!("decode({value}, 'hex')"),
            });
        }
        Ok(format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            quoted(&self.name),
            names.join(", "),
            values.join(", "),
            crate::sql::batch(flavour, "$1"),
        ))
    }

    fn travel(&self, column: &ColumnShape) -> Result<Travel> {
        Ok(Travel::As(match column.declared.to_lowercase().as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Integer,
            "double precision" => Kind::Real,
            "boolean" => Kind::Boolean,
            "timestamptz" => Kind::Timestamp,
            "date" => Kind::Date,
            "jsonb" => Kind::Json,
            "bytea" => return Ok(Travel::Bytes),
            other => {
                return Err(Error::new(
                    ErrorKind::Other,
                    format!("{}.{} is of type {other}, which cannot be copied", self.name, column.name),
                    "",
                ));
            }
        }))
    }
}

fn value(row: &DbRow, name: &str, travel: &Travel) -> Result<Value> {
    Ok(match travel {
        Travel::As(Kind::Text | Kind::Date) | Travel::Bytes => row.maybe_text(name)?.into(),
        Travel::As(Kind::Integer) => row.maybe_integer(name)?.into(),
        Travel::As(Kind::Real) => row.maybe_real(name)?.into(),
        Travel::As(Kind::Boolean) => row.maybe_boolean(name)?.into(),
        Travel::As(Kind::Timestamp) => row.maybe_time(name)?.map(atlas_model::utc_text).into(),
        // Written the way a sync writes it, whatever PostgreSQL has made of it: SQLite compares it as text.
        Travel::As(Kind::Json) => row
            .maybe_text(name)?
            .map(|text| serde_json::from_str::<Value>(&text).map_or(text, |json| json.to_string()))
            .into(),
    })
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
