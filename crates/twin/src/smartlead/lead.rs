//! A campaign's leads, made up one by one when they are asked for, so that none takes memory.

use fastrand::Rng;

use super::account::{Book, Thing};
use super::campaign::{Campaign, LeadStates};
use super::category::{self, Category};
use crate::dice::pick;
use crate::options::Dialect;
use crate::people::{COMPANY_HEADS, COMPANY_TAILS, FIRST_NAMES, FREE_MAIL, JOBS, LAST_NAMES, TOWNS, TRADES};

/// The first ids fit no 32 bits. Each campaign has a range of its own, wide enough for any.
const FIRST_ID: u64 = 4_402_500_000;
const FIRST_MAP_ID: u64 = 3_318_700_000;
const IDS_PER_CAMPAIGN: u64 = 1 << 16;

/// Every so many leads in a row, some work for one company.
const GROUP: u64 = 5;

/// One lead.
pub(crate) struct Lead {
    pub(crate) id: u64,
    /// The id of its place in this campaign.
    pub(crate) map_id: u64,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    /// Blank where nobody knows.
    pub(crate) company: String,
    pub(crate) website: String,
    pub(crate) town: &'static str,
    pub(crate) job: Option<&'static str>,
    pub(crate) state: State,
    pub(crate) category: Option<&'static Category>,
    pub(crate) is_unsubscribed: bool,
    /// The last step that it got, 0 before the first.
    pub(crate) step: u64,
    pub(crate) opens: u64,
    pub(crate) replies: u64,
}

impl Lead {
    /// Where it shows itself, for three of four.
    pub(crate) fn profile(&self) -> Option<String> {
        let name = format!("{}-{}-{}", self.first_name, self.last_name, self.id - FIRST_ID).to_lowercase();
        (!self.id.is_multiple_of(4)).then(|| format!("https://www.linkedin.com/in/{name}"))
    }
}

/// Where a lead stands in a campaign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Started,
    InProgress,
    Completed,
    Paused,
    Stopped,
    Blocked,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Started => "STARTED",
            Self::InProgress => "INPROGRESS",
            Self::Completed => "COMPLETED",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
            Self::Blocked => "BLOCKED",
        }
    }
}

/// The number of a campaign's lead with this id.
pub(crate) fn number_of(place: usize, id: u64) -> Option<u64> {
    id.checked_sub(FIRST_ID + place as u64 * IDS_PER_CAMPAIGN)
}

/// The lead with this number, of as many as the campaign is served with.
pub(crate) fn lead(book: &Book, place: usize, campaign: &Campaign, index: u64, dialect: Dialect) -> Lead {
    let key = |number: u64| campaign.id << 20 | number;
    let mut rng = book.dice_of(Thing::Lead, key(index));
    let state = state(&campaign.lead_states(book.today), book.served(campaign), index);
    let (first_name, job) = (pick(&mut rng, FIRST_NAMES), pick(&mut rng, JOBS));
    // Surnames apart from each other, so that no two of one group share an address.
    let group = index / GROUP;
    let surname = book.dice_of(Thing::Company, key(group)).usize(..LAST_NAMES.len());
    let last_name = LAST_NAMES[(surname + 9 * (index % GROUP) as usize) % LAST_NAMES.len()];
    let is_colleague = rng.u8(..4) == 0;
    let employer = if is_colleague { group * GROUP } else { index };
    let company = Company::make(&mut book.dice_of(Thing::Company, key(employer) | 1 << 19));

    let is_private = rng.u8(..12) == 0;
    let is_blank = rng.u8(..if is_private { 2 } else { 30 }) == 0;
    let id = FIRST_ID + place as u64 * IDS_PER_CAMPAIGN + index;
    let (first, last) = (first_name.to_lowercase(), last_name.to_lowercase());
    let email = if is_private {
        format!("{first}.{last}{}@{}", id - FIRST_ID, pick(&mut rng, FREE_MAIL))
    } else {
        format!("{first}.{last}@{}", company.domain)
    };
    let phone = (rng.u8(..3) > 0).then(|| format!("+1 {} 555 01{:02}", rng.u16(201..989), rng.u8(..100)));
    let site =
        if index.is_multiple_of(3) { format!("https://www.{}", company.domain) } else { company.domain };
    let has_job = rng.u8(..5) > 0;
    let course = Course::draw(&mut rng, campaign, state, dialect);
    Lead {
        id,
        map_id: FIRST_MAP_ID + place as u64 * IDS_PER_CAMPAIGN + index,
        first_name,
        last_name,
        email,
        phone,
        company: if is_blank { String::new() } else { company.name },
        website: if is_blank { String::new() } else { site },
        town: company.town,
        job: has_job.then_some(job),
        state,
        category: course.category,
        is_unsubscribed: course.is_unsubscribed,
        step: course.step,
        opens: course.opens,
        replies: course.replies,
    }
}

