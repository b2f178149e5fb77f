//! `GET /metrics`: how it goes, for Prometheus. What syncs did is told for all processes of the database, requests for this one.

use std::fmt;
use std::sync::atomic::AtomicU64;

use atlas_model::Platform;
use atlas_store::{Counter as Counted, Gauge as Source};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::api::{Api, Insider};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Headers that a proxy adds: whoever asks is somewhere else.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

type Labels = Vec<(&'static str, String)>;

/// What the route tells, and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    api: Api,
    access: Access,
    /// How services' posts were answered.
    pub(crate) posts: Posts,
}

/// Counts how services' posts are answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Posts(Family<Post, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Post {
    platform: &'static str,
    status: u32,
}

impl Posts {
    /// One more.
    pub(crate) fn count(&self, platform: Platform, status: StatusCode) {
        let post = Post { platform: platform.as_str(), status: status.as_u16().into() };
        self.0.get_or_create(&post).inc();
    }
}

/// Who may read the figures without a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody: somebody said so.
    Open,
    /// Whoever is on this machine: nobody else reaches the address, but through a proxy.
    ThisMachine,
    /// Nobody.
    Closed,
}

impl Metrics {
    pub(crate) fn new(api: Api, access: Access) -> Self {
        Self { api, access, posts: Posts::default() }
    }
}

pub(crate) async fn tell(State(metrics): State<Metrics>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let is_forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    let needs_token = match metrics.access {
        Access::Open => false,
        Access::ThisMachine => is_forwarded,
        Access::Closed => true,
    };
    if needs_token && let Err(no) = Insider::from_request_parts(&mut parts, &metrics.api).await {
        return no.into_response();
    }
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the figures for the monitor cannot be told");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

impl Metrics {
    async fn text(&self) -> atlas_store::Result<String> {
        let now = self.api.clock.now();
        let sources = self.api.store.gauges(now).await?;
        let counted = self.api.store.counters().await?;
        let mut registry = Registry::with_prefix("atlas");
        registry.register(
            "webhook_requests",
            "Webhook requests to this process, as answered",
            self.posts.0.clone(),
        );
        let of_source = |source: &Source| {
            vec![("source", source.name.clone()), ("platform", source.platform.as_str().to_owned())]
        };
        let gauge = |registry: &mut Registry, name, help, value: &dyn Fn(&Source) -> Option<f64>| {
            let family: Family<Labels, Gauge<f64, AtomicU64>> = Family::default();
            for source in &sources {
                // What is unknown has no line, and is not 0.
                if let Some(value) = value(source) {
                    family.get_or_create(&of_source(source)).set(value);
                }
            }
            registry.register(name, help, family);
        };
        let lag = |source: &Source| {
            let last = source.last_sync_at.filter(|_| source.is_active)?;
            Some(now.duration_since(last).as_secs_f64())
        };
        gauge(&mut registry, "sync_lag_seconds", "Since the last complete sync of an active source", &lag);
        gauge(&mut registry, "sync_calls_pending", "Calls on the list", &|source| {
            float(source.pending_calls)
        });
        gauge(&mut registry, "quota_calls_left", "Calls that the month's quota has left", &|source| {
            source.quota_left.and_then(float)
        });
        gauge(&mut registry, "deliveries_waiting", "Deliveries that are to be understood", &|source| {
            float(source.waiting)
        });
        gauge(&mut registry, "deliveries_failed", "Kept deliveries that were not understood", &|source| {
            float(source.failed)
        });
        let counter = |registry: &mut Registry, name, help, lines: Vec<(Labels, f64)>| {
            let family: Family<Labels, Counter<f64, AtomicU64>> = Family::default();
            for (labels, value) in lines {
                family.get_or_create(&labels).inc_by(value);
            }
            registry.register(name, help, family);
        };
        let lines = |name: &str, label: &'static str, unit: f64| {
            let of_name = counted.iter().filter(|counted| counted.name == name);
            let line = |counted: &Counted| {
                let source = sources.iter().find(|source| source.id == counted.source_id)?;
                let labels = [of_source(source), vec![(label, counted.label.clone())]].concat();
                Some((labels, float(counted.value)? * unit))
            };
            of_name.filter_map(line).collect::<Vec<_>>()
        };
        let received = sources.iter().filter_map(|source| Some((of_source(source), float(source.received)?)));
        let requests = lines("requests", "status", 1.0);
        counter(
            &mut registry,
            "service_requests",
            "Calls made by servers and workers, as answered",
            requests,
        );
        let waits = lines("wait_ms", "reason", 0.001);
        counter(&mut registry, "service_wait_seconds", "Waited before calls, by servers and workers", waits);
        let rows = lines("rows", "outcome", 1.0);
        counter(&mut registry, "rows", "Rows of answers, by servers and workers", rows);
        counter(&mut registry, "deliveries_received", "Deliveries kept", received.collect());
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _: Result<(), fmt::Error> = encode(&mut text, &registry);
        Ok(text)
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for a monitor")]
fn float(value: i64) -> Option<f64> {
    Some(value as f64)
}
