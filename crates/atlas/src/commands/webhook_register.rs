//! `atlas webhook register`: subscribes at the service, or says what a person must enter there.

use std::cell::Cell;

use atlas_model::{Platform, Secret};
use atlas_store::Source;
use atlas_sync::{Credential, Stop, Subscribed, subscribe};
use atlas_vendor::account::is_loopback;
use atlas_vendor::subscription::{HOOKS, Wish, ways};
use serde_json::json;

use super::webhook_address::{address, is_out_of_reach, token, unreachable, ways_out};
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::progress::Work;
use crate::workspace::Workspace;

/// So many things that could not be done are shown; all of them with --json.
const SHOWN: usize = 10;

pub(super) async fn register(name: &str, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    let token = token(&source, workspace).await?;
    let address = address(source.platform, &token, workspace)?;
    if is_out_of_reach(&address) && !is_loopback(source.base_url.as_deref()) {
        return Err(Failure::usage(unreachable(workspace)).hint(ways_out(workspace)));
    }
    let address = Secret::new(address.as_str());
    if source.platform == Platform::PhoneBurner {
        by_hand(&address, is_json, workspace);
        return Ok(Exit::Done);
    }
    let campaigns = campaigns(&source, workspace).await?;
    let done = ask(&source, &address, &campaigns, workspace).await?;
    if is_json {
        workspace.printer.json(&to_json(&source, &done));
    } else {
        print(&source, &done, workspace);
    }
    match done.stopped {
        None if done.failed.is_empty() => Ok(Exit::Done),
        None => Ok(Exit::SomeFailed),
        Some(Stop::Quota) => Ok(Exit::Pending),
        Some(Stop::Forbidden { reason, hint }) => {
            let hint = format!("{hint}\nthen: atlas source set {name} --api-key-stdin");
            Err(Failure { exit: Exit::Refused, message: reason, hint })
        }
        Some(Stop::Failed { reason, hint }) => Err(Failure::new(reason).hint(hint)),
        Some(Stop::Done | Stop::Budget) => Ok(Exit::Done),
    }
}

/// Those that may still have something to tell: late replies come to campaigns that are over, too.
async fn campaigns(source: &Source, workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let known = workspace.store.campaign_states(source.id).await?;
    let mut ids: Vec<String> =
        known.into_iter().filter(|(_, status)| status != "archived").map(|(id, _)| id).collect();
    ids.sort();
    if ids.is_empty() && ways(source.platform).iter().any(|way| way.is_by_campaign()) {
        let title = source.platform.title();
        return Err(Failure::usage(format!("{title} has webhooks for each campaign, and none is known yet"))
            .hint(format!("atlas sync {}", source.name)));
    }
    Ok(ids)
}

async fn ask(
    source: &Source,
    address: &Secret,
    campaigns: &[String],
    workspace: &Workspace,
) -> Result<Subscribed, Failure> {
    let (store, vault) = (&workspace.store, workspace.vault()?);
    let credential = Credential::from_secret(&store.credential(source.id, &vault).await?);
    let mut others = Vec::new();
    for other in store.sources().await?.iter().filter(|other| other.id != source.id) {
        others.extend(store.webhook_token(other.id, &vault).await?);
    }
    let words = store.account_words(source.id).await?;
    let categories: Vec<String> = words.categories.into_iter().map(|(_, name, _)| name).collect();
    let wish = Wish { address, others: &others, categories: &categories };
    let work = Work::new("subscriptions looked at", workspace.printer, workspace.clock);
    let told = Cell::new(0);
    let tell = |done, total| {
        if told.replace(done) != done {
            work.tell(done, total);
        }
    };
    Ok(subscribe(store, source, credential, &wish, campaigns, workspace.clock, &tell).await?)
}

fn print(source: &Source, done: &Subscribed, workspace: &Workspace) {
    let number = |number: u64| count(i64::try_from(number).ok());
    let unchanged = match source.platform {
        Platform::SmartLead => format!("; {} campaigns had all of it", number(done.unchanged)),
        _ if done.unchanged > 0 => "; the account had all of it".to_owned(),
        _ => String::new(),
    };
    workspace.printer.line(format!(
        "{}: {} subscriptions made, {} renewed, {} removed{unchanged}",
        source.name,
        number(done.made),
        number(done.renewed),
        number(done.removed),
    ));
    for (about, reason) in done.failed.iter().take(SHOWN) {
        workspace.printer.note(format!("{about}: {reason}"));
    }
    if done.failed.len() > SHOWN {
        workspace.printer.note(format!("… and {} more: --json", done.failed.len() - SHOWN));
    }
    if !done.failed.is_empty() {
        workspace.printer.note(format!(
            "hint: run it again, what is subscribed already stays: atlas webhook register {}",
            source.name
        ));
    }
    if matches!(done.stopped, Some(Stop::Quota)) {
        workspace.printer.note("the month's quota is used up for now; the rest another day");
    }
}

fn to_json(source: &Source, done: &Subscribed) -> serde_json::Value {
    let failed = done.failed.iter().map(|(about, reason)| json!({"about": about, "reason": reason}));
    json!({
        "source": source.name, "made": done.made, "renewed": done.renewed, "removed": done.removed,
        "unchanged": done.unchanged, "failed": failed.collect::<Vec<_>>(), "is_whole": done.stopped.is_none(),
    })
}

/// PhoneBurner has no route for it.
fn by_hand(address: &Secret, is_json: bool, workspace: &Workspace) {
    let hooks = HOOKS.iter().map(|(hook, event)| (*hook, format!("{}&event={event}", address.expose())));
    if is_json {
        workspace
            .printer
            .json(&hooks.map(|(hook, url)| json!({"hook": hook, "url": url})).collect::<Vec<_>>());
        return;
    }
    workspace.printer.note(
        "PhoneBurner can only be subscribed by hand: in its web settings, under Webhooks, enter beside each of these \
         the address behind it. What a disposition has of its own gets the address of Call End. The addresses hold \
         a token: treat them as passwords.",
    );
    hooks.for_each(|(hook, url)| workspace.printer.line(format!("{hook:<20}{url}")));
}
