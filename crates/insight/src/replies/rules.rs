//! What is certain before any model is asked: machines, absences, and people who want no more mail.

use jiff::civil::Date;

use super::concepts::{Text, plain};
use super::dates::return_date;
use super::phrases::{
    self, AWAY_SUBJECTS, AWAY_SUBJECTS_SHORT, BOUNCE_SUBJECTS, LEFT, NOT_OPT_OUT, OPT_OUT_ALONE,
};
use super::{Intent, Reply};

/// What is certain of a reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certain {
    /// What it wants.
    pub intent: Intent,
    /// How often such a reply is just that.
    pub confidence: f64,
    /// When somebody who is away is back, if it says so.
    pub returns_on: Option<Date>,
}

/// Who writes more has more to say than that they want no more mail.
const LONGEST_OPT_OUT: usize = 45;

/// Who is away says so within so many bytes from the beginning.
const ABSENCE_BEGINS: usize = 80;

/// What wants no more mail when it is said in one thought. "No more" beside "mail" is none of them: who wants to be mailed
/// once more says the same words.
const OPT_OUT_PAIRS: [(&str, &str); 3] = [("remove", "list"), ("remove", "my data"), ("stop", "mail")];

/// Who goes on to this means something else by such a pair.
const GOES_ON: [&str; 2] = ["meeting", "wish"];

/// What a note of absence does not speak of, but a person does who answers all the same.
const ANSWERS: [&str; 4] = ["meeting", "later", "wish", "refusal"];

const fn is(intent: Intent, confidence: f64) -> Option<Certain> {
    Some(Certain { intent, confidence, returns_on: None })
}

/// What is certain of a reply and its text; none where a model must be asked.
pub fn certain(reply: &Reply<'_>, text: &Text) -> Option<Certain> {
    let subject = plain(reply.subject.unwrap_or_default());
    if is_bounce(reply, &subject) {
        return is(Intent::Neutral, 0.99);
    }
    let plain = &text.plain;
    let is_machine = is_automatic(reply) || is_away_subject(&subject);
    if is_machine && phrases::of(LEFT).any(|phrase| plain.contains(phrase)) {
        return is(Intent::Referral, 0.95);
    }
    if is_machine || is_absence_note(text) {
        let returns_on = return_date(plain, reply.received_on);
        let confidence = if is_machine { 0.99 } else { 0.97 };
        return Some(Certain { intent: Intent::OutOfOffice, confidence, returns_on });
    }
    let is_bare = |said: &str| {
        let said = said.trim_matches(|c: char| !c.is_alphanumeric());
        phrases::of(OPT_OUT_ALONE).any(|one| one == said)
    };
    // A button of a mail program sends the word as the subject.
    if is_bare(plain) || is_bare(&subject) {
        return is(Intent::Unsubscribe, 0.99);
    }
    let is_paired = || {
        !text.asks()
            && !GOES_ON.iter().any(|concept| text.says(concept))
            && OPT_OUT_PAIRS.iter().any(|(one, other)| text.joins(one, other))
    };
    let speaks_of_it = || phrases::of(NOT_OPT_OUT).any(|phrase| plain.contains(phrase));
    if text.words() <= LONGEST_OPT_OUT && (text.says("opt-out") || is_paired()) && !speaks_of_it() {
        return is(Intent::Unsubscribe, 0.97);
    }
    None
}

/// A person may say that they are away and go on to answer; a note says it at its beginning, and nothing else.
fn is_absence_note(text: &Text) -> bool {
    let begins = |concept| text.first(concept).is_some_and(|at| at <= ABSENCE_BEGINS);
    let is_phrased = begins("absence note") || text.count("absence note") >= 2;
    let is_told = begins("away")
        && (text.says("back") || text.says("meanwhile"))
        && !ANSWERS.iter().any(|concept| text.says(concept));
    (is_phrased || is_told) && !text.asks()
}

/// Words of everyday count where nobody answered to them: a mail may have been about them.
fn is_away_subject(subject: &str) -> bool {
    let is_alone = |start: &str| {
        let rest = without_marks(subject).strip_prefix(start);
        rest.is_some_and(|rest| rest.trim_start().chars().next().is_none_or(|c| !c.is_alphanumeric()))
    };
    phrases::of(AWAY_SUBJECTS).any(|start| without_prefixes(subject).starts_with(start))
        || phrases::of(AWAY_SUBJECTS_SHORT).any(is_alone)
}

fn is_bounce(reply: &Reply<'_>, subject: &str) -> bool {
    let is_from_machine = header(reply, "from")
        .is_some_and(|from| ["mailer-daemon", "postmaster@"].iter().any(|name| from.contains(name)));
    let is_report =
        header(reply, "content-type").is_some_and(|kind| kind.contains("report-type=delivery-status"));
    is_from_machine
        || is_report
        || phrases::of(BOUNCE_SUBJECTS).any(|start| without_prefixes(subject).starts_with(start))
}

/// Whether the headers say that no person sent it (RFC 3834, and what was used before).
fn is_automatic(reply: &Reply<'_>) -> bool {
    let submitted = header(reply, "auto-submitted").is_some_and(|value| !value.starts_with("no"));
    let older = ["x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-response"]
        .iter()
        .any(|name| header(reply, name).is_some_and(|value| value != "no"));
    let precedence = header(reply, "precedence").is_some_and(|value| value.contains("auto_reply"));
    submitted || older || precedence
}

fn header(reply: &Reply<'_>, name: &str) -> Option<String> {
    let found = reply.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_lowercase())
}

/// Without what a mail server puts before a subject.
fn without_marks(subject: &str) -> &str {
    without(subject, &["[external]", "[extern]", "[ext]", "[spam]", "*spam*"])
}

/// Without "Re:" in many languages, too.
fn without_prefixes(subject: &str) -> &str {
    let prefixes = [
        "re:",
        "re :",
        "r:",
        "aw:",
        "sv:",
        "vs:",
        "odp:",
        "ynt:",
        "rv:",
        "antw:",
        "fw:",
        "fwd:",
        "wg:",
        "tr:",
        "[external]",
        "[extern]",
        "[ext]",
    ];
    without(subject, &prefixes)
}

fn without<'a>(subject: &'a str, prefixes: &[&str]) -> &'a str {
    let mut subject = subject.trim();
    while let Some(rest) = prefixes.iter().find_map(|prefix| subject.strip_prefix(prefix)) {
        subject = rest.trim_start();
    }
    subject
}
