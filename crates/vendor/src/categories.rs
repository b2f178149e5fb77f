//! What reply categories mean, by name: the services' own and the specification's.

use atlas_model::Settings;

/// What a category means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The internal name; none for what is no reply.
    pub(crate) reply_category: Option<&'static str>,
    /// positive, neutral or negative.
    pub(crate) sentiment: Option<&'static str>,
}

impl Meaning {
    pub(crate) fn is_positive(self) -> bool {
        self.sentiment == Some("positive")
    }
}

const fn means(reply_category: &'static str, sentiment: &'static str) -> Meaning {
    Meaning { reply_category: Some(reply_category), sentiment: Some(sentiment) }
}

pub(crate) const INTERESTED: Meaning = means("interested", "positive");
pub(crate) const MEETING: Meaning = means("meeting_request", "positive");
pub(crate) const NOT_INTERESTED: Meaning = means("not_interested", "negative");
pub(crate) const UNSUBSCRIBE: Meaning = means("unsubscribe", "negative");
pub(crate) const OUT_OF_OFFICE: Meaning = means("out_of_office", "neutral");
pub(crate) const REFERRAL: Meaning = means("referral", "neutral");
const NOT_NOW: Meaning = means("not_now", "neutral");
const QUESTION: Meaning = means("question", "neutral");
pub(crate) const NEUTRAL: Meaning = means("neutral", "neutral");

/// The names that are known, the services' defaults and the specification's; blanks do not count.
const NAMES: &[(&str, Meaning)] = &[
    ("interested", INTERESTED),
    ("positive", INTERESTED),
    ("information request", INTERESTED),
    ("hot lead", INTERESTED),
    ("hot leads", INTERESTED),
    ("meeting", MEETING),
    ("meeting intent", MEETING),
    ("meeting request", MEETING),
    ("meeting booked", MEETING),
    ("meeting scheduled", MEETING),
    ("booked", MEETING),
    ("not interested", NOT_INTERESTED),
    ("do not contact", UNSUBSCRIBE),
    ("unsubscribed", UNSUBSCRIBE),
    ("opted out", UNSUBSCRIBE),
    ("out of office", OUT_OF_OFFICE),
    ("ooo", OUT_OF_OFFICE),
    ("auto reply", OUT_OF_OFFICE),
    ("wrong person", REFERRAL),
    ("referral", REFERRAL),
    ("referred", REFERRAL),
    ("uncategorizable by ai", NEUTRAL),
    ("uncategorized", NEUTRAL),
    ("neutral", NEUTRAL),
    ("question", QUESTION),
    ("not now", NOT_NOW),
    ("later", NOT_NOW),
    ("needs follow up", NOT_NOW),
    // No reply at all: the sender's own mailbox failed.
    ("sender originated bounce", Meaning { reply_category: None, sentiment: None }),
];

/// The first that stands in an unknown name; a word in bars must be a word of its own.
const KEYWORDS: &[(&[&str], Meaning)] = &[
    (&["not interested", "no interest"], NOT_INTERESTED),
    (&["unsubscri", "opted out", "opt out", "do not contact", "dnc"], UNSUBSCRIBE),
    (&["out of office", "|ooo|", "vacation", "autoreply", "auto reply", "automatic"], OUT_OF_OFFICE),
    (&["wrong person", "referr", "left the company"], REFERRAL),
    (&["not now", "later", "followup", "follow up"], NOT_NOW),
    (&["meeting", "booked", "demo", "call scheduled"], MEETING),
    (&["interest", "positive", "|hot|", "info"], INTERESTED),
    (&["question"], QUESTION),
];

/// What a category means where a person said so for the account.
pub(crate) fn set_meaning(name: &str, settings: &Settings) -> Option<Meaning> {
    let word = settings.word_for("categories", name)?;
    let all = NAMES.iter().map(|(_, meaning)| *meaning);
    all.into_iter().find(|meaning| meaning.reply_category == Some(word))
}

/// What a category means: as a person said, else by its name, then by a word in it, then by the account's own sentiment,
/// else neutral.
pub(crate) fn meaning(name: &str, sentiment: Option<&str>, settings: &Settings) -> Meaning {
    if let Some(set) = set_meaning(name, settings) {
        return set;
    }
    let name = normal(name);
    let squeezed = name.replace(' ', "");
    if let Some((_, meaning)) = NAMES.iter().find(|(known, _)| known.replace(' ', "") == squeezed) {
        return *meaning;
    }
    let has = |keyword: &&str| match keyword.strip_prefix('|').and_then(|word| word.strip_suffix('|')) {
        Some(word) => name.split(|c: char| !c.is_alphanumeric()).any(|part| part == word),
        None => name.contains(*keyword),
    };
    if let Some((_, meaning)) = KEYWORDS.iter().find(|(keywords, _)| keywords.iter().any(has)) {
        return *meaning;
    }
    match sentiment {
        Some("positive") => INTERESTED,
        Some("negative") => NOT_INTERESTED,
        _ => NEUTRAL,
    }
}

/// Whether who was sorted so is interested. Neutral categories (absences, questions) do not say.
pub(crate) fn interest(meaning: Meaning) -> Option<bool> {
    match meaning.sentiment {
        Some("positive") => Some(true),
        Some("negative") => Some(false),
        _ => None,
    }
}

/// Lower case, one blank between words; `_` and `-` are blanks.
pub(crate) fn normal(name: &str) -> String {
    let name = name.to_lowercase().replace(['_', '-'], " ");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use atlas_model::{Platform, REPLY_CATEGORIES, Settings};

    use super::{MEETING, meaning};

    #[test]
    fn names_words_and_sentiments() {
        let own =
            BTreeMap::from([("categories".to_owned(), "Hot - very=not_now, Nurture=question".to_owned())]);
        let settings = Settings::new(Platform::SmartLead, own);
        for (name, sentiment, expected) in [
            ("HOT, very", Some("positive"), Some("not_now")),
            ("nurture", None, Some("question")),
            ("  Out Of Office ", None, Some("out_of_office")),
            ("MEETING_BOOKED", None, Some("meeting_request")),
            ("MeetingBooked", None, Some("meeting_request")),
            ("OptedOut", None, Some("unsubscribe")),
            ("Auto-reply", None, Some("out_of_office")),
            ("Hot leads", None, Some("interested")),
            ("Shot down", None, Some("neutral")),
            ("Not Interested", Some("positive"), Some("not_interested")),
            ("No interest at all", None, Some("not_interested")),
            ("OOO - back soon", None, Some("out_of_office")),
            ("Kangarooo", None, Some("neutral")),
            ("Follow-up in spring", None, Some("not_now")),
            ("Demo held", None, Some("meeting_request")),
            ("Gatekeeper", Some("negative"), Some("not_interested")),
            ("Gatekeeper", None, Some("neutral")),
            ("Sender Originated Bounce", None, None),
        ] {
            assert_eq!(meaning(name, sentiment, &settings).reply_category, expected, "{name}");
        }
        for word in REPLY_CATEGORIES {
            let own = BTreeMap::from([("categories".to_owned(), format!("Blue={word}"))]);
            let settings = Settings::new(Platform::ReplyIo, own);
            assert_eq!(meaning("blue", None, &settings).reply_category, Some(*word));
        }
        assert!(MEETING.is_positive());
    }
}
