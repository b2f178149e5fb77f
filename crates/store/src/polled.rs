//! Events that a service was asked for, beside those that it posts: the same fact is one row, whichever comes first.
//!
//! What was posted tells more, so it stands; what is asked for stands in until then. A row that was asked for makes way by
//! another key, under which it is dropped in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::SourceId;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::counting::{BY_KEY, Keys, Told, keys, of_rows};
use crate::db::Tx;
use crate::error::Result;
use crate::sql::{batch, fence, to_batch};

/// What the key of a row begins with that made way.
const ASIDE: &str = "poll:";

/// Two tellings of one reply may round its time, or be a moment apart.
const SAME_REPLY: SignedDuration = SignedDuration::from_mins(2);

/// A report tells when a mail was delivered, or on which day; two mails of a sequence to one person are further apart.
const SAME_MAIL: SignedDuration = SignedDuration::from_hours(24);

/// Gives the keys of a batch free for deliveries where what was asked for has them; how many had to.
pub(crate) async fn make_way(tx: &mut Tx, id: SourceId, json: &str) -> Result<u64> {
    let sql = format!(
        "UPDATE email_activities SET event_key = '{ASIDE}' || event_key WHERE source_id = $1 AND via = 'poll' \
         AND (campaign_id, event_key) IN (SELECT value ->> 'campaign_id', value ->> 'event_key' FROM {} \
         WHERE value ->> 'via' = 'webhook')",
        batch(tx.flavour(), "$2"),
    );
    tx.execute(&sql, [id.into(), json.into()]).await
}

