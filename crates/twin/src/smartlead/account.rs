//! The account: its campaigns, and how it lives on by days.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Serialize;

use super::campaign::{Campaign, Fate, LeadStates, Status};
use super::category::{self, Category};
use super::mailbox::{Mailbox, MailboxFigures};
use super::names::{self, CLIENTS, Client};
use super::planted;
use super::sequence::{self, Step, StepFigures};
use super::tally::Tally;
use super::window::Window;
use crate::calendar::{is_weekend, weekdays_after};
use crate::options::{Dialect, Options};

/// The fates of twenty campaigns in a row: 7 still run, 8 are done, 2 paused, 2 drafted, 1 stopped.
const FATES: &[u8; 20] = b"rdrdwrdprdrdsrdprdwd";

/// The person to whom the account belongs.
pub(super) const USER_ID: u64 = 61_904;

/// The id before the oldest campaign's.
const FIRST_ID: u64 = 5_043_118;

/// Weekdays ahead of a campaign at most, however large the account.
const LONGEST_PLAN: u32 = 250;

/// Today's true figures of a SmartLead account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// The account's day.
    pub today: Date,
    /// Every campaign, oldest first.
    pub campaigns: Vec<CampaignFigures>,
    /// The categories for leads, which differ by dialect.
    pub categories: Vec<Category>,
    /// Every mailbox, by id.
    pub mailboxes: Vec<MailboxFigures>,
}

/// A campaign's true figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CampaignFigures {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// The client it is for.
    pub client_id: Option<u64>,
    /// That client's name.
    pub client_name: Option<String>,
    /// The campaign whose sub-sequence it is.
    pub parent_campaign_id: Option<u64>,
    /// Mails sent.
    pub sent: u64,
    /// Leads that opened one.
    pub unique_open: u64,
    /// Leads that replied.
    pub replied: u64,
    /// Mails that bounced.
    pub bounced: u64,
    /// Leads that unsubscribed.
    pub unsubscribed: u64,
    /// Leads that replied and are won over.
    pub positive: u64,
    /// Each day up to today on which it sent, oldest first; they add up to the figures above.
    pub days: Vec<DayFigures>,
    /// Where its leads stand.
    pub leads: LeadStates,
    /// How the service's answers differ from these figures.
    pub quirk: Option<Quirk>,
    /// Leads that the service tells one by one, which may be fewer than it has.
    pub leads_served: u64,
    /// Its steps, by number.
    pub steps: Vec<StepFigures>,
}

/// What happened to a campaign on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayFigures {
    /// The day.
    pub date: Date,
    /// Mails sent.
    pub sent: u64,
    /// Every opening, however often a lead opens.
    pub opens: u64,
    /// Leads that opened a mail.
    pub unique_open: u64,
    /// Every click, however often a lead clicks.
    pub clicked: u64,
    /// Leads that replied.
    pub replied: u64,
    /// Mails that bounced.
    pub bounced: u64,
    /// Leads that unsubscribed.
    pub unsubscribed: u64,
}

/// An oddity in what the service answers about one campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// Its name contains a NUL and an emoji.
    StrangeName,
    /// The list tells its `max_leads_per_day` as a word.
    LimitIsAWord,
    /// Its analytics lack `bounce_count`.
    NoBounceCount,
    /// Its analytics tell `null` as `unique_open_count`.
    NullOpens,
    /// Its record in the list has no `id`.
    NoId,
    /// Its figures by date are `{}`.
    NoDays,
    /// Of its rows by date the first has none; in the series of its days, the first on which it sent is the
    /// thirty-first of no month.
    DayWithoutDate,
}

/// The quirks, one each for the oldest campaigns.
const QUIRKS: &[Quirk] = &[
    Quirk::StrangeName,
    Quirk::LimitIsAWord,
    Quirk::NoBounceCount,
    Quirk::NullOpens,
    Quirk::NoId,
    Quirk::NoDays,
    Quirk::DayWithoutDate,
];

/// What has dice of its own besides campaigns and days.
#[derive(Clone, Copy)]
pub(crate) enum Thing {
    Mailbox,
    Sequence,
    Lead,
    Company,
    Plot,
}

/// The account's campaigns and its day.
pub(crate) struct Book {
    seed: u64,
    has_quirks: bool,
    leads_per_campaign: Option<u64>,
    pub(crate) today: Date,
    /// Oldest first, so by id.
    pub(crate) campaigns: Vec<Campaign>,
    /// By id; as many for as long as the account lives.
    pub(crate) mailboxes: Vec<Mailbox>,
}

