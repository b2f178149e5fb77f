//! The machine's two clocks, read nowhere else in this crate.

use std::time::Instant;

/// For spans: when a request came, how long a window lasts.
#[expect(clippy::disallowed_methods, reason = "a span between two requests; no date comes from it")]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

/// For the one header that tells a point in time.
#[expect(clippy::disallowed_methods, reason = "x-ratelimit-reset is a point in the caller's time")]
pub(crate) fn unix_seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}
