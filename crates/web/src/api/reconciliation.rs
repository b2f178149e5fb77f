//! `reconciliation`: our figures beside the service's own, with the reason of each difference.

use atlas_store::Reconciliation;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Insider;
use super::problem::Problem;
use super::query::{Asked, Filters};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(reconciliation))
}

/// Ours beside theirs, over whole lives: by source, and by campaign, the greatest differences first.
#[utoipa::path(get, path = "/reconciliation", tag = "trust", params(Filters),
    responses((status = 200, body = Reconciliation)))]
async fn reconciliation(
    Insider(caller): Insider,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Reconciliation>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    Ok(Json(api.store.report_reconciliation(&filter).await?))
}