/// Notes which posted mails the service's list tells too, and their template; the keys of those that changed.
pub(crate) async fn complete(tx: &mut Tx, id: SourceId, json: &str) -> Result<Keys> {
    let sql = format!(
        "UPDATE email_activities AS t SET is_polled = TRUE, variant_id = COALESCE(i.v, t.variant_id) \
         FROM (SELECT value ->> 'campaign_id' AS a, value ->> 'event_key' AS b, value ->> 'variant_id' AS v \
         FROM {}{}) AS i WHERE t.source_id = $1 AND t.campaign_id = i.a AND t.event_key = i.b \
         AND t.via = 'webhook' AND t.event = 'sent' \
         AND (t.is_polled IS NOT TRUE OR t.variant_id IS DISTINCT FROM COALESCE(i.v, t.variant_id)) \
         RETURNING campaign_id, event_key",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    let rows = tx.fetch(&sql, [id.into(), json.into()]).await?;
    rows.iter().map(|row| Ok((row.text("campaign_id")?, row.text("event_key")?))).collect()
}

/// Gives the events of mails whose template is known for sure that template.
pub(crate) async fn share_variants(tx: &mut Tx, id: SourceId, touched: &Keys) -> Result<()> {
    let some = "SELECT 1 AS one FROM email_activities WHERE source_id = $1 AND is_polled LIMIT 1";
    if touched.is_empty() || tx.fetch(some, [id.into()]).await?.is_empty() {
        return Ok(());
    }
    let same = "FROM email_activities AS m WHERE m.source_id = $1 AND m.sent_id = t.sent_id \
                AND m.campaign_id = t.campaign_id AND m.event = 'sent' AND m.is_polled AND m.variant_id IS NOT NULL";
    let sql = format!(
        "UPDATE email_activities AS t SET variant_id = (SELECT MIN(m.variant_id) {same}) WHERE t.source_id = $1 \
         AND t.event <> 'sent' AND t.sent_id IN (SELECT k.sent_id FROM email_activities AS k WHERE k.source_id = $1 \
         AND k.sent_id IS NOT NULL AND (k.campaign_id, k.event_key) IN (SELECT value ->> 'a', value ->> 'b' FROM {})) \
         AND EXISTS (SELECT 1 {same} AND m.variant_id IS DISTINCT FROM t.variant_id)",
        batch(tx.flavour(), "$2"),
    );
    tx.execute(&sql, [id.into(), to_batch(&keys(touched)).into()]).await.map(drop)
}

/// The mails that events are about.
pub(crate) async fn mails(tx: &mut Tx, id: SourceId, touched: &Keys) -> Result<BTreeSet<String>> {
    let sql = format!(
        "SELECT DISTINCT sent_id FROM email_activities WHERE source_id = $1 AND sent_id IS NOT NULL \
         AND (campaign_id, event_key) IN (SELECT value ->> 'a', value ->> 'b' FROM {})",
        batch(tx.flavour(), "$2"),
    );
    let rows = tx.fetch(&sql, [id.into(), to_batch(&keys(touched)).into()]).await?;
    rows.iter().map(|row| row.text("sent_id")).collect()
}

/// Drops what stands in for deliveries that have come, of these mails; replies are another matter. The rows that went.
pub(crate) async fn drop_stand_ins(
    tx: &mut Tx,
    id: SourceId,
    touched: &Keys,
    mails: &BTreeSet<String>,
) -> Result<Vec<Told>> {
    let aside = format!("value ->> 'a' AS a, '{ASIDE}' || (value ->> 'b') AS b");
    let asked_for = format!("t.via = 'poll' AND {BY_KEY}");
    let same_mail = "t.via = 'poll' AND t.event <> 'replied' AND t.sent_id = k.a \
                     AND EXISTS (SELECT 1 FROM email_activities AS w WHERE w.source_id = $1 AND w.sent_id = t.sent_id \
                     AND w.campaign_id = t.campaign_id AND w.event = t.event AND w.via = 'webhook')";
    let mut gone = of_rows(tx, id, &aside, &asked_for, &keys(touched)).await?;
    let known: BTreeSet<_> = gone.iter().map(Told::key).collect();
    let mails: Vec<Value> = mails.iter().map(|mail| json!({"a": mail})).collect();
    let same_mail = of_rows(tx, id, "value ->> 'a' AS a", same_mail, &mails).await?;
    gone.extend(same_mail.into_iter().filter(|row| !known.contains(&row.key())));
    if gone.iter().any(|row| row.event == "sent") {
        hand_over(tx, id, &gone).await?;
    }
    remove(tx, id, &gone).await?;
    Ok(gone)
}

/// What the list of mails tells of a sent mail goes to the row that stays.
async fn hand_over(tx: &mut Tx, id: SourceId, gone: &[Told]) -> Result<()> {
    let stand_ins = format!(
        "FROM email_activities AS p WHERE p.source_id = $1 AND p.event = 'sent' AND p.is_polled \
         AND (p.campaign_id, p.event_key) IN (SELECT value ->> 'a', value ->> 'b' FROM {})",
        batch(tx.flavour(), "$2"),
    );
    let same = "AND p.campaign_id = w.campaign_id AND p.sent_id = w.sent_id";
    let sql = format!(
        "UPDATE email_activities AS w SET is_polled = TRUE, \
         variant_id = COALESCE((SELECT MIN(p.variant_id) {stand_ins} {same}), w.variant_id) \
         WHERE w.source_id = $1 AND w.via = 'webhook' AND w.event = 'sent' \
         AND w.sent_id IN (SELECT p.sent_id {stand_ins}) AND EXISTS (SELECT 1 {stand_ins} {same})",
    );
    let gone = to_batch(&keys(&gone.iter().map(Told::key).collect()));
    tx.execute(&sql, [id.into(), gone.into()]).await.map(drop)
}

/// Whether some events were asked for that name neither a mail nor a message: these are known by their person alone.
pub(crate) async fn are_nameless(tx: &mut Tx, id: SourceId) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM email_activities WHERE source_id = $1 AND via = 'poll' AND sent_id IS NULL \
               AND message_id IS NULL LIMIT 1";
    Ok(!tx.fetch(sql, [id.into()]).await?.is_empty())
}

