//! Reply.io: one subscription an event, for the whole account. The second generation is known to work; the third is
//! documented.

use atlas_model::Params;
use serde_json::{Value, json};

use super::{Change, Does, LIST, Method, Standing, Way, Wish, is_there, listed, texts};
use crate::endpoint::Endpoint;
use crate::event::squeeze;
use crate::read::{boolean, id};

pub(super) const WAYS: &[Way] = &[
    Way {
        list: &SECOND,
        standing,
        changes: |list, wish, ours| changes(&Generation::SECOND, list, wish, ours),
    },
    Way { list: &THIRD, standing, changes: |list, wish, ours| changes(&Generation::THIRD, list, wish, ours) },
];

const SECOND: Endpoint =
    Endpoint { name: "webhooks_v2", title: "Webhooks", path: "/api/v2/webhooks", ..LIST };
const SECOND_ONE: Endpoint = Endpoint { name: "webhook_v2", path: "/api/v2/webhooks/{id}", ..SECOND };
const THIRD: Endpoint = Endpoint { name: "webhooks", path: "/v3/webhooks", ..SECOND };
const THIRD_ONE: Endpoint = Endpoint { name: "webhook", path: "/v3/webhooks/{id}", ..SECOND };
const THIRD_ON: Endpoint = Endpoint { name: "webhook_on", path: "/v3/webhooks/{id}/enable", ..SECOND };

const EVENTS: [&str; 9] = [
    "email_sent",
    "email_opened",
    "email_link_clicked",
    "email_replied",
    "email_bounced",
    "email_auto_reply",
    "reply_categorized",
    "contact_opted_out",
    "contact_finished",
];

/// What two generations say differently.
struct Generation {
    one: &'static Endpoint,
    body: fn(&str, &str) -> Value,
    /// How one that was switched off is switched on.
    on: (&'static Endpoint, Method),
    on_body: fn() -> Option<Value>,
}

impl Generation {
    const SECOND: Self = Self {
        one: &SECOND_ONE,
        // Without its text a reply can be counted, but not read.
        body: |event, address| {
            json!({"event": event, "url": address, "payload": {"includeEmailUrl": false, "includeEmailText": true,
                "includeProspectCustomFields": false}})
        },
        on: (&SECOND_ONE, Method::Patch),
        on_body: || Some(json!({"isDisabled": false})),
    };
    const THIRD: Self = Self {
        one: &THIRD_ONE,
        body: |event, address| {
            json!({"eventType": event, "url": address, "scope": "team", "enabled": true,
                "payloadConfig": {"includeEmailText": true}})
        },
        on: (&THIRD_ON, Method::Post),
        on_body: || None,
    };
}

fn standing(answer: &Value) -> Vec<Standing> {
    let one = |record: &&Value| {
        let flag = |name: &str| boolean(record.get(name)?);
        let options = ["payload", "payloadConfig"].iter().find_map(|name| record.get(*name));
        let text = options.unwrap_or(record).get("includeEmailText").and_then(boolean);
        Some(Standing {
            id: id(record.get("id")?)?,
            address: record.get("url").and_then(Value::as_str).unwrap_or_default().to_owned(),
            events: texts(record, &["event", "eventType"]),
            is_off: flag("isDisabled") == Some(true) || flag("enabled") == Some(false),
            lacks_text: text == Some(false),
            ..Standing::default()
        })
    };
    listed(answer).iter().filter_map(one).collect()
}

/// What is not as it should be is made anew before it is removed: an event that is told by both is counted once.
fn changes(
    generation: &Generation,
    list: &'static Endpoint,
    wish: &Wish<'_>,
    ours: &[Standing],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for what in EVENTS {
        let ours: Vec<&Standing> = ours
            .iter()
            .filter(|one| one.events.iter().any(|event| squeeze(event) == squeeze(what)))
            .collect();
        let fit = ours.iter().find(|one| is_there(wish, one) && !one.lacks_text);
        let change = |endpoint, method, body, does, id: &str| {
            let params = if id.is_empty() { Params::none() } else { Params::none().with("id", id) };
            Change { endpoint, method, params, body, does, what }
        };
        match fit {
            Some(fit) if fit.is_off => {
                let (endpoint, method) = generation.on;
                changes.push(change(endpoint, method, (generation.on_body)(), Does::Renews, &fit.id));
            }
            Some(_) => {}
            None => {
                let does = if ours.is_empty() { Does::Makes } else { Does::Renews };
                let body = (generation.body)(what, wish.address.expose());
                changes.push(change(list, Method::Post, Some(body), does, ""));
            }
        }
        for former in ours.iter().filter(|one| fit.is_none_or(|fit| fit.id != one.id)) {
            changes.push(change(generation.one, Method::Delete, None, Does::Removes, &former.id));
        }
    }
    changes
}
