//! `atlas client`: whose campaigns are whose and why, what is promised, a client's week.

use std::collections::BTreeMap;

use atlas_store::{
    CampaignLine, ClientLine, ClientReason, ClientRule, Filter, NewClientRule, RuleKind, WeeklyFigure,
    WeeklyReport, last_week,
};
use serde_json::json;

use super::report::{day, today};
use super::report_campaign::find;
use crate::cli::{ClientCommand, ClientRuleCommand};
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, count, rate};
use crate::workspace::Workspace;

pub(crate) async fn run(command: ClientCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        ClientCommand::List(args) => list(args.json, workspace).await?,
        ClientCommand::Add { name } => {
            if !workspace.store.add_client(&name, workspace.by()).await? {
                return Err(Failure::usage(format!("there is a client '{name}' already")));
            }
            workspace.printer.note(format!("'{name}' is known"));
        }
        ClientCommand::Rule(command) => rule(command, workspace).await?,
        ClientCommand::Assign { client, campaign, source } => {
            assign(Some(&client), &campaign, source, workspace).await?;
        }
        ClientCommand::Unassign { campaign, source } => assign(None, &campaign, source, workspace).await?,
        ClientCommand::Why { campaign, source, json } => {
            let line = campaign_line(&campaign, source, workspace).await?;
            let reason = reason(&line, workspace).await?;
            if json {
                workspace.printer.json(&reason);
            } else {
                workspace.printer.line(in_words(&reason));
            }
        }
        ClientCommand::Targets { client, targets, json } => {
            self::targets(&client, &targets, json, workspace).await?
        }
        ClientCommand::Report { client, week, json } => {
            report(&client, week.as_deref(), json, workspace).await?
        }
    }
    Ok(Exit::Done)
}

async fn list(is_json: bool, workspace: &Workspace) -> Result<(), Failure> {
    let clients = workspace.store.client_lines().await?;
    if is_json {
        workspace.printer.json(&clients);
        return Ok(());
    }
    let row = |line: &ClientLine| {
        let numbers = [line.campaigns, line.by_hand, line.rules].map(|number| count(Some(number)));
        let sources = if line.sources.is_empty() { UNKNOWN.to_owned() } else { line.sources.join(", ") };
        [vec![line.name.clone()], numbers.to_vec(), vec![sources]].concat()
    };
    let headings = ["Client", "Campaigns", "By hand", "Rules", "Sources"];
    let none = "no client yet; atlas client add NAME, or say whose a source is: atlas source set NAME --client CLIENT";
    workspace.printer.list(&headings, &[1, 2, 3], clients.iter().map(row).collect(), none);
    Ok(())
}

async fn rule(command: ClientRuleCommand, workspace: &Workspace) -> Result<(), Failure> {
    let by = workspace.by();
    match command {
        ClientRuleCommand::List(args) => {
            let rules = workspace.store.client_rules().await?;
            if args.json {
                workspace.printer.json(&rules);
                return Ok(());
            }
            let row = |rule: &ClientRule| {
                let kind = if rule.kind == RuleKind::Contains { "contains" } else { "fits" };
                vec![
                    rule.id.to_string(),
                    rule.client.clone(),
                    format!("{kind} {}", rule.pattern),
                    rule.created_by.clone(),
                ]
            };
            let headings = ["Number", "Client", "The name", "Made by"];
            let none = "no rule yet; atlas client rule add --help";
            workspace.printer.list(&headings, &[0], rules.iter().map(row).collect(), none);
        }
        ClientRuleCommand::Add { client, contains, pattern } => {
            let (kind, pattern) = match (contains, pattern) {
                (Some(text), _) => (RuleKind::Contains, text),
                (None, pattern) => (RuleKind::Pattern, pattern.unwrap_or_default()),
            };
            let rule = workspace.store.add_client_rule(&NewClientRule { client, kind, pattern }, by).await?;
            let campaigns = workspace.store.report_campaigns(&Filter::default()).await?;
            let is_found = |line: &&CampaignLine| {
                line.client_because.as_deref() == Some("rule")
                    && line.client_name.as_deref() == Some(&rule.client)
            };
            let found = campaigns.iter().filter(is_found).count();
            workspace
                .printer
                .note(format!("rule {}: by rules {found} campaigns are of '{}' now", rule.id, rule.client));
        }
        ClientRuleCommand::Remove { id } => {
            if !workspace.store.remove_client_rule(id, by).await? {
                return Err(Failure::usage(format!("there is no rule {id}")).hint("atlas client rule list"));
            }
            workspace.printer.note(format!("rule {id} is gone"));
        }
    }
    Ok(())
}

async fn assign(
    client: Option<&str>,
    campaign: &str,
    source: Option<String>,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let line = campaign_line(campaign, source, workspace).await?;
    let by = workspace.by();
    workspace.store.assign_client((line.source_id, &line.campaign_id), client, by).await?;
    workspace.printer.note(in_words(&reason(&line, workspace).await?));
    Ok(())
}

