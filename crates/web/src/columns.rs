//! Columns of Parquet with their own types: days are days and instants are instants.

use std::io::Write;
use std::sync::Arc;

use atlas_model::Kind;
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::Type;
use serde_json::Value;

use crate::table::text;

/// From here Parquet counts days.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// What a file of these columns, each of one kind, looks like.
pub fn parquet_schema<'a>(name: &str, columns: impl Iterator<Item = (&'a str, Kind)>) -> Result<Arc<Type>> {
    let fields = columns.map(|(column, kind)| {
        let (physical, logical) = match kind {
            Kind::Integer => (Physical::INT64, None),
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Boolean => (Physical::BOOLEAN, None),
            Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
            Kind::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        };
        let field = Type::primitive_type_builder(column, physical).with_logical_type(logical);
        Ok(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?))
    });
    Ok(Arc::new(Type::group_type_builder(name).with_fields(fields.collect::<Result<_>>()?).build()?))
}

/// Writes the next column; what is not of its kind is unknown.
pub fn write_column<'a, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    kind: Kind,
    values: impl Iterator<Item = &'a Value>,
) -> Result<()> {
    match kind {
        Kind::Integer => write::<Int64Type, W>(group, values, Value::as_i64),
        Kind::Real => write::<DoubleType, W>(group, values, Value::as_f64),
        Kind::Boolean => write::<BoolType, W>(group, values, Value::as_bool),
        Kind::Date => write::<Int32Type, W>(group, values, days),
        Kind::Timestamp => write::<Int64Type, W>(group, values, micros),
        Kind::Text | Kind::Json => write::<ByteArrayType, W>(group, values, |value| {
            (!value.is_null()).then(|| ByteArray::from(text(value).into_bytes()))
        }),
    }
}

fn write<'a, T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = &'a Value>,
    read: impl Fn(&Value) -> Option<T::T>,
) -> Result<()> {
    let read: Vec<Option<T::T>> = values.map(read).collect();
    let known: Vec<i16> = read.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = read.into_iter().flatten().collect();
    let gone = || ParquetError::General("a column is missing".to_owned());
    let mut column = group.next_column()?.ok_or_else(gone)?;
    column.typed::<T>().write_batch(&values, Some(&known), None)?;
    column.close()
}

/// A day as Parquet counts it.
pub(crate) fn days(value: &Value) -> Option<i32> {
    let day: Date = value.as_str()?.parse().ok()?;
    Some((day - EPOCH).get_days())
}

/// An instant as Parquet counts it.
pub(crate) fn micros(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}
