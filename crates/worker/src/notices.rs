//! Tells people of alerts: what opened, became critical or is over, a message for all that is due.

use std::time::Duration;

use atlas_model::{Clock, Secret, hex};
use atlas_store::{AlertLine, Notice, Store, Target, Vault};
use atlas_sync::{Error, Post, post_json};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

const TIMEOUT: Duration = Duration::from_secs(15);
/// What they answer is of no interest.
const LARGEST_ANSWER: usize = 64 * 1024;
/// In a message to people so many are named, and the others counted.
const NAMED: usize = 20;

/// Tells what is due to everybody; how many notices were told. A failure of one target is noted and holds up no other.
pub async fn tell_due(
    store: &Store,
    vault: &Vault,
    clock: Clock,
    origin: Option<&str>,
) -> Result<usize, Error> {
    let mut told = 0;
    for id in store.targets_due(clock.now()).await? {
        let target = match store.notice_target(vault, id).await {
            Ok(Some(target)) => target,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(id, %error, "alerts could not be told");
                continue;
            }
        };
        let notices = store.claim_notices(id, clock.now()).await?;
        if notices.is_empty() {
            continue;
        }
        let failure = send(&target, &body(&target, &notices, origin), clock.now()).await.err();
        store.settle_notices(id, &notices, failure.as_deref(), clock.now()).await?;
        match failure {
            None => told += notices.len(),
            Some(reason) => {
                tracing::warn!(target = target.name, reason, "alerts could not be told; it is tried again")
            }
        }
    }
    Ok(told)
}

/// Sends a made-up notice; why it could not be, if so.
pub async fn try_target(target: &Target, now: Timestamp) -> Result<(), String> {
    let text = "Atlas tells its alerts here: this is a test.";
    let body = match target.kind.as_str() {
        "slack" => json!({"text": text}),
        _ => json!({"test": true, "text": text, "notices": []}),
    };
    send(target, &body, now).await
}

/// Posts once; a webhook's post is signed over its time and its body.
async fn send(target: &Target, body: &Value, now: Timestamp) -> Result<(), String> {
    let body = body.to_string().into_bytes();
    let headers: Vec<(&'static str, String)> =
        target.secret.iter().map(|secret| ("atlas-signature", signature(secret, &body, now))).collect();
    let post = Post {
        address: &target.address,
        headers: &headers,
        key: None,
        is_public_only: target.is_public_only,
        timeout: TIMEOUT,
        largest_answer: LARGEST_ANSWER,
    };
    match post_json(&post, body).await {
        Ok((200..=299, _)) => Ok(()),
        Ok((status, _)) => Err(format!("answered {status}")),
        Err(reason) => Err(reason),
    }
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 with the secret, over the seconds, a dot and the body.
fn signature(secret: &Secret, body: &[u8], now: Timestamp) -> String {
    let seconds = now.as_second();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex(&mac.finalize().into_bytes()))
}

fn body(target: &Target, notices: &[Notice], origin: Option<&str>) -> Value {
    if target.kind == "slack" {
        return json!({"text": text(notices, origin)});
    }
    let one = |notice: &Notice| {
        let id = format!("{}-{}-{}", target.id, notice.alert.alert_id, notice.what);
        json!({"id": id, "what": notice.what, "alert": notice.alert})
    };
    json!({"test": false, "notices": notices.iter().map(one).collect::<Vec<_>>()})
}

/// A line each, in Slack's marks.
fn text(notices: &[Notice], origin: Option<&str>) -> String {
    let mut lines: Vec<String> = notices.iter().take(NAMED).map(line).collect();
    if notices.len() > NAMED {
        lines.push(format!("… and {} more", notices.len() - NAMED));
    }
    lines.extend(origin.map(|origin| format!("<{origin}/mailboxes?tab=alerts|All alerts>")));
    lines.join("\n")
}

fn line(Notice { what, alert, .. }: &Notice) -> String {
    let AlertLine { scope, subject_name, source_name, kind, level, evidence, advice, .. } = alert;
    let about = escaped(&format!("{scope} {subject_name} ({source_name}): {}", kind.replace('_', " ")));
    if what == "resolved" {
        return format!(":white_check_mark: *resolved* {about}");
    }
    let mark = if level == "critical" { ":red_circle:" } else { ":large_yellow_circle:" };
    let numbers = evidence.as_object().into_iter().flatten().map(|(name, value)| {
        let value = match value.as_f64().filter(|_| value.is_f64()) {
            Some(number) => format!("{number:.3}"),
            None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        };
        format!("{} {value}", name.replace('_', " "))
    });
    let numbers = escaped(&numbers.collect::<Vec<_>>().join(", "));
    format!("{mark} *{level}* {about}: {numbers}. {}", escaped(advice))
}

/// A mailbox's error may say anything: nothing of it is taken for a mark or a mention.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use atlas_model::Secret;

    use super::signature;

    #[test]
    fn a_post_is_signed_over_its_time_and_body() {
        // openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac key
        let signed = signature(&Secret::new("key"), b"{}", "2023-11-14T22:13:20Z".parse().unwrap());
        let hash = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae";
        assert_eq!(signed, format!("t=1700000000,v1={hash}"));
    }
}
