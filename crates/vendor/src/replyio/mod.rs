//! Reply.io: e-mail sequences, <https://api.reply.io>.

mod answers;
mod campaign_totals;
mod contacts;
mod email_accounts;
mod global_statistics;
mod inbox_threads;
mod people;
mod sent_emails;
mod sequence_days;
mod sequence_statistics;
mod sequence_steps;
mod sequences;
mod thread_messages;
pub(crate) mod webhook;
mod words;

use atlas_model::{Follow, Params, Platform, When};
use jiff::SignedDuration;

use crate::endpoint::{Context, Counts, Endpoint, Pace, Paging};
use crate::service::{Auth, Service};

/// How the current generation pages its lists. Its `limit` and `page` are ignored in silence.
const PAGES: Paging = Paging {
    start: "skip",
    counts: Counts::Records,
    size: "top",
    limit: 100,
    more: &["hasMore", "info.hasMore"],
    total: None,
};

/// The same where no specification names the page: as large as the service allows, since calls are counted.
const LARGE_PAGES: Paging = Paging { limit: 1000, ..PAGES };

/// Reply.io's endpoints, in the order in which a sync comes to them. Where several tell the same, the specification's
/// comes first and the others stand in for it, in their order.
const ENDPOINTS: &[&Endpoint] = &[
    &sequences::ENDPOINT,
    &global_statistics::ENDPOINT,
    &campaign_totals::ENDPOINT,
    &email_accounts::ENDPOINT,
    &email_accounts::CURRENT,
    &email_accounts::LEGACY,
    &email_accounts::DETAIL,
    &sequence_statistics::ENDPOINT,
    &sequence_days::CHECK,
    &sequence_days::ENDPOINT,
    &sequence_steps::ENDPOINT,
    &sequence_steps::EMAILS,
    &sequence_steps::DETAIL,
    &sequence_steps::LEGACY,
    &people::ENDPOINT,
    &people::IN_SEQUENCE,
    &people::STATES,
    &people::LEGACY,
    &contacts::ENDPOINT,
    &inbox_threads::ENDPOINT,
    &sent_emails::ENDPOINT,
    &thread_messages::ENDPOINT,
];

/// What can be had in several ways, best way first.
const WAYS: &[&[&Endpoint]] = &[
    &[&sequences::ENDPOINT, &campaign_totals::ENDPOINT],
    &[&sequence_statistics::ENDPOINT, &campaign_totals::ENDPOINT],
    &[&email_accounts::ENDPOINT, &email_accounts::CURRENT, &email_accounts::LEGACY],
    sequence_steps::WAYS,
    people::WAYS,
];

/// Reply.io as a whole.
pub(crate) const SERVICE: Service = Service {
    platform: Platform::ReplyIo,
    origin: "https://api.reply.io",
    base: "",
    auth,
    oauth: None,
    take_keys: |_, _, _, _| Vec::new(),
    key_hint: "Reply.io → Settings → API key → copy the key (one that may read sequences, contacts and reports)",
    time_zone: "UTC",
    pace: |pace| match pace {
        Pace::Standard => SignedDuration::from_millis(3000),
        Pace::Statistics => SignedDuration::from_millis(10_500),
    },
    endpoints: ENDPOINTS,
    roots: &[
        &sequences::ENDPOINT,
        &global_statistics::ENDPOINT,
        &campaign_totals::ENDPOINT,
        &email_accounts::ENDPOINT,
    ],
    watch: Some(&campaign_totals::ENDPOINT),
    campaign_calls: sequences::calls,
    back_fill: sent_emails::back_fill,
    instead,
    judge: answers::judge,
    throttle: answers::throttle,
};

const KEY: Auth = Auth::Header("x-api-key");

/// The current generation documents a bearer token and has been seen to want the older header: it gets both, and where it
/// will not have that, either of them.
fn auth(endpoint: &Endpoint) -> &'static [&'static [Auth]] {
    if endpoint.path.starts_with("/v3/") {
        &[&[Auth::Bearer, KEY], &[Auth::Bearer], &[KEY]]
    } else {
        &[&[KEY], &[Auth::Bearer]]
    }
}

/// The way in which the same is asked when a way is absent.
fn instead(context: &Context<'_>, endpoint: &Endpoint, params: &Params) -> Vec<Follow> {
    let is_it = |way: &&Endpoint| way.name == endpoint.name;
    WAYS.iter()
        .filter(|ways| ways.iter().take(ways.len() - 1).any(is_it))
        .filter_map(|ways| ask(context, ways, params.get("campaign_id"), When::Always))
        .collect()
}

/// The call for a campaign (or the whole account) by the best of these ways that is not absent.
fn ask(
    context: &Context<'_>,
    ways: &[&'static Endpoint],
    campaign_id: Option<&str>,
    when: When,
) -> Option<Follow> {
    let endpoint = ways.iter().find(|way| !context.absent.contains(way.name))?;
    let is_asked_of = endpoint.path.contains("{campaign_id}") || endpoint.query.contains(&"sequenceId");
    let mut params = Params::none();
    if let Some(campaign_id) = campaign_id.filter(|_| is_asked_of) {
        params = params.with("campaign_id", campaign_id);
        if endpoint.query.contains(&"sequenceId") {
            params = params.with("sequenceId", campaign_id);
        }
    }
    let params = endpoint.paging.map_or_else(|| params.clone(), |paging| paging.first(params.clone()));
    Some(Follow { endpoint: endpoint.name, params, priority: endpoint.priority, when })
}
