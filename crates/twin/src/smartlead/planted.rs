//! Lessons that lie in an account: copy that works, copy that wears off, mailboxes that fail, replies whose wish is known.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::account::Book;
use super::answers::answers;
use super::campaign::{Campaign, Counts};
use super::mail;
use super::mailbox::{Mailbox, Warmup};
use crate::calendar::{is_weekend, weekdays_after};
use crate::dice::pick;

/// How much oftener a subject that is a question is answered.
const LIFT: f64 = 1.5;
/// Weeks in which the odds of an answer halve.
const HALF_LIFE_WEEKS: f64 = 6.0;
/// Weeks after today for which mails are planned, so that the account can live on.
const WEEKS_AHEAD: i64 = 4;
/// What bounces of an ordinary list, and of the bad one.
const BOUNCED: f64 = 0.003;
const BOUNCED_BADLY: f64 = 0.15;
/// Weekdays until an answer comes, and how many of twenty answers take so long.
const LAGS: &[(u8, u32)] = &[(12, 0), (5, 1), (2, 2), (1, 5)];
/// Mailboxes: those without trouble come first, then one of each trouble.
const HEALTHY: usize = 6;
const TROUBLES: [Trouble; 4] = [Trouble::Smtp, Trouble::Imap, Trouble::Spam, Trouble::Bounces];

/// What is planted in an account, as it truly is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planted {
    /// A mail whose subject is a question is answered so many times as often as one whose subject is not, all else alike.
    pub question_lift: f64,
    /// Mails with a postscript are answered no oftener than those without; they go out where more is answered anyway.
    pub postscript_lift: f64,
    /// Whose answers become fewer.
    pub fading: Fading,
    /// Variants that are used as long, and are answered as often as ever.
    pub steady: Vec<u64>,
    /// Mailboxes with a trouble, by address.
    pub troubles: Vec<(String, Trouble)>,
    /// The campaign that the mailbox whose mails bounce sends for; it has no other.
    pub bouncing_campaign: u64,
    /// Every reply up to today, and what whoever wrote it wants.
    pub replies: Vec<KnownReply>,
}

/// A variant that wears off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fading {
    /// Its campaign.
    pub campaign_id: u64,
    /// Its id.
    pub variant_id: u64,
    /// Weeks in which the odds of an answer halve.
    pub half_life_weeks: f64,
}

/// A reply whose wish is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownReply {
    /// The id of its message.
    pub message_id: String,
    /// One of nine words, `interested` or `not_now` among them.
    pub intent: &'static str,
    /// Two letters.
    pub language: &'static str,
}

/// What is wrong with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It cannot send.
    Smtp,
    /// Its mail cannot be read.
    Imap,
    /// Its warm-up mails are taken for spam.
    Spam,
    /// The list that it writes to is bad.
    Bounces,
}

/// Mails of a campaign that are planned one by one, those to come too.
pub(crate) struct Plot {
    pub(crate) templates: Vec<Template>,
    /// Oldest first.
    pub(crate) letters: Vec<Letter>,
}

pub(crate) struct Template {
    pub(crate) subject: &'static str,
    pub(crate) body: String,
    /// How many of its mails leave on a weekday, and the share of them that is answered at first.
    per_day: u64,
    answered: f64,
    /// Weeks in which the odds of an answer halve; without end where they stay.
    half_life_weeks: f64,
}

pub(crate) struct Letter {
    pub(crate) sent_on: Date,
    pub(crate) template: usize,
    pub(crate) mailbox: usize,
    pub(crate) is_bounced: bool,
    /// When it is answered, and which of the answers that is.
    pub(crate) answer: Option<(Date, usize)>,
}

impl Template {
    fn answered_after(&self, weeks: f64) -> f64 {
        let odds = self.answered / (1.0 - self.answered) * 0.5_f64.powf(weeks / self.half_life_weeks);
        odds / (1.0 + odds)
    }
}

impl Plot {
    /// All mails of some weeks before today and some after it.
    fn write(
        rng: &mut Rng,
        today: Date,
        weeks: i64,
        (mailboxes, bounced): (&[usize], f64),
        templates: Vec<Template>,
    ) -> Self {
        let first = today - (7 * weeks).days();
        let last = today + (7 * WEEKS_AHEAD).days();
        let mut letters = Vec::new();
        for (number, day) in first.series(1.day()).take_while(|day| *day <= last).enumerate() {
            for (place, template) in templates.iter().enumerate().filter(|_| !is_weekend(day)) {
                for _ in 0..template.per_day {
                    let is_bounced = rng.f64() < bounced;
                    let is_answered = rng.f64() < template.answered_after(number as f64 / 7.0);
                    let on = weekdays_after(day, lag(rng));
                    let answer = (is_answered && !is_bounced && on <= last)
                        .then(|| (on, rng.usize(..answers().count())));
                    let mailbox = pick(rng, mailboxes);
                    letters.push(Letter { sent_on: day, template: place, mailbox, is_bounced, answer });
                }
            }
        }
        Self { templates, letters }
    }

