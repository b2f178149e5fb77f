//! How an answer leaves: as JSON, JSON lines, CSV or Parquet, with a tag by which the next one may be spared.

use atlas_model::sha256;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use tracing::error;

use super::document::columns;
use super::problem::Problem;
use crate::table::Table;

const CSV: &str = "text/csv";
const PARQUET: &str = "application/vnd.apache.parquet";
const LINES: &str = "application/x-ndjson";

/// What of a page becomes a table.
#[derive(Deserialize)]
struct Lines {
    data: Vec<IndexMap<String, Value>>,
}

/// The kind of table that is wanted, if one is: then a list is told whole.
pub(super) fn wanted(headers: &HeaderMap) -> Option<&'static str> {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accept.flat_map(|value| value.split(',')).filter_map(|one| one.split(';').next());
    types.find_map(|one| [CSV, PARQUET, LINES].into_iter().find(|kind| one.trim() == *kind))
}

/// Turns what a route answered into what was asked for.
pub(super) async fn answer(request: Request, next: Next) -> Response {
    let is_asked = request.method() == Method::GET || request.method() == Method::HEAD;
    let wanted = wanted(request.headers());
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A stream has no end to wait for.
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization, cookie"));
    if !is_asked || !is_json || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let whole = match to_bytes(body, usize::MAX).await {
        Ok(body) => as_wanted(body, wanted, route.as_ref().map_or("", MatchedPath::as_str)),
        Err(error) => Err(error.to_string()),
    };
    let (kind, body) = match whole {
        Ok(whole) => whole,
        Err(error) => {
            error!(request_id = crate::request::request_id(), "an answer cannot be written: {error}");
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written")
                .into_response();
        }
    };
    let tag = format!("\"{}\"", &sha256(&body)[..32]);
    let is_known = known
        .as_ref()
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, tag);
    }
    if is_known {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(body))
}

fn as_wanted(
    body: Bytes,
    wanted: Option<&'static str>,
    route: &str,
) -> Result<(&'static str, Bytes), String> {
    let lines = wanted.and_then(|kind| Some((kind, serde_json::from_slice::<Lines>(&body).ok()?)));
    let Some((kind, Lines { data })) = lines else { return Ok(("application/json", body)) };
    let bytes = match kind {
        CSV => Table::with_known(data, columns(route)).csv().map_err(|error| error.to_string())?,
        PARQUET => Table::with_known(data, columns(route)).parquet().map_err(|error| error.to_string())?,
        _ => {
            let lines = data.iter().map(|line| serde_json::to_string(line).map(|line| line + "\n"));
            lines.collect::<Result<String, _>>().map_err(|error| error.to_string())?.into_bytes()
        }
    };
    Ok((if kind == CSV { "text/csv; charset=utf-8" } else { kind }, bytes.into()))
}
