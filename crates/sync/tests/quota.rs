//! A month of Reply.io in the engine's own time: an hourly schedule under a quota that cannot cover every sequence every
//! hour. The quota is never broken, and no figure grows older than a bound.
#![expect(clippy::unwrap_used, reason = "a story that meets the unexpected stops there")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use atlas_model::{Call, Follow, Platform, Settings, When};
use atlas_store::Memory;
use atlas_sync::{Decision, Engine, Limits, Step, Stop};
use atlas_vendor::{Context, Service, Throttle, Verdict, service, understand};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

const SEQUENCES: i64 = 400;
const ACTIVE: i64 = 300;
const PEOPLE: i64 = 250;
const DAYS: i64 = 32;
const QUOTA: i64 = 15_000;

/// E-mails of an active sequence that are told one by one.
const MAILS_A_DAY: i64 = 10;

struct World {
    service: &'static Service,
    settings: Settings,
    /// Endpoints that the service does not have.
    absent: BTreeSet<String>,
    memory: Memory,
    /// What waits, by priority and order.
    pending: BTreeMap<(i64, u64), Call>,
    planted: u64,
    /// Where on the list each question stands.
    listed: HashMap<(String, String), (i64, u64)>,
    /// When a question was last answered.
    read: HashMap<(String, String), Timestamp>,
    /// Rows as last written: what differs is a change.
    rows: HashMap<u64, u64>,
    start: Timestamp,
    months: BTreeMap<(i16, i8), i64>,
    /// When each sequence's figures were last read, and how old they grew.
    figures: Vec<Timestamp>,
    oldest: [SignedDuration; 2],
    people_pages: u64,
    watermarks: BTreeMap<String, Timestamp>,
    names: BTreeMap<String, Option<String>>,
}

impl World {
    fn new(absent: &[&str], start: Timestamp) -> Self {
        let memory = Memory {
            rooted_at: None,
            is_full: false,
            next_call_at: None,
            quota_month: String::new(),
            quota_calls: 0,
            watermarks: BTreeMap::new(),
            absent: BTreeMap::new(),
        };
        Self {
            service: service(Platform::ReplyIo),
            settings: Settings::new(Platform::ReplyIo, BTreeMap::new()),
            absent: absent.iter().map(|name| (*name).to_owned()).collect(),
            memory,
            pending: BTreeMap::new(),
            planted: 0,
            listed: HashMap::new(),
            read: HashMap::new(),
            rows: HashMap::new(),
            start,
            months: BTreeMap::new(),
            figures: vec![start; usize::try_from(SEQUENCES).unwrap()],
            oldest: [SignedDuration::ZERO; 2],
            people_pages: 0,
            watermarks: BTreeMap::new(),
            names: (0..SEQUENCES).map(|id| (format!("Sequence {id}"), Some(id.to_string()))).collect(),
        }
    }

    /// Puts calls on the list as a database would: not twice, not what was read, and what is urgent moves up.
    fn plant(&mut self, follow: Vec<Follow>) -> Vec<Call> {
        let mut new = Vec::new();
        for follow in follow {
            let params = follow.params.asked().to_text();
            let read = self.read.get(&(follow.endpoint.to_owned(), params));
            let is_read =
                matches!(follow.when, When::NotReadSince(since) if read.is_some_and(|at| *at >= since));
            if is_read || self.absent.contains(follow.endpoint) {
                continue;
            }
            let question = (follow.endpoint.to_owned(), follow.params.to_text());
            match self.listed.get(&question).copied() {
                Some(place) if place.0 > follow.priority => {
                    let mut call = self.pending.remove(&place).unwrap();
                    call.priority = follow.priority;
                    self.pending.insert((follow.priority, place.1), call);
                    self.listed.insert(question, (follow.priority, place.1));
                }
                Some(_) => {}
                None => {
                    let Follow { endpoint, params, priority, .. } = follow;
                    let call = Call { endpoint: endpoint.to_owned(), params, priority, attempts: 0 };
                    self.pending.insert((priority, self.planted), call.clone());
                    self.listed.insert(question, (priority, self.planted));
                    self.planted += 1;
                    new.push(call);
                }
            }
        }
        new
    }