    /// Each day on which something happens, with all that has happened by its end.
    pub(crate) fn days(&self) -> Vec<(Date, Counts)> {
        let mut days: std::collections::BTreeMap<Date, Counts> = std::collections::BTreeMap::new();
        for letter in &self.letters {
            let counts = days.entry(letter.sent_on).or_default();
            counts.sent += 1;
            counts.bounced += u64::from(letter.is_bounced);
            if let Some((on, _)) = letter.answer {
                days.entry(on).or_default().replied += 1;
            }
        }
        let mut total = Counts::default();
        let through = |(date, counts): (Date, Counts)| {
            total.sent += counts.sent;
            total.bounced += counts.bounced;
            total.replied += counts.replied;
            (date, total)
        };
        days.into_iter().map(through).collect()
    }
}

/// Weekdays until an answer comes.
fn lag(rng: &mut Rng) -> u32 {
    let mut left = rng.u8(..LAGS.iter().map(|(part, _)| *part).sum::<u8>());
    for (part, days) in LAGS {
        if left < *part {
            return *days;
        }
        left -= part;
    }
    0
}

/// Topics of the campaigns in which copy is tried: the subject, as a statement and as a question, and what follows.
const TOPICS: [[&str; 3]; 8] = [
    [
        "Shift plans at {{company_name}}.",
        "Shift plans at {{company_name}}?",
        "Planners of your size lose a day a week to paper.",
    ],
    [
        "Returns at {{company_name}}.",
        "Returns at {{company_name}}?",
        "One parcel in nine comes back, and somebody opens each by hand.",
    ],
    [
        "Night deliveries in {{location}}.",
        "Night deliveries in {{location}}?",
        "Most vans of the region stand still after eight.",
    ],
    [
        "The stock count of {{company_name}}.",
        "The stock count of {{company_name}}?",
        "Counting by hand closes a shop for a day.",
    ],
    [
        "Quotes from {{company_name}}.",
        "Quotes from {{company_name}}?",
        "Half of all quotes are answered by whoever is first.",
    ],
    [
        "Energy bills in {{location}}.",
        "Energy bills in {{location}}?",
        "Cold rooms run at night when nobody looks.",
    ],
    [
        "Training at {{company_name}}.",
        "Training at {{company_name}}?",
        "New people ask the same forty things in their first month.",
    ],
    [
        "Tools at {{company_name}}.",
        "Tools at {{company_name}}?",
        "Drills walk off a site faster than anybody writes it down.",
    ],
];

const LIST: &str = "<ul><li>one price for the year</li><li>out again within a month</li></ul>";
const PLAIN: &str = "<p>One price for the year, and out again within a month.</p>";
const POSTSCRIPT: &str = "<p>PS: it runs on any phone.</p>";

fn body(pitch: &str, middle: &str, postscript: &str) -> String {
    format!(
        "<div><p>Hello {{{{first_name}}}},</p><p>{pitch}</p>{middle}<p>Is that worth a look?</p>\
         <p>{{{{sender_name}}}}</p>{postscript}</div>"
    )
}

