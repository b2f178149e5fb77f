//! Deliveries of all services: both namings, every shape, and whatever else may arrive.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops there")]

use atlas_model::{Platform, Row, Settings};
use atlas_vendor::{Delivery, Heard, Known, hear};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const POISONED: &str = include_str!("data/poisoned_deliveries.tsv");

/// A delivery of a time after all the events in these tests.
fn heard(platform: Platform, event: &str, body: Value) -> Heard {
    let settings = Settings::new(platform, Default::default());
    let zone = if platform == Platform::PhoneBurner { "America/Chicago" } else { "Europe/Berlin" };
    let known = Known {
        mailboxes: [("sal@post.test".to_owned(), "41".to_owned())].into(),
        categories: [("90210".to_owned(), ("Demo held".to_owned(), Some("positive".to_owned())))].into(),
    };
    let zone = TimeZone::get(zone).unwrap();
    let received_at = "2026-11-20T08:00:00Z".parse().unwrap();
    hear(platform, &Delivery { event, received_at, zone: &zone, settings: &settings, known: &known }, body)
}

/// The row of a table, of a delivery that is understood without remark.
fn row(platform: Platform, table: &str, body: Value) -> Row {
    let heard = heard(platform, "", body);
    assert!(heard.refused.is_empty() && heard.problems.is_empty(), "{heard:?}");
    heard.rows.into_iter().find(|row| row.table.name == table).unwrap()
}

fn good(platform: Platform) -> Value {
    match platform {
        Platform::SmartLead => json!({
            "event_type": "EMAIL_REPLY", "campaign_id": 610_077, "stats_id": "a1-77", "sl_email_lead_id": "900801",
            "sl_email_lead_map_id": 77_001, "sl_lead_email": "Ida.Falk@Brueckner.test", "from_email": "sal@post.test",
            "to_email": "assistant@brueckner.test", "to_name": "Somebody Else", "sequence_number": "2",
            "subject": "Your dock crews", "event_timestamp": "2026-10-06T22:20:43+00:00",
            "sent_message": {"message_id": "<s@post.test>"},
            "reply_message": {"message_id": "<r-1@brueckner.test>", "html": "<p>Call me on <b>Monday</b>.</p>"},
        }),
        Platform::ReplyIo => json!({
            "event": {"id": "e-1", "type": "EmailReplied", "date": "2026-10-06T12:44:10.602Z", "TeamId": 3},
            "contact_fields": {"id": 7701, "email": "ida@brueckner.test", "company": "Brückner", "first_name": "Ida"},
            "sequence_fields": {"id": 5510, "name": "Dock crews", "step_number": 1},
            "reply_date": "2026-10-06T12:43:58.000Z", "reply_message_id": "<r-2@brueckner.test>",
            "sent_email_id": 88_001, "email_from": "sal@post.test", "reply_reason": "EmailDetected",
            "reply_text": "Call me.",
        }),
        Platform::PhoneBurner => json!({
            "status": "Left Message", "duration": "31", "start_time": "2026-10-05 09:14:20", "call_id": 3_071_184_406_i64,
            "end_time": "2026-10-05 09:14:51", "ds_id": 4770, "connected": "0",
            "recording_url_public": "/recording/pub/x.mp3", "call_notes": ["One", {"note": "two"}],
            "contact": {"user_id": 1302, "phone": "(612) 555-0163", "first_name": "Ida",
                "primary_email": "ida@brueckner.test", "account": {"company_name": "Brückner"}},
            "agent": {"user_id": "8155", "first_name": "Sal"}, "custom_fields": false,
        }),
    }
}

/// Column by column; what is left out here may be anything.
fn assert_values(row: &Row, expected: &Value) {
    for (column, value) in expected.as_object().unwrap() {
        let held = row.values.get(column).unwrap_or(&Value::Null);
        assert_eq!(held, value, "{column} of {}", row.table.name);
    }
}

