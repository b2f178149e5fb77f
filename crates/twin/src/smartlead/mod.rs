//! SmartLead: a made-up account behind the routes that the service has.

mod account;
mod answers;
mod campaign;
mod category;
mod documented;
mod lead;
mod letters;
mod live;
mod mail;
mod mailbox;
mod names;
mod page;
mod planted;
mod posted;
mod posts;
mod refusal;
mod sequence;
mod tally;
mod webhooks;
mod window;

use std::collections::HashMap;
use std::convert::identity;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::StatusCode;
use fastrand::Rng;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::options::{DaySeries, Dialect, Missed, Options};
use crate::people::Acquaintance;
use crate::play::{Day, Post};
use crate::question::Question;
use crate::subscriptions::Subscriptions;
use account::Book;
use campaign::Campaign;
use lead::Lead;
use page::Page;
use refusal::invalid;
use window::Window;

pub use account::{Account, CampaignFigures, DayFigures, Quirk};
pub use campaign::{LeadStates, Status};
pub use category::Category;
pub use mailbox::MailboxFigures;
pub use planted::{Fading, KnownReply, Planted, Trouble};
pub use sequence::{StepFigures, VariantFigures};

/// What every route begins with.
pub(crate) const BASE: &str = "/api/v1";

/// Days that a campaign's figures by date tell at once.
const LONGEST_BY_DATE: i64 = 30;

/// Days that the account's series tells at once.
const LONGEST_SERIES: i64 = 31;

/// Mails that a page tells at most.
const MOST_MAILS: u64 = 1000;

/// The service with its one account.
pub(crate) struct Service {
    dialect: Dialect,
    api_key: String,
    day_series: DaySeries,
    has_positives: bool,
    kept: mail::Kept,
    ignores_mail_windows: bool,
    missed: Missed,
    book: Book,
    /// Address → campaign's place and lead's number, made when it is first asked for.
    addresses: OnceLock<HashMap<String, (usize, u64)>>,
    /// The campaign list, which is large and the same until a day passes.
    list: Bytes,
    webhooks: Subscriptions,
}

impl Service {
    pub(crate) fn new(options: &Options) -> Self {
        let book = Book::new(options);
        let list = list(&book, options.dialect);
        Self {
            dialect: options.dialect,
            api_key: options.api_key.clone(),
            day_series: options.day_series,
            has_positives: options.has_positives,
            kept: mail::Kept { most: options.mails_per_campaign, until: options.today },
            ignores_mail_windows: options.ignores_mail_windows,
            missed: options.missed,
            addresses: OnceLock::new(),
            book,
            list,
            webhooks: Subscriptions::default(),
        }
    }

    pub(crate) fn advance(&mut self, days: u32) {
        self.book.advance(days);
        self.addresses = OnceLock::new();
        self.list = list(&self.book, self.dialect);
    }

    pub(crate) fn set_dialect(&mut self, dialect: Dialect) {
        self.dialect = dialect;
        self.list = list(&self.book, dialect);
    }

    pub(crate) fn set_api_key(&mut self, api_key: &str) {
        api_key.clone_into(&mut self.api_key);
    }

    pub(crate) fn account(&self) -> Account {
        self.book.account(self.dialect)
    }

    /// What is planted in the account, if something is.
    pub(crate) fn planted(&self) -> Option<Planted> {
        planted::truth(&self.book, self.kept)
    }

    /// People whom another service may know too: the campaigns' first leads, then their second ones, and so on.
    pub(crate) fn some_leads(&self, count: usize) -> Vec<Acquaintance> {
        let campaigns = || self.book.campaigns.iter().enumerate();
        let most = campaigns().map(|(_, campaign)| self.book.served(campaign)).max().unwrap_or_default();
        let of_rank = |rank: u64| {
            let has_it = move |(_, campaign): &(usize, &Campaign)| rank < self.book.served(campaign);
            campaigns()
                .filter(has_it)
                .map(move |(place, campaign)| lead::lead(&self.book, place, campaign, rank, Dialect::Live))
        };
        let acquaintance = |lead: Lead| Acquaintance {
            first_name: lead.first_name,
            last_name: lead.last_name,
            email: lead.email,
            company: Some(lead.company).filter(|name| !name.is_empty()),
            title: lead.job,
        };
        (0..most).flat_map(of_rank).take(count).map(acquaintance).collect()
    }

