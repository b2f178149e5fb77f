//! Where words go: data to standard output, everything else to standard error.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use atlas_model::grouped;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::settings::is_plain_wanted;

/// What stands where a figure is unknown.
pub(crate) const UNKNOWN: &str = "–";

/// The terminal, or what stands in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    is_fancy: bool,
    is_table_fancy: bool,
}

impl Printer {
    pub(crate) fn new() -> Self {
        let is_plain = is_plain_wanted();
        Self {
            is_fancy: !is_plain && std::io::stderr().is_terminal(),
            is_table_fancy: std::io::stdout().is_terminal(),
        }
    }

    /// Whether standard error is a terminal that may have colour and bars.
    pub(crate) const fn is_fancy(self) -> bool {
        self.is_fancy
    }

    /// A line of data.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        out(text.as_ref());
    }

    /// One JSON document.
    pub(crate) fn json(self, value: &impl Serialize) {
        out(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// A line beside the data.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        // Whoever listened may be gone, which is no reason for a server to end.
        let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
    }

    /// A question; the answer is typed behind it.
    #[expect(clippy::print_stderr, reason = "the printer prints")]
    pub(crate) fn ask(self, question: impl AsRef<str>) {
        eprint!("{} ", question.as_ref());
    }

    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        self.explain(failure);
        failure.exit.into()
    }

    /// What went wrong and what to do.
    pub(crate) fn explain(self, failure: &Failure) {
        self.note(format!("error: {}", failure.message));
        for line in failure.hint.lines().filter(|line| !line.is_empty()) {
            self.note(format!("hint: {line}"));
        }
    }

    /// How wide a table may be: the terminal, or no limit in a pipe.
    pub(crate) fn width(self) -> Option<usize> {
        if self.is_table_fancy { Table::new().width().map(usize::from) } else { None }
    }

    /// A table, or where there is nothing to list, beside the data, why and what to do.
    pub(crate) fn list(self, headings: &[&str], right: &[usize], rows: Vec<Vec<String>>, none: &str) {
        match rows.is_empty() {
            true => self.note(none),
            false => self.table(headings, right, rows),
        }
    }

    /// A table: with rules on a terminal, plain columns in a pipe. Columns named in `right` are figures.
    pub(crate) fn table(self, headings: &[&str], right: &[usize], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        if self.is_table_fancy {
            table
                .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
                .set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        }
        table.set_header(headings.iter().copied());
        for row in rows {
            table.add_row(row);
        }
        for place in right {
            if let Some(column) = table.column_mut(*place) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        out(&table.trim_fmt());
    }
}

/// A closed pipe is no error: whoever reads has had enough.
fn out(text: &str) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{text}") {
        let exit = if error.kind() == ErrorKind::BrokenPipe { Exit::Done } else { Exit::Error };
        std::process::exit(exit as i32);
    }
}

/// A whole number with its thousands parted.
pub(crate) fn count(number: Option<i64>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), grouped)
}

/// A rate as per cent.
pub(crate) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

/// How long ago, as a person says it. Clocks of two machines may differ by minutes.
pub(crate) fn ago(instant: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(instant).as_secs();
    match seconds {
        ..-300 => instant.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        -300..60 => "just now".to_owned(),
        _ => format!("{} ago", span(SignedDuration::from_secs(seconds))),
    }
}

/// How long, as a person says it.
pub(crate) fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        ..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", (seconds + 30) / 60),
        5400..432_000 => format!("{} h", (seconds + 1800) / 3600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}
