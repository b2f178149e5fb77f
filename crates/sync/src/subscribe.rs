//! Subscribing at a service through its API: what there is first, then what is missing, at the source's pace and under its
//! lease.

use std::collections::VecDeque;
use std::time::Duration;

use atlas_model::{Call, Clock, Params};
use atlas_store::{Failure, Source, Store, Turn};
use atlas_vendor::subscription::{Change, Does, Way, Wish, ways};
use atlas_vendor::{Endpoint, Verdict, service};
use jiff::{SignedDuration, Timestamp};

use crate::credential::Credential;
use crate::engine::{Decision, Engine, Limits, Step, Stop};
use crate::error::Error;
use crate::holder::{holder, is_dead};
use crate::http::{Line, client};

/// It has no slices.
const BUDGET: SignedDuration = SignedDuration::from_hours(24 * 365);
/// While it waits, the lease is kept.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What was listed is changed before the next list is asked for.
const CHANGE: i64 = 0;
const LIST: i64 = 1;

/// What came of it.
#[derive(Debug, Default)]
pub struct Subscribed {
    /// Campaigns, or the account, where nothing had to be changed.
    pub unchanged: u64,
    /// Subscriptions that there were not.
    pub made: u64,
    /// Subscriptions that posted elsewhere, lacked something or were switched off.
    pub renewed: u64,
    /// Former ones that are gone now.
    pub removed: u64,
    /// What could not be done: about what, and why.
    pub failed: Vec<(String, String)>,
    /// Why the rest was left, where it was.
    pub stopped: Option<Stop>,
}

/// Subscribes an address for these campaigns, or for the account where a service does that. `tell` hears how many of how
/// many are done.
pub async fn subscribe(
    store: &Store,
    source: &Source,
    credential: Credential,
    wish: &Wish<'_>,
    campaigns: &[String],
    clock: Clock,
    tell: &dyn Fn(u64, u64),
) -> Result<Subscribed, Error> {
    let Some(way) = ways(source.platform).first() else { return Ok(Subscribed::default()) };
    let holder = holder();
    let taken = store.take_lease(source.id, &holder, clock.now(), is_dead).await?;
    taken.map_err(|holder| Error::Held { holder })?;
    let done = match Subscriber::begin(store, source, way, credential, &holder, clock).await {
        Ok(mut subscriber) => subscriber.run(wish, campaigns, tell).await,
        Err(error) => Err(error),
    };
    if let Err(error) = store.release_lease(source.id, &holder).await {
        tracing::warn!(source = source.name, %error, "the lease could not be given back");
    }
    done
}

struct Subscriber<'a> {
    store: &'a Store,
    clock: Clock,
    line: Line,
    engine: Engine,
    turn: Turn,
    ways: &'static [Way],
    /// The one that the service has, as far as is known.
    way: &'static Way,
    /// What is to be changed, of the list that was answered last.
    changes: VecDeque<Change>,
    /// Whether that list still holds: not after a change of which nobody knows whether it took effect.
    is_looked: bool,
    /// Whether something of that list could not be done.
    is_spoilt: bool,
    /// Campaigns that have a webhook now.
    subscribed: Vec<String>,
    /// Lists with what followed from them.
    settled: u64,
    done: Subscribed,
}

impl<'a> Subscriber<'a> {
    async fn begin(
        store: &'a Store,
        source: &Source,
        way: &'static Way,
        credential: Credential,
        holder: &str,
        clock: Clock,
    ) -> Result<Self, Error> {
        let ways = ways(source.platform);
        let service = service(source.platform);
        let Credential { key, forms, .. } = credential;
        let site = source.site();
        let line = Line::new(client(site)?, service, site.base_url, key, forms, &source.settings, clock)?;
        let memory = store.memory(source.id).await?;
        let now = clock.now();
        let limits = Limits::of(service, &source.settings).with_budget(BUDGET);
        let engine = Engine::new(limits, &memory, now.as_microsecond().unsigned_abs(), now);
        let turn = Turn {
            source_id: source.id,
            holder: holder.to_owned(),
            run_id: 0,
            now,
            reserve: engine.reserve(now),
            details: Vec::new(),
            anchor: "",
        };
        let (changes, done) = (VecDeque::new(), Subscribed::default());
        Ok(Self {
            store,
            clock,
            line,
            engine,
            turn,
            ways,
            way,
            changes,
            is_looked: false,
            is_spoilt: false,
            subscribed: Vec::new(),
            settled: 0,
            done,
        })
    }

    async fn run(
        &mut self,
        wish: &Wish<'_>,
        campaigns: &[String],
        tell: &dyn Fn(u64, u64),
    ) -> Result<Subscribed, Error> {
        let of = |campaign: &String| Params::none().with("campaign_id", campaign);
        let lists = match self.way.is_by_campaign() {
            true => campaigns.iter().map(of).collect(),
            false => vec![Params::none()],
        };
        let total = lists.len() as u64;
        lists.into_iter().for_each(|params| self.plant(self.way.list, params, LIST, 0));
        loop {
            let now = self.clock.now();
            match self.engine.next(now) {
                Step::Wait { until, .. } => self.wait(until).await?,
                Step::Call(call) if call.priority == CHANGE && self.is_looked => self.change(&call).await?,
                Step::Call(call) => self.list(&call, wish).await?,
                Step::Stop(stop) => {
                    self.turn.now = now;
                    self.turn.reserve = self.engine.reserve_at_end(now);
                    self.store.note_call(&self.turn).await?;
                    self.done.stopped = Some(stop).filter(|stop| *stop != Stop::Done);
                    return Ok(std::mem::take(&mut self.done));
                }
            }
            for campaign in std::mem::take(&mut self.subscribed) {
                self.store.note_webhook(self.turn.source_id, &campaign, now).await?;
            }
            tell(self.settled, total);
        }
    }

