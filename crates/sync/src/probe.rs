//! Asking each endpoint of a source once, to see what answers, before anything is stored.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use atlas_model::{Call, Clock, Follow, Secret, Settings, Site};
use atlas_vendor::{Context, Verdict, service, understand};
use jiff::Timestamp;

use crate::credential::Forms;
use crate::engine::{FURTHEST, Limits};
use crate::error::Error;
use crate::http::{Line, client};
use crate::plan::zone;

/// What one endpoint answered.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The endpoint's name.
    pub endpoint: &'static str,
    /// The endpoint's heading.
    pub title: &'static str,
    /// What it answered.
    pub result: ProbeResult,
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// It gives data: so many records.
    Answers(usize),
    /// The service has no such route.
    Absent(String),
    /// The key is refused.
    Forbidden(String),
    /// It does not work now.
    Fails(String),
    /// Nothing to ask it about: the account has no campaign.
    NotAsked,
}

impl ProbeResult {
    /// The state, and what more there is to say.
    pub fn in_words(&self) -> (&'static str, String) {
        match self {
            Self::Answers(records) => {
                ("answers", format!("{records} record{}", if *records == 1 { "" } else { "s" }))
            }
            Self::Absent(reason) => ("route absent", reason.clone()),
            Self::Forbidden(detail) => ("refused", detail.lines().next().unwrap_or_default().to_owned()),
            Self::Fails(reason) => ("fails", reason.clone()),
            Self::NotAsked => ("not asked", "nothing has asked for it yet".to_owned()),
        }
    }
}

/// Asks each endpoint of a service once, at its pace and not before the instant that earlier calls left.
pub async fn probe(
    platform: atlas_model::Platform,
    site: Site<'_>,
    key: &Secret,
    settings: &Settings,
    time_zone: &str,
    not_before: Option<Timestamp>,
    clock: Clock,
) -> Result<Vec<Probe>, Error> {
    let service = service(platform);
    let zone = zone(time_zone)?;
    let mut line =
        Line::new(client(site)?, service, site.base_url, key.clone(), Forms::new(), settings, clock)?;
    let limits = Limits::of(service, settings);
    if let Some(wait) = not_before.map(|at| at.duration_since(clock.now())).filter(|wait| wait.is_positive())
    {
        tokio::time::sleep(wait.unsigned_abs().min(FURTHEST.unsigned_abs())).await;
    }
    let mut results: BTreeMap<&str, ProbeResult> = BTreeMap::new();
    let mut absent = BTreeSet::new();
    let mut wanted: VecDeque<Follow> = service.root_calls().into();
    while let Some(follow) = wanted.pop_front() {
        let Some(endpoint) = service.endpoint(follow.endpoint).filter(|e| !results.contains_key(e.name))
        else {
            continue;
        };
        let call = Call {
            endpoint: follow.endpoint.to_owned(),
            params: follow.params.clone(),
            priority: follow.priority,
            attempts: 0,
        };
        let pause = tokio::time::sleep(limits.spacing(endpoint.pace).unsigned_abs());
        let (verdict, _) = line.call(endpoint, &call).await;
        let verdict = line.settle(&call, verdict);
        let is_refused = matches!(verdict, Verdict::Forbidden { .. });
        if is_refused && line.try_next_form(endpoint) {
            wanted.push_front(follow);
            pause.await;
            continue;
        }
        if matches!(verdict, Verdict::Data(_)) {
            line.accepted(endpoint);
        }
        if matches!(verdict, Verdict::Absent { .. } | Verdict::Locked { .. }) {
            absent.insert(endpoint.name.to_owned());
        }
        let context = Context {
            params: &call.params,
            read_at: clock.now(),
            zone: &zone,
            settings,
            is_full: true,
            absent: &absent,
            watermarks: &BTreeMap::new(),
            campaigns: 0,
            stored: None,
            campaign_names: None,
        };
        let result = match verdict {
            Verdict::Data(mut body) => {
                line.learn(endpoint, &mut body, &zone);
                let understood = understand(endpoint, &context, &body);
                wanted.extend(understood.rows.into_iter().flat_map(|row| row.on_change));
                wanted.extend(understood.follow);
                ProbeResult::Answers(understood.records)
            }
            Verdict::Absent { reason } | Verdict::Locked { reason } => {
                wanted.extend((service.instead)(&context, endpoint, &call.params));
                ProbeResult::Absent(reason)
            }
            Verdict::Forbidden { reason, hint } => ProbeResult::Forbidden(format!("{reason}\nhint: {hint}")),
            Verdict::Retry { reason, .. } | Verdict::Refused { reason, .. } | Verdict::Gone { reason } => {
                ProbeResult::Fails(reason)
            }
        };
        results.insert(endpoint.name, result);
        // After the last call too: a sync may follow at once.
        pause.await;
        if is_refused {
            break;
        }
    }
    let probe = |endpoint: &&'static atlas_vendor::Endpoint| Probe {
        endpoint: endpoint.name,
        title: endpoint.short_title(),
        result: results.get(endpoint.name).cloned().unwrap_or(ProbeResult::NotAsked),
    };
    Ok(service.endpoints.iter().map(probe).collect())
}
