//! What Reply.io's HTTP answers are, and how fast it wants to be asked.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::{Reply, Throttle, Verdict};
use crate::endpoint::Endpoint;
use crate::mapping::records;

/// The service says nothing now and then with status 200; after so many times it is a fact.
const ATTEMPTS_AT_NO_DATA: u32 = 4;

/// What a key must be allowed to do for a path with such a part.
const SCOPES: &[(&str, &str)] = &[
    ("stats", "reporting:read"),
    ("statistics", "reporting:read"),
    ("people", "contacts:read"),
    ("contacts", "contacts:read"),
    ("inbox", "inbox:read"),
    ("emailAccounts", "emailAccounts:read"),
    ("email-accounts", "emailAccounts:read"),
    ("sequences", "sequences:read"),
    ("webhooks", "webhooks:write"),
];

pub(super) fn judge(endpoint: &Endpoint, reply: &Reply<'_>, _: Timestamp) -> Verdict {
    let body: Option<Value> = serde_json::from_slice(reply.body).ok();
    let said = body.as_ref().map(message).unwrap_or_default();
    if reply.status == 429 || is_throttled(reply) {
        return too_fast(endpoint, reply);
    }
    let about_one = endpoint.path.contains('{') || endpoint.query.contains(&"sequenceId");
    match reply.status {
        202 => retry("202: the service prepares the answer", None),
        200..=299 => match body {
            Some(body) if records(endpoint, &body).is_some() => Verdict::Data(body),
            _ => no_data(reply),
        },
        // It comes with an empty body.
        401 => Verdict::Forbidden {
            reason: format!("the key was refused (401){}", after(&said)),
            hint: super::SERVICE.key_hint.into(),
        },
        403 => Verdict::Locked { reason: locked(endpoint, &said) },
        404 if is_about_id(body.as_ref()) && about_one => {
            Verdict::Gone { reason: format!("404{}: what is stored stays", after(&said)) }
        }
        404 => Verdict::Absent { reason: format!("404: the service has no route {}", endpoint.path) },
        408 => retry("408: the service gave up waiting", None),
        status @ 500..=599 => retry(&format!("{status}: the service failed"), None),
        status @ (400 | 409 | 410 | 422) if about_one => {
            Verdict::Gone { reason: format!("{status}{}: what is stored stays", after(&said)) }
        }
        status => Verdict::Refused { reason: format!("{status}{}", after(&said)), hint: hint(status).into() },
    }
}

/// Its limits are told when they are met, not before.
pub(super) fn throttle(_: &Reply<'_>, _: Timestamp) -> Throttle {
    Throttle::default()
}

fn is_throttled(reply: &Reply<'_>) -> bool {
    reply.body.len() < 2000
        && String::from_utf8_lossy(reply.body).to_lowercase().contains("too much requests")
}

fn too_fast(endpoint: &Endpoint, reply: &Reply<'_>) -> Verdict {
    let told = reply.header("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    let usual = if endpoint.path.starts_with("/v3/") { 60 } else { 10 };
    // A made-up wait must not stop a sync for a day.
    let told = told.map(|told| SignedDuration::from_secs(told.clamp(0, 110)));
    Verdict::Retry {
        reason: "429: too many calls, another program may share the key".into(),
        told,
        pause: Some(told.unwrap_or(SignedDuration::from_secs(usual))),
        is_too_fast: true,
        attempts: None,
    }
}

fn no_data(reply: &Reply<'_>) -> Verdict {
    let what = if reply.is_html() {
        "a web page"
    } else if reply.body.is_empty() {
        "nothing"
    } else {
        "no data in a known shape"
    };
    retry(&format!("{} with {what}", reply.status), Some(ATTEMPTS_AT_NO_DATA))
}

fn retry(reason: &str, attempts: Option<u32>) -> Verdict {
    Verdict::Retry { reason: reason.to_owned(), told: None, pause: None, is_too_fast: false, attempts }
}

/// A 404 with a code of its own is about the id that was asked for; any other is about the route.
fn is_about_id(body: Option<&Value>) -> bool {
    let code = body.and_then(|body| body.get("code")?.as_str());
    code.is_some_and(|code| code.to_lowercase().replace(['_', '-', '.'], "").contains("notfound"))
}

fn locked(endpoint: &Endpoint, said: &str) -> String {
    let scope = SCOPES.iter().find(|(part, _)| endpoint.path.split('/').any(|found| found == *part));
    let scope = scope.map(|(_, scope)| *scope);
    if !said.is_empty() {
        return format!("403: {said} Give the key that at Reply.io, or take one that has it");
    }
    let lacks = scope.map_or("the right to it".to_owned(), |scope| format!("the scope {scope}"));
    format!("403: the key lacks {lacks}. Give it that at Reply.io, or take a key that has it")
}

fn message(body: &Value) -> String {
    let text = ["/detail", "/title", "/message", "/error/message", "/error", "/code"];
    let text = text.iter().find_map(|path| body.pointer(path)?.as_str());
    text.or(body.as_str()).unwrap_or_default().chars().take(200).collect()
}

fn after(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => "the service sends elsewhere; check the base URL of the source",
        _ => "the service does not accept this call; `atlas source test` shows what it accepts",
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::answer::{Reply, Verdict};
    use crate::endpoint::Endpoint;
    use crate::replyio::{campaign_totals, sequence_statistics, sequences};

    fn check(endpoint: &Endpoint, status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
        let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let reply = Reply { status, headers: &headers, body: body.as_bytes() };
        let verdict = match judge(endpoint, &reply, jiff::Timestamp::UNIX_EPOCH) {
            Verdict::Data(_) => "data".to_owned(),
            Verdict::Retry { told, pause, attempts, .. } => format!("retry {told:?} {pause:?} {attempts:?}"),
            Verdict::Refused { .. } => "refused".to_owned(),
            Verdict::Absent { .. } => "absent".to_owned(),
            Verdict::Forbidden { .. } => "forbidden".to_owned(),
            Verdict::Gone { .. } => "gone".to_owned(),
            Verdict::Locked { reason } => reason,
        };
        assert!(verdict.starts_with(expected), "{status} {body}: {verdict}, not {expected}");
    }

    #[test]
    fn every_answer_is_judged() {
        let one = &sequence_statistics::ENDPOINT;
        let list = &sequences::ENDPOINT;
        let old = &campaign_totals::ENDPOINT;
        check(one, 200, &[], r#"{"sent": "12"}"#, "data");
        check(one, 200, &[], "{}", "retry None None Some(4)");
        check(one, 200, &[], "", "retry None None Some(4)");
        check(one, 404, &[], "", "absent");
        check(one, 404, &[], "<html>no", "absent");
        check(one, 404, &[], r#"{"message":"No endpoint matches"}"#, "absent");
        check(one, 404, &[], r#"{"status":404,"code":"sequence.notFound"}"#, "gone");
        check(one, 400, &[], r#"{"errors":[]}"#, "gone");
        check(one, 401, &[], "", "forbidden");
        check(one, 403, &[], "", "403: the key lacks the scope reporting:read");
        check(list, 200, &[], r#"{"items": [], "hasMore": false}"#, "data");
        check(list, 200, &[], "[]", "data");
        check(list, 400, &[], "", "refused");
        check(list, 429, &[("retry-after", "7")], "", "retry Some(7s) Some(7s) None");
        check(list, 429, &[], "", "retry None Some(1m) None");
        check(old, 200, &[], r#""Too much requests""#, "retry None Some(10s) None");
        check(old, 200, &[], r#"{"id": 3, "deliveriesCount": 4}"#, "data");
        check(old, 503, &[], "", "retry None None None");
    }
}