#[test]
fn a_reply_is_understood_whole() {
    let reply = row(Platform::SmartLead, "email_activities", good(Platform::SmartLead));
    assert_values(
        &reply,
        &json!({
            "campaign_id": "610077", "event": "replied", "occurred_at": "2026-10-06T22:20:43.000000Z",
            "metric_date": "2026-10-07", "hour_of_day": 0, "contact_id": "900801", "email_account_id": "41",
            "lead_email": "ida.falk@brueckner.test", "step_number": 2, "sent_id": "a1-77",
            "message_id": "<r-1@brueckner.test>", "body_plain": "Call me on Monday.", "via": "webhook",
        }),
    );
    let contact = row(Platform::SmartLead, "contacts", good(Platform::SmartLead));
    assert_values(&contact, &json!({"external_lead_id": "900801", "first_name": null}));
    let enrollment = row(Platform::SmartLead, "enrollments", good(Platform::SmartLead));
    assert_values(&enrollment, &json!({"campaign_id": "610077", "map_id": "77001"}));

    let reply = row(Platform::ReplyIo, "email_activities", good(Platform::ReplyIo));
    assert_values(
        &reply,
        &json!({
            "campaign_id": "5510", "event": "replied", "occurred_at": "2026-10-06T12:43:58.000000Z", "hour_of_day": 14,
            "contact_id": "7701", "email_account_id": "41", "step_told": 1, "sent_id": "88001", "is_manual": false,
        }),
    );
    let company = row(Platform::ReplyIo, "companies", good(Platform::ReplyIo));
    assert_values(&company, &json!({"external_id": "brueckner.test", "name": "Brückner"}));

    let call = row(Platform::PhoneBurner, "call_activities", good(Platform::PhoneBurner));
    assert_values(
        &call,
        &json!({
            "origin": "call", "external_id": "3071184406", "session_id": "4770", "contact_id": "1302",
            "caller_user_id": "8155", "started_at": "2026-10-05T14:14:20.000000Z", "duration_seconds": 31,
            "disposition": "Left Message", "disposition_normal": "voicemail", "is_connected": false, "is_voicemail": true,
            "notes": "One\ntwo", "phone_key": "6125550163",
            "recording_url": "https://www.phoneburner.com/recording/pub/x.mp3",
        }),
    );
}

/// One fact under two names, in two shapes, twice delivered: one key.
#[test]
fn one_fact_has_one_key() {
    let key = |platform, body| row(platform, "email_activities", body).values["event_key"].clone();
    let with = |platform, changes: Value| {
        let mut body = good(platform);
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let smartlead = |changes| key(Platform::SmartLead, with(Platform::SmartLead, changes));
    let reply = smartlead(json!({}));
    assert_eq!(reply, smartlead(json!({"event_type": "reply", "webhook_id": 4, "metadata": {"a": 1}})));
    assert_eq!(
        reply,
        smartlead(json!({"event_type": "Lead.Replied", "sl_lead_email": "alias@brueckner.test"}))
    );
    assert_eq!(reply, key(Platform::SmartLead, json!({"body": good(Platform::SmartLead)})));
    assert_eq!(reply, key(Platform::SmartLead, json!([good(Platform::SmartLead)])));
    assert_ne!(reply, smartlead(json!({"campaign_id": 610_078})));
    assert_ne!(reply, smartlead(json!({"reply_message": {"message_id": "<r-9@brueckner.test>"}})));
    let sent = |name| smartlead(json!({"event_type": name}));
    assert_eq!(sent("EMAIL_SENT"), sent("FIRST_EMAIL_SENT"));
    assert_ne!(sent("EMAIL_SENT"), sent("EMAIL_BOUNCE"));
    let opened = |at| smartlead(json!({"event_type": "OPEN", "time_opened": at}));
    assert_eq!(opened("2026-10-06T22:20:43Z"), opened("2026-10-07T00:20:43.000+02:00"));
    assert_ne!(opened("2026-10-06T22:20:43Z"), opened("2026-10-06T22:20:44Z"));

    let replyio = |changes| key(Platform::ReplyIo, with(Platform::ReplyIo, changes));
    let reply = replyio(json!({}));
    assert_eq!(
        reply,
        replyio(json!({"event": {"id": "e-2", "type": "email.replied", "subscription_id": 9}}))
    );
    assert_eq!(
        reply,
        key(
            Platform::ReplyIo,
            json!({
                "event": {"id": "e-3", "type": "email_replied", "timestamp": "2026-10-06T12:44:10Z"}, "attempt": 2,
                "payload": {"contact": {"id": 7701}, "sequence": {"id": 5510, "stepNumber": 1},
                    "data": {"replyMessageId": "<r-2@brueckner.test>", "sentEmailId": 88_001}},
            })
        )
    );
    assert_ne!(reply, replyio(json!({"event": {"type": "email_auto_reply"}})));
    // As the recipe writes it: these parts, joined by 0x1F; half of their hash.
    let parts = ["replyio", "replied", "5510", "7701", "<r-2@brueckner.test>", ""].join("\u{1f}");
    let digest: String =
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), parts))
            .iter()
            .map(|byte: &u8| format!("{byte:02x}"))
            .collect();
    assert_eq!(reply, digest[..32]);
}

