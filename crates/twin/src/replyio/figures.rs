//! What is counted, and an account's truth as tests see it.

use std::ops::AddAssign;

use jiff::civil::Date;
use serde::Serialize;

use super::category::Category;
use super::step::Kind;

/// Today's true figures of a Reply.io account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The account's day.
    pub today: Date,
    /// Every sequence, oldest first.
    pub sequences: Vec<SequenceFigures>,
    /// Every mailbox, by id.
    pub mailboxes: Vec<MailboxFigures>,
    /// The categories for replies.
    pub categories: Vec<Category>,
}

/// A sequence's true figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SequenceFigures {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// Put away, whatever its status.
    pub is_archived: bool,
    /// The user to whom it belongs.
    pub owner_id: u64,
    /// The day on which it was made.
    pub created: Date,
    /// What has come of it so far.
    #[serde(flatten)]
    pub figures: Figures,
    /// Each day up to today on which something happened, oldest first; they add up to the figures above.
    pub days: Vec<DayFigures>,
    /// Where its people stand.
    pub states: PeopleStates,
    /// Its people, by the day of their enrolment.
    pub people: Vec<PersonFigures>,
    /// Its steps of every kind, by number.
    pub steps: Vec<StepFigures>,
    /// The observed service does not tell its steps.
    pub hides_steps: bool,
}

/// Where a sequence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has not begun.
    Draft,
    /// It goes on.
    Active,
    /// It stands still.
    Paused,
    /// It was ended by hand.
    Stopped,
    /// Everybody has got everything.
    Finished,
}

/// Counters of a sequence: from its beginning, or of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Mails sent, those that bounced too.
    pub sent: u64,
    /// Mails sent that did not bounce.
    pub delivered: u64,
    /// Mails opened.
    pub opened: u64,
    /// People that replied themselves.
    pub replied: u64,
    /// Mails that bounced.
    pub bounced: u64,
    /// People that want no more mail.
    pub opted_out: u64,
    /// Notes of absence.
    pub out_of_office: u64,
    /// Replies in a category that is good news.
    pub interested: u64,
    /// Replies that say no.
    pub not_interested: u64,
    /// Replies that led to a meeting; they are among the interested.
    pub meetings: u64,
}

/// Something that is counted.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    Sent { is_opened: bool, is_bounced: bool },
    Replied(Option<&'static Category>),
    OptedOut,
    Absent,
}

impl Figures {
    pub(crate) fn note(&mut self, event: Event) {
        match event {
            Event::Sent { is_opened, is_bounced } => {
                self.sent += 1;
                self.delivered += u64::from(!is_bounced);
                self.opened += u64::from(is_opened);
                self.bounced += u64::from(is_bounced);
            }
            Event::Replied(category) => {
                let verdict = category.and_then(|category| category.is_good);
                self.replied += 1;
                self.interested += u64::from(verdict == Some(true));
                self.not_interested += u64::from(verdict == Some(false));
                self.meetings += u64::from(category.is_some_and(|category| category.is_meeting));
            }
            Event::OptedOut => self.opted_out += 1,
            Event::Absent => self.out_of_office += 1,
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.opened += other.opened;
        self.replied += other.replied;
        self.bounced += other.bounced;
        self.opted_out += other.opted_out;
        self.out_of_office += other.out_of_office;
        self.interested += other.interested;
        self.not_interested += other.not_interested;
        self.meetings += other.meetings;
    }
}

/// What happened to a sequence on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayFigures {
    /// The day.
    pub date: Date,
    /// What happened on it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How many people stand where; the three states add up to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PeopleStates {
    /// All people.
    pub total: u64,
    /// They get mails or wait for the first.
    pub active: u64,
    /// They got all mails, replied, bounced or opted out.
    pub finished: u64,
    /// Set aside by hand, or absent for a while.
    pub paused: u64,
}

/// A person's true place in a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonFigures {
    /// The contact's id, the same in every sequence.
    pub id: u64,
    /// The address, in lower case.
    pub email: String,
    /// Where the person stands.
    pub state: PersonState,
    /// The category of the reply.
    pub category: Option<&'static str>,
    /// The day of enrolment.
    pub enrolled: Date,
    /// The number of the last step that was taken, of any kind.
    pub step: Option<u64>,
    /// The contact wants no more mail from anybody.
    pub is_opted_out: bool,
}

/// Where a person stands in a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// Nothing has been done yet.
    New,
    /// More steps follow.
    Active,
    /// Absent; steps follow later.
    OutOfOffice,
    /// Set aside by hand.
    Paused,
    /// All steps are done.
    Finished,
    /// Replied.
    Replied,
    /// The mail bounced.
    Bounced,
    /// Wants no more mail.
    OptedOut,
}

impl PeopleStates {
    pub(crate) fn note(&mut self, state: PersonState) {
        self.total += 1;
        match state {
            PersonState::New | PersonState::Active => self.active += 1,
            PersonState::OutOfOffice | PersonState::Paused => self.paused += 1,
            PersonState::Finished | PersonState::Replied | PersonState::Bounced | PersonState::OptedOut => {
                self.finished += 1
            }
        }
    }
}

/// What a step of a sequence really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepFigures {
    /// Its id.
    pub id: u64,
    /// Its number among all steps of the sequence, from 1.
    pub number: u64,
    /// What is done.
    pub kind: Kind,
    /// Minutes between the step before and this one; what a condition waits for before it is decided.
    pub delay_minutes: u64,
    /// Its texts; none where there is nothing to say.
    pub variants: Vec<VariantFigures>,
}

/// One way to write a step's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantFigures {
    /// Its id, of another row of numbers than the steps'.
    pub id: u64,
    /// Its subject; empty in the thread of the mail before, and where it is no mail.
    pub subject: &'static str,
    /// Its text, as HTML.
    pub body: String,
}

/// A mailbox's true figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxFigures {
    /// Its id.
    pub id: u64,
    /// The address it sends from.
    pub address: String,
    /// Mails that it sends on a day at most.
    pub daily_limit: u64,
    /// Mails sent today.
    pub sent_today: u64,
    /// Whether mail can be sent.
    pub is_smtp_ok: bool,
    /// Whether replies can be read.
    pub is_imap_ok: bool,
}
