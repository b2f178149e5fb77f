//! Tables and views row by row, for files that other programs read.

use atlas_model::{Kind, tables, utc_text};
use futures_util::TryStreamExt;
use serde_json::Value;

use crate::db::{DbRow, Flavour, Store};
use crate::error::{Error, Result};
use crate::report::views::all;
use crate::sql::readable;
use crate::views::GLOSSARY;

/// A column that is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

const COLUMNS_ON_SQLITE: &str = "SELECT name, lower(type) AS type FROM pragma_table_info($1) ORDER BY cid";

const COLUMNS_ON_POSTGRES: &str = "SELECT CAST(column_name AS TEXT) AS name, CAST(data_type AS TEXT) AS type \
     FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 \
     ORDER BY ordinal_position";

/// Everything that can be exported: the views, and the tables that services' answers go to. Nothing secret is in them.
pub fn exportable() -> Vec<&'static str> {
    let views = all().into_iter().map(|view| view.name).chain([GLOSSARY]);
    views.chain(tables::ALL.iter().map(|table| table.name)).collect()
}

impl Store {
    /// The columns of something that can be exported.
    pub async fn export_columns(&self, name: &str) -> Result<Vec<ExportColumn>> {
        let sql = match self.flavour() {
            Flavour::Sqlite => COLUMNS_ON_SQLITE,
            Flavour::Postgres => COLUMNS_ON_POSTGRES,
        };
        let views = all();
        let figure =
            |name: &str| views.iter().flat_map(|view| &view.columns).find_map(|one| one.figure(name));
        let stored = |name: &str| tables::ALL.iter().find_map(|table| table.column(name)).map(|one| one.kind);
        let mut columns = Vec::new();
        for row in self.fetch(sql, [name.into()]).await? {
            let (name, declared) = (row.text("name")?, row.text("type")?);
            let kind = match declared.as_str() {
                "bigint" | "int" | "integer" => Kind::Integer,
                "double precision" | "real" => Kind::Real,
                "boolean" => Kind::Boolean,
                "date" => Kind::Date,
                "timestamptz" | "timestamp with time zone" => Kind::Timestamp,
                "jsonb" => Kind::Json,
                "text" => Kind::Text,
                // SQLite does not say what an expression is: what a column of that name is that is stored, or a figure.
                _ if name.ends_with("_at") => Kind::Timestamp,
                _ => figure(&name).or_else(|| stored(&name)).unwrap_or(Kind::Text),
            };
            columns.push(ExportColumn { name, kind });
        }
        Ok(columns)
    }

    /// Hands over all rows, in memory one at a time: one moment of the database.
    pub async fn export<E: From<Error>>(
        &self,
        name: &str,
        columns: &[ExportColumn],
        mut take: impl FnMut(Vec<Value>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let selected = columns.iter().map(|ExportColumn { name, kind }| readable(name, *kind));
        let sql = format!("SELECT {} FROM {name}", selected.collect::<Vec<_>>().join(", "));
        let mut tx = self.snapshot().await?;
        let mut rows = tx.stream(&sql)?;
        while let Some(row) = rows.try_next().await? {
            let values = columns.iter().map(|column| value(&row, column)).collect::<Result<_>>()?;
            take(values)?;
        }
        Ok(())
    }
}

fn value(row: &DbRow, ExportColumn { name, kind }: &ExportColumn) -> Result<Value> {
    let value = match kind {
        Kind::Text | Kind::Date | Kind::Json => row.maybe_text(name)?.map(Value::from),
        Kind::Integer => row.maybe_integer(name)?.map(Value::from),
        Kind::Real => row.maybe_real(name)?.map(Value::from),
        Kind::Boolean => row.maybe_boolean(name)?.map(Value::from),
        Kind::Timestamp => row.maybe_time(name)?.map(|time| Value::from(utc_text(time))),
    };
    Ok(value.unwrap_or_default())
}
