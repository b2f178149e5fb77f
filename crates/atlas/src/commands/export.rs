//! `atlas export`: tables and views as files for other programs, row by row, so that memory does not grow with them.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_model::Kind;
use atlas_store::{ExportColumn, exportable};
use atlas_web::{cell, write_column};
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::Value;

use crate::cli::{ExportArgs, ExportFormat};
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::workspace::Workspace;

/// Rows of Parquet in memory at a time.
const GROUP_ROWS: usize = 10_000;
/// From here Parquet counts days.
const EPOCH: Date = Date::constant(1970, 1, 1);

pub(crate) async fn run(args: &ExportArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let name = resolve(&args.what)?;
    let columns = workspace.store.export_columns(name).await?;
    let Some(path) = &args.out else {
        let out = io::stdout();
        if args.format == ExportFormat::Parquet && out.is_terminal() {
            return Err(
                Failure::usage("Parquet is no text for a terminal").hint("write it to a file: --out FILE")
            );
        }
        let done = write(name, &columns, args.format, BufWriter::new(out), workspace).await;
        return match done {
            // Whoever reads has seen enough.
            Err(Written::Failed(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            Err(failed) => Err(failed.into()),
            Ok(_) => Ok(Exit::Done),
        };
    };
    // A file of that name is whole, or it is not there.
    let part = beside(path);
    let cannot = |error: io::Error| Failure::new(format!("{} cannot be written: {error}", path.display()));
    let file = BufWriter::new(File::create(&part).map_err(cannot)?);
    let written = write(name, &columns, args.format, file, workspace).await;
    let rows = written.inspect_err(|_| drop(fs::remove_file(&part)))?;
    fs::rename(&part, path).map_err(cannot)?;
    let rows = count(i64::try_from(rows).ok());
    workspace.printer.note(format!("{rows} rows of {name} are in {}", path.display()));
    Ok(Exit::Done)
}

/// A name as typed: a table, or a view with or without what all views begin with.
fn resolve(what: &str) -> Result<&'static str, Failure> {
    let all = exportable();
    let known = |name: &str| all.iter().copied().find(|one| *one == name);
    known(what).or_else(|| known(&format!("report_{what}"))).ok_or_else(|| {
        Failure::usage(format!("there is no table or report '{what}' to export"))
            .hint(format!("there are: {}", all.join(", ")))
    })
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Why nothing more is written.
enum Written {
    Store(atlas_store::Error),
    Failed(io::Error),
}

impl From<atlas_store::Error> for Written {
    fn from(error: atlas_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Written {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ParquetError> for Written {
    fn from(error: ParquetError) -> Self {
        Self::Failed(io::Error::other(error))
    }
}

impl From<csv::Error> for Written {
    fn from(error: csv::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Written> for Failure {
    fn from(written: Written) -> Self {
        match written {
            Written::Store(error) => error.into(),
            Written::Failed(error) => error.into(),
        }
    }
}

/// Writes everything; how many rows that were.
async fn write<W: Write + Send>(
    name: &str,
    columns: &[ExportColumn],
    format: ExportFormat,
    mut out: W,
    workspace: &Workspace,
) -> Result<usize, Written> {
    let store = &workspace.store;
    let mut rows = 0;
    match format {
        ExportFormat::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(columns.iter().map(|column| &column.name))?;
            let row = |values: Vec<Value>| {
                rows += 1;
                Ok::<_, Written>(writer.write_record(values.iter().map(cell))?)
            };
            store.export(name, columns, row).await?;
            writer.flush()?;
        }
        ExportFormat::Jsonl => {
            let row = |values: Vec<Value>| {
                rows += 1;
                let fields = columns.iter().map(|column| column.name.clone()).zip(values);
                Ok::<_, Written>(writeln!(out, "{}", Value::Object(fields.collect()))?)
            };
            store.export(name, columns, row).await?;
            out.flush()?;
        }
        ExportFormat::Parquet => {
            let properties =
                WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
            let schema = Arc::new(schema(name, columns)?);
            let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
            let mut group = Vec::new();
            let row = |values: Vec<Value>| {
                rows += 1;
                group.push(values);
                if group.len() == GROUP_ROWS {
                    write_group(&mut writer, columns, &std::mem::take(&mut group))?;
                }
                Ok::<_, Written>(())
            };
            store.export(name, columns, row).await?;
            write_group(&mut writer, columns, &group)?;
            writer.into_inner()?.flush()?;
        }
    }
    Ok(rows)
}

fn schema(name: &str, columns: &[ExportColumn]) -> ParquetResult<Type> {
    let fields = columns.iter().map(|column| {
        let (physical, logical) = match column.kind {
            Kind::Integer => (Physical::INT64, None),
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Boolean => (Physical::BOOLEAN, None),
            Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
            Kind::Timestamp => {
                let instant = LogicalType::timestamp(true, TimeUnit::MICROS);
                (Physical::INT64, Some(instant))
            }
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        };
        let field = Type::primitive_type_builder(&column.name, physical).with_logical_type(logical);
        Ok(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?))
    });
    Type::group_type_builder(name).with_fields(fields.collect::<ParquetResult<_>>()?).build()
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    columns: &[ExportColumn],
    rows: &[Vec<Value>],
) -> ParquetResult<()> {
    let mut group = writer.next_row_group()?;
    for (place, column) in columns.iter().enumerate() {
        let values = rows.iter().filter_map(|row| row.get(place));
        match column.kind {
            Kind::Integer => write_column::<Int64Type, W>(&mut group, values, Value::as_i64)?,
            Kind::Real => write_column::<DoubleType, W>(&mut group, values, Value::as_f64)?,
            Kind::Boolean => write_column::<BoolType, W>(&mut group, values, Value::as_bool)?,
            Kind::Date => write_column::<Int32Type, W>(&mut group, values, days)?,
            Kind::Timestamp => write_column::<Int64Type, W>(&mut group, values, micros)?,
            Kind::Text | Kind::Json => {
                write_column::<ByteArrayType, W>(&mut group, values, |value| {
                    value.as_str().map(ByteArray::from)
                })?;
            }
        }
    }
    group.close().map(drop)
}

fn days(value: &Value) -> Option<i32> {
    let day: Date = value.as_str()?.parse().ok()?;
    Some((day - EPOCH).get_days())
}

fn micros(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}
