//! How the service refuses a request.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::options::Dialect;

/// A refusal with its reason. The observed service tells the status in the body alone.
pub(super) fn refused(dialect: Dialect, status: StatusCode, code: u32, reason: &str) -> Answer {
    // Of one kind the status is text.
    let told = if code == EXPIRED { json!(status.as_str()) } else { json!(status.as_u16()) };
    let body =
        json!({"http_status": told, "status": "error", "debug_codes": [{"code": code, "reason": reason}]});
    match dialect {
        Dialect::Live => Answer::data(&body),
        Dialect::Requirement => Answer::json(status, &body),
    }
}

const EXPIRED: u32 = 40109;

pub(super) fn expired(dialect: Dialect) -> Answer {
    refused(dialect, StatusCode::UNAUTHORIZED, EXPIRED, "The access token has expired")
}

pub(super) fn unauthorised() -> Answer {
    Answer::json(StatusCode::UNAUTHORIZED, &json!({"errors": ["The access token is invalid"]}))
}

pub(super) fn invalid(dialect: Dialect, reason: &str) -> Answer {
    refused(dialect, StatusCode::BAD_REQUEST, 40004, reason)
}

/// There is no such thing, or it is somebody else's.
pub(super) fn absent() -> Answer {
    Answer::json(StatusCode::NOT_FOUND, &json!({"status": "error"}))
}

/// How signing in fails.
pub(super) fn grant(status: StatusCode, error: &str) -> Answer {
    let body: Value = json!({ "error": error });
    Answer::json(status, &body)
}
