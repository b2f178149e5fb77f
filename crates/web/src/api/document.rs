//! The API's document (OpenAPI 3.1), from the code; what all routes have in common is added here once.

use std::sync::LazyLock;

use atlas_model::Kind;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use indexmap::IndexMap;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;
use super::{Api, described as routes};

/// Operations that need nobody to be signed in.
const PUBLIC: &[&str] = &["session", "sign_in", "sign_in_first"];

/// What all reports can be asked for.
#[cfg(test)]
const OF_REPORTS: [&str; 11] = [
    "from", "to", "tz", "client", "platform", "source", "campaign", "status", "owner", "group_by", "compare",
];

const OF_CAMPAIGN: &[&str] = &[
    "campaign",
    "campaign_variants",
    "campaign_enrollment",
    "campaign_heatmap",
    "campaign_series",
    "campaign_mailboxes",
    "campaign_replies",
];

/// What of it means nothing to a report, and why: there it is refused, as nobody shall believe that it was heeded.
/// Operations, parameters, the reason.
const MEANINGLESS: &[(&[&str], &[&str], &str)] = &[
    (OF_CAMPAIGN, &["source", "campaign"], "the path says which campaign"),
    (OF_CAMPAIGN, &["group_by"], "it is one campaign"),
    (
        &["campaign", "campaign_enrollment"],
        &["compare"],
        "the campaign's `series`, and its line in `campaigns`, have it",
    ),
    (&["campaign_enrollment"], &["tz"], "states are stored by the account's day"),
    (
        &["variants", "campaign_variants"],
        &["from", "to", "tz", "compare"],
        "a template is counted over its whole life",
    ),
    (&["variants"], &["group_by"], "a line is a template"),
    (&["campaigns"], &["group_by"], "a line is a campaign; `overview` takes campaigns together"),
    (&["clients"], &["group_by"], "a line is a client"),
    (&["mailboxes"], &["group_by"], "a line is a mailbox; `domains` takes mailboxes together"),
    (&["domains"], &["group_by"], "a line is a client's domain"),
    (&["replies", "campaign_replies"], &["compare"], "a line is a reply; `replies/intents` counts replies"),
    (&["replies"], &["group_by"], "a line is a reply; `replies/intents` takes replies together"),
    (&["duplicates"], &["group_by", "compare"], "a line is a person in a campaign; `journey` counts people"),
    (&["outcomes"], &["group_by", "compare"], "a line is a meeting or a deal"),
    (
        &["messages", "call_list", "sessions", "people"],
        &["group_by", "compare"],
        "they are listed one by one; `overview`, `calls` and `journey` count them",
    ),
    (
        &["outcomes"],
        &["tz", "platform", "source", "campaign", "status", "owner"],
        "people tell a meeting of a client and a day",
    ),
    (
        &["alerts"],
        &["from", "to", "tz", "campaign", "status", "owner", "group_by", "compare"],
        "an alert stands until it is over; `scope` and `standing` narrow them",
    ),
    (
        &["patterns"],
        &["from", "to", "tz", "source", "campaign", "status", "owner", "group_by", "compare"],
        "a pattern is of a scope, as all or a client, over the whole lives of templates; `scope` narrows them",
    ),
    (&["needs_attention"], &["from", "to", "tz", "group_by", "compare"], "it is as of now, thing by thing"),
    (&["reconciliation"], &["from", "to", "tz", "compare"], "it is over whole lives, as services tell them"),
    (&["reconciliation"], &["group_by"], "it is by source and by campaign"),
    (&["explain"], &["group_by", "compare"], "it is one number"),
];

/// Why a parameter that reports have means nothing to an operation.
fn meaningless(operation: &str, parameter: &str) -> Option<&'static str> {
    let of = |(operations, parameters, _): &&(&[&str], &[&str], &str)| {
        operations.contains(&operation) && parameters.contains(&parameter)
    };
    MEANINGLESS.iter().find(of).map(|(.., why)| *why)
}

const ABOUT: &str = "Every figure once, with its source. Rates are from 0 to 1 and stand beside their numerator and \
denominator; what is unknown is null, never 0. `from` and `to` are days, both included. Lists come as JSON, or by \
`Accept` as `text/csv`, `application/vnd.apache.parquet` or, a line of JSON each, `application/x-ndjson`. Errors are problem details (RFC 9457).";

#[derive(OpenApi)]
#[openapi(
    info(title = "Atlas", description = ABOUT, license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    components(schemas(Problem)),
)]
struct Head;

/// A router that only has the document's head.
pub(super) fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Head::openapi())
}

/// The document.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (_, document) = routes().split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "atlas token create"},
        "session": {"type": "apiKey", "in": "cookie", "name": "atlas",
            "description": "Of whoever signed in; named __Host-atlas where the public URL is https. \
                What changes something also sends X-Atlas-Request: 1 unless it comes from a page of the server."},
    });
    let schemas = document["components"]["schemas"].take();
    document["components"]["schemas"] = straightened(&schemas);
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for operation in paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten()) {
        complete(operation.1);
    }
    document
});

