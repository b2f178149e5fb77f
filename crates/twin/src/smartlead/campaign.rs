//! One campaign: what is planned for it from its first to its last day, and how far it has come on a given day.

use fastrand::Rng;
use jiff::Timestamp;
use jiff::civil::{Date, time};
use serde::Serialize;

use super::planted::Plot;
use crate::calendar::instant;
use crate::dice::pick;

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It sends.
    Active,
    /// It stands still.
    Paused,
    /// It has not begun.
    Drafted,
    /// All its leads are done.
    Completed,
    /// It was ended by hand.
    Stopped,
}

impl Status {
    /// As the service spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Drafted => "DRAFTED",
            Self::Completed => "COMPLETED",
            Self::Stopped => "STOPPED",
        }
    }
}

/// How many leads stand where; the six states add up to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeadStates {
    /// All leads.
    pub total: u64,
    /// No mail has been sent to them.
    pub not_started: u64,
    /// More mails follow.
    pub in_progress: u64,
    /// Set aside by hand.
    pub paused: u64,
    /// They got every mail.
    pub completed: u64,
    /// They replied or unsubscribed.
    pub stopped: u64,
    /// Their mail bounced.
    pub blocked: u64,
}

/// What becomes of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It sends until its last day and is completed then.
    Runs,
    /// It was halted on its last day.
    Paused,
    /// It was ended on its last day.
    Stopped,
    /// It never begins.
    Drafted,
}

/// Counters from the first day on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) opened: u64,
    pub(crate) replied: u64,
    pub(crate) bounced: u64,
    pub(crate) unsubscribed: u64,
}

/// What is not tracked, and how the service says so.
#[derive(Clone, Copy)]
pub(crate) struct Tracking {
    pub(crate) opt_outs: &'static [&'static str],
    pub(crate) opens: bool,
    pub(crate) clicks: bool,
}

const TRACKING: &[Tracking] = &[
    Tracking { opt_outs: &["DONT_LINK_CLICK"], opens: true, clicks: false },
    Tracking { opt_outs: &["DONT_EMAIL_OPEN", "DONT_LINK_CLICK"], opens: false, clicks: false },
    Tracking { opt_outs: &[], opens: true, clicks: true },
    Tracking { opt_outs: &["DONT_TRACK_EMAIL_OPEN", "DONT_TRACK_LINK_CLICK"], opens: false, clicks: false },
    Tracking { opt_outs: &["DONT_TRACK_EMAIL_OPEN"], opens: false, clicks: true },
];

const STOPS: &[&str] =
    &["REPLY_TO_AN_EMAIL", "REPLY_TO_AN_EMAIL", "REPLY_TO_AN_EMAIL", "CLICK_ON_A_LINK", "OPEN_AN_EMAIL"];

const ZONES: &[&str] = &[
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "America/Chicago",
    "Etc/GMT+5",
    "Australia/Sydney",
    "Asia/Singapore",
    "Europe/Helsinki",
];

/// Days on which it sends (0 is Sunday), in the order in which somebody ticked them.
const WEEKS: &[&[u8]] =
    &[&[1, 2, 3, 4, 5], &[1, 2, 3, 4, 5], &[1, 2, 3, 4], &[2, 3, 4, 5, 1], &[4, 2, 1, 3, 5]];

const HOURS: &[(&str, &str)] =
    &[("08:00", "17:00"), ("07:45", "15:15"), ("09:00", "18:30"), ("10:30", "16:00")];

/// When it sends.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) zone: &'static str,
    pub(crate) days: &'static [u8],
    pub(crate) hours: (&'static str, &'static str),
}

/// One campaign.
pub(crate) struct Campaign {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) client: Option<usize>,
    pub(crate) parent: Option<u64>,
    pub(crate) created: Timestamp,
    pub(crate) schedule: Schedule,
    pub(crate) tracking: Tracking,
    pub(crate) stops_on: &'static str,
    pub(crate) minutes_between: u64,
    pub(crate) leads_per_day: u64,
    pub(crate) steps: u64,
    /// How many of 100 replies are positive.
    pub(crate) positive: u64,
    fate: Fate,
    last: Date,
    leads: u64,
    /// Mails until every lead is done.
    mails: u64,
    has_paused_leads: bool,
    /// Its mails, where they are planned one by one.
    pub(crate) plot: Option<Plot>,
    /// The days on which it sends, also those to come, each with the counters up to it.
    days: Vec<(Date, Counts)>,
}

