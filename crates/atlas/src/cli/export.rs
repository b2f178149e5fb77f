//! What may be typed about exports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  atlas export report_days --format parquet --out days.parquet
  atlas export campaigns > campaigns.csv
  atlas export report_replies --format jsonl | jq .subject")]
pub(crate) struct ExportArgs {
    /// A view (report_days, or days) or a table (campaigns); a wrong name shows all
    #[arg(value_name = "TABLE|REPORT")]
    pub(crate) what: String,
    /// What is written
    #[arg(long, default_value = "csv")]
    pub(crate) format: ExportFormat,
    /// The file, which is replaced when all is written; standard output without it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// With a heading; text that a spreadsheet would run has an apostrophe before it
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Typed columns, compressed
    Parquet,
}
