//! What the hooks of an account are told of a day: calls that begin and end.

use fastrand::Rng;
use jiff::SignedDuration;
use serde_json::json;

use super::book::Book;
use crate::play::{Day, Post};

const OUTCOMES: [(&str, u8); 6] = [
    ("No Answer", 0),
    ("No Answer", 0),
    ("Left Message", 0),
    ("Interested", 1),
    ("Not Interested", 1),
    ("Callback Requested", 1),
];

pub(super) fn posts(book: &Book, day: &Day, rng: &mut Rng) -> Vec<Post> {
    let mut posts = Vec::new();
    let Some(url) = &day.calls_to else { return posts };
    for number in 0..day.mails / 4 {
        let contact = &book.contacts[rng.usize(..book.contacts.len())];
        let member = &book.members[rng.usize(..book.members.len())];
        let (label, connected) = OUTCOMES[rng.usize(..OUTCOMES.len())];
        let seconds = if connected > 0 { rng.i64(60..600) } else { rng.i64(8..40) };
        let began = day.time(rng);
        let ended = began + SignedDuration::from_secs(seconds);
        let wall =
            |at: jiff::Timestamp| at.to_zoned(book.tz.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let who = json!({"user_id": contact.id, "first_name": contact.first_name, "last_name": contact.last_name,
            "phone": contact.phone, "primary_email": contact.email, "account": {"company_name": contact.company}});
        let agent = json!({"user_id": member.id.to_string(), "first_name": member.first_name,
            "last_name": member.last_name, "email": member.email});
        let call_id = 3_900_000_000 + number;
        posts.push(Post {
            at: began,
            url: format!("{url}&event=call_begin"),
            body: json!({"call_id": call_id, "start_time": wall(began), "contact": who, "agent": agent}),
        });
        posts.push(Post {
            at: ended,
            url: format!("{url}&event=call_end"),
            body: json!({"call_id": call_id, "status": label, "duration": seconds, "start_time": wall(began),
                "end_time": wall(ended), "connected": connected.to_string(), "direction": "outbound",
                "call_notes": [], "contact": who, "agent": agent, "custom_fields": false}),
        });
    }
    posts
}
