//! A year of sixty sources in the engine's own time: pace, budget and quota never broken, nothing starved.
#![expect(clippy::unwrap_used, reason = "a story that meets the unexpected stops there")]

use std::collections::{BTreeMap, HashMap};

use atlas_model::{Call, Params, Platform, Settings};
use atlas_store::Memory;
use atlas_sync::{Decision, Engine, Limits, Step, Stop};
use atlas_vendor::{Endpoint, Pace, Service, Throttle, Verdict, service};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

const CAMPAIGNS: usize = 480;
const SOURCES: u64 = 60;
const DAYS: i64 = 365;

/// What kind of account a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One call tells what moved; campaigns are asked when they moved, and once a day.
    Watched,
    /// Every campaign is asked in every round.
    Unwatched,
    /// The same under a quota that cannot cover it.
    Rationed,
    /// A team's sittings, each asked in detail, in slices of 50 s.
    Team,
}

const KINDS: [Kind; 4] = [Kind::Watched, Kind::Unwatched, Kind::Rationed, Kind::Team];

impl Kind {
    fn of(number: u64) -> Self {
        KINDS[usize::try_from(number).unwrap() % KINDS.len()]
    }

    fn schedule(self) -> SignedDuration {
        let is_daily = matches!(self, Self::Unwatched | Self::Team);
        SignedDuration::from_hours(if is_daily { 24 } else { 1 })
    }

    fn service(self) -> &'static Service {
        service(match self {
            Self::Watched | Self::Unwatched => Platform::SmartLead,
            Self::Rationed => Platform::ReplyIo,
            Self::Team => Platform::PhoneBurner,
        })
    }

    /// The list, and what is asked of each of its records.
    fn endpoints(self) -> [&'static Endpoint; 2] {
        let names = match self {
            Self::Watched | Self::Unwatched => ["campaigns", "campaign_analytics"],
            Self::Rationed => ["sequences", "sequence_statistics"],
            Self::Team => ["dial_sessions", "dial_session"],
        };
        names.map(|name| self.service().endpoint(name).unwrap())
    }

    fn limits(self) -> Limits {
        let settings = Settings::new(self.service().platform, BTreeMap::new());
        Limits::of(self.service(), &settings)
    }
}

/// What a database would hold of a source between processes.
struct Kept {
    memory: Memory,
    pending: BTreeMap<u64, Call>,
    planted: u64,
    listed: HashMap<Params, u64>,
}

/// What is watched from outside.
struct Watch {
    last_start: Option<(Timestamp, Pace)>,
    months: BTreeMap<(i16, i8), i64>,
    asked: Vec<Timestamp>,
    oldest: SignedDuration,
    calls: u64,
}

struct World {
    kind: Kind,
    rng: fastrand::Rng,
    list: &'static Endpoint,
    figures: &'static Endpoint,
    kept: Kept,
    watch: Watch,
}

impl World {
    fn new(number: u64, seed: u64, start: Timestamp) -> Self {
        let memory = Memory {
            rooted_at: None,
            is_full: false,
            next_call_at: None,
            quota_month: String::new(),
            quota_calls: 0,
            absent: BTreeMap::new(),
            watermarks: BTreeMap::new(),
        };
        let kind = Kind::of(number);
        let [list, figures] = kind.endpoints();
        Self {
            kind,
            rng: fastrand::Rng::with_seed(seed ^ (number * 7919)),
            list,
            figures,
            kept: Kept { memory, pending: BTreeMap::new(), planted: 0, listed: HashMap::new() },
            watch: Watch {
                last_start: None,
                months: BTreeMap::new(),
                asked: vec![start; CAMPAIGNS],
                oldest: SignedDuration::ZERO,
                calls: 0,
            },
        }
    }

    fn plant(&mut self, params: Params, is_list: bool) -> Option<Call> {
        if self.kept.listed.contains_key(&params) {
            return None;
        }
        let endpoint = if is_list { self.list } else { self.figures };
        let call =
            Call { endpoint: endpoint.name.to_owned(), params, priority: endpoint.priority, attempts: 0 };
        self.kept.planted += 1;
        self.kept.listed.insert(call.params.clone(), self.kept.planted);
        self.kept.pending.insert(self.kept.planted, call.clone());
        Some(call)
    }

    fn remove(&mut self, params: &Params) {
        if let Some(place) = self.kept.listed.remove(params) {
            self.kept.pending.remove(&place);
        }
    }

    /// One process: a slice, or several, or one that dies in the middle. When the next one comes.
    fn process(&mut self, start: Timestamp) -> Timestamp {
        let mut now = start;
        let is_due =
            self.kept.memory.rooted_at.is_none_or(|at| now.duration_since(at) >= self.kind.schedule());
        if is_due || self.kept.pending.is_empty() {
            self.plant(Params::none(), true);
            self.kept.memory.rooted_at = Some(now);
        }
        let limits = self.kind.limits();
        let mut engine = Engine::new(limits.clone(), &self.kept.memory, self.rng.u64(..), now);
        self.keep(&engine, now, false);
        engine.planted(self.kept.pending.values().cloned().collect());
        let is_one_slice = self.rng.u8(..) < 64;
        let dies_after = (self.rng.u8(..) < 20).then(|| self.rng.u32(1..200));
        let (mut slice, mut in_slice, mut calls) = (now, 0, 0);
        loop {
            match engine.next(now) {
                Step::Wait { until, .. } => {
                    assert!(until > now && until.duration_since(now) <= SignedDuration::from_secs(120));
                    now = until;
                }
                Step::Call(call) => {
                    let budget_end = slice + limits.time_budget;
                    assert!(in_slice == 0 || now < budget_end, "a call after the budget");
                    (in_slice, calls) = (in_slice + 1, calls + 1);
                    let endpoint = if call.params == Params::none() { self.list } else { self.figures };
                    self.started(endpoint.pace, now, &limits);
                    engine.started(endpoint, now);
                    now += SignedDuration::from_millis(self.rng.i64(40..900));
                    if dies_after == Some(calls) {
                        // Nothing of this call is saved; somebody starts it again.
                        return now + SignedDuration::from_millis(self.rng.i64(0..300_000));
                    }
                    self.answered(&mut engine, endpoint, &call, now);
                }
                Step::Stop(Stop::Budget) if !is_one_slice => {
                    engine.begin_slice(now);
                    (slice, in_slice) = (now, 0);
                }
                Step::Stop(stop) => {
                    self.keep(&engine, now, true);
                    let next = match stop {
                        Stop::Budget => now + SignedDuration::from_millis(self.rng.i64(0..600_000)),
                        _ => start + self.kind.schedule(),
                    };
                    return next.max(now);
                }
            }
        }
    }

