//! A sequence's steps: mails with their variants, and what is done between them.

use fastrand::Rng;
use serde::Serialize;

use super::figures::{StepFigures, VariantFigures};
use super::letters;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sends a mail.
    Email,
    /// Asks for a connection on LinkedIn.
    LinkedInConnect,
    /// Writes on LinkedIn.
    LinkedInMessage,
    /// Reminds somebody to call.
    Call,
    /// Waits, then goes one way or the other.
    Condition,
}

/// One step.
pub(crate) struct Step {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) delay_minutes: u64,
    /// The place of the step before it.
    pub(crate) parent: Option<usize>,
    /// On which side of the condition before it.
    pub(crate) branch: Option<bool>,
    /// A is the first, B the second.
    pub(crate) variants: Vec<Variant>,
}

/// One way to write a step's text.
pub(crate) struct Variant {
    pub(crate) id: u64,
    /// `None` where it is no mail.
    pub(crate) subject: Option<&'static str>,
    pub(crate) body: String,
}

/// The labels of variants, where there are several.
pub(crate) const LABELS: [&str; 3] = ["A", "B", "C"];

const FIRST_STEP_ID: u64 = 2_209_110;
const FIRST_VARIANT_ID: u64 = 3_310_700;
const MOST_STEPS: usize = 8;

/// The steps of a sequence in letters: `e` mail, `i` invitation, `m` message, `c` call, `?` condition. After a
/// condition comes one step for yes, and the rest for no.
const PLANS: &[&str] = &["eee", "eiee", "e?cee", "ecee", "eeeee", "imm", "ee", "ei?mee"];

/// The plan in which nobody is written a mail.
const WITHOUT_MAIL: usize = 5;

/// The steps of the sequence at this place.
pub(crate) fn steps(place: usize, rng: &mut Rng) -> Vec<Step> {
    // One sequence in thirteen has no mail, whatever the dice say.
    let plan = if place % 13 == 9 { WITHOUT_MAIL } else { rng.usize(..PLANS.len()) };
    let letters = PLANS[plan].as_bytes();
    let mut mails = 0;
    (0..letters.len())
        .map(|index| {
            let kind = match letters[index] {
                b'e' => Kind::Email,
                b'i' => Kind::LinkedInConnect,
                b'm' => Kind::LinkedInMessage,
                b'c' => Kind::Call,
                _ => Kind::Condition,
            };
            // The step after a condition is its yes, the one after that its no.
            let is = |back: usize| index.checked_sub(back).is_some_and(|at| letters[at] == b'?');
            let (parent, branch) = match (is(1), is(2)) {
                (true, _) => (Some(index - 1), Some(true)),
                (_, true) => (Some(index - 2), Some(false)),
                _ => (index.checked_sub(1), None),
            };
            let rank = place * MOST_STEPS + index;
            mails += u64::from(kind == Kind::Email);
            Step {
                id: FIRST_STEP_ID + rank as u64,
                kind,
                delay_minutes: if index == 0 { 0 } else { 720 * rng.u64(1..=8) },
                parent,
                branch,
                variants: variants(kind, mails, rank, rng),
            }
        })
        .collect()
}

fn variants(kind: Kind, mails: u64, rank: usize, rng: &mut Rng) -> Vec<Variant> {
    let count = match kind {
        Kind::Email if rng.u8(..3) == 0 => rng.usize(2..=3),
        Kind::Condition | Kind::Call => 0,
        _ => 1,
    };
    let subject_of = |rng: &mut Rng| match kind {
        // A later mail goes into the thread of the first, now and then into one of its own.
        Kind::Email if mails == 1 || rng.u8(..6) == 0 => Some(letters::subject(rng)),
        Kind::Email => Some(""),
        _ => None,
    };
    (0..count)
        .map(|index| Variant {
            id: FIRST_VARIANT_ID + (rank * LABELS.len() + index) as u64,
            subject: subject_of(rng),
            body: if kind == Kind::Email { letters::mail(rng) } else { letters::message(rng) },
        })
        .collect()
}

impl Step {
    pub(crate) fn is_mail(&self) -> bool {
        self.kind == Kind::Email
    }

    pub(crate) fn figures(&self, index: usize) -> StepFigures {
        let variant = |variant: &Variant| VariantFigures {
            id: variant.id,
            subject: variant.subject.unwrap_or_default(),
            body: variant.body.clone(),
        };
        StepFigures {
            id: self.id,
            number: index as u64 + 1,
            kind: self.kind,
            delay_minutes: self.delay_minutes,
            variants: self.variants.iter().map(variant).collect(),
        }
    }
}

/// The step after one, or the first; after a condition, the one on this side.
pub(crate) fn next(steps: &[Step], after: Option<usize>, side: bool) -> Option<usize> {
    let is_next = |step: &Step| step.parent == after && step.branch.is_none_or(|branch| branch == side);
    steps.iter().position(is_next)
}
