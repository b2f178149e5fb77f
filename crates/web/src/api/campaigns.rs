//! `campaigns`: the list, one of them, and what is known of it: templates, leads, hours, mailboxes, replies.

use atlas_store::{
    AccountLine, CampaignDetail, CampaignLine, CampaignOrder, Enrollment, Filter, Granularity, GroupBy,
    HourCell, SeriesPoint, VariantLine,
};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::{Caller, Reader};
use super::problem::Problem;
use super::query::{Asked, At, Comparison, Filters, OwnDays, Page, Paging, own_days};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(campaigns))
        .routes(routes!(campaign))
        .routes(routes!(campaign_variants))
        .routes(routes!(campaign_enrollment))
        .routes(routes!(campaign_heatmap))
        .routes(routes!(campaign_series))
        .routes(routes!(campaign_mailboxes))
}

/// A campaign with everything that is stored of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Campaign {
    /// Its line.
    campaign: CampaignLine,
    /// Its leads' states, templates, days, problems.
    #[serde(flatten)]
    detail: CampaignDetail,
    /// With `tz`: its source, where the days of e-mails are its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    own_days: Vec<OwnDays>,
}

/// Which campaigns come first.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Ordering {
    /// Those with most e-mails without it; by reply rate, those with fewer than 100 e-mails come last.
    #[param(inline)]
    order: Option<CampaignOrder>,
}

/// Campaigns, those with most e-mails first, or in another order.
#[utoipa::path(get, path = "/campaigns", tag = "campaigns", params(Filters, Ordering, Comparison, Paging),
    responses((status = 200, body = Page<CampaignLine>)))]
async fn campaigns(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(Ordering { order }): Asked<Ordering>,
    Asked(comparison): Asked<Comparison>,
    paging: Paging,
) -> Result<Json<Page<CampaignLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let key = |line: &CampaignLine| format!("{} {}", line.source_id, line.campaign_id);
    let (store, order) = (&api.store, order.unwrap_or(CampaignOrder::MostSent));
    let report =
        |filter: Filter, enough| async move { store.report_first_campaigns(&filter, order, enough).await };
    let page = comparison.page_of(&filter, &paging, key, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// One campaign: figures, leads' states, templates, days, problems.
#[utoipa::path(get, path = "/campaigns/{source}/{id}", tag = "campaigns", params(Place, Filters),
    responses((status = 200, body = Campaign), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Campaign>, Problem> {
    let filter = of_one(&api, &caller, place, &filters).await?;
    let lines = api.store.report_campaigns(&filter).await?;
    let campaign = lines.into_iter().next().ok_or_else(no_campaign)?;
    let detail = api.store.campaign_detail(&campaign, filter.period).await?;
    Ok(Json(Campaign { campaign, detail, own_days: own_days(&filter, &api).await? }))
}

/// Its templates, step by step, with what single events tell of each; over its whole life.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/variants", tag = "campaigns", params(Place, Filters),
    responses((status = 200, body = Page<VariantLine>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_variants(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Page<VariantLine>>, Problem> {
    let (filter, _) = find(&api, &caller, place, &filters).await?;
    Ok(Json(Page::whole(api.store.report_variants(&filter).await?, None)))
}

/// How far its leads have come: over time, which a period narrows, and by step as it is now.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/enrollment", tag = "campaigns", params(Place, Filters),
    responses((status = 200, body = Enrollment), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_enrollment(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Enrollment>, Problem> {
    let (filter, (source_id, campaign_id)) = find(&api, &caller, place, &filters).await?;
    Ok(Json(api.store.report_enrollment((source_id, &campaign_id), filter.period).await?))
}

/// Its e-mails by weekday and hour of the account.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/heatmap", tag = "campaigns", params(Place, Filters, Comparison),
    responses((status = 200, body = Page<HourCell>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_heatmap(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<HourCell>>, Problem> {
    let (filter, _) = find(&api, &caller, place, &filters).await?;
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_heatmap(&filter, GroupBy::None).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// Its figures day by day.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/series", tag = "campaigns", params(Place, Filters, Comparison),
    responses((status = 200, body = Page<SeriesPoint>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_series(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<SeriesPoint>>, Problem> {
    let (filter, _) = find(&api, &caller, place, &filters).await?;
    let store = &api.store;
    let report =
        |filter: Filter| async move { store.report_series(&filter, Granularity::Day, GroupBy::None).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// Mailboxes that may send for it.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/mailboxes", tag = "campaigns", params(Place, Filters, Comparison),
    responses((status = 200, body = Page<AccountLine>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_mailboxes(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<AccountLine>>, Problem> {
    let (filter, _) = find(&api, &caller, place, &filters).await?;
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_accounts(&filter).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// Where a campaign is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Place {
    /// Its source, by name.
    pub(crate) source: String,
    /// The service's id.
    pub(crate) id: String,
}

/// A filter for nothing but one campaign.
async fn of_one(api: &Api, caller: &Caller, place: Place, filters: &Filters) -> Result<Filter, Problem> {
    let filter = filters.filter(caller, api).await?;
    Ok(Filter { source: Some(place.source), campaign: Some(place.id), ..filter })
}

/// The same with the campaign's key, if whoever asks sees it.
pub(super) async fn find(
    api: &Api,
    caller: &Caller,
    place: Place,
    filters: &Filters,
) -> Result<(Filter, (i64, String)), Problem> {
    let filter = of_one(api, caller, place, filters).await?;
    let key = api.store.campaign_of(&filter).await?.ok_or_else(no_campaign)?;
    Ok((filter, key))
}

fn no_campaign() -> Problem {
    Problem::not_found("such campaign")
}
