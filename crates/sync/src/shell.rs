//! The shell that obeys the engine: waits, calls, saves.

use std::collections::BTreeSet;
use std::time::Duration;

use atlas_model::{Call, Clock, Follow, Params, Settings};
use atlas_store::{Absence, Absent, Answer, Failure, Memory, RunEnd, Saved, Source, Store, Turn, Vault};
use atlas_vendor::{Context, Endpoint, Refusal, Service, Throttle, Verdict, redact, service, understand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::credential::Credential;
use crate::engine::{Decision, Engine, Limits, Step, Stop, unusable};
use crate::error::Error;
use crate::holder::{holder, is_dead};
use crate::http::{Line, client, open};
use crate::plan::{absent, is_round_due, zone};
use crate::report::{Ending, Event, Options, Report, run_end};
use crate::sign_in::{reason, renew};
use crate::unsaved::{Next, Unsaved, is_page_of};

/// How often the lease is renewed while nothing is saved.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Syncs sources.
#[derive(Clone, Debug)]
pub struct Syncer {
    store: Store,
    vault: Vault,
    clock: Clock,
    client: reqwest::Client,
    holder: String,
}

impl Syncer {
    /// A syncer over a database.
    pub fn new(store: Store, vault: Vault, clock: Clock) -> Result<Self, Error> {
        Ok(Self { store, vault, clock, client: open()?, holder: holder() })
    }

    /// Syncs one source, slice after slice, until its list is empty or something stops it.
    pub async fn sync(
        &self,
        source: &Source,
        options: Options,
        mut stop: watch::Receiver<bool>,
        tell: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Report, Error> {
        let service = service(source.platform);
        let zone = zone(&source.time_zone)?;
        let taken = self.store.take_lease(source.id, &self.holder, self.clock.now(), is_dead).await?;
        taken.map_err(|holder| Error::Held { holder })?;
        let report = match Round::begin(self, source, service, zone, options, tell).await {
            Ok(mut round) => {
                let report = round.run(options, &mut stop).await;
                if let Err(error) = &report {
                    round.broke_off(error).await;
                }
                report
            }
            Err(error) => Err(error),
        };
        // A lease that cannot be given back runs out by itself.
        if let Err(error) = self.store.release_lease(source.id, &self.holder).await {
            tracing::warn!(source = source.name, %error, "the lease could not be given back");
        }
        report
    }
}

/// A sync of one source under its lease.
struct Round<'a> {
    syncer: &'a Syncer,
    service: &'static Service,
    zone: TimeZone,
    line: Line,
    credential: Credential,
    source: &'a Source,
    engine: Engine,
    turn: Turn,
    memory: Memory,
    settings: Settings,
    campaigns: usize,
    calls: u64,
    changed: u64,
    unchanged: u64,
    problems: usize,
    unsaved: Unsaved,
    tell: &'a (dyn Fn(Event<'_>) + Send + Sync),
}

