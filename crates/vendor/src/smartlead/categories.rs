//! What SmartLead's reply categories mean, by name.

/// What a category means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The internal name; none for what is no reply.
    pub(super) reply_category: Option<&'static str>,
    /// positive, neutral or negative.
    pub(super) sentiment: Option<&'static str>,
}

impl Meaning {
    pub(super) fn is_positive(self) -> bool {
        self.sentiment == Some("positive")
    }
}

const fn means(reply_category: &'static str, sentiment: &'static str) -> Meaning {
    Meaning { reply_category: Some(reply_category), sentiment: Some(sentiment) }
}

const INTERESTED: Meaning = means("interested", "positive");
const MEETING: Meaning = means("meeting_request", "positive");
const NOT_INTERESTED: Meaning = means("not_interested", "negative");
const UNSUBSCRIBE: Meaning = means("unsubscribe", "negative");
const OUT_OF_OFFICE: Meaning = means("out_of_office", "neutral");
const REFERRAL: Meaning = means("referral", "neutral");
const NOT_NOW: Meaning = means("not_now", "neutral");
const QUESTION: Meaning = means("question", "neutral");
const NEUTRAL: Meaning = means("neutral", "neutral");

/// The names that are known, the service's defaults and the specification's.
const NAMES: &[(&str, Meaning)] = &[
    ("interested", INTERESTED),
    ("positive", INTERESTED),
    ("information request", INTERESTED),
    ("meeting request", MEETING),
    ("meeting booked", MEETING),
    ("meeting scheduled", MEETING),
    ("booked", MEETING),
    ("not interested", NOT_INTERESTED),
    ("do not contact", UNSUBSCRIBE),
    ("unsubscribed", UNSUBSCRIBE),
    ("out of office", OUT_OF_OFFICE),
    ("ooo", OUT_OF_OFFICE),
    ("wrong person", REFERRAL),
    ("uncategorizable by ai", NEUTRAL),
    ("neutral", NEUTRAL),
    ("question", QUESTION),
    ("not now", NOT_NOW),
    // No reply at all: the sender's own mailbox failed.
    ("sender originated bounce", Meaning { reply_category: None, sentiment: None }),
];

/// The first that stands in an unknown name; a word in bars must be a word of its own.
const KEYWORDS: &[(&[&str], Meaning)] = &[
    (&["not interested", "no interest"], NOT_INTERESTED),
    (&["unsubscri", "do not contact", "dnc"], UNSUBSCRIBE),
    (&["out of office", "|ooo|", "vacation", "autoreply", "auto reply", "automatic"], OUT_OF_OFFICE),
    (&["wrong person", "referr", "left the company"], REFERRAL),
    (&["not now", "later", "followup", "follow up"], NOT_NOW),
    (&["meeting", "booked", "demo", "call scheduled"], MEETING),
    (&["interest", "positive", "info"], INTERESTED),
    (&["question"], QUESTION),
];

/// What a category means: by its name, then by a word in it, then by the account's own sentiment, else neutral.
pub(super) fn meaning(name: &str, sentiment: Option<&str>) -> Meaning {
    let name = normal(name);
    if let Some((_, meaning)) = NAMES.iter().find(|(known, _)| *known == name) {
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

/// What one of the service's default categories means, where only its number is told.
pub(super) fn meaning_of_number(id: &str) -> Option<Meaning> {
    Some(match id {
        "1" | "5" => INTERESTED,
        "2" => MEETING,
        "3" => NOT_INTERESTED,
        "4" => UNSUBSCRIBE,
        "6" => OUT_OF_OFFICE,
        "7" => REFERRAL,
        "8" => NEUTRAL,
        _ => return None,
    })
}

/// Lower case, one blank between words; `_` and `-` are blanks.
pub(super) fn normal(name: &str) -> String {
    let name = name.to_lowercase().replace(['_', '-'], " ");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{MEETING, meaning};

    #[test]
    fn names_words_and_sentiments() {
        for (name, sentiment, expected) in [
            ("  Out Of Office ", None, Some("out_of_office")),
            ("MEETING_BOOKED", None, Some("meeting_request")),
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
            assert_eq!(meaning(name, sentiment).reply_category, expected, "{name}");
        }
        assert!(MEETING.is_positive());
    }
}
