//! A line in the log for each request: what was asked and how it was answered, and nothing that is secret.

use atlas_model::Clock;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::SignedDuration;

/// Logs a request. The route stands for the address, which may hold a token.
pub(crate) async fn log(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    let began = clock.now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tell(id, &method, route, response.status(), clock.now().duration_since(began));
    response
}

/// The line of a request. What comes by the thousand and is as it should be is said at `debug` alone.
pub(crate) fn tell(id: &str, method: &Method, route: &str, status: StatusCode, took: SignedDuration) {
    let (status, took_ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
    let is_frequent =
        route.starts_with("/functions/") || matches!(route, "/healthz" | "/readyz" | "/metrics");
    match status {
        500.. => tracing::warn!(request_id = id, %method, route, status, took_ms, "request"),
        ..400 if is_frequent => tracing::debug!(request_id = id, %method, route, status, took_ms, "request"),
        _ => tracing::info!(request_id = id, %method, route, status, took_ms, "request"),
    }
}
