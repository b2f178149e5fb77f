//! A span of days, and how one asks for it.

use jiff::ToSpan;
use jiff::civil::Date;

use super::refusal::invalid;
use crate::answer::Answer;
use crate::question::Question;

/// The parameters with which one asks for a window.
pub(super) const PARAMETERS: &[&str] = &["start_date", "end_date"];

/// From one day to another; both belong to it.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(super) from: Date,
    pub(super) to: Date,
}

impl Window {
    /// Refuses as the service does, also what has more days than it tells at once.
    pub(super) fn of(question: &Question, longest: Option<i64>) -> Result<Self, Answer> {
        let window = Self { from: date(question, "start_date")?, to: date(question, "end_date")? };
        if window.to < window.from {
            let reason = "\"end_date\" must be greater than or equal to \"ref:start_date\"";
            return Err(invalid("query", "end_date", reason));
        }
        match longest {
            Some(longest) if window.length() > longest => {
                let reason = format!("The date range must not be longer than {longest} days");
                Err(invalid("query", "end_date", &reason))
            }
            _ => Ok(window),
        }
    }

    /// A single day.
    pub(super) const fn day(date: Date) -> Self {
        Self { from: date, to: date }
    }

    /// Its days up to the last one.
    pub(super) fn dates(self, last: Date) -> impl Iterator<Item = Date> {
        let last = self.to.min(last);
        self.from.series(1.day()).take_while(move |date| *date <= last)
    }

    fn length(self) -> i64 {
        self.to.duration_since(self.from).as_hours() / 24 + 1
    }
}

fn date(question: &Question, name: &str) -> Result<Date, Answer> {
    let refused = |reason: &str| invalid("query", name, &format!("\"{name}\" {reason}"));
    let text = question.parameter(name).ok_or_else(|| refused("is required"))?;
    let date = Date::strptime("%Y-%m-%d", text).ok().filter(|_| text.len() == "YYYY-MM-DD".len());
    date.ok_or_else(|| refused("must be in YYYY-MM-DD format"))
}
