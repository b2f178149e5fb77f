//! Deliveries that never happened, one of each kind that a service is known to send: for trying a receiver out.

use atlas_model::{Platform, Secret};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::phoneburner;

/// A delivery to be sent.
#[derive(Debug)]
pub struct MadeUp {
    /// What the address tells beside the token.
    pub event: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
    /// The value of the signature's header.
    pub signature: Option<String>,
}

/// What is made up about it.
#[derive(Clone, Copy, Debug)]
struct Story<'a> {
    kind: &'static str,
    campaign: &'a str,
    /// Tells this delivery from all others.
    number: i64,
    at: Timestamp,
}

const SMARTLEAD: &[&str] = &[
    "EMAIL_SENT",
    "FIRST_EMAIL_SENT",
    "EMAIL_OPEN",
    "EMAIL_LINK_CLICK",
    "EMAIL_REPLY",
    "EMAIL_BOUNCE",
    "LEAD_UNSUBSCRIBED",
    "LEAD_CATEGORY_UPDATED",
    "CAMPAIGN_STATUS_CHANGED",
    "UNTRACKED_REPLIES",
    "MANUAL_STEP_REACHED",
    "OPEN",
    "CLICK",
    "REPLY",
    "BOUNCE",
];

const REPLYIO: &[&str] = &[
    "email_sent",
    "email_opened",
    "email_link_clicked",
    "email_replied",
    "email_bounced",
    "email_auto_reply",
    "reply_categorized",
    "contact_opted_out",
    "contact_finished",
    "contact_called",
    "linkedin_message_sent",
    "linkedin_message_replied",
    "linkedin_connection_request_sent",
    "linkedin_connection_request_accepted",
    "linkedin_reply_categorized",
    "linkedin_account_alerts",
    "email_account_connection_lost",
    "email_account_error",
    "email_spam_reported",
    "autopilot_stopped",
    "email.sent",
    "email.opened",
    "email.clicked",
    "email.replied",
    "email.bounced",
    "contact.interested",
    "contact.optedOut",
];

const PHONEBURNER: &[&str] = &[
    "call_begin",
    "call_end",
    "softphone_call_done",
    "contact_displayed",
    "unsubscribed",
    "sms_opt_out",
    "contact_activity",
    "manual",
];

/// The kinds of a service, under its own names and those of the specification.
pub const fn kinds(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::SmartLead => SMARTLEAD,
        Platform::ReplyIo => REPLYIO,
        Platform::PhoneBurner => PHONEBURNER,
    }
}

/// A delivery of that kind, of now, about that campaign; carrying or signed with the secret where one is set. No two
/// of different instants are the same. Nothing for a kind that there is not.
pub fn made_up(
    platform: Platform,
    kind: &str,
    campaign: &str,
    at: Timestamp,
    secret: Option<&Secret>,
) -> Option<MadeUp> {
    let kind = *kinds(platform).iter().find(|known| known.eq_ignore_ascii_case(kind.trim()))?;
    let story = Story { kind, campaign, number: at.as_microsecond(), at };
    let mut event = None;
    let mut body = match platform {
        Platform::SmartLead => smartlead(&story),
        Platform::ReplyIo => replyio(&story),
        Platform::PhoneBurner => {
            event = Some(kind);
            phoneburner(&story)
        }
    };
    let mut signature = None;
    if let Some(secret) = secret {
        match platform {
            Platform::SmartLead => body["secret_key"] = secret.expose().into(),
            Platform::PhoneBurner => signature = phoneburner::sign(secret, body.to_string().as_bytes()),
            Platform::ReplyIo => {}
        }
    }
    Some(MadeUp { event, body: body.to_string().into_bytes(), signature })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// A campaign's number is a number in deliveries.
fn number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| id.into(), Value::from)
}