impl Campaign {
    /// Plans a campaign from the day after it is created to its last day. Whoever calls gives it an id and a name.
    pub(crate) fn plan(rng: &mut Rng, fate: Fate, created: Date, last: Date) -> Self {
        let schedule = Schedule { zone: pick(rng, ZONES), days: pick(rng, WEEKS), hours: pick(rng, HOURS) };
        let tracking = pick(rng, TRACKING);
        let leads_per_day = 10 * rng.u64(2..=16);
        let steps = rng.u64(2..=5);
        let rates = Rates::draw(rng, tracking, steps);
        let days = match fate {
            Fate::Drafted => Vec::new(),
            _ => history(rng, rates, leads_per_day, schedule.days, created, last),
        };
        let sent = days.last().map_or(0, |(_, counts)| counts.sent);
        let mails = match fate {
            Fate::Runs => sent,
            Fate::Paused | Fate::Stopped => sent * rng.u64(120..300) / 100,
            Fate::Drafted => rng.u64(..4) * 700,
        };
        let at = time(rng.i8(7..17), rng.i8(0..60), rng.i8(0..60), rng.i32(0..1_000_000) * 1000);
        Self {
            id: 0,
            name: String::new(),
            client: None,
            parent: None,
            created: instant(created.to_datetime(at)),
            schedule,
            tracking,
            stops_on: pick(rng, STOPS),
            minutes_between: rng.u64(3..=20),
            leads_per_day,
            steps,
            positive: rng.u64(8..=35),
            fate,
            last,
            // A lead gets four fifths of the steps before it answers or drops out.
            leads: if mails == 0 { 0 } else { mails * 10 / (steps * 8) + 1 },
            mails: mails.max(1),
            has_paused_leads: rng.u8(..6) == 0,
            plot: None,
            days,
        }
    }

    /// A campaign whose mails are planned one by one, each to another lead. Nobody sorts its replies.
    pub(crate) fn with(rng: &mut Rng, created: Date, plot: Plot) -> Self {
        let days = plot.days();
        let last = days.last().map_or(created, |(day, _)| *day);
        let mails = plot.letters.len() as u64;
        Self {
            tracking: TRACKING[1],
            steps: 1,
            positive: 0,
            fate: Fate::Runs,
            leads: mails,
            mails: mails.max(1),
            has_paused_leads: false,
            plot: Some(plot),
            days,
            ..Self::plan(rng, Fate::Drafted, created, last)
        }
    }

    pub(crate) fn status(&self, today: Date) -> Status {
        match self.fate {
            Fate::Runs if today < self.last => Status::Active,
            Fate::Runs => Status::Completed,
            Fate::Paused => Status::Paused,
            Fate::Stopped => Status::Stopped,
            Fate::Drafted => Status::Drafted,
        }
    }

    /// The counters at the end of a day.
    pub(crate) fn counts(&self, through: Date) -> Counts {
        let passed = self.days.partition_point(|(date, _)| *date <= through);
        passed.checked_sub(1).map(|last| self.days[last].1).unwrap_or_default()
    }

    /// The days within these on which it sends, oldest first.
    pub(crate) fn sending_days(&self, from: Date, to: Date) -> impl Iterator<Item = Date> {
        let dates = self.days.iter().map(|(date, _)| *date);
        dates.filter(move |date| (from..=to).contains(date))
    }

    /// When it last changed.
    pub(crate) fn updated(&self, today: Date) -> Timestamp {
        let passed = self.days.partition_point(|(date, _)| *date <= today);
        let last = passed.checked_sub(1).map(|last| self.days[last].0);
        last.map_or(self.created, |date| instant(date.at(21, 40, (self.id % 60) as i8, 0)))
    }

