//! `notice-targets`: whom alerts are told to. An address goes in and never comes out.

use std::pin::Pin;

use atlas_model::Secret;
use atlas_store::{NewTarget, Target, TargetLine, Vault};
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
use super::caller::{Insider, Writer};
use super::problem::Problem;
use super::query::{At, Page};
use crate::reach;

/// Sends a made-up notice; why it could not be, if so. The server itself calls nobody.
pub type TryTarget = fn(Target, Timestamp) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(notice_targets, add_notice_target))
        .routes(routes!(remove_notice_target))
        .routes(routes!(test_notice_target))
}

/// What is told how.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TargetKind {
    /// `{"text": …}`, as Slack, Mattermost and others take it.
    Slack,
    /// `{"notices": [{"id": …, "what": …, "alert": …}]}`, signed.
    Webhook,
}

/// From when on it is told.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Least {
    /// Every alert.
    #[default]
    Warning,
    /// Critical ones alone.
    Critical,
}

/// Somebody whom alerts shall be told to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TargetToAdd {
    /// What people call it; no other is called so.
    #[schema(min_length = 1)]
    name: String,
    /// `slack` or `webhook`.
    kind: TargetKind,
    /// Where: https, and on the internet.
    #[schema(format = Password)]
    address: String,
    /// `warning` or `critical`.
    #[serde(default)]
    level: Least,
}

/// Somebody whom alerts are told to from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedTarget {
    /// Their line.
    target: TargetLine,
    /// What a webhook's posts are signed with; it is told this once. `Atlas-Signature: t=SECONDS,v1=HEX` is the
    /// HMAC-SHA256 with it over the seconds, a dot and the body.
    secret: Option<String>,
}

/// Whom alerts are told to, and whether they hear.
#[utoipa::path(get, path = "/notice-targets", tag = "alerts", responses((status = 200, body = Page<TargetLine>)))]
async fn notice_targets(_: Insider, State(api): State<Api>) -> Result<Json<Page<TargetLine>>, Problem> {
    Ok(Json(Page::whole(api.store.notice_targets().await?, None)))
}

/// Tells somebody of alerts that open, become critical or are over, from now on. What could not be told is told again for
/// three days; a notice that comes twice has the same `id`.
#[utoipa::path(post, path = "/notice-targets", tag = "alerts", request_body = TargetToAdd,
    responses((status = 201, body = AddedTarget),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a target of that name.")))]
async fn add_notice_target(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(sent): Sent<TargetToAdd>,
) -> Result<(StatusCode, Json<AddedTarget>), Problem> {
    let address = reach::checked_target(&sent.address)
        .await
        .map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let (kind, secret) = match sent.kind {
        TargetKind::Slack => ("slack", None),
        TargetKind::Webhook => ("webhook", Some(Vault::new_key()?)),
    };
    let new = NewTarget {
        name: sent.name,
        kind: kind.to_owned(),
        address: Secret::new(address.as_str()),
        host: address.host_str().unwrap_or_default().to_owned(),
        secret: secret.clone(),
        is_critical_only: matches!(sent.level, Least::Critical),
        is_public_only: true,
    };
    let id = api.store.add_notice_target(&api.vault, &new, (&caller.name, api.clock.now())).await?;
    let target = api.store.notice_targets().await?.into_iter().find(|target| target.id == id);
    let target = target.ok_or_else(|| Problem::not_found("such target"))?;
    let secret = secret.map(|secret| secret.expose().to_owned());
    Ok((StatusCode::CREATED, Json(AddedTarget { target, secret })))
}

/// Tells somebody nothing any more.
#[utoipa::path(delete, path = "/notice-targets/{id}", tag = "alerts", params(("id" = i64, Path)), responses(
    (status = 204, description = "Removed."), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn remove_notice_target(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<StatusCode, Problem> {
    let is_removed = api.store.remove_notice_target(id, (&caller.name, api.clock.now())).await?;
    if is_removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("such target")) }
}

/// What came of a made-up notice.
#[derive(Serialize, ToSchema)]
pub(crate) struct TriedTarget {
    /// Whether it was taken.
    is_told: bool,
    /// Why it was not.
    reason: Option<String>,
}

/// Sends a made-up notice there, of which nothing is kept.
#[utoipa::path(post, path = "/notice-targets/{id}/test", tag = "alerts", params(("id" = i64, Path)), responses(
    (status = 200, body = TriedTarget), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn test_notice_target(
    _: Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<Json<TriedTarget>, Problem> {
    let target = api.store.notice_target(&api.vault, id).await?;
    let target = target.ok_or_else(|| Problem::not_found("such target"))?;
    let reason = (api.try_target)(target, api.clock.now()).await.err();
    Ok(Json(TriedTarget { is_told: reason.is_none(), reason }))
}
