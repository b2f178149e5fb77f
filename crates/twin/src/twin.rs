//! A running twin: its thread, and what a test may do to it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::{Router, serve};
use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::faults::Faults;
use crate::front;
use crate::options::{Dialect, Options};
use crate::smartlead::{Account, Planted};
use crate::state::{Halt, Request, Shared};
use crate::wire::{Door, Line};
use crate::{phoneburner, replyio};

/// A running twin; dropping it stops it and breaks its connections.
pub struct Twin {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropped to stop the thread.
    running: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Twin {
    /// Makes the account and answers from now on.
    ///
    /// It runs on a thread of its own, as a program of its own would: a caller who is busy or who has stopped its
    /// clock does not slow it down.
    pub async fn start(options: Options, listen: SocketAddr) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            let reason = format!("{listen} is not a loopback address; a twin is for this machine alone");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;

        let shared = Arc::new(Shared::new(&options));
        let service = front::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Line>();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let door = {
            let _context = runtime.enter();
            Door(tokio::net::TcpListener::from_std(listener)?)
        };
        let (running, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("twin".to_owned());
        let thread = thread.spawn(move || runtime.block_on(serve_until(stopped, door, service)))?;
        Ok(Self { address, shared, running: Some(running), thread: Some(thread) })
    }

    /// Where it answers: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The accounts live on by so many days.
    pub fn advance(&self, days: u32) {
        self.shared.lock().advance(days);
    }

    /// All services' answers are spelled like this from now on.
    pub fn set_dialect(&self, dialect: Dialect) {
        let mut state = self.shared.lock();
        state.smartlead.set_dialect(dialect);
        state.replyio.set_dialect(dialect);
        state.phoneburner.set_dialect(dialect);
    }

    /// Only this key opens the accounts from now on.
    pub fn set_api_key(&self, api_key: &str) {
        let mut state = self.shared.lock();
        state.smartlead.set_api_key(api_key);
        state.replyio.set_api_key(api_key);
        state.phoneburner.set_token(api_key);
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().log.clone()
    }

    /// Forgets the requests so far; numbers go on.
    pub fn clear_requests(&self) {
        self.shared.lock().log.clear();
    }

    /// Lets a share of the requests fail from now on, or none.
    pub fn set_faults(&self, faults: Option<Faults>) {
        self.shared.lock().set_faults(faults);
    }

    /// Tells when a coming request, 0 being the next, has come to this moment. It does not fail otherwise.
    pub fn halt_at(&self, number_from_now: u64, moment: Halt) -> oneshot::Receiver<()> {
        self.shared.lock().halt_at(number_from_now, moment)
    }

    /// The SmartLead account's true figures of today.
    pub fn account(&self) -> Account {
        self.shared.lock().smartlead.account()
    }

    /// What is planted in the SmartLead account, if something is.
    pub fn planted(&self) -> Option<Planted> {
        self.shared.lock().smartlead.planted()
    }

    /// All that SmartLead posts to whoever subscribed of a campaign, in the order of time.
    pub fn posted(&self, campaign_id: u64) -> Vec<(Timestamp, Value)> {
        self.shared.lock().smartlead.posted(campaign_id)
    }

    /// The Reply.io account's true figures of today.
    pub fn reply_account(&self) -> replyio::Account {
        self.shared.lock().replyio.account()
    }

    /// All that is true of the PhoneBurner account today.
    pub fn phoneburner(&self) -> phoneburner::Account {
        self.shared.lock().phoneburner.account()
    }

    /// PhoneBurner's tokens so far have run out: those given out after signing in, and the personal one, until
    /// [`Self::set_api_key`] makes another.
    pub fn expire_tokens(&self) {
        self.shared.lock().phoneburner.expire_tokens();
    }

    /// Reply.io has switched its subscriptions off, as it does when nobody answers for long.
    pub fn switch_off_webhooks(&self) {
        self.shared.lock().replyio.switch_off_webhooks();
    }

    /// Whether PhoneBurner refuses to refresh from now on.
    pub fn refuse_refresh(&self, refuses: bool) {
        self.shared.lock().phoneburner.refuse_refresh(refuses);
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.running = None;
        if let Some(thread) = self.thread.take() {
            // It only waits; a panic in it has been reported already.
            let _ = thread.join();
        }
    }
}

async fn serve_until(
    stopped: oneshot::Receiver<()>,
    door: Door,
    service: IntoMakeServiceWithConnectInfo<Router, Line>,
) {
    tokio::select! {
        _ = stopped => {}
        _ = async { serve(door, service).await } => {}
    }
}
