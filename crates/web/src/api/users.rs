//! `users`: who may sign in, and `audit-log`: who changed what. For admins.

use atlas_model::Secret;
use atlas_store::{Deed, Role, User, hash_password};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::Admin;
use super::problem::Problem;
use super::query::{At, Page, Paging};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_user))
        .routes(routes!(remove_user))
        .routes(routes!(audit_log))
}

/// Somebody who shall be able to sign in.
#[derive(Deserialize, ToSchema)]
struct UserToAdd {
    /// The address.
    email: String,
    /// What they may do.
    role: Role,
    /// The only client that a client-viewer sees.
    client: Option<String>,
    /// Ten letters at least; they may be told it by you.
    #[schema(format = Password, min_length = 10)]
    password: String,
}

/// Who may sign in.
#[utoipa::path(get, path = "/users", tag = "access", responses((status = 200, body = Page<User>)))]
async fn list_users(_: Admin, State(api): State<Api>) -> Result<Json<Page<User>>, Problem> {
    Ok(Json(Page::whole(api.store.users().await?, None)))
}

/// Lets somebody sign in.
#[utoipa::path(post, path = "/users", tag = "access", request_body = UserToAdd,
    responses((status = 201, body = User), (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a user of that address.")))]
async fn add_user(
    Admin(caller): Admin,
    State(api): State<Api>,
    Sent(new): Sent<UserToAdd>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let password = hash(Secret::new(&new.password)).await?;
    let user = (new.email.as_str(), new.role, new.client.as_deref());
    let user = api.store.add_user(user, &password, false, (&caller.name, api.clock.now())).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Removes a user; their sessions end at once. The only admin stays.
#[utoipa::path(delete, path = "/users/{email}", tag = "access", params(("email" = String, Path)),
    responses((status = 204, description = "Removed."), (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "It is the only admin.")))]
async fn remove_user(
    Admin(caller): Admin,
    State(api): State<Api>,
    At(email): At<String>,
) -> Result<StatusCode, Problem> {
    let is_removed = api.store.remove_user(&email, (&caller.name, api.clock.now())).await?;
    if is_removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("such user")) }
}

/// Who changed what, the newest first.
#[utoipa::path(get, path = "/audit-log", tag = "access", params(Paging), responses((status = 200, body = Page<Deed>)))]
async fn audit_log(_: Admin, State(api): State<Api>, paging: Paging) -> Result<Json<Page<Deed>>, Problem> {
    let deeds = api.store.audit_log(paging.after()?, paging.limit().saturating_add(1)).await?;
    Ok(Json(paging.of_rest(deeds, None, |deed| deed.id.to_string())))
}

/// Beside the requests, since it takes a while on purpose.
pub(crate) async fn hash(password: Secret) -> Result<String, Problem> {
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    let stopped = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the password could not be hashed");
    Ok(hashed.map_err(stopped)??)
}