impl Book {
    /// An account with its history up to today.
    pub(crate) fn new(options: &Options) -> Self {
        let Options {
            seed, campaigns: count, today, quirks: has_quirks, leads_per_campaign, lessons, ..
        } = *options;
        let mut book = Self {
            seed,
            has_quirks,
            leads_per_campaign,
            today,
            campaigns: Vec::new(),
            mailboxes: Vec::new(),
        };
        let mailbox = |index| Mailbox::make(index, today, &mut book.dice_of(Thing::Mailbox, index as u64));
        let usual = if lessons && count == 0 { 0 } else { (count / 3).max(3) };
        let mut mailboxes: Vec<Mailbox> = (0..usual).map(mailbox).collect();
        if lessons {
            mailboxes.extend(planted::mailboxes(|number| mailbox(usual + number)));
        }
        book.mailboxes = mailboxes;
        let running = (0..count).filter(|index| fate_code(*index) == b'r').count();
        let mut rank = 0;
        let mut plans = Vec::with_capacity(count);
        for index in 0..count {
            let mut rng = book.dice(index as u64);
            let plan = match fate_code(index) {
                b'r' => {
                    rank += 1;
                    running_on(&mut rng, today, rank, running)
                }
                code => ended(&mut rng, today, code),
            };
            plans.push((plan, rng));
        }
        plans.sort_by_key(|(campaign, _)| campaign.created);
        for (campaign, mut rng) in plans {
            book.admit(campaign, &mut rng);
        }
        if lessons {
            book.plant(usual);
        }
        if has_quirks && let Some(oldest) = book.campaigns.first_mut() {
            oldest.name = format!("Launch \u{1f680}\0 {}", oldest.name);
        }
        book
    }

    /// The account lives on.
    pub(crate) fn advance(&mut self, days: u32) {
        for _ in 0..days {
            let Ok(next) = self.today.tomorrow() else { return };
            self.today = next;
            let mut rng = self.dice(next.duration_since(Date::ZERO).as_hours().unsigned_abs());
            // Everything that runs is planned already; what happens by the day is a new campaign now and then.
            if !is_weekend(next) && rng.u8(..3) == 0 {
                let last = weekdays_after(next, rng.u32(12..=60));
                let campaign = Campaign::plan(&mut rng, Fate::Runs, next, last);
                self.admit(campaign, &mut rng);
            }
        }
    }

    /// A campaign and its place in the order of age.
    pub(crate) fn find(&self, id: u64) -> Option<(usize, &Campaign)> {
        let place = self.campaigns.binary_search_by_key(&id, |campaign| campaign.id).ok()?;
        Some((place, &self.campaigns[place]))
    }

    /// How many of a campaign's leads are told one by one. Where mails are planned one by one, all are.
    pub(crate) fn served(&self, campaign: &Campaign) -> u64 {
        let most = self.leads_per_campaign.filter(|_| campaign.plot.is_none());
        campaign.leads().min(most.unwrap_or(u64::MAX))
    }

    /// The newest campaigns are those in which lessons lie; the first of their mailboxes has this place.
    fn plant(&mut self, mailbox: usize) {
        let mut rng = self.dice_of(Thing::Plot, 0);
        for (place, (name, created, plot)) in
            planted::campaigns(&mut rng, self.today, mailbox).into_iter().enumerate()
        {
            let mut campaign = Campaign::with(&mut rng, created, plot);
            campaign.id = self.campaigns.last().map_or(FIRST_ID, |newest| newest.id) + rng.u64(1..=350);
            campaign.client = Some(place % 4);
            campaign.name = name;
            self.campaigns.push(campaign);
        }
    }

    /// A campaign's steps, as saved.
    pub(crate) fn steps(&self, place: usize, campaign: &Campaign) -> Vec<Step> {
        sequence::steps(place, campaign, &mut self.dice_of(Thing::Sequence, campaign.id))
    }

    /// What happened to a campaign within a window; what is planned for the days after today has not.
    pub(crate) fn tally(&self, campaign: &Campaign, window: Window) -> Tally {
        let through = |day: Date| Tally::through(campaign, day.min(self.today));
        through(window.to) - window.from.yesterday().map(through).unwrap_or_default()
    }

    /// The days of a window on which a campaign sent, and what happened on each.
    pub(crate) fn days(&self, campaign: &Campaign, window: Window) -> impl Iterator<Item = (Date, Tally)> {
        let dates = campaign.sending_days(window.from, window.to.min(self.today));
        dates.map(move |date| (date, self.tally(campaign, Window::day(date))))
    }

    /// Every day of a window up to today, and what happened on it to the campaigns that are meant.
    pub(crate) fn series(
        &self,
        window: Window,
        is_meant: impl Fn(&Campaign) -> bool,
    ) -> BTreeMap<Date, Tally> {
        let mut days: BTreeMap<_, _> =
            window.dates(self.today).map(|date| (date, Tally::default())).collect();
        for campaign in self.campaigns.iter().filter(|campaign| is_meant(campaign)) {
            for (date, tally) in self.days(campaign, window) {
                *days.entry(date).or_default() += tally;
            }
        }
        days
    }

    pub(crate) fn quirk(&self, place: usize) -> Option<Quirk> {
        QUIRKS.get(place).copied().filter(|_| self.has_quirks)
    }

