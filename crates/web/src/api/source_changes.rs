//! `sources`: adding, importing, changing, archiving and removing them. A key goes in and never comes out.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Platform, Secret, Settings};
use atlas_store::NewSource;
use atlas_vendor::{account, service};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Writer};
use super::problem::Problem;
use super::query::{At, Page};
use super::sources::{SourceLine, find};
use crate::reach;

/// So many are imported at once.
const LARGEST_IMPORT: usize = 500;

/// An account that shall be read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceToAdd {
    /// smartlead, replyio or phoneburner.
    platform: String,
    /// What people call it; no other source is called so.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its API key; `PhoneBurner`'s access token.
    #[schema(format = Password, min_length = 1)]
    api_key: String,
    /// Whom the whole account is used for.
    client: Option<String>,
    /// Scheme, host and port in place of the service's.
    base_url: Option<String>,
    /// The account's time zone, as Europe/Amsterdam; the service's own without it.
    time_zone: Option<String>,
    /// Settings of the source.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

/// Accounts that shall be read: all of them are stored, or none.
#[derive(Deserialize, ToSchema)]
pub(super) struct SourcesToImport {
    /// The accounts, 500 at most.
    #[schema(max_items = 500)]
    sources: Vec<SourceToAdd>,
}

/// What shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceChange {
    /// A new API key. It is needed with a new `base_url`, too: a stored key goes to no address that it was not stored for.
    #[schema(format = Password)]
    api_key: Option<String>,
    /// Whom the whole account is used for; empty for nobody.
    client: Option<String>,
    /// Scheme, host and port in place of the service's; empty for the service's own.
    base_url: Option<String>,
    /// The account's time zone.
    time_zone: Option<String>,
    /// Settings of the source.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

/// Whether it is archived.
#[derive(Deserialize, ToSchema)]
pub(super) struct Archiving {
    /// `false` asks its service again from now on.
    archived: bool,
}

/// Stores an account, its key encrypted. Nothing is asked of its service yet.
#[utoipa::path(post, path = "/sources", tag = "sources", request_body = SourceToAdd, responses((status = 201, body = SourceLine),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a source of that name.")))]
pub(super) async fn add_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(sent): Sent<SourceToAdd>,
) -> Result<(StatusCode, Json<SourceLine>), Problem> {
    let (new, key) = check(sent, &api).await?;
    Ok((StatusCode::CREATED, Json(add(&new, &key, &caller, &api).await?)))
}

