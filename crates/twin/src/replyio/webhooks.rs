//! Subscriptions, one event each: the second generation's, which answers, and the third's, which is documented.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answered, refusal};
use crate::answer::Answer;
use crate::question::Question;
use crate::subscriptions::{Subscription, Subscriptions};

/// The second generation: the route is the one below `/api/v2/webhooks`.
pub(super) fn answer_v2(
    webhooks: &mut Subscriptions,
    question: &Question,
    route: (&str, &[&str]),
) -> Answered {
    let body = body(question);
    match route {
        ("GET", []) => Ok(Answer::data(&webhooks.all().iter().map(row_v2).collect())),
        ("POST", []) => {
            let made = webhooks.add(asked(&body, "event", "payload")?);
            Ok(Answer::json(StatusCode::CREATED, &json!({"id": made.id.to_string()})))
        }
        ("PATCH", [id]) => {
            let one = find(webhooks, id)?;
            one.is_off = body["isDisabled"].as_bool().unwrap_or(one.is_off);
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE", [id]) => remove(webhooks, id),
        (method, _) => Err(refusal::no_route(method, &question.path)),
    }
}

/// The third generation, below `/v3/webhooks`.
pub(super) fn answer_v3(
    webhooks: &mut Subscriptions,
    question: &Question,
    route: (&str, &[&str]),
) -> Answered {
    let body = body(question);
    match route {
        ("GET", []) => {
            let rows: Value = webhooks.all().iter().map(row_v3).collect();
            Ok(Answer::data(&json!({"items": rows, "hasMore": false})))
        }
        ("POST", []) => {
            if !["personal", "team"].contains(&body["scope"].as_str().unwrap_or_default()) {
                return Err(refusal::invalid("/scope", "Must be personal or team."));
            }
            let made = webhooks.add(asked(&body, "eventType", "payloadConfig")?);
            Ok(Answer::json(StatusCode::CREATED, &row_v3(made)))
        }
        ("POST", [id, "enable"]) => {
            find(webhooks, id)?.is_off = false;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE", [id]) => remove(webhooks, id),
        (method, _) => Err(refusal::no_route(method, &question.path)),
    }
}

fn body(question: &Question) -> Value {
    serde_json::from_slice(&question.body).unwrap_or_default()
}

fn asked(body: &Value, event: &str, options: &str) -> Result<Subscription, Answer> {
    let text = |name: &str| {
        let text = body[name].as_str().map(str::to_owned);
        text.ok_or_else(|| refusal::invalid(&format!("/{name}"), "It is required."))
    };
    Ok(Subscription {
        id: 0,
        campaign: None,
        url: text("url")?,
        events: vec![text(event)?],
        is_off: false,
        rest: body[options].clone(),
    })
}

/// Names come back as the generation's program calls them.
fn row_v2(one: &Subscription) -> Value {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    let event: String = one.events[0].split('_').filter(|part| !part.is_empty()).map(word).collect();
    json!({"id": one.id, "event": event, "url": one.url, "isDisabled": one.is_off, "payload": one.rest})
}

fn row_v3(one: &Subscription) -> Value {
    json!({"id": one.id, "eventType": one.events[0], "url": one.url, "scope": "team", "enabled": !one.is_off,
        "payloadConfig": one.rest})
}

fn find<'all>(webhooks: &'all mut Subscriptions, id: &str) -> Result<&'all mut Subscription, Answer> {
    let found = id.parse().ok().and_then(|id| webhooks.find(id));
    found.ok_or_else(|| refusal::not_found("webhook"))
}

fn remove(webhooks: &mut Subscriptions, id: &str) -> Answered {
    match id.parse().is_ok_and(|id| webhooks.remove(id)) {
        true => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        false => Err(refusal::not_found("webhook")),
    }
}
