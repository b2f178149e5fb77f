//! PhoneBurner: calls, <https://www.phoneburner.com/rest/1>.

mod answers;
mod contact_activities;
mod contacts;
mod dial_session;
mod dial_sessions;
mod dial_usage;
mod dispositions;
mod keys;
mod members;
mod members_me;
mod records;
pub(crate) mod webhook;
mod windows;

use atlas_model::Platform;
use jiff::SignedDuration;

use crate::answer::Throttle;
use crate::endpoint::{Counts, Endpoint, Paging};
use crate::oauth::OAuth;
use crate::service::{Auth, Service};

/// PhoneBurner's endpoints, in the order in which a sync comes to them.
const ENDPOINTS: &[&Endpoint] = &[
    &members::ENDPOINT,
    &members_me::ENDPOINT,
    &dial_sessions::ENDPOINT,
    &dial_session::ENDPOINT,
    &dial_usage::ENDPOINT,
    &contacts::ENDPOINT,
    &contact_activities::ENDPOINT,
];

/// How PhoneBurner pages its lists; it tells how many pages there are inside the list's own name.
const fn pages(limit: usize, more: &'static [&'static str]) -> Paging {
    Paging { start: "page", counts: Counts::Pages, size: "page_size", limit, more, total: None }
}

/// PhoneBurner as a whole.
pub(crate) const SERVICE: Service = Service {
    platform: Platform::PhoneBurner,
    origin: "https://www.phoneburner.com",
    base: "/rest/1",
    auth: |_| &[&[Auth::Bearer]],
    oauth: Some(&OAuth {
        authorize: "/oauth/authorize",
        token: "/oauth/accesstoken",
        refresh: &["/oauth/refreshtoken", "/oauth/accesstoken"],
    }),
    take_keys: keys::take,
    key_hint: "PhoneBurner → Settings → Developer → personal access token (an administrator's, so that the team's calls \
               are seen); or sign in by browser: atlas source connect NAME",
    // All times of the service are US Central wall time without a zone.
    time_zone: "America/Chicago",
    pace: |_| SignedDuration::from_millis(500),
    endpoints: ENDPOINTS,
    roots: &[&members::ENDPOINT, &members_me::ENDPOINT],
    watch: None,
    campaign_calls: |_, _, _| Vec::new(),
    back_fill: |_, _| None,
    instead: members_me::instead,
    judge: answers::judge,
    throttle: |_, _| Throttle { not_before: None, spacing: None },
};
