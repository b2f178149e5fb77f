//! Reply.io's deliveries: an envelope with what happened, whom and which sequence it is about; names in any spelling.

use atlas_model::Row;
use jiff::Timestamp;
use serde_json::Value;

use crate::copy::{html_of, text_of};
use crate::event::{Event, is_short, millis, minute, put, squeeze};
use crate::lead::{Lead, campaign, enrollment, put_category};

/// Every name of an event without case and punctuation, and what it is called here.
const NAMES: &[(&str, &str)] = &[
    ("emailsent", "sent"),
    ("emailopened", "opened"),
    ("emaillinkclicked", "clicked"),
    ("linkclicked", "clicked"),
    ("emailclicked", "clicked"),
    ("emailreplied", "replied"),
    ("emailbounced", "bounced"),
    ("replycategorized", "categorized"),
    ("linkedinreplycategorized", "categorized"),
    ("contactinterested", "interested"),
    ("contactoptedout", "unsubscribed"),
    ("emailunsubscribed", "unsubscribed"),
    ("prospectoptedout", "unsubscribed"),
    ("emailautoreply", "auto_replied"),
    ("autoreplyreceived", "auto_replied"),
    ("contactfinished", "finished"),
    ("prospectfinished", "finished"),
    ("contactcalled", "called"),
    ("linkedinmessagesent", "linkedin_sent"),
    ("linkedinmessagereplied", "linkedin_replied"),
    ("linkedinconnectionrequestsent", "linkedin_connect"),
    ("linkedinconnectionrequestaccepted", "linkedin_connected"),
    ("emailaccountconnectionlost", "account_alert"),
    ("emailaccounterror", "account_alert"),
    ("linkedinaccountalerts", "account_alert"),
];

/// Beginnings of the names of events that make no row.
const KEPT_ONLY: [&str; 4] = ["autopilotstopped", "meeting", "sequence", "emailspamreported"];

/// What an event means.
pub(crate) fn hear(event: &mut Event<'_>) -> Result<Vec<Row>, String> {
    let told = event.text("event.type | event | eventType | type");
    let told = told.unwrap_or_else(|| event.delivery.event.to_owned());
    event.name = told.chars().take(60).collect();
    let word = squeeze(&event.name);
    let Some((_, kind)) = NAMES.iter().find(|(name, _)| *name == word) else {
        return match word.as_str() {
            "" => Err("it does not say which event it is".to_owned()),
            _ if KEPT_ONLY.iter().any(|begin| word.starts_with(begin)) => Ok(Vec::new()),
            _ => Err(format!("nobody knows what {} means", event.name)),
        };
    };
    let campaign_id =
        event.true_id("sequence_fields.id | sequence.id | payload.sequence.id | sequenceId | campaignId");
    let lead = lead(event);
    let at = time_of(event, kind);
    let at = event.believable(at)?;
    let mut row = place(event, kind, campaign_id.as_deref(), &lead, at)?;
    put(&mut row, "contact_id", lead.id.clone());
    put(&mut row, "lead_email", lead.email.clone());
    describe(event, kind, &mut row);
    let mut rows = Vec::new();
    if let Some(id) = &campaign_id {
        rows.push(campaign(id, event.text("sequence_fields.name | sequence.name | payload.sequence.name")));
    }
    let enrolled =
        campaign_id.zip(lead.id.clone()).map(|(campaign, lead)| enrollment(&campaign, &lead, None));
    rows.extend(lead.rows());
    rows.extend(enrolled);
    rows.push(row);
    Ok(rows)
}

/// The places where what is particular to an event may stand.
fn own(name: &str) -> String {
    format!("{name} | payload.data.{name} | data.{name}")
}

/// The first of these names that holds something, at any of those places.
fn any(names: &[&str]) -> String {
    names.iter().map(|name| own(name)).collect::<Vec<_>>().join(" | ")
}

fn lead(event: &mut Event<'_>) -> Lead {
    let person = |name: &str| format!("contact_fields.{name} | contact.{name} | payload.contact.{name}");
    Lead {
        id: event.true_id(&format!("{} | personId | contactId", person("id"))),
        email: event.address(&format!("{} | email | personEmail", person("email"))),
        first_name: event.text(&person("first_name")),
        last_name: event.text(&person("last_name")),
        full_name: event.text(&person("full_name")),
        title: event.text(&person("title")),
        phone: event.text(&person("phone")),
        linkedin_url: event.text(&person("linkedin_profile_url")),
        company: event.text(&person("company")),
        website: None,
    }
}

fn time_of(event: &mut Event<'_>, kind: &str) -> Timestamp {
    let names: &[&str] = match kind {
        "sent" => &["sent_email_date"],
        "opened" => &["email_open_date"],
        "clicked" => &["link_click_date"],
        "replied" | "auto_replied" => &["reply_date"],
        "bounced" => &["bounce_date"],
        _ => &[],
    };
    let told = if names.is_empty() { None } else { event.time(&any(names)) };
    told.or_else(|| event.time("event.date | event.timestamp | timestamp"))
        .unwrap_or(event.delivery.received_at)
}

