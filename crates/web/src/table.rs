//! Lines of a report as a table that other programs open: CSV and Parquet.

use std::sync::Arc;

use atlas_model::Kind;
use indexmap::{IndexMap, IndexSet};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde_json::Value;

use crate::columns::{days, micros, parquet_schema, write_column};

/// A spreadsheet takes a text that begins with one of these for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Behind these a cell ends, too, for one that is told or used to part lines by semicolon or tab: quotes then hold nothing
/// together.
const ENDS: [char; 4] = [';', '\t', '\n', '\r'];

/// Lines with the same columns, in the order in which the lines name them.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<String>,
    rows: Vec<IndexMap<String, Value>>,
    known: IndexMap<String, Kind>,
}

impl Table {
    pub(crate) fn from_rows(rows: Vec<IndexMap<String, Value>>) -> Self {
        Self::with_known(rows, IndexMap::new())
    }

    /// The same where it is known what its lines can have: without a line these are its columns, and a column in which
    /// nothing is known is of its own kind.
    pub(crate) fn with_known(rows: Vec<IndexMap<String, Value>>, known: IndexMap<String, Kind>) -> Self {
        let columns: IndexSet<&String> = match rows.is_empty() {
            true => known.keys().collect(),
            false => rows.iter().flat_map(IndexMap::keys).collect(),
        };
        Self { columns: columns.into_iter().cloned().collect(), rows, known }
    }

    /// As CSV; unknown values are empty, and text that a spreadsheet would run is defused.
    pub(crate) fn csv(&self) -> csv::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !self.columns.is_empty() {
            writer.write_record(&self.columns)?;
        }
        for row in &self.rows {
            writer.write_record(
                self.columns.iter().map(|column| row.get(column).map_or_else(String::new, cell)),
            )?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }

    /// As Parquet, each column of its kind.
    pub(crate) fn parquet(&self) -> parquet::errors::Result<Vec<u8>> {
        let kinds: Vec<Kind> = self.columns.iter().map(|column| self.kind(column)).collect();
        let names = self.columns.iter().map(String::as_str);
        let schema = parquet_schema("lines", names.zip(kinds.iter().copied()))?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
        let mut group = writer.next_row_group()?;
        for (column, kind) in self.columns.iter().zip(kinds) {
            let values = self.rows.iter().map(|row| row.get(column).unwrap_or(&Value::Null));
            write_column(&mut group, kind, values)?;
        }
        group.close()?;
        writer.into_inner()
    }

    fn kind(&self, column: &str) -> Kind {
        let values = || self.rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null());
        let fits = |kind: &Kind| match kind {
            Kind::Integer => values().all(Value::is_i64),
            Kind::Real => values().all(Value::is_number),
            Kind::Boolean => values().all(Value::is_boolean),
            Kind::Date => values().all(|value| days(value).is_some()),
            Kind::Timestamp => values().all(|value| micros(value).is_some()),
            Kind::Text | Kind::Json => true,
        };
        if let Some(kind) = self.known.get(column).copied().filter(fits) {
            return kind;
        }
        let all = |is: fn(&Value) -> bool| values().next().is_some() && values().all(is);
        if all(Value::is_i64) {
            Kind::Integer
        } else if all(Value::is_number) {
            Kind::Real
        } else if all(Value::is_boolean) {
            Kind::Boolean
        } else {
            Kind::Text
        }
    }
}

/// Lines, JSON objects, as CSV in the way of the API.
pub fn csv(lines: &[Value]) -> csv::Result<Vec<u8>> {
    let row = |line: &Value| line.as_object().cloned().unwrap_or_default().into_iter().collect();
    Table::from_rows(lines.iter().map(row).collect()).csv()
}

/// A value as it is read.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as a cell of CSV: unknown is empty; text that a spreadsheet would run is defused, unless it is a number.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.parse::<f64>().is_err() => defused(text),
        value => text(value),
    }
}

fn defused(text: &str) -> String {
    let mut defused = String::with_capacity(text.len() + 1);
    let mut is_first = true;
    for letter in text.chars() {
        if is_first && FORMULA.contains(&letter) {
            defused.push('\'');
        }
        is_first = ENDS.contains(&letter) || is_first && letter == '"';
        defused.push(letter);
    }
    defused
}
