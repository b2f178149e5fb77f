//! `sources/{name}/webhook`: the address to enter at the service, and what came through it.

use std::collections::BTreeMap;

use atlas_model::Secret;
use atlas_store::{Arrival, Deliveries, Source};
use atlas_vendor::delivery::{Posted, kinds, made_up, receive};
use atlas_vendor::{Delivery, Known, hear};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Admin, Insider, Writer};
use super::problem::Problem;
use super::query::{At, Page, Paging};
use super::sources::find;
use crate::reach;
use crate::webhooks::path;

/// How long a replaced address is still taken: seven days.
const OVERLAP_H: i64 = 7 * 24;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(webhook, rotate_webhook))
        .routes(routes!(try_webhook))
        .routes(routes!(deliveries))
        .routes(routes!(failed_deliveries))
}

/// A source's door for what its service posts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// What to enter at the service; it opens the door, so treat it as a password. None before the first was made.
    address: Option<String>,
    /// Whether deliveries must carry a secret, or be signed with it.
    has_secret: bool,
}

/// A delivery that could not be understood; it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedDelivery {
    /// Its number in the source's journal.
    id: i64,
    /// The name of the event, where the address told it.
    event: Option<String>,
    /// When it came.
    received_at: Timestamp,
    /// Why it could not be understood.
    reason: Option<String>,
    /// Its body, secrets removed.
    body: String,
}

impl From<Arrival> for FailedDelivery {
    fn from(arrival: Arrival) -> Self {
        Self {
            id: arrival.id,
            event: arrival.event,
            received_at: arrival.received_at,
            reason: arrival.reason,
            body: String::from_utf8_lossy(&arrival.body).into_owned(),
        }
    }
}

/// Which made-up delivery.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryToTry {
    /// The event, as the service names it; the first that it has without it.
    kind: Option<String>,
}

/// What would become of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedDelivery {
    /// The event.
    kind: String,
    /// Events that can be tried.
    kinds: Vec<&'static str>,
    /// Whether the token and the secret, if one is set, open the door.
    is_taken: bool,
    /// Why it would not be taken, or not be understood.
    reason: Option<String>,
    /// The rows that would follow from it, by table.
    #[schema(value_type = BTreeMap<String, usize>)]
    rows: BTreeMap<&'static str, usize>,
    /// Whether the address in `public_url` is one that a service can reach: none of this machine.
    is_address_public: bool,
}

/// Tries out a made-up delivery: the door, the secret and what it would mean. It is neither kept nor counted.
#[utoipa::path(post, path = "/sources/{name}/webhook/test", tag = "webhooks", params(("name" = String, Path)), request_body = DeliveryToTry,
    responses((status = 200, body = TriedDelivery), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn try_webhook(
    _: Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(DeliveryToTry { kind }): Sent<DeliveryToTry>,
) -> Result<Json<TriedDelivery>, Problem> {
    let source = find(&api, &name).await?;
    let kinds = kinds(source.platform);
    let kind = kind.unwrap_or_else(|| kinds.first().copied().unwrap_or_default().to_owned());
    let (now, vault) = (api.clock.now(), &api.vault);
    let secret = api.store.webhook_secret(source.id, vault).await?;
    let token = api.store.webhook_token(source.id, vault).await?;
    let campaigns = api.store.campaign_states(source.id).await?;
    let campaign = campaigns.into_iter().map(|(id, _)| id).min().unwrap_or_else(|| "1".to_owned());
    let made = made_up(source.platform, &kind, &campaign, now, secret.as_ref()).ok_or_else(|| {
        let text = format!("the service sends no '{kind}'");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text).hint(format!("it sends: {}", kinds.join(", ")))
    })?;
    let mut tried = TriedDelivery {
        kind,
        kinds: kinds.to_vec(),
        is_taken: false,
        reason: None,
        rows: BTreeMap::new(),
        is_address_public: reach::is_public_origin(&api.origin),
    };
    let Some(token) = token else {
        tried.reason = Some("the source has no address yet: make one first".to_owned());
        return Ok(Json(tried));
    };
    let posted = Posted {
        platform: source.platform,
        body: &made.body,
        event: made.event,
        token: token.expose(),
        signature: made.signature.as_deref(),
        secret: secret.as_ref(),
    };
    let deliveries = match receive(&posted) {
        Ok(deliveries) => deliveries,
        Err(refusal) => {
            tried.reason = Some(format!("it is refused: {refusal:?}"));
            return Ok(Json(tried));
        }
    };
    tried.is_taken = true;
    let words = api.store.account_words(source.id).await?;
    let categories = words.categories.into_iter();
    let known = Known {
        mailboxes: words.mailboxes.into_iter().collect(),
        categories: categories.map(|(id, name, sentiment)| (id, (name, sentiment))).collect(),
    };
    let zone = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
    let event = made.event.unwrap_or_default();
    let (settings, known) = (&source.settings, &known);
    let delivery = Delivery { event, received_at: now, zone: &zone, settings, known };
    for body in deliveries.iter().filter_map(|one| serde_json::from_slice(&one.body).ok()) {
        let heard = hear(source.platform, &delivery, body);
        for row in &heard.rows {
            *tried.rows.entry(row.table.name).or_default() += 1;
        }
        let reasons = [heard.refused, heard.kept_only].concat();
        tried.reason = tried.reason.or_else(|| (!reasons.is_empty()).then(|| reasons.join("; ")));
    }
    Ok(Json(tried))
}

