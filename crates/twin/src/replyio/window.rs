//! The window that a report is asked for.

use axum::body::Bytes;
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::refusal;
use crate::answer::Answer;

/// Days of a window at most.
const LONGEST: i64 = 31;

/// From one day to another; both belong to it.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Date,
    pub(crate) to: Date,
}

impl Window {
    pub(crate) fn has(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }

    /// The window in the filters, or a refusal.
    fn of(filters: &Value, today: Date) -> Result<Self, Answer> {
        if let Some(preset) = filters["dateRangePreset"].as_str() {
            return preset_window(preset, today)
                .ok_or_else(|| refusal::invalid("/filters/dateRangePreset", "Unknown preset."));
        }
        let date = |name: &str| {
            let pointer = format!("/filters/{name}");
            let text = filters[name].as_str();
            let text = text.ok_or_else(|| refusal::invalid(&pointer, "A date is required."))?;
            let is_day = text.len() == "YYYY-MM-DD".len();
            match Date::strptime("%Y-%m-%d", text).ok().filter(|_| is_day) {
                Some(date) => Ok(date),
                // A point in time is what it cannot digest.
                None if text.contains('T') => Err(refusal::broken()),
                None => Err(refusal::invalid(&pointer, "Not a date.")),
            }
        };
        let window = Self { from: date("from")?, to: date("to")? };
        let days = window.to.duration_since(window.from).as_hours() / 24 + 1;
        match days {
            ..=0 => Err(refusal::invalid("/filters/to", "Must not be before 'from'.")),
            1..=LONGEST => Ok(window),
            _ => Err(refusal::invalid("/filters/to", "The range must not exceed one month.")),
        }
    }
}

fn preset_window(preset: &str, today: Date) -> Option<Window> {
    match preset {
        "last7Days" => Some(Window { from: today.checked_sub(6.days()).ok()?, to: today }),
        "thisMonth" => Some(Window { from: today.first_of_month(), to: today }),
        "lastMonth" => {
            let to = today.first_of_month().yesterday().ok()?;
            Some(Window { from: to.first_of_month(), to })
        }
        _ => None,
    }
}

/// What a report's body asks for.
pub(crate) struct Filters {
    pub(crate) window: Window,
    /// Nothing: all sequences.
    pub(crate) sequences: Option<Vec<u64>>,
}

impl Filters {
    pub(crate) fn of(body: &Bytes, today: Date) -> Result<Self, Answer> {
        let body: Value =
            serde_json::from_slice(body).map_err(|_| Answer::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let filters = &body["filters"];
        let ids = filters["sequenceIds"].as_array();
        let sequences = ids.map(|ids| ids.iter().filter_map(Value::as_u64).collect());
        Ok(Self { window: Window::of(filters, today)?, sequences })
    }

    pub(crate) fn has(&self, id: u64) -> bool {
        self.sequences.as_ref().is_none_or(|ids| ids.contains(&id))
    }
}
