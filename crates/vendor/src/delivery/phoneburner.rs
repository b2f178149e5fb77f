//! PhoneBurner's deliveries: the address tells the event; only the softphone signs.

use atlas_model::{Secret, hex};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::{Inbox, Posted, fingerprint, text_without};

pub(super) struct PhoneBurner;

impl Inbox for PhoneBurner {
    /// The softphone registers with a secret of its own; the other hooks can only be told by the token.
    fn is_genuine(&self, posted: &Posted<'_>, event: &Value) -> bool {
        let Some(secret) = posted.secret else { return true };
        match posted.signature {
            None => !is_softphone(event),
            Some(told) => told
                .trim()
                .strip_prefix("sha256=")
                .and_then(bytes)
                .zip(signer(secret, posted.body))
                .is_some_and(|(told, signer)| signer.verify_slice(&told).is_ok()),
        }
    }

    fn hide(&self, _: &mut Value) {}

    fn key(&self, posted: &Posted<'_>, event: &Value) -> String {
        let at = event.get("start_time").and_then(Value::as_str);
        let name = posted.event.unwrap_or_default();
        fingerprint(at, &[name.as_bytes(), &[0x1f], &text_without(event, &[])])
    }
}

/// The softphone numbers calls by UUIDs, everything else by numbers.
fn is_softphone(event: &Value) -> bool {
    event.get("call_id").and_then(Value::as_str).is_some_and(|id| id.len() == 36 && id.contains('-'))
}

/// What an event without a name is, from what it tells.
pub(super) fn by_shape(event: &Value) -> &'static str {
    let has = |field: &str| event.get(field).is_some_and(|value| !value.is_null());
    match has("call_id") {
        true if has("end_time") || has("duration") || has("status") => "call_end",
        true => "call_begin",
        false if has("contact") || has("external_crm_data") => "contact_displayed",
        false => "unknown",
    }
}

/// The signature of a body, as the softphone writes it.
pub(super) fn sign(secret: &Secret, body: &[u8]) -> Option<String> {
    let digest = signer(secret, body)?.finalize().into_bytes();
    Some(format!("sha256={}", hex(&digest)))
}

fn signer(secret: &Secret, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut signer = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    signer.update(body);
    Some(signer)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|digit| digit.to_digit(16)).collect();
    let pairs = digits?;
    (pairs.len() % 2 == 0).then(|| pairs.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}
