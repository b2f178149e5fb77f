//! Working days, and points in time on them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;

/// That day or, on a weekend, the Monday after it; then so many weekdays more.
pub(crate) fn weekdays_after(date: Date, count: u32) -> Date {
    let mut date = date;
    let mut left = count;
    while left > 0 || is_weekend(date) {
        let Ok(next) = date.tomorrow() else { break };
        date = next;
        if !is_weekend(date) {
            left = left.saturating_sub(1);
        }
    }
    date
}

pub(crate) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

pub(crate) fn instant(at: DateTime) -> Timestamp {
    // Fails only at the very ends of the calendar.
    TimeZone::UTC.to_timestamp(at).unwrap_or_default()
}
