//! `atlas export`: tables and views as files for other programs, row by row, so that memory does not grow with them.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_store::{ExportColumn, exportable};
use atlas_web::{cell, parquet_schema, write_column};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use serde_json::Value;

use crate::cli::{ExportArgs, ExportFormat};
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::workspace::Workspace;

/// Rows of Parquet in memory at a time.
const GROUP_ROWS: usize = 10_000;

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
            let kinds = columns.iter().map(|column| (column.name.as_str(), column.kind));
            let schema = parquet_schema(name, kinds)?;
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

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    columns: &[ExportColumn],
    rows: &[Vec<Value>],
) -> ParquetResult<()> {
    let mut group = writer.next_row_group()?;
    for (place, column) in columns.iter().enumerate() {
        write_column(&mut group, column.kind, rows.iter().filter_map(|row| row.get(place)))?;
    }
    group.close().map(drop)
}
