//! The account: its sequences, contacts and mailboxes, and how it lives on by days.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::{Date, time};

use super::category;
use super::contact::{self, Contact, Identity};
use super::figures::{Account, MailboxFigures, PersonFigures, SequenceFigures};
use super::letters;
use super::mailbox::Mailbox;
use super::person::{End, Person, Rates, Visit};
use super::sequence::{Fate, Sequence};
use super::step;
use crate::calendar::{instant, is_weekend, weekdays_after};
use crate::dice;
use crate::options::Options;

/// A member of the team to which the account belongs.
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
}

pub(crate) const USERS: &[User] = &[
    User { id: 90_418, name: "Mara Teller", address: "mara.teller@northquay.test" },
    User { id: 90_433, name: "Piet Hollander", address: "piet.hollander@northquay.test" },
    User { id: 90_571, name: "Yvonne Adair", address: "yvonne.adair@northquay.test" },
];

pub(crate) const TEAM_ID: u64 = 3_078;

/// The fates of twenty sequences in a row.
const FATES: &[u8; 20] = b"rparrdrsrafrprardrpr";

const FIRST_ID: u64 = 730_400;

/// What has dice of its own.
#[derive(Clone, Copy)]
enum Thing {
    Sequence,
    Day,
    Mailbox,
    Contact,
}

/// The account and its day.
pub(crate) struct Book {
    seed: u64,
    people_per_sequence: usize,
    pub(crate) today: Date,
    /// Oldest first, so by id.
    pub(crate) sequences: Vec<Sequence>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) mailboxes: Vec<Mailbox>,
}

/// When a sequence is made and what becomes of it.
struct Plan {
    fate: Fate,
    created: Date,
    last: Date,
    rng: Rng,
}

impl Book {
    /// An account with its history up to today.
    pub(crate) fn new(options: &Options) -> Self {
        let Options { seed, today, .. } = *options;
        let mut book = Self {
            seed,
            people_per_sequence: options.reply_people,
            today,
            sequences: Vec::new(),
            contacts: Vec::new(),
            mailboxes: Vec::new(),
        };
        let mailbox = |index| Mailbox::make(index, today, &mut book.dice(Thing::Mailbox, index as u64));
        book.mailboxes = (0..options.reply_mailboxes.max(1)).map(mailbox).collect();
        let plan = |index| Plan::draw(index, today, book.dice(Thing::Sequence, index as u64));
        let mut plans: Vec<Plan> = (0..options.reply_sequences).map(plan).collect();
        plans.sort_by_key(|plan| plan.created);
        for plan in plans {
            book.admit(plan);
        }
        book
    }

