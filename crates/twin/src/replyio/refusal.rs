//! How the service refuses a call.

use axum::http::StatusCode;
use axum::http::header::HeaderValue;
use serde_json::{Value, json};

use crate::answer::Answer;

/// The key opens nothing. Nothing is said about it.
pub(super) fn unauthorized() -> Answer {
    Answer::empty(StatusCode::UNAUTHORIZED).with("www-authenticate", HeaderValue::from_static("Bearer"))
}

/// The key may not do this.
pub(super) fn forbidden(scope: &str) -> Answer {
    let detail = format!("The key lacks the scope '{scope}'.");
    problem(StatusCode::FORBIDDEN, "Forbidden", &json!({"detail": detail, "code": "auth.missingScope"}))
}

/// There is no such route. It says so in several ways, but always in the same way of the same path.
pub(super) fn no_route(method: &str, path: &str) -> Answer {
    match path.len() % 3 {
        0 => Answer::empty(StatusCode::NOT_FOUND),
        1 => Answer::no_route(method, path),
        _ => Answer::text(StatusCode::NOT_FOUND, "No endpoint matches the request."),
    }
}

/// There is no such thing; `of` is its kind.
pub(super) fn not_found(of: &str) -> Answer {
    let code = format!("{of}.notFound");
    problem(StatusCode::NOT_FOUND, "Not Found", &json!({"detail": "It does not exist.", "code": code}))
}

/// Something in the call is wrong; a pointer tells where.
pub(super) fn invalid(pointer: &str, message: &str) -> Answer {
    let errors = json!([{"pointer": pointer, "message": message}]);
    problem(StatusCode::BAD_REQUEST, "Bad Request", &json!({ "errors": errors }))
}

/// It fell over.
pub(super) fn broken() -> Answer {
    let more = json!({"detail": "An unexpected error occurred."});
    problem(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", &more)
}

fn problem(status: StatusCode, title: &str, more: &Value) -> Answer {
    let mut body = json!({"type": "about:blank", "title": title, "status": status.as_u16()});
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let kind = HeaderValue::from_static("application/problem+json");
    Answer::json(status, &body).with("content-type", kind)
}
