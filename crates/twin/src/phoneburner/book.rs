//! The account: its people and calls, and how it lives on by days.

use fastrand::Rng;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::activity::{self, Activity};
use super::contact::Contact;
use super::member::Member;
use super::session::{Day, Session};
use super::zone;
use crate::calendar::is_weekend;
use crate::dice;
use crate::options::Options;
use crate::people::Acquaintance;

/// Days are numbered from here.
const EPOCH: Date = date(2020, 1, 1);

/// All that is true of a PhoneBurner account today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The account's day.
    pub today: Date,
    /// The team; the first administers it.
    pub members: Vec<Member>,
    /// Every contact, oldest first. One that was added today is in no list before tomorrow.
    pub contacts: Vec<Contact>,
    /// Every dial session of every member, oldest first.
    pub sessions: Vec<Session>,
    /// Every line of every contact's history, oldest first.
    pub activities: Vec<Activity>,
}

/// What has dice of its own; SmartLead's things have the numbers below.
#[derive(Clone, Copy)]
enum Thing {
    Contact = 0x50,
    Shift,
    Evening,
}

/// The account as made, and its day.
pub(super) struct Book {
    seed: u64,
    pub(super) tz: TimeZone,
    pub(super) today: Date,
    pub(super) members: Vec<Member>,
    /// Oldest first.
    pub(super) contacts: Vec<Contact>,
    /// Oldest first; each as it is when its day is over.
    sessions: Vec<Session>,
    /// The lines of histories that are about no session, oldest first.
    loose: Vec<Activity>,
}

impl Book {
    /// An account with its history up to today. Those whom another service knows are contacts too.
    pub(super) fn new(options: &Options, known: &[Acquaintance]) -> Self {
        let special = &options.phoneburner;
        let since = options.today.saturating_sub(i64::from(special.call_days).days());
        let member = |index| Member::make(index, options.seed, since);
        let mut book = Self {
            seed: options.seed,
            tz: zone::central(),
            today: since,
            members: (0..special.members.max(1) as usize).map(member).collect(),
            contacts: Vec::new(),
            sessions: Vec::new(),
            loose: Vec::new(),
        };
        // A quarter is there from the beginning, the others come one after the other until yesterday.
        let (count, days) = (special.contacts.max(10) as usize, special.call_days as usize);
        let from_the_beginning = (count / 4).max(10);
        for place in 0..count {
            let later = place.saturating_sub(from_the_beginning) * days / (count - from_the_beginning + 1);
            let added = since.saturating_add((later as i64 - 1).days());
            // Every third is one of them, as long as there are any.
            book.admit(added, known.get(place / 3).filter(|_| place % 3 == 0));
        }
        book.live();
        while book.today < options.today {
            book.today = book.today.saturating_add(1.day());
            book.live();
        }
        book
    }

    /// The account lives on; on weekdays a contact comes.
    pub(super) fn advance(&mut self, days: u32) {
        for _ in 0..days {
            let Ok(next) = self.today.tomorrow() else { return };
            self.today = next;
            if !is_weekend(next) {
                self.admit(next, None);
            }
            self.live();
        }
    }

    /// The last instant that has been.
    pub(super) fn now(&self) -> Timestamp {
        zone::midnight(&self.tz, self.today.saturating_add(1.day()))
    }

    /// The sessions that are meant, as they are today.
    pub(super) fn sessions<'a>(
        &'a self,
        is_meant: impl Fn(&Session) -> bool + 'a,
    ) -> impl Iterator<Item = Session> + 'a {
        self.sessions.iter().filter(move |session| is_meant(session)).map(|session| session.on(self.today))
    }

    /// The lines of the histories of those who are meant, oldest first.
    pub(super) fn activities(&self, is_meant: impl Fn(u64) -> bool) -> Vec<Activity> {
        let is_called = |session: &Session| {
            session.calls.iter().filter_map(|call| call.details.as_ref()).any(|one| is_meant(one.contact_id))
        };
        let calls = self.sessions(is_called).flat_map(|session| session.calls);
        let lines = calls.filter_map(|call| activity::of(&call)).chain(self.loose.iter().cloned());
        let mut lines: Vec<_> = lines.filter(|line| is_meant(line.contact_id)).collect();
        lines.sort_by_key(|line| (line.at, line.id));
        lines
    }

    pub(super) fn contact(&self, id: &str) -> Option<&Contact> {
        let id: u64 = id.parse().ok()?;
        let place = self.contacts.binary_search_by_key(&id, |contact| contact.id).ok()?;
        self.contacts.get(place)
    }

    pub(super) fn account(&self) -> Account {
        Account {
            today: self.today,
            members: self.members.clone(),
            contacts: self.contacts.clone(),
            sessions: self.sessions(|_| true).collect(),
            activities: self.activities(|_| true),
        }
    }

    fn admit(&mut self, added: Date, known: Option<&Acquaintance>) {
        let place = self.contacts.len();
        let owner = self.members[place % self.members.len()].id;
        let mut rng = self.dice(Thing::Contact, place as u64);
        self.contacts.push(Contact::make(place, owner, added, known, &mut rng, &self.tz));
    }

    /// What happens on the day that is today.
    fn live(&mut self) {
        let number = self.today.duration_since(EPOCH).as_hours().unsigned_abs() / 24;
        let known = self.contacts.partition_point(|contact| contact.added < self.today);
        let day = Day {
            date: self.today,
            number,
            tz: &self.tz,
            contacts: &self.contacts[..known],
            team: self.members.len(),
        };
        let mut sessions = Vec::new();
        for member in &self.members {
            sessions.extend(
                day.sessions(member, &mut self.dice(Thing::Shift, (number << 8) + member.index as u64)),
            );
        }
        sessions.sort_by_key(|session| (session.started_at, session.id));
        let loose = day.loose(&mut self.dice(Thing::Evening, number));
        self.sessions.extend(sessions);
        self.loose.extend(loose);
    }

    fn dice(&self, thing: Thing, number: u64) -> Rng {
        dice::of(self.seed, thing as u64, number)
    }
}