/// What has come of a lead so far.
struct Course {
    category: Option<&'static Category>,
    is_unsubscribed: bool,
    step: u64,
    opens: u64,
    replies: u64,
}

impl Course {
    fn draw(rng: &mut Rng, campaign: &Campaign, state: State, dialect: Dialect) -> Self {
        // Drawn whether they count or not, so that a lead stays the same lead when its state changes.
        let (sort, step, opens) = (rng.u8(..12), rng.u64(1..=campaign.steps), rng.u64(..4));
        let reply = category::of_reply(rng, dialect, campaign.positive);
        let is_unsubscribed = state == State::Stopped && sort == 0;
        let category = match state {
            _ if campaign.plot.is_some() => None,
            State::Stopped if is_unsubscribed => category::unsubscribed(dialect),
            State::Stopped => (sort > 2).then_some(reply),
            State::Blocked if sort < 4 => category::bounced(dialect),
            _ => None,
        };
        let step = match state {
            State::Started => 0,
            State::Completed => campaign.steps,
            State::InProgress => step.min(campaign.steps - 1),
            _ => step,
        };
        let can_open = campaign.tracking.opens && step > 0 && state != State::Blocked;
        Self {
            category,
            is_unsubscribed,
            step,
            opens: if can_open { opens } else { 0 },
            replies: u64::from(state == State::Stopped && !is_unsubscribed),
        }
    }
}

struct Company {
    name: String,
    domain: String,
    town: &'static str,
}

impl Company {
    fn make(rng: &mut Rng) -> Self {
        let (head, tail) = (pick(rng, COMPANY_HEADS), pick(rng, COMPANY_TAILS));
        let (trade, town) = (pick(rng, TRADES), pick(rng, TOWNS));
        let domain = format!("{head}{tail}-{trade}-{town}.test").to_lowercase();
        Self { name: format!("{head}{tail} {trade} {town}"), domain, town }
    }
}

/// Where a lead stands. As many leads stand there as the campaign's figures say, or their share of those served;
/// the order of the states lets a lead move only as leads do while days pass.
fn state(states: &LeadStates, served: u64, index: u64) -> State {
    let rank = scattered(index, served);
    let mut at = (2 * rank + 1) * states.total / (2 * served);
    for (count, state) in [
        (states.blocked, State::Blocked),
        (states.not_started, State::Started),
        (states.in_progress, State::InProgress),
        (states.paused, State::Paused),
        (states.completed, State::Completed),
    ] {
        if at < count {
            return state;
        }
        at -= count;
    }
    State::Stopped
}

/// Each number below `count` for another one: neighbours come far from each other.
fn scattered(index: u64, count: u64) -> u64 {
    let golden = (count * 618 / 1000).max(1);
    let stride = (golden..).find(|stride| common_divisor(*stride, count) == 1).unwrap_or(1);
    index * stride % count
}

fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}