impl<'a> Round<'a> {
    async fn begin(
        syncer: &'a Syncer,
        source: &'a Source,
        service: &'static Service,
        zone: TimeZone,
        options: Options,
        tell: &'a (dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Self, Error> {
        // Under the lease: another process may have renewed it until now.
        let stored = syncer.store.credential(source.id, &syncer.vault).await?;
        let credential = Credential::from_secret(&stored);
        let site = source.site();
        let client = if site.is_public_only { client(site)? } else { syncer.client.clone() };
        let (key, forms) = (credential.key.clone(), credential.forms.clone());
        let line = Line::new(client, service, site.base_url, key, forms, &source.settings, syncer.clock)?;
        let now = syncer.clock.now();
        let mut memory = syncer.store.memory(source.id).await?;
        let is_list_empty = syncer.store.pending(source.id).await?.is_empty();
        let campaigns = syncer.store.campaign_states(source.id).await?.len();
        let is_due = is_round_due(&memory, is_list_empty, options.is_full, now);
        memory.is_full = if is_due { options.is_full } else { memory.is_full };
        let absent = absent(&memory, now);
        let context = Context {
            params: &Params::none(),
            read_at: now,
            zone: &zone,
            settings: &source.settings,
            is_full: memory.is_full,
            absent: &absent,
            watermarks: &memory.watermarks,
            campaigns,
            stored: None,
            campaign_names: None,
        };
        // Keys of members live as long as a process, so that one that goes on asks for them too.
        let first = if is_due { service.present_root_calls(&context) } else { service.key_calls() };
        let mut limits = Limits::of(service, &source.settings);
        if let Some(budget) = options.time_budget {
            limits = limits.with_budget(budget);
        }
        let seed = now.as_microsecond().unsigned_abs() ^ source.id.unsigned_abs();
        let mut engine = Engine::new(limits, &memory, seed, now);
        let mut turn = Turn {
            source_id: source.id,
            holder: syncer.holder.clone(),
            run_id: 0,
            now,
            reserve: engine.reserve(now),
            details: service.endpoints.iter().filter(|one| one.is_detail).map(|one| one.name).collect(),
            anchor: service.endpoints.iter().find(|one| one.recalls).map_or("", |one| one.name),
        };
        let pending = syncer.store.begin_run(&mut turn, &first, is_due.then_some(memory.is_full)).await?;
        tell(Event::Began(&pending));
        engine.planted(pending);
        Ok(Self {
            syncer,
            service,
            zone,
            line,
            credential,
            source,
            engine,
            turn,
            memory,
            settings: source.settings.clone(),
            campaigns,
            calls: 0,
            changed: 0,
            unchanged: 0,
            problems: 0,
            unsaved: Unsaved::new(syncer.store.clone()),
            tell,
        })
    }

    async fn run(&mut self, options: Options, stop: &mut watch::Receiver<bool>) -> Result<Report, Error> {
        let mut is_ready = !self.credential.is_due(self.now());
        let ending = loop {
            if !std::mem::replace(&mut is_ready, true) {
                let Some(renewed) = self.renew(stop).await? else { break Ending::Interrupted };
                // A key that is still good for some hours is used; when it is refused, the person is asked.
                if let Err(refusal) = renewed {
                    tracing::warn!(
                        source = self.source.name,
                        "the sign-in was not renewed: {}",
                        reason(refusal)
                    );
                }
            }
            if *stop.borrow() {
                break Ending::Interrupted;
            }
            if !self.unsaved.is_empty() && !self.unsaved.may_precede(self.engine.first()) {
                self.save_all().await?;
            }
            match self.engine.next(self.now()) {
                Step::Wait { .. } | Step::Stop(_) if !self.unsaved.is_empty() => self.save_all().await?,
                Step::Wait { until, why } => {
                    (self.tell)(Event::Waiting(until, &why));
                    if !self.wait(until, stop).await? {
                        break Ending::Interrupted;
                    }
                }
                Step::Call(call) => {
                    if !self.call(&call, stop).await? {
                        break Ending::Interrupted;
                    }
                }
                Step::Stop(Stop::Budget) if !options.is_one_slice => self.engine.begin_slice(self.now()),
                Step::Stop(stop) => break Ending::Stopped(stop),
            }
        };
        self.end(ending).await
    }

    /// Notes why the run ended, where the database still takes a note.
    async fn broke_off(&mut self, error: &Error) {
        self.turn.now = self.now();
        self.turn.reserve = self.engine.reserve_at_end(self.turn.now);
        let end = RunEnd { outcome: "failed", reason: error.to_string(), hint: error.hint().to_owned() };
        if let Err(error) = self.syncer.store.end_run(&self.turn, &end).await {
            tracing::warn!(%error, "the end of the run could not be noted");
        }
    }

    async fn end(&mut self, ending: Ending) -> Result<Report, Error> {
        self.save_all().await?;
        let now = self.now();
        self.turn.now = now;
        self.turn.reserve = self.engine.reserve_at_end(now);
        if !matches!(ending, Ending::Interrupted) {
            self.syncer.store.settle_people(self.turn.source_id, Some(&self.turn)).await?;
        }
        self.syncer.store.end_run(&self.turn, &run_end(&ending)).await?;
        Ok(Report {
            ending,
            calls: self.calls,
            changed: self.changed,
            unchanged: self.unchanged,
            problems: self.problems,
            failed_calls: self.syncer.store.failed_calls(self.turn.source_id).await?,
            pending: self.engine.pending(),
            quota_left: self.engine.quota_left(),
        })
    }

