//! `GET /api/docs`: the API's document for people, as one page without a script.

use std::fmt::Write;
use std::sync::LazyLock;

use axum::response::Html;
use serde_json::Value;

use super::document::document;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
code{font:14px ui-monospace,monospace}table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}\
details{margin:.3rem 0 .3rem 1rem}summary{cursor:pointer}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}";

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = document();
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Atlas API</title><style>{STYLE}</style>\
         <h1>Atlas API</h1><p>{}</p><p>The same for machines: <a href=\"/api/v1/openapi.json\">openapi.json</a></p>",
        escaped(&document["info"]["description"]),
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            describe(&mut page, path, method, operation);
        }
    }
    page.push_str("<h2>What answers are made of</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let id = escaped(&Value::from(name.as_str()));
        _ = write!(page, "<details id=\"{id}\"><summary><code>{id}</code></summary>");
        fields(&mut page, schema);
        page.push_str("</details>");
    }
    page
});

pub(super) async fn serve() -> Html<&'static str> {
    Html(&PAGE)
}

fn describe(page: &mut String, path: &str, method: &str, operation: &Value) {
    let about =
        if operation["summary"].is_null() { &operation["description"] } else { &operation["summary"] };
    let (path, about) = (escaped(&Value::from(path)), escaped(about));
    let method = method.to_uppercase();
    _ = write!(page, "<details><summary><code>{method} {path}</code> {about}</summary><table>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, about) = (escaped(&parameter["name"]), escaped(&parameter["description"]));
        _ = write!(page, "<tr><td><code>{name}</code><td>{about}");
    }
    page.push_str("</table><table>");
    let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !sent.is_null() {
        _ = write!(page, "<tr><td>body<td>{}", kind(sent));
    }
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let schemas =
            answer["content"].as_object().into_iter().flatten().map(|(_, one)| kind(&one["schema"]));
        let what = schemas.collect::<Vec<_>>().join(", ");
        _ = write!(page, "<tr><td>{status}<td>{what} {}", escaped(&answer["description"]));
    }
    page.push_str("</table></details>");
}

/// The fields of a schema, those of its parts among them.
fn fields(page: &mut String, schema: &Value) {
    page.push_str("<table>");
    let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    for part in parts {
        if let Some(name) = part["$ref"].as_str() {
            _ = write!(page, "<tr><td>{}<td>all of it", link(name));
        }
        for (name, field) in part["properties"].as_object().into_iter().flatten() {
            let (name, about) = (escaped(&Value::from(name.as_str())), escaped(&field["description"]));
            _ = write!(page, "<tr><td><code>{name}</code><td>{}<td>{about}", kind(field));
        }
    }
    page.push_str("</table>");
}

/// What a schema takes, in short.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return link(name);
    }
    if let Some(one) = schema["oneOf"].as_array() {
        return one.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(kind_of) if kind_of == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(kind_of) => escaped(&Value::from(kind_of.as_str())),
        _ => String::new(),
    }
}

fn link(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or_default();
    format!("<a href=\"#{name}\">{name}</a>")
}

fn escaped(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
