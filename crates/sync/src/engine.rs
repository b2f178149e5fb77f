//! What to do next: wait, call, stop. No I/O, no clock; the time and the answers are arguments.

use std::collections::BTreeMap;

use atlas_model::{Call, Params, Settings};
use atlas_store::{Absent, Failure, Memory, Reserve};
use atlas_vendor::{Endpoint, Pace, Service, Throttle, Verdict};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Attempts at a call before it counts as failed.
const ATTEMPTS: u32 = 6;
/// The first wait after a failure; it doubles each time.
const BACKOFF: SignedDuration = SignedDuration::from_secs(1);
const BACKOFF_UNPACED: SignedDuration = SignedDuration::from_millis(50);
const BACKOFF_CEILING: SignedDuration = SignedDuration::from_secs(60);
/// So many calls in a row given up mean that the service is down: the rest would fail alike.
const OUTAGE: u32 = 3;
/// After a 429 the pace is halved, up to so many times slower.
const SLOWEST: i32 = 8;
/// So many answers in a row without a 429 double the pace again.
const CALM: u32 = 25;
/// Nothing that a service may ask for lies further ahead; a later instant is a clock that was set back.
pub(crate) const FURTHEST: SignedDuration = SignedDuration::from_secs(120);
/// Calls leave this much later than the pace allows (2.5 %), so that they also *arrive* no closer than it.
const MARGIN: i32 = 40;
/// A call on an open connection is on its way at most so long, where its answer does not tell that it was less.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_millis(20);
/// An endpoint that the service lacks is asked again after a week, one that only fails or is closed after a day.
const ABSENT_H: i64 = 7 * 24;
const UNUSABLE_H: i64 = 24;

/// How fast and how long a source may be asked.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the start of one call to the next, by class.
    pub pace: fn(Pace) -> SignedDuration,
    /// No delays: doubles and tests.
    pub is_unpaced: bool,
    /// Never more calls in an hour.
    pub calls_per_hour: Option<i64>,
    /// Never more calls in a calendar month.
    pub monthly_quota: Option<i64>,
    /// How long a slice works.
    pub time_budget: SignedDuration,
}

impl Limits {
    /// What the settings of a source say.
    pub fn of(service: &Service, settings: &Settings) -> Self {
        // A double is asked without delays, unless somebody wants this one.
        let is_wanted = !settings.is_unpaced() || settings.given().contains_key("calls_per_hour");
        Self {
            pace: service.pace,
            is_unpaced: settings.is_unpaced(),
            calls_per_hour: settings.number("calls_per_hour").filter(|_| is_wanted),
            monthly_quota: settings.number("monthly_quota"),
            time_budget: SignedDuration::from_secs(settings.number("time_budget_s").unwrap_or(120)),
        }
    }

    /// The same with another budget.
    #[must_use]
    pub const fn with_budget(mut self, time_budget: SignedDuration) -> Self {
        self.time_budget = time_budget;
        self
    }

    /// From the start of a call of this class to the start of the next.
    pub fn spacing(&self, pace: Pace) -> SignedDuration {
        let hourly = self
            .calls_per_hour
            .map_or(SignedDuration::ZERO, |calls| SignedDuration::from_millis(3_600_000 / calls.max(1) + 1));
        let standard = if self.is_unpaced { SignedDuration::ZERO } else { (self.pace)(pace) };
        let spacing = hourly.max(standard);
        spacing + spacing / MARGIN
    }

    /// Calls that the quota allows by `now`: its share of the month so far, and a day's worth ahead.
    fn allowed(&self, month: &Month, now: Timestamp) -> Option<i64> {
        let quota = self.monthly_quota?;
        let passed = now.duration_since(month.start).as_secs() + 86_400;
        let whole = month.end.duration_since(month.start).as_secs();
        let share = i128::from(quota) * i128::from(passed) / i128::from(whole);
        Some(i64::try_from(share).map_or(quota, |share| share.min(quota)))
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this instant.
    Wait {
        /// Until when.
        until: Timestamp,
        /// What is being waited for.
        why: Why,
    },
    /// Make this call now.
    Call(Call),
    /// Nothing more in this slice.
    Stop(Stop),
}

/// What is being waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The service's usual pace.
    Pace,
    /// The service's limit, told in its headers.
    Limit,
    /// Another attempt.
    Retry {
        /// Which attempt comes.
        attempt: u32,
        /// What went wrong.
        reason: String,
    },
}

