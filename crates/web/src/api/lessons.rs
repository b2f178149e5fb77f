//! `patterns`: what in the copy goes with replies.

use atlas_store::Filter;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Filters, Page};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(patterns))
}

/// A feature of the copy, and what goes with it: the columns of `copy_patterns`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = Object)]
pub(crate) struct PatternLine(Map<String, Value>);

/// What in the copy goes with replies, the surest first: of all sources, or of one client. Of the filters `client` plays a
/// part.
#[utoipa::path(get, path = "/patterns", tag = "campaigns", params(Filters),
    responses((status = 200, body = Page<PatternLine>)))]
async fn patterns(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Page<PatternLine>>, Problem> {
    let filter: Filter = filters.filter(&caller, &api).await?;
    let lines = api.store.report_patterns(&filter).await?;
    Ok(Json(Page::whole(lines.into_iter().map(PatternLine).collect(), None)))
}
