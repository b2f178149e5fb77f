//! The server: its routes, and how it begins and ends.

use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use atlas_model::{Clock, Platform, Secret};
use atlas_store::{Intake, Store, Vault};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::api::{self, Api, TryTarget};
use crate::doors::Doors;
use crate::live::Live;
use crate::metrics::{Access, Metrics};
use crate::sign_in::SignIns;
use crate::webhooks::{Limits, Receiver, Refused, path, receive};
use crate::{access_log, dashboard, health, metrics, report_page, request, sign_in_page};

/// How long requests that have begun may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// A server that knows what it must before the first request.
#[derive(Debug)]
pub struct Server {
    doors: Doors,
    store: Store,
    vault: Vault,
    clock: Clock,
    told: Told,
}

/// What a server is told from outside.
#[derive(Clone, Debug)]
pub struct Told {
    /// How people reach it: scheme, host and port.
    pub public_url: String,
    /// What opens the door to the first user; none where there are users.
    pub first_run: Option<Secret>,
    /// Whether everybody may read `/metrics`.
    pub is_metrics_open: bool,
    /// Who sends notices.
    pub try_target: TryTarget,
}

impl Server {
    /// Reads what opens which door.
    pub async fn new(store: Store, vault: Vault, clock: Clock, told: Told) -> atlas_store::Result<Self> {
        Ok(Self { doors: Doors::read(&store, &vault).await?, store, vault, clock, told })
    }

    /// Answers until `stop`, then finishes what has begun. Deliveries go into `intake`, behind which somebody writes.
    pub async fn run(
        self,
        listener: TcpListener,
        intake: Intake,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let access = match (self.told.is_metrics_open, listener.local_addr()?.ip().is_loopback()) {
            (true, _) => Access::Open,
            (false, true) => Access::ThisMachine,
            (false, false) => Access::Closed,
        };
        let (tell, is_stopping) = watch::channel(false);
        let routes = self.routes(intake, access, is_stopping);
        let reading = tokio::spawn(self.doors.keep_reading(self.store, self.vault));
        // Answers are small, and somebody waits for each.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let (stopping, stopped) = oneshot::channel();
        let serving = axum::serve(listener, routes).with_graceful_shutdown(async move {
            stop.await;
            // Whoever listens would listen for ever.
            tell.send_replace(true);
            let _ = stopping.send(());
        });
        let patience = async {
            let _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        };
        let done = tokio::select! {
            done = serving.into_future() => done,
            () = patience => Ok(()),
        };
        reading.abort();
        done
    }

    fn routes(&self, intake: Intake, access: Access, is_stopping: watch::Receiver<bool>) -> Router {
        let api = Api {
            store: self.store.clone(),
            vault: self.vault.clone(),
            live: Live::new(self.store.clone(), request::new_id(), is_stopping),
            clock: self.clock,
            origin: self.told.public_url.trim_end_matches('/').into(),
            try_target: self.told.try_target,
            sign_ins: Arc::new(SignIns::new(self.told.first_run.as_ref(), self.clock.now())),
        };
        let metrics = Metrics::new(api.clone(), access);
        let mut webhooks = Router::new();
        let limits = Limits::default();
        for platform in Platform::ALL {
            let receiver = Receiver {
                platform,
                doors: self.doors.clone(),
                intake: intake.clone(),
                clock: self.clock,
                limits: limits.clone(),
                refused: Refused::default(),
                posts: metrics.posts.clone(),
            };
            let receiver = Arc::new(receiver);
            webhooks = webhooks.route(path(platform), post(receive).with_state(receiver));
        }
        Router::new()
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready).with_state(self.store.clone()))
            .merge(api::routes(api.clone()))
            .merge(report_page::routes(api.clone()))
            .merge(sign_in_page::routes(api))
            .route("/metrics", get(metrics::tell).with_state(metrics))
            .fallback(dashboard::file)
            .layer(from_fn(request::every))
            .layer(from_fn_with_state(self.clock, access_log::log))
            // Deliveries come by the thousand, and say themselves what became of them.
            .merge(webhooks.layer(from_fn(request::every)))
    }
}
