//! Reply.io's deliveries: unsigned, each with an id; an event that two subscriptions tell has two.

use serde_json::Value;

use super::{Inbox, Posted, fingerprint, id_text, text_without};

/// What differs when a delivery is tried again or comes from another subscription.
const INCIDENTAL: &[&str] = &["subscription_id", "subscription", "attempt"];

/// Addresses that may open a message to whoever has them.
const MESSAGES: [&str; 3] = ["sentmessageurl", "replymessageurl", "replybloburl"];

pub(super) struct ReplyIo;

impl Inbox for ReplyIo {
    fn is_genuine(&self, _: &Posted<'_>, _: &Value) -> bool {
        true
    }

    /// The query of a message's address is what opens it.
    fn hide(&self, event: &mut Value) {
        match event {
            Value::Object(fields) => {
                for (name, inside) in fields.iter_mut() {
                    let name = name.replace('_', "").to_lowercase();
                    match inside {
                        Value::String(url) if MESSAGES.contains(&name.as_str()) => {
                            url.truncate(url.find('?').unwrap_or(url.len()));
                        }
                        inside => self.hide(inside),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            _ => {}
        }
    }

    fn key(&self, _: &Posted<'_>, event: &Value) -> String {
        let about = event.get("event");
        if let Some(id) = id_text(about.and_then(|about| about.get("id"))) {
            return fingerprint(None, &[b"id:", id.as_bytes()]);
        }
        let head = about.map(|about| text_without(about, INCIDENTAL)).unwrap_or_default();
        let without: Vec<&str> = INCIDENTAL.iter().copied().chain(["event"]).collect();
        let at = about.and_then(|about| about.get("date").or_else(|| about.get("timestamp")));
        let at = at.or_else(|| event.get("timestamp")).and_then(Value::as_str);
        fingerprint(at, &[&head, &[0x1f], &text_without(event, &without)])
    }
}
