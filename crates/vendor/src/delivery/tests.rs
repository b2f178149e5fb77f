//! What is taken, what is refused, and what makes two deliveries the same.

use atlas_model::{Platform, Secret};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Delivery, Posted, Refusal, event_name, inside, kinds, made_up, phoneburner, receive};

fn posted<'a>(platform: Platform, body: &'a [u8]) -> Posted<'a> {
    Posted { platform, body, event: None, token: "t0ken-of-ours", signature: None, secret: None }
}

fn taken(platform: Platform, body: &Value) -> Vec<Delivery> {
    receive(&posted(platform, body.to_string().as_bytes())).unwrap()
}

fn key(platform: Platform, body: &Value) -> String {
    taken(platform, body)[0].key.clone()
}

fn stored(platform: Platform, body: &Value) -> Value {
    serde_json::from_slice(&taken(platform, body)[0].body).unwrap()
}

#[test]
fn a_repeat_has_the_same_key_and_nothing_else_has() {
    let sl = |more: Value| {
        let mut body =
            json!({"event_type": "EMAIL_OPEN", "stats_id": "a", "event_timestamp": "2026-10-05T12:06:31Z"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key(Platform::SmartLead, &body)
    };
    assert_eq!(
        sl(json!({})),
        sl(json!({"webhook_id": 7, "description": "x", "secret_key": "s", "metadata": {}}))
    );
    assert_ne!(sl(json!({})), sl(json!({"stats_id": "b"})));
    assert!(sl(json!({})).starts_with("202610051206"), "keys of a time stand together");
    assert_eq!(sl(json!({"event_id": "e"})), sl(json!({"event_id": "e", "stats_id": "other"})));

    let reply = |event: Value, more: Value| {
        let mut body = json!({"event": event});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key(Platform::ReplyIo, &body)
    };
    let id = json!({"id": "1", "type": "email_sent"});
    assert_eq!(reply(id.clone(), json!({"attempt": 1})), reply(id, json!({"attempt": 2})));
    let bare = |subscription: i64| json!({"type": "email_sent", "subscription_id": subscription});
    assert_eq!(reply(bare(1), json!({})), reply(bare(2), json!({"attempt": 3})));
    assert_ne!(reply(bare(1), json!({})), reply(json!({"type": "email_opened"}), json!({})));

    let call = json!({"call_id": 3, "status": "Busy", "start_time": "2026-10-05 09:14:20"});
    let relayed = json!({"body": call, "Transcript": "…"});
    assert_eq!(key(Platform::PhoneBurner, &call), key(Platform::PhoneBurner, &relayed));
    let body = call.to_string();
    let of = |event| receive(&Posted { event, ..posted(Platform::PhoneBurner, body.as_bytes()) }).unwrap();
    assert_ne!(of(Some("call_end")), of(Some("call_begin")));
}

#[test]
fn the_order_of_names_does_not_matter() {
    let of = |text: &str| receive(&posted(Platform::SmartLead, text.as_bytes())).unwrap();
    assert_eq!(of(r#"{"a": 1, "b": {"c": 2, "d": [3]}}"#), of(r#"{ "b": {"d": [3], "c": 2}, "a":1}"#));
}

#[test]
fn lists_and_wrappers_are_parted() {
    let one = json!({"event_type": "REPLY", "event_id": "1"});
    let two = json!({"event_type": "REPLY", "event_id": "2"});
    let expected = taken(Platform::SmartLead, &json!([one, two]));
    assert_eq!(expected.len(), 2);
    assert_eq!(taken(Platform::SmartLead, &json!({"body": [one, two]})), expected);
    assert_eq!(taken(Platform::SmartLead, &json!({"body": json!([one, two]).to_string()})), expected);
    assert_eq!(key(Platform::SmartLead, &json!({"body": one})), expected[0].key);
    assert_eq!(key(Platform::SmartLead, &json!({"body": one.to_string()})), expected[0].key);
    // An event's own text is no wrapper.
    let own = json!({"event_type": "REPLY", "body": {"text": "Yes"}});
    assert_eq!(inside(&stored(Platform::SmartLead, &own)), &own);
    // An element that is no event does not cost its neighbours.
    assert_eq!(taken(Platform::ReplyIo, &json!([one, 3, null])).len(), 3);
    assert_eq!(receive(&posted(Platform::ReplyIo, b"[]")), Ok(Vec::new()));
}

#[test]
fn what_is_torn_is_mended_and_what_is_no_json_is_refused() {
    let read = |body: &[u8]| {
        let taken = receive(&posted(Platform::SmartLead, body))?;
        Ok::<Value, Refusal>(serde_json::from_slice(&taken[0].body).unwrap())
    };
    assert_eq!(read(br#"{"text": "cut \ud83d"}"#), Ok(json!({"text": "cut \u{fffd}"})));
    assert_eq!(
        read(br#"{"text": "\ude00 \ud83d\ude00 \\ud83d"}"#),
        Ok(json!({"text": "\u{fffd} 😀 \\ud83d"}))
    );
    assert_eq!(read(b"{\"text\": \"a\xffb\"}"), Ok(json!({"text": "a\u{fffd}b"})));
    assert_eq!(read(br#"{"text": "a\u0000b"}"#), Ok(json!({"text": "ab"})));
    assert_eq!(read(br#"{"a": 1, "a": 2}"#), Ok(json!({"a": 2})));
    let nested = "[".repeat(100_000);
    let bad: [&[u8]; 9] =
        [b"", b"{", b"\"text\"", b"7", b"null", b"{\"a\": 1e999}", nested.as_bytes(), b"\\", b"\xff\\ud8"];
    for body in bad {
        assert!(matches!(read(body), Err(Refusal::Malformed(_))), "{:?}", String::from_utf8_lossy(body));
    }
    let many = format!("[{}0]", "0,".repeat(10_000));
    assert_eq!(receive(&posted(Platform::ReplyIo, many.as_bytes())), Err(Refusal::TooMany));
}

#[test]
fn no_secret_is_stored() {
    let body = json!({"secret_key": "s3cret", "webhook_url": "https://x/?token=t", "link": "y?token=t0ken-of-ours&z",
        "headers": {"authorization": "Bearer s3cret"}, "event": {"reply_message_url": "https://f/1?sig=s3cret"},
        "sentMessageUrl": "https://f/2?sig=s3cret"});
    let text = stored(Platform::ReplyIo, &body).to_string();
    assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
    assert!(text.contains("https://f/1") && text.contains("https://f/2"), "{text}");
}

#[test]
fn a_secret_that_is_set_is_asked_for() {
    let (secret, other) = (Secret::new("right"), Secret::new("wrong"));
    let refused = Err(Refusal::Forged);
    let with = |platform, body: &[u8], secret, signature| {
        receive(&Posted { secret: Some(secret), signature, ..posted(platform, body) })
            .map(|taken| taken.len())
    };
    let mail = json!([{"secret_key": "right"}, {"secret_key": "right"}]).to_string();
    assert_eq!(with(Platform::SmartLead, mail.as_bytes(), &secret, None), Ok(2));
    assert_eq!(with(Platform::SmartLead, mail.as_bytes(), &other, None), refused);
    assert_eq!(with(Platform::SmartLead, b"{}", &secret, None), refused);

    let call = json!({"call_id": "5e7c0b94-81da-4f36-a2c7-0d94f3b6e158", "status": "Busy"}).to_string();
    let phone = |body: &str, signature| with(Platform::PhoneBurner, body.as_bytes(), &secret, signature);
    let sign = |secret| phoneburner::sign(secret, call.as_bytes()).unwrap();
    let (right, wrong) = (sign(&secret), sign(&other));
    assert_eq!(right.len(), 71);
    assert_eq!(phone(&call, Some(&right)), Ok(1));
    assert_eq!(phone(&call, Some(&wrong)), refused);
    assert_eq!(phone(&call, Some("sha256=é")), refused);
    assert_eq!(phone(&call, None), refused);
    assert_eq!(phone(r#"{"call_id": 7}"#, None), Ok(1));
    // The published example of HMAC-SHA256: RFC 4231, case 2.
    assert_eq!(
        phoneburner::sign(&Secret::new("Jefe"), b"what do ya want for nothing?").unwrap(),
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn every_kind_can_be_made_up_and_is_taken() {
    let secret = Secret::new("right");
    for platform in Platform::ALL {
        let mut keys = std::collections::BTreeSet::new();
        for (place, kind) in kinds(platform).iter().enumerate() {
            let at = Timestamp::from_second(1_790_000_000 + i64::try_from(place).unwrap()).unwrap();
            let made = made_up(platform, kind, "9001", at, Some(&secret)).unwrap();
            let request = Posted {
                event: made.event,
                secret: Some(&secret),
                signature: made.signature.as_deref(),
                ..posted(platform, &made.body)
            };
            let taken = receive(&request).unwrap();
            let body: Value = serde_json::from_slice(&taken[0].body).unwrap();
            assert_eq!(event_name(made.event, &body), *kind);
            assert!(keys.insert(taken[0].key.clone()), "{platform} {kind}");
            assert_eq!(receive(&request).unwrap(), taken);
        }
    }
    assert!(made_up(Platform::SmartLead, "EMAIL_PAINTED", "1", Timestamp::UNIX_EPOCH, None).is_none());
}
