//! `atlas report campaign`: one campaign with everything that is stored of it.

use atlas_store::{CampaignDetail, CampaignLine, Day, Filter, LeadStates};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use super::report_output::{CAMPAIGNS, in_json, note_origin, print_csv};
use crate::cli::Format;
use crate::exit::Failure;
use crate::figures;
use crate::printer::{Printer, UNKNOWN, count};
use crate::workspace::Workspace;

/// So many days are drawn.
const DRAWN: i64 = 60;
/// So many campaigns are named when a name fits several.
const CANDIDATES: usize = 12;
/// From nothing to the most.
const BARS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];

pub(super) async fn run(
    id: &str,
    filter: &Filter,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let lines = workspace.store.report_campaigns(filter).await?;
    let line = find(id, &lines)?;
    let detail = workspace.store.campaign_detail(line, filter.period).await?;
    let document = json!({
        "period": filter.period.map(in_json), "campaign": line, "lead_states": detail.lead_states,
        "steps": detail.steps, "days": detail.days, "problems": detail.problems,
    });
    match format {
        Format::Json => workspace.printer.json(&document),
        Format::Csv => print_csv(&flat(&document), workspace)?,
        Format::Table => print(line, &detail, opens, workspace.printer),
    }
    let read = line.last_synced_at.map(|at| (at, at));
    note_origin(filter, format, read, line.coverage.as_ref(), workspace);
    Ok(())
}

/// The campaign with that id, else the one whose name that is, else the only one with that in its name.
pub(super) fn find<'a>(id: &str, lines: &'a [CampaignLine]) -> Result<&'a CampaignLine, Failure> {
    let wanted = id.to_lowercase();
    let name = |line: &CampaignLine| line.campaign_name.as_deref().unwrap_or_default().to_lowercase();
    let fitting = |fits: &dyn Fn(&CampaignLine) -> bool| -> Vec<&'a CampaignLine> {
        lines.iter().filter(|line| fits(line)).collect()
    };
    let mut found = fitting(&|line| line.campaign_id == id);
    if found.is_empty() {
        found = fitting(&|line| name(line) == wanted);
    }
    if found.is_empty() && !wanted.is_empty() {
        found = fitting(&|line| name(line).contains(&wanted));
    }
    match found[..] {
        [line] => Ok(line),
        [] => Err(Failure::usage(format!("there is no campaign '{id}'"))
            .hint("the names there are: atlas report campaigns")),
        _ => {
            let mut hint: Vec<String> = found.iter().take(CANDIDATES).map(|line| candidate(line)).collect();
            if found.len() > CANDIDATES {
                hint.push(format!("\u{2026} and {} more", found.len() - CANDIDATES));
            }
            Err(Failure::usage(format!(
                "'{id}' fits {} campaigns; say which by its id, or --source",
                found.len()
            ))
            .hint(hint.join("\n")))
        }
    }
}

fn candidate(line: &CampaignLine) -> String {
    let name = line.campaign_name.as_deref().unwrap_or(UNKNOWN);
    let client = line.client_name.as_deref().unwrap_or(UNKNOWN);
    format!("{}  {name}  (client {client}, source {})", line.campaign_id, line.source_name)
}

fn print(line: &CampaignLine, detail: &CampaignDetail, opens: bool, printer: Printer) {
    printer.line(format!(
        "{}\n  id {}, source {}, {}{}",
        line.campaign_name.as_deref().unwrap_or(UNKNOWN),
        line.campaign_id,
        line.source_name,
        line.started_at
            .map_or_else(|| "start unknown".to_owned(), |at| at.strftime("since %Y-%m-%d").to_string()),
        line.parent_campaign_id.as_ref().map(|id| format!(", sub-sequence of {id}")).unwrap_or_default(),
    ));
    printer.line("");
    figures::print(&[to_value(line)], &CAMPAIGNS, opens, printer);
    match &detail.lead_states {
        Some(states) => print_leads(states, printer),
        None => printer.line("\nLeads: no snapshot yet"),
    }
    print_days(&detail.days, printer);
    print_steps(detail, printer);
    if !detail.problems.is_empty() {
        printer.line("\nProblems");
        for problem in &detail.problems {
            let path = if problem.path.is_empty() { String::new() } else { format!(" {}", problem.path) };
            printer.line(format!("  {}{path}: {}", problem.endpoint, problem.message));
        }
    }
}

