//! Signing in: a page that agrees at once, and the tokens that are given out.

use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::refusal::grant;
use crate::answer::Answer;
use crate::options::PhoneBurner;
use crate::question::Question;

/// The program that may sign in.
pub const CLIENT_ID: &str = "twin-client";

/// That program's secret.
pub const CLIENT_SECRET: &str = "twin-secret";

/// A refresh token that is there from the beginning, for whoever has signed in before.
pub const REFRESH_TOKEN: &str = "twin-refresh";

/// Everything that opens the administrator's account after signing in.
pub(super) struct Tokens {
    life_s: i64,
    is_refresh_lasting: bool,
    has_refresh_route: bool,
    pub(super) refuses_refresh: bool,
    /// Codes that nobody has turned into tokens yet, and the addresses to which they were sent.
    codes: Vec<(String, String)>,
    access: Vec<Access>,
    refresh: Vec<String>,
    issued: u32,
}

struct Access {
    token: String,
    expires: i64,
}

impl Tokens {
    pub(super) fn new(options: &PhoneBurner) -> Self {
        Self {
            life_s: i64::from(options.token_life_s),
            is_refresh_lasting: options.lasting_refresh,
            has_refresh_route: !options.no_refresh_route,
            refuses_refresh: false,
            codes: Vec::new(),
            access: Vec::new(),
            refresh: vec![REFRESH_TOKEN.to_owned()],
            issued: 0,
        }
    }

    /// What was given out so far has run out.
    pub(super) fn expire(&mut self) {
        for access in &mut self.access {
            access.expires = i64::MIN;
        }
    }

    /// Whether a token that was given out is still good.
    pub(super) fn is_good(&self, token: &str, now: i64) -> Option<bool> {
        let access = self.access.iter().find(|access| access.token == token)?;
        Some(now < access.expires)
    }

    /// The path is the one below `/oauth`.
    pub(super) fn answer(&mut self, question: &Question, path: &str, now: i64) -> Answer {
        match (question.method.as_str(), path) {
            ("GET", "/index" | "/authorize") => self.agree(question),
            ("POST", "/accesstoken") => self.give(question, now),
            ("POST", "/refreshtoken") if self.has_refresh_route => self.give(question, now),
            _ => Answer::no_route(&question.method, &question.path),
        }
    }

    /// Sends the browser back at once, as if the person had said yes.
    fn agree(&mut self, question: &Question) -> Answer {
        let given = |name| question.parameter(name).unwrap_or_default();
        let address = given("redirect_uri");
        if given("client_id") != CLIENT_ID || given("response_type") != "code" || address.is_empty() {
            return grant(StatusCode::BAD_REQUEST, "invalid_request");
        }
        let code = self.next("code");
        let joint = if address.contains('?') { '&' } else { '?' };
        let target = format!("{address}{joint}code={code}&state={}", encoded(given("state")));
        let Ok(target) = HeaderValue::try_from(target) else {
            return grant(StatusCode::BAD_REQUEST, "invalid_request");
        };
        self.codes.push((code, address.to_owned()));
        Answer::html(StatusCode::FOUND, "<p>Back to the application.</p>\n".to_owned())
            .with("location", target)
    }

    /// Tokens for a code or for a refresh token.
    fn give(&mut self, question: &Question, now: i64) -> Answer {
        let form = question.form();
        let given = |name: &str| {
            form.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        if given("client_id") != CLIENT_ID || given("client_secret") != CLIENT_SECRET {
            return grant(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let is_first = match given("grant_type") {
            "authorization_code" => {
                let code = (given("code").to_owned(), given("redirect_uri").to_owned());
                if !take(&mut self.codes, &code) {
                    return grant(StatusCode::BAD_REQUEST, "invalid_grant");
                }
                true
            }
            "refresh_token" => {
                let token = given("refresh_token").to_owned();
                let is_known = if self.is_refresh_lasting {
                    self.refresh.contains(&token)
                } else {
                    !self.refuses_refresh && take(&mut self.refresh, &token)
                };
                if self.refuses_refresh || !is_known {
                    return grant(StatusCode::BAD_REQUEST, "invalid_grant");
                }
                false
            }
            _ => return grant(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        };
        Answer::data(&self.issue(is_first, now))
    }

    fn issue(&mut self, is_first: bool, now: i64) -> Value {
        let (token, expires) = (self.next("access"), now + self.life_s);
        let mut body = json!({
            "access_token": token, "token_type": "bearer", "expires": expires, "expires_in": self.life_s,
        });
        self.access.push(Access { token, expires });
        if is_first || !self.is_refresh_lasting {
            let refresh = self.next("refresh");
            body["refresh_token"] = json!(refresh);
            self.refresh.push(refresh);
        }
        body
    }

    fn next(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("twin-{kind}-{:04}", self.issued)
    }
}

/// Whether it was there; it no longer is.
fn take<T: PartialEq>(from: &mut Vec<T>, what: &T) -> bool {
    let place = from.iter().position(|one| one == what);
    place.map(|place| from.swap_remove(place)).is_some()
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
