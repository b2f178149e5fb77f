//! The dashboard's own files, as Vite built them: embedded, compressed beforehand, the same for everybody.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::report_page::SHARE;

/// A debug build reads them from the folder at each request, so that building the page again is enough.
#[derive(Embed)]
#[folder = "../../dashboard/dist/site"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Atlas</title>\
    <h1>Atlas is running</h1><p>This build has no dashboard in it. To make one that has, in the repository, with \
    Node.js 20 or newer: <code>cargo xtask dashboard</code>, then <code>cargo build --release</code>.</p>\
    <p>The same figures: <code>atlas report overview</code>.</p></html>";

/// Whatever no other route answers: a file, or the page, whose addresses are its own to understand.
pub(crate) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_ours = path.starts_with("api/") || path.starts_with("functions/");
    if is_ours || !(method == Method::GET || method == Method::HEAD) {
        return plain(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there is nothing here\n");
    }
    // A page's address may have a dot in it, as names of clients do.
    let is_file = path.starts_with("assets/") || Files::get(path).is_some();
    let name = if is_file { path } else { INDEX };
    let wanted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match best(name, wanted) {
        Some((file, encoding)) => embedded(name, file, encoding, &headers),
        None if is_file => {
            plain(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there is no such file\n")
        }
        // Whoever was sent a link gets what it is for.
        None if path == "share" => plain(StatusCode::OK, "text/html; charset=utf-8", SHARE),
        None => plain(StatusCode::OK, "text/html; charset=utf-8", NOT_BUILT),
    }
}

/// The smallest form of a file that the browser takes.
fn best(name: &str, wanted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let takes =
        |encoding| wanted.split(',').any(|one| one.split(';').next().map(str::trim) == Some(encoding));
    let compressed = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, ending)| {
        let file = Files::get(&format!("{name}{ending}")).filter(|_| takes(encoding))?;
        Some((file, Some(encoding)))
    });
    compressed.or_else(|| Some((Files::get(name)?, None)))
}

fn embedded(name: &str, file: EmbeddedFile, encoding: Option<&'static str>, headers: &HeaderMap) -> Response {
    let hash: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // Files in assets/ carry their hash in their name.
    let keeps = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let is_known = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut answer = plain(StatusCode::OK, kind(name), "");
    if is_known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *answer.body_mut() = Body::from(file.data);
    }
    let out = answer.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static(keeps));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = tag.parse() {
        out.insert(ETAG, tag);
    }
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    answer
}

fn plain(status: StatusCode, kind: &'static str, body: &'static str) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
