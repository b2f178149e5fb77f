//! Reply.io: a made-up account behind the routes of the service's four generations.

mod account;
mod category;
mod contact;
mod documented;
mod figures;
mod legacy;
mod letters;
mod live;
mod mailbox;
mod pace;
mod page;
mod person;
mod posts;
mod refusal;
mod reports;
mod sequence;
mod step;
mod webhooks;
mod window;

use std::convert::identity;

use fastrand::Rng;
use serde_json::Value;

use crate::answer::Answer;
use crate::options::{Dialect, Options, ReplyArea, ReplyHeader};
use crate::people::Acquaintance;
use crate::play::{Day, Post};
use crate::question::Question;
use crate::subscriptions::Subscriptions;
use account::Book;
use sequence::Sequence;

pub use category::Category;
pub use figures::{
    Account, DayFigures, Figures, MailboxFigures, PeopleStates, PersonFigures, PersonState, SequenceFigures,
    Status, StepFigures, VariantFigures,
};
pub(crate) use pace::Pace;
pub use step::Kind;

/// What the routes of each generation begin with.
pub(crate) const V1: &str = "/v1";
pub(crate) const V2: &str = "/v2";
pub(crate) const V3: &str = "/v3";
pub(crate) const API_V2: &str = "/api/v2";

/// The service with its one account.
pub(crate) struct Service {
    dialect: Dialect,
    api_key: String,
    forbidden: Option<ReplyArea>,
    header: ReplyHeader,
    alternates: bool,
    book: Book,
    webhooks: Subscriptions,
}

/// What a route answers, or a refusal.
type Answered = Result<Answer, Answer>;

impl Service {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            dialect: options.dialect,
            api_key: options.api_key.clone(),
            forbidden: options.reply_forbids,
            header: options.reply_header,
            alternates: options.reply_alternates,
            book: Book::new(options),
            webhooks: Subscriptions::default(),
        }
    }

    pub(crate) fn advance(&mut self, days: u32) {
        self.book.advance(days);
    }

    pub(crate) fn set_dialect(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    pub(crate) fn set_api_key(&mut self, api_key: &str) {
        api_key.clone_into(&mut self.api_key);
    }

    pub(crate) fn account(&self) -> Account {
        self.book.account()
    }

    /// People whom another service may know too, from the first to the newest.
    pub(crate) fn some_people(&self, count: usize) -> Vec<Acquaintance> {
        let every = (self.book.contacts.len() / count.max(1)).max(1);
        let numbers = (0..self.book.contacts.len()).step_by(every).take(count);
        let who = numbers.map(|number| self.book.identity(number));
        who.map(|who| Acquaintance {
            first_name: who.first_name,
            last_name: who.last_name,
            email: who.email,
            company: who.company,
            title: who.title,
        })
        .collect()
    }

    /// What is posted of a day.
    pub(crate) fn posts(&self, day: &Day, rng: &mut Rng) -> Vec<Post> {
        posts::posts(&self.book, &self.webhooks, day, rng)
    }

    /// Its subscriptions are switched off, as they are when nobody answers for long.
    pub(crate) fn switch_off_webhooks(&mut self) {
        self.webhooks.switch_off();
    }

    /// Answers a question.
    pub(crate) fn answer(&mut self, question: &Question) -> Answer {
        if !self.alternates || question.parameter("skip").is_none() {
            return self.answer_truly(question);
        }
        page::alternating(question, |question| self.answer_truly(question))
    }

    fn answer_truly(&mut self, question: &Question) -> Answer {
        if !self.is_known(question) {
            return refusal::unauthorized();
        }
        let path = question.path.trim_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        if let (Some(area), ["v3", route @ ..]) = (self.forbidden, parts.as_slice())
            && area_of(route) == Some(area)
        {
            return refusal::forbidden(scope(area));
        }
        let route = (question.method.as_str(), parts.as_slice());
        let answered = match self.dialect {
            Dialect::Live if parts.starts_with(&["api", "v2", "webhooks"]) => {
                webhooks::answer_v2(&mut self.webhooks, question, (route.0, &parts[3..]))
            }
            Dialect::Requirement if parts.starts_with(&["v3", "webhooks"]) => {
                webhooks::answer_v3(&mut self.webhooks, question, (route.0, &parts[2..]))
            }
            Dialect::Requirement => documented::answer(&self.book, question, route),
            Dialect::Live => self.answer_live(question, route),
        };
        answered.unwrap_or_else(identity)
    }

    fn answer_live(&self, question: &Question, route: (&str, &[&str])) -> Answered {
        let book = &self.book;
        match route {
            (method, ["v1", rest @ ..]) => legacy::answer_v1(book, question, (method, rest)),
            ("GET", ["v2", "campaigns", id, "steps"]) => legacy::steps(book, id),
            ("POST", ["v3", "sequences", "stats"]) => reports::sequences(book, question),
            ("POST", ["v3", "reporting", "emails", "overview"]) => reports::overview(book, question),
            ("POST", ["v3", "reporting", "emails"]) => reports::mails(book, question),
            ("GET", ["v3", rest @ ..]) => live::answer(book, question, rest),
            (method, _) => Err(refusal::no_route(method, &question.path)),
        }
    }

    /// The old generations know one header, the new one knows another too.
    fn is_known(&self, question: &Question) -> bool {
        let is_key = |given: &str| given == self.api_key;
        let (key, bearer) = (question.header("x-api-key"), question.bearer());
        if !question.path.starts_with(V3) {
            return key.is_some_and(is_key);
        }
        match self.header {
            ReplyHeader::Any => key.is_some_and(is_key) || bearer.is_some_and(is_key),
            ReplyHeader::Bearer => key.is_none() && bearer.is_some_and(is_key),
            ReplyHeader::Key => bearer.is_none() && key.is_some_and(is_key),
        }
    }
}

/// Which leave a route of the new generation needs.
fn area_of(route: &[&str]) -> Option<ReplyArea> {
    match route {
        ["sequences", "stats"] | ["sequences", _, "statistics"] | ["statistics" | "reporting", ..] => {
            Some(ReplyArea::Reporting)
        }
        ["contacts" | "people", ..] | ["sequences", _, "contacts", ..] => Some(ReplyArea::Contacts),
        ["sequences", ..] => Some(ReplyArea::Sequences),
        ["email-accounts" | "emailAccounts", ..] => Some(ReplyArea::EmailAccounts),
        ["inbox", ..] => Some(ReplyArea::Inbox),
        _ => None,
    }
}

fn scope(area: ReplyArea) -> &'static str {
    match area {
        ReplyArea::Sequences => "sequences:read",
        ReplyArea::EmailAccounts => "emailAccounts:read",
        ReplyArea::Contacts => "contacts:read",
        ReplyArea::Reporting => "reporting:read",
        ReplyArea::Inbox => "inbox:read",
    }
}

/// The user to whom the key belongs.
fn whoami() -> Answer {
    Answer::data(&serde_json::json!({ "userId": account::USERS[0].id }))
}

fn find<'book>(book: &'book Book, id: &str) -> Result<&'book Sequence, Answer> {
    let id = id.parse().map_err(|_| refusal::invalid("/id", "Must be a number."))?;
    book.find(id).ok_or_else(|| refusal::not_found("sequence"))
}

/// Minutes as days, a whole number where they are.
fn days(minutes: u64) -> Value {
    match minutes.is_multiple_of(1440) {
        true => (minutes / 1440).into(),
        false => (minutes as f64 / 1440.0).into(),
    }
}
