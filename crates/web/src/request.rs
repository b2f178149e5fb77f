//! What holds for every request: an id by which the log finds it, and headers that keep browsers from harm.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use atlas_model::hex;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// What an answer says its request was called.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Scripts and data come from here alone, and nobody frames us; an answer that is framed by ourselves brings its own. Styles
/// may stand in a page, since charts set them.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// No address of a page is told to others. To ourselves it is, or browsers would not say either whose page a form comes from
/// when the address is plain HTTP.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
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

/// Sixteen digits that nothing else has: from a random place on, one after the other, since asking the system each time
/// costs as much as reading a delivery.
pub(crate) fn new_id() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let mut bytes = [0; 8];
        // Without random bytes the log cannot tell requests of two processes apart, which is no reason to answer none.
        let _ = getrandom::fill(&mut bytes);
        AtomicU64::new(u64::from_ne_bytes(bytes))
    });
    hex(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes())
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
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
