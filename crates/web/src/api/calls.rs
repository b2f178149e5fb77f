//! `calls`: dials, connects, conversations, by caller, hour, disposition.

use atlas_store::{CallHourCell, CallsBy, Filter, ReportPart};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Comparison, Filters, Page};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(calls)).routes(routes!(call_heatmap))
}

/// How calls are taken together.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CallGrouping {
    /// What a line is: all calls together without it.
    #[param(inline)]
    group_by: Option<CallsBy>,
}

/// Calls taken together.
#[utoipa::path(get, path = "/calls", tag = "calls", params(Filters, CallGrouping, Comparison),
    responses((status = 200, body = Page<ReportPart>)))]
async fn calls(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<CallGrouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<ReportPart>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.group_by.unwrap_or(CallsBy::Total);
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_calls(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page))
}

/// Calls by weekday and hour of the account: of all together, or of each group.
#[utoipa::path(get, path = "/calls/heatmap", tag = "calls", params(Filters, CallGrouping, Comparison),
    responses((status = 200, body = Page<CallHourCell>)))]
async fn call_heatmap(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<CallGrouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<CallHourCell>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.group_by.unwrap_or(CallsBy::Total);
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_call_heatmap(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page))
}
