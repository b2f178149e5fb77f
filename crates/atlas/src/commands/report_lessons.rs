//! `atlas report variants`, `patterns`, `replies` and `alerts`: what was learned.

use atlas_store::{AlertLine, AlertsWanted, Filter, GroupBy, IntentLine, PatternsWanted};
use serde::Serialize;
use serde_json::{Map, Value};

use super::report_output::{print_csv, to_values};
use crate::cli::Format;
use crate::exit::Failure;
use crate::printer::{UNKNOWN, ago, count, rate};
use crate::workspace::Workspace;

type Line = Map<String, Value>;

pub(super) async fn variants(
    filter: &Filter,
    format: Format,
    limit: usize,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let mut lines = objects(&workspace.store.report_variants(filter).await?);
    lines.truncate(limit);
    if format != Format::Table {
        return print_all(lines, format, workspace);
    }
    let row = |line: &Line| {
        vec![
            text(line, "campaign_name"),
            count(line["step_number"].as_i64()),
            text(line, "variant_label"),
            text(line, "subject_line").chars().take(40).collect(),
            count(line["delivered"].as_i64()),
            count(line["replied"].as_i64()),
            with_interval(line, "reply_rate"),
            rate(line["reply_rate_shrunken"].as_f64()),
            text(line, "decay_status"),
            half_life(line),
        ]
    };
    let headings = [
        "Campaign",
        "Step",
        "Variant",
        "Subject",
        "Delivered",
        "Replied",
        "Reply rate (95 %)",
        "Ranked by",
        "Over time",
        "Halves in",
    ];
    let rows = lines.iter().map(row).collect();
    workspace.printer.list(
        &headings,
        &[1, 4, 5, 6, 7, 9],
        rows,
        "no template is known yet; a sync brings them",
    );
    workspace.printer.note(
        "Counted from single events: a template without any is unknown. Intervals say how sure a rate is on its sample; \
         ranked by is the rate drawn towards that of the account by as much as its sample is small.",
    );
    Ok(())
}

pub(super) async fn patterns(
    filter: &Filter,
    format: Format,
    limit: usize,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let lines = workspace.store.report_patterns(filter, &PatternsWanted::default()).await?;
    let mut lines = objects(&lines);
    if format != Format::Table {
        lines.truncate(limit);
        return print_all(lines, format, workspace);
    }
    let all = lines.len();
    lines.retain(|line| line["verdict"] != "not_conclusive" || line["positive_verdict"] != "not_conclusive");
    let conclusive = lines.len();
    lines.truncate(limit);
    let row = |line: &Line| {
        vec![
            text(line, "scope"),
            text(line, "feature"),
            text(line, "level"),
            text(line, "verdict"),
            lift(line, "lift"),
            ratio(line, "odds_ratio"),
            count(line["delivered_with"].as_i64()),
            count(line["delivered_without"].as_i64()),
            text(line, "positive_verdict"),
            lift(line, "positive_lift"),
        ]
    };
    let headings = [
        "Where",
        "Feature",
        "Is",
        "Replies",
        "Lift",
        "Odds ratio (95 %)",
        "Mails with",
        "Without",
        "Positive",
        "Lift",
    ];
    let rows = lines.iter().map(row).collect();
    workspace.printer.list(
        &headings,
        &[4, 5, 6, 7, 9],
        rows,
        "nothing is sure yet; more mails may make it so",
    );
    workspace.printer.note(format!(
        "{conclusive} of {all} comparisons are conclusive; --format csv shows all. Mails are compared within the same \
         campaign and step. What goes with replies need not be why they come."
    ));
    Ok(())
}

fn objects<T: Serialize>(lines: &[T]) -> Vec<Line> {
    to_values(lines).into_iter().filter_map(|line| line.as_object().cloned()).collect()
}

fn print_all(lines: Vec<Line>, format: Format, workspace: &Workspace) -> Result<(), Failure> {
    let values: Vec<Value> = lines.into_iter().map(Value::Object).collect();
    print_values(&values, format, workspace)
}

fn print_values(values: &[Value], format: Format, workspace: &Workspace) -> Result<(), Failure> {
    if format == Format::Csv {
        return print_csv(values, workspace);
    }
    workspace.printer.json(&values);
    Ok(())
}

fn text(line: &Line, field: &str) -> String {
    line[field].as_str().unwrap_or(UNKNOWN).replace('_', " ")
}

