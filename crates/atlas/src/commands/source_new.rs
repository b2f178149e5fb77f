//! A new source: what was typed is checked, the service is asked, and only then anything is stored.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use atlas_model::{Platform, Secret, Settings as SourceSettings};
use atlas_store::{NewSource, Source};
use atlas_sync::{Probe, ProbeResult, probe};
use atlas_vendor::{Service, account, service};

use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::settings::Settings;
use crate::workspace::Workspace;

/// A source as it was typed.
pub(crate) struct Typed {
    pub(crate) platform: String,
    pub(crate) name: String,
    pub(crate) client: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) settings: Vec<String>,
}

/// What can be checked without asking anybody.
pub(crate) fn check(typed: &Typed) -> Result<NewSource, Failure> {
    let platform: Platform = typed.platform.parse().map_err(Failure::usage)?;
    let service = service(platform);
    let name = account::name(&typed.name)?;
    let mut settings = SourceSettings::new(platform, BTreeMap::new());
    let mut time_zone = typed.time_zone.clone().unwrap_or_else(|| service.time_zone.to_owned());
    set_all(&mut settings, &mut time_zone, &typed.settings)?;
    let time_zone = account::zone(&time_zone)?;
    let base_url = typed.base_url.as_deref().map(account::origin).transpose()?;
    account::pace(&settings, base_url.as_deref())?;
    let client = account::client(typed.client.as_deref());
    Ok(NewSource { platform, name, client, base_url, is_public_only: false, time_zone, settings })
}

pub(crate) async fn check_is_new(name: &str, workspace: &Workspace) -> Result<(), Failure> {
    if workspace.store.source(name).await?.is_some() {
        return Err(Failure::new(format!("there is a source named '{name}' already"))
            .hint(format!("choose another --name, or change that one: atlas source set {name} …")));
    }
    Ok(())
}

/// Asks each endpoint once and says what answers.
pub(crate) async fn ask_service(new: &NewSource, key: &Secret, workspace: &Workspace) -> Result<(), Failure> {
    let service = service(new.platform);
    let probes = probe_new(new, key, workspace).await?;
    note_probes(&probes, service, workspace.printer);
    check_probes(&probes, service)
}

pub(crate) async fn probe_new(
    new: &NewSource,
    key: &Secret,
    workspace: &Workspace,
) -> Result<Vec<Probe>, Failure> {
    let NewSource { platform, settings, time_zone, .. } = new;
    Ok(probe(*platform, new.site(), key, settings, time_zone, None, workspace.clock).await?)
}

pub(crate) async fn store(new: &NewSource, key: &Secret, workspace: &Workspace) -> Result<Source, Failure> {
    Ok(workspace.store.add_source(new, key, &workspace.vault()?, workspace.by()).await?)
}

/// Settings as typed; the time zone, which has a column of its own, may stand among them.
pub(crate) fn set_all(
    settings: &mut SourceSettings,
    time_zone: &mut String,
    pairs: &[String],
) -> Result<(), Failure> {
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
            .ok_or_else(|| Failure::usage(format!("'{pair}' is not written KEY=VALUE")))?;
        if key == "time_zone" {
            value.clone_into(time_zone);
        } else {
            settings.set(key, value).map_err(Failure::usage)?;
        }
    }
    Ok(())
}

/// From the environment, or asked for where there is a terminal. Never from the command line.
pub(crate) fn api_key(service: &Service, settings: &Settings, printer: Printer) -> Result<Secret, Failure> {
    let key = if let Some(key) = settings.api_key() {
        key
    } else if std::io::stdin().is_terminal() {
        printer.note(format!("Where the key is: {}", service.key_hint));
        Secret::new(&rpassword::prompt_password("API key (not shown): ")?)
    } else {
        return Err(
            Failure::usage("no API key").hint("pipe it in with --api-key-stdin, or set ATLAS_API_KEY")
        );
    };
    if key.is_empty() {
        return Err(Failure::usage("the API key is empty").hint(service.key_hint));
    }
    Ok(key)
}

fn note_probes(probes: &[Probe], service: &Service, printer: Printer) {
    let (asked, others): (Vec<_>, Vec<_>) =
        probes.iter().partition(|probe| !matches!(probe.result, ProbeResult::NotAsked));
    let width = asked.iter().map(|probe| probe.title.chars().count()).max().unwrap_or_default();
    for probe in asked {
        let (state, detail) = probe.result.in_words();
        let optional = service.endpoint(probe.endpoint).is_some_and(|endpoint| endpoint.is_optional);
        let detail = match (&probe.result, optional) {
            (ProbeResult::Absent(_), true) => "not needed: the rest works without it".to_owned(),
            _ => detail.lines().next().unwrap_or_default().to_owned(),
        };
        printer.note(format!("  {:<width$}  {state:<12}  {detail}", probe.title));
    }
    if !others.is_empty() {
        let s = if others.len() == 1 { "" } else { "s" };
        printer
            .note(format!("  {} other endpoint{s} will be asked when an answer calls for it", others.len()));
    }
}

/// A refused key stores nothing; neither does a service that gives no list.
pub(crate) fn check_probes(probes: &[Probe], service: &Service) -> Result<(), Failure> {
    for probe in probes {
        if let ProbeResult::Forbidden(detail) = &probe.result {
            let (reason, hint) = detail.split_once("\nhint: ").unwrap_or((detail, ""));
            let hint = format!(
                "get a key that is accepted: {hint}\nthen: atlas source add …, or atlas source set NAME --api-key-stdin"
            );
            return Err(Failure { exit: Exit::Refused, message: format!("{}: {reason}", probe.title), hint });
        }
    }
    let root = service.endpoints.first().map(|endpoint| endpoint.name);
    let failed = probes.iter().find(|probe| Some(probe.endpoint) == root);
    match failed.map(|probe| &probe.result) {
        Some(ProbeResult::Fails(reason) | ProbeResult::Absent(reason)) => {
            Err(Failure::new(format!("the service does not answer: {reason}"))
                .hint("try again later, or store it without asking: --no-test"))
        }
        _ => Ok(()),
    }
}
