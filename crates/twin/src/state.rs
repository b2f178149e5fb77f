//! What all connections share: the services, the log of requests, and what is to go wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::faults::{Faults, Schedule, Strike};
use crate::options::Options;
use crate::pace::{Pace, Ticket};
use crate::question::Question;
use crate::vendor::Vendor;
use crate::{phoneburner, replyio, smartlead, time};

/// One request, as it came and as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counted from 0 since the twin started; clearing the log does not begin anew.
    pub number: u64,
    /// When it came, since the twin started.
    pub at: Duration,
    /// What was asked.
    pub path: String,
    /// The query without the key.
    pub query: String,
    /// What came with it.
    pub body: String,
    /// 0 while, and if, no answer is given.
    pub status: u16,
    /// How it was made to fail.
    pub fault: Option<&'static str>,
}

/// When to stop the world around a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It has come and is never answered.
    BeforeAnswer,
    /// Its answer has been handed to the network.
    AfterAnswer,
}

/// What is known of a request when it has come.
pub(crate) struct Arrival {
    pub(crate) number: u64,
    pub(crate) ticket: Ticket,
    pub(crate) strike: Option<Strike>,
    pub(crate) halt: Option<(Halt, oneshot::Sender<()>)>,
}

/// Everything behind the one lock.
pub(crate) struct State {
    pub(crate) smartlead: smartlead::Service,
    pub(crate) replyio: replyio::Service,
    pub(crate) phoneburner: phoneburner::Service,
    pub(crate) log: Vec<Request>,
    faults: Option<Schedule>,
    halts: Vec<(u64, Halt, oneshot::Sender<()>)>,
    smartlead_pace: Pace,
    replyio_pace: replyio::Pace,
    next_number: u64,
}

impl State {
    /// Notes a request and decides what happens to it.
    pub(crate) fn arrive(&mut self, at: Duration, question: &Question, query: String) -> Arrival {
        let path = question.path.as_str();
        let number = self.next_number;
        self.next_number += 1;

        let due = self.halts.iter().position(|(due, ..)| *due == number);
        let halt = due.map(|index| self.halts.swap_remove(index)).map(|(_, halt, told)| (halt, told));
        let strike = self.faults.as_mut().and_then(|faults| faults.strike(&format!("{path}?{query}")));
        // A halt is for a known moment of an exchange that works.
        let strike = if halt.is_some() { None } else { strike };

        let vendor = Vendor::of(path);
        let ticket = match vendor {
            Some(Vendor::SmartLead) => self.smartlead_pace.take(at),
            Some(Vendor::ReplyIo) => self.replyio_pace.take(at, path),
            Some(Vendor::PhoneBurner) | None => Ticket::default(),
        };
        let fault = strike.map(|strike| strike.fault.name());
        let body = match vendor {
            // The forms with which one signs in are secrets.
            Some(Vendor::PhoneBurner) => String::new(),
            _ => String::from_utf8_lossy(&question.body).into_owned(),
        };
        let path = path.to_owned();
        self.log.push(Request { number, at, path, query, body, status: 0, fault });
        Arrival { number, ticket, strike, halt }
    }

    /// Notes the answer, unless the log was cleared meanwhile.
    pub(crate) fn answered(&mut self, number: u64, status: u16) {
        if let Some(request) = self.log.iter_mut().rev().find(|request| request.number == number) {
            request.status = status;
        }
    }

    /// All accounts live on.
    pub(crate) fn advance(&mut self, days: u32) {
        self.smartlead.advance(days);
        self.replyio.advance(days);
        self.phoneburner.advance(days);
    }

    pub(crate) fn set_faults(&mut self, faults: Option<Faults>) {
        self.faults = faults.map(Schedule::new);
    }

    pub(crate) fn halt_at(&mut self, from_now: u64, halt: Halt) -> oneshot::Receiver<()> {
        let (told, waits) = oneshot::channel();
        self.halts.push((self.next_number + from_now, halt, told));
        waits
    }
}

/// The state and what never changes beside it.
pub(crate) struct Shared {
    started: Instant,
    pub(crate) latency: Duration,
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(options: &Options) -> Self {
        let smartlead = smartlead::Service::new(options);
        let replyio = replyio::Service::new(options);
        let state = State {
            phoneburner: phoneburner::Service::new(options, &smartlead, &replyio),
            replyio,
            smartlead,
            log: Vec::new(),
            faults: None,
            halts: Vec::new(),
            smartlead_pace: Pace::new(options.rate_limit),
            replyio_pace: replyio::Pace::new(options.reply_limits),
            next_number: 0,
        };
        Self { started: time::monotonic(), latency: options.latency, state: Mutex::new(state) }
    }

    /// How long the twin has been running.
    pub(crate) fn elapsed(&self) -> Duration {
        time::monotonic() - self.started
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
