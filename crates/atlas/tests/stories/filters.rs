//! What a report is asked for is heeded: each filter of each report of the API's document narrows it, and what means nothing
//! to a report is refused.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::access::{ask, bearer, get};
use crate::running::until;
use crate::webhooks::{Answer, Server};

const OF_REPORTS: [&str; 11] = [
    "from", "to", "tz", "client", "platform", "source", "campaign", "status", "owner", "group_by", "compare",
];

/// A mail and its reply, which name the mailbox: what polls of this service do not tell.
fn posted(server: &Server, address: &str, reader: &str, day: Date) {
    let (mailboxes, campaigns) = (
        get(server, "/api/v1/mailboxes?source=smartlead", reader),
        get(server, "/api/v1/campaigns?source=smartlead", reader),
    );
    let (mailbox, campaign) = (&mailboxes.body["data"][0], &campaigns.body["data"][0]);
    for kind in ["EMAIL_SENT", "EMAIL_REPLY"] {
        let event = json!({"event_type": kind, "campaign_id": campaign["campaign_id"], "stats_id": kind,
            "sl_email_lead_id": "990001", "to_email": "ada@receiver.test", "from_email": mailbox["from_email"],
            "sequence_number": 1, "time_sent": format!("{day}T05:30:00Z"), "time_replied": format!("{day}T05:40:00Z"),
            "reply_message": {"message_id": "<1@x>", "text": "Gladly"}});
        assert_eq!(server.post(address, event.to_string().as_bytes()).status, 200);
    }
    let replies = "/api/v1/replies?source=smartlead";
    until("the reply is told", || !is_empty(&get(server, replies, reader)));
}

/// Asks with each filter that the document names, and once with each that it does not.
pub(crate) fn are_heeded(
    server: &Server,
    address: &str,
    [reader, writer]: [&str; 2],
    (from, to): (Date, Date),
) {
    let (reader, writer) = (bearer(reader), bearer(writer));
    let told = json!({"outcomes": [{"client": "Acme", "email": "ada@example.com", "kind": "meeting_booked", "occurred_on": to.to_string()}]});
    assert_eq!(ask(server, "POST", "/api/v1/outcomes", &writer, &told).status, 204);
    posted(server, address, &reader, to.yesterday().unwrap());
    let replies = get(server, "/api/v1/replies?source=smartlead&limit=1", &reader).body;
    let reply = &replies["data"][0];
    let document = get(server, "/api/v1/openapi.json", "").body;
    let (mut reports, mut wrong) = (0, Vec::new());
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
        if is_empty(&whole) {
            wrong.push(format!("{path} tells nothing at all, so nothing can be narrowed"));
        }
        let differs = |query: &str| figures(&asked(query)) != figures(&whole);
        for name in OF_REPORTS {
            let what = format!("{path}: {name}");
            if !knows(name) {
                let refused = asked(&format!("{period}&{name}=x"));
                if refused.status != 400 {
                    wrong.push(format!("{what} is ignored: {refused:?}"));
                }
                continue;
            }
            let is_heeded = match name {
                "from" | "to" => differs("from=1971-01-01&to=1971-01-02"),
                "platform" => {
                    let of = |platform: &str| differs(&format!("{period}&platform={platform}"));
                    of("smartlead") || of("replyio") || of("phoneburner")
                }
                // Days and hours of another zone, or which sources keep their own.
                "tz" => (0..40).any(|back| {
                    let days = days(from, to - back.days());
                    figures(&asked(&days)) != figures(&asked(&format!("{days}&tz=Pacific/Pago_Pago")))
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
            if !is_heeded {
                wrong.push(format!("{what} makes no difference"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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
