//! The service's wall clock: US Central time, told without a zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// How the service writes that there is no time.
pub(super) const ZERO: &str = "0000-00-00 00:00:00";

/// US Central time by its rule, so that every machine has the same.
pub(super) fn central() -> TimeZone {
    TimeZone::posix("CST6CDT,M3.2.0,M11.1.0").expect("a rule")
}

/// The instant of a wall time; the first of two.
pub(super) fn instant(zone: &TimeZone, wall: DateTime) -> Timestamp {
    zone.to_ambiguous_timestamp(wall).compatible().unwrap_or_default()
}

/// A day's first instant.
pub(super) fn midnight(zone: &TimeZone, date: Date) -> Timestamp {
    instant(zone, date.to_datetime(jiff::civil::Time::midnight()))
}

/// An instant as the service writes it.
pub(super) fn wall(zone: &TimeZone, at: Timestamp) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
