//! PhoneBurner: a made-up team behind the routes that the service has.

mod activity;
mod book;
mod contact;
mod disposition;
mod documented;
mod live;
mod member;
mod page;
mod posts;
mod refusal;
mod session;
mod tokens;
mod zone;

use std::convert::identity;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::{self, TimeZone};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calendar;
use crate::options::{Calls, Dialect, MemberTokens, Options};
use crate::play::{Day, Post};
use crate::question::Question;
use crate::{replyio, smartlead};
use book::Book;
use page::{Page, flat, wrapped};
use refusal::{absent, expired, invalid, unauthorised};
use tokens::Tokens;

pub use activity::Activity;
pub use book::Account;
pub use contact::Contact;
pub use member::Member;
pub use session::{Call, Details, Session};
pub use tokens::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};

/// What every route begins with.
pub(crate) const BASE: &str = "/rest/1";

/// What the routes for signing in begin with.
pub(crate) const OAUTH: &str = "/oauth";

/// Days of usage that are told at once.
const LONGEST_USAGE: i32 = 90;

/// Days of a contact's history that are told where one does not say.
const USUAL_HISTORY: i64 = 180;

/// When the account's day begins, as far as tokens go.
const MORNING: i8 = 9;

/// The service with its one account.
pub(crate) struct Service {
    dialect: Dialect,
    /// The administrator's personal token.
    token: String,
    has_token_expired: bool,
    member_tokens: MemberTokens,
    tokens: Tokens,
    book: Book,
}

impl Service {
    pub(crate) fn new(options: &Options, smartlead: &smartlead::Service, replyio: &replyio::Service) -> Self {
        let count = options.phoneburner.contacts as usize / 3;
        let known = match options.phoneburner.calls {
            Calls::Smartlead => smartlead.some_leads(count),
            Calls::Replyio => replyio.some_people(count),
        };
        Self {
            dialect: options.dialect,
            token: options.api_key.clone(),
            has_token_expired: false,
            member_tokens: options.phoneburner.member_tokens,
            tokens: Tokens::new(&options.phoneburner),
            book: Book::new(options, &known),
        }
    }

    pub(crate) fn advance(&mut self, days: u32) {
        self.book.advance(days);
    }

    pub(crate) fn set_dialect(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    pub(crate) fn set_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
        self.has_token_expired = false;
    }

    /// The administrator's tokens of today have run out, the personal one too.
    pub(crate) fn expire_tokens(&mut self) {
        self.has_token_expired = true;
        self.tokens.expire();
    }

    pub(crate) fn refuse_refresh(&mut self, refuses: bool) {
        self.tokens.refuses_refresh = refuses;
    }

    pub(crate) fn account(&self) -> Account {
        self.book.account()
    }

    /// What is posted of a day.
    pub(crate) fn posts(&self, day: &Day, rng: &mut Rng) -> Vec<Post> {
        posts::posts(&self.book, day, rng)
    }

    /// Answers a question that came at this time.
    pub(crate) fn answer(&mut self, question: &Question, at: Duration) -> Answer {
        let now = self.seconds(at);
        if let Some(path) = question.path.strip_prefix(OAUTH) {
            return self.tokens.answer(question, path, now);
        }
        let asks = match self.holder(question, now) {
            Ok(member) => member,
            Err(refusal) => return refusal,
        };
        let path = question.path.strip_prefix(BASE).unwrap_or_default().trim_start_matches('/');
        let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
        match (question.method.as_str(), parts.as_slice(), self.dialect) {
            ("GET", ["members"], _) => self.members(question, asks),
            ("GET", ["members", "me"], Dialect::Live) => self.me(asks),
            ("GET", ["contacts"], _) => self.contacts(question, asks),
            ("GET", ["contacts", id], Dialect::Live) => self.contact(id),
            ("GET", ["contacts", id, "activities"], _) => self.activities(question, id),
            ("GET", ["dialsession"], _) => self.sessions(question, asks),
            ("GET", ["dialsession", "usage"], Dialect::Live) => self.usage(question, asks),
            ("GET", ["dialsession", "call", id], Dialect::Live) => self.call(question, asks, id),
            ("GET", ["dialsession", id], Dialect::Live) => self.session(question, asks, id),
            ("GET", ["folders"], Dialect::Live) => {
                Ok(wrapped("folders", "folders", live::folders(), json!({})))
            }
            _ => Err(absent()),
        }
        .unwrap_or_else(identity)
    }

