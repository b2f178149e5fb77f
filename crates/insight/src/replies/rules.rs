//! What is certain before any model is asked: machines, absences, and people who want no more mail.

use jiff::civil::Date;

use super::clean::clean;
use super::dates::return_date;
use super::phrases::{self, AWAY, AWAY_SUBJECTS, BOUNCE_SUBJECTS, LEFT, NOT_OPT_OUT, OPT_OUT, OPT_OUT_ALONE};
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

/// A phrase of so many bytes is said of nothing else.
const LONG_PHRASE: usize = 12;

const fn is(intent: Intent, confidence: f64) -> Option<Certain> {
    Some(Certain { intent, confidence, returns_on: None })
}

/// What is certain of a reply; none where a model must be asked.
pub fn certain(reply: &Reply<'_>) -> Option<Certain> {
    let subject = plain(reply.subject.unwrap_or_default());
    if is_bounce(reply, &subject) {
        return is(Intent::Neutral, 0.99);
    }
    let text = plain(&clean(reply.text));
    let says = |list: &'static str| phrases::of(list).any(|phrase| text.contains(phrase));
    let is_machine = is_automatic(reply)
        || phrases::of(AWAY_SUBJECTS).any(|start| without_prefixes(&subject).starts_with(start));
    if is_machine && says(LEFT) {
        return is(Intent::Referral, 0.95);
    }
    let away = phrases::of(AWAY).filter(|phrase| text.contains(phrase)).count();
    if is_machine || is_absence_note(&text, away) {
        let returns_on = return_date(&text, reply.received_on);
        let confidence = if is_machine { 0.99 } else { 0.97 };
        return Some(Certain { intent: Intent::OutOfOffice, confidence, returns_on });
    }
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    if phrases::of(OPT_OUT_ALONE).any(|one| one == bare) {
        return is(Intent::Unsubscribe, 0.99);
    }
    let words = text.split_whitespace().count();
    (words <= LONGEST_OPT_OUT && says(OPT_OUT) && !says(NOT_OPT_OUT)).then_some(Certain {
        intent: Intent::Unsubscribe,
        confidence: 0.97,
        returns_on: None,
    })
}

/// A person may say that they are away and go on to answer; a note says it at its beginning, or says it twice.
fn is_absence_note(text: &str, away: usize) -> bool {
    let asks = text.contains('?');
    let strong = phrases::of(AWAY)
        .filter(|phrase| phrase.len() >= LONG_PHRASE)
        .any(|phrase| text.find(phrase).is_some_and(|at| text[..at].split_whitespace().count() <= 14));
    !asks && (away >= 2 || strong)
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

/// Lower case, straight apostrophes, one blank between words.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace(['’', 'ʼ', '`', '´'], "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_prefixes(subject: &str) -> &str {
    let mut subject = subject.trim();
    while let Some(rest) = ["re:", "aw:", "sv:", "fw:", "fwd:", "[external]", "[extern]"]
        .iter()
        .find_map(|prefix| subject.strip_prefix(prefix))
    {
        subject = rest.trim_start();
    }
    subject
}
