//! What a report is asked for is heeded: each filter of each report of the API's document narrows it, and what means nothing
//! to a report is refused.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::access::{ask, bearer, get};
use crate::webhooks::{Answer, Server};

const OF_REPORTS: [&str; 11] = [
    "from", "to", "tz", "client", "platform", "source", "campaign", "status", "owner", "group_by", "compare",
];

/// Asks with each filter that the document names, and once with each that it does not.
pub(crate) fn are_heeded(server: &Server, [reader, writer]: [&str; 2], from: Date, to: Date) {
    let (reader, writer) = (bearer(reader), bearer(writer));
    let told = json!({"outcomes": [{"client": "Acme", "email": "ada@example.com", "kind": "meeting_booked", "occurred_on": to.to_string()}]});
    assert_eq!(ask(server, "POST", "/api/v1/outcomes", &writer, &told).status, 204);
    let replies = get(server, "/api/v1/replies?limit=1", &reader).body;
    let reply = &replies["data"][0];
    let document = get(server, "/api/v1/openapi.json", "").body;
    let mut reports = 0;
    for (route, path) in document["paths"].as_object().unwrap() {
        let parameters = path["get"]["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = parameters.filter(|one| one["in"] == "query").collect();
        let knows = |name: &str| parameters.iter().any(|one| one["name"] == name);
        if !["client", "platform", "source", "owner"].into_iter().any(knows) {
            continue;
        }
        reports += 1;
        let path = route
            .replace("{source}", reply["source_name"].as_str().unwrap())
            .replace("{id}", reply["campaign_id"].as_str().unwrap());
        let must = if knows("metric") && route.ends_with("explain") { "metric=total_sent&" } else { "" };
        let asked = |query: &str| get(server, &format!("{path}?{must}{query}"), &reader);
        let days = |from: Date, to: Date| match knows("from") {
            true => format!("from={from}&to={to}"),
            false => String::new(),
        };
        let period = days(from, to);
        let whole = asked(&period);
        assert_eq!(whole.status, 200, "{path}: {whole:?}");
        assert!(!is_empty(&whole), "{path} tells nothing at all, so nothing can be narrowed: {whole:?}");
        let differs = |query: &str| figures(&asked(query)) != figures(&whole);
        for name in OF_REPORTS {
            let what = format!("{path}: {name}");
            if !knows(name) {
                let refused = asked(&format!("{period}&{name}=x"));
                assert_eq!(refused.status, 400, "{what} is ignored: {refused:?}");
                continue;
            }
            let is_heeded = match name {
                "from" | "to" => differs("from=1971-01-01&to=1971-01-02"),
                "platform" => {
                    let of = |platform: &str| differs(&format!("{period}&platform={platform}"));
                    of("smartlead") || of("replyio") || of("phoneburner")
                }
                // Days and hours of another zone, or which sources keep their own.
                "tz" => (0..30).any(|back| {
                    let day = days(to - back.days(), to - back.days());
                    figures(&asked(&day)) != figures(&asked(&format!("{day}&tz=Pacific/Kiritimati")))
                }),
                "compare" => asked(&format!("{period}&compare=previous")).body["previous"]["data"].is_array(),
                "group_by" => {
                    let schema = parameters.iter().find(|one| one["name"] == name).unwrap();
                    let groups = kinds(&schema["schema"], &document);
                    assert!(groups.len() >= 3, "{what}: {schema}");
                    groups.iter().all(|group| asked(&format!("{period}&group_by={group}")).status == 200)
                        && groups.iter().any(|group| differs(&format!("{period}&group_by={group}")))
                }
                _ => differs(&format!("{period}&{name}=nothing-of-that-name")),
            };
            assert!(is_heeded, "{what} makes no difference to {whole:?}");
        }
    }
    assert!(reports >= 28, "{reports} reports");
}

/// What a choice can be.
fn kinds(schema: &Value, document: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return kinds(document.pointer(reference.trim_start_matches('#')).unwrap(), document);
    }
    let parts =
        ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|all| schema[all].as_array().into_iter().flatten());
    let own = schema["enum"].as_array().into_iter().flatten();
    let own = own.filter_map(Value::as_str).map(str::to_owned);
    own.chain(parts.flat_map(|part| kinds(part, document))).collect()
}

/// An answer without what only repeats the question.
fn figures(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("period");
        body.remove("request_id");
    }
    body
}

fn is_empty(answer: &Answer) -> bool {
    answer.body["data"].as_array().is_some_and(Vec::is_empty)
}