/// Why nothing more is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The list is empty.
    Done,
    /// The slice's time is over; the rest is pending.
    Budget,
    /// The quota's share is used up; the rest is pending.
    Quota,
    /// The service does not work, or a call on which all others hang.
    Failed {
        /// What happened.
        reason: String,
        /// What a person should do.
        hint: String,
    },
    /// The key is refused.
    Forbidden {
        /// What happened.
        reason: String,
        /// What a person should do.
        hint: String,
    },
}

/// What becomes of a call that was answered, or not.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It brought data: map and save it.
    Data,
    /// It brought none: save this.
    Failure(Failure),
    /// Nothing of this source works: the call stays pending.
    Forbidden,
}

/// The engine of one source.
#[derive(Debug)]
pub struct Engine {
    limits: Limits,
    rng: fastrand::Rng,
    queue: BTreeMap<(i64, u64), Call>,
    planted: u64,
    current: Option<(i64, u64)>,
    /// The place of the call that was answered last.
    answered: (i64, u64),
    not_before: Timestamp,
    why: Why,
    told_spacing: SignedDuration,
    slowdown: i32,
    calm: u32,
    /// There is no connection yet, or it may be lost.
    must_connect: bool,
    /// When the current call left.
    left: Timestamp,
    month: Month,
    month_calls: i64,
    slice_start: Timestamp,
    slice_calls: u64,
    given_up_in_a_row: u32,
    stop: Option<Stop>,
}

impl Engine {
    /// An engine that goes on where `memory` left off; its list is empty.
    pub fn new(limits: Limits, memory: &Memory, seed: u64, now: Timestamp) -> Self {
        let month = Month::of(now);
        let month_calls = if memory.quota_month == month.name { memory.quota_calls } else { 0 };
        Self {
            limits,
            rng: fastrand::Rng::with_seed(seed),
            queue: BTreeMap::new(),
            planted: 0,
            current: None,
            answered: (0, 0),
            not_before: memory.next_call_at.unwrap_or(now),
            why: Why::Pace,
            told_spacing: SignedDuration::ZERO,
            slowdown: 1,
            calm: 0,
            must_connect: true,
            left: now,
            month,
            month_calls,
            slice_start: now,
            slice_calls: 0,
            given_up_in_a_row: 0,
            stop: None,
        }
    }

    /// Adds calls: those that were pending, those that an answer asked for.
    pub fn planted(&mut self, calls: Vec<Call>) {
        for call in calls {
            self.queue.insert((call.priority, self.planted), call);
            self.planted += 1;
        }
    }

    /// Adds the next page of what was answered last, in its place: a stream is read to its end before another one begins, so
    /// that what belongs together is written together.
    pub fn go_on(&mut self, page: Call) {
        self.queue.insert(self.answered, page);
    }

    /// The call that comes next, if nothing is in its way.
    pub fn first(&self) -> Option<&Call> {
        self.queue.first_key_value().map(|(_, call)| call)
    }

    /// Takes an endpoint's calls off the list: it is absent for all of them.
    pub fn drop_calls(&mut self, endpoint: &str) -> Vec<Call> {
        self.queue.extract_if(.., |_, call| call.endpoint == endpoint).map(|(_, call)| call).collect()
    }

    /// Begins another slice.
    pub fn begin_slice(&mut self, now: Timestamp) {
        self.slice_start = now;
        self.slice_calls = 0;
    }

    /// How many calls are pending.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// What the quota has left for the month, if there is one.
    pub fn quota_left(&self) -> Option<i64> {
        self.limits.monthly_quota.map(|quota| quota - self.month_calls)
    }