    /// Makes one call and saves what came of it; false when it was interrupted.
    async fn call(&mut self, call: &Call, stop: &mut watch::Receiver<bool>) -> Result<bool, Error> {
        let Some(endpoint) = self.service.endpoint(&call.endpoint) else {
            return self.forget_unknown(call).await;
        };
        (self.tell)(Event::Calling(call));
        self.calls += 1;
        self.engine.started(endpoint, self.now());
        let exchanged = self.exchange_renewed(endpoint, call, stop).await;
        self.line.take_statuses().into_iter().for_each(|status| (self.tell)(Event::Answered(status)));
        let Some((verdict, throttle)) = exchanged? else { return Ok(false) };
        let is_root = self.is_needed(endpoint, &call.params);
        let now = self.now();
        let decision = self.engine.answered(now, endpoint, is_root, &verdict, throttle);
        self.turn.now = now;
        self.turn.reserve = self.engine.reserve(now);
        match (decision, verdict) {
            (Decision::Data, Verdict::Data(body)) => self.save(endpoint, call, body).await?,
            (Decision::Failure(failure), _) => {
                self.save_all().await?;
                // Parameters may tell an address, which no log shall.
                tracing::debug!(endpoint = call.endpoint, ?failure, "no data");
                let instead = match &failure {
                    Failure::Absent(absent) | Failure::Locked(absent) => {
                        self.instead(std::slice::from_ref(absent), Some(call)).await?
                    }
                    _ => Vec::new(),
                };
                let planted = self.syncer.store.save_failure(&self.turn, call, &failure, &instead).await?;
                (self.tell)(Event::Failed(call, &failure, &planted));
                self.engine.planted(planted);
            }
            _ => {}
        }
        Ok(true)
    }

    /// Whether all others hang on it: the first root, unless something stands in for it.
    fn is_needed(&self, endpoint: &Endpoint, params: &Params) -> bool {
        let absent = absent(&self.memory, self.turn.now);
        self.service.roots.first().is_some_and(|root| root.name == endpoint.name)
            && (self.service.instead)(&self.context(params, &absent), endpoint, params).is_empty()
    }

    async fn save(
        &mut self,
        endpoint: &'static Endpoint,
        call: &Call,
        mut body: serde_json::Value,
    ) -> Result<(), Error> {
        self.line.learn(endpoint, &mut body, &self.zone);
        (endpoint.lighten)(&mut body);
        redact(&mut body);
        let stored = match call.params.get("campaign_id").filter(|_| endpoint.recalls) {
            Some(campaign_id) => self.syncer.store.stored_campaign(self.turn.source_id, campaign_id).await?,
            None => None,
        };
        let names = match endpoint.names_campaigns {
            true => Some(self.syncer.store.campaign_names(self.turn.source_id).await?),
            false => None,
        };
        let absent = absent(&self.memory, self.turn.now);
        let context = Context {
            stored: stored.as_ref(),
            campaign_names: names.as_ref(),
            ..self.context(&call.params, &absent)
        };
        let mut understood = understand(endpoint, &context, &body);
        let told = std::mem::take(&mut understood.unusable).into_iter();
        let gone: Vec<Absent> = told.map(|(name, reason)| unusable(self.turn.now, name, reason)).collect();
        understood.follow.extend(self.instead(&gone, None).await?);
        let asked = endpoint.asked(&call.params);
        let answer = Answer {
            asked,
            body: serde_json::to_vec(&body).unwrap_or_default(),
            read_at: self.turn.now,
            rows: understood.rows,
            problems: understood.problems,
            follow: understood.follow,
            sweeps: understood.sweeps,
            census: understood.census,
            tallies: understood.tallies,
            watermark: understood.watermark,
            recount: understood.recount,
            gaps: understood.gaps,
            unusable: gone,
            batch_size: batch_size(&self.settings),
        };
        // What a quota counts is noted before the next call, and what an answer is compared with is stored before it.
        let may_go_on = self.engine.quota_left().is_none() && !endpoint.recalls && !endpoint.names_campaigns;
        match self.unsaved.hold(call, answer, may_go_on) {
            Next::Unknown => return self.save_all().await,
            Next::Page(page) => self.engine.go_on(page),
            Next::Nothing => {}
        }
        if self.unsaved.is_due(self.turn.now) {
            let done = self.unsaved.begin(&self.turn).await?;
            self.saved(done);
        }
        Ok(())
    }

