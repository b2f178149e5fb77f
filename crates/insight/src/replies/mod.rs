//! What a reply wants: certain cases by rule, the others by a small linear model, which says how sure it is.

mod clean;
mod concepts;
mod dates;
mod grams;
mod model;
mod phrases;
mod rules;

use jiff::civil::Date;
use serde::Serialize;

pub use clean::clean;
pub use concepts::Text;
pub use grams::{BUCKETS, Gram, grams};
use model::CLASSES;
pub use model::{Model, Weights, softmax};
pub use rules::{Certain, certain};

/// A change of rules or cleaning makes everything be read once more; a new model does too.
pub const RULES_VERSION: u32 = 2;

/// How likely it must be that somebody wants no more mail.
const OPT_OUT_CHANCE: f32 = 0.15;
/// How likely it must be that a machine says that somebody is away, and what such a note speaks of.
const ABSENCE_CHANCE: f32 = 0.85;
const ABSENCE_WORDS: [&str; 6] = ["absence note", "away", "machine", "back", "meanwhile", "slow"];

/// The nine things that a reply may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Intent {
    Interested,
    MeetingRequest,
    Referral,
    Question,
    NotNow,
    NotInterested,
    Unsubscribe,
    OutOfOffice,
    Neutral,
}

impl Intent {
    /// In the order in which models know them.
    pub const ALL: [Self; 9] = [
        Self::Interested,
        Self::MeetingRequest,
        Self::Referral,
        Self::Question,
        Self::NotNow,
        Self::NotInterested,
        Self::Unsubscribe,
        Self::OutOfOffice,
        Self::Neutral,
    ];

    /// As `reply_category` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interested => "interested",
            Self::MeetingRequest => "meeting_request",
            Self::Referral => "referral",
            Self::Question => "question",
            Self::NotNow => "not_now",
            Self::NotInterested => "not_interested",
            Self::Unsubscribe => "unsubscribe",
            Self::OutOfOffice => "out_of_office",
            Self::Neutral => "neutral",
        }
    }

    /// `positive`, `negative` or `neutral`.
    pub const fn sentiment(self) -> &'static str {
        match self {
            Self::Interested | Self::MeetingRequest => "positive",
            Self::NotInterested | Self::Unsubscribe => "negative",
            _ => "neutral",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// A reply as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reply<'a> {
    /// Its text, with whatever hangs below it.
    pub text: &'a str,
    /// Its subject, if it is known.
    pub subject: Option<&'a str>,
    /// Its headers, as far as they are known.
    pub headers: &'a [(String, String)],
    /// The day on which it came, for dates without a year.
    pub received_on: Option<Date>,
}

/// What a reply wants, and how sure that is.
#[derive(Clone, Debug, Serialize)]
pub struct Sorted {
    /// The best class.
    pub reply_category: &'static str,
    /// What that means.
    pub sentiment: &'static str,
    /// Whether it is positive.
    pub is_positive: bool,
    /// How often such an answer is right, 0.0–1.0.
    pub confidence: f64,
    /// Whether a person should look.
    pub needs_review: bool,
    /// `rules`, `embedded` or `none`, with its version.
    pub method: String,
    /// When somebody who is away is back, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns_on: Option<Date>,
}

/// The methods of this program, as they stand beside what they sorted: rules, and the model or the lack of one.
pub fn methods(model: Option<&Model>) -> [String; 2] {
    let other = match model {
        Some(model) => format!("embedded:{RULES_VERSION}.{}", model.version()),
        None => format!("none:{RULES_VERSION}"),
    };
    [format!("rules:{RULES_VERSION}"), other]
}

/// What is certain, else what the model takes it for.
pub fn sort(reply: &Reply<'_>, model: Option<&Model>) -> Sorted {
    let [by_rule, otherwise] = methods(model);
    let text = Text::read(reply.text);
    if let Some(found) = certain(reply, &text) {
        return sorted(found.intent, found.confidence, false, by_rule, found.returns_on);
    }
    match model.filter(|_| text.plain.chars().any(char::is_alphanumeric)) {
        Some(model) => {
            let (intent, confidence) = decide(&model.chances(&text), &text);
            sorted(intent, confidence, confidence < model.threshold(), otherwise, None)
        }
        // Nothing is said, or nobody can tell: a person should look.
        None => sorted(Intent::Neutral, 0.0, true, otherwise, None),
    }
}

/// The class that is acted upon, and its chance. To write again to somebody who asked not to be written to is the
/// costliest error, so a small chance of that is enough; a machine's note is taken for one only where it says something
/// that such notes say, else an answer would be lost.
pub fn decide(chances: &[f32; CLASSES], text: &Text) -> (Intent, f64) {
    let chance = |intent: Intent| chances[intent as usize];
    if chance(Intent::Unsubscribe) >= OPT_OUT_CHANCE {
        return (Intent::Unsubscribe, chance(Intent::Unsubscribe).into());
    }
    let is_absence = chance(Intent::OutOfOffice) >= ABSENCE_CHANCE
        && ABSENCE_WORDS.iter().any(|concept| text.says(concept))
        && !text.asks();
    let possible = Intent::ALL.into_iter().filter(|intent| *intent != Intent::OutOfOffice || is_absence);
    let best = possible.max_by(|a, b| chance(*a).total_cmp(&chance(*b))).unwrap_or(Intent::Neutral);
    (best, chance(best).into())
}

fn sorted(
    intent: Intent,
    confidence: f64,
    needs_review: bool,
    method: String,
    returns_on: Option<Date>,
) -> Sorted {
    Sorted {
        reply_category: intent.name(),
        sentiment: intent.sentiment(),
        is_positive: intent.sentiment() == "positive",
        confidence,
        needs_review,
        method,
        returns_on,
    }
}
