//! One sequence: its steps, its people, and how far it has come on a given day.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use jiff::civil::Date;

use super::figures::{DayFigures, Event, Figures, PeopleStates, Status};
use super::person::Person;
use super::step::{Kind, Step};
use super::window::Window;

/// What becomes of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on until its last day, and stands still from then on.
    Runs,
    Paused,
    Stopped,
    Finished,
    Archived,
    Draft,
}

/// One sequence.
pub(crate) struct Sequence {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The place among the account's users.
    pub(crate) owner: usize,
    pub(crate) created: Timestamp,
    /// The day of that.
    pub(crate) day: Date,
    pub(crate) fate: Fate,
    /// After it nothing is sent.
    pub(crate) last: Date,
    pub(crate) tracks_opens: bool,
    /// The places of the mailboxes it sends from.
    pub(crate) mailboxes: Vec<usize>,
    pub(crate) steps: Vec<Step>,
    /// By the day of their enrolment, also those to come.
    pub(crate) people: Vec<Person>,
}

/// What happened within a window.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) figures: Figures,
    /// People that were written a mail.
    pub(crate) contacted: u64,
    /// Invitations and messages on LinkedIn.
    pub(crate) connections: u64,
    pub(crate) messages: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.figures += other.figures;
        self.contacted += other.contacted;
        self.connections += other.connections;
        self.messages += other.messages;
    }
}

impl Sequence {
    pub(crate) fn status(&self, today: Date) -> Status {
        match self.fate {
            Fate::Runs if today <= self.last => Status::Active,
            Fate::Runs | Fate::Paused | Fate::Archived => Status::Paused,
            Fate::Stopped => Status::Stopped,
            Fate::Finished => Status::Finished,
            Fate::Draft => Status::Draft,
        }
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.fate == Fate::Archived
    }

    /// Of some that are archived, the observed service tells no steps.
    pub(crate) fn hides_steps(&self) -> bool {
        self.is_archived() && self.id.is_multiple_of(3)
    }

    /// The people enrolled by a day.
    pub(crate) fn enrolled(&self, today: Date) -> &[Person] {
        &self.people[..self.people.partition_point(|person| person.enrolled <= today)]
    }

    /// All that happened by a day.
    pub(crate) fn events(&self, today: Date) -> impl Iterator<Item = (Date, Event)> {
        let events = self.enrolled(today).iter().flat_map(Person::events);
        events.filter(move |(date, _)| *date <= today)
    }

    pub(crate) fn figures(&self, today: Date) -> Figures {
        let mut figures = Figures::default();
        self.events(today).for_each(|(_, event)| figures.note(event));
        figures
    }

    pub(crate) fn days(&self, today: Date) -> Vec<DayFigures> {
        let mut days = BTreeMap::<Date, Figures>::new();
        for (date, event) in self.events(today) {
            days.entry(date).or_default().note(event);
        }
        days.into_iter().map(|(date, figures)| DayFigures { date, figures }).collect()
    }

    pub(crate) fn states(&self, today: Date) -> PeopleStates {
        let mut states = PeopleStates::default();
        self.enrolled(today).iter().for_each(|person| states.note(person.state(today)));
        states
    }

    /// What happened within a window, up to today.
    pub(crate) fn tally(&self, window: Window, today: Date) -> Tally {
        let mut tally = Tally::default();
        for person in self.enrolled(today) {
            let events = person.events().filter(|(date, _)| *date <= today && window.has(*date));
            events.for_each(|(_, event)| tally.figures.note(event));
            let visits = person.visited(today).iter().filter(|visit| window.has(visit.date));
            let mut is_contacted = false;
            for visit in visits {
                is_contacted |= visit.mail.is_some();
                let kind = self.steps[visit.step].kind;
                tally.connections += u64::from(kind == Kind::LinkedInConnect);
                tally.messages += u64::from(kind == Kind::LinkedInMessage);
            }
            tally.contacted += u64::from(is_contacted);
        }
        tally
    }
}
