//! Figures of everything that a filter leaves: totals, over time, as a funnel, by hour; and what needs attention.

use atlas_model::{Period, metric};
use atlas_store::{Attention, Filter, FunnelStage, Granularity, GroupBy, GroupLine, HourCell, SeriesPoint};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Comparison, Filters, Page, given, own_days};

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

impl Grouping {
    pub(super) fn by(&self) -> GroupBy {
        self.group_by.unwrap_or(GroupBy::None)
    }
}

/// How long a point of a series lasts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Lasting {
    /// A day without it.
    #[param(inline)]
    granularity: Option<Granularity>,
    /// Only these metrics of the registry, as `total_sent,reply_rate`; all of them without it. A year by day is long.
    metrics: Option<String>,
}

impl Lasting {
    fn metrics(&self) -> Result<Option<Vec<&'static str>>, Problem> {
        let Some(names) = given(self.metrics.as_ref()) else { return Ok(None) };
        let known = |name| metric(name).map(|metric| metric.name);
        let found =
            |name| known(name).ok_or_else(|| Problem::invalid(format!("there is no metric '{name}'")));
        names.split(',').map(found).collect::<Result<_, _>>().map(Some)
    }
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
    let by = grouping.by();
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_groups_and_calls(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
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
    let by = grouping.by();
    let granularity = lasting.granularity.unwrap_or(Granularity::Day);
    let (store, metrics) = (&api.store, &lasting.metrics()?);
    let report = |filter: Filter| async move {
        let mut points = store.report_series(&filter, granularity, by).await?;
        if let Some(metrics) = metrics {
            points.iter_mut().for_each(|point| point.figures.keep(metrics));
        }
        Ok(points)
    };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// From e-mails sent to meetings: for all together, or for each group.
#[utoipa::path(get, path = "/funnel", tag = "reports", params(Filters, Grouping, Comparison),
    responses((status = 200, body = Page<FunnelStage>)))]
async fn funnel(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<Grouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<FunnelStage>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.by();
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_funnel(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// E-mails by weekday and hour of the account: of all together, or of each group.
#[utoipa::path(get, path = "/heatmap", tag = "reports", params(Filters, Grouping, Comparison),
    responses((status = 200, body = Page<HourCell>)))]
async fn heatmap(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<Grouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<HourCell>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.by();
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_heatmap(&filter, by).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
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

/// What a person should look at first, what stops everything at the top, as of now.
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