    fn started(&mut self, pace: Pace, now: Timestamp, limits: &Limits) {
        if let Some((last, pace)) = self.watch.last_start {
            let gap = now.duration_since(last);
            assert!(gap >= (limits.pace)(pace), "{gap:?} after the last call");
        }
        self.watch.last_start = Some((now, pace));
        self.watch.calls += 1;
        let day = now.to_zoned(TimeZone::UTC).date();
        let made = self.watch.months.entry((day.year(), day.month())).or_default();
        *made += 1;
        assert!(limits.monthly_quota.is_none_or(|quota| *made <= quota), "the month's quota is broken");
    }

    fn answered(&mut self, engine: &mut Engine, endpoint: &Endpoint, call: &Call, now: Timestamp) {
        let verdict = if self.rng.u8(..) < 3 {
            let (told, is_too_fast) = match self.rng.bool() {
                true => (Some(SignedDuration::from_secs(12)), true),
                false => (None, false),
            };
            Verdict::Retry { reason: "busy".into(), told, pause: told, is_too_fast, attempts: None }
        } else {
            Verdict::Data(serde_json::Value::Null)
        };
        let decision = engine.answered(now, endpoint, false, &verdict, Throttle::default());
        if matches!(decision, Decision::Data) {
            self.remove(&call.params);
            let follow = if call.params == Params::none() { self.follow(now) } else { Vec::new() };
            if let Some(campaign) = call.params.get("campaign_id") {
                let asked = &mut self.watch.asked[campaign.parse::<usize>().unwrap()];
                self.watch.oldest = self.watch.oldest.max(now.duration_since(*asked));
                *asked = now;
            }
            engine.planted(follow);
        }
        self.keep(engine, now, false);
    }

    /// What the list's answer asks for.
    fn follow(&mut self, now: Timestamp) -> Vec<Call> {
        let mut follow = Vec::new();
        for campaign in 0..CAMPAIGNS {
            let is_old = now.duration_since(self.watch.asked[campaign]) >= SignedDuration::from_hours(23);
            let is_wanted = self.kind != Kind::Watched || is_old || self.rng.u16(..) < 60;
            if is_wanted {
                follow.extend(self.plant(Params::none().with("campaign_id", campaign), false));
            }
        }
        follow
    }

    fn keep(&mut self, engine: &Engine, now: Timestamp, is_end: bool) {
        let reserve = if is_end { engine.reserve_at_end(now) } else { engine.reserve(now) };
        self.kept.memory.next_call_at = Some(reserve.next_call_at);
        self.kept.memory.quota_month = reserve.quota_month;
        self.kept.memory.quota_calls = reserve.quota_calls;
    }
}

fn live_a_year(number: u64, seed: u64) -> (Kind, Watch) {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let end = start + (DAYS * 24).hours();
    let mut world = World::new(number, seed, start);
    let mut now = start;
    while now < end {
        now = world.process(now);
    }
    for asked in &world.watch.asked {
        world.watch.oldest = world.watch.oldest.max(end.duration_since(*asked));
    }
    (world.kind, world.watch)
}

#[test]
fn sixty_sources_for_a_year() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let halves = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                (half..SOURCES).step_by(2).map(|number| live_a_year(number, seed)).collect::<Vec<_>>()
            })
        });
        halves.map(|half| half.join().unwrap())
    });
    let lives: Vec<(Kind, Watch)> = halves.into_iter().flatten().collect();
    println!("| a year of | sources | calls of one | in a month, at most | oldest figure |");
    println!("| --- | --- | --- | --- | --- |");
    for kind in KINDS {
        let lives = || lives.iter().filter(|life| life.0 == kind).map(|life| &life.1);
        let calls = lives().map(|watch| watch.calls).max().unwrap();
        let month = lives().flat_map(|watch| watch.months.values()).max().unwrap();
        let oldest = lives().map(|watch| watch.oldest.as_hours()).max().unwrap();
        let what = format!("{}, {kind:?}", kind.service().platform.title());
        println!("| {what} | {} | {calls} | {month} | {oldest} h |", lives().count());
    }
    for (kind, Watch { calls, oldest, .. }) in lives {
        assert!(calls > 100_000, "{calls} calls");
        // A round may be cut off and go on the day after; 15,000 calls a month are one round in 23 hours.
        let bound = SignedDuration::from_hours(3 * 24);
        assert!(oldest <= bound, "{kind:?}: a campaign was not asked for {} h", oldest.as_hours());
    }
}
