//! `atlas report`: the figures, with what is unknown shown as unknown.

use atlas_model::{CALL_METRICS, METRICS, Period};
use atlas_store::{AccountLine, Attention, CampaignLine, Coverage, Filter, GroupBy, GroupLine};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use super::report_output::{CAMPAIGNS, FIRST_DAY, in_json, note_origin, note_period, print_csv, to_values};
use super::{report_calls, report_campaign, report_lessons};
use crate::cli::{Format, ReportArgs, ReportName};
use crate::exit::{Exit, Failure};
use crate::figures::{self, Columns};
use crate::printer::{UNKNOWN, count};
use crate::workspace::{Workspace, no_source_hint};

const CLIENTS: Columns<'_> = Columns {
    words: &[("Client", "label")],
    counts: &[("Campaigns", "campaigns"), ("Active", "campaigns_active")],
    metrics: &[METRICS],
    of: &["campaigns", "sub_sequences"],
};
const OVERVIEW: Columns<'_> = Columns { words: &[("Source", "label")], ..CLIENTS };

pub(crate) async fn run(args: &ReportArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    if workspace.store.sources().await?.is_empty() {
        return Err(Failure::new("there is nothing to report on yet").hint(no_source_hint()));
    }
    let filter = filter(args, workspace).await?;
    let format = if args.json { Format::Json } else { args.format };
    let limit = args.limit.unwrap_or(usize::MAX);
    match args.report {
        ReportName::Campaigns => {
            let mut lines = workspace.store.report_campaigns(&filter).await?;
            let (all, read) = (lines.len(), read_between(&lines));
            lines.truncate(limit);
            print(&lines, &CAMPAIGNS, format, args.opens, workspace)?;
            if format == Format::Table && all > lines.len() {
                let shown = lines.len();
                workspace.printer.note(format!("{shown} of {all} campaigns, those with most e-mails first"));
            }
            let coverage = coverage(&filter, workspace).await?;
            note_origin(&filter, format, read, coverage.as_ref(), workspace);
        }
        ReportName::Campaign => {
            let id = args.id.as_deref().ok_or_else(|| {
                Failure::usage("which campaign?").hint("atlas report campaign ID, or a part of its name")
            })?;
            report_campaign::run(id, &filter, format, args.opens, workspace).await?;
        }
        ReportName::Clients => {
            let mut lines = workspace.store.report_groups_and_calls(&filter, GroupBy::Client).await?;
            for line in &mut lines {
                line.label.get_or_insert_with(|| "(no client)".to_owned());
            }
            lines.truncate(limit);
            print_groups(&lines, &CLIENTS, format, args.opens, workspace)?;
            if format == Format::Table {
                note_targets(&lines, workspace).await?;
            }
            note_period(&filter, format, coverage(&filter, workspace).await?.as_ref(), workspace);
        }
        ReportName::Accounts => {
            let mut lines = workspace.store.report_accounts(&filter).await?;
            lines.truncate(limit);
            accounts(&lines, format, workspace)?;
        }
        ReportName::Calls => report_calls::calls(&filter, format, workspace).await?,
        ReportName::Variants => report_lessons::variants(&filter, format, limit, workspace).await?,
        ReportName::Replies => report_lessons::replies(&filter, format, workspace).await?,
        ReportName::Alerts => report_lessons::alerts(&filter, format, limit, workspace).await?,
        ReportName::Patterns => report_lessons::patterns(&filter, format, limit, workspace).await?,
        ReportName::Journey => report_calls::journey(&filter, format, limit, workspace).await?,
        ReportName::Overview => overview(&filter, format, args.opens, workspace).await?,
    }
    Ok(Exit::Done)
}

/// What clients are promised a week, beside their figures.
async fn note_targets(lines: &[GroupLine], workspace: &Workspace) -> Result<(), Failure> {
    for client in lines.iter().filter_map(|line| line.label.as_deref()) {
        let targets = workspace.store.client_targets(client).await?;
        let targets: Vec<String> =
            targets.iter().map(|(metric, target)| format!("{metric} {target}")).collect();
        if !targets.is_empty() {
            workspace.printer.note(format!("{client}, promised a week: {}", targets.join(", ")));
        }
    }
    Ok(())
}

