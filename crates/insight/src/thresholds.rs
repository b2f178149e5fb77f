//! From when on something is worth an alert: what is usual, and what may be set instead.

use std::collections::BTreeMap;

/// A number that may be set.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// What it is called.
    pub name: &'static str,
    /// What it is where nobody sets it.
    pub usual: f64,
    /// It is set no lower.
    pub least: f64,
    /// And no higher.
    pub most: f64,
    /// What it is for.
    pub about: &'static str,
}

const fn one(name: &'static str, usual: f64, least: f64, most: f64, about: &'static str) -> Threshold {
    Threshold { name, usual, least, most, about }
}

const HOURS: f64 = 24.0 * 90.0;
const MAILS: f64 = 1e6;

/// All of them; those of a pair one after the other.
pub const THRESHOLDS: &[Threshold] = &[
    one("bounce_rate_warning", 0.02, 0.0, 1.0, "Bounces over 7 days, of all mails: above it a warning."),
    one(
        "bounce_rate_critical",
        0.03,
        0.0,
        1.0,
        "Above it critical; of a whole life, the overview names the campaign.",
    ),
    one("least_sent", 50.0, 1.0, MAILS, "Fewer mails say nothing of bounces, spam and missing events."),
    one("probability", 0.9, 0.5, 0.9999, "How sure it must be that a rate is above its threshold."),
    one("reputation_warning", 90.0, 0.0, 100.0, "Warm-up reputation: below it a warning."),
    one("reputation_critical", 80.0, 0.0, 100.0, "Below it critical."),
    one("spam_share_warning", 0.05, 0.0, 1.0, "Warm-up mails that landed in spam: above it a warning."),
    one("spam_share_critical", 0.15, 0.0, 1.0, "Above it critical."),
    one(
        "failed_readings",
        2.0,
        1.0,
        100.0,
        "In so many readings in a row a mailbox failed to send, or to receive.",
    ),
    one(
        "reply_rate_left",
        0.6,
        0.0,
        1.0,
        "The reply rate of 7 days, as a part of that of the 28 days before.",
    ),
    one("least_sent_for_replies", 200.0, 1.0, MAILS, "Fewer mails on either side say nothing of replies."),
    one(
        "stale_hours_warning",
        26.0,
        1.0,
        HOURS,
        "Hours since a sync was last complete: from it on a warning.",
    ),
    one("stale_hours_critical", 72.0, 1.0, HOURS, "From it on critical."),
    one(
        "quota_used_warning",
        0.9,
        0.0,
        1.0,
        "The share of a month's calls that is used: from it on a warning.",
    ),
    one("quota_used_critical", 1.0, 0.0, 1.0, "From it on critical."),
    one("silent_hours", 24.0, 1.0, HOURS, "Hours without a delivery while campaigns send."),
    one(
        "missing_share",
        0.05,
        0.0,
        1.0,
        "The share of a campaign's mails that is not held as single events.",
    ),
];

/// Pairs of which the second is the worse one; whether that is the greater.
const PAIRS: &[(&str, &str, bool)] = &[
    ("bounce_rate_warning", "bounce_rate_critical", true),
    ("reputation_warning", "reputation_critical", false),
    ("spam_share_warning", "spam_share_critical", true),
    ("stale_hours_warning", "stale_hours_critical", true),
    ("quota_used_warning", "quota_used_critical", true),
];

/// Numbers as they were set, by name.
pub type Set = BTreeMap<String, f64>;

/// A number: as it was set, else as usual.
pub fn value(set: &Set, threshold: &Threshold) -> f64 {
    set.get(threshold.name).copied().unwrap_or(threshold.usual)
}

/// Why numbers may not be set so, if they may not.
pub fn refusal(set: &Set) -> Option<String> {
    for (name, value) in set {
        let Some(known) = THRESHOLDS.iter().find(|known| known.name == name) else {
            return Some(format!("there is no threshold '{name}'"));
        };
        if !(known.least..=known.most).contains(value) {
            return Some(format!("{name} is a number from {} to {}", known.least, known.most));
        }
    }
    let of = |name: &str| THRESHOLDS.iter().find(|known| known.name == name).map(|known| value(set, known));
    let is_wrong = |(mild, bad, is_greater): &&(&str, &str, bool)| match (of(mild), of(bad)) {
        (Some(mild), Some(bad)) => {
            if *is_greater {
                mild > bad
            } else {
                mild < bad
            }
        }
        _ => true,
    };
    PAIRS.iter().find(is_wrong).map(|(mild, bad, _)| format!("{bad} must be worse than {mild}"))
}

/// From when on something is worth an alert.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the registry says what they are")]
pub struct Thresholds {
    /// A warning, and critical.
    pub bounce_rate: (f64, f64),
    pub least_sent: i64,
    pub probability: f64,
    pub reputation: (i64, i64),
    pub spam_share: (f64, f64),
    pub failed_readings: i64,
    pub reply_rate_left: f64,
    pub least_sent_for_replies: i64,
    pub stale_hours: (i64, i64),
    pub quota_used: (f64, f64),
    pub silent_hours: i64,
    pub missing_share: f64,
}

impl Thresholds {
    /// As they were set, else as usual.
    pub fn of(set: &Set) -> Self {
        let real = |name: &str| {
            THRESHOLDS.iter().find(|known| known.name == name).map_or(0.0, |known| value(set, known))
        };
        #[expect(clippy::cast_possible_truncation, reason = "within the registry's bounds")]
        let whole = |name: &str| real(name).round() as i64;
        Self {
            bounce_rate: (real("bounce_rate_warning"), real("bounce_rate_critical")),
            least_sent: whole("least_sent"),
            probability: real("probability"),
            reputation: (whole("reputation_warning"), whole("reputation_critical")),
            spam_share: (real("spam_share_warning"), real("spam_share_critical")),
            failed_readings: whole("failed_readings"),
            reply_rate_left: real("reply_rate_left"),
            least_sent_for_replies: whole("least_sent_for_replies"),
            stale_hours: (whole("stale_hours_warning"), whole("stale_hours_critical")),
            quota_used: (real("quota_used_warning"), real("quota_used_critical")),
            silent_hours: whole("silent_hours"),
            missing_share: real("missing_share"),
        }
    }
}