    /// The account lives on.
    pub(crate) fn advance(&mut self, days: u32) {
        for _ in 0..days {
            let Ok(next) = self.today.tomorrow() else { return };
            self.today = next;
            let mut rng = self.dice(Thing::Day, next.duration_since(Date::ZERO).as_hours().unsigned_abs());
            // Everybody's way is planned already; what happens by the day is a new sequence now and then.
            if !is_weekend(next) && rng.u8(..5) == 0 {
                let last = weekdays_after(next, rng.u32(20..=90));
                self.admit(Plan { fate: Fate::Runs, created: next, last, rng });
            }
        }
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Sequence> {
        let place = self.sequences.binary_search_by_key(&id, |sequence| sequence.id).ok()?;
        self.sequences.get(place)
    }

    /// Who a contact is.
    pub(crate) fn identity(&self, contact: usize) -> Identity {
        contact::identity(contact, &mut self.dice(Thing::Contact, contact as u64))
    }

    /// The contacts there are, newest first.
    pub(crate) fn known(&self) -> Vec<usize> {
        let is_known = |contact: &usize| self.contacts[*contact].added <= self.today;
        let mut known: Vec<usize> = (0..self.contacts.len()).filter(is_known).collect();
        known.sort_by_key(|contact| std::cmp::Reverse((self.contacts[*contact].added, *contact)));
        known
    }

    /// From which of the account's mailboxes a person gets the mails of a sequence.
    pub(crate) fn mailbox_of(sequence: &Sequence, person: &Person) -> usize {
        sequence.mailboxes[person.contact % sequence.mailboxes.len()]
    }

    /// Mails sent today from each mailbox.
    pub(crate) fn sent_today(&self) -> Vec<u64> {
        let mut sent = vec![0; self.mailboxes.len()];
        for sequence in &self.sequences {
            for person in sequence.enrolled(self.today) {
                let is_todays = |visit: &&Visit| visit.date == self.today && visit.mail.is_some();
                let mails = person.visits.iter().filter(is_todays).count();
                sent[Self::mailbox_of(sequence, person)] += mails as u64;
            }
        }
        sent
    }

    pub(crate) fn account(&self) -> Account {
        let sent = self.sent_today();
        let mailbox = |(mailbox, sent_today): (&Mailbox, u64)| MailboxFigures {
            id: mailbox.id,
            address: mailbox.address.clone(),
            daily_limit: mailbox.daily_limit,
            sent_today,
            is_smtp_ok: mailbox.smtp_failure.is_none(),
            is_imap_ok: mailbox.imap_failure.is_none(),
        };
        Account {
            today: self.today,
            sequences: self.sequences.iter().map(|sequence| self.figures(sequence)).collect(),
            mailboxes: self.mailboxes.iter().zip(sent).map(mailbox).collect(),
            categories: category::ALL.to_vec(),
        }
    }

    fn figures(&self, sequence: &Sequence) -> SequenceFigures {
        let today = self.today;
        let steps = sequence.steps.iter().enumerate();
        SequenceFigures {
            id: sequence.id,
            name: sequence.name.clone(),
            status: sequence.status(today),
            is_archived: sequence.is_archived(),
            owner_id: USERS[sequence.owner].id,
            created: sequence.day,
            figures: sequence.figures(today),
            days: sequence.days(today),
            states: sequence.states(today),
            people: sequence.enrolled(today).iter().map(|person| self.person(person)).collect(),
            steps: steps.map(|(index, step)| step.figures(index)).collect(),
            hides_steps: sequence.hides_steps(),
        }
    }

    fn person(&self, person: &Person) -> PersonFigures {
        let contact = &self.contacts[person.contact];
        let category = match person.ended(self.today) {
            Some(End::Replied(category)) => category,
            _ => None,
        };
        PersonFigures {
            id: contact.id,
            email: self.identity(person.contact).email,
            state: person.state(self.today),
            category: category.map(|category| category.name),
            enrolled: person.enrolled,
            step: person.visited(self.today).last().map(|visit| visit.step as u64 + 1),
            is_opted_out: contact.has_opted_out(self.today),
        }
    }

    /// The newest sequence gets its id, its steps and its people.
    fn admit(&mut self, plan: Plan) {
        let Plan { fate, created, last, mut rng } = plan;
        let place = self.sequences.len();
        let id_before = self.sequences.last().map_or(FIRST_ID, |newest| newest.id);
        let at = time(rng.i8(6..17), rng.i8(0..60), rng.i8(0..60), rng.i32(0..10_000_000) * 100);
        let first_mailbox = rng.usize(..self.mailboxes.len());
        let mailboxes = (0..rng.usize(1..=3)).map(|next| (first_mailbox + next) % self.mailboxes.len());
        let mut sequence = Sequence {
            id: id_before + rng.u64(1..=40),
            name: letters::name(&mut rng, place),
            owner: rng.usize(..USERS.len()),
            created: instant(created.to_datetime(at)),
            day: created,
            fate,
            last,
            tracks_opens: rng.u8(..3) == 0,
            mailboxes: mailboxes.collect(),
            // Somebody has named a draft and not written it yet.
            steps: if fate == Fate::Draft && rng.bool() { Vec::new() } else { step::steps(place, &mut rng) },
            people: Vec::new(),
        };
        if fate != Fate::Draft {
            self.enrol(&mut sequence, &mut rng);
        }
        self.sequences.push(sequence);
    }

    /// People come to a sequence day by day until shortly before its end; one in ten is known already.
    fn enrol(&mut self, sequence: &mut Sequence, rng: &mut Rng) {
        let count = (self.people_per_sequence * rng.usize(50..=150) / 100).max(1);
        let days = sequence.last.duration_since(sequence.day).as_hours() / 24;
        let days = (days - 10).max(1).unsigned_abs() as usize;
        let rates = Rates {
            opened: if sequence.tracks_opens { rng.u32(250..=600) } else { 0 },
            replied: rng.u32(8..=60),
            bounced: rng.u32(15..=70),
        };
        for index in 0..count {
            let day = i64::try_from(1 + index * days / count).unwrap_or(1).days();
            let enrolled = weekdays_after(sequence.day.saturating_add(day), 0);
            // The person at the same place in the sequence before, so that nobody is twice in one.
            let before = self.sequences.last().and_then(|before| before.people.get(index));
            let contact = match before.map(|person| person.contact).filter(|_| rng.u8(..10) == 0) {
                Some(known) => known,
                None => {
                    self.contacts.push(Contact::new(self.contacts.len(), enrolled));
                    self.contacts.len() - 1
                }
            };
            let person = Person::plan(rng, contact, enrolled, &sequence.steps, rates, sequence.last);
            let known = &mut self.contacts[contact];
            known.added = known.added.min(enrolled);
            if let Some((day, End::OptedOut)) = person.end {
                known.opted_out = Some(known.opted_out.map_or(day, |before| before.min(day)));
            }
            sequence.people.push(person);
        }
    }

    /// Dice for a numbered thing, always the same for the same one.
    fn dice(&self, thing: Thing, number: u64) -> Rng {
        // Apart from the dice of the other services' accounts.
        dice::of(self.seed, 0x0100 | thing as u64, number)
    }
}

impl Plan {
    /// A sequence that is there on the account's first day.
    fn draw(index: usize, today: Date, mut rng: Rng) -> Self {
        let fate = match FATES[index % FATES.len()] {
            b'r' => Fate::Runs,
            b'p' => Fate::Paused,
            b's' => Fate::Stopped,
            b'f' => Fate::Finished,
            b'a' => Fate::Archived,
            _ => Fate::Draft,
        };
        let (age, end) = match fate {
            // The lower of two draws: more young ones than old ones.
            Fate::Runs => (rng.i64(4..=300).min(rng.i64(4..=300)), -rng.i64(5..=120)),
            Fate::Draft => (rng.i64(1..=60), 0),
            _ => {
                let age = rng.i64(60..=390);
                (age, rng.i64(10..=age - 40))
            }
        };
        Self { fate, created: today.saturating_sub(age.days()), last: today.saturating_sub(end.days()), rng }
    }
}
