//! What SmartLead's HTTP answers are, and how fast it wants to be asked.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::{Reply, Throttle, Verdict};
use crate::endpoint::Endpoint;
use crate::mapping::records;

/// The window in which SmartLead counts calls.
const WINDOW_S: i64 = 60;

/// The service is overloaded or says nothing now and then with status 200; after so many it is a fact.
const ATTEMPTS_AT_NO_DATA: u32 = 4;

pub(super) fn judge(endpoint: &Endpoint, reply: &Reply<'_>, now: Timestamp) -> Verdict {
    let body: Option<Value> = serde_json::from_slice(reply.body).ok();
    let said = body.as_ref().map(message).unwrap_or_default();
    match reply.status {
        // Whatever is said, it was done.
        200..=299 if endpoint.post.is_some() => Verdict::Data(body.unwrap_or_default()),
        200..=299 => match body {
            Some(body) if records(endpoint, &body).is_some() => Verdict::Data(body),
            _ => no_data(reply),
        },
        401 => forbidden(&said),
        400..=499 if said.to_lowercase().contains("invalid api key") => forbidden(&said),
        403 if body.is_none() => {
            retry("403 with a web page: the service's firewall refused the User-Agent or the address")
        }
        403 => forbidden(&said),
        404 if reply.is_html() => {
            Verdict::Absent { reason: format!("404: the service has no route {}", endpoint.path) }
        }
        408 => retry("408: the service gave up waiting"),
        429 => too_fast(reply, body.as_ref(), now),
        status @ 500..=599 => retry(&format!("{status}: the service failed")),
        status => Verdict::Refused {
            reason: format!("{status}{}", if said.is_empty() { String::new() } else { format!(": {said}") }),
            hint: hint(status).into(),
        },
    }
}

pub(super) fn throttle(reply: &Reply<'_>, now: Timestamp) -> Throttle {
    let header = |name| reply.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    let (limit, remaining) = (header("x-ratelimit-limit"), header("x-ratelimit-remaining"));
    let reset = header("x-ratelimit-reset").and_then(|second| Timestamp::from_second(second).ok());
    // A reset further off than two windows is a clock that is wrong, not a limit.
    let reset = reset.filter(|at| *at > now && at.duration_since(now).as_secs() <= 2 * WINDOW_S);
    // 5 % stay free for other programs that share the key.
    let spacing = limit.filter(|limit| *limit > 0).map(|limit| {
        let calls = (limit * 95 / 100).max(1);
        SignedDuration::from_millis(WINDOW_S * 1000 / calls)
    });
    let is_used_up = match (limit, remaining) {
        (Some(limit), Some(remaining)) => remaining <= limit / 20,
        (None, Some(remaining)) => remaining <= 0,
        _ => false,
    };
    Throttle { not_before: reset.filter(|_| is_used_up), spacing }
}

fn no_data(reply: &Reply<'_>) -> Verdict {
    let what = if reply.is_html() {
        "a web page"
    } else if reply.body.is_empty() {
        "nothing"
    } else {
        "no data in a known shape"
    };
    Verdict::Retry {
        reason: format!("{} with {what}", reply.status),
        told: None,
        pause: None,
        is_too_fast: false,
        attempts: Some(ATTEMPTS_AT_NO_DATA),
    }
}

/// What a 429 says, kept within bounds: a made-up wait must not stop a sync for a day.
fn too_fast(reply: &Reply<'_>, body: Option<&Value>, now: Timestamp) -> Verdict {
    let seconds = |text: &str| text.trim().parse::<i64>().ok();
    let header = reply.header("retry-after").and_then(seconds);
    let inside = body.and_then(|body| body.pointer("/error/retry_after")).and_then(Value::as_i64);
    let reset = reply.header("x-ratelimit-reset").and_then(seconds).map(|reset| reset - now.as_second());
    let told = header.into_iter().chain(inside).max();
    let pause = told.into_iter().chain(reset).max().unwrap_or(0);
    Verdict::Retry {
        reason: "429: too many calls, another program may share the key".into(),
        told: told.map(|told| SignedDuration::from_secs(told.clamp(0, 70))),
        pause: Some(SignedDuration::from_secs(pause.clamp(10, 70))),
        is_too_fast: true,
        attempts: None,
    }
}

