//! Who asks: a session's cookie, a token, or a share link; and what they may do.

use atlas_model::Secret;
use atlas_store::{Role, Scope, TokenKind};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::ToSpan;
use serde::Serialize;
use tracing::warn;
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;

/// What somebody may do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Look.
    Read,
    /// Change what the data is about: sources, clients, outcomes.
    Write,
    /// Say who may do what.
    Admin,
}

/// Who asks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Caller {
    /// The user's address, or the token's name.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) level: Level,
    /// The only client that they see.
    pub(crate) client: Option<String>,
    /// Whether it is a person who signed in, and not a token.
    pub(crate) is_session: bool,
}

impl Caller {
    async fn of(parts: &Parts, api: &Api) -> Result<Self, Problem> {
        if let Some(token) = bearer(&parts.headers) {
            return Self::of_token(&token, api).await;
        }
        let token = api.session_in(&parts.headers).ok_or_else(Problem::unauthorized)?;
        let user = api.store.session(&token, api.clock.now()).await?.ok_or_else(Problem::unauthorized)?;
        if !parts.method.is_safe() && !api.is_own_page(&parts.headers) {
            return Err(Problem::forbidden("the request does not come from a page of this server")
                .hint("send the header X-Atlas-Request: 1, or use a token"));
        }
        let level = match user.role {
            Role::Admin => Level::Admin,
            Role::Member => Level::Write,
            Role::ClientViewer => Level::Read,
        };
        Ok(Self { name: user.email, level, client: user.client, is_session: true })
    }

    async fn of_token(token: &Secret, api: &Api) -> Result<Self, Problem> {
        let now = api.clock.now();
        let (kind, token) = api.store.token(token, now).await?.ok_or_else(Problem::unauthorized)?;
        if token.last_used_at.is_none_or(|last| last < now - 1.hour()) {
            // Nobody who looks waits for somebody who writes.
            let store = api.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.note_use(token.id, now).await {
                    warn!("when a token was used cannot be noted: {error}");
                }
            });
        }
        let level = match (kind, token.scope) {
            (TokenKind::Api, Scope::Write) => Level::Write,
            (TokenKind::Api, Scope::Read) | (TokenKind::Share, _) => Level::Read,
        };
        Ok(Self { name: token.name, level, client: token.client, is_session: false })
    }

    /// The client that figures shall be of: whoever sees one client sees no other.
    pub(crate) fn only(&self, asked: Option<String>) -> Result<Option<String>, Problem> {
        match (&self.client, asked) {
            (Some(own), Some(asked)) if own.to_lowercase() != asked.to_lowercase() => {
                Err(Problem::forbidden("that client is not shown to you"))
            }
            (Some(own), _) => Ok(Some(own.clone())),
            (None, asked) => Ok(asked),
        }
    }

    /// Whether they may, and see more than one client.
    fn may(self, level: Level) -> Result<Self, Problem> {
        if self.client.is_some() {
            return Err(Problem::forbidden("this is not shown to those who see one client"));
        }
        if self.level < level {
            return Err(Problem::forbidden(match level {
                Level::Admin => "only an admin may do that",
                _ => "this token or user may only look",
            }));
        }
        Ok(self)
    }
}

/// Extractors: whoever may look (reports lock them to their client), …
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) Caller);
/// … whoever sees all clients, …
#[derive(Debug)]
pub(crate) struct Insider(pub(crate) Caller);
/// … whoever may change something, …
#[derive(Debug)]
pub(crate) struct Writer(pub(crate) Caller);
/// … and whoever says who may do what.
#[derive(Debug)]
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Api> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Caller::of(parts, api).await.map(Self)
    }
}

impl FromRequestParts<Api> for Insider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Caller::of(parts, api).await?.may(Level::Read).map(Self)
    }
}

impl FromRequestParts<Api> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Caller::of(parts, api).await?.may(Level::Write).map(Self)
    }
}

impl FromRequestParts<Api> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Caller::of(parts, api).await?.may(Level::Admin).map(Self)
    }
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token))
}
