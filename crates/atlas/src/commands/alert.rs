//! `atlas alert`: taking note of alerts, from when on something is one, and whom they are told to.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};

use atlas_insight::thresholds::{THRESHOLDS, Threshold, refusal, value};
use atlas_model::Secret;
use atlas_store::{NewTarget, Target, TargetLine, Vault};
use atlas_worker::{Lesson, learn, try_target};
use serde_json::json;
use url::Url;

use crate::cli::{AlertCommand, TargetCommand, TargetKind};
use crate::exit::{Exit, Failure};
use crate::printer::{ago, count};
use crate::workspace::Workspace;

/// Longer than any address.
const LONGEST: u64 = 4096;

pub(crate) async fn run(command: AlertCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        AlertCommand::Acknowledge { id, undo } => {
            let by = workspace.by();
            if !workspace.store.acknowledge_alert(id, !undo, by).await? {
                return Err(Failure::usage(format!("there is no alert {id}")).hint("atlas report alerts"));
            }
            workspace.printer.note(format!("alert {id} is {}noted", if undo { "no longer " } else { "" }));
            Ok(Exit::Done)
        }
        AlertCommand::Thresholds { set, json } => thresholds(&set, json, workspace).await,
        AlertCommand::Target(TargetCommand::Add { name, kind, critical }) => {
            add(name, kind, critical, workspace).await
        }
        AlertCommand::Target(TargetCommand::List(args)) => list(args.json, workspace).await,
        AlertCommand::Target(TargetCommand::Test { name }) => {
            let target = find(&name, workspace).await?;
            let sent = try_target(&target, workspace.clock.now()).await;
            sent.map_err(|reason| Failure::new(format!("'{name}' could not be told: {reason}")))?;
            workspace.printer.note(format!("'{name}' was told"));
            Ok(Exit::Done)
        }
        AlertCommand::Target(TargetCommand::Remove { name }) => {
            let id = id_of(&name, workspace).await?;
            workspace.store.remove_notice_target(id, workspace.by()).await?;
            workspace.printer.note(format!("'{name}' is told nothing any more"));
            Ok(Exit::Done)
        }
    }
}

async fn thresholds(changes: &[String], is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let mut set = workspace.store.thresholds().await?;
    if !changes.is_empty() {
        let changes = changes.iter().map(|one| parsed(one)).collect::<Result<BTreeMap<_, _>, _>>()?;
        for (name, value) in &changes {
            match value {
                Some(value) => drop(set.insert(name.clone(), *value)),
                None => drop(set.remove(name)),
            }
        }
        if let Some(why) = refusal(&set) {
            return Err(Failure::usage(why).hint("atlas alert thresholds"));
        }
        workspace.store.change_thresholds(&changes, workspace.by()).await?;
        learn(&workspace.store, Lesson::Alerts, (workspace.clock, None), &|_, _| ()).await?;
    }
    if is_json {
        let all: BTreeMap<&str, f64> =
            THRESHOLDS.iter().map(|known| (known.name, value(&set, known))).collect();
        workspace.printer.json(&all);
        return Ok(Exit::Done);
    }
    let row = |known: &Threshold| {
        vec![
            known.name.to_owned(),
            value(&set, known).to_string(),
            known.usual.to_string(),
            known.about.to_owned(),
        ]
    };
    let headings = ["Threshold", "Is", "Usual", "What it is for"];
    workspace.printer.table(&headings, &[1, 2], THRESHOLDS.iter().map(row).collect());
    Ok(Exit::Done)
}

/// `NAME=VALUE`, or `NAME=` for what is usual.
fn parsed(change: &str) -> Result<(String, Option<f64>), Failure> {
    let bad = || Failure::usage(format!("'{change}' is not NAME=VALUE")).hint("atlas alert thresholds");
    let (name, value) = change.split_once('=').ok_or_else(bad)?;
    if !THRESHOLDS.iter().any(|known| known.name == name) {
        return Err(Failure::usage(format!("there is no threshold '{name}'")).hint("atlas alert thresholds"));
    }
    let value = if value.is_empty() { None } else { Some(value.parse().map_err(|_| bad())?) };
    Ok((name.to_owned(), value))
}

async fn add(
    name: String,
    kind: TargetKind,
    is_critical_only: bool,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    let address = if std::io::stdin().is_terminal() {
        Secret::new(&rpassword::prompt_password("Address (not shown): ")?)
    } else {
        let mut text = String::new();
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
        Secret::new(&text)
    };
    let url = Url::parse(address.expose()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| Failure::usage("that is no address").hint("it begins with https://"))?;
    let (kind, secret) = match kind {
        TargetKind::Slack => ("slack", None),
        TargetKind::Webhook => ("webhook", Some(Vault::new_key()?)),
    };
    let new = NewTarget {
        name,
        kind: kind.to_owned(),
        host: url.host_str().unwrap_or_default().to_owned(),
        address,
        secret: secret.clone(),
        is_critical_only,
        // Whoever works on this machine may mean one beside it.
        is_public_only: false,
    };
    let by = workspace.by();
    workspace.store.add_notice_target(&workspace.vault()?, &new, by).await?;
    if let Some(secret) = secret {
        workspace.printer.line(secret.expose());
        workspace.printer.note("posts are signed with this secret; it is shown this once");
    }
    workspace.printer.note(format!("'{0}' is told of alerts; atlas alert target test {0}", new.name));
    Ok(Exit::Done)
}

async fn list(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let targets = workspace.store.notice_targets().await?;
    if is_json {
        workspace.printer.json(&json!(targets));
        return Ok(Exit::Done);
    }
    let now = workspace.clock.now();
    let row = |target: &TargetLine| {
        vec![
            target.name.clone(),
            target.kind.clone(),
            target.host.clone(),
            target.level.clone(),
            target.sent_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
            count(Some(target.waiting)),
            count(Some(target.given_up)),
            target.reason.clone().unwrap_or_default(),
        ]
    };
    let headings = ["Name", "Kind", "Host", "From", "Last told", "Waiting", "Given up", "Why"];
    let none = "nobody is told of alerts yet; atlas alert target add --help";
    workspace.printer.list(&headings, &[5, 6], targets.iter().map(row).collect(), none);
    Ok(Exit::Done)
}

async fn find(name: &str, workspace: &Workspace) -> Result<Target, Failure> {
    let id = id_of(name, workspace).await?;
    workspace.store.notice_target(&workspace.vault()?, id).await?.ok_or_else(|| unknown(name))
}

/// One whose key is lost can still be removed.
async fn id_of(name: &str, workspace: &Workspace) -> Result<i64, Failure> {
    let targets = workspace.store.notice_targets().await?;
    let target = targets.iter().find(|target| target.name == name);
    target.map(|target| target.id).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    Failure::usage(format!("there is no target '{name}'")).hint("atlas alert target list")
}
