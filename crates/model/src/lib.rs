//! The shared words of Atlas.
#![doc = include_str!("../README.md")]

mod address;
mod call;
mod clock;
pub mod findings;
mod hash;
mod interval;
mod metric;
mod number;
mod period;
mod platform;
mod row;
mod schedule;
mod secret;
mod setting;
mod table;
pub mod tables;
mod values;

pub use address::{Site, is_public};
pub use call::{Call, Follow, Params, When};
pub use clock::{Clock, utc_text};
pub use hash::{hex, sha256};
pub use interval::{Interval, wilson};
pub use metric::{CALL_METRICS, JOURNEY_METRICS, METRICS, Metric, Unit, counts, metric, rates};
pub use number::grouped;
pub use period::{Months, Period};
pub use platform::{Platform, SourceId};
pub use row::{Census, GapCheck, Later, Mode, Problem, Row, StoredCampaign, Sweep, Tally};
pub use schedule::{Ran, Schedule};
pub use secret::Secret;
pub use setting::{
    DISPOSITIONS, REPLY_CATEGORIES, SETTINGS, Setting, SettingKind, Settings, plain_label, setting,
};
pub use table::{Column, Derived, Kind, Rule, Table};
pub use values::Values;
