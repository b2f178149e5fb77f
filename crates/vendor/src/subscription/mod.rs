//! What a service is asked so that it posts to an address: what is subscribed already is looked at first, so that nothing
//! is doubled.

mod phoneburner;
mod replyio;
mod smartlead;

use atlas_model::{Params, Platform, Secret};
use serde_json::Value;

use crate::endpoint::{Endpoint, PLAIN, Records};

pub use phoneburner::HOOKS;

/// A way of subscribing that a service may have.
#[derive(Debug)]
pub struct Way {
    /// Tells what is subscribed already; where its path names a campaign, each campaign has subscriptions of its own.
    pub list: &'static Endpoint,
    /// What its answer tells.
    standing: fn(&Value) -> Vec<Standing>,
    /// What has to be asked for so that it is as wished.
    changes: fn(&'static Endpoint, &Wish<'_>, &[Standing]) -> Vec<Change>,
}

/// What is wished for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Where deliveries shall go, with the token.
    pub address: &'a Secret,
    /// Tokens of other sources here: what posts to those stays as it is.
    pub others: &'a [Secret],
    /// The account's reply categories by name.
    pub categories: &'a [String],
}

/// How a change is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Something new, or all of something anew.
    Post,
    /// A part of something.
    Patch,
    /// Away with it.
    Delete,
}

/// What a change comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// There was none.
    Makes,
    /// One of ours posts to a former address, or lacks something, or was switched off by the service.
    Renews,
    /// One of ours that another one replaces.
    Removes,
}

/// A call that changes subscriptions. Its body holds the token.
pub struct Change {
    /// Where to.
    pub endpoint: &'static Endpoint,
    /// How.
    pub method: Method,
    /// What stands in the path.
    pub params: Params,
    /// What is sent.
    pub body: Option<Value>,
    /// What it comes to.
    pub does: Does,
    /// Which events.
    pub what: &'static str,
}

/// A subscription that there is.
#[derive(Debug, Default)]
struct Standing {
    id: String,
    address: String,
    events: Vec<String>,
    categories: Vec<String>,
    is_off: bool,
    /// Whether it is told that texts are left out.
    lacks_text: bool,
}

/// The ways of a service, best first; none where only a person can subscribe.
pub fn ways(platform: Platform) -> &'static [Way] {
    match platform {
        Platform::SmartLead => smartlead::WAYS,
        Platform::ReplyIo => replyio::WAYS,
        Platform::PhoneBurner => &[],
    }
}

impl Way {
    /// Whether each campaign has subscriptions of its own.
    pub fn is_by_campaign(&self) -> bool {
        self.list.path.contains("{campaign_id}")
    }

    /// What has to be asked for, in this order, after the list answered this; nothing where all is as it should be.
    pub fn changes(&self, wish: &Wish<'_>, listed: &Value) -> Vec<Change> {
        let ours: Vec<Standing> =
            (self.standing)(listed).into_iter().filter(|one| is_ours(wish, &one.address)).collect();
        (self.changes)(self.list, wish, &ours)
    }
}

/// Subscriptions in an answer, wherever it has them.
const LIST: Endpoint = Endpoint { records: Records::Array(&["", "data", "items", "webhooks"]), ..PLAIN };

fn listed(answer: &Value) -> Vec<&Value> {
    let inside = ["data", "items", "webhooks"].iter().find_map(|name| answer.get(*name)?.as_array());
    answer.as_array().or(inside).map(|list| list.iter().collect()).unwrap_or_default()
}

/// Whether it posts to this door, whatever its token, and is not another source's.
fn is_ours(wish: &Wish<'_>, address: &str) -> bool {
    let door = |address: &str| {
        let (door, _) = address.split_once('?').unwrap_or((address, ""));
        door.trim_end_matches('/').to_lowercase()
    };
    door(address) == door(wish.address.expose())
        && !wish.others.iter().any(|token| address.contains(token.expose()))
}

/// Whether it posts to exactly this address.
fn is_there(wish: &Wish<'_>, one: &Standing) -> bool {
    one.address == wish.address.expose()
}

/// The texts at the first of these names: a list of them, or an object whose keys they are.
fn texts(record: &Value, names: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().or_else(|| value.get("name")?.as_str()).map(str::to_owned);
    let read = |name: &&str| match record.get(*name)? {
        Value::Array(list) => Some(list.iter().filter_map(text).collect()),
        Value::Object(map) => {
            let is_on = |(_, value): &(&String, &Value)| **value != Value::Bool(false);
            Some(map.iter().filter(is_on).map(|(name, _)| name.clone()).collect())
        }
        Value::String(one) => Some(vec![one.clone()]),
        _ => None,
    };
    names.iter().find_map(read).unwrap_or_default()
}

#[cfg(test)]
mod tests;