/// What was typed, checked: no figure is shown for a client that there is not, or for days that are none.
async fn filter(args: &ReportArgs, workspace: &Workspace) -> Result<Filter, Failure> {
    if let Some(name) = &args.source {
        workspace.source(name).await?;
    }
    if let Some(client) = &args.client {
        workspace.used_for(client).await?;
    }
    if let Some(id) = args.id.as_ref().filter(|_| args.report != ReportName::Campaign) {
        return Err(Failure::usage(format!("'{id}' is one word too many"))
            .hint("one campaign: atlas report campaign ID"));
    }
    let period = match (&args.from, &args.to) {
        (None, None) => None,
        _ if is_of_lessons(args.report) => {
            return Err(Failure::usage("lessons are drawn from all days; this report takes no dates"));
        }
        _ if args.report == ReportName::Accounts => {
            return Err(Failure::usage("mailboxes are told as they are now; this report takes no dates"));
        }
        (from, to) => Some(period(from.as_deref(), to.as_deref(), workspace).await?),
    };
    Ok(Filter { source: args.source.clone(), client: args.client.clone(), period, ..Filter::default() })
}

const fn is_of_lessons(report: ReportName) -> bool {
    matches!(report, ReportName::Variants | ReportName::Patterns | ReportName::Replies | ReportName::Alerts)
}

async fn period(from: Option<&str>, to: Option<&str>, workspace: &Workspace) -> Result<Period, Failure> {
    let from = from.map(|text| day("--from", text)).transpose()?;
    let to = to.map(|text| day("--to", text)).transpose()?;
    let to = match to {
        Some(to) => to,
        None => today(workspace).await?,
    };
    let period = Period { from: from.unwrap_or(FIRST_DAY), to };
    if period.from > period.to {
        let text = format!("--from {} is after --to {}", period.from, period.to);
        return Err(Failure::usage(text).hint("the first day comes first: --from 2026-10-01 --to 2026-10-31"));
    }
    Ok(period)
}

/// The latest day that any account has begun.
pub(super) async fn today(workspace: &Workspace) -> Result<Date, Failure> {
    let now = workspace.clock.now();
    let sources = workspace.store.sources().await?;
    let zones = sources.iter().map(|source| TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC));
    let days = zones.map(|zone| now.to_zoned(zone).date());
    Ok(days.max().unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date()))
}

pub(super) fn day(flag: &str, text: &str) -> Result<Date, Failure> {
    let is_plain = text.len() == "2026-10-01".len();
    text.parse()
        .ok()
        .filter(|date| is_plain && *date >= FIRST_DAY)
        .ok_or_else(|| Failure::usage(format!("{flag} {text} is no day")).hint("write it as 2026-10-01"))
}

async fn overview(
    filter: &Filter,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let store = &workspace.store;
    let mut total = store.report_groups_and_calls(filter, GroupBy::None).await?;
    let coverage = total.first().and_then(|total| total.coverage.clone());
    let mut lines = store.report_groups_and_calls(filter, GroupBy::Source).await?;
    let campaigns = store.report_campaigns(filter).await?;
    let attention = store.needs_attention(filter, workspace.clock.now()).await?;
    if format == Format::Json {
        workspace
            .printer
            .json(&json!({"period": filter.period.map(in_json), "total": total.first(), "sources": lines,
                "needs_attention": attention}));
        return Ok(());
    }
    for line in &mut total {
        line.label = Some("Total".to_owned());
    }
    if lines.len() != 1 {
        lines.append(&mut total);
    }
    print_groups(&lines, &OVERVIEW, format, opens, workspace)?;
    if format == Format::Csv {
        return Ok(());
    }
    if !attention.is_empty() {
        workspace.printer.line("\nNeeds attention");
        for Attention { subject, text, .. } in &attention {
            workspace.printer.line(format!("  {subject}: {text}"));
        }
    }
    // The last line is the total, or the only source.
    if let Some(GroupLine { campaigns, sub_sequences, figures, .. }) = lines.last() {
        let unknown = campaigns + sub_sequences - figures.known("total_sent");
        if *sub_sequences > 0 {
            let text = format!(
                "The figures include {sub_sequences} sub-sequences, which are not counted as campaigns."
            );
            workspace.printer.note(text);
        }
        if unknown > 0 && filter.period.is_none() {
            let text = format!("≥: not every campaign has told this figure yet; {unknown} have told none.");
            workspace.printer.note(text);
        }
    }
    note_origin(filter, format, read_between(&campaigns), coverage.as_ref(), workspace);
    Ok(())
}

