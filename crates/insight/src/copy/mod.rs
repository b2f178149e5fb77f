//! What a template is like: features that can be counted in its text.

mod ask;
mod reading;
mod template;
mod words;

pub use ask::{Ask, Opening};
pub use reading::{Counts, flesch_kincaid, lix};

use serde::Serialize;

use reading::{count, sentences};
use template::{Personal, Plain};

/// A change of the definitions makes everything be read once more.
pub const VERSION: i64 = 1;

/// A template, as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The subject, with tags.
    pub subject: Option<String>,
    /// The body as HTML, if it is.
    pub html: Option<String>,
    /// The body as text, with tags.
    pub plain: Option<String>,
    /// Its step, from 1.
    pub step_number: Option<i64>,
    /// Days after the step before.
    pub delay_days: Option<f64>,
    /// Whether it goes out as an answer in the thread.
    pub is_same_thread: Option<bool>,
}

/// What is counted; `docs/lessons.md` has the definitions. What makes no sense of a text is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns of campaign_variant_features, defined in docs/lessons.md")]
pub struct Features {
    pub language: Option<&'static str>,
    pub subject_words: Option<i64>,
    pub subject_characters: Option<i64>,
    pub subject_case: Option<&'static str>,
    pub subject_is_question: Option<bool>,
    pub subject_has_number: Option<bool>,
    pub subject_has_emoji: Option<bool>,
    pub subject_is_fake_reply: Option<bool>,
    pub body_words: Option<i64>,
    pub body_sentences: Option<i64>,
    pub body_paragraphs: Option<i64>,
    pub reading_formula: Option<&'static str>,
    pub reading_grade: Option<f64>,
    pub body_questions: Option<i64>,
    pub you_ratio: Option<f64>,
    pub tokens: Option<i64>,
    pub tokens_distinct: Option<i64>,
    pub personalization_depth: Option<&'static str>,
    pub opening_type: Option<&'static str>,
    pub cta_type: Option<&'static str>,
    pub cta_position: Option<f64>,
    pub asks: Option<i64>,
    pub links: Option<i64>,
    pub images: Option<i64>,
    pub html_weight: Option<f64>,
    pub spam_words: Option<i64>,
    pub capitals_ratio: Option<f64>,
    pub exclamation_ratio: Option<f64>,
    pub bullets: Option<i64>,
    pub has_postscript: Option<bool>,
    pub step_number: Option<i64>,
    pub delay_days: Option<f64>,
    pub is_same_thread: Option<bool>,
}

/// Reads a template.
pub fn features(template: &Template) -> Features {
    let body = template.plain.as_deref().filter(|text| !text.trim().is_empty()).map(Plain::of);
    let subject = template.subject.as_deref().filter(|text| !text.trim().is_empty()).map(Plain::line);
    let told = || subject.iter().chain(&body);
    let counts = body.as_ref().map(|body| count(&body.text));
    let personal = (subject.is_some() || body.is_some()).then(|| Personal::of(told()));
    let ask = body.as_ref().map(Ask::find);
    let language = body.as_ref().and_then(|body| template::language(&body.text));
    let readable = counts.as_ref().filter(|counts| counts.words >= reading::LEAST_WORDS);
    let reading = readable.zip(language).map(|(counts, language)| match language {
        "en" => ("flesch_kincaid", flesch_kincaid(counts)),
        _ => ("lix", lix(counts)),
    });
    let subject = subject.as_ref().map(|subject| subject.text.as_str());
    let raw = template.subject.as_deref().map(str::trim).unwrap_or_default();
    let letters = body.as_ref().map(|body| template::letters(&body.text)).filter(|(all, _)| *all > 0);
    let html = template.html.as_deref();
    Features {
        language,
        subject_words: subject.map(|text| size(words::of(text).count())),
        subject_characters: subject.map(|text| size(text.chars().count())),
        subject_case: subject.map(template::case),
        subject_is_question: subject.map(|text| text.contains(['?', '？', '؟'])),
        subject_has_number: subject.map(|text| text.contains(|c: char| c.is_ascii_digit())),
        subject_has_emoji: subject.map(|text| text.chars().any(template::is_emoji)),
        subject_is_fake_reply: subject
            .map(|_| words::is_answer(raw) && template.is_same_thread != Some(true)),
        body_words: counts.as_ref().map(|counts| counts.words),
        body_sentences: counts.as_ref().map(|counts| counts.sentences),
        body_paragraphs: body.as_ref().map(|body| size(template::paragraphs(&body.text))),
        reading_formula: reading.map(|(formula, _)| formula),
        reading_grade: reading.map(|(_, grade)| grade),
        body_questions: body
            .as_ref()
            .map(|body| size(sentences(&body.text).filter(|s| s.ends_with(['?', '？', '؟'])).count())),
        you_ratio: body.as_ref().and_then(|body| words::you_ratio(&body.text, language)),
        tokens: personal.as_ref().map(|personal| size(personal.all)),
        tokens_distinct: personal.as_ref().map(|personal| size(personal.distinct)),
        personalization_depth: personal.as_ref().map(|personal| personal.depth),
        opening_type: body.as_ref().and_then(|body| Opening::of(&body.text)).map(Opening::name),
        cta_type: ask.as_ref().map(|ask| ask.kind),
        cta_position: ask.as_ref().and_then(|ask| ask.position),
        asks: ask.as_ref().map(|ask| ask.asks),
        links: body.as_ref().map(|body| template::links(html, &body.raw)),
        images: html.map(|html| size(html.to_lowercase().matches("<img").count())),
        html_weight: html.zip(body.as_ref()).and_then(|(html, body)| {
            let text = body.raw.chars().count();
            (text > 0).then(|| real(html.chars().count()) / real(text))
        }),
        spam_words: (subject.is_some() || body.is_some())
            .then(|| told().map(|text| words::spam_words(&text.text)).sum()),
        capitals_ratio: letters.map(|(all, capitals)| real(capitals) / real(all)),
        exclamation_ratio: body.as_ref().zip(counts.as_ref()).and_then(|(body, counts)| {
            let marks = size(body.text.matches('!').count());
            (counts.sentences > 0).then(|| crate::stats::real(marks) / crate::stats::real(counts.sentences))
        }),
        bullets: body.as_ref().map(|body| size(template::bullets(&body.text))),
        has_postscript: body.as_ref().map(|body| body.has_postscript),
        step_number: template.step_number,
        delay_days: template.delay_days,
        is_same_thread: template.is_same_thread,
    }
}

fn size(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a text is far shorter than 2^52 characters")]
const fn real(count: usize) -> f64 {
    count as f64
}
