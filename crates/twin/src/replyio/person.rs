//! One person's way through a sequence, planned from the first day on; each day shows a little more of it.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use super::category::{self, Category};
use super::figures::{Event, PersonState};
use super::step::{self, Step};
use crate::calendar::weekdays_after;

/// A person in a sequence.
pub(crate) struct Person {
    /// The place among the account's contacts.
    pub(crate) contact: usize,
    pub(crate) enrolled: Date,
    /// The steps taken, in order.
    pub(crate) visits: Vec<Visit>,
    /// When and how it ends; nothing where the sequence ends first.
    pub(crate) end: Option<(Date, End)>,
    /// Away from one day until another.
    pub(crate) absence: Option<(Date, Date)>,
    is_set_aside: bool,
}

/// A step that was taken.
pub(crate) struct Visit {
    pub(crate) date: Date,
    /// The step's place in the sequence.
    pub(crate) step: usize,
    /// Which of its variants, where it is a mail.
    pub(crate) mail: Option<usize>,
    pub(crate) is_opened: bool,
}

/// How a person's way ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Bounced,
    OptedOut,
    Replied(Option<&'static Category>),
}

/// What a sequence's mails lead to, as shares of 1000.
#[derive(Clone, Copy)]
pub(crate) struct Rates {
    /// 0 where nobody tracks it.
    pub(crate) opened: u32,
    pub(crate) replied: u32,
    pub(crate) bounced: u32,
}

const OPTED_OUT: u32 = 4;
const ABSENT: u32 = 25;
const SET_ASIDE: u32 = 20;

impl Person {
    /// Plans the whole way; no step is taken after the last day.
    pub(crate) fn plan(
        rng: &mut Rng,
        contact: usize,
        enrolled: Date,
        steps: &[Step],
        rates: Rates,
        last: Date,
    ) -> Self {
        let is_set_aside = rng.u32(..1000) < SET_ASIDE;
        let mut person =
            Self { contact, enrolled, visits: Vec::new(), end: None, absence: None, is_set_aside };
        if !is_set_aside {
            person.walk(rng, steps, rates, last);
        }
        person
    }

    fn walk(&mut self, rng: &mut Rng, steps: &[Step], rates: Rates, last: Date) {
        let hits = |rng: &mut Rng, share: u32| rng.u32(..1000) < share;
        // A sequence takes so many people a day; the rest wait.
        let mut date = later(self.enrolled, rng.u64(..3));
        let mut at = None;
        while let Some(next) = step::next(steps, at, rng.u8(..3) == 0) {
            let step = &steps[next];
            date = later(date, step.delay_minutes.div_ceil(1440));
            if date > last {
                return;
            }
            let mail = step.is_mail().then(|| rng.usize(..step.variants.len().max(1)));
            let is_first = self.visits.iter().all(|visit| visit.mail.is_none());
            let is_bounced = mail.is_some() && is_first && hits(rng, rates.bounced);
            let is_opened = mail.is_some() && !is_bounced && hits(rng, rates.opened);
            self.visits.push(Visit { date, step: next, mail, is_opened });
            at = Some(next);
            if mail.is_none() {
                continue;
            }
            if is_bounced {
                self.end = Some((date, End::Bounced));
                return;
            }
            if hits(rng, rates.replied) {
                self.end = Some((later(date, rng.u64(..4)), End::Replied(category::of_reply(rng))));
                return;
            }
            if hits(rng, OPTED_OUT) {
                self.end = Some((later(date, rng.u64(..2)), End::OptedOut));
                return;
            }
            if self.absence.is_none() && hits(rng, ABSENT) {
                let back = later(date, rng.u64(3..12));
                self.absence = Some((date, back));
                date = back;
            }
        }
        self.end = Some((date, End::Done));
    }

    /// How it has ended by a day.
    pub(crate) fn ended(&self, today: Date) -> Option<End> {
        self.end.filter(|(date, _)| *date <= today).map(|(_, end)| end)
    }

    pub(crate) fn state(&self, today: Date) -> PersonState {
        if let Some(end) = self.ended(today) {
            return match end {
                End::Done => PersonState::Finished,
                End::Bounced => PersonState::Bounced,
                End::OptedOut => PersonState::OptedOut,
                End::Replied(_) => PersonState::Replied,
            };
        }
        match self.visited(today) {
            _ if self.is_set_aside => PersonState::Paused,
            [] => PersonState::New,
            _ if self.absence.is_some_and(|(from, back)| (from..back).contains(&today)) => {
                PersonState::OutOfOffice
            }
            _ => PersonState::Active,
        }
    }

    /// The steps taken by a day.
    pub(crate) fn visited(&self, today: Date) -> &[Visit] {
        &self.visits[..self.visits.partition_point(|visit| visit.date <= today)]
    }

    /// All that is counted, also what is still to come.
    pub(crate) fn events(&self) -> impl Iterator<Item = (Date, Event)> {
        let bounced_on = self.end.filter(|(_, end)| *end == End::Bounced).map(|(date, _)| date);
        let sent = self.visits.iter().filter(|visit| visit.mail.is_some()).map(move |visit| {
            let is_bounced = bounced_on == Some(visit.date);
            (visit.date, Event::Sent { is_opened: visit.is_opened, is_bounced })
        });
        let end = self.end.and_then(|(date, end)| match end {
            End::Replied(category) => Some((date, Event::Replied(category))),
            End::OptedOut => Some((date, Event::OptedOut)),
            End::Done | End::Bounced => None,
        });
        let absence = self.absence.map(|(from, _)| (from, Event::Absent));
        sent.chain(end).chain(absence)
    }
}

/// So many days later, on a weekday.
fn later(date: Date, days: u64) -> Date {
    weekdays_after(date.saturating_add(i64::try_from(days).unwrap_or_default().days()), 0)
}
