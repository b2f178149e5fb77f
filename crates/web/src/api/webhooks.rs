//! `sources/{name}/webhook`: the address to enter at the service, and what came through it.

use atlas_model::Secret;
use atlas_store::{Arrival, Deliveries, Source};
use axum::Json;
use axum::extract::State;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::{Insider, Writer};
use super::problem::Problem;
use super::query::{At, Page, Paging};
use super::sources::find;
use crate::webhooks::path;

/// How long a replaced address is still taken: seven days.
const OVERLAP_H: i64 = 7 * 24;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(webhook, rotate_webhook))
        .routes(routes!(deliveries))
        .routes(routes!(failed_deliveries))
}

/// A source's door for what its service posts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// What to enter at the service; it opens the door, so treat it as a password. None before the first was made.
    address: Option<String>,
    /// Whether deliveries must carry a secret, or be signed with it.
    has_secret: bool,
}

/// A delivery that could not be understood; it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedDelivery {
    /// Its number in the source's journal.
    id: i64,
    /// The name of the event, where the address told it.
    event: Option<String>,
    /// When it came.
    received_at: Timestamp,
    /// Why it could not be understood.
    reason: Option<String>,
    /// Its body, secrets removed.
    body: String,
}

impl From<Arrival> for FailedDelivery {
    fn from(arrival: Arrival) -> Self {
        Self {
            id: arrival.id,
            event: arrival.event,
            received_at: arrival.received_at,
            reason: arrival.reason,
            body: String::from_utf8_lossy(&arrival.body).into_owned(),
        }
    }
}

/// The address to enter at the service, with its token.
#[utoipa::path(get, path = "/sources/{name}/webhook", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Webhook), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn webhook(_: Writer, State(api): State<Api>, At(name): At<String>) -> Result<Json<Webhook>, Problem> {
    let source = find(&api, &name).await?;
    let token = api.store.webhook_token(source.id, &api.vault).await?;
    told(&api, &source, token.as_ref()).await
}

/// Makes a new address; the former is taken for seven days more.
#[utoipa::path(post, path = "/sources/{name}/webhook", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Webhook), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn rotate_webhook(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Webhook>, Problem> {
    let source = find(&api, &name).await?;
    let now = api.clock.now();
    let token = api.store.new_webhook_token(source.id, &api.vault, now, now + OVERLAP_H.hours()).await?;
    api.store.note_deed(&caller.name, now, "webhook address made", &name).await?;
    told(&api, &source, Some(&token)).await
}

/// How its deliveries stand: the last one, how many an hour, what waits and what failed.
#[utoipa::path(get, path = "/sources/{name}/deliveries", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Deliveries), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn deliveries(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Deliveries>, Problem> {
    let source = find(&api, &name).await?;
    Ok(Json(api.store.deliveries(source.id, api.clock.now()).await?))
}

/// Deliveries that could not be understood, the oldest first.
#[utoipa::path(get, path = "/sources/{name}/deliveries/failed", tag = "webhooks", params(("name" = String, Path), Paging), responses(
    (status = 200, body = Page<FailedDelivery>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn failed_deliveries(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
    paging: Paging,
) -> Result<Json<Page<FailedDelivery>>, Problem> {
    let source = find(&api, &name).await?;
    let limit = paging.limit().saturating_add(1).min(LARGEST_TABLE);
    let failed = api.store.arrivals(source.id, paging.after()?.unwrap_or(0), limit, true).await?;
    let failed = failed.into_iter().map(FailedDelivery::from).collect();
    Ok(Json(paging.of_rest(failed, None, |one| one.id.to_string())))
}

/// Their bodies are held in memory while a table is written.
const LARGEST_TABLE: usize = 5_000;

async fn told(api: &Api, source: &Source, token: Option<&Secret>) -> Result<Json<Webhook>, Problem> {
    let secret = api.store.webhook_secret(source.id, &api.vault).await?;
    // A token has letters that need no escaping.
    let address =
        token.map(|token| format!("{}{}?token={}", api.origin, path(source.platform), token.expose()));
    Ok(Json(Webhook { address, has_secret: secret.is_some() }))
}