    pub(crate) fn account(&self, dialect: Dialect) -> Account {
        let figures = |(place, campaign)| self.figures(place, campaign);
        Account {
            today: self.today,
            campaigns: self.campaigns.iter().enumerate().map(figures).collect(),
            categories: category::all(dialect).to_vec(),
            mailboxes: self.mailboxes.iter().map(|mailbox| mailbox.figures(self.today)).collect(),
        }
    }

    fn figures(&self, place: usize, campaign: &Campaign) -> CampaignFigures {
        let life = Window { from: Date::MIN, to: self.today };
        let tally = self.tally(campaign, life);
        let client = client_of(campaign);
        let mut steps: Vec<_> = self.steps(place, campaign).iter().map(Step::figures).collect();
        steps.sort_by_key(|step| step.number);
        CampaignFigures {
            id: campaign.id,
            name: campaign.name.clone(),
            status: campaign.status(self.today),
            client_id: client.map(|client| client.id),
            client_name: client.map(|client| client.name.to_owned()),
            parent_campaign_id: campaign.parent,
            sent: tally.sent,
            unique_open: tally.opened,
            replied: tally.replied,
            bounced: tally.bounced,
            unsubscribed: tally.unsubscribed,
            positive: tally.positive,
            days: self.days(campaign, life).map(DayFigures::of).collect(),
            leads: campaign.lead_states(self.today),
            quirk: self.quirk(place),
            leads_served: self.served(campaign),
            steps,
        }
    }

    /// The newest campaign gets its id, its client and its name; one in six is a sub-sequence of an older one.
    fn admit(&mut self, mut campaign: Campaign, rng: &mut Rng) {
        let id_before = self.campaigns.last().map_or(FIRST_ID, |newest| newest.id);
        campaign.id = id_before + rng.u64(1..=350);
        let parents: Vec<&Campaign> =
            self.campaigns.iter().rev().filter(|older| older.parent.is_none()).take(40).collect();
        match rng.choice(parents).filter(|_| rng.u8(..6) == 0) {
            Some(parent) => {
                campaign.parent = Some(parent.id);
                campaign.client = parent.client;
                campaign.name = names::sub_sequence(rng, &parent.name);
            }
            None => {
                campaign.client = (rng.u8(..8) > 0).then(|| rng.usize(..CLIENTS.len()));
                campaign.name = names::campaign(rng, client_of(&campaign));
            }
        }
        self.campaigns.push(campaign);
    }

    /// Dice for a numbered thing, always the same for the same one.
    pub(crate) fn dice_of(&self, thing: Thing, number: u64) -> Rng {
        self.dice((thing as u64 + 1) << 48 | number).fork()
    }

    /// Dice for a campaign or a day, always the same for the same thing.
    fn dice(&self, thing: u64) -> Rng {
        Rng::with_seed(
            self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ thing.wrapping_mul(0xd1b5_4a32_d192_ed03),
        )
    }
}

impl DayFigures {
    fn of((date, tally): (Date, Tally)) -> Self {
        Self {
            date,
            sent: tally.sent,
            opens: tally.opens,
            unique_open: tally.opened,
            clicked: tally.clicks,
            replied: tally.replied,
            bounced: tally.bounced,
            unsubscribed: tally.unsubscribed,
        }
    }
}

pub(crate) fn client_of(campaign: &Campaign) -> Option<&'static Client> {
    campaign.client.map(|index| &CLIENTS[index])
}

fn fate_code(index: usize) -> u8 {
    FATES[index % FATES.len()]
}

/// A campaign that runs today. The running ones' last days are spread evenly, so that one or two end a day.
fn running_on(rng: &mut Rng, today: Date, rank: usize, running: usize) -> Campaign {
    let weekdays = (rank - 1) * (6000 / running).max(67) / 100;
    let last = weekdays_after(today, 1 + u32::try_from(weekdays).unwrap_or(u32::MAX).min(LONGEST_PLAN));
    // The lower of two draws: more young ones than old ones.
    let age = rng.i64(4..=195).min(rng.i64(4..=195));
    Campaign::plan(rng, Fate::Runs, before(today, age), last)
}

/// A campaign on which nothing happens any more, or not yet.
fn ended(rng: &mut Rng, today: Date, code: u8) -> Campaign {
    let fate = match code {
        b'p' => Fate::Paused,
        b's' => Fate::Stopped,
        b'w' => Fate::Drafted,
        _ => Fate::Runs,
    };
    let age = if fate == Fate::Drafted { rng.i64(0..=60) } else { rng.i64(25..=200) };
    let ended = rng.i64(1..=age.max(14) - 13);
    Campaign::plan(rng, fate, before(today, age), before(today, ended))
}

fn before(today: Date, days: i64) -> Date {
    let span: Span = days.days();
    today.saturating_sub(span)
}
