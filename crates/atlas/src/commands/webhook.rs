//! `atlas webhook`: where deliveries come in, and what has come.

use std::io::{IsTerminal, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use atlas_model::{Platform, Secret};
use atlas_store::{Arrival, Source};
use atlas_sync::deliver;
use atlas_vendor::delivery::{SIGNATURE_HEADER, event_name, kinds, made_up};
use atlas_web::path;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::serve::listen_address;
use super::webhook_address::{address, is_out_of_reach, new_token, token, unreachable, ways_out};
use super::webhook_register::register;
use crate::cli::{Selection, WebhookCommand};
use crate::exit::{Exit, Failure};
use crate::workspace::{Workspace, no_source_hint};

/// How often `tail` looks.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Deliveries that `tail` shows at a time.
const PAGE: usize = 200;

pub(crate) async fn run(command: WebhookCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        WebhookCommand::Url { name, rotate, json } => url(&name, rotate, json, workspace).await,
        WebhookCommand::Secret { name, remove } => secret(&name, remove, workspace).await,
        WebhookCommand::Register { name, json } => register(&name, json, workspace).await,
        WebhookCommand::Tail(args) => tail(&args.selection, args.json, workspace).await,
        WebhookCommand::Failed(args) => failed(&args.selection, args.json, workspace).await,
        WebhookCommand::Trigger { service, kind, source, campaign } => {
            let platform: Platform = service.parse().map_err(Failure::usage)?;
            let Some(kind) = kind else {
                kinds(platform).iter().for_each(|kind| workspace.printer.line(kind));
                return Ok(Exit::Done);
            };
            let source = only_source(platform, source.as_deref(), workspace).await?;
            trigger(&source, &kind, campaign, workspace).await
        }
    }
}

async fn url(name: &str, is_rotated: bool, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    let printer = workspace.printer;
    let token = match is_rotated {
        true => {
            let token = new_token(&source, &workspace.vault()?, workspace).await?;
            printer.note("the former address is taken for seven days more: enter the new one at the service");
            token
        }
        false => token(&source, workspace).await?,
    };
    let address = address(source.platform, &token, workspace)?;
    if is_json {
        printer.json(&json!({"source": source.name, "url": address.as_str()}));
    } else {
        printer.line(address.as_str());
    }
    if source.platform == Platform::PhoneBurner {
        printer.note(
            "PhoneBurner does not say what happened: add it to each address that you enter, as &event=call_begin, \
             call_end, contact_displayed, unsubscribed, sms_opt_out, contact_activity, manual",
        );
    }
    if is_out_of_reach(&address) {
        printer.note(format!("{}. Ways out:", unreachable(workspace)));
        ways_out(workspace).lines().for_each(|way| printer.note(format!("- {way}")));
    }
    Ok(Exit::Done)
}

async fn secret(name: &str, is_removed: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(name).await?;
    let vault = workspace.vault()?;
    if is_removed {
        workspace.store.set_webhook_secret(source.id, None, &vault).await?;
        workspace.printer.note(format!("deliveries to '{name}' are told by their token alone"));
        return Ok(Exit::Done);
    }
    if source.platform == Platform::ReplyIo {
        return Err(Failure::usage("Reply.io neither signs its deliveries nor puts a secret into them")
            .hint("the address is what is secret: atlas webhook url NAME"));
    }
    let secret = if std::io::stdin().is_terminal() {
        Secret::new(&rpassword::prompt_password("Secret (not shown): ")?)
    } else {
        let mut text = String::new();
        std::io::stdin().lock().take(65_536).read_to_string(&mut text)?;
        Secret::new(&text)
    };
    if secret.is_empty() {
        return Err(Failure::usage("the secret is empty").hint("pipe it in; --remove demands none any more"));
    }
    workspace.store.set_webhook_secret(source.id, Some(&secret), &vault).await?;
    workspace.printer.note(format!("deliveries to '{name}' that lack it are refused from now on"));
    Ok(Exit::Done)
}