/// Stores many accounts: all of them, or none when something is wrong with one.
#[utoipa::path(post, path = "/sources/import", tag = "sources", request_body = SourcesToImport,
    responses((status = 201, body = Page<SourceLine>),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a source of such a name.")))]
pub(super) async fn import_sources(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(sent): Sent<SourcesToImport>,
) -> Result<(StatusCode, Json<Page<SourceLine>>), Problem> {
    if sent.sources.len() > LARGEST_IMPORT {
        return Err(unfit(format!("{LARGEST_IMPORT} sources at most")));
    }
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for one in sent.sources {
        let (new, key) = check(one, &api).await?;
        if !names.insert(new.name.clone()) || api.store.source(&new.name).await?.is_some() {
            return Err(Problem::new(StatusCode::CONFLICT, format!("two sources are named '{}'", new.name)));
        }
        all.push((new, key));
    }
    let mut added = Vec::new();
    for (new, key) in &all {
        added.push(add(new, key, &caller, &api).await?);
    }
    Ok((StatusCode::CREATED, Json(Page::whole(added, None))))
}

/// Changes settings, key, client, time zone or address of an account.
#[utoipa::path(patch, path = "/sources/{name}", tag = "sources", params(("name" = String, Path)), request_body = SourceChange,
    responses((status = 200, body = SourceLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn change_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(change): Sent<SourceChange>,
) -> Result<Json<SourceLine>, Problem> {
    let mut source = find(&api, &name).await?;
    if let Some(zone) = change.time_zone {
        source.time_zone = account::zone(&zone)?;
    }
    if let Some(client) = change.client {
        source.client = account::client(Some(&client));
    }
    if let Some(base_url) = change.base_url {
        let new = match base_url.as_str() {
            "" => None,
            text => Some(address(text, &api).await?),
        };
        if new != source.base_url && change.api_key.is_none() {
            return Err(unfit("a new base_url needs the api_key with it"));
        }
        if new != source.base_url {
            source.is_public_only = reach::is_public_only(new.as_deref());
        }
        source.base_url = new;
    }
    set_all(&mut source.settings, &change.settings, source.base_url.as_deref())?;
    if let Some(key) = change.api_key {
        api.store.set_credential(source.id, &key_of(&key)?, &api.vault).await?;
    }
    api.store.update_source(&source, "source changed", by(&caller, &api)).await?;
    Ok(Json(source.into()))
}

/// Keeps an account's figures and asks its service no longer; or asks it again.
#[utoipa::path(post, path = "/sources/{name}/archive", tag = "sources", params(("name" = String, Path)), request_body = Archiving,
    responses((status = 200, body = SourceLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn archive_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(Archiving { archived }): Sent<Archiving>,
) -> Result<Json<SourceLine>, Problem> {
    let mut source = find(&api, &name).await?;
    api.store.archive_source(&mut source, archived, by(&caller, &api)).await?;
    Ok(Json(source.into()))
}

/// Removes an account and everything that was read from it.
#[utoipa::path(delete, path = "/sources/{name}", tag = "sources", params(("name" = String, Path)), responses(
    (status = 204, description = "Removed."), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn remove_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<StatusCode, Problem> {
    let source = find(&api, &name).await?;
    api.store.remove_source(&source, by(&caller, &api)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What can be checked without asking the service.
async fn check(sent: SourceToAdd, api: &Api) -> Result<(NewSource, Secret), Problem> {
    let platform: Platform = sent.platform.parse().map_err(unfit::<String>)?;
    let name = account::name(&sent.name)?;
    let base_url = match sent.base_url.filter(|url| !url.is_empty()) {
        Some(text) => Some(address(&text, api).await?),
        None => None,
    };
    let mut settings = Settings::new(platform, BTreeMap::new());
    set_all(&mut settings, &sent.settings, base_url.as_deref())?;
    let time_zone = account::zone(sent.time_zone.as_deref().unwrap_or(service(platform).time_zone))?;
    let client = account::client(sent.client.as_deref());
    let is_public_only = reach::is_public_only(base_url.as_deref());
    let new = NewSource { platform, name, client, base_url, is_public_only, time_zone, settings };
    Ok((new, key_of(&sent.api_key)?))
}

async fn add(new: &NewSource, key: &Secret, caller: &Caller, api: &Api) -> Result<SourceLine, Problem> {
    Ok(api.store.add_source(new, key, &api.vault, by(caller, api)).await?.into())
}

async fn address(text: &str, api: &Api) -> Result<String, Problem> {
    reach::checked(text, &api.store.sources().await?).await.map_err(unfit)
}

/// Settings, each checked; delays are off only where nobody is harmed.
fn set_all(
    settings: &mut Settings,
    given: &BTreeMap<String, String>,
    base_url: Option<&str>,
) -> Result<(), Problem> {
    for (key, value) in given {
        settings.set(key, value.trim()).map_err(unfit)?;
    }
    Ok(account::pace(settings, base_url)?)
}

/// Braces would be taken for a sign-in that renews itself.
fn key_of(text: &str) -> Result<Secret, Problem> {
    let key = Secret::new(text);
    if key.is_empty() || key.expose().starts_with('{') || key.expose().contains(char::is_control) {
        return Err(unfit("that is no API key"));
    }
    Ok(key)
}

/// Who does it, and when.
fn by<'a>(caller: &'a Caller, api: &Api) -> (&'a str, Timestamp) {
    (&caller.name, api.clock.now())
}

fn unfit<T: Into<String>>(detail: T) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
