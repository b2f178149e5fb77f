//! `tokens` for programs, and `share-links` that show a client's own people that client and nothing else.

use atlas_store::{NewToken, Scope, Token, TokenKind};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Admin, Caller, Writer};
use super::problem::Problem;
use super::query::{At, Page};

/// How long a share link holds unless it is told otherwise.
const SHARE_DAYS: i64 = 90;
/// Longer than anybody plans.
const LONGEST_DAYS: i64 = 3650;
const DAY_H: i64 = 24;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tokens, add_token))
        .routes(routes!(revoke_token))
        .routes(routes!(list_share_links, add_share_link))
        .routes(routes!(revoke_share_link))
}

/// A token that shall be made.
#[derive(Deserialize, ToSchema)]
struct TokenToAdd {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it may do.
    scope: Scope,
    /// The only client that it shows; all without it.
    client: Option<String>,
    /// How long it holds; for ever without it.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// A token with its text, which is told this once.
#[derive(Serialize, ToSchema)]
struct NewTokenTold {
    /// What it is.
    #[serde(flatten)]
    about: Token,
    /// The token itself: `Authorization: Bearer TOKEN`.
    token: String,
}

/// A link that shall be made.
#[derive(Deserialize, ToSchema)]
struct ShareLinkToAdd {
    /// The client that it shows.
    #[schema(min_length = 1, max_length = 200)]
    client: String,
    /// How long it holds; 90 days without it.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// A link with its address, which is told this once.
#[derive(Serialize, ToSchema)]
struct NewShareLink {
    /// What it is.
    #[serde(flatten)]
    about: Token,
    /// The address to give away. What stands behind `#` is also taken as a bearer token.
    url: String,
}

/// Tokens of programs; never their text.
#[utoipa::path(get, path = "/tokens", tag = "access", responses((status = 200, body = Page<Token>)))]
async fn list_tokens(_: Admin, State(api): State<Api>) -> Result<Json<Page<Token>>, Problem> {
    Ok(Json(Page::whole(api.store.tokens(TokenKind::Api).await?, None)))
}

/// Makes a token; its text is told in this answer and never again.
#[utoipa::path(post, path = "/tokens", tag = "access", request_body = TokenToAdd, responses((status = 201, body = NewTokenTold)))]
async fn add_token(
    Admin(caller): Admin,
    State(api): State<Api>,
    Sent(new): Sent<TokenToAdd>,
) -> Result<(StatusCode, Json<NewTokenTold>), Problem> {
    let new = NewToken {
        kind: TokenKind::Api,
        name: called(&new.name)?,
        scope: new.scope,
        client: new.client,
        expires_at: in_days(new.expires_in_days, api.clock.now())?,
    };
    let (about, secret) = api.store.add_token(&new, (&caller.name, api.clock.now())).await?;
    Ok((StatusCode::CREATED, Json(NewTokenTold { about, token: secret.expose().to_owned() })))
}

/// Takes a token away.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "access", params(("id" = i64, Path)),
    responses((status = 204, description = "Revoked."), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn revoke_token(
    Admin(caller): Admin,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<StatusCode, Problem> {
    revoke(TokenKind::Api, id, &caller, &api).await
}

/// Links that show one client; never their addresses.
#[utoipa::path(get, path = "/share-links", tag = "access", responses((status = 200, body = Page<Token>)))]
async fn list_share_links(_: Writer, State(api): State<Api>) -> Result<Json<Page<Token>>, Problem> {
    Ok(Json(Page::whole(api.store.tokens(TokenKind::Share).await?, None)))
}

/// Makes a link that shows one client and changes nothing; its address is told in this answer and never again.
#[utoipa::path(post, path = "/share-links", tag = "access", request_body = ShareLinkToAdd, responses((status = 201, body = NewShareLink)))]
async fn add_share_link(
    Writer(caller): Writer,
    State(api): State<Api>,
    Sent(new): Sent<ShareLinkToAdd>,
) -> Result<(StatusCode, Json<NewShareLink>), Problem> {
    let client = called(&new.client)?;
    let new = NewToken {
        kind: TokenKind::Share,
        name: client.clone(),
        scope: Scope::Read,
        client: Some(client),
        expires_at: in_days(Some(new.expires_in_days.unwrap_or(SHARE_DAYS)), api.clock.now())?,
    };
    let (about, secret) = api.store.add_token(&new, (&caller.name, api.clock.now())).await?;
    // Behind the # it reaches no log.
    let url = format!("{}/share#{}", api.origin, secret.expose());
    Ok((StatusCode::CREATED, Json(NewShareLink { about, url })))
}

/// Takes a link away; who has it sees nothing from now on.
#[utoipa::path(delete, path = "/share-links/{id}", tag = "access", params(("id" = i64, Path)),
    responses((status = 204, description = "Revoked."), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn revoke_share_link(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(id): At<i64>,
) -> Result<StatusCode, Problem> {
    revoke(TokenKind::Share, id, &caller, &api).await
}

async fn revoke(kind: TokenKind, id: i64, caller: &Caller, api: &Api) -> Result<StatusCode, Problem> {
    let is_revoked = api.store.revoke_token(kind, id, (&caller.name, api.clock.now())).await?;
    if is_revoked { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("such token")) }
}

fn called(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "a name has 1 to 200 letters"));
    }
    Ok(name.to_owned())
}

fn in_days(days: Option<i64>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match days {
        None => Ok(None),
        Some(days @ 1..=LONGEST_DAYS) => Ok(Some(now + (days * DAY_H).hours())),
        Some(_) => {
            let text = format!("expires_in_days is a number from 1 to {LONGEST_DAYS}");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text))
        }
    }
}
