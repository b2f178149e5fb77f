//! `outcomes`: meetings and deals, which no service tells.

use atlas_store::{NewOutcome, Outcome};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Reader, Writer};
use super::problem::Problem;
use super::query::{Asked, At, Filters, Page, Paging};

/// So many are told at once.
const LARGEST_TELLING: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(outcomes, add_outcomes)).routes(routes!(remove_outcome))
}

/// Outcomes that somebody tells: all of them are stored, or none; one that is known is not stored twice.
#[derive(Deserialize, ToSchema)]
struct OutcomesToAdd {
    /// The outcomes, 1,000 at most.
    #[schema(min_items = 1, max_items = 1000)]
    outcomes: Vec<NewOutcome>,
}

/// Meetings and deals, the newest first.
#[utoipa::path(get, path = "/outcomes", tag = "clients", params(Filters, Paging),
    responses((status = 200, body = Page<Outcome>)))]
async fn outcomes(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    paging: Paging,
) -> Result<Json<Page<Outcome>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let outcomes = api.store.outcomes(filter.client.as_deref(), filter.period).await?;
    Ok(Json(paging.of(outcomes, filter.period, |one| one.id.to_string())?))
}

/// Tells outcomes.
#[utoipa::path(post, path = "/outcomes", tag = "clients", request_body = OutcomesToAdd,
    responses((status = 204, description = "Stored.")))]
async fn add_outcomes(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(sent): Sent<OutcomesToAdd>,
) -> Result<StatusCode, Problem> {
    if !(1..=LARGEST_TELLING).contains(&sent.outcomes.len()) {
        let text = format!("1 to {LARGEST_TELLING} outcomes at once");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    api.store.add_outcomes(&sent.outcomes, (&caller.name, api.clock.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an outcome back.
#[utoipa::path(delete, path = "/outcomes/{id}", tag = "clients", params(("id" = i64, Path)), responses(
    (status = 204, description = "Taken back."), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn remove_outcome(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<StatusCode, Problem> {
    let is_removed = api.store.remove_outcome(id, (&caller.name, api.clock.now())).await?;
    if is_removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("such outcome")) }
}
