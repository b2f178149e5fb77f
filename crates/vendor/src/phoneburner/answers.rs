//! What PhoneBurner's HTTP answers are. An error may come under status 200 and tell its own status inside.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::{Reply, Verdict};
use crate::endpoint::Endpoint;
use crate::mapping::records;
use crate::read::number;

/// The service says nothing now and then with status 200; after so many it is a fact.
const ATTEMPTS_AT_NO_DATA: u32 = 4;

pub(super) fn judge(endpoint: &Endpoint, reply: &Reply<'_>, _: Timestamp) -> Verdict {
    let body: Option<Value> = serde_json::from_slice(reply.body).ok();
    let said = body.as_ref().map(message).unwrap_or_default();
    match status(reply, body.as_ref()) {
        204 => Verdict::Data(Value::Null),
        200..=299 => match body {
            Some(body) if records(endpoint, &body).is_some() => Verdict::Data(body),
            _ => no_data(reply),
        },
        401 => Verdict::Forbidden {
            reason: with("the key was refused", &said),
            hint: super::SERVICE.key_hint.into(),
        },
        403 if body.is_none() => {
            retry("403 with a web page: the service's firewall refused the User-Agent or the address", None)
        }
        404 if !endpoint.path.contains('{') => {
            Verdict::Absent { reason: format!("404: the service has no route {}", endpoint.path) }
        }
        408 => retry("408: the service gave up waiting", None),
        429 => too_fast(reply),
        UNTOLD => retry(&with("the answer says that it failed", &said), Some(ATTEMPTS_AT_NO_DATA)),
        status @ 500..=599 => retry(&format!("{status}: the service failed"), None),
        status => Verdict::Refused { reason: with(&status.to_string(), &said), hint: hint(status).into() },
    }
}

/// Stands for an answer that says that it is an error, and not which.
const UNTOLD: u16 = 0;

/// The status that counts: a failure that the body tells, else the line's.
fn status(reply: &Reply<'_>, body: Option<&Value>) -> u16 {
    let inside = body.and_then(|body| body.get("http_status")).and_then(number);
    let inside = inside.and_then(|inside| u16::try_from(inside).ok()).filter(|inside| *inside >= 400);
    let word = body.and_then(|body| body.get("status")).and_then(Value::as_str);
    match (inside, word) {
        (Some(inside), _) => inside,
        (None, Some(word)) if reply.status < 400 && !word.eq_ignore_ascii_case("success") => UNTOLD,
        _ => reply.status,
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

/// No limit is documented; what the service asks for is kept within bounds.
fn too_fast(reply: &Reply<'_>) -> Verdict {
    let told = reply.header("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    Verdict::Retry {
        reason: "429: too many calls".into(),
        told: told.map(|told| SignedDuration::from_secs(told.clamp(0, 120))),
        pause: Some(SignedDuration::from_secs(told.unwrap_or(10).clamp(1, 120))),
        is_too_fast: true,
        attempts: None,
    }
}

fn message(body: &Value) -> String {
    let text = ["/debug_codes/0/reason", "/errors/0", "/error", "/message"]
        .iter()
        .find_map(|path| body.pointer(path)?.as_str());
    text.unwrap_or_default().chars().take(200).collect()
}

fn with(what: &str, said: &str) -> String {
    if said.is_empty() { what.to_owned() } else { format!("{what}: {said}") }
}

fn retry(reason: &str, attempts: Option<u32>) -> Verdict {
    Verdict::Retry { reason: reason.to_owned(), told: None, pause: None, is_too_fast: false, attempts }
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => "the service sends elsewhere; check the base URL of the source",
        403 => "the account's plan or the key's owner may not do this",
        404 => "it belongs to another member, or is gone; what is stored stays",
        _ => "the service does not accept this call; `atlas source test` shows what it accepts",
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::answer::{Reply, Verdict};
    use crate::endpoint::Endpoint;
    use crate::phoneburner::{contacts, dial_session};

    fn check(endpoint: &Endpoint, status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
        let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let reply = Reply { status, headers: &headers, body: body.as_bytes() };
        let verdict = match judge(endpoint, &reply, "2026-10-05T12:00:00Z".parse().unwrap()) {
            Verdict::Data(_) => "data".to_owned(),
            Verdict::Retry { told, attempts, .. } => format!("retry {told:?} {attempts:?}"),
            Verdict::Refused { reason, .. } => format!("refused {reason}"),
            Verdict::Absent { .. } => "absent".to_owned(),
            Verdict::Gone { .. } => "gone".to_owned(),
            Verdict::Locked { .. } => "locked".to_owned(),
            Verdict::Forbidden { .. } => "forbidden".to_owned(),
        };
        assert_eq!(verdict, expected, "{status} {body}");
    }

    #[test]
    fn every_answer_is_judged() {
        let list = &contacts::ENDPOINT;
        let rows = r#"{"http_status": 200, "status": "success", "contacts": {"contacts": [], "page": 1}}"#;
        check(list, 200, &[], rows, "data");
        check(list, 200, &[], r#"{"status": "success", "contacts": {"contacts": false}}"#, "data");
        check(list, 200, &[], r#"{"http_status": 200, "status": "success"}"#, "retry None Some(4)");
        check(list, 200, &[], r#"{"http_status": "401", "status": "error"}"#, "forbidden");
        check(list, 401, &[], r#"{"errors": ["Token expired"]}"#, "forbidden");
        let told = r#"{"http_status": 400, "status": "error", "debug_codes": [{"code": 40004, "reason": "A field"}]}"#;
        check(list, 200, &[], told, "refused 400: A field");
        check(list, 200, &[], r#"{"http_status": 503, "status": "error"}"#, "retry None None");
        check(list, 200, &[], r#"{"status": "error"}"#, "retry None Some(4)");
        check(list, 404, &[], r#"{"status": "error"}"#, "absent");
        check(&dial_session::ENDPOINT, 404, &[], r#"{"status": "error"}"#, "refused 404");
        check(list, 429, &[("retry-after", "7")], "", "retry Some(7s) None");
        check(list, 502, &[], "<html>", "retry None None");
        check(list, 200, &[], "<html>", "retry None Some(4)");
    }
}
