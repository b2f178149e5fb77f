//! `clients`: whose campaigns are whose, and why; what a client is promised; a client's week on one page.

use std::collections::BTreeMap;

use atlas_store::{ClientLine, ClientReason, ClientRule, NewClientRule, WeeklyReport, last_week};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Insider, Reader, Writer};
use super::campaigns::Place;
use super::problem::Problem;
use super::query::{Asked, At, Page, today};
use super::sources::find;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(client_names, add_client))
        .routes(routes!(client_rules, add_client_rule))
        .routes(routes!(remove_client_rule))
        .routes(routes!(client_of_campaign, assign_client))
        .routes(routes!(client_targets, set_client_targets))
        .routes(routes!(weekly_report))
}

/// A client that shall be known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientToAdd {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Whose a campaign shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// The client; null for whose it would be without a hand.
    #[schema(max_length = 200)]
    client: Option<String>,
}

/// What a client is promised a week.
#[derive(Serialize, ToSchema)]
pub(crate) struct Targets {
    /// The client.
    client: String,
    /// By metric, as `total_sent` or `meetings_booked`; rates from 0 to 1.
    targets: BTreeMap<String, f64>,
}

/// Targets that shall be different; what is not named stays.
#[derive(Deserialize, ToSchema)]
struct TargetsToSet {
    /// By metric; null for none any more.
    targets: BTreeMap<String, Option<f64>>,
}

/// Which week.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WeekAsked {
    /// Any day of the week, as 2026-11-16; the last week that is over without it.
    #[param(value_type = Option<jiff::civil::Date>)]
    week: Option<String>,
}

/// Every client that sources, services or people tell.
#[utoipa::path(get, path = "/client-names", tag = "clients", responses((status = 200, body = Page<ClientLine>)))]
async fn client_names(_: Insider, State(api): State<Api>) -> Result<Json<Page<ClientLine>>, Problem> {
    Ok(Json(Page::whole(api.store.client_lines().await?, None)))
}

/// Names a client, so that it can have rules, targets and a link before anything is done for it.
#[utoipa::path(post, path = "/client-names", tag = "clients", request_body = ClientToAdd, responses(
    (status = 204, description = "It is known."),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It was known already.")))]
async fn add_client(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(ClientToAdd { name }): Sent<ClientToAdd>,
) -> Result<StatusCode, Problem> {
    match api.store.add_client(&name, (&caller.name, api.clock.now())).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::new(StatusCode::CONFLICT, format!("there is a client '{name}' already"))),
    }
}

/// Rules on the names of campaigns, in the order in which they are tried.
#[utoipa::path(get, path = "/client-rules", tag = "clients", responses((status = 200, body = Page<ClientRule>)))]
async fn client_rules(_: Insider, State(api): State<Api>) -> Result<Json<Page<ClientRule>>, Problem> {
    Ok(Json(Page::whole(api.store.client_rules().await?, None)))
}

/// Makes a rule: campaigns whose names it finds are its client's from now on, unless they are somebody's by hand or by an
/// earlier rule.
#[utoipa::path(post, path = "/client-rules", tag = "clients", request_body = NewClientRule,
    responses((status = 201, body = ClientRule)))]
async fn add_client_rule(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(new): Sent<NewClientRule>,
) -> Result<(StatusCode, Json<ClientRule>), Problem> {
    let rule = api.store.add_client_rule(&new, (&caller.name, api.clock.now())).await?;
    Ok((StatusCode::CREATED, Json(rule)))
}

/// Takes a rule back.
#[utoipa::path(delete, path = "/client-rules/{id}", tag = "clients", params(("id" = i64, Path)), responses(
    (status = 204, description = "Taken back."), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn remove_client_rule(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<StatusCode, Problem> {
    let is_removed = api.store.remove_client_rule(id, (&caller.name, api.clock.now())).await?;
    if is_removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("such rule")) }
}

/// Whose a campaign is, and why.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/client", tag = "clients", params(Place), responses(
    (status = 200, body = ClientReason), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn client_of_campaign(
    _: Insider,
    State(api): State<Api>,
    At(place): At<Place>,
) -> Result<Json<ClientReason>, Problem> {
    reason(&api, &place).await
}

/// Gives a campaign to a client by hand, which stands over rules, the data source and the service.
#[utoipa::path(put, path = "/campaigns/{source}/{id}/client", tag = "clients", params(Place), request_body = Assignment, responses(
    (status = 200, body = ClientReason), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn assign_client(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(place): At<Place>,
    Sent(Assignment { client }): Sent<Assignment>,
) -> Result<Json<ClientReason>, Problem> {
    let source = find(&api, &place.source).await?;
    let who = (caller.name.as_str(), api.clock.now());
    if !api.store.assign_client((source.id, &place.id), client.as_deref(), who).await? {
        return Err(Problem::not_found("such campaign"));
    }
    reason(&api, &place).await
}

async fn reason(api: &Api, place: &Place) -> Result<Json<ClientReason>, Problem> {
    let source = find(api, &place.source).await?;
    let reason = api.store.client_reason(source.id, &place.id).await?;
    reason.map(Json).ok_or_else(|| Problem::not_found("such campaign"))
}

/// What a client is promised a week.
#[utoipa::path(get, path = "/clients/{client}/targets", tag = "clients", params(("client" = String, Path)),
    responses((status = 200, body = Targets)))]
async fn client_targets(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(client): At<String>,
) -> Result<Json<Targets>, Problem> {
    caller.only(Some(client.clone()))?;
    Ok(Json(Targets { targets: api.store.client_targets(&client).await?, client }))
}

/// Sets what a client is promised a week.
#[utoipa::path(patch, path = "/clients/{client}/targets", tag = "clients", params(("client" = String, Path)),
    request_body = TargetsToSet, responses((status = 200, body = Targets)))]
async fn set_client_targets(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(client): At<String>,
    Sent(sent): Sent<TargetsToSet>,
) -> Result<Json<Targets>, Problem> {
    api.store.set_client_targets(&client, &sent.targets, (&caller.name, api.clock.now())).await?;
    Ok(Json(Targets { targets: api.store.client_targets(&client).await?, client }))
}

/// A client's week on one page; to print it, open `/report/{client}`.
#[utoipa::path(get, path = "/clients/{client}/report", tag = "clients", params(("client" = String, Path), WeekAsked), responses(
    (status = 200, body = WeeklyReport), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn weekly_report(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(client): At<String>,
    Asked(asked): Asked<WeekAsked>,
) -> Result<Json<WeeklyReport>, Problem> {
    Ok(Json(report(&api, &caller, &client, &asked).await?))
}

/// The report, if the client is shown to whoever asks.
pub(crate) async fn report(
    api: &Api,
    caller: &Caller,
    client: &str,
    asked: &WeekAsked,
) -> Result<WeeklyReport, Problem> {
    caller.only(Some(client.to_owned()))?;
    let client = api.store.client_named(client).await?.ok_or_else(|| Problem::not_found("such client"))?;
    let today = today(api, None).await?;
    let day = match asked.week.as_deref().filter(|text| !text.is_empty()) {
        None => last_week(today),
        Some(text) => text.parse().ok().filter(|day| *day <= today).ok_or_else(|| {
            Problem::invalid(format!("week={text} is no day that has begun")).hint("write it as 2026-11-16")
        })?,
    };
    Ok(api.store.weekly_report(&client, day, (today, api.clock.now())).await?)
}