    /// Leads that have got a mail.
    pub(crate) fn reached(&self, today: Date) -> u64 {
        let (sent, mails) = (self.counts(today).sent, self.mails);
        // First mails come before second ones: many new leads a day at first, half as many towards the end.
        (self.leads * sent * (3 * mails - sent) / (2 * mails * mails)).min(sent)
    }

    /// Where its leads stand.
    pub(crate) fn lead_states(&self, today: Date) -> LeadStates {
        let counts = self.counts(today);
        let reached = self.reached(today);
        let blocked = (counts.bounced * 4 / 5).min(reached);
        let stopped = (counts.replied + counts.unsubscribed).min(reached - blocked);
        let going = reached - blocked - stopped;
        let completed = going * counts.sent * counts.sent / (self.mails * self.mails);
        let open = going - completed;
        let paused = if self.has_paused_leads { open / 20 } else { 0 };
        LeadStates {
            total: self.leads,
            not_started: self.leads - reached,
            in_progress: open - paused,
            paused,
            completed,
            stopped,
            blocked,
        }
    }

    /// All its leads.
    pub(crate) fn leads(&self) -> u64 {
        self.leads
    }

    /// All mails that are planned.
    pub(crate) fn planned_mails(&self) -> u64 {
        if self.leads == 0 { 0 } else { self.mails }
    }
}

/// What a campaign's mails lead to.
struct Rates {
    opened: Part,
    replied: Part,
    bounced: Part,
    unsubscribed: Part,
}

impl Rates {
    fn draw(rng: &mut Rng, tracking: Tracking, steps: u64) -> Self {
        let between = |rng: &mut Rng, low: f64, high: f64| low + (high - low) * rng.f64();
        // Most campaigns do poorly: the square of an even draw leans to the low end.
        let luck = rng.f64();
        let is_bad = rng.u8(..33) == 0;
        let opened = between(rng, 0.2, 0.6) / (0.8 * steps as f64);
        let opened = if tracking.opens { opened } else { 0.0 };
        let bounced = if is_bad { between(rng, 0.06, 0.075) } else { between(rng, 0.005, 0.032) };
        let unsubscribed = between(rng, 0.0004, 0.004);
        Self {
            opened: Part::new(rng, opened),
            replied: Part::new(rng, 0.008 + 0.042 * luck * luck),
            bounced: Part::new(rng, bounced),
            unsubscribed: Part::new(rng, unsubscribed),
        }
    }
}

fn history(
    rng: &mut Rng,
    mut rates: Rates,
    per_day: u64,
    week: &[u8],
    created: Date,
    last: Date,
) -> Vec<(Date, Counts)> {
    let mut total = Counts::default();
    let mut days: Vec<(Date, Counts)> = Vec::new();
    let mut date = created;
    while date < last {
        let Ok(next) = date.tomorrow() else { break };
        date = next;
        if !week.contains(&(date.weekday().to_sunday_zero_offset() as u8)) {
            continue;
        }
        // Mailboxes are warmed up: a fifth on the first day, all from the fifth on.
        let warm = (days.len() as u64 + 1).min(5);
        let sent = (per_day * warm * rng.u64(70..=100) / 500).max(1);
        let bounced = rates.bounced.of(rng, sent);
        total.sent += sent;
        total.bounced += bounced;
        total.replied += rates.replied.of(rng, sent - bounced);
        total.opened += rates.opened.of(rng, sent - bounced);
        total.unsubscribed += rates.unsubscribed.of(rng, sent - bounced);
        days.push((date, total));
    }
    days
}

/// A share of the mails, counted out day by day; a day's fraction is left for the next.
struct Part {
    share: f64,
    left: f64,
}

impl Part {
    fn new(rng: &mut Rng, share: f64) -> Self {
        Self { share, left: rng.f64() }
    }

    /// About this share of so many, more on one day and fewer on another.
    fn of(&mut self, rng: &mut Rng, mails: u64) -> u64 {
        let due = self.left + mails as f64 * self.share * (0.4 + 1.2 * rng.f64());
        let whole = (due as u64).min(mails);
        self.left = due - whole as f64;
        whole
    }
}