    /// Looks what there is, and plants what has to be changed.
    async fn list(&mut self, call: &Call, wish: &Wish<'_>) -> Result<(), Error> {
        let list = self.way.list;
        self.engine.started(list, self.clock.now());
        let (verdict, throttle) = self.line.call(list, call).await;
        let verdict = self.line.or_in_next_form(list, verdict);
        let decision = self.engine.answered(self.clock.now(), list, false, &verdict, throttle);
        self.note().await?;
        match (decision, verdict) {
            (Decision::Data, Verdict::Data(body)) => {
                self.changes = self.way.changes(wish, &body).into();
                self.is_looked = true;
                self.is_spoilt &= call.priority == CHANGE;
                self.done.unchanged += u64::from(self.changes.is_empty() && call.priority == LIST);
                // A change that had to be looked for again does not begin to count its attempts anew.
                self.go_on(&call.params, if call.priority == CHANGE { call.attempts } else { 0 });
            }
            (Decision::Failure(Failure::Again { .. }), _) => {}
            (Decision::Failure(Failure::Absent(absent)), _) => {
                let others = self.ways.iter();
                match others.skip_while(|way| way.list.name != list.name).nth(1) {
                    Some(next) => {
                        self.way = next;
                        self.plant(next.list, call.params.clone(), LIST, 0);
                    }
                    None => self.unlisted(call, Failure::Absent(absent)),
                }
            }
            (Decision::Failure(failure), _) => self.unlisted(call, failure),
            _ => {}
        }
        Ok(())
    }

    /// Makes a change. Whether one that was not answered took effect only a new list tells.
    async fn change(&mut self, call: &Call) -> Result<(), Error> {
        let Some(change) = self.changes.pop_front() else { return Ok(()) };
        self.engine.started(change.endpoint, self.clock.now());
        let (verdict, throttle) = self.line.change(&change, &call.params).await;
        let decision = self.engine.answered(self.clock.now(), change.endpoint, false, &verdict, throttle);
        self.note().await?;
        match decision {
            Decision::Data => match change.does {
                Does::Makes => self.done.made += 1,
                Does::Renews => self.done.renewed += 1,
                Does::Removes => self.done.removed += 1,
            },
            Decision::Failure(Failure::Again { .. }) => {
                self.is_looked = false;
                return Ok(());
            }
            Decision::Failure(failure) => self.failed(format!("{} {}", change.what, call.params), failure),
            Decision::Forbidden => return Ok(()),
        }
        self.go_on(&call.params, 0);
        Ok(())
    }

    /// Plants the next change of what was listed last.
    fn go_on(&mut self, listed: &Params, attempts: u32) {
        let Some(change) = self.changes.front() else {
            self.settled += 1;
            self.subscribed.extend(listed.get("campaign_id").filter(|_| !self.is_spoilt).map(str::to_owned));
            return;
        };
        let mut params = change.params.clone();
        if let Some(campaign) = listed.get("campaign_id") {
            params = params.with("campaign_id", campaign);
        }
        self.plant(change.endpoint, params, CHANGE, attempts);
    }

    fn unlisted(&mut self, call: &Call, failure: Failure) {
        self.changes.clear();
        self.settled += 1;
        self.failed(call.params.to_string(), failure);
    }

    fn failed(&mut self, about: String, failure: Failure) {
        self.is_spoilt = true;
        let reason = match failure {
            Failure::Again { reason } | Failure::Gone { reason, .. } | Failure::GivenUp { reason, .. } => {
                reason
            }
            Failure::Absent(absent) | Failure::Locked(absent) => absent.reason,
        };
        self.done.failed.push((about.trim().to_owned(), reason));
    }

    fn plant(&mut self, endpoint: &Endpoint, params: Params, priority: i64, attempts: u32) {
        self.engine.planted(vec![Call { endpoint: endpoint.name.to_owned(), params, priority, attempts }]);
    }

    /// Pace and quota, for whoever comes next.
    async fn note(&mut self) -> Result<(), Error> {
        self.turn.now = self.clock.now();
        self.turn.reserve = self.engine.reserve(self.turn.now);
        Ok(self.store.note_call(&self.turn).await?)
    }

    async fn wait(&mut self, until: Timestamp) -> Result<(), Error> {
        loop {
            let left = until.duration_since(self.clock.now());
            if !left.is_positive() {
                return Ok(());
            }
            tokio::time::sleep(left.unsigned_abs().min(HEARTBEAT)).await;
            self.store.renew_lease(self.turn.source_id, &self.turn.holder, self.clock.now()).await?;
        }
    }
}
