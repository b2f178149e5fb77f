//! `classify-replies`: replies that nobody has sorted, by rule and by the embedded model.

use atlas_insight::replies::{Model, Reply, methods, sort};
use atlas_store::{Store, UnsortedReply};
use atlas_sync::Error;
use serde_json::{Value, json};

/// Replies in memory at a time, and in a transaction.
const PAGE: usize = 500;

/// Sorts what is new, or was sorted by another version. How many were looked at and how many differ.
pub(crate) async fn sort_replies(store: &Store) -> Result<(i64, u64), Error> {
    let model = Model::embedded();
    let methods = methods(model.as_ref());
    let (mut seen, mut changed) = (0, 0);
    for source in store.sources().await? {
        changed += store.follow_corrected(source.id).await?;
        let mut after = (String::new(), String::new());
        loop {
            let page = store.unsorted_replies(source.id, &after, &methods, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.campaign_id.clone(), last.event_key.clone());
            seen += i64::try_from(page.len()).unwrap_or(i64::MAX);
            let sorted: Vec<Value> = page.iter().map(|reply| sorted(reply, model.as_ref())).collect();
            changed += store.save_sorted(source.id, &sorted).await?;
        }
    }
    Ok((seen, changed))
}

fn sorted(stored: &UnsortedReply, model: Option<&Model>) -> Value {
    let reply = Reply {
        text: &stored.text,
        subject: stored.subject.as_deref(),
        headers: &[],
        received_on: stored.received_on,
    };
    let found = sort(&reply, model);
    json!({
        "campaign_id": stored.campaign_id, "event_key": stored.event_key, "reply_category": found.reply_category,
        "sentiment": found.sentiment, "is_positive": found.is_positive,
        // Four figures: more are noise.
        "confidence": (found.confidence * 1e4).round() / 1e4, "needs_review": found.needs_review,
        "method": found.method, "returns_on": found.returns_on,
    })
}
