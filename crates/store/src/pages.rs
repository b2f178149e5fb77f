//! Pages of a stream that are written together: one statement serves rows of many, and nothing is asked twice.

use std::collections::HashMap;

use atlas_model::tables::{COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Call, Mode, Row};

use crate::save::Answer;

/// Answers in their order. Those that stand together say each but the last one nothing beside rows and the next page, and of
/// no row this and that: written at once or one by one, they come to the same.
pub(crate) fn runs(answers: Vec<(Call, Answer)>) -> Vec<Vec<(Call, Answer)>> {
    let mut lengths: Vec<usize> = Vec::new();
    let mut told: Option<Told<'_>> = None;
    for (place, (call, answer)) in answers.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| answers.get(before));
        let is_next =
            before.is_some_and(|(before, said)| before.endpoint == call.endpoint && is_page(said, call));
        told = told.filter(|_| is_next).and_then(|told| told.with(&answer.rows));
        match lengths.last_mut().filter(|_| told.is_some()) {
            Some(length) => *length += 1,
            None => {
                told = Told::default().with(&answer.rows);
                lengths.push(1);
            }
        }
    }
    let mut answers = answers.into_iter();
    lengths.into_iter().map(|length| answers.by_ref().take(length).collect()).collect()
}

/// Whether nothing but this call follows from an answer.
pub(crate) fn is_all_that_follows(answer: &Answer, call: &Call) -> bool {
    let [follow] = answer.follow.as_slice() else { return false };
    follow.endpoint == call.endpoint && follow.params == call.params
}

/// Whether an answer says nothing beside rows and that this call comes next.
fn is_page(answer: &Answer, next: &Call) -> bool {
    let Answer { sweeps, census, tallies, watermark, recount, gaps, unusable, .. } = answer;
    is_all_that_follows(answer, next)
        && (sweeps.is_empty() && census.is_none() && tallies.is_empty() && watermark.is_none())
        && (recount.is_empty() && gaps.is_empty() && unusable.is_empty())
}

/// Rows of leads by their keys.
#[derive(Default)]
struct Told<'r>(HashMap<(&'static str, Vec<&'r str>), &'r Row>);

impl<'r> Told<'r> {
    /// The same with the rows of one more answer, if they go with them.
    fn with(mut self, rows: &'r [Row]) -> Option<Self> {
        rows.iter().all(|row| self.take(row).is_some()).then_some(self)
    }

    fn take(&mut self, row: &'r Row) -> Option<()> {
        let is_plain = row.mode == Mode::Upsert && row.on_change.is_empty();
        if !is_plain || ![&COMPANIES, &CONTACTS, &ENROLLMENTS].contains(&row.table) {
            return None;
        }
        match self.0.insert((row.table.name, row.key()?), row) {
            // Many leads are of one company. Whichever tells of it last, it comes to the same.
            Some(other) if *row.table != COMPANIES || !agree(row, other) => None,
            _ => Some(()),
        }
    }
}

/// Whether two tellings of a row have the same columns, or the same in those that both have.
fn agree(row: &Row, other: &Row) -> bool {
    row.values.keys().eq(other.values.keys())
        || row.values.iter().all(|(name, value)| other.values.get(name).is_none_or(|known| known == value))
}
