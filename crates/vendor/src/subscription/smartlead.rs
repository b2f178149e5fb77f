//! SmartLead: each campaign has webhooks of its own, each for any number of events. The list of an account's is not there,
//! so nothing is made that could not be found again.

use atlas_model::Params;
use serde_json::{Value, json};

use super::{Change, Does, LIST, Method, Standing, Way, Wish, is_there, listed, texts};
use crate::endpoint::Endpoint;
use crate::read::id;

pub(super) const WAYS: &[Way] = &[Way { list: &WEBHOOKS, standing, changes }];

const WEBHOOKS: Endpoint =
    Endpoint { name: "webhooks", title: "Webhooks", path: "/campaigns/{campaign_id}/webhooks", ..LIST };

/// "First email sent" would tell again what "sent" tells.
const EVENTS: [&str; 7] = [
    "EMAIL_SENT",
    "EMAIL_OPEN",
    "EMAIL_LINK_CLICK",
    "EMAIL_REPLY",
    "EMAIL_BOUNCE",
    "LEAD_UNSUBSCRIBED",
    "LEAD_CATEGORY_UPDATED",
];

/// The service refuses a webhook without a category; an account that was never synced has these at least.
const CATEGORIES: [&str; 6] = [
    "Interested",
    "Meeting Request",
    "Not Interested",
    "Do Not Contact",
    "Information Request",
    "Out Of Office",
];

fn standing(answer: &Value) -> Vec<Standing> {
    let one = |record: &&Value| {
        Some(Standing {
            id: id(record.get("id")?)?,
            address: record.get("webhook_url").and_then(Value::as_str).unwrap_or_default().to_owned(),
            events: texts(record, &["event_types", "event_type_map"]),
            categories: texts(record, &["categories"]),
            ..Standing::default()
        })
    };
    listed(answer).iter().filter_map(one).collect()
}

/// One for all events. What a person added to it stays.
fn changes(endpoint: &'static Endpoint, wish: &Wish<'_>, ours: &[Standing]) -> Vec<Change> {
    let wanted: Vec<String> = match wish.categories {
        [] => CATEGORIES.map(str::to_owned).to_vec(),
        known => known.to_vec(),
    };
    let is_in = |name: &str, all: &[String]| all.iter().any(|one| one.eq_ignore_ascii_case(name));
    let is_whole = |one: &Standing| {
        // Where only numbers of categories are told, nothing is known about their names.
        let has_categories =
            one.categories.is_empty() || wanted.iter().all(|name| is_in(name, &one.categories));
        is_there(wish, one) && has_categories && EVENTS.iter().all(|name| is_in(name, &one.events))
    };
    if ours.iter().any(is_whole) {
        return Vec::new();
    }
    let former = ours.iter().find(|one| is_there(wish, one)).or(ours.first());
    let with_added = |wanted: Vec<String>, there: Option<&Vec<String>>| {
        let added: Vec<String> =
            there.into_iter().flatten().filter(|name| !is_in(name, &wanted)).cloned().collect();
        [wanted, added].concat()
    };
    let number = former.map(|one| one.id.parse::<i64>().map_or_else(|_| json!(one.id), Value::from));
    let body = json!({
        "id": number,
        "name": "Atlas",
        "webhook_url": wish.address.expose(),
        "event_types": with_added(EVENTS.map(str::to_owned).to_vec(), former.map(|one| &one.events)),
        "categories": with_added(wanted, former.map(|one| &one.categories)),
    });
    let does = if former.is_some() { Does::Renews } else { Does::Makes };
    vec![Change {
        endpoint,
        method: Method::Post,
        params: Params::none(),
        body: Some(body),
        does,
        what: "all events",
    }]
}
