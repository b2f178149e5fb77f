//! What an HTTP answer is: data, try again, refused, absent. One function per service decides.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// An HTTP answer as it came.
#[derive(Debug)]
pub struct Reply<'a> {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl Reply<'_> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body is a web page.
    pub(crate) fn is_html(&self) -> bool {
        let start =
            String::from_utf8_lossy(&self.body[..self.body.len().min(200)]).trim_start().to_lowercase();
        start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<pre>")
    }
}

/// What an answer is.
#[derive(Debug)]
pub enum Verdict {
    /// Data in the endpoint's shape.
    Data(Value),
    /// It may work later.
    Retry {
        /// What happened.
        reason: String,
        /// How long the service itself said to wait.
        told: Option<SignedDuration>,
        /// How long its rules say to wait at least.
        pause: Option<SignedDuration>,
        /// Whether it says that it is asked too fast.
        is_too_fast: bool,
        /// After so many attempts it counts as failed; `None`: the usual number.
        attempts: Option<u32>,
    },
    /// This call will not work, whatever is waited; the others may.
    Refused {
        /// What happened.
        reason: String,
        /// What a person should do.
        hint: String,
    },
    /// The service has no such route.
    Absent {
        /// What happened.
        reason: String,
    },
    /// What was asked about is not there (any more): what is stored stays, and asking again would not help.
    Gone {
        /// What happened.
        reason: String,
    },
    /// The key may not do this: the endpoint is closed, the others may work.
    Locked {
        /// What happened, and what the key lacks.
        reason: String,
    },
    /// The key is not accepted: no call of this source will work.
    Forbidden {
        /// What happened.
        reason: String,
        /// What a person should do.
        hint: String,
    },
}

/// How far the service asks to be slowed down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    /// No call before this instant.
    pub not_before: Option<Timestamp>,
    /// At least this long from the start of one call to the next.
    pub spacing: Option<SignedDuration>,
}
