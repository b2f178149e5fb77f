//! `atlas report`: the figures, with what is unknown shown as unknown.

use atlas_model::metric;
use atlas_store::{AccountLine, CampaignLine, Filter, GroupLine, Order};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::{Format, ReportArgs, ReportName};
use crate::exit::{Exit, Failure};
use crate::figures::{self, Columns};
use crate::printer::{UNKNOWN, ago, count, rate, span};
use crate::workspace::{Workspace, no_source_hint};

/// Mailbox providers begin to distrust a sender whose mail bounces more often.
const BOUNCE_ALERT: f64 = 0.03;
/// Below so many e-mails a bounce rate says little.
const BOUNCE_SAMPLE: i64 = 200;
/// Figures older than this are said to be old.
const STALE: SignedDuration = SignedDuration::from_hours(26);

const CAMPAIGNS: Columns = Columns {
    words: &[("Campaign", "campaign_name"), ("Client", "client_name"), ("Status", "status")],
    counts: &[],
};
const CLIENTS: Columns = Columns {
    words: &[("Client", "label")],
    counts: &[("Campaigns", "campaigns"), ("Active", "campaigns_active")],
};
const OVERVIEW: Columns = Columns {
    words: &[("Source", "label")],
    counts: &[("Campaigns", "campaigns"), ("Active", "campaigns_active")],
};

pub(crate) async fn run(args: &ReportArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    if workspace.store.sources().await?.is_empty() {
        return Err(Failure::new("there is nothing to report on yet").hint(no_source_hint()));
    }
    if let Some(name) = &args.source {
        workspace.source(name).await?;
    }
    let filter = Filter { source: args.source.clone(), client: args.client.clone() };
    let format = if args.json { Format::Json } else { args.format };
    match args.report {
        ReportName::Campaigns => {
            let mut lines = workspace.store.report_campaigns(&filter).await?;
            let (all, read) = (lines.len(), read_between(&lines));
            lines.truncate(args.limit.unwrap_or(usize::MAX));
            print(&lines, &CAMPAIGNS, format, args.opens, workspace)?;
            if format == Format::Table {
                if all > lines.len() {
                    workspace
                        .printer
                        .note(format!("{} of {all} campaigns, those with most e-mails first", lines.len()));
                }
                note_origin(read, workspace);
            }
        }
        ReportName::Clients => {
            let mut lines = workspace.store.report_groups(&filter, Order::ByClient).await?;
            for line in &mut lines {
                line.label.get_or_insert_with(|| "(no client)".to_owned());
            }
            lines.truncate(args.limit.unwrap_or(usize::MAX));
            print(&lines, &CLIENTS, format, args.opens, workspace)?;
        }
        ReportName::Accounts => {
            let mut lines = workspace.store.report_accounts(&filter).await?;
            lines.truncate(args.limit.unwrap_or(usize::MAX));
            accounts(&lines, format, workspace)?;
        }
        ReportName::Overview => overview(&filter, format, args.opens, workspace).await?,
    }
    Ok(Exit::Done)
}

async fn overview(
    filter: &Filter,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let store = &workspace.store;
    let mut total = store.report_groups(filter, Order::Total).await?;
    let mut lines = store.report_groups(filter, Order::BySource).await?;
    let campaigns = store.report_campaigns(filter).await?;
    let attention = attention(&campaigns, workspace).await?;
    if format == Format::Json {
        workspace
            .printer
            .json(&json!({"total": total.first(), "sources": lines, "needs_attention": attention}));
        return Ok(());
    }
    for line in &mut total {
        line.label = Some("Total".to_owned());
    }
    if lines.len() != 1 {
        lines.append(&mut total);
    }
    print(&lines, &OVERVIEW, format, opens, workspace)?;
    if format == Format::Csv {
        return Ok(());
    }
    if !attention.is_empty() {
        workspace.printer.line("\nNeeds attention");
        attention.iter().for_each(|line| workspace.printer.line(format!("  {line}")));
    }
    // The last line is the total, or the only source.
    if let Some(GroupLine { campaigns, sub_sequences, total_sent_known, .. }) = lines.last() {
        let unknown = campaigns + sub_sequences - total_sent_known;
        if *sub_sequences > 0 {
            let text = format!(
                "The figures include {sub_sequences} sub-sequences, which are not counted as campaigns."
            );
            workspace.printer.note(text);
        }
        if unknown > 0 {
            let text = format!("≥: not every campaign has told this figure yet; {unknown} have told none.");
            workspace.printer.note(text);
        }
    }
    note_origin(read_between(&campaigns), workspace);
    Ok(())
}

