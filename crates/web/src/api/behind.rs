//! `messages`, `calls/list`, `calls/sessions`, `journey/people`: what figures count, one by one.

use atlas_store::{
    CallKind, CallLine, MessageCursor, MessageKind, MessageLine, PersonLine, SessionLine, Stage,
};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Filters, Page, Paging};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(messages))
        .routes(routes!(call_list))
        .routes(routes!(sessions))
        .routes(routes!(people))
}

/// Which e-mails.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichMessages {
    /// All that went out without it.
    #[param(inline)]
    kind: Option<MessageKind>,
}

/// Which calls.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichCalls {
    /// All of them without it.
    #[param(inline)]
    kind: Option<CallKind>,
}

/// Which people.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichPeople {
    /// How far they came; everybody without it.
    #[param(inline)]
    stage: Option<Stage>,
}

/// So many e-mails are held in memory while a table is written.
const LARGEST_TABLE: usize = 50_000;

/// E-mails that are known one by one, the newest first; totals of services may tell more. As a table 50,000 at most.
#[utoipa::path(get, path = "/messages", tag = "reports", params(Filters, WhichMessages, Paging),
    responses((status = 200, body = Page<MessageLine>)))]
async fn messages(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(which): Asked<WhichMessages>,
    paging: Paging,
) -> Result<Json<Page<MessageLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let cursor = paging.after::<String>()?.map(|cursor| serde_json::from_str::<MessageCursor>(&cursor));
    let after = cursor.transpose().map_err(|_| Problem::invalid("that cursor is none of ours"))?;
    let limit = paging.limit().saturating_add(1).min(LARGEST_TABLE);
    let kind = which.kind.unwrap_or_default();
    let lines = api.store.report_messages(&filter, kind, after.as_ref(), limit).await?;
    let key = |line: &MessageLine| serde_json::to_string(&line.cursor()).unwrap_or_default();
    Ok(Json(paging.of_rest(lines, filter.period, key)))
}

/// Calls one by one, the newest first.
#[utoipa::path(get, path = "/calls/list", tag = "calls", params(Filters, WhichCalls, Paging),
    responses((status = 200, body = Page<CallLine>)))]
async fn call_list(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(which): Asked<WhichCalls>,
    paging: Paging,
) -> Result<Json<Page<CallLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let lines = api.store.report_call_list(&filter, which.kind.unwrap_or_default(), paging.enough()).await?;
    let key = |line: &CallLine| format!("{} {} {}", line.source_id, line.origin, line.call_id);
    Ok(Json(paging.of(lines, filter.period, key)?))
}

/// Dial sessions, the newest first, each with its calls of the days that are asked for.
#[utoipa::path(get, path = "/calls/sessions", tag = "calls", params(Filters, Paging),
    responses((status = 200, body = Page<SessionLine>)))]
async fn sessions(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    paging: Paging,
) -> Result<Json<Page<SessionLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let lines = api.store.report_sessions(&filter, paging.enough()).await?;
    let key = |line: &SessionLine| {
        format!("{} {} {}", line.source_id, line.session_id, line.caller_name.as_deref().unwrap_or_default())
    };
    Ok(Json(paging.of(lines, filter.period, key)?))
}

/// People one by one, each of a client once over all services, with how far they came; the newest first.
#[utoipa::path(get, path = "/journey/people", tag = "journey", params(Filters, WhichPeople, Paging),
    responses((status = 200, body = Page<PersonLine>)))]
async fn people(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(which): Asked<WhichPeople>,
    paging: Paging,
) -> Result<Json<Page<PersonLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let lines = api.store.report_people(&filter, which.stage.unwrap_or_default(), paging.enough()).await?;
    let key =
        |line: &PersonLine| format!("{} {}", line.client_name.as_deref().unwrap_or_default(), line.person);
    Ok(Json(paging.of(lines, filter.period, key)?))
}