#[test]
fn true_times_categories_and_flags() {
    let smartlead = |changes: Value| {
        let mut body = good(Platform::SmartLead);
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        row(Platform::SmartLead, "email_activities", body)
    };
    // The original sending's time stands in a bounce's event_timestamp.
    let sent = "2026-10-05T07:44:55.071+00:00";
    let bounce = json!({"event_type": "EMAIL_BOUNCE", "time_sent": sent, "event_timestamp": sent,
        "bounce_message": {"time": "2026-10-05T07:45:12Z", "text": "it&#39;s gone"}, "is_sender_originated_bounce": false});
    assert_values(
        &smartlead(bounce),
        &json!({"event": "bounced", "occurred_at": "2026-10-05T07:45:12.000000Z",
        "bounce_reason": "it's gone", "is_sender_bounce": false}),
    );
    let bounce = json!({"event_type": "BOUNCE", "time_sent": sent, "event_timestamp": sent});
    assert_values(&smartlead(bounce), &json!({"occurred_at": "2026-11-20T08:00:00.000000Z"}));

    for (told, category, reply_category, is_positive) in [
        (
            json!({"lead_category": {"new_id": 2, "new_name": "Meeting Request"}}),
            "Meeting Request",
            "meeting_request",
            true,
        ),
        (json!({"lead_category_id": 6}), "Out Of Office", "out_of_office", false),
        (json!({"lead_category_id": 90_210}), "Demo held", "meeting_request", true),
        (
            json!({"category": "Gatekeeper", "lead_data": {"category": {"sentiment_type": "negative"}}}),
            "Gatekeeper",
            "not_interested",
            false,
        ),
    ] {
        let mut told = told;
        told["event_type"] = "LEAD_CATEGORY_UPDATED".into();
        assert_values(
            &smartlead(told),
            &json!({"event": "categorized", "category": category,
            "reply_category": reply_category, "is_positive": is_positive}),
        );
    }
    // Our mailbox and the lead the wrong way round.
    let swapped =
        json!({"sl_lead_email": null, "from_email": "ida@brueckner.test", "to_email": "sal@post.test"});
    assert_values(
        &smartlead(swapped),
        &json!({"lead_email": "ida@brueckner.test", "from_email": "sal@post.test",
        "email_account_id": "41"}),
    );

    let replyio = |name: &str, changes: Value| {
        let mut body = good(Platform::ReplyIo);
        body["event"]["type"] = name.into();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        row(Platform::ReplyIo, "email_activities", body)
    };
    let by_hand = replyio("email_replied", json!({"reply_reason": "MarkedByUser"}));
    assert_values(&by_hand, &json!({"event": "replied", "is_manual": true}));
    let interested = replyio("contact.interested", json!({}));
    assert_values(&interested, &json!({"event": "interested", "is_positive": true, "sentiment": "positive"}));
    let opted_out = replyio("contact_opted_out", json!({"sequence_fields": {}}));
    assert_values(&opted_out, &json!({"event": "unsubscribed", "campaign_id": "", "contact_id": "7701"}));
    let sorted = replyio(
        "reply_categorized",
        json!({"replyCategoryOfInbox": "Meeting Booked", "sequence_fields": {"id": 0}}),
    );
    assert_values(
        &sorted,
        &json!({"event": "categorized", "reply_category": "meeting_request", "campaign_id": ""}),
    );
}

