//! `forget`: removes a person everywhere, for one who asks for it. For admins.

use atlas_store::ForgottenPerson;
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

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(forget))
}

/// Who asks to be forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonToForget {
    /// Their e-mail address.
    email: String,
    /// Without it, or where it is true, it is only tried: what would be forgotten is counted, and nothing changes.
    #[schema(default = true)]
    dry_run: Option<bool>,
}

/// Removes a person from every table and from the journal, and keeps them from coming back: what `atlas forget` does. First it
/// is only tried. It cannot be undone, and may take minutes where the journal is large; it goes on if nobody waits.
#[utoipa::path(post, path = "/forget", tag = "access", request_body = PersonToForget,
    responses((status = 200, body = ForgottenPerson)))]
async fn forget(
    Admin(caller): Admin,
    State(api): State<Api>,
    Sent(PersonToForget { email, dry_run }): Sent<PersonToForget>,
) -> Result<Json<ForgottenPerson>, Problem> {
    // Whoever hangs up does not break it off.
    let done = tokio::spawn(async move {
        let who = (caller.name.as_str(), api.clock.now());
        api.store.forget(&email, dry_run.unwrap_or(true), who).await
    });
    let stopped = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "it broke off: ask again");
    Ok(Json(done.await.map_err(stopped)??))
}
