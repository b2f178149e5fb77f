//! Rate limits: windows in which a service counts requests, and what it says to one too many.

use std::time::Duration;

use axum::http::StatusCode;

use crate::answer::Answer;
use crate::time;

const MINUTE: Duration = Duration::from_secs(60);

/// What the headers tell where nothing is enforced.
const TOLD_LIMIT: u32 = 200;

/// A window in which requests are counted; the next one begins with the first request after it.
pub(crate) struct Window {
    limit: u32,
    span: Duration,
    began: Duration,
    used: u32,
}

impl Window {
    pub(crate) const fn new(limit: u32, span: Duration) -> Self {
        Self { limit, span, began: Duration::ZERO, used: 0 }
    }

    /// Counts a request that came at this time; where it is one too many, how long it should have waited.
    pub(crate) fn take(&mut self, at: Duration) -> Result<(), Duration> {
        if self.used == 0 || at >= self.began + self.span {
            self.began = at;
            self.used = 0;
        }
        if self.used == self.limit {
            return Err(self.until_reset(at));
        }
        self.used += 1;
        Ok(())
    }

    fn until_reset(&self, at: Duration) -> Duration {
        (self.began + self.span).saturating_sub(at)
    }
}

/// SmartLead's limit: 60 seconds for the whole account, told in every answer.
pub(crate) struct Pace {
    /// Nothing where it is not enforced.
    window: Option<Window>,
}

impl Pace {
    pub(crate) fn new(limit: u32) -> Self {
        Self { window: (limit > 0).then(|| Window::new(limit, MINUTE)) }
    }

    /// Counts a request that came at this time.
    pub(crate) fn take(&mut self, at: Duration) -> Ticket {
        let Some(window) = &mut self.window else {
            let told = Told { limit: TOLD_LIMIT, remaining: TOLD_LIMIT - 1, until_reset: MINUTE };
            return Ticket { refusal: None, told: Some(told) };
        };
        let refusal = window.take(at).err().map(|wait| wait_for(too_many(), wait));
        let remaining = window.limit - window.used;
        let told = Told { limit: window.limit, remaining, until_reset: window.until_reset(at) };
        Ticket { refusal, told: Some(told) }
    }
}

/// How one request stands with its service's limits.
#[derive(Clone, Default)]
pub(crate) struct Ticket {
    refusal: Option<Answer>,
    told: Option<Told>,
}

/// What three headers tell.
#[derive(Clone, Copy)]
struct Told {
    limit: u32,
    remaining: u32,
    until_reset: Duration,
}

impl Ticket {
    /// Of a service whose answers tell nothing of its limits.
    pub(crate) const fn untold(refusal: Option<Answer>) -> Self {
        Self { refusal, told: None }
    }

    /// A burst that was too fast, inside a window that is not used up.
    pub(crate) fn of_a_burst(self) -> Self {
        let told = self.told.map(|told| Told { remaining: 0, until_reset: Duration::from_secs(1), ..told });
        Self { told, ..self }
    }

    /// The answer to a request beyond the limit.
    pub(crate) fn refusal(&self) -> Option<Answer> {
        self.refusal.clone()
    }

    /// The answer with the three headers, where the service has them.
    pub(crate) fn stamp(&self, answer: Answer) -> Answer {
        let Some(told) = self.told else { return answer };
        let reset = time::unix_seconds().saturating_add_unsigned(told.until_reset.as_secs());
        answer
            .with("x-ratelimit-limit", told.limit)
            .with("x-ratelimit-remaining", told.remaining)
            .with("x-ratelimit-reset", reset)
    }
}

/// 429 as such.
pub(crate) fn too_many() -> Answer {
    Answer::message(StatusCode::TOO_MANY_REQUESTS, "Too many requests, please try again later.")
}

/// The same with the time after which to ask again.
pub(crate) fn wait_for(answer: Answer, wait: Duration) -> Answer {
    answer.with("retry-after", wait.as_secs() + 1)
}
