//! What a reply wants: certain cases by rule, the others by a small linear model, which says how sure it is.

mod clean;
mod dates;
mod grams;
mod model;
mod phrases;
mod rules;

use jiff::civil::Date;
use serde::Serialize;

pub use clean::clean;
pub use grams::{BUCKETS, Gram, grams};
pub use model::{Model, Weights, softmax};
pub use rules::{Certain, certain};

/// A change of rules or cleaning makes everything be read once more; a new model does too.
pub const RULES_VERSION: u32 = 1;

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
    if let Some(found) = certain(reply) {
        return sorted(found.intent, found.confidence, false, by_rule, found.returns_on);
    }
    let text = clean(reply.text);
    match model.filter(|_| text.chars().any(char::is_alphanumeric)) {
        Some(model) => {
            let (intent, confidence) = model.best(&text, reply.subject.unwrap_or_default());
            sorted(intent, confidence, confidence < model.threshold(), otherwise, None)
        }
        // Nothing is said, or nobody can tell: a person should look.
        None => sorted(Intent::Neutral, 0.0, true, otherwise, None),
    }
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