    /// What is posted of a day.
    pub(crate) fn posts(&self, day: &Day, rng: &mut Rng) -> Vec<Post> {
        posts::posts(&self.book, &self.webhooks, day, rng)
    }

    /// Answers a question.
    pub(crate) fn answer(&mut self, question: &Question) -> Answer {
        if question.parameter("api_key") != Some(&self.api_key) {
            return Answer::message(StatusCode::UNAUTHORIZED, "Invalid API Key");
        }
        let path = question.path.strip_prefix(BASE).unwrap_or_default().trim_start_matches('/');
        let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
        match (question.method.as_str(), parts.as_slice(), self.dialect) {
            ("GET", ["campaigns"], _) => self.campaigns(question),
            ("GET", ["campaigns", id, "analytics"], _) => self.analytics(question, id),
            ("GET", ["analytics", "campaign", "overall-stats"], Dialect::Live) => {
                self.overall_stats(question).unwrap_or_else(identity)
            }
            ("GET", ["campaigns", id, "analytics-by-date"], _) => {
                self.by_date(question, id).unwrap_or_else(identity)
            }
            ("GET", ["campaigns", id, "top-level-analytics-by-date"], Dialect::Live)
                if self.has_positives =>
            {
                self.top_level(question, id).unwrap_or_else(identity)
            }
            ("GET", ["analytics", "day-wise-overall-stats"], Dialect::Live)
                if self.day_series != DaySeries::Absent =>
            {
                self.series(question).unwrap_or_else(identity)
            }
            ("GET", ["leads", "fetch-categories"], _) => self.categories(question),
            ("GET", ["campaigns", id, "leads"], _) => self.leads(question, id).unwrap_or_else(identity),
            ("GET", ["campaigns", id, "sequences"], _) => self.steps(question, id).unwrap_or_else(identity),
            (method, ["campaigns", id, "webhooks"], _) => {
                self.webhooks(method, question, id).unwrap_or_else(identity)
            }
            ("GET", ["campaigns", id, "statistics"], _) => {
                self.statistics(question, id).unwrap_or_else(identity)
            }
            ("GET", ["campaigns", id, "leads", lead, "message-history"], _) => {
                self.history(question, id, lead).unwrap_or_else(identity)
            }
            ("GET", ["leads"], _) => self.lead_by_email(question),
            ("GET", ["campaigns", id, "webhooks", "summary"], _) if self.missed != Missed::NoRoutes => {
                self.summary(question, id).unwrap_or_else(identity)
            }
            ("POST", ["campaigns", id, "webhooks", "retrigger-failed-events"], _)
                if self.missed != Missed::NoRoutes =>
            {
                self.find(id).map_or_else(identity, |_| {
                    Answer::data(&json!({"ok": true, "message": "Failed events retrigger initiated", "retrigger_id": "17"}))
                })
            }
            ("GET", ["email-accounts"], _) => self.mailboxes(question).unwrap_or_else(identity),
            _ => Answer::no_route(&question.method, &question.path),
        }
    }

    fn campaigns(&self, question: &Question) -> Answer {
        self.not_allowed(question, &[]).unwrap_or_else(|| Answer::rendered(self.list.clone()))
    }

