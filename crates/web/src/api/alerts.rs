//! `alerts`: what hurts delivery or keeps figures from being true, who has taken note of it, and from when on it is one.

use std::collections::BTreeMap;

use atlas_insight::thresholds::{THRESHOLDS, refusal};
use atlas_store::{AlertLine, AlertsWanted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Insider, Writer};
use super::problem::Problem;
use super::query::{Asked, At, Filters, Page, Paging, given};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(alerts))
        .routes(routes!(alert))
        .routes(routes!(acknowledge_alert, take_acknowledgement_back))
        .routes(routes!(thresholds, set_thresholds))
}

/// Which alerts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only `warning` or `critical`.
    level: Option<String>,
    /// Only of this kind, as `bounce_rate`.
    kind: Option<String>,
    /// Only of `mailbox`, `domain`, `campaign` or `source`.
    scope: Option<String>,
    /// Only those that stand, or are over.
    standing: Option<bool>,
    /// Only those that somebody has, or has not, taken note of.
    acknowledged: Option<bool>,
}

/// Alerts: those that stand, the critical ones first, then those that were resolved last.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(Filters, Which, Paging),
    responses((status = 200, body = Page<AlertLine>)))]
async fn alerts(
    Insider(caller): Insider,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(which): Asked<Which>,
    paging: Paging,
) -> Result<Json<Page<AlertLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let wanted = AlertsWanted {
        id: None,
        level: given(which.level.as_ref()),
        kind: given(which.kind.as_ref()),
        scope: given(which.scope.as_ref()),
        is_standing: which.standing,
        is_acknowledged: which.acknowledged,
    };
    let lines = api.store.report_alerts(&filter, &wanted).await?;
    Ok(Json(paging.of(lines, None, |line| line.alert_id.to_string())?))
}

/// One alert.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn alert(_: Insider, State(api): State<Api>, At(id): At<i64>) -> Result<Json<AlertLine>, Problem> {
    find(&api, id).await.map(Json)
}

/// Takes note of an alert, so that others see that somebody does. Whoever was first stays.
#[utoipa::path(post, path = "/alerts/{id}/acknowledgement", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn acknowledge_alert(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<Json<AlertLine>, Problem> {
    note(&api, &caller, id, true).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/alerts/{id}/acknowledgement", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn take_acknowledgement_back(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<Json<AlertLine>, Problem> {
    note(&api, &caller, id, false).await
}

async fn note(
    api: &Api,
    caller: &Caller,
    id: i64,
    is_acknowledged: bool,
) -> Result<Json<AlertLine>, Problem> {
    api.store.acknowledge_alert(id, is_acknowledged, (&caller.name, api.clock.now())).await?;
    find(api, id).await.map(Json)
}

async fn find(api: &Api, id: i64) -> Result<AlertLine, Problem> {
    api.store.alert(id).await?.ok_or_else(|| Problem::not_found("such alert"))
}

/// From when on something is an alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThresholdLine {
    /// Its name.
    name: &'static str,
    /// What it is.
    value: f64,
    /// What it is where nobody sets it.
    usual: f64,
    /// It is set no lower.
    least: f64,
    /// And no higher.
    most: f64,
    /// What it is for.
    about: &'static str,
    /// Who set it; none where it is as usual.
    set_by: Option<String>,
    /// When.
    set_at: Option<Timestamp>,
}

/// Thresholds that shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
struct ThresholdsToSet {
    /// By name; null for what is usual.
    thresholds: BTreeMap<String, Option<f64>>,
}

/// From when on something is an alert; rates from 0 to 1.
#[utoipa::path(get, path = "/thresholds", tag = "alerts", responses((status = 200, body = Page<ThresholdLine>)))]
async fn thresholds(_: Insider, State(api): State<Api>) -> Result<Json<Page<ThresholdLine>>, Problem> {
    lines(&api).await
}

/// Sets thresholds: all that are named, or none. Alerts are held against them at once.
#[utoipa::path(patch, path = "/thresholds", tag = "alerts", request_body = ThresholdsToSet,
    responses((status = 200, body = Page<ThresholdLine>)))]
async fn set_thresholds(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(sent): Sent<ThresholdsToSet>,
) -> Result<Json<Page<ThresholdLine>>, Problem> {
    let mut set = api.store.thresholds().await?;
    for (name, value) in &sent.thresholds {
        match value {
            Some(value) => drop(set.insert(name.clone(), *value)),
            None if THRESHOLDS.iter().any(|known| known.name == name) => drop(set.remove(name)),
            None => drop(set.insert(name.clone(), 0.0)),
        }
    }
    if let Some(why) = refusal(&set) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    api.store.change_thresholds(&sent.thresholds, (&caller.name, api.clock.now())).await?;
    lines(&api).await
}

async fn lines(api: &Api) -> Result<Json<Page<ThresholdLine>>, Problem> {
    let mut set = api.store.set_thresholds().await?;
    let lines = THRESHOLDS.iter().map(|known| {
        let set = set.remove(known.name);
        ThresholdLine {
            name: known.name,
            value: set.as_ref().map_or(known.usual, |set| set.value),
            usual: known.usual,
            least: known.least,
            most: known.most,
            about: known.about,
            set_at: set.as_ref().map(|set| set.set_at),
            set_by: set.map(|set| set.set_by),
        }
    });
    Ok(Json(Page::whole(lines.collect(), None)))
}
