//! The settings of a data source: what may be set, to what, and what holds otherwise.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::platform::Platform;
use crate::schedule::Schedule;

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number within these bounds.
    Number(i64, i64),
    /// Any words, each with one of these: `A label=word, Another=word`.
    Map(&'static [&'static str]),
    /// When something happens by itself.
    Schedule,
}

/// What becomes of a call, in the words of this house.
pub const DISPOSITIONS: &[&str] = &[
    "appointment_set",
    "interested",
    "callback",
    "send_info",
    "transferred",
    "gatekeeper",
    "not_interested",
    "not_qualified",
    "hung_up",
    "do_not_call",
    "wrong_number",
    "bad_number",
    "no_answer",
    "busy",
    "voicemail",
    "connected",
    "other",
];

/// What a reply wants, in the words of this house.
pub const REPLY_CATEGORIES: &[&str] = &[
    "interested",
    "meeting_request",
    "question",
    "referral",
    "not_now",
    "not_interested",
    "unsubscribe",
    "out_of_office",
    "neutral",
];

/// A setting of a data source.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// What it takes.
    pub kind: SettingKind,
    /// What holds when it is not set, for SmartLead, Reply.io and PhoneBurner; empty means no limit.
    pub defaults: [&'static str; 3],
    /// What it does.
    pub about: &'static str,
}

/// Every setting of a data source.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "pace",
        kind: SettingKind::Word(&["standard", "off"]),
        defaults: ["standard"; 3],
        about: "Time between calls. `off` (no delays) only where the base URL is a loopback address.",
    },
    Setting {
        key: "request_timeout_s",
        kind: SettingKind::Number(1, 600),
        defaults: ["30"; 3],
        about: "How long one call may take before it counts as failed.",
    },
    Setting {
        key: "time_budget_s",
        kind: SettingKind::Number(0, 86_400),
        defaults: ["120", "150", "50"],
        about: "How long one slice of a sync works; the next slice follows by itself.",
    },
    Setting {
        key: "monthly_quota",
        kind: SettingKind::Number(1, 1_000_000_000),
        defaults: ["", "15000", ""],
        about: "Calls in a calendar month (UTC), never exceeded, spread over the month.",
    },
    Setting {
        key: "calls_per_hour",
        kind: SettingKind::Number(1, 3_600_000),
        defaults: ["", "3000", ""],
        about: "Never more calls than this in any hour; the service's own limits lower it further.",
    },
    Setting {
        key: "sync_leads",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["false", "", ""],
        about: "SmartLead: read every lead of every campaign, 100 in a call; slow for large accounts.",
    },
    Setting {
        key: "sync_contacts",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["", "", "true"],
        about: "PhoneBurner: read the contacts, 100 in a call; after the first time those that moved.",
    },
    Setting {
        key: "sync_activities_per_contact",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["", "", "true"],
        about: "PhoneBurner: read the calls of each contact that was called, one call of ours a contact; last in the order.",
    },
    Setting {
        key: "dispositions",
        kind: SettingKind::Map(DISPOSITIONS),
        defaults: [""; 3],
        about: "What an account's own labels of calls mean, beside those that are known: `Spoke to owner=connected, \
                Fax=bad_number`. `atlas replay` applies it to what is stored.",
    },
    Setting {
        key: "categories",
        kind: SettingKind::Map(REPLY_CATEGORIES),
        defaults: [""; 3],
        about: "What an account's own categories of replies mean, in place of what their names seem to say: \
                `Gatekeeper=referral, Nurture=not_now`. `atlas replay` applies it to what is stored.",
    },
    Setting {
        key: "sync_people",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["", "true", ""],
        about: "Reply.io: read the people of every sequence: once, then where it moves.",
    },
    Setting {
        key: "sync_activities",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["true", "true", ""],
        about: "Read single e-mail events (sent, opened, clicked, replied, bounced) and the texts of replies, after \
                everything else. Off: they come from webhooks alone, and what those miss is not noticed.",
    },
    Setting {
        key: "backfill_days",
        kind: SettingKind::Number(1, 3650),
        defaults: ["90"; 3],
        about: "How far back the first sync reads figures by day and single events, newest first; figures of 29 days, \
                unless set, where a service can only be asked day by day.",
    },
    Setting {
        key: "batch_size",
        kind: SettingKind::Number(1, 10_000),
        defaults: ["50"; 3],
        about: "Rows sent to the database in one statement.",
    },
    Setting {
        key: "schedule",
        kind: SettingKind::Schedule,
        defaults: ["every 1h"; 3],
        about: "When `atlas serve` and `atlas worker` sync it by themselves, from start to start; a sync that takes longer \
                is followed by the next at once.",
    },
    Setting {
        key: "journal_days",
        kind: SettingKind::Number(1, 36_500),
        defaults: ["400"; 3],
        about: "How long answers are kept as they came, after they were last seen; deliveries that were understood 90 \
                days, or so long if that is less. `atlas replay` reaches back as far; what followed from them stays.",
    },
    Setting {
        key: "keep_bodies",
        kind: SettingKind::Word(&["true", "false"]),
        defaults: ["true"; 3],
        about: "`false`: the texts of people's e-mails, and answers and deliveries as they came, are kept for a day, so \
                that they can be understood, and no longer.",
    },
];

