//! What the service posts to whoever subscribed: one flat object an event, as observed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::Book;
use super::campaign::Campaign;
use super::lead::Lead;
use super::mail::Mail;
use super::sequence::Step;
use crate::options::Dialect;

/// How long it takes to sort a reply.
const TO_SORT: SignedDuration = SignedDuration::from_mins(4);

/// All that a mail led to, in the order of time.
pub(super) fn of_mail(
    book: &Book,
    place: usize,
    campaign: &Campaign,
    steps: &[Step],
    mail: &Mail,
) -> Vec<(Timestamp, Value)> {
    let lead = mail.lead(book, place, campaign, Dialect::Live);
    let sender = mail.mailbox().map(|place| book.mailboxes[place].address.as_str());
    let told = |name: &str| {
        let mut body = common(campaign, steps, mail, &lead, name);
        if let Some(sender) = sender {
            body["from_email"] = sender.into();
        }
        body
    };
    let mut posted = Vec::new();
    let mut sent = told("EMAIL_SENT");
    sent["time_sent"] = seconds(mail.sent);
    sent["event_timestamp"] = seconds(mail.sent);
    sent["message_id"] = mail.message_id().into();
    posted.push((mail.sent, sent));
    if let Some(at) = mail.bounced() {
        let mut body = told("EMAIL_BOUNCE");
        body["time_sent"] = seconds(mail.sent);
        body["event_timestamp"] = seconds(mail.sent);
        body["is_sender_originated_bounce"] = false.into();
        body["bounce_message"] = json!({"text": "550 5.1.1 no such user", "time": seconds(at)});
        posted.push((at, body));
    }
    if let Some(at) = mail.opened() {
        let mut body = told("EMAIL_OPEN");
        body["time_opened"] = seconds(at);
        body["event_timestamp"] = seconds(at);
        posted.push((at, body));
    }
    if let Some(at) = mail.clicked() {
        let mut body = told("EMAIL_LINK_CLICK");
        body["time_clicked"] = seconds(at);
        body["event_timestamp"] = seconds(at);
        body["link_clicked"] = json!(["https://brief.example.test/summary"]);
        posted.push((at, body));
    }
    if let Some(at) = mail.replied() {
        let mut body = told("EMAIL_REPLY");
        body["time_replied"] = seconds(at);
        body["event_timestamp"] = seconds(at);
        body["sl_lead_email"] = lead.email.as_str().into();
        body["message_id"] = mail.reply_id().into();
        body["reply_message"] = json!({"message_id": mail.reply_id(), "text": mail.reply(),
            "html": format!("<p>{}</p>", mail.reply()), "time": seconds(at)});
        posted.push((at, body));
        if let Some(category) = lead.category {
            let sorted_at = at + TO_SORT;
            let mut body = told("LEAD_CATEGORY_UPDATED");
            if let Some(fields) = body.as_object_mut() {
                fields.remove("stats_id");
            }
            body["event_timestamp"] = seconds(sorted_at);
            body["lead_category"] = json!({"old_id": null, "new_id": category.id, "new_name": category.name});
            body["lastReply"] = json!({"type": "REPLY", "message_id": mail.reply_id(), "time": seconds(at)});
            posted.push((sorted_at, body));
        }
    }
    posted
}

fn common(campaign: &Campaign, steps: &[Step], mail: &Mail, lead: &Lead, name: &str) -> Value {
    let letter = mail.letter(steps, lead);
    let (subject, html) = letter.map(|(_, _, subject, body)| (subject, body)).unwrap_or_default();
    json!({
        "event_type": name,
        "campaign_id": campaign.id,
        "campaign_name": campaign.name,
        "stats_id": mail.stats_id,
        "sl_email_lead_id": lead.id.to_string(),
        "sl_email_lead_map_id": lead.map_id,
        "to_email": lead.email,
        "to_name": format!("{} {}", lead.first_name, lead.last_name),
        "sequence_number": mail.step,
        "subject": subject,
        "sent_message": {"message_id": mail.message_id(), "html": html, "time": seconds(mail.sent)},
        "secret_key": "4e0c7b1a-0000-4c38-9a51-d07b6e2f8c14",
        "description": format!("{name} of {}", lead.email),
    })
}

/// With as many digits as there are.
fn seconds(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string().into()
}