async fn campaign_line(
    campaign: &str,
    source: Option<String>,
    workspace: &Workspace,
) -> Result<CampaignLine, Failure> {
    if let Some(name) = &source {
        workspace.source(name).await?;
    }
    let lines = workspace.store.report_campaigns(&Filter { source, ..Filter::default() }).await?;
    find(campaign, &lines).cloned()
}

async fn reason(line: &CampaignLine, workspace: &Workspace) -> Result<ClientReason, Failure> {
    let reason = workspace.store.client_reason(line.source_id, &line.campaign_id).await?;
    reason.ok_or_else(|| Failure::new("the campaign is gone"))
}

fn in_words(reason: &ClientReason) -> String {
    let campaign = reason.campaign_name.as_deref().unwrap_or(&reason.campaign_id);
    let client = reason.client.as_deref().unwrap_or("(no client)");
    format!("{campaign}: {client}: {}", reason.reason)
}

async fn targets(
    client: &str,
    typed: &[String],
    is_json: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    workspace.used_for(client).await?;
    let mut changed = BTreeMap::new();
    for pair in typed {
        let bad = || Failure::usage(format!("'{pair}' is not written METRIC=VALUE")).hint("reply_rate=0.04");
        let (metric, value) = pair.split_once('=').ok_or_else(bad)?;
        let value = match value.trim() {
            "" => None,
            value => Some(value.parse::<f64>().map_err(|_| bad())?),
        };
        changed.insert(metric.trim().to_owned(), value);
    }
    if !changed.is_empty() {
        let by = workspace.by();
        workspace.store.set_client_targets(client, &changed, by).await?;
    }
    let targets = workspace.store.client_targets(client).await?;
    if is_json {
        workspace.printer.json(&json!({"client": client, "targets": targets}));
        return Ok(());
    }
    let rows = targets.into_iter().map(|(metric, target)| vec![metric, target.to_string()]);
    let none =
        format!("nothing is promised to {client} yet; atlas client targets {client:?} reply_rate=0.04");
    workspace.printer.list(&["Metric", "A week"], &[1], rows.collect(), &none);
    Ok(())
}

async fn report(
    client: &str,
    week: Option<&str>,
    is_json: bool,
    workspace: &Workspace,
) -> Result<(), Failure> {
    workspace.used_for(client).await?;
    let today = today(workspace).await?;
    let asked = week.map(|text| day("--week", text)).transpose()?.unwrap_or_else(|| last_week(today));
    if asked > today {
        return Err(Failure::usage(format!("--week {asked} has not begun")));
    }
    let name = workspace.store.client_named(client).await?.unwrap_or_else(|| client.to_owned());
    let report = workspace.store.weekly_report(&name, asked, (today, workspace.clock.now())).await?;
    if is_json {
        workspace.printer.json(&report);
        return Ok(());
    }
    let WeeklyReport { client, from, to, before_from, before_to, judgement, figures, happened, next, .. } =
        &report;
    let printer = workspace.printer;
    printer.line(format!(
        "{client}: {from} to {to}, beside {before_from} to {before_to}\n\n{}\n",
        judgement.text
    ));
    let headings = ["Figure", "This week", "n", "Target", "Week before", "Change"];
    printer.table(&headings, &[1, 2, 3, 4, 5], figures.iter().map(row).collect());
    let not_counted = match happened.replies_not_counted {
        0 => String::new(),
        count => format!(" ({count} not sorted by the service, and in no figure)"),
    };
    printer.line(format!(
        "\nHappened: {} positive replies{not_counted}, {} meetings and deals, {} campaigns began, {} alerts opened",
        happened.replies_in_all, happened.outcomes_in_all, happened.started_in_all, happened.alerts_in_all
    ));
    for step in next {
        printer.line(format!("Next: {}: {}", step.subject, step.text));
    }
    for figure in figures {
        if let Some(why) = figure.unknown_because {
            printer.note(format!("{} is unknown: {why}", figure.title));
        }
    }
    Ok(())
}

fn row(figure: &WeeklyFigure) -> Vec<String> {
    let amount = |value: Option<f64>| match value {
        Some(value) if !figure.is_rate => format!("{value:.0}"),
        value => rate(value),
    };
    let at_least = if figure.is_at_least { "\u{2265} " } else { "" };
    let change = match figure.change {
        None => UNKNOWN.to_owned(),
        Some(change) if figure.is_rate => format!("{:+.1} pp", change * 100.0),
        Some(change) => format!("{change:+.0}"),
    };
    vec![
        figure.title.to_owned(),
        format!("{at_least}{}", amount(figure.value)),
        count(figure.n),
        amount(figure.target),
        amount(figure.before),
        change,
    ]
}
