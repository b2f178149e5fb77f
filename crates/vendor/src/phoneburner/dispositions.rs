//! What PhoneBurner's labels of calls mean. Accounts make up their own; the label as written stays beside the meaning.

use atlas_model::{Settings, plain_label};

/// What a label means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The internal word.
    pub(super) normal: &'static str,
    /// Whether somebody was reached, where the label alone tells.
    pub(super) is_reached: Option<bool>,
}

/// Each word, and whether it says that somebody was reached.
const WORDS: &[(&str, Option<bool>)] = &[
    ("appointment_set", Some(true)),
    ("interested", Some(true)),
    ("callback", Some(true)),
    ("send_info", Some(true)),
    ("transferred", Some(true)),
    ("gatekeeper", Some(true)),
    ("not_interested", Some(true)),
    ("not_qualified", Some(true)),
    ("hung_up", Some(true)),
    ("do_not_call", None),
    ("wrong_number", Some(true)),
    ("bad_number", Some(false)),
    ("no_answer", Some(false)),
    ("busy", Some(false)),
    ("voicemail", Some(false)),
    ("connected", Some(true)),
    ("called", None),
    ("received_call", None),
    ("other", None),
];

/// Labels that were seen, or are likely.
const LABELS: &[(&str, &str)] = &[
    ("set appointment", "appointment_set"),
    ("appointment set", "appointment_set"),
    ("set appt", "appointment_set"),
    ("interested", "interested"),
    ("callback requested", "callback"),
    ("call back", "callback"),
    ("follow up", "callback"),
    ("send email", "send_info"),
    ("email requested", "send_info"),
    ("transfer", "transferred"),
    ("transferred", "transferred"),
    ("receptionist", "gatekeeper"),
    ("gatekeeper", "gatekeeper"),
    ("not interested", "not_interested"),
    ("not qualified", "not_qualified"),
    ("hung up", "hung_up"),
    ("do not call", "do_not_call"),
    ("dnc", "do_not_call"),
    ("wrong number", "wrong_number"),
    ("bad phone", "bad_number"),
    ("bad number", "bad_number"),
    ("disconnected", "bad_number"),
    ("no answer", "no_answer"),
    ("busy phone", "busy"),
    ("busy", "busy"),
    ("voicemail", "voicemail"),
    ("live voicemail", "voicemail"),
    ("left message", "voicemail"),
    ("left voicemail", "voicemail"),
    ("connected", "connected"),
    ("called a prospect", "called"),
    ("received call", "received_call"),
];

/// The first that stands in an unknown label; a word in bars must be a word of its own.
const KEYWORDS: &[(&[&str], &str)] = &[
    (&["not interested"], "not_interested"),
    (&["not qualified"], "not_qualified"),
    (&["do not call", "|dnc|"], "do_not_call"),
    (&["wrong"], "wrong_number"),
    (&["bad", "disconnect", "invalid"], "bad_number"),
    (&["voicemail", "voice mail", "left message", "left a message", "|vm|"], "voicemail"),
    (&["no answer"], "no_answer"),
    (&["busy"], "busy"),
    (&["hung", "hang"], "hung_up"),
    (&["appointment", "appt", "meeting", "demo"], "appointment_set"),
    (&["callback", "call back", "followup", "follow up"], "callback"),
    (&["email", "e mail", "send info"], "send_info"),
    (&["recept", "gatekeep"], "gatekeeper"),
    (&["transfer"], "transferred"),
    (&["interested"], "interested"),
    (&["received call", "incoming", "inbound"], "received_call"),
    (&["called", "dialed", "dialled", "outgoing"], "called"),
];

/// What a label means: by the source's own setting, by its name, by a word in it; none when nobody knows.
pub(super) fn meaning(label: &str, settings: &Settings) -> Option<Meaning> {
    let own = settings.word_for("dispositions", label);
    let label = plain_label(label);
    let named = || LABELS.iter().find(|(known, _)| *known == label).map(|(_, word)| *word);
    let word = own.or_else(named).or_else(|| by_keyword(&label))?;
    WORDS
        .iter()
        .find(|(normal, _)| *normal == word)
        .map(|(normal, is_reached)| Meaning { normal, is_reached: *is_reached })
}

fn by_keyword(label: &str) -> Option<&'static str> {
    let has = |keyword: &&str| match keyword.strip_prefix('|').and_then(|word| word.strip_suffix('|')) {
        Some(word) => label.split(' ').any(|part| part == word),
        None => label.contains(*keyword),
    };
    KEYWORDS.iter().find(|(keywords, _)| keywords.iter().any(has)).map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use atlas_model::{DISPOSITIONS, Platform, Settings};

    use super::{LABELS, WORDS, meaning};

    #[test]
    fn labels_words_and_the_account_s_own() {
        let own = BTreeMap::from([("dispositions".to_owned(), "Fax = bad_number, busy=callback".to_owned())]);
        let settings = Settings::new(Platform::PhoneBurner, own);
        for (label, expected) in [
            ("Set Appointment", Some(("appointment_set", Some(true)))),
            ("  left-MESSAGE. ", Some(("voicemail", Some(false)))),
            ("DNC - asked twice", Some(("do_not_call", None))),
            ("Very interested!", Some(("interested", Some(true)))),
            ("Not interested at all", Some(("not_interested", Some(true)))),
            ("Left VM", Some(("voicemail", Some(false)))),
            ("Called a Prospect", Some(("called", None))),
            ("fax", Some(("bad_number", Some(false)))),
            ("Called from the softphone", Some(("called", None))),
            ("Busy", Some(("callback", Some(true)))),
            ("Purple", None),
        ] {
            let found = meaning(label, &settings).map(|meaning| (meaning.normal, meaning.is_reached));
            assert_eq!(found, expected, "{label}");
        }
        let is_word = |word: &str| WORDS.iter().any(|(known, _)| *known == word);
        assert!(DISPOSITIONS.iter().all(|word| is_word(word)));
        assert!(LABELS.iter().all(|(_, word)| is_word(word)));
    }
}
