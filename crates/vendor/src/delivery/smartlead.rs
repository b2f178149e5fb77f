//! SmartLead's deliveries: unsigned, without an id of their own; the account's key stands in each.

use serde_json::Value;

use super::{Inbox, Posted, fingerprint, id_text, is_same, text_without};

/// What differs when the same event comes from another webhook or is described anew.
const INCIDENTAL: &[&str] = &[
    "webhook_id",
    "webhook_name",
    "webhook_url",
    "metadata",
    "secret_key",
    "app_url",
    "ui_master_inbox_link",
    "description",
];

pub(super) struct SmartLead;

impl Inbox for SmartLead {
    fn is_genuine(&self, posted: &Posted<'_>, event: &Value) -> bool {
        posted.secret.is_none_or(|secret| {
            let told = event.get("secret_key").and_then(Value::as_str).unwrap_or_default();
            is_same(told.as_bytes(), secret.expose().as_bytes())
        })
    }

    fn hide(&self, _: &mut Value) {}

    fn key(&self, _: &Posted<'_>, event: &Value) -> String {
        if let Some(id) = id_text(event.get("event_id")) {
            return fingerprint(None, &[b"id:", id.as_bytes()]);
        }
        let at = ["event_timestamp", "timestamp"].iter().find_map(|field| event.get(*field)?.as_str());
        fingerprint(at, &[&text_without(event, INCIDENTAL)])
    }
}
