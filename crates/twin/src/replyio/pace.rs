//! The service's limits. No answer tells them, but for the one that refuses.

use std::time::Duration;

use axum::http::StatusCode;

use super::V3;
use crate::answer::Answer;
use crate::pace::{Ticket, Window, too_many, wait_for};

/// Old routes that answer one call in ten seconds, all of them together.
const THROTTLED: &[&str] = &[
    "/v1/campaigns",
    "/v1/stats/person",
    "/v1/stats/GetPeopleSentPerCampaign",
    "/v1/stats/status_in_campaign",
];

/// The windows in which calls are counted.
pub(crate) struct Pace {
    /// Nothing is limited unless this says so.
    is_on: bool,
    minute: Window,
    hour: Window,
    throttle: Window,
}

impl Pace {
    pub(crate) const fn new(is_on: bool) -> Self {
        Self {
            is_on,
            minute: Window::new(100, Duration::from_secs(60)),
            hour: Window::new(3000, Duration::from_secs(3600)),
            throttle: Window::new(1, Duration::from_secs(10)),
        }
    }

    /// Counts a call that came at this time.
    pub(crate) fn take(&mut self, at: Duration, path: &str) -> Ticket {
        if !self.is_on {
            return Ticket::default();
        }
        if path.starts_with(V3) {
            let taken = self.minute.take(at).and_then(|()| self.hour.take(at));
            return Ticket::untold(taken.err().map(|wait| wait_for(too_many(), wait)));
        }
        let is_throttled = THROTTLED.contains(&path.trim_end_matches('/'));
        let is_refused = is_throttled && self.throttle.take(at).is_err();
        let refusal = || Answer::text(StatusCode::TOO_MANY_REQUESTS, "Too much requests");
        Ticket::untold(is_refused.then(refusal))
    }
}
