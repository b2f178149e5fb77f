//! A question, free of HTTP. It knows neither who passes it on nor who answers.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, Uri};

/// Bytes of a body at most; a longer one is taken for none.
const LONGEST_BODY: usize = 1 << 20;

/// What is asked.
pub(crate) struct Question {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Whether it says which program asks.
    pub(crate) has_agent: bool,
    pub(crate) body: Bytes,
    headers: HeaderMap,
}

impl Question {
    pub(crate) async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let agent = head.headers.get(USER_AGENT);
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: pairs(&head.uri),
            has_agent: agent.is_some_and(|agent| !agent.as_bytes().trim_ascii().is_empty()),
            body: to_bytes(body, LONGEST_BODY).await.unwrap_or_default(),
            headers: head.headers,
        }
    }

    /// The same with other values of some parameters.
    pub(crate) fn with_parameters(&self, changed: &[(&str, usize)]) -> Self {
        let mut query = self.query.clone();
        query.retain(|(name, _)| changed.iter().all(|(changed, _)| changed != name));
        query.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())));
        let (method, path) = (self.method.clone(), self.path.clone());
        let (headers, body) = (self.headers.clone(), self.body.clone());
        Self { method, path, query, has_agent: self.has_agent, body, headers }
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token that it bears.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The fields of the form that it brings.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        // A form is spelled as a query is.
        let uri = str::from_utf8(&self.body).ok().and_then(|body| format!("/?{body}").parse().ok());
        uri.as_ref().map(pairs).unwrap_or_default()
    }

    /// A parameter's value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs)
}
