//! The rate limit: windows of 60 seconds for the whole account, told in every answer.

use std::time::Duration;

use axum::http::StatusCode;

use crate::answer::Answer;
use crate::time;

const WINDOW: Duration = Duration::from_secs(60);

/// What the headers tell where nothing is enforced.
const TOLD_LIMIT: u32 = 200;

/// The current window.
pub(crate) struct Pace {
    /// 0: not enforced.
    limit: u32,
    began: Duration,
    used: u32,
}

/// Where one request stands in its window.
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    limit: u32,
    remaining: u32,
    until_reset: Duration,
    is_refused: bool,
}

impl Pace {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, began: Duration::ZERO, used: 0 }
    }

    /// Counts a request that came at this time.
    pub(crate) fn take(&mut self, at: Duration) -> Ticket {
        if self.limit == 0 {
            let remaining = TOLD_LIMIT - 1;
            return Ticket { limit: TOLD_LIMIT, remaining, until_reset: WINDOW, is_refused: false };
        }
        if self.used == 0 || at >= self.began + WINDOW {
            self.began = at;
            self.used = 0;
        }
        let is_refused = self.used == self.limit;
        if !is_refused {
            self.used += 1;
        }
        let until_reset = (self.began + WINDOW).saturating_sub(at);
        Ticket { limit: self.limit, remaining: self.limit - self.used, until_reset, is_refused }
    }
}

impl Ticket {
    /// A burst that was too fast, inside a window that is not used up.
    pub(crate) fn of_a_burst(self) -> Self {
        Self { remaining: 0, until_reset: Duration::from_secs(1), ..self }
    }

    /// The answer to a request beyond the limit.
    pub(crate) fn refusal(&self) -> Option<Answer> {
        let answer = || too_many().with("retry-after", self.until_reset.as_secs() + 1);
        self.is_refused.then(answer)
    }

    /// The answer with the three headers.
    pub(crate) fn stamp(&self, answer: Answer) -> Answer {
        let reset = time::unix_seconds().saturating_add_unsigned(self.until_reset.as_secs());
        answer
            .with("x-ratelimit-limit", self.limit)
            .with("x-ratelimit-remaining", self.remaining)
            .with("x-ratelimit-reset", reset)
    }
}

/// 429 as such.
pub(crate) fn too_many() -> Answer {
    Answer::message(StatusCode::TOO_MANY_REQUESTS, "Too many requests, please try again later.")
}