    /// Whose token this is, or a refusal.
    fn holder(&self, question: &Question, now: i64) -> Result<&Member, Answer> {
        let token = question.bearer().ok_or_else(unauthorised)?;
        let members = &self.book.members;
        let is_good =
            if token == self.token { Some(!self.has_token_expired) } else { self.tokens.is_good(token, now) };
        match is_good {
            Some(true) => return members.first().ok_or_else(unauthorised),
            Some(false) => return Err(expired(self.dialect)),
            None => {}
        }
        let member = members.iter().find(|member| member.token() == token).ok_or_else(unauthorised)?;
        let is_odd = member.index + 1 == members.len();
        match self.member_tokens {
            MemberTokens::None => Err(unauthorised()),
            MemberTokens::OneMissing | MemberTokens::OneRefused if is_odd => Err(unauthorised()),
            MemberTokens::OneExpired if is_odd => Err(expired(self.dialect)),
            _ => Ok(member),
        }
    }

    /// The account's time: of its day, the morning and as long as the twin has been running.
    fn seconds(&self, at: Duration) -> i64 {
        let morning = calendar::instant(self.book.today.at(MORNING, 0, 0, 0));
        morning.as_second().saturating_add_unsigned(at.as_secs())
    }

    /// The whole team for who administers it, else the one who asks.
    fn team<'a>(&'a self, asks: &'a Member) -> Vec<&'a Member> {
        if asks.index == 0 { self.book.members.iter().collect() } else { vec![asks] }
    }

    fn members(&self, question: &Question, asks: &Member) -> Result<Answer, Answer> {
        let page = Page::of(question, self.dialect)?;
        let team = self.team(asks);
        let rows = &team[page.rows(team.len())];
        Ok(match self.dialect {
            Dialect::Live => {
                let rows: Value =
                    rows.iter().map(|one| live::member(&self.book, one, self.member_tokens)).collect();
                page.wrap("members", json!([rows]), team.len(), true)
            }
            Dialect::Requirement => flat("members", rows.iter().map(|one| documented::member(one)).collect()),
        })
    }

    fn me(&self, asks: &Member) -> Result<Answer, Answer> {
        let me = live::member(&self.book, asks, self.member_tokens);
        Ok(wrapped("members", "members", me, json!({})))
    }

    /// The newest first, unless one asks otherwise.
    fn contacts(&self, question: &Question, asks: &Member) -> Result<Answer, Answer> {
        let page = Page::of(question, self.dialect)?;
        let is_asked = |name| question.parameter(name) == Some("1");
        let calls = live::last_calls(&self.book);
        let now = self.book.now();
        let changed = Changed::of(question, self.dialect, now)?;
        let mut told: Vec<&Contact> = self.book.contacts.iter().collect();
        told.retain(|contact| {
            let last = calls.get(&contact.id).map(|(_, call)| call);
            contact.added < self.book.today
                && (is_asked("include_trashed") || !contact.is_trashed(now))
                && (is_asked("include_archived") || !contact.is_archived)
                && changed.holds(contact, live::modified(contact, last, now))
        });
        if !question.parameter("sort_order").is_some_and(|order| order.eq_ignore_ascii_case("asc")) {
            told.reverse();
        }
        let rows = told[page.rows(told.len())].iter();
        Ok(match self.dialect {
            Dialect::Live => {
                let rows = rows.map(|one| live::contact(&self.book, one, calls.get(&one.id))).collect();
                let mut beside = page.told(told.len(), true);
                beside["member_user_id"] = json!(asks.id.to_string());
                wrapped("contacts", "contacts", rows, beside)
            }
            Dialect::Requirement => flat("contacts", rows.map(|one| documented::contact(one)).collect()),
        })
    }

    fn contact(&self, id: &str) -> Result<Answer, Answer> {
        let contact = self.book.contact(id).ok_or_else(absent)?;
        let calls = live::last_calls(&self.book);
        let row = live::contact(&self.book, contact, calls.get(&contact.id));
        Ok(wrapped("contacts", "contacts", json!([row]), json!({})))
    }

    fn activities(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        const NAME: &str = "contact_activities";
        let page = Page::of(question, self.dialect)?;
        let contact = self.book.contact(id).ok_or_else(absent)?;
        let days = question.parameter("days").map_or(Ok(USUAL_HISTORY), str::parse);
        let days: i64 = days.map_err(|_| invalid(self.dialect, "days is no number"))?;
        let since =
            zone::midnight(&self.book.tz, self.book.today.saturating_sub(days.clamp(0, 10_000).days()));
        let mut lines = self.book.activities(|id| id == contact.id);
        lines.retain(|line| line.at >= since);
        let rows = lines[page.rows(lines.len())].iter();
        Ok(match self.dialect {
            Dialect::Live => {
                let rows = rows.map(|line| live::activity(&self.book.tz, line)).collect();
                page.wrap(NAME, rows, lines.len(), true)
            }
            Dialect::Requirement => flat(NAME, rows.map(documented::activity).collect()),
        })
    }

