//! The mails that a campaign's leads get, step by step.

use fastrand::Rng;
use serde::Serialize;

use super::campaign::Campaign;
use super::letters;
use super::planted::{Plot, Template};

/// What a step of a campaign really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepFigures {
    /// Its id.
    pub id: u64,
    /// Its number, 1 being the first mail.
    pub number: u64,
    /// Days after the step before.
    pub delay_days: u64,
    /// Its subject; empty in the thread of the mail before, and where variants have subjects of their own.
    pub subject: String,
    /// Its variants; none where everybody gets the same mail.
    pub variants: Vec<VariantFigures>,
}

/// What a variant of a step really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantFigures {
    /// Its id.
    pub id: u64,
    /// A letter from `A` on.
    pub label: &'static str,
    /// Its subject; empty in the thread of the mail before.
    pub subject: String,
    /// Nobody gets it any more.
    pub is_deleted: bool,
}

/// One step.
pub(crate) struct Step {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) delay: u64,
    /// The mail that all get; nothing where there are variants.
    pub(crate) mail: Option<Mail>,
    pub(crate) variants: Vec<Variant>,
}

/// One way to write a step's mail.
pub(crate) struct Variant {
    pub(crate) id: u64,
    pub(crate) label: &'static str,
    pub(crate) mail: Mail,
    pub(crate) is_deleted: bool,
}

pub(crate) struct Mail {
    pub(crate) subject: &'static str,
    pub(crate) body: String,
}

const FIRST_STEP_ID: u64 = 7_312_004;
const FIRST_VARIANT_ID: u64 = 2_064_051;
const MOST_STEPS: u64 = 8;
/// Variants of a step that nobody planned at most.
const MOST_VARIANTS: u64 = 3;
const LABELS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// A campaign's steps, in the order in which they were saved; none where nobody has written any yet.
pub(crate) fn steps(place: usize, campaign: &Campaign, rng: &mut Rng) -> Vec<Step> {
    if campaign.planned_mails() == 0 {
        return Vec::new();
    }
    if let Some(plot) = &campaign.plot {
        return vec![planned(place as u64 * MOST_STEPS + 1, plot)];
    }
    let mut steps: Vec<Step> =
        (1..=campaign.steps).map(|number| step(place as u64 * MOST_STEPS + number, number, rng)).collect();
    rng.shuffle(&mut steps);
    steps
}

fn step(rank: u64, number: u64, rng: &mut Rng) -> Step {
    let has_variants = rng.u8(..6) < if number == 1 { 4 } else { 1 };
    let count = if has_variants { rng.usize(2..=3) } else { 0 };
    let deleted = (rng.u8(..5) == 0).then(|| rng.usize(1..3));
    let variant = |(index, label): (usize, &&'static str)| Variant {
        id: FIRST_VARIANT_ID + rank * MOST_VARIANTS + index as u64,
        label,
        mail: mail(number, rng),
        is_deleted: deleted == Some(index),
    };
    let variants: Vec<Variant> = LABELS.iter().take(count).enumerate().map(variant).collect();
    Step {
        id: FIRST_STEP_ID + rank,
        number,
        delay: if number == 1 { 0 } else { rng.u64(2..=6) },
        mail: variants.is_empty().then(|| mail(number, rng)),
        variants,
    }
}

/// A step whose variants are planned; the ids of those that are more than usual are no other campaign's, as it has no
/// other step.
fn planned(rank: u64, plot: &Plot) -> Step {
    let mail = |template: &Template| Mail { subject: template.subject, body: template.body.clone() };
    let variant = |(index, template): (usize, &Template)| Variant {
        id: FIRST_VARIANT_ID + rank * MOST_VARIANTS + index as u64,
        label: LABELS[index % LABELS.len()],
        mail: mail(template),
        is_deleted: false,
    };
    let (only, variants) = match plot.templates.as_slice() {
        [only] => (Some(mail(only)), Vec::new()),
        several => (None, several.iter().enumerate().map(variant).collect()),
    };
    Step { id: FIRST_STEP_ID + rank, number: 1, delay: 0, mail: only, variants }
}

fn mail(number: u64, rng: &mut Rng) -> Mail {
    // Now and then a late mail begins a thread of its own.
    if number == 1 || (number > 2 && rng.u8(..6) == 0) {
        Mail { subject: letters::subject(rng), body: letters::opening(rng) }
    } else {
        Mail { subject: "", body: letters::follow_up(rng) }
    }
}

impl Step {
    pub(crate) fn figures(&self) -> StepFigures {
        let variant = |variant: &Variant| VariantFigures {
            id: variant.id,
            label: variant.label,
            subject: variant.mail.subject.to_owned(),
            is_deleted: variant.is_deleted,
        };
        StepFigures {
            id: self.id,
            number: self.number,
            delay_days: self.delay,
            subject: self.mail.as_ref().map(|mail| mail.subject.to_owned()).unwrap_or_default(),
            variants: self.variants.iter().map(variant).collect(),
        }
    }
}