    /// What to do next.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if let Some(stop) = &self.stop {
            return Step::Stop(stop.clone());
        }
        let Some((&place, call)) = self.queue.first_key_value() else { return Step::Stop(Stop::Done) };
        let call = call.clone();
        if !self.month.holds(now) {
            self.month = Month::of(now);
            self.month_calls = 0;
        }
        if self.limits.allowed(&self.month, now).is_some_and(|allowed| self.month_calls >= allowed) {
            return Step::Stop(Stop::Quota);
        }
        // An instant further ahead than any that is ever noted was noted before the machine's clock was set back.
        let spacing = self.limits.spacing(Pace::Statistics);
        let furthest = FURTHEST.max(spacing * 2);
        if self.not_before > now + furthest * 2 {
            self.not_before = now + spacing;
        }
        self.not_before = self.not_before.min(now + furthest);
        self.slice_start = self.slice_start.min(now);
        let budget_end = self.slice_start + self.limits.time_budget;
        // A slice makes at least one call, so that any budget comes to an end of the list.
        if self.slice_calls > 0 && self.not_before.max(now) >= budget_end {
            return Step::Stop(Stop::Budget);
        }
        if now < self.not_before {
            return Step::Wait { until: self.not_before, why: self.why.clone() };
        }
        self.current = Some(place);
        self.month_calls += 1;
        Step::Call(call)
    }

    /// Notes that the current call has left.
    pub fn started(&mut self, endpoint: &Endpoint, now: Timestamp) {
        // What every process asks again brings nobody forward.
        self.slice_calls += u64::from(!endpoint.brings_keys);
        self.left = now;
        self.not_before = now + self.spacing(endpoint.pace);
        self.why = Why::Pace;
    }

    /// Judges the current call's answer; `is_root` when all others hang on it.
    pub fn answered(
        &mut self,
        now: Timestamp,
        endpoint: &Endpoint,
        is_root: bool,
        verdict: &Verdict,
        throttle: Throttle,
    ) -> Decision {
        self.slow_down(throttle);
        // The service counts from when a call arrived, which is between its leaving and its answer. One that connects first
        // arrives that much later than it left, and the next one on the same connection does not.
        let is_connecting = std::mem::take(&mut self.must_connect);
        let arrived = if is_connecting { now } else { now.min(self.left + ON_ITS_WAY) };
        self.not_before = self.not_before.max(arrived + self.spacing(endpoint.pace));
        let Some(place) = self.current.take() else { return Decision::Forbidden };
        let attempts = self.queue.get(&place).map_or(1, |call| call.attempts + 1);
        match verdict {
            Verdict::Data(_) => {
                self.queue.remove(&place);
                self.answered = place;
                self.given_up_in_a_row = 0;
                self.calm_down();
                Decision::Data
            }
            Verdict::Retry { reason, told, pause, is_too_fast, attempts: limit } => {
                self.must_connect = true;
                if *is_too_fast {
                    self.slowdown = (self.slowdown * 2).min(SLOWEST);
                    self.calm = 0;
                }
                if attempts < limit.unwrap_or(ATTEMPTS) {
                    self.try_again(now, place, attempts, reason, *told, *pause);
                    return Decision::Failure(Failure::Again { reason: reason.clone() });
                }
                // A limit of its own says that no outage is meant: these answers are of no use.
                if limit.is_some() && endpoint.has_stand_in && !is_root {
                    self.queue.remove(&place);
                    let gone = absent(now, UNUSABLE_H, endpoint.name, reason.clone());
                    return Decision::Failure(Failure::Absent(gone));
                }
                if limit.is_some() && endpoint.may_be_empty && !is_root {
                    return self.gone(place, endpoint, reason.clone());
                }
                let hint = "it is asked again with the next sync".to_owned();
                self.give_up(
                    now,
                    place,
                    endpoint,
                    is_root,
                    true,
                    format!("{reason} ({attempts} attempts)"),
                    hint,
                )
            }
            Verdict::Refused { reason, hint } => {
                self.give_up(now, place, endpoint, is_root, false, reason.clone(), hint.clone())
            }
            Verdict::Gone { reason } => self.gone(place, endpoint, reason.clone()),
            Verdict::Locked { reason } if !is_root => {
                self.queue.remove(&place);
                let closed = absent(now, UNUSABLE_H, endpoint.name, reason.clone());
                Decision::Failure(Failure::Locked(closed))
            }
            Verdict::Absent { reason } if !is_root => {
                self.queue.remove(&place);
                Decision::Failure(Failure::Absent(absent(now, ABSENT_H, endpoint.name, reason.clone())))
            }
            Verdict::Absent { reason } => {
                let hint = "the service has changed, or the base URL is wrong".to_owned();
                self.give_up(now, place, endpoint, is_root, false, reason.clone(), hint)
            }
            Verdict::Locked { reason } => {
                let hint = "nothing can be read without it".to_owned();
                self.give_up(now, place, endpoint, is_root, false, reason.clone(), hint)
            }
            Verdict::Forbidden { reason, hint } => {
                self.stop = Some(Stop::Forbidden { reason: reason.clone(), hint: hint.clone() });
                Decision::Forbidden
            }
        }
    }

    /// What is asked about is not there, which is an answer.
    fn gone(&mut self, place: (i64, u64), endpoint: &Endpoint, reason: String) -> Decision {
        let asked = self.queue.remove(&place).map_or_else(Params::none, |call| call.params);
        self.given_up_in_a_row = 0;
        Decision::Failure(Failure::Gone { asked: endpoint.asked(&asked), reason })
    }

    /// Pace and quota as another process must respect them. The coming call is counted already, so that a crash in
    /// the middle of it breaks neither; if none comes, [`Engine::reserve_at_end`] puts it right.
    pub fn reserve(&self, now: Timestamp) -> Reserve {
        let is_coming = self.stop.is_none();
        let start = self.not_before.max(now);
        let next_call_at = if is_coming { start + self.spacing(Pace::Statistics) } else { self.not_before };
        self.reserved(now, next_call_at, i64::from(is_coming))
    }

    /// The same when this process makes no further call.
    pub fn reserve_at_end(&self, now: Timestamp) -> Reserve {
        self.reserved(now, self.not_before, 0)
    }

    fn reserved(&self, now: Timestamp, next_call_at: Timestamp, coming: i64) -> Reserve {
        let (quota_month, made) = if self.month.holds(now) {
            (self.month.name.clone(), self.month_calls)
        } else {
            (Month::of(now).name, 0)
        };
        Reserve { next_call_at, quota_month, quota_calls: made + coming }
    }

    fn spacing(&self, pace: Pace) -> SignedDuration {
        let told = if self.limits.is_unpaced { SignedDuration::ZERO } else { self.told_spacing };
        self.limits.spacing(pace).max(told + told / MARGIN) * self.slowdown
    }

    fn slow_down(&mut self, throttle: Throttle) {
        if let Some(spacing) = throttle.spacing {
            self.told_spacing = spacing;
        }
        if let Some(not_before) =
            throttle.not_before.filter(|at| *at > self.not_before && !self.limits.is_unpaced)
        {
            self.not_before = not_before;
            self.why = Why::Limit;
        }
    }

    fn calm_down(&mut self) {
        self.calm += 1;
        if self.calm >= CALM {
            self.slowdown = (self.slowdown / 2).max(1);
            self.calm = 0;
        }
    }

    fn try_again(
        &mut self,
        now: Timestamp,
        place: (i64, u64),
        attempts: u32,
        reason: &str,
        told: Option<SignedDuration>,
        pause: Option<SignedDuration>,
    ) {
        let base = if self.limits.is_unpaced { BACKOFF_UNPACED } else { BACKOFF };
        let backoff = (base * 2_i32.pow(attempts.clamp(1, 10) - 1)).min(BACKOFF_CEILING);
        let jitter = backoff * self.rng.i32(0..=25) / 100;
        let wait = match told {
            // Doubles say exactly what they want.
            Some(told) if self.limits.is_unpaced => told,
            _ => (backoff + jitter).max(pause.filter(|_| !self.limits.is_unpaced).unwrap_or_default()),
        };
        self.not_before = self.not_before.max(now + wait);
        self.why = Why::Retry { attempt: attempts + 1, reason: reason.to_owned() };
        if let Some(call) = self.queue.get_mut(&place) {
            call.attempts = attempts;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call's whole end, told in one place")]
    fn give_up(
        &mut self,
        now: Timestamp,
        place: (i64, u64),
        endpoint: &Endpoint,
        is_root: bool,
        is_outage: bool,
        reason: String,
        hint: String,
    ) -> Decision {
        self.queue.remove(&place);
        self.given_up_in_a_row = if is_outage { self.given_up_in_a_row + 1 } else { 0 };
        if is_root || self.given_up_in_a_row >= OUTAGE {
            self.stop = Some(Stop::Failed { reason: reason.clone(), hint: hint.clone() });
        }
        if endpoint.is_optional {
            return Decision::Failure(Failure::Absent(absent(now, UNUSABLE_H, endpoint.name, reason)));
        }
        Decision::Failure(Failure::GivenUp { reason, hint })
    }
}

/// An endpoint whose answers are of no use, though it has a route.
pub(crate) fn unusable(now: Timestamp, endpoint: &'static str, reason: String) -> Absent {
    absent(now, ABSENT_H, endpoint, reason)
}

fn absent(now: Timestamp, hours: i64, endpoint: &'static str, reason: String) -> Absent {
    let ask_again_at = now.checked_add(hours.hours()).unwrap_or(Timestamp::MAX);
    Absent { endpoint, reason, ask_again_at }
}

/// The calendar month (UTC) in which calls count.
#[derive(Debug)]
struct Month {
    name: String,
    start: Timestamp,
    end: Timestamp,
}

impl Month {
    fn of(now: Timestamp) -> Self {
        let day = now.to_zoned(TimeZone::UTC).date();
        let instant = |day: Date| day.to_zoned(TimeZone::UTC).map_or(now, |zoned| zoned.timestamp());
        let next = day.last_of_month().tomorrow().unwrap_or(Date::MAX);
        Self {
            name: day.strftime("%Y-%m").to_string(),
            start: instant(day.first_of_month()),
            end: instant(next),
        }
    }

    fn holds(&self, now: Timestamp) -> bool {
        (self.start..self.end).contains(&now)
    }
}
