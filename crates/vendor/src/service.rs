//! A service as a whole: where it is, how it is entered, how fast it may be asked, what it offers.

use atlas_model::{Follow, Params, Platform, Secret, When};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::{Reply, Throttle, Verdict};
use crate::endpoint::{Context, Endpoint, Pace};
use crate::oauth::OAuth;
use crate::{phoneburner, replyio, smartlead};

/// The parameter of a call that asks for keys alone: nothing follows from its answer.
pub(crate) const KEYS_ONLY: &str = "keys_only";

/// Who, and their key; none where it is the account's own.
pub type MemberKeys = Vec<(String, Option<Secret>)>;

/// An endpoint, and how many calls of it.
pub(crate) type Calls = (&'static Endpoint, usize);

/// A service that Atlas reads.
#[derive(Debug)]
pub struct Service {
    /// Which one.
    pub platform: Platform,
    /// Scheme, host and port; a data source's base URL replaces it.
    pub origin: &'static str,
    /// The path that every endpoint's path follows; empty where an endpoint's path tells its generation.
    pub base: &'static str,
    /// The forms in which a call may send the key, the usual one first. One that is refused is replaced by the next.
    pub auth: fn(&Endpoint) -> &'static [&'static [Auth]],
    /// How a person signs in by browser, where the service has a way.
    pub oauth: Option<&'static OAuth>,
    /// Takes the keys of members out of an answer, before anything of it is kept.
    pub take_keys: fn(&Endpoint, &mut Value, &TimeZone, Timestamp) -> MemberKeys,
    /// Where a person finds the key.
    pub key_hint: &'static str,
    /// The account's time zone unless set.
    pub time_zone: &'static str,
    /// From the start of one call to the start of the next, by class.
    pub pace: fn(Pace) -> SignedDuration,
    /// Its endpoints; a file of its folder that is not in this list fails a test.
    pub endpoints: &'static [&'static Endpoint],
    /// The endpoints that a sync begins with; the first is the one on which all others hang.
    pub roots: &'static [&'static Endpoint],
    /// The endpoint that watches over all campaigns: where it is absent, each is asked by itself.
    pub watch: Option<&'static Endpoint>,
    /// The calls that follow from a campaign that is known already: what a dry run counts.
    pub campaign_calls: fn(&Context<'_>, id: &str, status: &str) -> Vec<Follow>,
    /// The calls that reading single events takes, told how much each campaign has sent whose events were never read.
    pub back_fill: fn(&Context<'_>, unread: &[i64]) -> Option<Calls>,
    /// What is asked in place of a call with these parameters whose endpoint turned out to be absent.
    pub instead: fn(&Context<'_>, &Endpoint, &Params) -> Vec<Follow>,
    /// What an answer is.
    pub judge: fn(&Endpoint, &Reply<'_>, Timestamp) -> Verdict,
    /// How far an answer asks to be slowed down.
    pub throttle: fn(&Reply<'_>, Timestamp) -> Throttle,
}

/// A way in which a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// As this query parameter.
    Query(&'static str),
    /// As the value of this header.
    Header(&'static str),
    /// As `Authorization: Bearer`.
    Bearer,
}

impl Service {
    /// The calls with which a process that goes on with a round begins: for the keys of members, and nothing else.
    pub fn key_calls(&self) -> Vec<Follow> {
        let keys = self.root_calls().into_iter();
        let keys = keys.filter(|call| self.endpoint(call.endpoint).is_some_and(|one| one.brings_keys));
        keys.map(|call| Follow { params: call.params.with(KEYS_ONLY, true), ..call }).collect()
    }

    /// The calls that a sync begins with.
    pub fn root_calls(&self) -> Vec<Follow> {
        let call = |endpoint: &&'static Endpoint| Follow {
            endpoint: endpoint.name,
            params: endpoint.paging.map_or_else(Params::none, |paging| paging.first(Params::none())),
            priority: endpoint.priority,
            when: When::Always,
        };
        self.roots.iter().map(call).collect()
    }

    /// The same, with what stands in for those that the service lacks.
    pub fn present_root_calls(&self, context: &Context<'_>) -> Vec<Follow> {
        let mut calls = self.root_calls();
        for root in self.roots.iter().filter(|root| context.absent.contains(root.name)) {
            calls.extend((self.instead)(context, root, &Params::none()));
        }
        calls
    }

    /// The endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<&'static Endpoint> {
        self.endpoints.iter().copied().find(|endpoint| endpoint.name == name)
    }
}

/// The service behind a platform.
pub fn service(platform: Platform) -> &'static Service {
    match platform {
        Platform::SmartLead => &smartlead::SERVICE,
        Platform::ReplyIo => &replyio::SERVICE,
        Platform::PhoneBurner => &phoneburner::SERVICE,
    }
}