/// Copy that is tried eight ways at once. Whether it asks counts; whether it has a list or a postscript does not, but
/// postscripts stand mostly where the audience answers more.
fn trial([statement, question, pitch]: [&'static str; 3], is_warm: bool) -> Vec<Template> {
    let base = if is_warm { 0.1 } else { 0.04 };
    let mut templates = Vec::new();
    for asks in [false, true] {
        for has_postscript in [false, true] {
            for middle in [PLAIN, LIST] {
                let rate = if asks { base * LIFT } else { base };
                templates.push(Template {
                    subject: if asks { question } else { statement },
                    body: body(pitch, middle, if has_postscript { POSTSCRIPT } else { "" }),
                    per_day: if has_postscript == is_warm { 3 } else { 1 },
                    answered: rate,
                    half_life_weeks: f64::INFINITY,
                });
            }
        }
    }
    templates
}

/// Templates in use for months: the first of the first campaign fades, the others do not.
fn veterans(has_fading: bool) -> Vec<Template> {
    let one = |place: usize| {
        let [subject, _, pitch] = TOPICS[place];
        let is_fading = has_fading && place == 0;
        Template {
            subject,
            body: body(pitch, PLAIN, ""),
            per_day: if is_fading { 30 } else { 8 },
            answered: if is_fading { 0.2 } else { 0.1 },
            half_life_weeks: if is_fading { HALF_LIFE_WEEKS } else { f64::INFINITY },
        }
    };
    (0..3).map(one).collect()
}

fn single(place: usize, per_day: u64, answered: f64) -> Vec<Template> {
    let [subject, _, pitch] = TOPICS[place];
    let half_life_weeks = f64::INFINITY;
    vec![Template { subject, body: body(pitch, PLAIN, ""), per_day, answered, half_life_weeks }]
}

/// The campaigns in which all of this lies, by name, and when each began. `mailbox` is the place of the first of the
/// planted mailboxes.
pub(crate) fn campaigns(rng: &mut Rng, today: Date, mailbox: usize) -> Vec<(String, Date, Plot)> {
    let healthy: Vec<usize> = (mailbox..mailbox + HEALTHY).collect();
    let bouncing = [mailbox + HEALTHY + TROUBLES.len() - 1];
    let mut plots = Vec::new();
    for (place, topic) in TOPICS.into_iter().enumerate() {
        plots.push((format!("Trial {}", place + 1), 12, trial(topic, place < 4)));
    }
    plots.push(("Veterans 1".to_owned(), 14, veterans(true)));
    plots.push(("Veterans 2".to_owned(), 14, veterans(false)));
    plots.push(("Customers of old".to_owned(), 14, single(4, 30, 0.45)));
    plots.push((BAD_LIST.to_owned(), 10, single(5, 20, 0.05)));
    let written = plots.into_iter().map(|(name, weeks, templates)| {
        let sends = if name == BAD_LIST { (&bouncing[..], BOUNCED_BADLY) } else { (&healthy[..], BOUNCED) };
        let plot = Plot::write(rng, today, weeks, sends, templates);
        (name, today - (7 * weeks + 1).days(), plot)
    });
    written.collect()
}

const BAD_LIST: &str = "Bought list";

/// The mailboxes from which these campaigns are sent, and what is wrong with each.
pub(crate) fn mailboxes(mut make: impl FnMut(usize) -> Mailbox) -> Vec<Mailbox> {
    let troubles = [None; HEALTHY].into_iter().chain(TROUBLES.map(Some));
    let one = |(number, trouble): (usize, Option<Trouble>)| {
        let mut mailbox = make(number);
        mailbox.domain = match trouble {
            // A domain of its own: what is wrong with it is wrong with nobody else's.
            Some(_) => format!("post{number}.planted.test"),
            None => "planted.test".to_owned(),
        };
        mailbox.address = format!(
            "{}.{}@{}",
            mailbox.first_name.to_lowercase(),
            mailbox.last_name.to_lowercase(),
            mailbox.domain
        );
        mailbox.campaigns = mailbox.campaigns.max(1);
        mailbox.smtp_failure =
            (trouble == Some(Trouble::Smtp)).then_some("535 5.7.8 Username and password not accepted");
        mailbox.imap_failure =
            (trouble == Some(Trouble::Imap)).then_some("Invalid credentials (AUTHENTICATIONFAILED)");
        let reputation = if trouble == Some(Trouble::Spam) { 62 } else { 98 };
        mailbox.warmup = Some(Warmup::active(reputation));
        mailbox.trouble = trouble;
        mailbox
    };
    troubles.enumerate().map(one).collect()
}

/// What of it is true of an account as it stands.
pub(super) fn truth(book: &Book, kept: mail::Kept) -> Option<Planted> {
    let planted = || book.campaigns.iter().enumerate().filter(|(_, campaign)| campaign.plot.is_some());
    let named = |name: &str| planted().find(|(_, campaign)| campaign.name == name);
    let variants = |(place, campaign): (usize, &Campaign)| -> Vec<u64> {
        let steps = book.steps(place, campaign);
        steps.iter().flat_map(|step| &step.variants).map(|variant| variant.id).collect()
    };
    let (fading, steady) = (named("Veterans 1")?, named("Veterans 2")?);
    let old = variants(fading);
    let replies = planted().flat_map(|(_, campaign)| {
        let mails = mail::mails(book, campaign, kept).into_iter();
        mails.filter_map(|mail| {
            let (intent, language, _) = answers().nth(mail.answer()?)?;
            Some(KnownReply { message_id: mail.reply_id(), intent, language })
        })
    });
    let troubles =
        book.mailboxes.iter().filter_map(|mailbox| Some((mailbox.address.clone(), mailbox.trouble?)));
    Some(Planted {
        question_lift: LIFT,
        postscript_lift: 1.0,
        fading: Fading {
            campaign_id: fading.1.id,
            variant_id: *old.first()?,
            half_life_weeks: HALF_LIFE_WEEKS,
        },
        steady: old.iter().skip(1).copied().chain(variants(steady)).collect(),
        troubles: troubles.collect(),
        bouncing_campaign: named(BAD_LIST)?.1.id,
        replies: replies.collect(),
    })
}
