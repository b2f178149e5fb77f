//! `classify-replies`: replies that nobody has sorted, by rule and by the embedded model; then by a language model, if one is
//! set.

use atlas_insight::replies::{Model, Reply, Sorted, methods, sort};
use atlas_model::Clock;
use atlas_store::{Store, UnsortedReply};
use atlas_sync::Error;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::ask_model::{LanguageModel, Memory, NoAnswer, Use};
use crate::share_done::ShareDone;

/// Replies in memory at a time, and in a transaction.
const PAGE: usize = 500;
/// A language model is asked of so many at a time, and of so many after a sync; the others wait for the next one.
const ASKED_AT_ONCE: usize = 20;
const ASKED_IN_ALL: usize = 300;
/// And for so long: alerts wait behind it.
const ASKED_FOR: SignedDuration = SignedDuration::from_mins(5);
/// After so many failures in a row it is left alone until the next sync.
const FAILURES: usize = 3;

/// Sorts what is new, or was sorted by another version. How many were looked at and how many differ.
pub(crate) async fn sort_replies(
    store: &Store,
    clock: Clock,
    asked: Option<&LanguageModel>,
    share: &ShareDone<'_>,
) -> Result<(i64, u64), Error> {
    let model = Model::embedded();
    let methods = methods(model.as_ref());
    let total = store.count_unsorted(&methods).await?;
    let (mut seen, mut changed) = (0, 0);
    for source in store.sources().await? {
        changed += store.follow_corrected(source.id).await?;
        let mut after = (String::new(), String::new());
        loop {
            let page = store.unsorted_replies(source.id, &after, &methods, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.campaign_id.clone(), last.event_key.clone());
            seen += i64::try_from(page.len()).unwrap_or(i64::MAX);
            let sorted = page.iter().map(|stored| row(stored, &sort(&reply(stored), model.as_ref())));
            changed += store.save_sorted(source.id, &sorted.collect::<Vec<_>>()).await?;
            share.tell(seen, total).await?;
        }
    }
    if let Some(asked) = asked {
        changed += ask(store, clock, asked).await?;
    }
    Ok((seen, changed))
}

/// Asks a language model; how many differ. What it does not say stays as it is.
async fn ask(store: &Store, clock: Clock, model: &LanguageModel) -> Result<u64, Error> {
    let memory = Memory::Of(store, clock);
    let are_all_wanted = model.use_for == Use::All;
    let began = clock.now();
    let (mut changed, mut left, mut failures) = (0, ASKED_IN_ALL, 0);
    for source in store.sources().await? {
        let mut after = (String::new(), String::new());
        loop {
            let page =
                store.unsure_replies(source.id, &after, are_all_wanted, ASKED_AT_ONCE.min(left)).await?;
            let Some(last) = page.last() else { break };
            after = (last.campaign_id.clone(), last.event_key.clone());
            let mut sorted = Vec::new();
            let mut is_over = false;
            for stored in &page {
                let answer = model.sort(&memory, &reply(stored)).await?;
                // What costs no call takes none from those behind it.
                if matches!(answer, Err(NoAnswer::SaidNothing)) {
                    continue;
                }
                left -= 1;
                match answer {
                    Ok(found) => {
                        failures = 0;
                        sorted.push(row(stored, &found));
                    }
                    Err(NoAnswer::NotBelieved(_) | NoAnswer::SaidNothing) => {}
                    Err(why) => {
                        failures += 1;
                        is_over = why == NoAnswer::UsedUp || failures == FAILURES;
                        if is_over {
                            tracing::warn!(
                                reason = why.reason(),
                                "the language model is left alone until the next sync"
                            );
                            break;
                        }
                    }
                }
                if clock.now().duration_since(began) > ASKED_FOR {
                    is_over = true;
                    break;
                }
            }
            changed += store.save_sorted(source.id, &sorted).await?;
            if is_over {
                return Ok(changed);
            }
        }
    }
    Ok(changed)
}

fn reply(stored: &UnsortedReply) -> Reply<'_> {
    Reply {
        text: &stored.text,
        subject: stored.subject.as_deref(),
        headers: &[],
        received_on: stored.received_on,
    }
}

fn row(stored: &UnsortedReply, found: &Sorted) -> Value {
    json!({
        "campaign_id": stored.campaign_id, "event_key": stored.event_key, "reply_category": found.reply_category,
        "sentiment": found.sentiment, "is_positive": found.is_positive,
        // Four figures: more are noise.
        "confidence": (found.confidence * 1e4).round() / 1e4, "needs_review": found.needs_review,
        "method": found.method, "returns_on": found.returns_on,
    })
}