fn smartlead(story: &Story<'_>) -> Value {
    let Story { kind, campaign, number: serial, at } = story;
    let (mail, person, at) = (format!("made-up-{serial}"), "pat.example@made-up.test", at.to_string());
    if ["OPEN", "CLICK", "REPLY", "BOUNCE"].contains(kind) {
        return json!({
            "event_type": kind, "event_id": mail, "campaign_id": number(campaign), "lead_id": 1, "email": person,
            "event_timestamp": at, "sequence_number": 1, "reply_text": "A made-up answer.",
        });
    }
    let sent = json!({"message_id": format!("<{mail}@atlas.test>"), "html": "<p>A made-up letter.</p>",
        "text": "A made-up letter.", "time": at});
    let base = json!({
        "event_type": kind, "event_timestamp": at, "campaign_id": number(campaign), "campaign_name": "Made up",
        "campaign_status": "ACTIVE", "client_id": null, "from_email": "sender@atlas.test", "to_email": person,
        "to_name": "Pat Example", "description": "made up by atlas webhook trigger", "webhook_name": "Atlas",
    });
    let about_mail = json!({
        "stats_id": mail, "sequence_number": 1, "subject": "A made-up subject", "sl_email_lead_id": "1",
        "sl_email_lead_map_id": 1, "sent_message": sent, "sent_message_body": "<p>A made-up letter.</p>",
    });
    let reply = json!({"message_id": format!("<re-{mail}@made-up.test>"), "html": "<p>A made-up answer.</p>",
        "text": "A made-up answer.", "time": at});
    let more = match *kind {
        "EMAIL_SENT" | "FIRST_EMAIL_SENT" => {
            with(about_mail, json!({"time_sent": at, "message_id": sent["message_id"]}))
        }
        "EMAIL_OPEN" => with(about_mail, json!({"time_opened": at})),
        "EMAIL_LINK_CLICK" => with(
            about_mail,
            json!({"time_clicked": at, "link_clicked": ["https://atlas.test/made-up"], "link_details": []}),
        ),
        "EMAIL_REPLY" => with(
            about_mail,
            json!({"time_replied": at, "sl_lead_email": person, "reply_message": reply, "preview_text": reply["text"],
                "reply_body": reply["html"], "message_id": reply["message_id"]}),
        ),
        "EMAIL_BOUNCE" => with(
            about_mail,
            json!({"time_sent": at, "is_bounced": true, "is_sender_originated_bounce": false,
                "bounce_message": {"message_id": format!("<dsn-{mail}@made-up.test>"), "text": "550 made up", "time": at}}),
        ),
        "LEAD_UNSUBSCRIBED" => json!({"lead_email": person, "lead_name": "Pat Example", "from_email": ""}),
        "LEAD_CATEGORY_UPDATED" => json!({
            "lead_id": 1, "lead_email": person, "category": "Interested", "lead_category_id": 1, "current_sequence": 1,
            "lead_category": {"old_id": null, "old_name": null, "new_id": 1, "new_name": "Interested"}, "history": [],
        }),
        _ => json!({}),
    };
    with(base, more)
}

fn replyio(story: &Story<'_>) -> Value {
    let Story { kind, campaign, number: serial, at } = story;
    let (person, at, campaign) = ("pat.example@made-up.test", at.to_string(), number(campaign));
    if kind.contains('.') {
        return json!({
            "eventType": kind, "sequenceId": campaign, "personId": 1, "email": person, "stepNumber": 1,
            "timestamp": at, "replyText": "A made-up answer.", "sentEmailId": serial,
        });
    }
    let base = json!({
        "event": {"id": format!("made-up-{serial}"), "type": kind, "date": at, "user_id": 1, "team_id": 1,
            "subscription_id": 1},
        "contact_fields": {"id": 1, "email": person, "first_name": "Pat", "last_name": "Example",
            "full_name": "Pat Example"},
        "sequence_fields": {"id": campaign, "name": "Made up", "step_number": 1},
    });
    let mail = json!({"sent_email_id": serial, "sent_email_message_id": format!("<{serial}@atlas.test>"),
        "email_account_id": 1, "email_from": "sender@atlas.test"});
    let reply = json!({"reply_date": at, "reply_message_id": format!("<re-{serial}@made-up.test>"),
        "reply_text": "A made-up answer."});
    let more = match *kind {
        "email_sent" => with(mail, json!({"sent_email_date": at, "sent_email_variant": "A"})),
        "email_opened" => with(mail, json!({"email_open_date": at, "opens_count": 1})),
        "email_link_clicked" => {
            with(mail, json!({"link_click_date": at, "link_url": "https://atlas.test/made-up"}))
        }
        "email_replied" => with(with(mail, reply), json!({"reply_reason": "EmailDetected"})),
        "email_auto_reply" => with(mail, reply),
        "email_bounced" => {
            with(mail, json!({"bounce_date": at, "bounce_type": "Hard", "bounce_reason": "550 made up"}))
        }
        "reply_categorized" | "linkedin_reply_categorized" => {
            with(reply, json!({"category_name": "Interested"}))
        }
        "contact_finished" => json!({"finish_reason": 3}),
        "email_account_connection_lost" | "email_account_error" => {
            return json!({"event": base["event"], "email_account_id": 1});
        }
        "linkedin_message_replied" => json!({"reply_text": "A made-up answer."}),
        _ => json!({}),
    };
    with(base, more)
}

fn phoneburner(story: &Story<'_>) -> Value {
    let Story { kind, number: serial, at, .. } = story;
    let started = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let contact = json!({"user_id": 1, "phone": "6125550100", "first_name": "Pat", "last_name": "Example",
        "primary_email": "pat.example@made-up.test"});
    let end = json!({"status": "Interested", "duration": 42, "start_time": started, "end_time": started,
        "direction": "outbound", "call_notes": ["A made-up note."], "recording_url_public": ""});
    match *kind {
        "call_begin" => json!({"call_id": serial, "ds_id": 1, "start_time": started, "contact": contact,
            "agent": {"user_id": "1"}}),
        "call_end" => with(
            end,
            json!({"call_id": serial, "ds_id": 1, "connected": "1", "contact": contact,
                "agent": {"user_id": "1", "first_name": "Made", "last_name": "Up"}, "custom_fields": false}),
        ),
        "softphone_call_done" => with(
            end,
            json!({"call_id": format!("00000000-0000-4000-8000-{:012x}", serial & 0xffff_ffff_ffff),
                "contact": {"crm_name": "made-up", "crm_id": "1", "phone": "+16125550100"},
                "custom_data": {"pb_user_id": "1"}}),
        ),
        _ => json!({"contact": contact, "contact_user_id": "1", "external_crm_data": [], "made_up": serial}),
    }
}
