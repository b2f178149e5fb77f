//! Whether the process lives, and whether it can do its work.

use std::time::Duration;

use atlas_store::Store;
use axum::extract::State;
use axum::http::StatusCode;

/// A database that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, and its schema is the one that this program writes.
pub(crate) async fn ready(State(store): State<Store>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(PATIENCE, store.is_ready()).await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) | Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer, or has another schema\n")
        }
    }
}