/// Drops what was asked for and is told better by another event of its person: one that was posted, or a reply that names
/// its message. One reply may be noted at several mails of its lead: the last of them has it. Of the people in these rows
/// all events must be here; those that went are taken out. The rows that went, and which of them because of a posted one.
pub(crate) async fn drop_told(tx: &mut Tx, id: SourceId, rows: &mut Vec<Told>) -> Result<(Vec<Told>, Keys)> {
    let mut people: BTreeMap<(&str, &str, &str), Vec<&Told>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.campaign_id.is_empty()) {
        people.entry((&row.campaign_id, &row.person, kind(row))).or_default().push(row);
    }
    let (mut told, mut posted) = (Keys::new(), Keys::new());
    for events in people.into_values() {
        for event in events.iter().filter(|event| event.is_asked_for) {
            let mut over = events.iter().filter(|other| stands_over(other, event)).peekable();
            told.extend(over.peek().map(|_| event.key()));
            posted.extend(over.any(|other| !other.is_asked_for).then(|| event.key()));
        }
    }
    let (gone, kept) = std::mem::take(rows).into_iter().partition(|row| told.contains(&row.key()));
    *rows = kept;
    remove(tx, id, &gone).await?;
    Ok((gone, posted))
}

/// What an event is, whether a person or a machine replied.
fn kind(row: &Told) -> &str {
    if row.event == "auto_replied" { "replied" } else { &row.event }
}

/// Whether one telling of a fact makes the other one, which was asked for, needless.
fn stands_over(one: &Told, other: &Told) -> bool {
    if one.key() == other.key() {
        return false;
    }
    let apart = one.at.duration_since(other.at).abs();
    let is_nameless = other.sent_id.is_none() && other.message_id.is_none();
    match kind(other) {
        "sent" if is_nameless => !one.is_asked_for && apart <= SAME_MAIL,
        _ if !other.is_time_known && is_nameless => !one.is_asked_for || one.is_time_known,
        "replied" => is_same_reply(one, other, apart),
        _ => false,
    }
}

fn is_same_reply(one: &Told, other: &Told, apart: SignedDuration) -> bool {
    let is_close = apart <= SAME_REPLY;
    let is_same_mail = one.sent_id.is_some() && one.sent_id == other.sent_id;
    match (&one.message_id, &other.message_id) {
        (Some(one_id), Some(other_id)) => !one.is_asked_for && one_id == other_id,
        (None, Some(_)) => !one.is_asked_for && is_close,
        // A mail may be replied to again: then the list of mails tells a later time.
        (Some(_), None) if one.is_asked_for => is_close || (is_same_mail && other.at <= one.at),
        (_, None) if !one.is_asked_for => is_close || is_same_mail,
        (_, None) => is_close && (&one.sent_id, &one.event_key) > (&other.sent_id, &other.event_key),
    }
}

async fn remove(tx: &mut Tx, id: SourceId, gone: &[Told]) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM email_activities WHERE source_id = $1 AND (campaign_id, event_key) IN \
         (SELECT value ->> 'a', value ->> 'b' FROM {})",
        batch(tx.flavour(), "$2"),
    );
    let keys: Vec<Value> = keys(&gone.iter().map(Told::key).collect());
    tx.execute(&sql, [id.into(), to_batch(&keys).into()]).await.map(drop)
}

/// Removes what deliveries told, before they are understood again. Where the list of mails told it too, that part stays,
/// and stands in until then.
pub(crate) async fn forget_told_in(tx: &mut Tx, id: SourceId, ids: &[Value]) -> Result<()> {
    let told = format!(
        "source_id = $1 AND told_in IN (SELECT CAST(value ->> 'id' AS BIGINT) FROM {}) AND via = 'webhook'",
        batch(tx.flavour(), "$2"),
    );
    let aside = format!(
        "UPDATE email_activities SET via = 'poll', event_key = '{ASIDE}' || event_key WHERE {told} AND is_polled"
    );
    tx.execute(&aside, [id.into(), to_batch(ids).into()]).await?;
    let sql = format!("DELETE FROM email_activities WHERE {told}");
    tx.execute(&sql, [id.into(), to_batch(ids).into()]).await.map(drop)
}

/// Removes what an answer told, before it is understood again; how many rows.
pub(crate) async fn forget_asked_in(tx: &mut Tx, id: SourceId, journal_id: i64) -> Result<u64> {
    let sql = "DELETE FROM email_activities WHERE source_id = $1 AND told_in = $2 AND via = 'poll'";
    tx.execute(sql, [id.into(), journal_id.into()]).await
}