#[test]
fn calls_from_any_hook() {
    let call = |event: &str, body: Value| {
        let heard = heard(Platform::PhoneBurner, event, body);
        heard.rows.into_iter().find(|row| row.table.name == "call_activities")
    };
    let begin = call("call_begin", json!({"call_id": 7, "start_time": "2026-10-05 09:14:20"})).unwrap();
    assert_values(&begin, &json!({"external_id": "7", "disposition": null, "ended_at": null}));
    let relayed = json!({"body": good(Platform::PhoneBurner), "Transcript": "…", "status": "done"});
    assert_values(
        &call("Left Message", relayed).unwrap(),
        &json!({"external_id": "3071184406", "disposition": "Left Message"}),
    );
    // The hour that comes twice: an end before its start was in the second pass.
    let night = json!({"call_id": 8, "status": "Busy", "start_time": "2026-11-01 01:50:00", "end_time": "2026-11-01 01:10:00"});
    assert_values(
        &call("", night).unwrap(),
        &json!({"started_at": "2026-11-01T06:50:00.000000Z",
        "ended_at": "2026-11-01T07:10:00.000000Z", "duration_seconds": 1200}),
    );
    let nameless = json!({"status": "Busy", "start_time": "2026-10-05 09:14:20", "contact": {"user_id": 5}});
    assert!(call("", nameless).unwrap().values["external_id"].as_str().unwrap().starts_with("sha:"));
    assert!(call("contact_displayed", good(Platform::PhoneBurner)).is_none());
    let out = heard(Platform::PhoneBurner, "email_unsubscribe", json!({"contact": {"user_id": 5}}));
    assert!(out.rows.iter().any(|row| row.values.get("is_unsubscribed") == Some(&true.into())), "{out:?}");
}

#[test]
fn poison_costs_itself_alone() {
    let mut read = 0;
    for line in POISONED.lines().skip(1) {
        let cells: Vec<&str> = line.splitn(3, '\t').collect();
        let [platform, event, body] = cells[..] else { panic!("{line}") };
        let platform: Platform = platform.parse().unwrap();
        read += 1;
        let Ok(poison) = serde_json::from_str::<Value>(body) else { continue };
        let alone = heard(platform, event, poison.clone());
        let is_told = !alone.rows.is_empty() || !alone.refused.is_empty() || !alone.kept_only.is_empty();
        assert!(is_told, "nothing is said of {body}");
        let shown = |rows: &[Row]| rows.iter().map(|row| json!(row.values).to_string()).collect::<Vec<_>>();
        for row in &alone.rows {
            assert!(row.key().is_some(), "{body}");
            let year = |column: &str| row.values.get(column)?.as_str()?.get(..4)?.parse::<i32>().ok();
            for column in ["metric_date", "occurred_at", "started_at", "ended_at"] {
                assert!(year(column).is_none_or(|year| (2000..=2026).contains(&year)), "{column} of {body}");
            }
            let is_short = |column: &&str| {
                row.values.get(column).and_then(Value::as_str).is_none_or(|id| id.len() <= 300)
            };
            assert!(row.table.key.iter().all(is_short), "{body}");
        }
        let neighbour = shown(&heard(platform, event, good(platform)).rows);
        let between = heard(platform, event, json!([good(platform), poison, good(platform)]));
        let between = shown(&between.rows);
        assert_eq!(between[..neighbour.len()], neighbour, "{body}");
        assert_eq!(between[between.len() - neighbour.len()..], neighbour, "{body}");
    }
    assert!(read >= 200, "{read}");
}
