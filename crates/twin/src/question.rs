//! A question, free of HTTP. It knows neither who passes it on nor who answers.

use axum::extract::{Query, Request};
use axum::http::header::USER_AGENT;

/// What is asked.
pub(crate) struct Question {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Whether it says which program asks.
    pub(crate) has_agent: bool,
}

impl Question {
    pub(crate) fn read(request: &Request) -> Self {
        let agent = request.headers().get(USER_AGENT);
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: Query::try_from_uri(request.uri()).map_or_else(|_| Vec::new(), |Query(pairs)| pairs),
            has_agent: agent.is_some_and(|agent| !agent.as_bytes().trim_ascii().is_empty()),
        }
    }

    /// A parameter's value.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}
