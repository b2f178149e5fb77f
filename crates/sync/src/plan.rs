//! What a sync would do, without doing it.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::Params;
use atlas_store::{Memory, Source, Store};
use atlas_vendor::{Context, Endpoint, service};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::engine::{Engine, Limits};
use crate::error::Error;

/// While calls of a round are pending, its roots come onto the list again after so long.
const ROUND: SignedDuration = SignedDuration::from_hours(1);

/// The calls that a sync would make, as far as is known before the first answer.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Calls by endpoint, in the order in which they come.
    pub calls: Vec<(&'static Endpoint, usize)>,
    /// How long they take at the source's pace.
    pub duration: SignedDuration,
    /// What the quota has left for the month, if there is one.
    pub quota_left: Option<i64>,
}

/// Plans a sync of a source.
pub async fn plan(store: &Store, source: &Source, is_full: bool, now: Timestamp) -> Result<Plan, Error> {
    let service = service(source.platform);
    let zone = zone(&source.time_zone)?;
    let memory = store.memory(source.id).await?;
    let pending = store.pending(source.id).await?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in &pending {
        *counts.entry(call.endpoint.clone()).or_default() += 1;
    }
    let absent = absent(&memory, now);
    let campaigns = store.campaign_states(source.id).await?;
    let context = Context {
        params: &Params::none(),
        read_at: now,
        zone: &zone,
        settings: &source.settings,
        is_full,
        absent: &absent,
        watermarks: &memory.watermarks,
        campaigns: campaigns.len(),
        stored: None,
        campaign_names: None,
    };
    if is_round_due(&memory, pending.is_empty(), is_full, now) {
        let mut follow = service.present_root_calls(&context);
        for (id, status) in &campaigns {
            follow.extend((service.campaign_calls)(&context, id, status));
        }
        for call in store.would_plant(source.id, now, &follow).await? {
            *counts.entry(call.endpoint).or_default() += 1;
        }
        let unread = store.unread_activities(source.id).await?;
        if let Some((endpoint, calls)) =
            (service.back_fill)(&context, &unread).filter(|(_, calls)| *calls > 0)
        {
            *counts.entry(endpoint.name.to_owned()).or_default() += calls;
        }
        for endpoint in service.watch.iter().filter(|endpoint| !absent.contains(endpoint.name)) {
            counts.entry(endpoint.name.to_owned()).or_insert(1);
        }
    }
    let limits = Limits::of(service, &source.settings);
    let calls: Vec<_> = service
        .endpoints
        .iter()
        .filter_map(|endpoint| counts.get(endpoint.name).map(|count| (*endpoint, *count)))
        .collect();
    let millis = calls.iter().map(|(endpoint, count)| {
        limits.spacing(endpoint.pace).as_millis() * i128::try_from(*count).unwrap_or(i128::MAX)
    });
    let duration = SignedDuration::from_millis(i64::try_from(millis.sum::<i128>()).unwrap_or(i64::MAX));
    Ok(Plan { calls, duration, quota_left: Engine::new(limits, &memory, 0, now).quota_left() })
}

/// Whether a sync begins at the roots, or goes on with what is pending.
pub(crate) fn is_round_due(memory: &Memory, is_list_empty: bool, is_full: bool, now: Timestamp) -> bool {
    let is_old = memory.rooted_at.is_none_or(|at| now.duration_since(at).abs() >= ROUND);
    is_list_empty || is_old || (is_full && !memory.is_full)
}

pub(crate) fn absent(memory: &Memory, now: Timestamp) -> BTreeSet<String> {
    let known = memory.absent.iter().filter(|(_, absence)| absence.ask_again_at > now);
    known.map(|(name, _)| name.clone()).collect()
}

pub(crate) fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::BadZone(name.to_owned()))
}
