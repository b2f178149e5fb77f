//! What holds for every request: an id by which the log finds it, and headers that keep browsers from harm.

use atlas_model::hex;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Scripts and data come from here alone, and nobody frames us. Styles may stand in a page, since charts set them.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

tokio::task_local! {
    static ID: String;
}

/// The id of the request that is being answered.
pub(crate) fn request_id() -> String {
    ID.try_with(Clone::clone).unwrap_or_default()
}

/// Sixteen digits that nothing else has.
pub(crate) fn new_id() -> String {
    let mut bytes = [0; 8];
    // Without random bytes the log cannot tell requests apart, which is no reason to answer none.
    let _ = getrandom::fill(&mut bytes);
    hex(&bytes)
}

/// Gives the request its id, and the answer the headers.
pub(crate) async fn every(request: Request, next: Next) -> Response {
    let id = new_id();
    let value = HeaderValue::from_str(&id);
    let mut response = ID.scope(id, next.run(request)).await;
    let headers = response.headers_mut();
    if let Ok(value) = value {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
