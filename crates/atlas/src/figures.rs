//! A table of figures that fits its window: figures are never cut, words are shortened, the least columns go first.

use atlas_model::{CALL_METRICS, Metric, Unit};
use jiff::SignedDuration;
use serde_json::Value;

use crate::printer::{Printer, UNKNOWN, count, rate, span};

/// Columns of words and of counts as (heading, field); the metrics follow them.
pub(crate) struct Columns<'a> {
    pub(crate) words: &'a [(&'static str, &'static str)],
    pub(crate) counts: &'static [(&'static str, &'static str)],
    /// What is shown, in this order.
    pub(crate) metrics: &'static [&'static [Metric]],
    /// The fields that add up to how many a figure may be known of; without any it is one.
    pub(crate) of: &'static [&'static str],
}

/// What a column of words needs at least to say something.
const LEAST_WIDTH: usize = 12;
/// What the second and later words may take.
const WORD_WIDTH: usize = 20;
/// What a column takes beside its text.
const PADDING: usize = 3;
/// What is left out first where a window is narrow.
const LEAST: [&str; 5] =
    ["total_unsubscribed", "total_delivered", "positive_replies", "total_opened", "total_bounced"];

/// A column of figures, ready to print.
struct Figures {
    name: &'static str,
    title: &'static str,
    heading: String,
    cells: Vec<String>,
}

impl Figures {
    fn width(&self) -> usize {
        widest(self.heading.lines().chain(self.cells.iter().map(String::as_str))) + PADDING
    }
}

/// Prints the lines of a report. What is unknown in all of them, and what does not fit, is named below it.
pub(crate) fn print(lines: &[Value], columns: &Columns<'_>, opens: bool, printer: Printer) {
    let window = printer.width();
    let is_told =
        |metric: &&Metric| lines.is_empty() || lines.iter().any(|line| line.get(metric.name).is_some());
    let metrics = columns.metrics.iter().flat_map(|metrics| metrics.iter());
    let metrics = metrics.filter(|metric| opens || !metric.is_deemphasised).filter(is_told);
    let (known, unknown): (Vec<&Metric>, Vec<&Metric>) =
        metrics.partition(|metric| lines.is_empty() || lines.iter().any(|line| !line[metric.name].is_null()));
    let counts = columns.counts.iter().map(|(title, field)| Figures {
        name: field,
        title,
        heading: (*title).to_owned(),
        cells: lines.iter().map(|line| count(line[*field].as_i64())).collect(),
    });
    let mut figures: Vec<Figures> =
        counts.chain(known.iter().map(|metric| of(metric, columns, lines, window))).collect();
    let mut left_out = Vec::new();
    for name in LEAST {
        let needed = columns.words.len() * LEAST_WIDTH + figures.iter().map(Figures::width).sum::<usize>();
        if window.is_none_or(|window| needed <= window) {
            break;
        }
        if let Some(place) = figures.iter().position(|figures| figures.name == name) {
            left_out.push(figures.remove(place).title);
        }
    }
    let words = words(
        lines,
        columns,
        window.map(|window| window.saturating_sub(figures.iter().map(Figures::width).sum())),
    );
    let headings: Vec<&str> = columns
        .words
        .iter()
        .map(|(heading, _)| *heading)
        .chain(figures.iter().map(|figures| figures.heading.as_str()))
        .collect();
    let right: Vec<usize> = (columns.words.len()..headings.len()).collect();
    let row = |place: usize| {
        let words = words.iter().map(|cells| cells[place].clone());
        words.chain(figures.iter().map(|figures| figures.cells[place].clone())).collect()
    };
    printer.table(&headings, &right, (0..lines.len()).map(row).collect());
    if !unknown.is_empty() {
        let titles: Vec<&str> = unknown.iter().map(|metric| metric.title).collect();
        printer.note(format!("Unknown in every row, so not shown: {}", titles.join(", ")));
    }
    if !left_out.is_empty() {
        printer
            .note(format!("No room for {}; a wider window or --format csv shows all", left_out.join(", ")));
    }
}

fn of(metric: &'static Metric, columns: &Columns<'_>, lines: &[Value], window: Option<usize>) -> Figures {
    let cell = |line: &Value| match metric.unit {
        Unit::Count => format!("{}{}", mark(metric, columns, line), count(line[metric.name].as_i64())),
        Unit::Rate => rate(line[metric.name].as_f64()),
        Unit::Seconds => line[metric.name]
            .as_f64()
            .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
            .map_or_else(
                || UNKNOWN.to_owned(),
                |time| format!("{}{}", mark(metric, columns, line), span(time)),
            ),
    };
    // In a window the words of a heading stand below one another: a column is as wide as its figures.
    let heading = if window.is_some() { metric.title.replace(' ', "\n") } else { metric.title.to_owned() };
    Figures { name: metric.name, title: metric.title, heading, cells: lines.iter().map(cell).collect() }
}

/// What a reader must know of a sum: that it lacks something, that some of it is estimated.
fn mark(metric: &Metric, columns: &Columns<'_>, line: &Value) -> &'static str {
    let Some(known) = line[format!("{}_known", metric.name)].as_i64() else { return "" };
    let is_of_calls = CALL_METRICS.iter().any(|one| one.name == metric.name);
    let of = if is_of_calls { &["dials"][..] } else { columns.of };
    let all = if of.is_empty() { 1 } else { of.iter().filter_map(|field| line[*field].as_i64()).sum() };
    let is_known = !line[metric.name].is_null();
    let is_estimated = line["days_estimated"].as_i64() > Some(0);
    match (is_known && known < all, is_known && is_estimated) {
        (true, true) => "≥ ~ ",
        (true, false) => "≥ ",
        (false, true) => "~ ",
        (false, false) => "",
    }
}

/// The columns of words, shortened to fit the room that the figures leave: the first one takes what the others leave.
fn words(lines: &[Value], columns: &Columns<'_>, room: Option<usize>) -> Vec<Vec<String>> {
    let texts = |field: &str| -> Vec<String> {
        lines.iter().map(|line| line[field].as_str().unwrap_or(UNKNOWN).to_owned()).collect()
    };
    let all: Vec<Vec<String>> = columns.words.iter().map(|(_, field)| texts(field)).collect();
    let Some(room) = room else { return all };
    let mut left = room;
    let mut shortened: Vec<Vec<String>> = Vec::new();
    for (place, cells) in all.iter().enumerate().skip(1) {
        let heading = columns.words[place].0;
        let width = widest(cells.iter().map(String::as_str).chain([heading])).min(WORD_WIDTH).min(room / 3);
        left = left.saturating_sub(width + PADDING);
        shortened.push(cells.iter().map(|text| short(text, width)).collect());
    }
    let first =
        all.first().into_iter().flatten().map(|text| short(text, left.saturating_sub(PADDING).max(8)));
    shortened.insert(0, first.collect());
    shortened
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