fn print(
    lines: &[impl Serialize],
    columns: &Columns<'_>,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    if format == Format::Json {
        workspace.printer.json(&lines);
        return Ok(());
    }
    let values = to_values(lines);
    if format == Format::Csv {
        return print_csv(&values, workspace);
    }
    figures::print(&values, columns, opens, workspace.printer);
    Ok(())
}

/// In a terminal e-mails and calls stand below one another, each for those who have any.
fn print_groups(
    lines: &[GroupLine],
    columns: &Columns<'_>,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    if format != Format::Table {
        return print(lines, columns, format, opens, workspace);
    }
    let (mailing, calling): (Vec<Value>, Vec<Value>) = {
        let values = to_values(lines);
        let mails = |line: &&Value| {
            line["campaigns"].as_i64() != Some(0) || line["sub_sequences"].as_i64() != Some(0)
        };
        let calls = |line: &&Value| line["dials"].as_i64().is_some_and(|dials| dials > 0);
        (values.iter().filter(mails).cloned().collect(), values.iter().filter(calls).cloned().collect())
    };
    if !mailing.is_empty() || calling.is_empty() {
        figures::print(&mailing, columns, opens, workspace.printer);
    }
    if !calling.is_empty() {
        if !mailing.is_empty() {
            workspace.printer.line("");
        }
        let columns = Columns { words: columns.words, counts: &[], metrics: &[CALL_METRICS], of: &["dials"] };
        figures::print(&calling, &columns, opens, workspace.printer);
    }
    Ok(())
}

fn accounts(lines: &[AccountLine], format: Format, workspace: &Workspace) -> Result<(), Failure> {
    match format {
        Format::Json => workspace.printer.json(&lines),
        Format::Csv => print_csv(&to_values(lines), workspace)?,
        Format::Table => {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
            let state = |works: Option<bool>, error: &Option<String>| match works {
                Some(true) => "works".to_owned(),
                Some(false) => {
                    error.clone().map_or_else(|| "fails".to_owned(), |error| format!("fails: {error}"))
                }
                None => UNKNOWN.to_owned(),
            };
            let row = |line: &AccountLine| {
                vec![
                    text(&line.from_email),
                    text(&line.client_name),
                    text(&line.account_type),
                    state(line.is_smtp_success, &line.smtp_failure_error),
                    state(line.is_imap_success, &line.imap_failure_error),
                    text(&line.warmup_status),
                    count(line.warmup_reputation),
                    count(line.daily_sent_count),
                    count(line.message_per_day),
                ]
            };
            let headings = [
                "Mailbox",
                "Client",
                "Type",
                "SMTP",
                "IMAP",
                "Warm-up",
                "Reputation",
                "Sent today",
                "Limit a day",
            ];
            let rows = lines.iter().map(row).collect();
            workspace.printer.list(
                &headings,
                &[6, 7, 8],
                rows,
                "no mailbox is known yet; a sync brings them",
            );
        }
    }
    Ok(())
}

/// The oldest and the newest reading among the figures, and whether any was never read.
fn read_between(lines: &[CampaignLine]) -> Option<(Timestamp, Timestamp)> {
    let read = || lines.iter().filter_map(|line| line.last_synced_at);
    read().min().zip(read().max())
}

/// How well days carry a period, over all campaigns.
async fn coverage(filter: &Filter, workspace: &Workspace) -> Result<Option<Coverage>, Failure> {
    let total = workspace.store.report_groups(filter, GroupBy::None).await?;
    Ok(total.into_iter().next().and_then(|total| total.coverage))
}