/// What a person should look at first.
async fn attention(campaigns: &[CampaignLine], workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let now = workspace.clock.now();
    let mut lines = Vec::new();
    for source in workspace.store.sources().await? {
        let run = workspace.store.runs(source.id, 1).await?;
        if let Some(run) = run.first().filter(|run| matches!(run.outcome.as_str(), "failed" | "refused")) {
            let reason = run.reason.as_deref().unwrap_or_default();
            lines.push(format!("{}: the last sync failed: {reason}", source.name));
        }
        match source.last_sync_at {
            None => lines.push(format!("{0}: not completely synced yet; atlas sync {0}", source.name)),
            Some(at) if now.duration_since(at) > STALE => {
                lines.push(format!("{}: figures are {} old", source.name, span(now.duration_since(at))));
            }
            Some(_) => {}
        }
    }
    let is_bouncing = |campaign: &&CampaignLine| {
        campaign.status.as_deref() == Some("active")
            && campaign.bounce_rate.is_some_and(|rate| rate > BOUNCE_ALERT)
            && campaign.total_sent.is_some_and(|sent| sent >= BOUNCE_SAMPLE)
    };
    let mut bouncing: Vec<&CampaignLine> = campaigns.iter().filter(is_bouncing).collect();
    bouncing.sort_by(|one, two| two.bounce_rate.unwrap_or(0.0).total_cmp(&one.bounce_rate.unwrap_or(0.0)));
    for campaign in bouncing.iter().take(5) {
        let name = campaign.campaign_name.as_deref().unwrap_or(&campaign.campaign_id);
        lines.push(format!(
            "{name}: {} of its e-mails bounce ({} of {})",
            rate(campaign.bounce_rate),
            count(campaign.total_bounced),
            count(campaign.total_sent),
        ));
    }
    if bouncing.len() > 5 {
        lines.push(format!("… and {} more active campaigns with bounces above 3 %", bouncing.len() - 5));
    }
    Ok(lines)
}

fn print(
    lines: &[impl Serialize],
    columns: &Columns,
    format: Format,
    opens: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    if format == Format::Json {
        workspace.printer.json(&lines);
        return Ok(());
    }
    let values: Vec<Value> =
        lines.iter().map(|line| serde_json::to_value(line).unwrap_or_default()).collect();
    if format == Format::Csv {
        return print_csv(&values, workspace);
    }
    figures::print(&values, columns, opens, workspace.printer);
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
            workspace.printer.table(&headings, &[6, 7, 8], lines.iter().map(row).collect());
        }
    }
    Ok(())
}

fn to_values(lines: &[impl Serialize]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::to_value(line).unwrap_or_default()).collect()
}

/// Every field of the lines, unknown ones empty; text that a spreadsheet would run is defused.
fn print_csv(values: &[Value], workspace: &Workspace) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let bad = |error: csv::Error| Failure::new(format!("the table cannot be written: {error}"));
    if let Some(Value::Object(first)) = values.first() {
        writer.write_record(first.keys()).map_err(bad)?;
    }
    for line in values.iter().filter_map(Value::as_object) {
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writer.write_record(line.values().map(cell)).map_err(bad)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::new(error.to_string()))?;
    workspace.printer.line(String::from_utf8_lossy(&bytes).trim_end());
    Ok(())
}

/// The oldest and the newest reading among the figures, and whether any was never read.
fn read_between(lines: &[CampaignLine]) -> Option<(Timestamp, Timestamp)> {
    let read = || lines.iter().filter_map(|line| line.last_synced_at);
    read().min().zip(read().max())
}

fn note_origin(read: Option<(Timestamp, Timestamp)>, workspace: &Workspace) {
    let now = workspace.clock.now();
    let when = match read {
        None => "never read yet".to_owned(),
        Some((oldest, newest)) if ago(oldest, now) == ago(newest, now) => {
            format!("read {}", ago(newest, now))
        }
        Some((oldest, newest)) => format!("read between {} and {}", ago(oldest, now), ago(newest, now)),
    };
    let rates = metric("reply_rate").map_or("", |metric| metric.formula);
    workspace.printer.note(format!(
        "Lifetime figures as the service counts them, {when}. {UNKNOWN} is unknown. Reply rate = {rates}. \
         Where a column comes from: atlas mapping campaigns.total_replied"
    ));
}
