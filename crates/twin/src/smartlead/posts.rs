//! What a campaign's webhooks are told of a day: mails to its leads, and what came of them.

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::Book;
use super::campaign::{Campaign, Status};
use super::lead::{Lead, lead};
use crate::options::Dialect;
use crate::play::{Day, Post};
use crate::subscriptions::Subscriptions;

pub(super) fn posts(book: &Book, webhooks: &Subscriptions, day: &Day, rng: &mut Rng) -> Vec<Post> {
    let told: Vec<_> = webhooks
        .all()
        .iter()
        .filter_map(|one| Some((book.find(one.campaign?)?, one)))
        .filter(|((_, campaign), _)| {
            campaign.status(book.today) == Status::Active && book.served(campaign) > 0
        })
        .collect();
    let mut posts = Vec::new();
    if told.is_empty() {
        return posts;
    }
    for number in 0..day.mails {
        let ((place, campaign), webhook) = told[rng.usize(..told.len())];
        let lead = lead(book, place, campaign, rng.u64(..book.served(campaign)), Dialect::Live);
        let at = day.time(rng);
        let mail = Mail { book, campaign, lead: &lead, number, at };
        let mut tell = |event: &str, at: Timestamp, more: Value| {
            if webhook.events.iter().any(|wanted| wanted == event) {
                posts.push(Post { at, url: webhook.url.clone(), body: mail.post(event, at, more) });
            }
        };
        tell("EMAIL_SENT", at, json!({"time_sent": at, "message_id": mail.message_id()}));
        if rng.u8(..100) < 3 {
            let message = json!({"message_id": format!("<dsn-{number}@mx.test>"), "text": "550 no such user", "time": at});
            tell("EMAIL_BOUNCE", at, json!({"time_sent": at, "is_bounced": true, "bounce_message": message}));
            continue;
        }
        if rng.u8(..100) < 40
            && let Some(at) = day.later(at, rng)
        {
            tell("EMAIL_OPEN", at, json!({"time_opened": at}));
        }
        if rng.u8(..100) < 7
            && let Some(at) = day.later(at, rng)
        {
            let message = json!({"message_id": format!("<re-{number}@{}>", lead.email), "time": at,
                "text": "Thanks, tell me more.", "html": "<p>Thanks, tell me more.</p>"});
            tell(
                "EMAIL_REPLY",
                at,
                json!({"time_replied": at, "reply_message": message, "sl_lead_email": lead.email}),
            );
            let (id, name) = if rng.bool() { (1, "Interested") } else { (3, "Not Interested") };
            tell(
                "LEAD_CATEGORY_UPDATED",
                at,
                json!({"lead_id": lead.id, "lead_email": lead.email, "lead_category":
                {"old_id": null, "old_name": null, "new_id": id, "new_name": name}, "history": [], "stats_id": null}),
            );
        }
    }
    posts
}

struct Mail<'a> {
    book: &'a Book,
    campaign: &'a Campaign,
    lead: &'a Lead,
    number: u64,
    at: Timestamp,
}

impl Mail<'_> {
    fn stats_id(&self) -> String {
        format!("{:08x}-{:04x}-4000-8000-{:012x}", self.campaign.id, self.number % 0xffff, self.lead.id)
    }

    fn message_id(&self) -> String {
        format!("<{}@post.test>", self.stats_id())
    }

    fn post(&self, event: &str, at: Timestamp, more: Value) -> Value {
        let Self { book, campaign, lead, .. } = self;
        let mailbox = &book.mailboxes[self.number as usize % book.mailboxes.len()].address;
        let mut body = json!({
            "event_type": event, "event_timestamp": at, "campaign_id": campaign.id, "campaign_name": campaign.name,
            "campaign_status": "ACTIVE", "client_id": null, "stats_id": self.stats_id(), "sequence_number": 1,
            "sl_email_lead_id": lead.id.to_string(), "sl_email_lead_map_id": lead.map_id, "from_email": mailbox,
            "to_email": lead.email, "to_name": format!("{} {}", lead.first_name, lead.last_name),
            "subject": "A short question", "secret_key": "4e0c7b1a-0000-4000-8000-d07b6e2f8c14",
            "sent_message": {"message_id": self.message_id(), "text": "Hello", "html": "<p>Hello</p>", "time": self.at},
            "metadata": {"webhook_created_at": "2026-08-04T09:31:27.605Z"}, "webhook_name": "Atlas",
        });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    }
}
