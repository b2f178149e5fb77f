//! The reporting API under `/api/v1`: a file a resource, and the document that follows from them.

mod alerts;
mod behind;
mod body;
mod caller;
mod calls;
mod campaigns;
mod clients;
mod document;
mod events;
mod explain;
mod forget;
mod glossary;
mod journey;
mod labels;
mod lessons;
mod mailboxes;
mod mapping;
mod notices;
mod outcomes;
mod overview;
mod page;
mod problem;
mod query;
mod reconciliation;
mod replies;
mod requests;
mod session;
mod source_changes;
mod sources;
mod table;
mod tokens;
mod users;
mod webhooks;

use std::sync::Arc;

use atlas_model::{Clock, Secret};
use atlas_store::{Store, Vault};
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use caller::{Insider, Reader};
pub(crate) use clients::{WeekAsked, report};
pub use document::document_text;
pub use notices::TryTarget;
pub(crate) use problem::Problem;
pub(crate) use query::{Asked, At};
pub(crate) use users::hash;

use crate::live::Live;
use crate::sign_in::SignIns;

/// Where it all lies.
const BASE: &str = "/api/v1";

/// What every route has.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    /// How people reach the server: scheme, host and port.
    pub(crate) origin: Arc<str>,
    pub(crate) try_target: TryTarget,
    pub(crate) sign_ins: Arc<SignIns>,
    pub(crate) live: Live,
}

impl Api {
    /// Whether a browser will keep a cookie from being sent in the clear.
    pub(crate) fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The name of the session's cookie; with `__Host-` no other host can set it.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-atlas" } else { "atlas" }
    }

    /// The session that a browser sends along.
    pub(crate) fn session_in(&self, headers: &HeaderMap) -> Option<Secret> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie()).map(|(_, value)| Secret::new(value))
    }

    /// Whether a request that a browser sends with its cookie was made by a page of ours, and not by somebody else's:
    /// browsers say so themselves, and no page of others can set our header.
    pub(crate) fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(site) = text("sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        if let Some(origin) = text("origin") {
            let host = origin.split_once("://").map(|(_, host)| host);
            return origin == &*self.origin || (host.is_some() && host == text("host"));
        }
        text("x-atlas-request").is_some()
    }
}

/// The routes with their document.
fn described() -> OpenApiRouter<Api> {
    [
        overview::routes(),
        campaigns::routes(),
        lessons::routes(),
        alerts::routes(),
        notices::routes(),
        replies::routes(),
        mailboxes::routes(),
        calls::routes(),
        journey::routes(),
        behind::routes(),
        outcomes::routes(),
        clients::routes(),
        labels::routes(),
        sources::routes(),
        requests::routes(),
        webhooks::routes(),
        events::routes(),
        reconciliation::routes(),
        explain::routes(),
        mapping::routes(),
        glossary::routes(),
        session::routes(),
        users::routes(),
        tokens::routes(),
        forget::routes(),
    ]
    .into_iter()
    .fold(document::described(), |all, one| all.nest(BASE, one))
}

/// Everything under `/api`.
pub(crate) fn routes(api: Api) -> Router {
    let (routes, _) = described().split_for_parts();
    routes
        .layer(from_fn(table::answer))
        .layer(from_fn(query::only_known))
        .with_state(api)
        .route("/api/v1/openapi.json", get(document::serve))
        .route("/api/docs", get(page::serve))
        .route("/api/{*rest}", get(async || Problem::not_found("such route")))
        .method_not_allowed_fallback(async || {
            Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "this route takes other methods")
        })
}