    /// Saves everything that came.
    async fn save_all(&mut self) -> Result<(), Error> {
        let mut done = self.unsaved.begin(&self.turn).await?;
        done.extend(self.unsaved.finish().await?);
        self.saved(done);
        self.unsaved.nothing_ahead();
        Ok(())
    }

    fn saved(&mut self, done: Vec<(Call, Saved)>) {
        for (call, saved) in done {
            self.changed += saved.changed;
            self.unchanged += saved.unchanged;
            self.problems += saved.problems;
            (self.tell)(Event::Saved(&call, &saved));
            let planted = saved.planted.into_iter().filter(|planted| !self.unsaved.was_ahead(planted));
            let (pages, others): (Vec<Call>, Vec<Call>) =
                planted.partition(|planted| is_page_of(&call, &planted.endpoint, &planted.params));
            pages.into_iter().for_each(|page| self.engine.go_on(page));
            self.engine.planted(others);
        }
    }

    fn context<'c>(&'c self, params: &'c Params, absent: &'c BTreeSet<String>) -> Context<'c> {
        Context {
            params,
            read_at: self.turn.now,
            zone: &self.zone,
            settings: &self.settings,
            is_full: self.memory.is_full,
            absent,
            watermarks: &self.memory.watermarks,
            campaigns: self.campaigns,
            stored: None,
            campaign_names: None,
        }
    }

    /// What is asked in place of endpoints that turned out to be absent: where one watches over all campaigns, each
    /// campaign by itself; else what stands in for each of their calls.
    async fn instead(&mut self, gone: &[Absent], failed: Option<&Call>) -> Result<Vec<Follow>, Error> {
        let mut dropped: Vec<Call> = failed.into_iter().cloned().collect();
        for Absent { endpoint, reason, ask_again_at } in gone {
            let absence = Absence { reason: reason.clone(), ask_again_at: *ask_again_at };
            self.memory.absent.insert((*endpoint).to_owned(), absence);
            dropped.extend(self.engine.drop_calls(endpoint));
        }
        let absent = absent(&self.memory, self.turn.now);
        let mut follow = Vec::new();
        for call in &dropped {
            if let Some(endpoint) = self.service.endpoint(&call.endpoint) {
                let context = self.context(&call.params, &absent);
                follow.extend((self.service.instead)(&context, endpoint, &call.params));
            }
        }
        if self.service.watch.is_some_and(|watch| gone.iter().any(|gone| gone.endpoint == watch.name)) {
            let nothing = Params::none();
            for (id, status) in self.syncer.store.campaign_states(self.turn.source_id).await? {
                follow.extend((self.service.campaign_calls)(&self.context(&nothing, &absent), &id, &status));
            }
        }
        Ok(follow)
    }

    /// A call that an older or newer Atlas put on the list.
    async fn forget_unknown(&mut self, call: &Call) -> Result<bool, Error> {
        let failure = Failure::GivenUp {
            reason: format!("this version of Atlas has no endpoint '{}'", call.endpoint),
            hint: String::new(),
        };
        let refused = Verdict::Refused { reason: String::new(), hint: String::new() };
        let any = self.service.endpoints[0];
        self.engine.answered(self.now(), any, false, &refused, Throttle::default());
        self.syncer.store.save_failure(&self.turn, call, &failure, &[]).await?;
        Ok(true)
    }

    /// The call over the network, once more with a new key where the account's own was refused; nothing when it was
    /// interrupted.
    async fn exchange_renewed(
        &mut self,
        endpoint: &Endpoint,
        call: &Call,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<(Verdict, Throttle)>, Error> {
        let Some((verdict, throttle)) = self.under_lease(self.line.call(endpoint, call), stop).await? else {
            return Ok(None);
        };
        let verdict = self.line.settle(call, verdict);
        if matches!(verdict, Verdict::Data(_)) {
            self.keep_form(endpoint).await?;
        }
        let verdict = self.line.or_in_next_form(endpoint, verdict);
        if !matches!(verdict, Verdict::Forbidden { .. }) || !self.credential.is_renewable() {
            return Ok(Some((verdict, throttle)));
        }
        let Some(renewed) = self.renew(stop).await? else { return Ok(None) };
        match renewed {
            Ok(()) => {
                self.calls += 1;
                self.under_lease(self.line.call(endpoint, call), stop).await
            }
            Err(Refusal::Later(reason)) => {
                let reason = format!("the sign-in could not be renewed: {reason}");
                let later =
                    Verdict::Retry { reason, told: None, pause: None, is_too_fast: false, attempts: None };
                Ok(Some((later, throttle)))
            }
            Err(refusal) => {
                let reason = format!("the sign-in is over: {}", reason(refusal));
                let hint = format!("sign in again: atlas source connect {}", self.source.name);
                Ok(Some((Verdict::Forbidden { reason, hint }, throttle)))
            }
        }
    }

    /// The form in which the key was accepted, where it is a new one: the next process begins with it.
    async fn keep_form(&mut self, endpoint: &Endpoint) -> Result<(), Error> {
        let Some(forms) = self.line.accepted(endpoint).cloned() else { return Ok(()) };
        self.credential.forms = forms;
        self.turn.now = self.now();
        let sealed = self.credential.to_secret();
        Ok(self.syncer.store.renew_credential(&self.turn, &sealed, &self.syncer.vault).await?)
    }

    /// Gets a new key and stores it, with what renews it next, before it is used; nothing when it was interrupted.
    async fn renew(
        &mut self,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Result<(), Refusal>>, Error> {
        let (client, base_url) = (self.line.client(), self.source.base_url.as_deref());
        let renewal = renew(client, self.service, base_url, &self.credential, self.syncer.clock);
        let Some(renewed) = self.under_lease(renewal, stop).await? else { return Ok(None) };
        let credential = match renewed {
            Ok(credential) => credential,
            Err(refusal) => return Ok(Some(Err(refusal))),
        };
        self.turn.now = self.now();
        let sealed = credential.to_secret();
        self.syncer.store.renew_credential(&self.turn, &sealed, &self.syncer.vault).await?;
        self.line.set_key(credential.key.clone());
        self.credential = credential;
        Ok(Some(Ok(())))
    }

    /// Waits for the network with the lease kept alive; nothing when it was interrupted.
    async fn under_lease<T>(
        &self,
        work: impl Future<Output = T>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<T>, Error> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(Some(done)),
                () = stopped(stop) => return Ok(None),
                () = tokio::time::sleep(HEARTBEAT) => self.keep_lease().await?,
            }
        }
    }

    /// Waits with the lease kept alive; false when it was interrupted. A clock that is set meanwhile does not make it
    /// longer.
    async fn wait(&self, until: Timestamp, stop: &mut watch::Receiver<bool>) -> Result<bool, Error> {
        let left = until.duration_since(self.now());
        if !left.is_positive() {
            return Ok(true);
        }
        let wait = tokio::time::sleep(left.unsigned_abs());
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => return Ok(true),
                () = stopped(stop) => return Ok(false),
                () = tokio::time::sleep(HEARTBEAT) => self.keep_lease().await?,
            }
        }
    }

    async fn keep_lease(&self) -> Result<(), Error> {
        Ok(self.syncer.store.renew_lease(self.turn.source_id, &self.turn.holder, self.now()).await?)
    }

    fn now(&self) -> Timestamp {
        self.syncer.clock.now()
    }
}

/// Comes when somebody asks to stop. Nobody left to ask means that nobody will.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let is_asked = stop.wait_for(|stop| *stop).await.is_ok();
    if !is_asked {
        std::future::pending::<()>().await;
    }
}

/// Rows in a statement at most.
pub(crate) fn batch_size(settings: &Settings) -> usize {
    settings.number("batch_size").and_then(|size| usize::try_from(size).ok()).unwrap_or(50)
}