    /// Oldest first. The observed service tells nobody's but one's own.
    fn sessions(&self, question: &Question, asks: &Member) -> Result<Answer, Answer> {
        const NAME: &str = "dialsessions";
        let page = Page::of(question, self.dialect)?;
        let from = self.date(question, "date_start")?.unwrap_or(Date::MIN);
        let to = self.date(question, "date_end")?.unwrap_or(Date::MAX);
        let is_everybodys = self.dialect == Dialect::Requirement;
        let is_meant = move |session: &Session| {
            (from..=to).contains(&session.date) && (is_everybodys || session.member_id == asks.id)
        };
        let told: Vec<_> = self.book.sessions(is_meant).collect();
        let rows = told[page.rows(told.len())].iter();
        Ok(match self.dialect {
            Dialect::Live => {
                let rows = rows.map(|session| live::session(&self.book.tz, session)).collect();
                page.wrap(NAME, rows, told.len(), false)
            }
            Dialect::Requirement => flat(NAME, rows.map(documented::session).collect()),
        })
    }

    /// One session and a page of its calls.
    fn session(&self, question: &Question, asks: &Member, id: &str) -> Result<Answer, Answer> {
        let page = Page::of(question, self.dialect)?;
        let has_recording = question.parameter("include_recording") == Some("1");
        let id: u64 = id.parse().map_err(|_| absent())?;
        let is_meant = |session: &Session| session.id == id && session.member_id == asks.id;
        let session = self.book.sessions(is_meant).next().ok_or_else(absent)?;
        let calls = &session.calls[page.rows(session.calls.len())];
        let mut answer = live::session(&self.book.tz, &session);
        answer["calls"] =
            calls.iter().map(|call| live::call(&self.book.tz, &session, call, has_recording)).collect();
        Ok(page.wrap("dialsessions", answer, session.calls.len(), false))
    }

    fn call(&self, question: &Question, asks: &Member, id: &str) -> Result<Answer, Answer> {
        let has_recording = question.parameter("include_recording") == Some("1");
        let id: u64 = id.parse().map_err(|_| absent())?;
        let is_meant = |session: &Session| {
            session.member_id == asks.id && session.calls.iter().any(|call| call.id == id)
        };
        let session = self.book.sessions(is_meant).next().ok_or_else(absent)?;
        let call = session.calls.iter().find(|call| call.id == id).ok_or_else(absent)?;
        let answer = live::call(&self.book.tz, &session, call, has_recording);
        Ok(wrapped("call", "call", answer, json!({})))
    }

    fn usage(&self, question: &Question, asks: &Member) -> Result<Answer, Answer> {
        let given = (self.date(question, "date_start")?, self.date(question, "date_end")?);
        let (Some(from), Some(to)) = given else {
            return Err(invalid(self.dialect, "A required field is not set"));
        };
        if to.since(from).is_ok_and(|span| span.get_days() > LONGEST_USAGE) {
            return Err(invalid(self.dialect, "The range is longer than 90 days"));
        }
        let usage = live::usage(&self.book, &self.team(asks), from, to);
        Ok(Answer::data(&json!({"http_status": 200, "status": "success", "usage": usage})))
    }

    fn date(&self, question: &Question, name: &str) -> Result<Option<Date>, Answer> {
        let date = question.parameter(name).map(str::parse).transpose();
        date.map_err(|_| invalid(self.dialect, &format!("{name} is no date")))
    }
}

/// Which contacts are asked for by when they changed.
struct Changed {
    from: Option<Timestamp>,
    to: Timestamp,
    has_new: bool,
}

impl Changed {
    fn of(question: &Question, dialect: Dialect, now: Timestamp) -> Result<Self, Answer> {
        // The service reads these two as US time, wherever they come from.
        let pacific = TimeZone::fixed(tz::offset(-8));
        let instant = |name| {
            let wall = question.parameter(name).map(str::parse::<DateTime>).transpose();
            let wall = wall.map_err(|_| invalid(dialect, &format!("{name} is no time")))?;
            Ok(wall.map(|wall| zone::instant(&pacific, wall)))
        };
        let (from, to) = (instant("updated_from")?, instant("update_to")?);
        if from.is_some_and(|from| from > now) {
            return Err(invalid(dialect, "updated_from is in the future"));
        }
        let has_new = question.parameter("include_new") == Some("1");
        Ok(Self { from, to: to.unwrap_or(Timestamp::MAX), has_new })
    }

    /// What is new counts as changed only where one asks for it.
    fn holds(&self, contact: &Contact, modified: Timestamp) -> bool {
        let Some(from) = self.from else { return modified <= self.to };
        (from..=self.to).contains(&modified) && (self.has_new || contact.added_at < from)
    }
}
