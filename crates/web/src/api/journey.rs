//! `journey`: how far people come over all services, and who is in several campaigns at once.

use atlas_store::{DuplicateLine, Filter, PeopleBy, ReportPart};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Comparison, Filters, Page};

/// So many people in several campaigns are told.
const DUPLICATES: usize = 200;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(journey)).routes(routes!(duplicates))
}

/// How people are taken together.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PeopleGrouping {
    /// What a line is: all people together without it.
    #[param(inline)]
    group_by: Option<PeopleBy>,
}

/// E-mailed, replied, called, connected, met: how many people came so far, and how long it took.
#[utoipa::path(get, path = "/journey", tag = "journey", params(Filters, PeopleGrouping, Comparison),
    responses((status = 200, body = Page<ReportPart>)))]
async fn journey(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<PeopleGrouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<ReportPart>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.group_by.unwrap_or(PeopleBy::Total);
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_journey(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page))
}

/// People who are in several campaigns of one client now, a line a campaign; 200 people at most, those in most campaigns
/// first. A period means those who came into these campaigns in its days.
#[utoipa::path(get, path = "/journey/duplicates", tag = "journey", params(Filters),
    responses((status = 200, body = Page<DuplicateLine>)))]
async fn duplicates(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Page<DuplicateLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    Ok(Json(Page::whole(api.store.report_duplicates(&filter, DUPLICATES).await?, filter.period)))
}
