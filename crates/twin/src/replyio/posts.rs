//! What subscriptions are told of a day: mails to the people of its sequences, and what came of them.

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::{Book, TEAM_ID, USERS};
use super::figures::Status;
use crate::play::{Day, Post};
use crate::subscriptions::Subscriptions;

pub(super) fn posts(book: &Book, webhooks: &Subscriptions, day: &Day, rng: &mut Rng) -> Vec<Post> {
    let sequences: Vec<_> = book
        .sequences
        .iter()
        .filter(|one| one.status(book.today) == Status::Active && !one.enrolled(book.today).is_empty())
        .collect();
    let mut posts = Vec::new();
    if sequences.is_empty() {
        return posts;
    }
    for number in 0..day.mails {
        let sequence = sequences[rng.usize(..sequences.len())];
        let people = sequence.enrolled(book.today);
        let person = &people[rng.usize(..people.len())];
        let (who, mailbox) =
            (book.identity(person.contact), &book.mailboxes[Book::mailbox_of(sequence, person)]);
        let (mail_id, at) = (880_000_000 + number, day.time(rng));
        let mut tell = |event: &str, at: Timestamp, more: Value| {
            let is_it = |wanted: &String| wanted == event;
            for one in webhooks.all().iter().filter(|one| !one.is_off && one.events.iter().any(is_it)) {
                let mut body = json!({
                    "event": {"id": format!("{mail_id}-{event}"), "type": event, "date": at, "user_id": USERS[0].id,
                        "team_id": TEAM_ID, "subscription_id": one.id},
                    "contact_fields": {"id": book.contacts[person.contact].id, "email": who.email,
                        "first_name": who.first_name, "last_name": who.last_name, "company": who.company},
                    "sequence_fields": {"id": sequence.id, "name": sequence.name, "step_number": 1},
                    "sent_email_id": mail_id, "email_account_id": mailbox.id, "email_from": mailbox.address,
                });
                if let (Value::Object(body), Value::Object(more)) = (&mut body, &more) {
                    body.extend(more.clone());
                }
                posts.push(Post { at, url: one.url.clone(), body });
            }
        };
        tell("email_sent", at, json!({"sent_email_date": at}));
        if rng.u8(..100) < 3 {
            tell(
                "email_bounced",
                at,
                json!({"bounce_date": at, "bounce_type": "Hard", "bounce_reason": "550"}),
            );
            continue;
        }
        if sequence.tracks_opens
            && rng.u8(..100) < 45
            && let Some(at) = day.later(at, rng)
        {
            tell("email_opened", at, json!({"email_open_date": at, "opens_count": 1}));
        }
        if rng.u8(..100) < 6
            && let Some(at) = day.later(at, rng)
        {
            let reply = format!("<re-{mail_id}@{}>", who.domain);
            tell(
                "email_replied",
                at,
                json!({"reply_date": at, "reply_message_id": reply, "reply_reason": "EmailDetected",
                "reply_text": "Please send two dates."}),
            );
            let name = if rng.bool() { "Interested" } else { "Not interested" };
            tell("reply_categorized", at, json!({"category_name": name, "reply_message_id": reply}));
        }
    }
    posts
}
