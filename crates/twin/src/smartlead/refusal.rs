//! How the service refuses a request.

use axum::http::StatusCode;
use serde_json::json;

use crate::answer::Answer;

/// The long form, which names the parameter.
pub(super) fn invalid(source: &str, key: &str, message: &str) -> Answer {
    Answer::json(
        StatusCode::BAD_REQUEST,
        &json!({"statusCode": 400, "error": "Bad Request", "message": message,
                "validation": {"source": source, "keys": [key]}}),
    )
}
