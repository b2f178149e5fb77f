//! What of answers can be made ready before the database has a turn for them, and which pages of a stream are written
//! together: one statement serves rows of many, and nothing is asked twice.

use std::collections::HashMap;

use atlas_model::tables::{COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Call, Mode, Row};

use crate::error::Result;
use crate::journal::{Body, Told as Kept};
use crate::newcomers::{self, Pairs};
use crate::save::Answer;
use crate::write::told_once;

/// Answers that are ready to be saved in one transaction.
pub struct Ready {
    pub(crate) runs: Vec<Run>,
    /// Whether there are leads among them, so that people may have to be written.
    pub(crate) are_leads: bool,
}

/// Answers of one endpoint that are written together.
pub(crate) struct Run {
    /// The answers, without their rows.
    pub(crate) answers: Vec<(Call, Answer)>,
    /// What the journal keeps of each.
    pub(crate) told: Vec<Kept>,
    pub(crate) own: Vec<Own>,
    /// The rows of all of them.
    pub(crate) rows: Vec<Row>,
    /// Which rows are leads and their enrolments, if all of them may be new.
    pub(crate) pairs: Option<Pairs>,
}

/// What of a run's rows is an answer's own.
pub(crate) struct Own {
    /// How many.
    pub(crate) rows: usize,
    /// Whether they tell figures of campaigns.
    pub(crate) are_figures: bool,
}

impl Ready {
    /// Answers in their order, made ready while the database may be at those before them.
    pub fn of(answers: Vec<(Call, Answer)>) -> Result<Self> {
        let are_leads = answers.iter().any(|(_, answer)| newcomers::are_leads(&answer.rows));
        let runs = runs(answers).into_iter().map(Run::of).collect::<Result<_>>()?;
        Ok(Self { runs, are_leads })
    }
}

impl Run {
    fn of(mut answers: Vec<(Call, Answer)>) -> Result<Self> {
        let (mut told, mut own, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (_, answer) in &mut answers {
            let (params, body) = (answer.asked.to_text(), Body::of(&answer.body)?);
            told.push(Kept { params, body, read_at: answer.read_at });
            let of_answer = told_once(std::mem::take(&mut answer.rows));
            let are_figures = of_answer.iter().any(|row| row.values.contains_key("seen_hash"));
            own.push(Own { rows: of_answer.len(), are_figures });
            rows.extend(of_answer);
        }
        let pairs = newcomers::pairs(&rows);
        Ok(Self { answers, told, own, rows, pairs })
    }
}

/// Answers in their order. Those that stand together say each but the last one nothing beside rows and the next page, and of
/// no row this and that: written at once or one by one, they come to the same.
fn runs(answers: Vec<(Call, Answer)>) -> Vec<Vec<(Call, Answer)>> {
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