/// Schemas as they are meant: a list names what its lines are, and what is laid into a line but may be missing has no field
/// that must be there.
fn straightened(schemas: &Value) -> Value {
    let mut straight = schemas.clone();
    for (name, schema) in straight.as_object_mut().into_iter().flatten() {
        let line = name.strip_prefix("Page_").or_else(|| name.strip_prefix("Before_"));
        if let Some(line) = line.filter(|line| schemas.get(line).is_some()) {
            schema["properties"]["data"]["items"] = json!({"$ref": format!("#/components/schemas/{line}")});
        }
        for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            let laid_in = part
                .get("oneOf")
                .and_then(Value::as_array)
                .and_then(|one| one.iter().find_map(|one| one["$ref"].as_str()));
            if let Some(reference) = laid_in {
                let name = reference.rsplit('/').next().unwrap_or_default();
                let mut fields = schemas[name].clone();
                fields.as_object_mut().map(|fields| fields.remove("required"));
                *part = fields;
            }
        }
    }
    straight
}

/// Adds what every operation has, and takes away what means nothing to it.
fn complete(operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let is_public = PUBLIC.contains(&id.as_str());
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let means = |one: &Value| one["name"].as_str().is_none_or(|name| meaningless(&id, name).is_none());
        parameters.retain(|one| one["in"] == "path" || means(one));
    }
    let mut refusals =
        vec![("400", "It cannot be understood."), ("500", "It is our fault; the log has the id.")];
    refusals.push(("503", "The database does not answer now; ask again."));
    if !is_public {
        operation["security"] = json!([{"token": []}, {"session": []}]);
        refusals.push(("401", "Nobody is signed in."));
        refusals.push(("403", "It is not for whoever asks."));
    }
    if operation.get("requestBody").is_some() {
        refusals.extend([
            ("413", "The body is too large."),
            ("415", "The body is no JSON."),
            ("422", "The body says what cannot be."),
        ]);
    }
    for (status, description) in refusals {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let refusal = json!({"description": description,
            "content": {"application/problem+json": {"schema": schema}}});
        operation["responses"][status] = refusal;
    }
    let schema = operation.pointer("/responses/200/content/application~1json/schema/$ref");
    if schema.and_then(Value::as_str).is_some_and(|name| name.contains("/Page_")) {
        let content = &mut operation["responses"]["200"]["content"];
        content["text/csv"] = json!({"schema": {"type": "string"}});
        content["application/x-ndjson"] = json!({"schema": {"type": "string"}});
        content["application/vnd.apache.parquet"] = json!({"schema": {"type": "string", "format": "binary"}});
    }
}

/// The document as it is served, and kept in `docs/openapi.json`.
pub fn document_text() -> String {
    serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default()
}

pub(super) fn document() -> &'static Value {
    &DOCUMENT
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document_text())
}

/// Why a parameter that other reports have is refused by this one.
pub(super) fn why_not(route: &str, parameter: &str) -> Option<&'static str> {
    meaningless(DOCUMENT["paths"][route]["get"]["operationId"].as_str()?, parameter)
}

/// What the lines of a route's list can have, and of which kind it is.
pub(super) fn columns(route: &str) -> IndexMap<String, Kind> {
    let page = &DOCUMENT["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let mut columns = IndexMap::new();
    add_columns(&resolved(page)["properties"]["data"]["items"], &mut columns);
    columns
}

fn add_columns(schema: &Value, columns: &mut IndexMap<String, Kind>) {
    let schema = resolved(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        add_columns(part, columns);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let is = |kind: &str| match &field["type"] {
            Value::Array(kinds) => kinds.iter().any(|one| one == kind),
            one => one == kind,
        };
        let kind = match () {
            () if is("integer") => Kind::Integer,
            () if is("number") => Kind::Real,
            () if is("boolean") => Kind::Boolean,
            () if field["format"] == "date" => Kind::Date,
            () if field["format"] == "date-time" => Kind::Timestamp,
            () => Kind::Text,
        };
        columns.insert(name.clone(), kind);
    }
}

fn resolved(schema: &Value) -> &Value {
    let place = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    place.and_then(|place| DOCUMENT.pointer(place)).unwrap_or(schema)
}

/// The names that a route's query knows.
pub(super) fn parameters(route: &str, method: &Method) -> Vec<&'static str> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let operation = &DOCUMENT["paths"][route][method.as_str().to_ascii_lowercase()];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_has_every_filter_or_says_why_not() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let mut reports = Vec::new();
        for (route, path) in paths {
            let id = path["get"]["operationId"].as_str().unwrap_or_default();
            let known = parameters(route, &Method::GET);
            let is_report =
                OF_REPORTS.iter().any(|name| known.contains(name) || meaningless(id, name).is_some());
            if is_report {
                reports.push(id);
                for name in OF_REPORTS {
                    let is_refused = meaningless(id, name).is_some();
                    assert_ne!(
                        known.contains(&name),
                        is_refused,
                        "{route}: {name} is either heeded or refused"
                    );
                }
            }
        }
        let named = MEANINGLESS.iter().flat_map(|(operations, ..)| *operations);
        let unknown: Vec<_> = named.filter(|operation| !reports.contains(operation)).collect();
        assert!(unknown.is_empty(), "there are no reports {unknown:?}");
        assert!(reports.len() >= 28, "{reports:?}");
    }
}
