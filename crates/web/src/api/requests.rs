//! `sources/{name}/sync`, `test`, `replay`: what is asked for here, a process that runs by itself does.

use atlas_store::{Part, Request};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Insider, Writer};
use super::problem::Problem;
use super::query::{At, Page};
use super::sources::find;

/// So many are told.
const REQUESTS: usize = 100;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sync_source))
        .routes(routes!(test_source))
        .routes(routes!(replay_source))
        .routes(routes!(list_requests))
        .routes(routes!(request))
}

/// Something that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requested {
    /// Its number.
    id: i64,
    /// `sync`, `test` or `replay`.
    kind: String,
    /// When it was asked for.
    requested_at: Timestamp,
    /// `waiting`, `running`, `done`; `withdrawn` when whoever asked did it without help.
    state: String,
    /// When it was done.
    ended_at: Option<Timestamp>,
    /// What it came to, when it is done: of a sync calls, rows, problems; of a test what each endpoint said.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
}

impl From<Request> for Requested {
    fn from(request: Request) -> Self {
        Self {
            id: request.id,
            kind: request.kind,
            requested_at: request.requested_at,
            state: request.state,
            ended_at: request.ended_at,
            outcome: request.outcome,
        }
    }
}

/// How much shall be read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SyncWanted {
    /// Ask for everything, changed or not.
    #[serde(default)]
    full: bool,
}

/// What shall be derived again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayWanted {
    /// Only what was read since then.
    since: Option<Timestamp>,
    /// Only what could not be understood whole.
    #[serde(default)]
    failed: bool,
}

/// Syncs a source now. Its progress is under `progress` and `events`, its end under the request's number.
#[utoipa::path(post, path = "/sources/{name}/sync", tag = "sources", params(("name" = String, Path)), request_body = SyncWanted,
    responses((status = 202, body = Requested), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn sync_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(SyncWanted { full }): Sent<SyncWanted>,
) -> Result<(StatusCode, Json<Requested>), Problem> {
    let source = find(&api, &name).await?;
    let number = api.store.request_sync(source.id, full, api.clock.now()).await?;
    accepted(&api, &caller, (source.id, number), "sync asked for", &name).await
}

/// Asks each endpoint of a source once; what each said is under the request's number.
#[utoipa::path(post, path = "/sources/{name}/test", tag = "sources", params(("name" = String, Path)),
    responses((status = 202, body = Requested), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn test_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<(StatusCode, Json<Requested>), Problem> {
    let source = find(&api, &name).await?;
    let number = api.store.request_test(source.id, api.clock.now()).await?;
    accepted(&api, &caller, (source.id, number), "test asked for", &name).await
}

/// Derives a source's tables again from what its service said, or only from what could not be understood.
#[utoipa::path(post, path = "/sources/{name}/replay", tag = "webhooks", params(("name" = String, Path)), request_body = ReplayWanted,
    responses((status = 202, body = Requested), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn replay_source(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(ReplayWanted { since, failed }): Sent<ReplayWanted>,
) -> Result<(StatusCode, Json<Requested>), Problem> {
    let source = find(&api, &name).await?;
    let part = Part { since, is_failed_only: failed };
    let number = api.store.request_replay(source.id, part, api.clock.now()).await?;
    accepted(&api, &caller, (source.id, number), "replay asked for", &name).await
}

/// What was asked for of a source, the newest first.
#[utoipa::path(get, path = "/sources/{name}/requests", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = Page<Requested>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn list_requests(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Page<Requested>>, Problem> {
    let source = find(&api, &name).await?;
    let requests = api.store.requests(source.id, REQUESTS).await?;
    Ok(Json(Page::whole(requests.into_iter().map(Requested::from).collect(), None)))
}

/// Something that was asked for, as it stands.
#[utoipa::path(get, path = "/sources/{name}/requests/{id}", tag = "sources", params(("name" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Requested), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn request(
    _: Insider,
    State(api): State<Api>,
    At((name, id)): At<(String, i64)>,
) -> Result<Json<Requested>, Problem> {
    let source = find(&api, &name).await?;
    let request = api.store.request(source.id, id).await?;
    Ok(Json(request.ok_or_else(|| Problem::not_found("such request"))?.into()))
}

async fn accepted(
    api: &Api,
    caller: &Caller,
    (source_id, number): (i64, i64),
    deed: &str,
    name: &str,
) -> Result<(StatusCode, Json<Requested>), Problem> {
    api.store.note_deed(&caller.name, api.clock.now(), deed, name).await?;
    let request = api.store.request(source_id, number).await?;
    let request = request.ok_or_else(|| Problem::not_found("such request"))?;
    Ok((StatusCode::ACCEPTED, Json(request.into())))
}
