//! `me` and `session`: who asks, signing in and out.

use atlas_model::Secret;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Reader};
use super::problem::Problem;
use crate::sign_in;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(session, sign_in, sign_out))
        .routes(routes!(sign_in_first))
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
struct Credentials {
    /// The address.
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// The first user, who becomes admin.
#[derive(Deserialize, ToSchema)]
struct FirstUser {
    /// From the link that `atlas serve` prints.
    token: String,
    /// The address.
    email: String,
    /// A password of ten letters or more.
    #[schema(format = Password, min_length = 10)]
    password: String,
}

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/me", tag = "access", responses((status = 200, body = Caller)))]
async fn me(Reader(caller): Reader) -> Json<Caller> {
    Json(caller)
}

/// Who is signed in, if anybody is: a page asks it before it knows, and nobody is an answer, not an error.
#[utoipa::path(get, path = "/session", tag = "access", responses((status = 200, body = Caller),
    (status = 204, description = "Nobody is signed in.")))]
async fn session(caller: Result<Reader, Problem>) -> Result<Response, Problem> {
    match caller {
        Ok(Reader(caller)) => Ok(Json(caller).into_response()),
        Err(problem) if problem.code() == StatusCode::UNAUTHORIZED => {
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Signs in: the answer sets the session's cookie.
#[utoipa::path(post, path = "/session", tag = "access", request_body = Credentials, responses(
    (status = 204, description = "Signed in."),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The address or the password is wrong."),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many attempts.")))]
async fn sign_in(
    State(api): State<Api>,
    headers: HeaderMap,
    Sent(given): Sent<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    own_page(&api, &headers)?;
    let (_, cookie) = sign_in::sign_in(&api, &given.email, Secret::new(&given.password)).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}

/// Makes the first user, by the link that `atlas serve` prints while there is none, and signs them in.
#[utoipa::path(post, path = "/session/first", tag = "access", request_body = FirstUser, responses(
    (status = 204, description = "The user is made, and signed in."),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "The link holds no longer."),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a user.")))]
async fn sign_in_first(
    State(api): State<Api>,
    headers: HeaderMap,
    Sent(first): Sent<FirstUser>,
) -> Result<impl IntoResponse, Problem> {
    own_page(&api, &headers)?;
    let password = Secret::new(&first.password);
    let (_, cookie) = sign_in::sign_in_first(&api, &first.token, &first.email, password).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}

/// Signs out: the session ends, the cookie goes.
#[utoipa::path(delete, path = "/session", tag = "access", responses((status = 204, description = "Signed out.")))]
async fn sign_out(
    _: Reader,
    State(api): State<Api>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    if let Some(session) = api.session_in(&headers) {
        api.store.close_session(&session).await?;
    }
    let gone = sign_in::cookie(&api, "", 0);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, gone)])))
}

/// Nobody is signed in as somebody else by another's page. Programs send neither header that browsers send.
fn own_page(api: &Api, headers: &HeaderMap) -> Result<(), Problem> {
    let is_browser = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    if is_browser && !api.is_own_page(headers) {
        return Err(Problem::forbidden("the request does not come from a page of this server"));
    }
    Ok(())
}