fn message(body: &Value) -> String {
    let text = ["/message", "/error/message", "/error"].iter().find_map(|path| body.pointer(path)?.as_str());
    text.unwrap_or_default().chars().take(200).collect()
}

fn retry(reason: &str) -> Verdict {
    Verdict::Retry { reason: reason.to_owned(), told: None, pause: None, is_too_fast: false, attempts: None }
}

fn forbidden(said: &str) -> Verdict {
    Verdict::Forbidden {
        reason: if said.is_empty() {
            "the key was refused".into()
        } else {
            format!("the key was refused: {said}")
        },
        hint: super::SERVICE.key_hint.into(),
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => "the service sends elsewhere; check the base URL of the source",
        404 => "it was deleted at the service; what is stored stays",
        _ => "the service does not accept this call; `atlas source test` shows what it accepts",
    }
}

#[cfg(test)]
mod tests {
    use super::{judge, throttle};
    use crate::answer::{Reply, Verdict};
    use crate::smartlead::campaign_analytics::ENDPOINT;

    fn check(status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
        let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let reply = Reply { status, headers: &headers, body: body.as_bytes() };
        let now = "2026-10-05T12:00:00Z".parse().unwrap();
        let verdict = match judge(&ENDPOINT, &reply, now) {
            Verdict::Data(_) => "data".to_owned(),
            Verdict::Retry { told, pause, attempts, .. } => format!("retry {told:?} {pause:?} {attempts:?}"),
            Verdict::Refused { .. } => "refused".to_owned(),
            Verdict::Absent { .. } => "absent".to_owned(),
            Verdict::Forbidden { .. } => "forbidden".to_owned(),
            Verdict::Gone { .. } => "gone".to_owned(),
            Verdict::Locked { .. } => "locked".to_owned(),
        };
        assert_eq!(verdict, expected, "{status} {body}");
    }

    #[test]
    fn every_answer_is_judged() {
        check(200, &[], r#"{"sent_count": "12"}"#, "data");
        check(200, &[], r#"{"ok": true, "data": {"sent_count": "12"}}"#, "data");
        check(200, &[], "{}", "retry None None Some(4)");
        check(200, &[], "", "retry None None Some(4)");
        check(200, &[], r#"{"sent_count": "1"#, "retry None None Some(4)");
        check(200, &[], "<!DOCTYPE html><p>Busy", "retry None None Some(4)");
        check(400, &[], r#"{"message":"\"x\" is not allowed"}"#, "refused");
        check(400, &[], r#"{"message":"Invalid API Key"}"#, "forbidden");
        check(401, &[], "", "forbidden");
        check(403, &[], r#"{"message":"Access denied"}"#, "forbidden");
        check(403, &[], "<html>blocked", "retry None None None");
        check(404, &[], "<!DOCTYPE html><pre>Cannot GET /x", "absent");
        check(404, &[], r#"{"message":"not found"}"#, "refused");
        check(429, &[("retry-after", "12")], "{}", "retry Some(12s) Some(12s) None");
        check(429, &[("retry-after", "86400")], "", "retry Some(1m 10s) Some(1m 10s) None");
        check(429, &[("x-ratelimit-reset", "1791201603")], "", "retry None Some(10s) None");
        check(429, &[], "", "retry None Some(10s) None");
        check(503, &[], "", "retry None None None");
        check(302, &[], "", "refused");
    }

    #[test]
    fn headers_slow_down() {
        let now = "2026-10-05T12:00:00Z".parse().unwrap();
        let told = |limit: &str, remaining: &str| {
            let headers = [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining)]
                .map(|(n, v)| (n.to_owned(), v.to_owned()));
            let mut headers = headers.to_vec();
            headers.push(("x-ratelimit-reset".to_owned(), "1791201630".to_owned()));
            let throttle = throttle(&Reply { status: 200, headers: &headers, body: b"" }, now);
            let wait = throttle.not_before.map(|at| at.duration_since(now).as_secs());
            (throttle.spacing.map(|spacing| spacing.as_millis()), wait)
        };
        assert_eq!(told("200", "150"), (Some(315), None));
        assert_eq!(told("60", "40"), (Some(1052), None));
        assert_eq!(told("60", "3"), (Some(1052), Some(30)));
    }
}
