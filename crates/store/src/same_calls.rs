//! Whose calls they are, and which are told twice.
//!
//! A call without a contact belongs to the one contact with its number at the team's CRM, else with its phone number. An
//! activity within two minutes of a call of the same contact is that call: it names it in `same_call_id` and is not counted.
//! Both are worked out again whenever one of the rows is written, so the order in which they come does not matter.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::SourceId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::db::{DbRow, Tx};
use crate::error::Result;
use crate::sql::{batch, fence, to_batch};

/// The two clocks that write a call's time down are no further apart.
const APART: SignedDuration = SignedDuration::from_secs(120);

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Calls, by origin and id.
    pub(crate) calls: BTreeSet<(String, String)>,
    /// Contacts, by id.
    pub(crate) contacts: BTreeSet<String>,
}

/// A call as it stands.
struct Told {
    id: String,
    at: Timestamp,
    /// When it was as well, if it was in the second pass of the hour that comes twice.
    or_at: Option<Timestamp>,
    same_call_id: Option<String>,
}

pub(crate) async fn settle(
    tx: &mut Tx,
    source_id: SourceId,
    mut touched: Touched,
    batch_size: usize,
) -> Result<()> {
    if touched.calls.is_empty() && touched.contacts.is_empty() {
        return Ok(());
    }
    for number in ["crm_id", "phone_key"] {
        find_by(tx, source_id, number, &mut touched, batch_size).await?;
    }
    let calls: Vec<Value> =
        touched.calls.iter().map(|(origin, id)| json!({"origin": origin, "id": id})).collect();
    for calls in calls.chunks(batch_size.max(1)) {
        mark_same(tx, source_id, calls).await?;
    }
    Ok(())
}

/// Gives calls without a contact the one that has their number, at the team's CRM or on the telephone; two that have it
/// say nothing.
async fn find_by(
    tx: &mut Tx,
    source_id: SourceId,
    number: &str,
    touched: &mut Touched,
    batch_size: usize,
) -> Result<()> {
    let calls = touched.calls.iter().map(|(origin, id)| json!({"origin": origin, "id": id}));
    let calls = (
        "SELECT t.origin, t.external_id, t.{number} FROM (SELECT value ->> 'origin' AS origin, value ->> 'id' AS id \
         FROM {batch}) AS b JOIN call_activities AS t ON t.source_id = $1 AND t.origin = b.origin \
         AND t.external_id = b.id",
        calls.collect::<Vec<_>>(),
    );
    let contacts = touched.contacts.iter().map(|id| json!({"id": id}));
    let contacts = (
        "SELECT t.origin, t.external_id, t.{number} FROM (SELECT value ->> 'id' AS id FROM {batch}) AS b \
         JOIN contacts AS k ON k.source_id = $1 AND k.external_lead_id = b.id \
         JOIN call_activities AS t ON t.source_id = $1 AND t.{number} = k.{number}",
        contacts.collect::<Vec<_>>(),
    );
    let rows = batch(tx.flavour(), "$2") + fence(tx.flavour());
    // In two steps, each a look-up by key, as in `mark_same`.
    let found = format!(
        "UPDATE call_activities AS t SET contact_id = b.contact_id FROM (SELECT value ->> 'origin' AS origin, \
         value ->> 'id' AS id, value ->> 'contact_id' AS contact_id FROM {rows}) AS b \
         WHERE t.source_id = $1 AND t.origin = b.origin AND t.external_id = b.id",
    );
    // What a contact tells of itself stands.
    let unwanted = format!(
        "UPDATE contacts AS k SET do_not_call = TRUE FROM (SELECT value ->> 'origin' AS origin, \
         value ->> 'id' AS id, value ->> 'contact_id' AS contact_id FROM {rows}) AS b \
         JOIN call_activities AS t ON t.source_id = $1 AND t.origin = b.origin AND t.external_id = b.id \
         WHERE k.source_id = $1 AND k.external_lead_id = b.contact_id AND k.do_not_call IS NULL \
         AND t.disposition_normal = 'do_not_call'",
    );
    for (which, keys) in [calls, contacts] {
        let whose = format!(
            "SELECT c.origin, c.external_id, MIN(k.external_lead_id) AS contact_id FROM ({} \
             WHERE t.contact_id IS NULL AND t.{number} IS NOT NULL) AS c \
             JOIN contacts AS k ON k.source_id = $1 AND k.{number} = c.{number} \
             GROUP BY c.origin, c.external_id HAVING COUNT(DISTINCT k.external_lead_id) = 1",
            which.replace("{batch}", &rows).replace("{number}", number),
        );
        for keys in keys.chunks(batch_size.max(1)) {
            let mut owned = Vec::new();
            for row in tx.fetch(&whose, [source_id.into(), to_batch(keys).into()]).await? {
                let (origin, id) = (row.text("origin")?, row.text("external_id")?);
                owned.push(json!({"origin": origin, "id": id, "contact_id": row.text("contact_id")?}));
                touched.calls.insert((origin, id));
            }
            if !owned.is_empty() {
                tx.execute(&found, [source_id.into(), to_batch(&owned).into()]).await?;
                tx.execute(&unwanted, [source_id.into(), to_batch(&owned).into()]).await?;
            }
        }
    }
    Ok(())
}