    fn analytics(&self, question: &Question, id: &str) -> Answer {
        if let Some(refusal) = self.not_allowed(question, &[]) {
            return refusal;
        }
        let (place, campaign) = match self.find(id) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        };
        let mut data = match self.dialect {
            Dialect::Live => live::analytics(&self.book, place, campaign),
            Dialect::Requirement => documented::analytics(&self.book, campaign),
        };
        match self.book.quirk(place) {
            Some(Quirk::NoBounceCount) => drop_field(&mut data, "bounce_count"),
            Some(Quirk::NullOpens) => data["unique_open_count"] = Value::Null,
            _ => {}
        }
        Answer::data(&data)
    }

    fn overall_stats(&self, question: &Question) -> Result<Answer, Answer> {
        self.not_allowed(question, window::PARAMETERS).map_or(Ok(()), Err)?;
        Ok(Answer::data(&live::overall_stats(&self.book, Window::of(question, None)?)))
    }

    /// A campaign's figures within a window, or a refusal.
    fn by_date(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, window::PARAMETERS).map_or(Ok(()), Err)?;
        let (place, campaign) = self.find(id)?;
        let window = Window::of(question, Some(LONGEST_BY_DATE))?;
        let quirk = self.book.quirk(place);
        if quirk == Some(Quirk::NoDays) {
            return Ok(Answer::data(&json!({})));
        }
        Ok(Answer::data(&match self.dialect {
            Dialect::Live => live::by_date(&self.book, place, campaign, window),
            Dialect::Requirement => {
                let days = self.book.days(campaign, window);
                let mut rows: Vec<_> = days.map(|(date, tally)| documented::day(date, &tally)).collect();
                if quirk == Some(Quirk::DayWithoutDate)
                    && let Some(row) = rows.first_mut()
                {
                    drop_field(row, "date");
                }
                documented::days(place, rows)
            }
        }))
    }

    /// A campaign's figures within a window of any length, positive replies among them, or a refusal.
    fn top_level(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, window::PARAMETERS).map_or(Ok(()), Err)?;
        let (_, campaign) = self.find(id)?;
        Ok(Answer::data(&live::top_level(&self.book, campaign, Window::of(question, None)?)))
    }

    /// The days of some campaigns or of the whole account, or a refusal.
    fn series(&self, question: &Question) -> Result<Answer, Answer> {
        const KNOWN: &[&str] = &["start_date", "end_date", "timezone", "campaign_ids"];
        self.not_allowed(question, KNOWN).map_or(Ok(()), Err)?;
        let window = Window::of(question, Some(LONGEST_SERIES))?;
        let ids = match self.day_series {
            DaySeries::Filtered => campaign_ids(question)?,
            DaySeries::Unfiltered | DaySeries::Absent => None,
        };
        let is_meant = |campaign: &Campaign| ids.as_ref().is_none_or(|ids| ids.contains(&campaign.id));
        let days = self.book.series(window, is_meant);
        let mut told: Vec<_> = days.iter().map(|(date, tally)| live::day(*date, tally)).collect();
        let quirk_of = |id: &u64| self.book.find(*id).and_then(|(place, _)| self.book.quirk(place));
        if ids.iter().flatten().any(|id| quirk_of(id) == Some(Quirk::DayWithoutDate))
            && let Some((day, _)) = told.iter_mut().zip(days.values()).find(|(_, tally)| tally.sent > 0)
        {
            day["date"] = json!("31 Foo");
        }
        Ok(Answer::data(&live::day_series(&told)))
    }

    fn categories(&self, question: &Question) -> Answer {
        if let Some(refusal) = self.not_allowed(question, &[]) {
            return refusal;
        }
        let all = category::all(self.dialect).iter();
        Answer::data(&match self.dialect {
            Dialect::Live => all.map(live::category).collect(),
            Dialect::Requirement => all.enumerate().map(documented::category).collect(),
        })
    }

    /// A campaign's steps, or a refusal.
    fn steps(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, &[]).map_or(Ok(()), Err)?;
        let (place, campaign) = self.find(id)?;
        let steps = self.book.steps(place, campaign);
        Ok(Answer::data(&match self.dialect {
            Dialect::Live => steps.iter().map(|step| live::step(campaign, step)).collect(),
            Dialect::Requirement => steps.iter().map(documented::step).collect(),
        }))
    }

    /// A page of a campaign's leads, or a refusal.
    fn leads(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, page::PARAMETERS).map_or(Ok(()), Err)?;
        let (place, campaign) = self.find(id)?;
        let page = Page::of(question)?;
        let total = self.book.served(campaign);
        let leads =
            page.rows(total).map(|index| lead::lead(&self.book, place, campaign, index, self.dialect));
        let (total, data): (_, Value) = match self.dialect {
            Dialect::Live => {
                (json!(total.to_string()), leads.map(|lead| live::lead(campaign, &lead)).collect())
            }
            Dialect::Requirement => (json!(total), leads.map(|lead| documented::lead(&lead)).collect()),
        };
        let (offset, limit) = (page.offset, page.limit);
        Ok(Answer::data(&json!({"total_leads": total, "data": data, "offset": offset, "limit": limit})))
    }

    /// A campaign's webhooks, or what became of one of them, or a refusal.
    fn webhooks(&mut self, method: &str, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, &[]).map_or(Ok(()), Err)?;
        let campaign = self.find(id)?.1.id;
        match method {
            "GET" => Ok(webhooks::list(&self.webhooks, campaign)),
            "POST" => webhooks::save(&mut self.webhooks, campaign, question),
            "DELETE" => webhooks::remove(&mut self.webhooks, question),
            _ => Err(Answer::no_route(method, &question.path)),
        }
    }

    /// A page of a campaign's mails, or a refusal.
    fn statistics(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        const KNOWN: &[&str] = &[
            "offset",
            "limit",
            "sent_time_start_date",
            "sent_time_end_date",
            "email_sequence_number",
            "email_status",
        ];
        self.not_allowed(question, KNOWN).map_or(Ok(()), Err)?;
        let (place, campaign) = self.find(id)?;
        let page = Page::of_at_most(question, MOST_MAILS)?;
        let day = |name| question.parameter(name).and_then(|text| text.get(..10)?.parse::<Date>().ok());
        let (from, to) = (day("sent_time_start_date"), day("sent_time_end_date"));
        let midnight = |date: Date| crate::calendar::instant(date.at(0, 0, 0, 0));
        let is_meant = |mail: &mail::Mail| {
            self.ignores_mail_windows
                || (from.is_none_or(|from| mail.sent >= midnight(from))
                    && to.is_none_or(|to| mail.sent < midnight(to)))
        };
        let mut mails = mail::mails(&self.book, campaign, self.kept);
        mails.retain(is_meant);
        let total = mails.len() as u64;
        let rows = page.rows(total);
        let steps = self.book.steps(place, campaign);
        let data: Value = mails[rows.start as usize..rows.end as usize]
            .iter()
            .map(|mail| live::mail(&steps, mail, &mail.lead(&self.book, place, campaign, self.dialect)))
            .collect();
        let total = match self.dialect {
            Dialect::Live => json!(total.to_string()),
            Dialect::Requirement => json!(total),
        };
        let (offset, limit) = (page.offset, page.limit);
        Ok(Answer::data(&json!({"total_stats": total, "data": data, "offset": offset, "limit": limit})))
    }

    /// What was written between a campaign and a lead, or a refusal.
    fn history(&self, question: &Question, id: &str, lead: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, &[]).map_or(Ok(()), Err)?;
        let (place, campaign) = self.find(id)?;
        let number = lead.parse().ok().and_then(|lead| lead::number_of(place, lead));
        let served = self.book.served(campaign);
        let number = number
            .filter(|number| *number < served)
            .ok_or_else(|| Answer::message(StatusCode::NOT_FOUND, "Lead not found"))?;
        let lead = lead::lead(&self.book, place, campaign, number, self.dialect);
        let steps = self.book.steps(place, campaign);
        let mails = mail::mails(&self.book, campaign, self.kept);
        let mails = mails.iter().filter(|mail| mail.lead == number);
        let history: Vec<Value> = mails.flat_map(|mail| live::messages(&steps, mail, &lead)).collect();
        Ok(Answer::data(&json!({"history": history, "from": "", "to": lead.email})))
    }

    /// A lead by its address; an empty object where nobody has it.
    fn lead_by_email(&self, question: &Question) -> Answer {
        if let Some(refusal) = self.not_allowed(question, &["email"]) {
            return refusal;
        }
        let addresses = self.addresses.get_or_init(|| {
            let campaigns = self.book.campaigns.iter().enumerate();
            let leads = campaigns.flat_map(|(place, campaign)| {
                (0..self.book.served(campaign)).map(move |number| (place, campaign, number))
            });
            leads
                .map(|(place, campaign, number)| {
                    let lead = lead::lead(&self.book, place, campaign, number, self.dialect);
                    (lead.email, (place, number))
                })
                .collect()
        });
        let found = question.parameter("email").and_then(|email| addresses.get(email));
        Answer::data(&found.map_or(json!({}), |(place, number)| {
            let campaign = &self.book.campaigns[*place];
            live::lead_alone(&lead::lead(&self.book, *place, campaign, *number, self.dialect))
        }))
    }

    /// How posting went within a window of time, or a refusal.
    fn summary(&self, question: &Question, id: &str) -> Result<Answer, Answer> {
        self.not_allowed(question, &["fromTime", "toTime"]).map_or(Ok(()), Err)?;
        self.find(id)?;
        let failed = if self.missed == Missed::Failed { 12 } else { 0 };
        Ok(Answer::data(&json!({"ok": true, "data": {"sent_count": 40, "successful_count": 40 - failed,
            "failed_count": failed, "scheduled_for_retry_count": 0, "retroactively_failed_count": 0}})))
    }

    /// What it posts to whoever subscribed, of all that happened to a campaign, in the order of time.
    pub(crate) fn posted(&self, id: u64) -> Vec<(Timestamp, Value)> {
        let Some((place, campaign)) = self.book.find(id) else { return Vec::new() };
        let steps = self.book.steps(place, campaign);
        let mails = mail::mails(&self.book, campaign, self.kept);
        let mut posted: Vec<_> = mails
            .iter()
            .flat_map(|mail| posted::of_mail(&self.book, place, campaign, &steps, mail))
            .collect();
        posted.sort_by_key(|(at, _)| *at);
        posted
    }

    /// A campaign and its place in the order of age, or a refusal.
    fn find(&self, id: &str) -> Result<(usize, &Campaign), Answer> {
        let refused = |_| invalid("params", "campaign_id", "\"campaign_id\" must be a number");
        let found = self.book.find(id.parse().map_err(refused)?);
        found.ok_or_else(|| Answer::message(StatusCode::NOT_FOUND, "Campaign not found"))
    }

    /// A page of the mailboxes, or a refusal.
    fn mailboxes(&self, question: &Question) -> Result<Answer, Answer> {
        self.not_allowed(question, page::PARAMETERS).map_or(Ok(()), Err)?;
        let rows = Page::of(question)?.rows(self.book.mailboxes.len() as u64);
        let page = self.book.mailboxes[rows.start as usize..rows.end as usize].iter();
        let today = self.book.today;
        Ok(Answer::data(&match self.dialect {
            Dialect::Live => page.map(|mailbox| live::mailbox(mailbox, today)).collect(),
            Dialect::Requirement => page.map(|mailbox| documented::mailbox(mailbox, today)).collect(),
        }))
    }

    /// The observed service refuses every parameter that it does not know.
    fn not_allowed(&self, question: &Question, known: &[&str]) -> Option<Answer> {
        let is_known = |name: &str| name == "api_key" || known.contains(&name);
        let (name, _) = question.query.iter().find(|(name, _)| !is_known(name))?;
        let refusal = || Answer::message(StatusCode::BAD_REQUEST, &format!("\"{name}\" is not allowed"));
        (self.dialect == Dialect::Live).then(refusal)
    }
}

/// Every campaign, newest first.
fn list(book: &Book, dialect: Dialect) -> Bytes {
    let record = |(place, campaign)| {
        let mut record = match dialect {
            Dialect::Live => live::campaign(book, place, campaign),
            Dialect::Requirement => documented::campaign(book, campaign),
        };
        match book.quirk(place) {
            Some(Quirk::NoId) => drop_field(&mut record, "id"),
            Some(Quirk::LimitIsAWord) => record["max_leads_per_day"] = json!("lots"),
            _ => {}
        }
        record
    };
    let records: Value = book.campaigns.iter().enumerate().rev().map(record).collect();
    records.to_string().into()
}

fn drop_field(record: &mut Value, name: &str) {
    if let Some(fields) = record.as_object_mut() {
        fields.remove(name);
    }
}

/// The campaigns that are asked for, where some are.
fn campaign_ids(question: &Question) -> Result<Option<Vec<u64>>, Answer> {
    let Some(text) = question.parameter("campaign_ids") else { return Ok(None) };
    let ids: Result<_, _> = text.split(',').map(|id| id.trim().parse()).collect();
    let reason = "\"campaign_ids\" must be numbers separated by commas";
    ids.map(Some).map_err(|_| invalid("query", "campaign_ids", reason))
}