async fn tail(selection: &Selection, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let store = &workspace.store;
    let mut places = Vec::new();
    for source in workspace.selected(selection).await? {
        let end = store.journal_end(source.id).await?;
        places.push((source, end, end));
    }
    workspace.printer.note("waiting for deliveries; Ctrl-C ends it");
    loop {
        for (source, place, seen) in &mut places {
            let arrived = store.arrivals(source.id, *place, PAGE, false).await?;
            let newest = arrived.last().map_or(*seen, |last| last.id);
            for delivery in arrived {
                // It is understood in a moment: the next look shows what came of it.
                if delivery.state == "pending" && delivery.id > *seen {
                    break;
                }
                *place = delivery.id;
                show(source, &delivery, is_json, workspace);
            }
            *seen = newest;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn failed(selection: &Selection, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    for source in workspace.selected(selection).await? {
        let mut place = 0;
        loop {
            let page = workspace.store.arrivals(source.id, place, PAGE, true).await?;
            let Some(last) = page.last() else { break };
            place = last.id;
            page.iter().for_each(|delivery| show(&source, delivery, is_json, workspace));
        }
    }
    Ok(Exit::Done)
}

fn show(source: &Source, delivery: &Arrival, is_json: bool, workspace: &Workspace) {
    let body: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
    let event = event_name(delivery.event.as_deref(), &body);
    let Arrival { id, received_at, state, reason, .. } = delivery;
    if is_json {
        let line = json!({"source": source.name, "id": id, "received_at": received_at, "event": event,
            "state": state, "reason": reason, "body": body});
        workspace.printer.line(line.to_string());
        return;
    }
    let at = received_at.strftime("%Y-%m-%d %H:%M:%S");
    let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let size = delivery.body.len();
    workspace.printer.line(format!("{at}  {}  {event}  {size} B  {state}{reason}", source.name));
}

/// The source that is meant.
async fn only_source(
    platform: Platform,
    name: Option<&str>,
    workspace: &Workspace,
) -> Result<Source, Failure> {
    if let Some(name) = name {
        let source = workspace.source(name).await?;
        if source.platform != platform {
            return Err(Failure::usage(format!("'{name}' is an account at {}", source.platform.title())));
        }
        return Ok(source);
    }
    let mut sources = workspace.store.sources().await?;
    sources.retain(|source| source.platform == platform);
    match sources.as_slice() {
        [source] => Ok(source.clone()),
        [] => {
            Err(Failure::usage(format!("there is no source at {}", platform.title())).hint(no_source_hint()))
        }
        several => {
            let names: Vec<_> = several.iter().map(|source| source.name.as_str()).collect();
            Err(Failure::usage(format!("which one? {}", names.join(", "))).hint("name it: --source NAME"))
        }
    }
}

async fn trigger(
    source: &Source,
    kind: &str,
    campaign: Option<String>,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    let all = kinds(source.platform);
    let wanted: Vec<&str> = match kind {
        "all" => all.to_vec(),
        kind => vec![kind],
    };
    let token = token(source, workspace).await?;
    let secret = workspace.store.webhook_secret(source.id, &workspace.vault()?).await?;
    let campaign = match campaign {
        Some(campaign) => campaign,
        None => {
            let known = workspace.store.campaign_states(source.id).await?;
            known.into_iter().map(|(id, _)| id).min().unwrap_or_else(|| "1".to_owned())
        }
    };
    let server = format!("http://{}", on_this_machine(listen_address(workspace)?));
    for kind in wanted {
        let now = workspace.clock.now();
        let made = made_up(source.platform, kind, &campaign, now, secret.as_ref()).ok_or_else(|| {
            Failure::usage(format!("{} sends no '{kind}'", source.platform.title()))
                .hint(format!("it sends: {}", all.join(", ")))
        })?;
        let event = made.event.map(|event| format!("&event={event}")).unwrap_or_default();
        let address = format!("{server}{}?token={}{event}", path(source.platform), token.expose());
        let signature = made.signature.as_deref().map(|signature| (SIGNATURE_HEADER, signature));
        let (status, said) = deliver(&address, signature, made.body).await.map_err(|error| {
            Failure::new(format!("{server} does not take it: {error}"))
                .hint("start it first: atlas serve; where it listens elsewhere, set ATLAS_LISTEN to that")
        })?;
        if status != 200 {
            return Err(Failure::new(format!("{server} refuses it: {status} {said}"))
                .hint("a token that was just made is known to a running server after a second"));
        }
        workspace.printer.line(format!("{kind}: {said}"));
    }
    let day = workspace.clock.now().to_zoned(zone_of(source)).date();
    workspace.printer.note(format!(
        "what came of it: atlas webhook tail (while it comes), atlas status, atlas report overview --from {day}"
    ));
    Ok(Exit::Done)
}

/// The account's own.
fn zone_of(source: &Source) -> TimeZone {
    TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC)
}

/// Where a server that listens everywhere is reached from here.
fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}