fn with_interval(line: &Line, field: &str) -> String {
    let part = |name: String| line[&name].as_f64();
    match (part(format!("{field}_low")), part(format!("{field}_high"))) {
        (Some(low), Some(high)) => {
            format!("{} ({:.1}\u{2013}{:.1})", rate(line[field].as_f64()), low * 100.0, high * 100.0)
        }
        _ => UNKNOWN.to_owned(),
    }
}

fn half_life(line: &Line) -> String {
    match (line["drop_week"].as_i64(), line["half_life_weeks"].as_f64()) {
        (Some(week), _) => format!("fell in week {}", week + 1),
        (None, Some(weeks)) => {
            let end =
                |field: &str| line[field].as_f64().map_or("\u{221e}".to_owned(), |end| format!("{end:.1}"));
            format!("{weeks:.1} weeks ({}\u{2013}{})", end("half_life_low"), end("half_life_high"))
        }
        (None, None) => UNKNOWN.to_owned(),
    }
}

fn lift(line: &Line, field: &str) -> String {
    line[field].as_f64().map_or_else(|| UNKNOWN.to_owned(), |lift| format!("{lift:.2}"))
}

fn ratio(line: &Line, field: &str) -> String {
    let part = |name: String| line[&name].as_f64();
    match (line[field].as_f64(), part(format!("{field}_low")), part(format!("{field}_high"))) {
        (Some(ratio), Some(low), Some(high)) => format!("{ratio:.2} ({low:.2}\u{2013}{high:.2})"),
        _ => UNKNOWN.to_owned(),
    }
}

/// Replies by what they want.
pub(super) async fn replies(filter: &Filter, format: Format, workspace: &Workspace) -> Result<(), Failure> {
    let lines = workspace.store.report_intents(filter, GroupBy::None).await?;
    if format != Format::Table {
        return print_values(&to_values(&lines), format, workspace);
    }
    let row = |line: &IntentLine| {
        let name = line.reply_category.as_deref().unwrap_or(UNKNOWN).replace('_', " ");
        vec![name, count(Some(line.replies)), count(Some(line.told)), count(Some(line.needs_review))]
    };
    let headings = ["What they want", "Replies", "Told by service or person", "To be looked at"];
    workspace.printer.list(&headings, &[1, 2, 3], lines.iter().map(row).collect(), "no reply is known yet");
    workspace.printer.note("A reply without a text, and without a category of the service's, is unknown.");
    Ok(())
}

/// What stands, and what was resolved.
pub(super) async fn alerts(
    filter: &Filter,
    format: Format,
    limit: usize,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let mut lines = workspace.store.report_alerts(filter, &AlertsWanted::default()).await?;
    lines.truncate(limit);
    if format != Format::Table {
        return print_values(&to_values(&lines), format, workspace);
    }
    let now = workspace.clock.now();
    let (standing, resolved): (Vec<&AlertLine>, Vec<&AlertLine>) =
        lines.iter().partition(|line| line.resolved_at.is_none());
    let row = |line: &&AlertLine| {
        vec![
            line.alert_id.to_string(),
            line.level.clone(),
            format!("{} {} ({})", line.scope, line.subject_name, line.source_name),
            line.kind.replace('_', " "),
            evidence(&line.evidence),
            ago(line.opened_at, now),
            line.trend.clone(),
            line.acknowledged_by.clone().unwrap_or_default(),
            line.advice.clone(),
        ]
    };
    let headings = ["No.", "Level", "Where", "What", "Evidence", "Since", "Trend", "Noted by", "What to do"];
    workspace.printer.list(&headings, &[0], standing.iter().map(row).collect(), "no alert stands");
    workspace.printer.note(format!(
        "{} stand, {} were resolved. Which mailbox sent a mail is told by webhook alone; without, mailboxes show too few.",
        standing.len(),
        resolved.len(),
    ));
    Ok(())
}

/// Numbers with their names.
fn evidence(evidence: &Value) -> String {
    let part = |(name, value): (&String, &Value)| match value.as_f64().filter(|_| value.is_f64()) {
        Some(number) => format!("{} {number:.3}", name.replace('_', " ")),
        None => format!(
            "{} {}",
            name.replace('_', " "),
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        ),
    };
    evidence.as_object().into_iter().flatten().map(part).collect::<Vec<_>>().join(", ")
}
