//! What all reports print alike: JSON and CSV of lines, the period, and what to know of where figures come from.

use atlas_model::{METRICS, Period, metric};
use atlas_store::{Coverage, Filter};
use atlas_web::csv;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::exit::Failure;
use crate::figures::Columns;
use crate::printer::{UNKNOWN, ago};
use crate::workspace::Workspace;

/// Before any e-mail.
pub(super) const FIRST_DAY: Date = Date::constant(1970, 1, 1);

pub(super) const CAMPAIGNS: Columns<'_> = Columns {
    words: &[("Campaign", "campaign_name"), ("Client", "client_name"), ("Status", "status")],
    counts: &[],
    metrics: &[METRICS],
    of: &[],
};
pub(super) fn to_values(lines: &[impl Serialize]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::to_value(line).unwrap_or_default()).collect()
}

/// Every field of the lines, unknown ones empty; text that a spreadsheet would run is defused.
pub(super) fn print_csv(values: &[Value], workspace: &Workspace) -> Result<(), Failure> {
    let bytes = csv(values).map_err(|error| Failure::new(format!("the table cannot be written: {error}")))?;
    workspace.printer.line(String::from_utf8_lossy(&bytes).trim_end());
    Ok(())
}

pub(super) fn note_origin(
    filter: &Filter,
    format: Format,
    read: Option<(Timestamp, Timestamp)>,
    coverage: Option<&Coverage>,
    workspace: &Workspace,
) {
    if format != Format::Table {
        return note_period(filter, format, coverage, workspace);
    }
    let now = workspace.clock.now();
    let when = match read {
        None => "never read yet".to_owned(),
        Some((oldest, newest)) if ago(oldest, now) == ago(newest, now) => {
            format!("read {}", ago(newest, now))
        }
        Some((oldest, newest)) => format!("read between {} and {}", ago(oldest, now), ago(newest, now)),
    };
    let rates = metric("reply_rate").map_or("", |metric| metric.formula);
    let figures = match filter.period {
        None => format!("Lifetime figures as the service counts them, {when}"),
        Some(period) => format!("Figures of {}, {when}", in_words(period)),
    };
    workspace.printer.note(format!(
        "{figures}. {UNKNOWN} is unknown. Reply rate = {rates}. Where a column comes from: \
         atlas mapping campaigns.total_replied"
    ));
    note_period(filter, format, coverage, workspace);
}

/// What days cannot tell about a period, whatever the format.
pub(super) fn note_period(
    filter: &Filter,
    format: Format,
    coverage: Option<&Coverage>,
    workspace: &Workspace,
) {
    let (Some(period), Some(coverage)) = (filter.period, coverage) else { return };
    if format == Format::Table && coverage.days_estimated > 0 {
        let (all, estimated) = (coverage.days, coverage.days_estimated);
        let text = format!("~: {estimated} of {all} days are estimated from how lifetime figures moved.");
        workspace.printer.note(text);
    }
    if coverage.campaigns_not_covered == 0 {
        return;
    }
    let from = period.from.to_string();
    let reach = match &coverage.not_covered_before {
        Some(first) if *first > from => {
            format!("the period reaches before the stored days, which begin on {first} at the earliest")
        }
        _ => "their days are not all stored yet".to_owned(),
    };
    workspace.printer.note(format!(
        "\u{2265}: {} campaigns are not known over the whole of {}: {reach}. More days: \
         atlas source set NAME backfill_days=400, then atlas sync --full",
        coverage.campaigns_not_covered,
        in_words(period),
    ));
}

fn in_words(period: Period) -> String {
    if period.from == FIRST_DAY {
        return format!("all days up to {}", period.to);
    }
    format!("{} to {}", period.from, period.to)
}

pub(super) fn in_json(period: Period) -> Value {
    json!({"from": (period.from > FIRST_DAY).then_some(period.from), "to": period.to})
}
