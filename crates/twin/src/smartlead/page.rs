//! Answers that come in pages.

use std::ops::Range;

use super::refusal::invalid;
use crate::answer::Answer;
use crate::question::Question;

/// The parameters with which one asks for a page.
pub(super) const PARAMETERS: &[&str] = &["offset", "limit"];

/// Rows on a page at most, and where one does not say.
const LARGEST: u64 = 100;

/// Which rows are asked for.
pub(super) struct Page {
    pub(super) offset: u64,
    pub(super) limit: u64,
}

impl Page {
    /// Refuses as the service does.
    pub(super) fn of(question: &Question) -> Result<Self, Answer> {
        Self::of_at_most(question, LARGEST)
    }

    /// The same with so many rows at most.
    pub(super) fn of_at_most(question: &Question, largest: u64) -> Result<Self, Answer> {
        let offset = number(question, "offset", 0, 0, u64::MAX)?;
        let limit = number(question, "limit", LARGEST, 1, largest)?;
        Ok(Self { offset, limit })
    }

    /// The rows there are, of so many.
    pub(super) fn rows(&self, total: u64) -> Range<u64> {
        self.offset.min(total)..self.offset.saturating_add(self.limit).min(total)
    }
}

fn number(question: &Question, name: &str, default: u64, low: u64, high: u64) -> Result<u64, Answer> {
    let Some(text) = question.parameter(name) else { return Ok(default) };
    let refused = |reason: String| invalid("query", name, &format!("\"{name}\" must be {reason}"));
    match text.parse::<i64>() {
        Err(_) => Err(refused("a number".to_owned())),
        Ok(number) => match u64::try_from(number) {
            Ok(number) if number > high => Err(refused(format!("less than or equal to {high}"))),
            Ok(number) if number >= low => Ok(number),
            _ => Err(refused(format!("greater than or equal to {low}"))),
        },
    }
}
