//! `variants`, `patterns`, `analyses`: which copy does well, what of it goes with replies, and how far that is worked out.

use atlas_store::{Analysis, Filter, PatternLine, PatternsWanted, VariantDetail, VariantLine};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::{Caller, Insider, Reader};
use super::problem::Problem;
use super::query::{Asked, At, Filters, Page, Paging, given};
use crate::letters;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(variants))
        .routes(routes!(variant))
        .routes(routes!(variant_as_laid_out))
        .routes(routes!(patterns))
        .routes(routes!(analyses))
}

/// Where a template is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct VariantPlace {
    /// Its source, by name.
    source: String,
    /// Its `variant_id`.
    id: String,
}

/// Templates of all campaigns with what single events tell of each, over their whole lives; the best first, by a reply rate
/// that a small sample does not lift.
#[utoipa::path(get, path = "/variants", tag = "copy", params(Filters, Paging),
    responses((status = 200, body = Page<VariantLine>)))]
async fn variants(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    paging: Paging,
) -> Result<Json<Page<VariantLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let key = |line: &VariantLine| format!("{} {} {}", line.source_id, line.campaign_id, line.variant_id);
    Ok(Json(paging.of(api.store.report_variants(&filter).await?, None, key)?))
}

/// One template: its text, what it is like, and its reply rate week by week with the fitted curve. Two of them stand side by
/// side.
#[utoipa::path(get, path = "/variants/{source}/{id}", tag = "copy", params(VariantPlace),
    responses((status = 200, body = VariantDetail), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn variant(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<VariantPlace>,
) -> Result<Json<VariantDetail>, Problem> {
    detail(&api, &caller, place).await.map(Json)
}

/// One template as a page for people, as it is laid out: cleaned of whatever runs, loads something or leads elsewhere, and
/// locked up by a policy of its own.
#[utoipa::path(get, path = "/variants/{source}/{id}/page", tag = "copy", params(VariantPlace),
    responses((status = 200, body = String, content_type = "text/html"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn variant_as_laid_out(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<VariantPlace>,
) -> Result<Response, Problem> {
    Ok(letters::template(&detail(&api, &caller, place).await?))
}

async fn detail(
    api: &Api,
    caller: &Caller,
    VariantPlace { source, id }: VariantPlace,
) -> Result<VariantDetail, Problem> {
    let filter = Filter { source: Some(source), ..Filters::default().filter(caller, api).await? };
    api.store.report_variant(&filter, &id).await?.ok_or_else(|| Problem::not_found("such template"))
}

/// What patterns are looked for in.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// Replies.
    #[default]
    Replies,
    /// Positive replies.
    Positive,
}

/// Which patterns.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only this scope, as `step:1`; or all scopes of a kind: `all`, `platform`, `client`, `step`.
    scope: Option<String>,
    /// Only this feature, as `subject_is_question`.
    feature: Option<String>,
    /// By which outcome they are ranked, and `verdict` is meant: `replies`, or `positive` ones.
    #[param(inline)]
    metric: Option<Outcome>,
    /// Only those of this verdict: `better`, `worse`, `no_difference`, `not_conclusive`.
    verdict: Option<String>,
}

/// What in the copy goes with replies within the same campaign and step, the surest first. `client` and `platform` mean the
/// scope of that client, that platform. Features, levels and formulas: `docs/lessons.md`.
#[utoipa::path(get, path = "/patterns", tag = "copy", params(Filters, Which, Paging),
    responses((status = 200, body = Page<PatternLine>)))]
async fn patterns(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(which): Asked<Which>,
    paging: Paging,
) -> Result<Json<Page<PatternLine>>, Problem> {
    let filter: Filter = filters.filter(&caller, &api).await?;
    let wanted = PatternsWanted {
        scope: given(which.scope.as_ref()),
        feature: given(which.feature.as_ref()),
        verdict: given(which.verdict.as_ref()),
        is_positive: matches!(which.metric, Some(Outcome::Positive)),
    };
    let key = |line: &PatternLine| format!("{}\n{}\n{}", line.scope, line.feature, line.level);
    Ok(Json(paging.of(api.store.report_patterns(&filter, &wanted).await?, None, key)?))
}

/// How far the analyses are that follow a sync: features, replies, patterns, decay, alerts.
#[utoipa::path(get, path = "/analyses", tag = "copy", responses((status = 200, body = Page<Analysis>)))]
async fn analyses(_: Insider, State(api): State<Api>) -> Result<Json<Page<Analysis>>, Problem> {
    Ok(Json(Page::whole(api.store.analyses().await?, None)))
}
