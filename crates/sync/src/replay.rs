//! What was kept, answers and deliveries, understood once more with today's mapping.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Clock, Params};
use atlas_store::{Entry, Incoming, KeptAnswer, Meaning, Part, Replay, Source, Store};
use atlas_vendor::{Context, Service, service, understand};

use crate::deliveries::project;
use crate::error::Error;
use crate::holder::{holder, is_dead};
use crate::plan::zone;
use crate::shell::batch_size;

/// What a replay of a source came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replayed {
    /// Answers gone through, each as often as it was seen.
    pub answers: u64,
    /// Deliveries gone through.
    pub deliveries: u64,
    /// Rows that are new or differ now.
    pub changed: u64,
    /// Rows that were the same already.
    pub unchanged: u64,
    /// Values that could not be understood.
    pub problems: usize,
    /// Answers of endpoints that this version does not have.
    pub unknown: u64,
}

/// Derives a source's tables again from its journal, in one transaction. `tell` hears how many answers are done.
pub async fn replay(
    store: &Store,
    source: &Source,
    part: Part,
    clock: Clock,
    tell: &impl Fn(u64),
) -> Result<Replayed, Error> {
    let service = service(source.platform);
    let holder = holder();
    let taken = store.take_lease(source.id, &holder, clock.now(), is_dead).await?;
    taken.map_err(|holder| Error::Held { holder })?;
    let taken = store.take_projector_lease(source.id, &holder, clock.now(), is_dead).await;
    let replayed = match taken {
        Ok(Ok(())) => replay_held(store, source, service, &holder, part, clock, tell).await,
        Ok(Err(holder)) => Err(Error::Held { holder }),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = store.release_projector_lease(source.id, &holder).await {
        tracing::warn!(source = source.name, %error, "the projector's lease could not be given back");
    }
    if let Err(error) = store.release_lease(source.id, &holder).await {
        tracing::warn!(source = source.name, %error, "the lease could not be given back");
    }
    replayed
}

async fn replay_held(
    store: &Store,
    source: &Source,
    service: &Service,
    holder: &str,
    part: Part,
    clock: Clock,
    tell: &impl Fn(u64),
) -> Result<Replayed, Error> {
    let zone = zone(&source.time_zone)?;
    // What stands in for an endpoint that is absent means more than where that answers.
    let absent: BTreeSet<String> = store.memory(source.id).await?.absent.into_keys().collect();
    let nothing = Params::none();
    let general = Context {
        params: &nothing,
        read_at: clock.now(),
        zone: &zone,
        settings: &source.settings,
        is_full: false,
        absent: &absent,
        watermarks: &BTreeMap::new(),
        campaigns: 0,
        stored: None,
        campaign_names: None,
    };
    let mut replayed = Replayed::default();
    if part.is_failed_only {
        failed_deliveries(store, source, holder, part, clock, tell, &mut replayed).await?;
    }
    if !store.has_more_than_deliveries(source.id, part).await? {
        store.settle_people(source.id, None).await?;
        return Ok(replayed);
    }
    let mut replay = store.begin_replay(source, holder, part, batch_size(&source.settings)).await?;
    loop {
        let page = replay.next(clock.now()).await?;
        if page.is_empty() {
            break;
        }
        let mut deliveries = Vec::new();
        for entry in page {
            let kept = match entry {
                Entry::Delivery(kept) => {
                    deliveries.push(kept);
                    continue;
                }
                Entry::Answer(kept) => kept,
            };
            redeliver(&mut replay, source, std::mem::take(&mut deliveries), clock, &mut replayed).await?;
            replayed.answers += 1;
            let (Some(endpoint), Some(body)) = (service.endpoint(&kept.endpoint), read(&kept)) else {
                replayed.unknown += 1;
                continue;
            };
            let stored = match kept.params.get("campaign_id").filter(|_| endpoint.recalls) {
                Some(campaign_id) => replay.stored_campaign(campaign_id).await?,
                None => None,
            };
            let names = match endpoint.names_campaigns {
                true => Some(replay.campaign_names().await?),
                false => None,
            };
            let context = Context {
                params: &kept.params,
                read_at: kept.seen_at,
                stored: stored.as_ref(),
                campaign_names: names.as_ref(),
                ..general
            };
            let understood = understand(endpoint, &context, &body);
            let meaning = Meaning {
                rows: &understood.rows,
                problems: &understood.problems,
                sweeps: &understood.sweeps,
                census: understood.census.as_ref(),
                tallies: &understood.tallies,
                recount: &understood.recount,
            };
            let saved = replay.write(&kept, &meaning, clock.now()).await?;
            replayed.changed += saved.changed;
            replayed.unchanged += saved.unchanged;
            replayed.problems += saved.problems;
        }
        redeliver(&mut replay, source, deliveries, clock, &mut replayed).await?;
        tell(replayed.answers + replayed.deliveries);
    }
    let details: Vec<&str> =
        service.endpoints.iter().filter(|one| one.is_detail).map(|one| one.name).collect();
    replay.finish(&details).await?;
    Ok(replayed)
}

/// Understands deliveries once more that could not be understood: each page is a transaction of its own, so that those that
/// come in meanwhile wait for no more than that.
async fn failed_deliveries(
    store: &Store,
    source: &Source,
    holder: &str,
    part: Part,
    clock: Clock,
    tell: &impl Fn(u64),
    replayed: &mut Replayed,
) -> Result<(), Error> {
    let mut place = 0;
    loop {
        let page = store.failed_deliveries(source.id, place, part).await?;
        let Some(last) = page.last() else { return Ok(()) };
        place = last.id;
        replayed.deliveries += page.len() as u64;
        let projected = project(source, store.account_words(source.id).await?, page)?;
        let batch_size = batch_size(&source.settings);
        let saved = store.save_anew(source.id, holder, clock.now(), projected, batch_size).await?;
        replayed.changed += saved.changed;
        replayed.unchanged += saved.unchanged;
        replayed.problems += saved.problems;
        tell(replayed.deliveries);
    }
}

/// Understands deliveries once more that came one after the other, with no answer between them.
async fn redeliver(
    replay: &mut Replay,
    source: &Source,
    deliveries: Vec<Incoming>,
    clock: Clock,
    replayed: &mut Replayed,
) -> Result<(), Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    replayed.deliveries += deliveries.len() as u64;
    let projected = project(source, replay.account_words().await?, deliveries)?;
    let saved = replay.write_deliveries(projected, clock.now()).await?;
    replayed.changed += saved.changed;
    replayed.unchanged += saved.unchanged;
    replayed.problems += saved.problems;
    Ok(())
}

fn read(kept: &KeptAnswer) -> Option<serde_json::Value> {
    serde_json::from_slice(&kept.body).ok()
}
