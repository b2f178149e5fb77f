//! An answer before it is HTTP.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Status, headers and body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    content_type: &'static str,
    headers: Vec<(&'static str, HeaderValue)>,
}

impl Answer {
    /// JSON that is rendered already.
    pub(crate) fn rendered(body: Bytes) -> Self {
        Self { status: StatusCode::OK, body, content_type: JSON, headers: Vec::new() }
    }

    /// 200 with JSON.
    pub(crate) fn data(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// JSON with a status.
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, ..Self::rendered(body.to_string().into()) }
    }

    /// `{"message": …}` with a status.
    pub(crate) fn message(status: StatusCode, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    /// A line of text.
    pub(crate) fn text(status: StatusCode, text: &'static str) -> Self {
        Self { status, body: text.into(), content_type: TEXT, headers: Vec::new() }
    }

    /// Nothing but a status.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { content_type: "", ..Self::text(status, "") }
    }

    /// A page.
    pub(crate) fn html(status: StatusCode, page: String) -> Self {
        Self { status, body: page.into(), content_type: HTML, headers: Vec::new() }
    }

    /// The page that the services' web framework shows where it has no route.
    pub(crate) fn no_route(method: &str, path: &str) -> Self {
        let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        Self::html(
            StatusCode::NOT_FOUND,
            format!(
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n\
                 </head>\n<body>\n<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
            ),
        )
    }

    /// The same with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As HTTP.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in self.headers {
            headers.insert(HeaderName::from_static(name), value);
        }
        response
    }
}