/// The address to enter at the service, with its token; for admins, as it opens the door.
#[utoipa::path(get, path = "/sources/{name}/webhook", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Webhook), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn webhook(_: Admin, State(api): State<Api>, At(name): At<String>) -> Result<Json<Webhook>, Problem> {
    let source = find(&api, &name).await?;
    let token = api.store.webhook_token(source.id, &api.vault).await?;
    told(&api, &source, token.as_ref()).await
}

/// Makes a new address; the former is taken for seven days more.
#[utoipa::path(post, path = "/sources/{name}/webhook", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Webhook), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn rotate_webhook(
    Admin(caller): Admin,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Webhook>, Problem> {
    let source = find(&api, &name).await?;
    let now = api.clock.now();
    let token = api.store.new_webhook_token(source.id, &api.vault, now, now + OVERLAP_H.hours()).await?;
    api.store.note_deed(&caller.name, now, "webhook address made", &name).await?;
    told(&api, &source, Some(&token)).await
}

/// How its deliveries stand: the last one, how many an hour, what waits and what failed.
#[utoipa::path(get, path = "/sources/{name}/deliveries", tag = "webhooks", params(("name" = String, Path)), responses(
    (status = 200, body = Deliveries), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn deliveries(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
) -> Result<Json<Deliveries>, Problem> {
    let source = find(&api, &name).await?;
    Ok(Json(api.store.deliveries(source.id, api.clock.now()).await?))
}

/// Deliveries that could not be understood, the oldest first.
#[utoipa::path(get, path = "/sources/{name}/deliveries/failed", tag = "webhooks", params(("name" = String, Path), Paging), responses(
    (status = 200, body = Page<FailedDelivery>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn failed_deliveries(
    _: Insider,
    State(api): State<Api>,
    At(name): At<String>,
    paging: Paging,
) -> Result<Json<Page<FailedDelivery>>, Problem> {
    let source = find(&api, &name).await?;
    let limit = paging.limit().saturating_add(1).min(LARGEST_TABLE);
    let failed = api.store.arrivals(source.id, paging.after()?.unwrap_or(0), limit, true).await?;
    let failed = failed.into_iter().map(FailedDelivery::from).collect();
    Ok(Json(paging.of_rest(failed, None, |one| one.id.to_string())))
}

/// Their bodies are held in memory while a table is written.
const LARGEST_TABLE: usize = 5_000;

async fn told(api: &Api, source: &Source, token: Option<&Secret>) -> Result<Json<Webhook>, Problem> {
    let secret = api.store.webhook_secret(source.id, &api.vault).await?;
    // A token has letters that need no escaping.
    let address =
        token.map(|token| format!("{}{}?token={}", api.origin, path(source.platform), token.expose()));
    Ok(Json(Webhook { address, has_secret: secret.is_some() }))
}
