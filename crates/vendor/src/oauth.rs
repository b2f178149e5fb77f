//! Signing in by browser (OAuth 2.0): where, and what the answers are.

use atlas_model::Secret;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::Reply;
use crate::read::{is_blank, number};

/// Where a service's sign-in is, below its origin.
#[derive(Debug)]
pub struct OAuth {
    /// The page on which a person allows it.
    pub authorize: &'static str,
    /// Where a code becomes a grant.
    pub token: &'static str,
    /// Where a grant is renewed: the first of these that the service has.
    pub refresh: &'static [&'static str],
}

/// What the service gives.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The key, for a while.
    pub access: Secret,
    /// What renews it; the former one stays where none is told.
    pub refresh: Option<Secret>,
    /// Until when the key is accepted, if it is told.
    pub expires_at: Option<Timestamp>,
}

/// Why the service gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has no such route: the next one may be it.
    NoRoute(String),
    /// It refuses for good.
    Refused(String),
    /// It may work later.
    Later(String),
}

impl OAuth {
    /// What an answer to a request for a grant says. No text of it is a secret.
    pub fn read(reply: &Reply<'_>, now: Timestamp) -> Result<Grant, Refusal> {
        let body: Option<Value> = serde_json::from_slice(reply.body).ok();
        let text = |name: &str| body.as_ref().and_then(|body| body.get(name)).and_then(Value::as_str);
        let access = text("access_token").filter(|token| !token.trim().is_empty());
        let said = text("error_description").or_else(|| text("error")).or_else(|| text("message"));
        let said: String = said.unwrap_or_default().chars().take(200).collect();
        let reason = format!("{}{}{said}", reply.status, if said.is_empty() { "" } else { ": " });
        match (reply.status, access) {
            (200..=299, Some(access)) => Ok(Grant {
                access: Secret::new(access),
                refresh: text("refresh_token").filter(|token| !token.trim().is_empty()).map(Secret::new),
                expires_at: body.as_ref().and_then(|body| expiry(body, now)),
            }),
            (404 | 405, _) => Err(Refusal::NoRoute(reason)),
            (408 | 429 | 500..=599, _) => Err(Refusal::Later(reason)),
            (200..=299, None) => Err(Refusal::Refused(format!("{reason}, without a token"))),
            // A route that wants something else answers 400 too; a grant that is over says so by its name.
            (400, _) if !said.contains("grant") && !said.contains("token") => Err(Refusal::NoRoute(reason)),
            _ => Err(Refusal::Refused(reason)),
        }
    }
}

/// Seconds from now, else the second at which it ends.
fn expiry(body: &Value, now: Timestamp) -> Option<Timestamp> {
    let told = |name: &str| body.get(name).filter(|value| !is_blank(value)).and_then(number);
    let from_now =
        told("expires_in").and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    from_now.or_else(|| Timestamp::from_second(told("expires")?).ok())
}

#[cfg(test)]
mod tests {
    use super::OAuth;
    use crate::answer::Reply;

    fn check(status: u16, body: &str, expected: &str) {
        let reply = Reply { status, headers: &[], body: body.as_bytes() };
        let found = match OAuth::read(&reply, "2026-10-05T12:00:00Z".parse().unwrap()) {
            Ok(grant) => {
                let refresh = grant.refresh.map(|token| token.expose().to_owned());
                format!(
                    "{} {refresh:?} {:?}",
                    grant.access.expose(),
                    grant.expires_at.map(|at| at.as_second())
                )
            }
            Err(refusal) => format!("{refusal:?}"),
        };
        assert_eq!(found, expected, "{status} {body}");
    }

    #[test]
    fn every_answer_is_read() {
        check(
            200,
            r#"{"access_token": "a", "expires": 1791903600, "refresh_token": "r"}"#,
            "a Some(\"r\") Some(1791903600)",
        );
        check(200, r#"{"access_token": "a", "expires_in": "60"}"#, "a None Some(1791201660)");
        check(200, r#"{"error": "no"}"#, "Refused(\"200: no, without a token\")");
        check(400, r#"{"error": "invalid_grant"}"#, "Refused(\"400: invalid_grant\")");
        check(400, "", "NoRoute(\"400\")");
        check(404, "<html>", "NoRoute(\"404\")");
        check(503, "", "Later(\"503\")");
    }
}