    /// One process: slice after slice until nothing is left or the quota's share is used up.
    fn process(&mut self, start: Timestamp) {
        let mut now = start;
        self.memory.rooted_at = Some(now);
        self.plant(self.service.root_calls());
        let limits = Limits::of(self.service, &self.settings);
        let mut engine = Engine::new(limits, &self.memory, 7, now);
        engine.planted(self.pending.values().cloned().collect());
        loop {
            match engine.next(now) {
                Step::Wait { until, .. } => now = until,
                Step::Call(call) => {
                    let endpoint = self.service.endpoint(&call.endpoint).unwrap();
                    engine.started(endpoint, now);
                    let day = now.to_zoned(TimeZone::UTC).date();
                    *self.months.entry((day.year(), day.month())).or_default() += 1;
                    now += 700.milliseconds();
                    let body = self.answer(&call, now);
                    let data = Verdict::Data(Value::Null);
                    let decision = engine.answered(now, endpoint, false, &data, Throttle::default());
                    assert!(matches!(decision, Decision::Data));
                    let question = (call.endpoint.clone(), call.params.to_text());
                    let place = self.listed.remove(&question).unwrap();
                    self.pending.remove(&place);
                    let planted = self.understand(&call, &body, now);
                    engine.planted(planted);
                    self.keep(&engine, now, false);
                }
                Step::Stop(Stop::Budget) => engine.begin_slice(now),
                Step::Stop(stop) => {
                    assert!(matches!(stop, Stop::Done | Stop::Quota), "{stop:?}");
                    self.keep(&engine, now, true);
                    return;
                }
            }
        }
    }

    fn keep(&mut self, engine: &Engine, now: Timestamp, is_end: bool) {
        let reserve = if is_end { engine.reserve_at_end(now) } else { engine.reserve(now) };
        self.memory.next_call_at = Some(reserve.next_call_at);
        self.memory.quota_month = reserve.quota_month;
        self.memory.quota_calls = reserve.quota_calls;
    }

    fn understand(&mut self, call: &Call, body: &Value, now: Timestamp) -> Vec<Call> {
        let endpoint = self.service.endpoint(&call.endpoint).unwrap();
        self.read.insert((call.endpoint.clone(), endpoint.asked(&call.params).to_text()), now);
        let context = Context {
            params: &call.params,
            read_at: now,
            zone: &TimeZone::UTC,
            settings: &self.settings,
            is_full: false,
            absent: &self.absent,
            watermarks: &self.watermarks,
            campaigns: usize::try_from(SEQUENCES).unwrap(),
            stored: None,
            campaign_names: Some(&self.names),
        };
        let understood = understand(endpoint, &context, body);
        assert_eq!(understood.problems, []);
        self.watermarks.extend(understood.watermark.map(|at| (call.endpoint.clone(), at)));
        let mut follow = understood.follow;
        for row in understood.rows {
            let mut values = row.values.clone();
            values.remove("last_synced_at");
            let columns: Vec<&str> = values.keys().collect();
            let place = hash_of(&(row.table.name, row.key(), columns));
            let content = hash_of(&json!(values).to_string());
            if self.rows.insert(place, content) != Some(content) {
                follow.extend(row.on_change);
            }
        }
        self.note_read(call, now);
        self.plant(follow)
    }

    /// Whose figures this answer told, and how old they were by then.
    fn note_read(&mut self, call: &Call, now: Timestamp) {
        let read = match call.endpoint.as_str() {
            "sequence_statistics" => {
                let id: i64 = call.params.get("campaign_id").unwrap().parse().unwrap();
                id..id + 1
            }
            "campaign_totals" => 0..SEQUENCES,
            "people" | "sequence_people" => {
                self.people_pages += 1;
                return;
            }
            _ => return,
        };
        for sequence in read {
            let last = std::mem::replace(&mut self.figures[usize::try_from(sequence).unwrap()], now);
            let oldest = &mut self.oldest[usize::from(sequence < ACTIVE)];
            *oldest = (*oldest).max(now.duration_since(last));
        }
    }

