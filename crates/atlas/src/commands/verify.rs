//! `atlas mapping verify`: what the services really answered, held against the mapping. Safe to paste in public: paths
//! and counts, no name, no value.

use atlas_model::Platform;
use atlas_store::Source;
use atlas_vendor::{Endpoint, Findings, Held, Need, service, verify};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::SelectionArgs;
use crate::exit::{Exit, Failure};
use crate::printer::{Printer, count};
use crate::workspace::{Workspace, no_source_hint};

/// How many answers of an endpoint are looked at: enough to see what is rare, few enough to be quick.
const MOST_ANSWERS: usize = 200;

/// An endpoint of a source.
struct Checked {
    endpoint: &'static Endpoint,
    answers: usize,
    findings: Findings,
    /// Where the service said that it has no such thing: when it is asked again.
    absent_until: Option<Timestamp>,
}

pub(crate) async fn run(args: &SelectionArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let is_json = args.json;
    let sources = workspace.selected(&args.selection).await?;
    let mut documents = Vec::new();
    for source in &sources {
        let checked = check(source, workspace).await?;
        if is_json {
            documents.push(to_json(source.id, source.platform, &checked));
        } else {
            // The source's name may be a client's, so its number stands for it.
            workspace.printer.line(format!("Source {}, {}", source.id, source.platform.title()));
            checked.iter().for_each(|checked| print(checked, workspace.printer));
        }
    }
    if is_json {
        workspace.printer.json(&documents);
    } else if sources.is_empty() {
        workspace.printer.note(format!("no source yet; {}", no_source_hint()));
    }
    Ok(Exit::Done)
}

async fn check(source: &Source, workspace: &Workspace) -> Result<Vec<Checked>, Failure> {
    let service = service(source.platform);
    let memory = workspace.store.memory(source.id).await?;
    let mut checked = Vec::new();
    for endpoint in service.endpoints.iter().copied() {
        let answers = workspace.store.latest_answers(source.id, endpoint.name, MOST_ANSWERS).await?;
        let bodies: Vec<Value> =
            answers.iter().filter_map(|answer| serde_json::from_slice(answer).ok()).collect();
        let findings = verify(endpoint, &bodies);
        let absent_until = memory.absent.get(endpoint.name).map(|absence| absence.ask_again_at);
        checked.push(Checked { endpoint, answers: answers.len(), findings, absent_until });
    }
    Ok(checked)
}

fn print(checked: &Checked, printer: Printer) {
    let Checked { endpoint, answers, findings, absent_until } = checked;
    printer.line("");
    // What the service said of it may hold a name, so it stays in `atlas status`.
    let absent = absent_until.map(|again| {
        format!("asked, and the service has none of it; asked again from {}", again.strftime("%Y-%m-%d"))
    });
    if *answers == 0 {
        let why = absent.unwrap_or_else(|| "never asked, so nothing is known".to_owned());
        printer.line(format!("{}: {why}", endpoint.short_title()));
        return;
    }
    let number = |number: usize| count(i64::try_from(number).ok());
    printer.line(format!(
        "{}: {} answer{}, {} record{}",
        endpoint.short_title(),
        number(*answers),
        if *answers == 1 { "" } else { "s" },
        number(findings.records),
        if findings.records == 1 { "" } else { "s" },
    ));
    if let Some(absent) = absent {
        printer.line(format!("  Since then {absent}"));
    }
    let mut rows = Vec::new();
    for held in &findings.fields {
        let to = if held.field.to.is_empty() { "(not used)" } else { held.field.to };
        for seen in held.paths.iter().filter(|seen| seen.records > 0) {
            let blank = if seen.blank == 0 { String::new() } else { number(seen.blank) };
            rows.push(vec![seen.path.to_owned(), to.to_owned(), number(seen.records), blank]);
        }
    }
    if !rows.is_empty() {
        printer.table(&["Came", "Goes to", "Records", "Empty in"], &[2, 3], rows);
    }
    let missing: Vec<&Held> = findings.fields.iter().filter(|held| held.is_missing()).collect();
    if findings.records > 0 && !missing.is_empty() {
        printer.line("  Mapped, and never came:");
        for held in missing {
            let to = if held.field.to.is_empty() { "(not used)" } else { held.field.to };
            let must = if held.field.need == Need::Optional { "" } else { " (required)" };
            printer.line(format!("    {} → {to}{must}", held.field.from));
        }
    }
    if !findings.unknown.is_empty() {
        printer.line("  Came, and is not mapped:");
        for (path, records) in &findings.unknown {
            printer.line(format!("    {path} in {}", number(*records)));
        }
    }
}

fn to_json(source: i64, platform: Platform, checked: &[Checked]) -> Value {
    let field = |held: &Held| {
        let paths = held.paths.iter();
        let paths =
            paths.map(|seen| json!({"path": seen.path, "records": seen.records, "empty": seen.blank}));
        json!({"from": held.field.from, "column": held.field.to, "required": held.field.need != Need::Optional,
               "came": !held.is_missing(), "paths": paths.collect::<Vec<_>>()})
    };
    let endpoint = |checked: &Checked| {
        let unknown = checked.findings.unknown.iter();
        let unknown = unknown.map(|(path, records)| json!({"path": path, "records": records}));
        json!({"endpoint": checked.endpoint.name, "title": checked.endpoint.title, "path": checked.endpoint.path,
               "answers": checked.answers, "records": checked.findings.records, "absent_until": checked.absent_until,
               "fields": checked.findings.fields.iter().map(field).collect::<Vec<_>>(),
               "unknown": unknown.collect::<Vec<_>>()})
    };
    let endpoints: Vec<Value> = checked.iter().map(endpoint).collect();
    json!({"source": source, "platform": platform, "endpoints": endpoints})
}