/// The setting of that name.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

impl Setting {
    /// What holds on `platform` when nothing is set.
    pub const fn default(&self, platform: Platform) -> &'static str {
        self.defaults[platform as usize]
    }

    /// Whether it means anything on `platform`: a switch without a default is none of that service's, and labels are
    /// those of calls or those of replies.
    pub fn is_of(&self, platform: Platform) -> bool {
        match self.kind {
            SettingKind::Word(_) => !self.default(platform).is_empty(),
            SettingKind::Number(..) | SettingKind::Schedule => true,
            SettingKind::Map(_) => (self.key == "dispositions") == (platform == Platform::PhoneBurner),
        }
    }

    /// Checks a value; the error says what would be right.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let is_right = match self.kind {
            SettingKind::Word(words) => words.contains(&value),
            SettingKind::Number(low, high) => {
                value.parse().is_ok_and(|number| (low..=high).contains(&number))
            }
            SettingKind::Map(words) => {
                value.trim().is_empty()
                    || value
                        .split(',')
                        .all(|pair| pair_of(pair).is_some_and(|(_, word)| words.contains(&word)))
            }
            SettingKind::Schedule => value.parse::<Schedule>().is_ok(),
        };
        if is_right { Ok(()) } else { Err(format!("{}={value}: it takes {}", self.key, self.takes())) }
    }

    /// What it takes, in words.
    pub fn takes(&self) -> String {
        match self.kind {
            SettingKind::Word(words) => words.join(" or "),
            SettingKind::Number(low, high) => format!("a whole number from {low} to {high}"),
            SettingKind::Map(words) => {
                format!("LABEL=WORD, LABEL=WORD …; the words are {}", words.join(", "))
            }
            SettingKind::Schedule => Schedule::FORMS.to_owned(),
        }
    }
}

/// A label as labels are compared: lower case, one blank in place of blanks and punctuation.
pub fn plain_label(label: &str) -> String {
    let label = label.to_lowercase();
    let words: Vec<&str> =
        label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// `A label=word` in its parts.
fn pair_of(pair: &str) -> Option<(&str, &str)> {
    let (label, word) = pair.rsplit_once('=')?;
    Some((label.trim(), word.trim())).filter(|(label, _)| !label.is_empty())
}

/// The settings of one data source: what was set, over the platform's defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    platform: Platform,
    set: BTreeMap<String, String>,
}

impl Settings {
    /// Settings of a source on `platform`, of which `set` were given.
    pub const fn new(platform: Platform, set: BTreeMap<String, String>) -> Self {
        Self { platform, set }
    }

    /// Sets one, after checking it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let known = || SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ");
        let setting = setting(key).ok_or_else(|| format!("no setting '{key}'; there are: {}", known()))?;
        setting.check(value)?;
        self.set.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// What was set explicitly.
    pub const fn given(&self) -> &BTreeMap<String, String> {
        &self.set
    }

    /// The text of a setting that holds now, empty for "no limit".
    pub fn text(&self, key: &str) -> &str {
        match self.set.get(key) {
            Some(value) => value,
            None => setting(key).map_or("", |setting| setting.default(self.platform)),
        }
    }

    /// A number that holds now, `None` for "no limit".
    pub fn number(&self, key: &str) -> Option<i64> {
        self.text(key).parse().ok()
    }

    /// When the source is synced by itself.
    pub fn schedule(&self) -> Schedule {
        self.text("schedule").parse().unwrap_or(Schedule::Every(SignedDuration::from_hours(1)))
    }

    /// Whether a switch is on.
    pub fn is_on(&self, key: &str) -> bool {
        self.text(key) == "true"
    }

    /// What a setting that is a map says of a label; case and punctuation play no part.
    pub fn word_for(&self, key: &str, label: &str) -> Option<&str> {
        let label = plain_label(label);
        self.pairs(key).find(|(known, _)| plain_label(known) == label).map(|(_, word)| word)
    }

    /// The pairs of a setting that is a map.
    pub fn pairs<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.text(key).split(',').filter_map(pair_of)
    }

    /// Whether delays are off.
    pub fn is_unpaced(&self) -> bool {
        self.text("pace") == "off"
    }
}
