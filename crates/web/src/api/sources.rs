//! `sources`: the accounts that data is read from, and how reading them goes.

use std::collections::BTreeMap;

use atlas_model::{Platform, SETTINGS};
use atlas_store::{Deliveries, FailedCall, Freshness, Progress, Run, Source, StoredProblem};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Insider;
use super::problem::Problem;
use super::query::{At, Page, Paging};
use super::source_changes;

/// So many runs are told.
const RUNS: usize = 200;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_sources, source_changes::add_source))
        .routes(routes!(source_changes::import_sources))
        .routes(routes!(source, source_changes::change_source, source_changes::remove_source))
        .routes(routes!(source_changes::archive_source))
        .routes(routes!(progress))
        .routes(routes!(runs))
        .routes(routes!(problems))
        .routes(routes!(quota))
}

/// An account at a service; its key is never told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceLine {
    /// Its number: `source_id` in every table.
    id: i64,
    /// What people call it.
    name: String,
    /// The service.
    #[schema(value_type = String)]
    platform: Platform,
    /// Whom the whole account is used for.
    client: Option<String>,
    /// `active` or `archived`.
    status: String,
    /// Scheme, host and port in place of the service's.
    base_url: Option<String>,
    /// The account's time zone.
    time_zone: String,
    /// Every setting that the service has, as it holds now; empty for no limit.
    settings: BTreeMap<&'static str, String>,
    /// When a sync was last complete.
    last_sync_at: Option<Timestamp>,
    /// From when on that is older than its schedule wants: two times for another have passed.
    late_at: Option<Timestamp>,
    /// When it was added.
    created_at: Timestamp,
}

impl From<Source> for SourceLine {
    fn from(source: Source) -> Self {
        let late = |at| source.settings.schedule().late_at(&source.time_zone, at);
        let late_at = source.last_sync_at.map(late);
        let settings = SETTINGS.iter().map(|one| (one.key, source.settings.text(one.key).to_owned()));
        Self {
            id: source.id,
            settings: settings.collect(),
            name: source.name,
            platform: source.platform,
            client: source.client,
            status: source.status,
            base_url: source.base_url,
            time_zone: source.time_zone,
            last_sync_at: source.last_sync_at,
            late_at,
            created_at: source.created_at,
        }
    }
}

/// How reading an account goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceState {
    /// The account.
    source: SourceLine,
    /// The newest run.
    last_run: Option<Run>,
    /// Calls that are to be made.
    pending: usize,
    /// Calls whose retries are used up.
    failed_calls: Vec<FailedCall>,
    /// Endpoints that the service lacks or closes to the key.
    absent_endpoints: Vec<AbsentEndpoint>,
    /// How old the figures are.
    figures: Freshness,
    /// What the service posted.
    deliveries: Deliveries,
    /// Values that could not be understood.
    problems: usize,
}

/// An endpoint that the service lacks or closes to the key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbsentEndpoint {
    /// Its name.
    endpoint: String,
    /// What the service said.
    reason: String,
    /// When it is asked again.
    ask_again_at: Timestamp,
}

/// Calls of the month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quota {
    /// The month, as 2026-11 (UTC).
    month: String,
    /// Calls made in it.
    calls: i64,
    /// Calls that may be made in it; none for no limit.
    limit: Option<i64>,
    /// No call is made before then.
    next_call_at: Option<Timestamp>,
}

/// The accounts that data is read from.
#[utoipa::path(get, path = "/sources", tag = "sources", responses((status = 200, body = Page<SourceLine>)))]
async fn list_sources(_: Insider, State(api): State<Api>) -> Result<Json<Page<SourceLine>>, Problem> {
    let sources = api.store.sources().await?;
    Ok(Json(Page::whole(sources.into_iter().map(SourceLine::from).collect(), None)))
}

/// One account, and how reading it goes.
#[utoipa::path(get, path = "/sources/{name}", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = SourceState), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn source(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<SourceState>, Problem> {
    let source = find(&api, &name).await?;
    let (store, id) = (&api.store, source.id);
    let memory = store.memory(id).await?;
    let absent = memory.absent.into_iter().map(|(endpoint, absence)| AbsentEndpoint {
        endpoint,
        reason: absence.reason,
        ask_again_at: absence.ask_again_at,
    });
    Ok(Json(SourceState {
        last_run: store.runs(id, 1).await?.into_iter().next(),
        pending: store.pending(id).await?.len(),
        failed_calls: store.failed_calls(id).await?,
        absent_endpoints: absent.collect(),
        figures: store.freshness(id).await?,
        deliveries: store.deliveries(id, api.clock.now()).await?,
        problems: store.problems(id).await?.len(),
        source: source.into(),
    }))
}

/// How far each endpoint is in the current or last run.
#[utoipa::path(get, path = "/sources/{name}/progress", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = Page<Progress>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn progress(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Page<Progress>>, Problem> {
    let source = find(&api, &name).await?;
    Ok(Json(Page::whole(api.store.progress(source.id).await?, None)))
}

/// The newest runs, the newest first.
#[utoipa::path(get, path = "/sources/{name}/runs", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = Page<Run>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn runs(_: Insider, State(api): State<Api>, At(name): At<String>) -> Result<Json<Page<Run>>, Problem> {
    let source = find(&api, &name).await?;
    Ok(Json(Page::whole(api.store.runs(source.id, RUNS).await?, None)))
}

/// Values that could not be understood, as they stand.
#[utoipa::path(get, path = "/sources/{name}/problems", tag = "sources", params(("name" = String, Path), Paging), responses(
    (status = 200, body = Page<StoredProblem>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn problems(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
    paging: Paging,
) -> Result<Json<Page<StoredProblem>>, Problem> {
    let source = find(&api, &name).await?;
    let problems = api.store.problems(source.id).await?;
    let key = |one: &StoredProblem| format!("{}\n{}\n{}", one.endpoint, one.record, one.path);
    Ok(Json(paging.of(problems, None, key)?))
}

/// Calls of the month, and what is left of them.
#[utoipa::path(get, path = "/sources/{name}/quota", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = Quota), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn quota(_: Insider, State(api): State<Api>, At(name): At<String>) -> Result<Json<Quota>, Problem> {
    let source = find(&api, &name).await?;
    let memory = api.store.memory(source.id).await?;
    Ok(Json(Quota {
        month: memory.quota_month,
        calls: memory.quota_calls,
        limit: source.settings.number("monthly_quota"),
        next_call_at: memory.next_call_at,
    }))
}

pub(super) async fn find(api: &Api, name: &str) -> Result<Source, Problem> {
    api.store.source(name).await?.ok_or_else(|| Problem::not_found("such source"))
}
