//! A campaign's webhooks: the list tells names, what is saved is answered in maps.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::refusal::invalid;
use crate::answer::Answer;
use crate::question::Question;
use crate::subscriptions::{Subscription, Subscriptions};

/// The webhooks of a campaign.
pub(super) fn list(webhooks: &Subscriptions, campaign: u64) -> Answer {
    let of_it = webhooks.all().iter().filter(|one| one.campaign == Some(campaign));
    let row = |one: &Subscription| {
        json!({
            "id": one.id, "name": one.rest["name"], "webhook_url": one.url, "event_types": one.events,
            "categories": one.rest["categories"], "email_campaign_id": campaign,
        })
    };
    Answer::data(&of_it.map(row).collect())
}

/// Makes one, or changes the one whose id is given.
pub(super) fn save(
    webhooks: &mut Subscriptions,
    campaign: u64,
    question: &Question,
) -> Result<Answer, Answer> {
    let body: Value = serde_json::from_slice(&question.body).unwrap_or_default();
    let texts = |name: &str| -> Vec<String> {
        let list = body[name].as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    for name in ["event_types", "categories"] {
        if texts(name).is_empty() {
            return Err(invalid("body", name, &format!("\"{name}\" must contain at least 1 items")));
        }
    }
    let url = body["webhook_url"].as_str();
    let url = url.ok_or_else(|| invalid("body", "webhook_url", "\"webhook_url\" is required"))?;
    let asked = Subscription {
        id: 0,
        campaign: Some(campaign),
        url: url.to_owned(),
        events: texts("event_types"),
        is_off: false,
        rest: json!({"name": body["name"], "categories": body["categories"]}),
    };
    let saved = match body["id"].as_u64() {
        None => webhooks.add(asked),
        Some(id) => {
            let found = webhooks.find(id).filter(|one| one.campaign == Some(campaign));
            let found = found.ok_or_else(|| Answer::message(StatusCode::NOT_FOUND, "Webhook not found"))?;
            *found = Subscription { id, ..asked };
            found
        }
    };
    let map = |names: &[String]| -> Map<String, Value> {
        names.iter().map(|name| (name.clone(), true.into())).collect()
    };
    Ok(Answer::data(&json!({
        "ok": true,
        "data": {"id": saved.id, "webhook_url": saved.url, "event_type_map": map(&saved.events),
                 "category_id_map": {}, "email_campaign_id": campaign},
    })))
}

/// Removes the one whose id is given.
pub(super) fn remove(webhooks: &mut Subscriptions, question: &Question) -> Result<Answer, Answer> {
    let body: Value = serde_json::from_slice(&question.body).unwrap_or_default();
    match body["id"].as_u64().is_some_and(|id| webhooks.remove(id)) {
        true => Ok(Answer::data(&json!({"ok": true}))),
        false => Err(Answer::message(StatusCode::NOT_FOUND, "Webhook not found")),
    }
}