    /// What the service answers: every active sequence sends every hour.
    fn answer(&self, call: &Call, now: Timestamp) -> Value {
        let number =
            |name: &str| call.params.get(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let hours = now.duration_since(self.start).as_hours();
        let sent = |id: i64| 500 + if id < ACTIVE { hours * 3 } else { 0 };
        let page = |all: i64, item: &dyn Fn(i64) -> Value| {
            let (skip, top) = (number("skip"), number("top"));
            let items: Vec<Value> = (skip..all.min(skip + top)).map(item).collect();
            json!({"items": items, "hasMore": skip + top < all})
        };
        let id = number("campaign_id");
        match call.endpoint.as_str() {
            "sequences" => page(SEQUENCES, &|id| {
                let status = if id < ACTIVE { "Active" } else { "Finished" };
                json!({"id": id, "name": format!("Sequence {id}"), "status": status, "stepsCount": 3})
            }),
            "campaign_totals" => (0..SEQUENCES)
                .map(|id| {
                    json!({"id": id, "status": 2, "deliveriesCount": sent(id), "bouncesCount": 4,
                        "repliesCount": sent(id) / 40, "opensCount": 0, "peopleCount": PEOPLE})
                })
                .collect(),
            "sequence_statistics" => {
                json!({"sent": sent(id), "opened": 0, "replied": sent(id) / 40, "bounced": 4,
                "interested": sent(id) / 100, "notInterested": 1})
            }
            "sequence_days" | "sequence_days_check" => {
                let date = |name: &str| call.params.get(name).unwrap().parse::<jiff::civil::Date>().unwrap();
                let days = date("to").since(date("from")).unwrap().get_days() + 1;
                let overview =
                    json!({"delivered": 72 * days, "opened": 0, "replied": 2 * days, "bounced": 0});
                (0..SEQUENCES).map(|id| json!({"sequenceId": id, "emailOverview": overview})).collect()
            }
            "sent_emails" => {
                let date = |name: &str| call.params.get(name).unwrap().parse::<jiff::civil::Date>().unwrap();
                let (from, days) =
                    (date("from"), i64::from(date("to").since(date("from")).unwrap().get_days()) + 1);
                page(days * ACTIVE * MAILS_A_DAY, &|number| {
                    let at = from.at(8, 0, 0, 0)
                        + (number / ACTIVE / MAILS_A_DAY).days()
                        + (number % 599).minutes();
                    json!({"contactId": number, "sequenceName": format!("Sequence {}", number % ACTIVE),
                        "deliveryDate": format!("{at}Z"), "isDelivered": true})
                })
            }
            "global_statistics" => json!({"sequencesCount": SEQUENCES}),
            "people" | "sequence_people" => page(
                PEOPLE,
                &|person| json!({"id": id * 1000 + person, "email": format!("p{person}@s{id}.test")}),
            ),
            "sequence_steps" => {
                json!([{"id": id * 10, "order": 1, "subject": "s", "body": "b", "waitDays": 0}])
            }
            "email_accounts" | "email_accounts_current" => {
                page(40, &|id| json!({"id": id, "email": "a@b.test"}))
            }
            "email_account" => json!({"id": 1, "email": "a@b.test"}),
            "contacts" | "inbox_threads" => page(9000, &|id| json!({"id": id})),
            other => panic!("{other} is not answered here"),
        }
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn live(absent: &[&str], days: i64) -> World {
    let start: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    let mut world = World::new(absent, start);
    for hour in 0..days * 24 {
        world.process(start + hour.hours());
    }
    world
}

fn check(what: &str, world: &World, bounds: [i64; 2]) {
    let most = world.months.values().max().unwrap();
    let [idle, active] = world.oldest.map(|age| age.as_hours());
    println!(
        "| 400 sequences | calls in a month, at most | oldest figure where one runs | where it is over | pages of people |"
    );
    println!("| --- | --- | --- | --- | --- |");
    println!("| {what} | {most} | {active} h | {idle} h | {} |", world.people_pages);
    assert!(*most <= QUOTA, "{most} calls in a month");
    assert!(world.people_pages > 500, "people are read too");
    assert!(active <= bounds[1] && idle <= bounds[0], "{active} h and {idle} h");
    assert!(world.figures.iter().all(|read| *read > world.start), "every sequence was read");
}

#[test]
fn a_sequence_at_a_time_under_the_quota() {
    let world = live(&["campaign_totals", "contacts", "inbox_threads"], DAYS);
    // Half of the quota reads 400 sequences in 39 hours; what has waited twice as long goes first.
    check("sequence by sequence", &world, [14 * 24 + 24, 4 * 24]);
}

#[test]
fn all_sequences_at_once() {
    // Far below the quota, so a week is enough; 32 days come to 8,978 calls in a month.
    let world = live(&["sequence_statistics", "global_statistics", "email_accounts", "people"], 7);
    check("all at once", &world, [2, 2]);
}
