//! Dial sessions and the calls that were made in them.

use fastrand::Rng;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::contact::Contact;
use super::disposition;
use super::member::Member;
use super::zone;
use crate::calendar::is_weekend;

const FIRST_ID: u64 = 47_000_000;

/// Call ids fit no 32 bits.
const FIRST_CALL_ID: u64 = 5_071_000_000;

/// Sessions of one member on one day at most.
const SLOTS: u64 = 4;

/// A dial session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The service's id.
    pub id: u64,
    /// Who calls.
    pub member_id: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; nothing while it goes on, and where nobody ever closed it.
    pub ended_at: Option<Timestamp>,
    /// The calls so far, in the order in which they were made.
    pub calls: Vec<Call>,
    #[serde(skip)]
    pub(super) date: Date,
    /// It goes on until the day is over.
    #[serde(skip)]
    is_last_of_day: bool,
    #[serde(skip)]
    pub(super) caller_id: Option<String>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The service's id.
    pub id: u64,
    /// All else; of a few calls nothing but the id is told.
    pub details: Option<Details>,
}

/// What is known of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Details {
    /// Who was called.
    pub contact_id: u64,
    /// The number that was dialled.
    pub phone: String,
    /// When it began to ring.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What was noted, as written.
    pub disposition: &'static str,
    /// Somebody answered.
    pub is_connected: bool,
    /// A machine answered.
    pub is_voicemail: bool,
    /// What was written down.
    pub note: Option<&'static str>,
}

impl Details {
    /// How long it took, ringing included.
    pub fn duration_s(&self) -> i64 {
        self.ended_at.as_second() - self.started_at.as_second()
    }
}

impl Session {
    /// As it is told on this day.
    pub(super) fn on(&self, today: Date) -> Self {
        let mut session = self.clone();
        if self.is_last_of_day && self.date == today {
            session.ended_at = None;
            session.calls.truncate(self.calls.len() / 2);
        }
        session
    }
}

/// What sessions of a day are made from.
pub(super) struct Day<'a> {
    pub(super) date: Date,
    pub(super) number: u64,
    pub(super) tz: &'a TimeZone,
    /// Who can be called.
    pub(super) contacts: &'a [Contact],
    /// How many members there are.
    pub(super) team: usize,
}

impl Day<'_> {
    /// A member's sessions of the day, in order. On every weekday somebody calls.
    pub(super) fn sessions(&self, member: &Member, rng: &mut Rng) -> Vec<Session> {
        if self.contacts.is_empty() {
            return Vec::new();
        }
        let mut sessions = if self.is_end_of_summer() && member.index == 0 {
            vec![self.night(member, rng)]
        } else if is_weekend(self.date) {
            return Vec::new();
        } else {
            self.shifts(member, rng)
        };
        if let Some(last) = sessions.last_mut() {
            last.is_last_of_day = true;
        }
        sessions
    }

    /// The Sunday on which an hour comes twice.
    fn is_end_of_summer(&self) -> bool {
        self.date.month() == 11 && self.date.day() <= 7 && self.date.weekday() == Weekday::Sunday
    }

    fn shifts(&self, member: &Member, rng: &mut Rng) -> Vec<Session> {
        let on_duty = self.number as usize % self.team == member.index;
        let count = match rng.u8(..100) {
            0..65 => u64::from(on_duty),
            65..87 => 1,
            87..97 => 2,
            _ => 3,
        };
        let mut sessions = Vec::new();
        for slot in 0..count {
            // The third is in the evening, on the next day elsewhere.
            let (hour, minute) = ([8, 13, 18][slot as usize], rng.i8(2..50));
            let start = zone::instant(self.tz, self.date.at(hour, minute, rng.i8(0..60), 0));
            let is_long = slot == 0 && count == 1 && rng.u8(..25) == 0;
            let calls = match rng.u8(..8) {
                _ if is_long => rng.u64(105..=140),
                0 if !on_duty => 0,
                _ => rng.u64(2..=24),
            };
            let mut session = self.begin(member, slot, start);
            self.dial(&mut session, calls, rng);
            let is_left_open = slot == 0 && count > 1 && rng.u8(..9) == 0;
            session.ended_at = session.ended_at.filter(|_| !is_left_open);
            sessions.push(session);
        }
        sessions
    }

    fn begin(&self, member: &Member, slot: u64, start: Timestamp) -> Session {
        let key = (self.number << 8) + member.index as u64 * SLOTS + slot;
        Session {
            id: FIRST_ID + key,
            member_id: member.id,
            started_at: start,
            ended_at: Some(later(start, 95)),
            calls: Vec::new(),
            date: self.date,
            is_last_of_day: false,
            caller_id: (slot != 1).then(|| member.caller_id()),
        }
    }

    /// One call after the other, down the list of contacts.
    fn dial(&self, session: &mut Session, count: u64, rng: &mut Rng) {
        let first = rng.usize(..self.contacts.len());
        let mut at = later(session.started_at, rng.i64(25..=60));
        for number in 0..count {
            let outcome = disposition::draw(rng);
            let end = later(at, outcome.seconds(rng));
            let contact = &self.contacts[(first + number as usize) % self.contacts.len()];
            let call = call(session, number, contact, (at, end), outcome, rng);
            session.calls.push(call);
            at = later(end, rng.i64(8..=60));
        }
        session.ended_at = Some(at);
    }

    /// A night shift through the hour that comes twice: one call begins in the first and ends in the second.
    fn night(&self, member: &Member, rng: &mut Rng) -> Session {
        let start = zone::instant(self.tz, self.date.at(0, 40, 11, 0));
        let mut session = self.begin(member, 0, start);
        // Seconds since the beginning: 00:52, 01:20, 01:50, 01:58, again 01:10 and 01:40, 02:15.
        for (number, (from, seconds)) in
            [(720, 40), (2400, 180), (4200, 31), (4680, 160), (5400, 45), (7200, 300), (9300, 20)]
                .into_iter()
                .enumerate()
        {
            let outcome = disposition::draw(rng);
            let contact = &self.contacts[(member.index + number) % self.contacts.len()];
            let at = later(start, from);
            let call = call(&session, number as u64, contact, (at, later(at, seconds)), outcome, rng);
            session.calls.push(call);
        }
        session.ended_at = Some(later(start, 9600));
        session
    }
}

fn call(
    session: &Session,
    number: u64,
    contact: &Contact,
    (started_at, ended_at): (Timestamp, Timestamp),
    outcome: &disposition::Disposition,
    rng: &mut Rng,
) -> Call {
    let details = Details {
        contact_id: contact.id,
        phone: contact.phone.clone().unwrap_or_default(),
        started_at,
        ended_at,
        disposition: outcome.label,
        is_connected: outcome.is_connected,
        is_voicemail: outcome.is_voicemail,
        note: outcome.note(rng),
    };
    let is_bare = rng.u8(..150) == 0;
    Call {
        id: FIRST_CALL_ID + ((session.id - FIRST_ID) << 8) + number,
        details: (!is_bare).then_some(details),
    }
}

pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(seconds.seconds()).unwrap_or(at)
}
