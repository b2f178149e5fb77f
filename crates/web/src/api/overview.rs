//! Figures of everything that a filter leaves: totals, over time, as a funnel, by hour; and what needs attention.

use atlas_model::Period;
use atlas_store::{Attention, FunnelStage, Granularity, GroupBy, GroupLine, HourCell, SeriesPoint};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Comparison, Filters, Page, own_days};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(series))
        .routes(routes!(funnel))
        .routes(routes!(heatmap))
        .routes(routes!(clients))
        .routes(routes!(needs_attention))
}

/// How lines are taken together.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Grouping {
    /// What a line is: all together without it.
    #[param(inline)]
    group_by: Option<GroupBy>,
}

/// How long a point of a series lasts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Lasting {
    /// A day without it.
    #[param(inline)]
    granularity: Option<Granularity>,
}

/// The figures in total, or a line a group: e-mails, and the calls of the same source or client beside them.
#[utoipa::path(get, path = "/overview", tag = "reports", params(Filters, Grouping, Comparison),
    responses((status = 200, body = Page<GroupLine>)))]
async fn overview(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<Grouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<GroupLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.group_by.unwrap_or(GroupBy::None);
    let lines = api.store.report_groups_and_calls(&filter, by).await?;
    let before = match comparison.before(&filter)? {
        Some(before) => {
            let lines = api.store.report_groups_and_calls(&before, by).await?;
            Some((before, lines))
        }
        None => None,
    };
    let own_days = own_days(&filter, &api).await?;
    Ok(Json(Page::whole(lines, filter.period).in_days_of(own_days).beside(before)))
}

/// Figures over time. A day of which nothing is stored has no line: that is unknown, not 0.
#[utoipa::path(get, path = "/series", tag = "reports", params(Filters, Lasting, Grouping, Comparison),
    responses((status = 200, body = Page<SeriesPoint>)))]
async fn series(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(lasting): Asked<Lasting>,
    Asked(grouping): Asked<Grouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<SeriesPoint>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.group_by.unwrap_or(GroupBy::None);
    let granularity = lasting.granularity.unwrap_or(Granularity::Day);
    let points = api.store.report_series(&filter, granularity, by).await?;
    let before = match comparison.before(&filter)? {
        Some(before) => {
            let points = api.store.report_series(&before, granularity, by).await?;
            Some((before, points))
        }
        None => None,
    };
    let own_days = own_days(&filter, &api).await?;
    Ok(Json(Page::whole(points, filter.period).in_days_of(own_days).beside(before)))
}

/// From e-mails sent to meetings.
#[utoipa::path(get, path = "/funnel", tag = "reports", params(Filters, Comparison),
    responses((status = 200, body = Page<FunnelStage>)))]
async fn funnel(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<FunnelStage>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let stages = api.store.report_funnel(&filter).await?;
    let before = match comparison.before(&filter)? {
        Some(before) => {
            let stages = api.store.report_funnel(&before).await?;
            Some((before, stages))
        }
        None => None,
    };
    let own_days = own_days(&filter, &api).await?;
    Ok(Json(Page::whole(stages, filter.period).in_days_of(own_days).beside(before)))
}

/// E-mails by weekday and hour of the account.
#[utoipa::path(get, path = "/heatmap", tag = "reports", params(Filters, Comparison),
    responses((status = 200, body = Page<HourCell>)))]
async fn heatmap(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<HourCell>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let cells = api.store.report_heatmap(&filter).await?;
    let before = match comparison.before(&filter)? {
        Some(before) => {
            let cells = api.store.report_heatmap(&before).await?;
            Some((before, cells))
        }
        None => None,
    };
    let own_days = own_days(&filter, &api).await?;
    Ok(Json(Page::whole(cells, filter.period).in_days_of(own_days).beside(before)))
}

/// A line a client, over all services.
#[utoipa::path(get, path = "/clients", tag = "clients", params(Filters, Comparison),
    responses((status = 200, body = Page<GroupLine>)))]
async fn clients(
    reader: Reader,
    state: State<Api>,
    filters: Asked<Filters>,
    comparison: Asked<Comparison>,
) -> Result<Json<Page<GroupLine>>, Problem> {
    let grouping = Grouping { group_by: Some(GroupBy::Client) };
    overview(reader, state, filters, Asked(grouping), comparison).await
}

/// What a person should look at first, what stops everything at the top. It is as of now: a period plays no part.
#[utoipa::path(get, path = "/needs-attention", tag = "reports", params(Filters),
    responses((status = 200, body = Page<Attention>)))]
async fn needs_attention(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Page<Attention>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let mut lines = api.store.needs_attention(&filter, api.clock.now()).await?;
    // How reading an account goes is not for those who see one client of it.
    lines.retain(|line| caller.client.is_none() || line.link.page != "sources");
    Ok(Json(Page::whole(lines, None::<Period>)))
}
