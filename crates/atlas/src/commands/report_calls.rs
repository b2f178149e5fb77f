//! `atlas report calls` and `atlas report journey`: what happens on the phone, and how far people come over all services.

use atlas_model::{CALL_METRICS, JOURNEY_METRICS};
use atlas_store::{CallsBy, Filter, PeopleBy, ReportPart};
use serde_json::{Map, Value, json};

use super::report_output::{in_json, print_csv, to_values};
use crate::cli::Format;
use crate::exit::Failure;
use crate::figures::{self, Columns};
use crate::workspace::Workspace;

/// A heading, the field in JSON, and the parts.
type Section = (&'static str, &'static str, Vec<ReportPart>);

pub(super) async fn calls(filter: &Filter, format: Format, workspace: &Workspace) -> Result<(), Failure> {
    let mut sections = Vec::new();
    for (heading, field, by) in [
        ("All", "total", CallsBy::Total),
        ("Client", "by_client", CallsBy::Client),
        ("Caller", "by_caller", CallsBy::Caller),
        ("Hour", "by_hour", CallsBy::Hour),
        ("Disposition", "by_disposition", CallsBy::Disposition),
    ] {
        sections.push((heading, field, workspace.store.report_calls(filter, by).await?));
    }
    const COLUMNS: Columns<'_> =
        Columns { words: &[("", "label")], counts: &[], metrics: &[CALL_METRICS], of: &["dials"] };
    show(&sections, &COLUMNS, filter, format, usize::MAX, workspace)?;
    if format == Format::Table {
        workspace.printer.note(
            "Calls by the account's own days and hours. A call that is told twice is counted once; calls that came in \
             are not counted. A conversation is a connect of 60 seconds or more.",
        );
    }
    Ok(())
}

pub(super) async fn journey(
    filter: &Filter,
    format: Format,
    limit: usize,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let mut sections = Vec::new();
    for (heading, field, by) in [
        ("All", "total", PeopleBy::Total),
        ("Client", "by_client", PeopleBy::Client),
        ("Campaign", "by_campaign", PeopleBy::Campaign),
    ] {
        sections.push((heading, field, workspace.store.report_journey(filter, by).await?));
    }
    const COLUMNS: Columns<'_> = Columns {
        words: &[("", "label")],
        counts: &[("People", "all"), ("In several", "in_several_campaigns")],
        metrics: &[JOURNEY_METRICS],
        of: &["all"],
    };
    show(&sections, &COLUMNS, filter, format, limit, workspace)?;
    if format == Format::Table {
        let when = if filter.period.is_some() { "enrolled in these days" } else { "of all days" };
        workspace.printer.note(format!(
            "People {when}, each once a client, however many campaigns they are in; a campaign counts its own. One person \
             is one e-mail address, else one phone number, of one client. People are known where leads are read: \
             sync_leads, sync_people, sync_contacts."
        ));
    }
    Ok(())
}

fn show(
    sections: &[Section],
    columns: &Columns<'_>,
    filter: &Filter,
    format: Format,
    limit: usize,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let shown = |parts: &[ReportPart]| to_values(&parts[..parts.len().min(limit)]);
    match format {
        Format::Json => {
            let mut document = Map::new();
            document.insert("period".to_owned(), json!(filter.period.map(in_json)));
            for (_, field, parts) in sections {
                let parts = shown(parts);
                let is_total = *field == "total";
                let value = if is_total { parts.into_iter().next().into() } else { Value::Array(parts) };
                document.insert((*field).to_owned(), value);
            }
            workspace.printer.json(&document);
        }
        Format::Csv => {
            let rows = sections.iter().flat_map(|(_, field, parts)| {
                shown(parts).into_iter().map(move |mut part| {
                    part["by"] = json!(field);
                    part
                })
            });
            print_csv(&rows.collect::<Vec<_>>(), workspace)?;
        }
        Format::Table => {
            for (place, (heading, _, parts)) in sections.iter().enumerate() {
                if place > 0 {
                    workspace.printer.line("");
                }
                let words = [(*heading, "label")];
                let mut values = shown(parts);
                for value in &mut values {
                    if value["label"].is_null() {
                        value["label"] = json!(if place == 0 { "total" } else { "(unknown)" });
                    }
                }
                figures::print(&values, &Columns { words: &words, ..*columns }, false, workspace.printer);
            }
        }
    }
    Ok(())
}