fn print_leads(states: &LeadStates, printer: Printer) {
    printer.line(format!("\nLeads on {}", states.date));
    let rows = [
        ("not started", states.not_started),
        ("in progress", states.in_progress),
        ("completed", states.completed),
        ("blocked", states.blocked),
        ("paused", states.paused),
        ("stopped", states.stopped),
        ("unsubscribed", states.unsubscribed),
        ("all", states.total_leads),
    ];
    let known = rows.iter().filter(|(_, leads)| leads.is_some());
    printer.table(
        &["State", "Leads"],
        &[1],
        known.map(|(state, leads)| vec![(*state).to_owned(), count(*leads)]).collect(),
    );
}

fn print_steps(detail: &CampaignDetail, printer: Printer) {
    if detail.steps.is_empty() {
        return printer.line("\nTemplates: none known");
    }
    printer.line("\nTemplates");
    for step in &detail.steps {
        let number = step.step_number.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string());
        let delay = step.delay_days.filter(|days| *days > 0.0).map(|days| format!(", {days} days later"));
        printer.line(format!(
            "  {number}{}{}{}  {}",
            step.variant_label.as_deref().unwrap_or_default(),
            delay.unwrap_or_default(),
            if step.is_deleted { ", gone at the service" } else { "" },
            step.subject_line
                .as_deref()
                .filter(|text| !text.is_empty())
                .unwrap_or("(no subject: a reply in the thread)"),
        ));
        if let Some(preview) = &step.body_preview {
            printer.line(format!("     {}", preview.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
}

/// A bar a day, for e-mails and for replies; a day that is not stored is a dot.
fn print_days(days: &[Day], printer: Printer) {
    let date = |day: &Day| day.date.parse::<Date>().ok();
    let (Some(first), Some(last)) = (days.first().and_then(date), days.last().and_then(date)) else {
        return printer.line("\nDays: none stored");
    };
    let first = first.max(last.saturating_sub((DRAWN - 1).days()));
    let all: Vec<Date> = first.series(1.day()).take_while(|day| *day <= last).collect();
    printer.line(format!("\nDays {first} to {last}"));
    let draw = |title: &str, of: fn(&Day) -> Option<i64>| {
        let values: Vec<Option<i64>> = all
            .iter()
            .map(|wanted| days.iter().find(|day| date(day) == Some(*wanted)).and_then(of))
            .collect();
        let most = values.iter().flatten().copied().max().unwrap_or(0);
        let bars: String =
            values.iter().map(|value| value.map_or('\u{b7}', |value| bar(value, most))).collect();
        printer.line(format!("  {title:<8} {bars}  most on a day: {}", count(Some(most))));
    };
    draw("Sent", |day| day.emails_sent);
    draw("Replied", |day| day.emails_replied);
    let estimated = days.iter().filter(|day| day.is_estimated).count();
    if estimated > 0 {
        printer.line(format!("  ~ {estimated} of the days are estimated"));
    }
}

fn bar(value: i64, most: i64) -> char {
    if value <= 0 || most <= 0 {
        return BARS[0];
    }
    // Anything above nothing is seen.
    let place = (value * 7 + most - 1) / most;
    usize::try_from(place).ok().and_then(|place| BARS.get(place)).copied().unwrap_or(BARS[7])
}

/// A document as rows of (section, item, field, value): the parts of a campaign have no columns in common.
fn flat(document: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut add = |section: &str, item: usize, fields: &Value| {
        for (field, value) in fields.as_object().into_iter().flatten() {
            rows.push(json!({"section": section, "item": item, "field": field, "value": value}));
        }
    };
    for (section, part) in document.as_object().into_iter().flatten() {
        match part {
            Value::Array(items) => {
                items.iter().zip(1..).for_each(|(fields, item)| add(section, item, fields))
            }
            fields => add(section, 1, fields),
        }
    }
    rows
}

fn to_value(line: &impl Serialize) -> Value {
    serde_json::to_value(line).unwrap_or_default()
}
