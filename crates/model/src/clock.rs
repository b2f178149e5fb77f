//! What time it is: the one place that asks the machine.

use jiff::fmt::temporal::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

/// A clock that may be set to another instant and runs on from there.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    ahead: SignedDuration,
}

impl Clock {
    /// The machine's own time.
    pub const fn real() -> Self {
        Self { ahead: SignedDuration::ZERO }
    }

    /// Shows `instant` now and runs on.
    pub fn starting_at(instant: Timestamp) -> Self {
        Self { ahead: instant.duration_since(wall()) }
    }

    /// The time on this clock.
    pub fn now(&self) -> Timestamp {
        wall().checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}

/// An instant as stored where text is compared as text: UTC, microseconds, always the same width.
pub fn utc_text(instant: Timestamp) -> String {
    // Microseconds are all that is stored; what is finer is cut off, not rounded.
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    PRINTER.timestamp_to_string(&instant)
}

#[cfg(test)]
mod tests {
    use super::utc_text;

    #[test]
    fn instants_are_fixed_width() {
        for (text, stored) in [
            ("2026-08-04T09:12:44Z", "2026-08-04T09:12:44.000000Z"),
            ("2026-08-04T11:12:44.5+02:00", "2026-08-04T09:12:44.500000Z"),
            ("2026-08-04T09:12:44.999999999Z", "2026-08-04T09:12:44.999999Z"),
        ] {
            assert_eq!(utc_text(text.parse().unwrap()), stored);
        }
    }
}
