//! `glossary`: every metric with its formula, unit and what a reader should know.

use atlas_store::GlossaryEntry;
use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::query::Page;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(glossary))
}

/// Every metric: formula, numerator, denominator, unit, what a reader should know.
#[utoipa::path(get, path = "/glossary", tag = "trust", responses((status = 200, body = Page<GlossaryEntry>)))]
async fn glossary(_: Reader) -> Json<Page<GlossaryEntry>> {
    Json(Page::whole(atlas_store::glossary(), None))
}
