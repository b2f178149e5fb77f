//! The mails of a campaign one by one, and what became of each; they add up to the campaign's days.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::account::Book;
use super::answers;
use super::campaign::Campaign;
use super::lead::{self, Lead};
use super::planted::{Letter, Plot};
use super::sequence::Step;
use super::window::Window;
use crate::calendar::instant;
use crate::options::Dialect;

/// The hours of a day in which mails leave.
const SENDING: SignedDuration = SignedDuration::from_hours(8);
const FIRST_AT: i8 = 8;

const TO_OPEN: SignedDuration = SignedDuration::from_mins(40);
const TO_CLICK: SignedDuration = SignedDuration::from_mins(41);
const TO_REPLY: SignedDuration = SignedDuration::from_hours(2);
const TO_BOUNCE: SignedDuration = SignedDuration::from_secs(17);

/// What leads write.
const REPLIES: &[&str] = &[
    "Thank you, send me two times for next week.",
    "Not for us, sorry.",
    "Who else uses this?\n\nBest",
    "Please call the office after noon.",
];

/// One mail.
pub(crate) struct Mail {
    /// The mails of its campaign before it.
    number: u64,
    pub(crate) stats_id: String,
    pub(crate) lead: u64,
    pub(crate) step: u64,
    pub(crate) sent: Timestamp,
    pub(crate) opens: u64,
    pub(crate) is_clicked: bool,
    replied: Option<Timestamp>,
    pub(crate) is_bounced: bool,
    /// How it was planned, where mails are.
    planned: Option<Planned>,
}

/// What is planned of a mail.
#[derive(Clone, Copy)]
struct Planned {
    template: usize,
    mailbox: usize,
    answer: Option<usize>,
}

impl Mail {
    pub(crate) fn opened(&self) -> Option<Timestamp> {
        (self.opens > 0).then(|| self.sent + TO_OPEN)
    }

    pub(crate) fn clicked(&self) -> Option<Timestamp> {
        self.is_clicked.then(|| self.sent + TO_CLICK)
    }

    pub(crate) fn replied(&self) -> Option<Timestamp> {
        self.replied
    }

    pub(crate) fn bounced(&self) -> Option<Timestamp> {
        self.is_bounced.then(|| self.sent + TO_BOUNCE)
    }

    pub(crate) fn message_id(&self) -> String {
        format!("<{}@post.example.test>", self.stats_id)
    }

    pub(crate) fn reply_id(&self) -> String {
        format!("<re-{}@desk.example.test>", self.stats_id)
    }

    pub(crate) fn reply(&self) -> String {
        match self.answer() {
            Some(answer) => answers::as_sent(answer, self.number, self.sent),
            None => REPLIES[self.number as usize % REPLIES.len()].to_owned(),
        }
    }

    /// Which of the planted answers its reply is.
    pub(crate) fn answer(&self) -> Option<usize> {
        self.planned?.answer
    }

    /// The place of the mailbox that sent it, where it is known.
    pub(crate) fn mailbox(&self) -> Option<usize> {
        Some(self.planned?.mailbox)
    }

    /// The lead who got it.
    pub(crate) fn lead(&self, book: &Book, place: usize, campaign: &Campaign, dialect: Dialect) -> Lead {
        lead::lead(book, place, campaign, self.lead, dialect)
    }

    /// Its step's id, its variant's id where there are some, its subject and its text, made out to its lead.
    pub(crate) fn letter(&self, steps: &[Step], lead: &Lead) -> Option<(u64, Option<u64>, String, String)> {
        let step = steps.iter().find(|step| step.number == self.step)?;
        let living: Vec<_> = step.variants.iter().filter(|variant| !variant.is_deleted).collect();
        let place = self.planned.map_or(self.number as usize, |planned| planned.template);
        let variant = (!living.is_empty()).then(|| living[place % living.len()]);
        let mail = variant.map(|variant| &variant.mail).or(step.mail.as_ref())?;
        let made_out = |text: &str| {
            text.replace("{{first_name}}", lead.first_name)
                .replace("{{company_name}}", &lead.company)
                .replace("{{location}}", lead.town)
        };
        let variant = variant.map(|variant| variant.id);
        Some((step.id, variant, made_out(mail.subject), made_out(&mail.body)))
    }
}

/// How many mails are told one by one of those sent up to a day; all later ones are.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) most: Option<u64>,
    pub(crate) until: Date,
}

/// The mails of a campaign up to today, oldest first; the newest of them where not all are told.
pub(crate) fn mails(book: &Book, campaign: &Campaign, kept: Kept) -> Vec<Mail> {
    let (served, leads) = (book.served(campaign), campaign.leads());
    if served == 0 {
        return Vec::new();
    }
    if let Some(plot) = &campaign.plot {
        return planned(plot, campaign, book.today);
    }
    let total = book.tally(campaign, Window { from: Date::MIN, to: kept.until }).sent;
    let skipped = kept.most.map_or(0, |most| total.saturating_sub(most));
    let mut mails = Vec::new();
    let mut number = 0;
    for date in campaign.sending_days(Date::MIN, book.today) {
        let tally = book.tally(campaign, Window::day(date));
        let first =
            instant(date.at(FIRST_AT, 0, 0, 0)) + SignedDuration::from_millis((campaign.id % 1000) as i64);
        for rank in (0..tally.sent).filter(|rank| number + rank >= skipped) {
            let part = SENDING * i32::try_from(rank).unwrap_or(0) / i32::try_from(tally.sent).unwrap_or(1);
            let is_bounced = rank >= tally.sent - tally.bounced.min(tally.sent);
            let is_opened = rank < tally.opened && !is_bounced;
            let number = number + rank;
            mails.push(Mail {
                number,
                stats_id: stats_id(campaign, number),
                lead: number % served,
                step: (number / leads + 1).min(campaign.steps),
                sent: first + part,
                opens: u64::from(is_opened)
                    * (1 + u64::from(rank < tally.opens.saturating_sub(tally.opened))),
                is_clicked: is_opened && rank < tally.clicks,
                replied: (rank < tally.replied && !is_bounced).then(|| first + part + TO_REPLY),
                is_bounced,
                planned: None,
            });
        }
        number += tally.sent;
    }
    mails
}

/// The mails that are planned one by one, up to today; each is told, and each has a lead of its own.
fn planned(plot: &Plot, campaign: &Campaign, today: Date) -> Vec<Mail> {
    let sent = plot.letters.iter().take_while(|letter| letter.sent_on <= today);
    let mail = |(number, letter): (u64, &Letter)| {
        let at = |day: Date| {
            instant(day.at(FIRST_AT, 0, 0, 0)) + SignedDuration::from_secs((number * 97 % 25_000) as i64)
        };
        let answer = letter.answer.filter(|(on, _)| *on <= today);
        Mail {
            number,
            stats_id: stats_id(campaign, number),
            lead: number,
            step: 1,
            sent: at(letter.sent_on),
            opens: 0,
            is_clicked: false,
            replied: answer.map(|(on, _)| at(on) + TO_REPLY),
            is_bounced: letter.is_bounced,
            planned: Some(Planned {
                template: letter.template,
                mailbox: letter.mailbox,
                answer: answer.map(|(_, answer)| answer),
            }),
        }
    };
    (0..).zip(sent).map(mail).collect()
}

fn stats_id(campaign: &Campaign, number: u64) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", campaign.id)
}