/// The event's row with its key. Two subscriptions tell one fact under two ids, so the ids of deliveries are no part of it.
fn place(
    event: &mut Event<'_>,
    kind: &str,
    campaign: Option<&str>,
    lead: &Lead,
    at: Timestamp,
) -> Result<Row, String> {
    let person = lead.id.clone().or_else(|| lead.email.clone()).unwrap_or_default();
    let sent = event.true_id(&own("sent_email_id")).or_else(|| event.id(&own("sent_email_message_id")));
    let reply = event.id(&own("reply_message_id"));
    if person.is_empty() && sent.is_none() && reply.is_none() && kind != "account_alert" {
        return Err(format!("{}: neither a message nor a person is told", event.name));
    }
    let (message, rest) = match kind {
        "sent" | "bounced" | "opened" | "clicked" => {
            let step = event.number(STEP).map(|step| step.to_string()).unwrap_or_default();
            let rest = match kind {
                "opened" => event.id(&own("opens_count")).unwrap_or_else(|| millis(at)),
                "clicked" => format!("{}\u{1f}{}", link(event).unwrap_or_default(), millis(at)),
                _ => String::new(),
            };
            (sent.unwrap_or_else(|| format!("{step}{}", millis(at))), rest)
        }
        "replied" | "auto_replied" => (reply.or(sent).unwrap_or_else(|| minute(at)), String::new()),
        "categorized" | "interested" => {
            let category = category(event).unwrap_or_default().to_lowercase();
            (reply.unwrap_or_default(), format!("{category}\u{1f}{}", minute(at)))
        }
        "unsubscribed" | "finished" => (String::new(), String::new()),
        _ => (millis(at), String::new()),
    };
    let parts = ["replyio", kind, campaign.unwrap_or_default(), &person, &message, &rest];
    Ok(event.activity(kind, campaign, at, &parts))
}

const STEP: &str =
    "sequence_fields.step_number | sequence.step_number | payload.sequence.step_number | stepNumber";

fn link(event: &Event<'_>) -> Option<String> {
    event.text(&any(&["link_url", "clicked_url", "url", "link"]))
}

/// The category, also where only its key's name tells that it is one.
fn category(event: &Event<'_>) -> Option<String> {
    let names = ["category_name", "category", "category.name", "inbox_category", "inbox_category.name"];
    let told = event.text(&any(&names)).or_else(|| event.text(&any(&["reply_category", "status"])));
    told.or_else(|| {
        let fields = event.at("")?.as_object()?;
        let mut texts = fields.iter().filter(|(name, _)| name.contains("categor"));
        texts.find_map(|(_, value)| value.as_str().map(str::to_owned))
    })
    .filter(|name| is_short(name))
}

/// What the event tells beside who, when and which message.
fn describe(event: &mut Event<'_>, kind: &str, row: &mut Row) {
    let from = event.address(&own("email_from"));
    let account = event.true_id(&own("email_account_id"));
    let account = account.or_else(|| event.mailbox(from.as_deref()).map(str::to_owned));
    put(row, "email_account_id", account);
    put(row, "from_email", from);
    // From which number on the service counts steps is found out by the store.
    let step = event.number(STEP);
    put(row, "step_number", step);
    put(row, "step_told", step);
    put(row, "variant_label", event.text(&own("sent_email_variant")));
    put(row, "sent_id", event.true_id(&own("sent_email_id")));
    let reply = event.id(&own("reply_message_id"));
    let sent = event.id(&own("sent_email_message_id"));
    put(
        row,
        "message_id",
        if ["sent", "opened", "clicked", "bounced"].contains(&kind) { sent } else { reply },
    );
    put(row, "subject", event.text(&own("subject")));
    match kind {
        "replied" | "auto_replied" | "linkedin_replied" => {
            let names = ["reply_text", "reply_body", "email_text_body", "email_html_body", "body", "text"];
            put(row, "body_plain", event.text(&any(&names)).map(|text| text_of(&text)));
            let laid_out = event.text(&any(&["email_html_body", "reply_body", "body"]));
            put(row, "body_html", laid_out.and_then(|text| html_of(&text)));
            let reason = event.text(&own("reply_reason")).map(|reason| squeeze(&reason));
            put(row, "is_manual", reason.map(|reason| reason != "emaildetected"));
        }
        "clicked" => put(row, "link", link(event)),
        "bounced" => {
            put(row, "bounce_type", event.text(&own("bounce_type")));
            let reason = event.text(&own("bounce_reason"));
            let reason = reason.or_else(|| match event.at("reason") {
                Some(Value::String(reason)) => Some(reason.clone()),
                _ => None,
            });
            put(row, "bounce_reason", reason);
        }
        "categorized" => {
            put(row, "category_id", event.true_id(&own("category_id")));
            if let Some(name) = category(event) {
                put_category(row, &name, None, event.delivery.settings);
            }
        }
        "interested" => {
            let name = category(event).unwrap_or_else(|| "Interested".to_owned());
            put_category(row, &name, Some("positive"), event.delivery.settings);
        }
        _ => {}
    }
    if kind == "auto_replied" {
        put(row, "reply_category", Some("out_of_office"));
        put(row, "sentiment", Some("neutral"));
        put(row, "is_positive", Some(false));
    }
}
