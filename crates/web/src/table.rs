//! Lines of a report as a table that other programs open: CSV and Parquet.

use std::io::Write;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::Value;

/// A spreadsheet takes a text that begins with one of these for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Lines with the same columns, in the order in which the lines name them.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<String>,
    rows: Vec<IndexMap<String, Value>>,
    known: IndexMap<String, Kind>,
}

/// What all values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Real,
    Boolean,
    Text,
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

    /// As Parquet; times are text, as in JSON.
    pub(crate) fn parquet(&self) -> parquet::errors::Result<Vec<u8>> {
        let kinds: Vec<Kind> = self.columns.iter().map(|column| self.kind(column)).collect();
        let fields = self.columns.iter().zip(&kinds).map(|(column, kind)| {
            let (physical, logical) = match kind {
                Kind::Integer => (Physical::INT64, None),
                Kind::Real => (Physical::DOUBLE, None),
                Kind::Boolean => (Physical::BOOLEAN, None),
                Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let field = Type::primitive_type_builder(column, physical).with_logical_type(logical);
            Ok(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?))
        });
        let fields = fields.collect::<parquet::errors::Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("lines").with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        let mut writer =
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
        let mut group = writer.next_row_group()?;
        for (column, kind) in self.columns.iter().zip(kinds) {
            let values = self.rows.iter().map(|row| row.get(column).unwrap_or(&Value::Null));
            match kind {
                Kind::Integer => write_column::<Int64Type, _>(&mut group, values, Value::as_i64)?,
                Kind::Real => write_column::<DoubleType, _>(&mut group, values, Value::as_f64)?,
                Kind::Boolean => write_column::<BoolType, _>(&mut group, values, Value::as_bool)?,
                Kind::Text => write_column::<ByteArrayType, _>(&mut group, values, |value| {
                    (!value.is_null()).then(|| ByteArray::from(text(value).into_bytes()))
                })?,
            }
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
            Kind::Text => true,
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

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as a cell of CSV: unknown is empty; text that a spreadsheet would run is defused, unless it is a number.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(FORMULA) && text.parse::<f64>().is_err() => {
            format!("'{text}")
        }
        value => text(value),
    }
}

/// Writes a column of Parquet; what `read` cannot read is unknown.
pub fn write_column<'a, T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = &'a Value>,
    read: impl Fn(&Value) -> Option<T::T>,
) -> parquet::errors::Result<()> {
    let read: Vec<Option<T::T>> = values.map(read).collect();
    let known: Vec<i16> = read.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = read.into_iter().flatten().collect();
    let gone = || ParquetError::General("a column is missing".to_owned());
    let mut column = group.next_column()?.ok_or_else(gone)?;
    column.typed::<T>().write_batch(&values, Some(&known), None)?;
    column.close()
}