async fn mark_same(tx: &mut Tx, source_id: SourceId, calls: &[Value]) -> Result<()> {
    // In two steps, each a look-up by key: in one, a database that knows nothing of the tables yet may compare every call
    // with every row of the batch.
    let whose = format!(
        "SELECT DISTINCT k.contact_id FROM (SELECT value ->> 'origin' AS origin, value ->> 'id' AS id FROM {}{}) AS b \
         JOIN call_activities AS k ON k.source_id = $1 AND k.origin = b.origin AND k.external_id = b.id \
         WHERE k.contact_id IS NOT NULL",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    let mut whom = Vec::new();
    for row in tx.fetch(&whose, [source_id.into(), to_batch(calls).into()]).await? {
        whom.push(json!({"id": row.text("contact_id")?}));
    }
    let sql = format!(
        "SELECT t.origin, t.external_id, t.contact_id, t.started_at, t.same_call_id, \
         t.extra ->> 'second_pass' AS or_at FROM (SELECT value ->> 'id' AS id FROM {}{}) AS b \
         JOIN call_activities AS t ON t.source_id = $1 AND t.contact_id = b.id WHERE t.started_at IS NOT NULL",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    // By contact: the calls, and the activities.
    let mut contacts: BTreeMap<String, [Vec<Told>; 2]> = BTreeMap::new();
    for row in tx.fetch(&sql, [source_id.into(), to_batch(&whom).into()]).await? {
        let place = usize::from(row.text("origin")? == "activity");
        contacts.entry(row.text("contact_id")?).or_default()[place].push(told(&row)?);
    }
    let mut changed = Vec::new();
    for [calls, activities] in contacts.values() {
        for activity in activities {
            let apart = |call: &Told, at: Timestamp| call.at.duration_since(at).abs();
            let distance = |call: &&Told| {
                let or = activity.or_at.map(|at| apart(call, at));
                (apart(call, activity.at).min(or.unwrap_or(SignedDuration::MAX)), call.id.clone())
            };
            let nearest = calls.iter().min_by_key(distance);
            let same = nearest.filter(|call| distance(call).0 <= APART).map(|call| &call.id);
            if same != activity.same_call_id.as_ref() {
                changed.push(json!({"id": activity.id, "same": same}));
            }
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE call_activities AS t SET same_call_id = incoming.same FROM (SELECT value ->> 'id' AS id, \
         value ->> 'same' AS same FROM {}) AS incoming WHERE t.source_id = $1 AND t.origin = 'activity' \
         AND t.external_id = incoming.id",
        batch(tx.flavour(), "$2"),
    );
    tx.execute(&sql, [source_id.into(), to_batch(&changed).into()]).await.map(drop)
}

fn told(row: &DbRow) -> Result<Told> {
    Ok(Told {
        id: row.text("external_id")?,
        at: row.time("started_at")?,
        or_at: row.maybe_text("or_at")?.and_then(|text| text.parse().ok()),
        same_call_id: row.maybe_text("same_call_id")?,
    })
}
