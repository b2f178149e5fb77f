//! The whole database as text, equal for equal content on both databases: what tests compare.
//!
//! Left out: technical tables, the journal, and columns that say when something was read.

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Kind, Rule, Table, tables, utc_text};
use serde_json::Value;

use crate::account::figures;
use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::sorted_replies::SORTED;
use crate::sql::readable;

impl Store {
    /// A line a row: `table key=… column=…`, unknown values left out, ordered by key.
    pub async fn dump(&self) -> Result<String> {
        let mut text = String::new();
        let sql = "SELECT id, platform, name, COALESCE(client, '') AS client, status, time_zone, \
                   CAST(additional_config AS TEXT) AS additional_config FROM data_sources \
                   ORDER BY id";
        for row in self.fetch(sql, []).await? {
            let part = |name| row.text(name).map(|value| format!(" {name}={value:?}"));
            let id = row.integer("id")?;
            let line = ["platform", "name", "client", "status", "time_zone"].map(part);
            let account = figures(&row.text("additional_config")?);
            let account = account.map(|figures| format!(" additional_config={figures}")).unwrap_or_default();
            let line = line.into_iter().collect::<Result<String>>()?;
            text.push_str(&format!("data_sources {id}{line}{account}\n"));
        }
        for table in tables::ALL {
            self.dump_table(table, &mut text).await?;
        }
        Ok(text)
    }

    pub(crate) async fn dump_table(&self, table: &Table, text: &mut String) -> Result<()> {
        let columns: Vec<_> = table.columns.iter().filter(|column| column.rule != Rule::ReadTime).collect();
        let selected: Vec<String> = columns.iter().map(|column| readable(column.name, column.kind)).collect();
        let sql = format!("SELECT source_id, {} FROM {}", selected.join(", "), table.name);
        let mut lines = Vec::new();
        for row in self.fetch(&sql, []).await? {
            let mut line = format!("{} {}", table.name, row.integer("source_id")?);
            // What we made of a reply is a finding.
            let is_sorted_here = *table == EMAIL_ACTIVITIES
                && row.maybe_text("classified_by")?.is_some_and(|by| by.contains(':'));
            for column in columns.iter().filter(|column| !is_sorted_here || !SORTED.contains(&column.name)) {
                if let Some(value) = value(&row, column.name, column.kind)? {
                    line.push_str(&format!(" {}={value}", column.name));
                }
            }
            lines.push(line);
        }
        // Sorted here: the two databases do not sort text alike.
        lines.sort_unstable();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        Ok(())
    }
}

fn value(row: &DbRow, name: &str, kind: Kind) -> Result<Option<String>> {
    Ok(match kind {
        Kind::Text => row.maybe_text(name)?.map(|text| format!("{text:?}")),
        Kind::Date => row.maybe_text(name)?,
        Kind::Integer => row.maybe_integer(name)?.map(|number| number.to_string()),
        Kind::Real => row.maybe_real(name)?.map(|number| number.to_string()),
        Kind::Boolean => row.maybe_boolean(name)?.map(|flag| flag.to_string()),
        Kind::Timestamp => row.maybe_time(name)?.map(utc_text),
        Kind::Json => row.maybe_text(name)?.map(|text| {
            // Parsed and printed again, so that blanks and the order of keys do not matter.
            serde_json::from_str::<Value>(&text).map_or(text, |value| value.to_string())
        }),
    })
}
