//! Who is one person across services: the same client and e-mail address, else the same phone number.
//!
//! It follows from rows alone, by sets: whatever touches a lead, its enrolments, its calls or a client's name has the keys
//! of these leads worked out again in the same transaction, and with them the people who have or had these keys. So the
//! order in which answers come does not matter, and a replay ends in the same.

use std::collections::BTreeSet;

use atlas_model::{Platform, SourceId};
use serde_json::json;

use crate::db::{Flavour, Param, Tx};
use crate::error::Result;
use crate::write::{batch, to_batch};

/// What was written that may make a lead another person.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Leads whose contact or enrolment changed.
    pub(crate) leads: BTreeSet<String>,
    /// Calls, by origin and id.
    pub(crate) calls: BTreeSet<(String, String)>,
    /// Campaigns whose client may be another.
    pub(crate) campaigns: BTreeSet<String>,
    /// A client's name may be another.
    pub(crate) are_clients: bool,
}

/// Works out the keys of what was touched, and their people.
pub(crate) async fn settle(tx: &mut Tx, id: SourceId, touched: Touched, batch_size: usize) -> Result<()> {
    let Touched { mut leads, calls, campaigns, are_clients } = touched;
    let size = batch_size.max(1);
    let calls: Vec<_> = calls.iter().map(|(origin, id)| json!({"origin": origin, "id": id})).collect();
    for calls in calls.chunks(size) {
        let sql = format!(
            "SELECT DISTINCT contact_id AS lead FROM call_activities WHERE source_id = $1 AND contact_id IS NOT NULL \
             AND (origin, external_id) IN (SELECT value ->> 'origin', value ->> 'id' FROM {})",
            batch(tx.flavour(), "$2"),
        );
        add(tx, &sql, [id.into(), to_batch(calls).into()], &mut leads).await?;
    }
    let flavour = tx.flavour();
    let (of_enrolments, of_contacts) = (enrolment_keys(flavour), contact_keys(flavour));
    if are_clients {
        let sql = format!(
            "SELECT n.external_lead_id AS lead FROM ({of_enrolments}) AS n WHERE n.stored IS DISTINCT FROM n.person_key \
             UNION SELECT n.external_lead_id AS lead FROM ({of_contacts}) AS n \
             WHERE n.stored IS DISTINCT FROM n.person_key"
        );
        add(tx, &sql, [id.into()], &mut leads).await?;
    } else {
        let sql = format!(
            "SELECT DISTINCT n.external_lead_id AS lead FROM ({of_enrolments} AND e.campaign_id IN \
             (SELECT value ->> 'id' FROM {})) AS n WHERE n.stored IS DISTINCT FROM n.person_key",
            batch(flavour, "$2"),
        );
        let campaigns: Vec<_> = campaigns.iter().map(|id| json!({"id": id})).collect();
        for campaigns in campaigns.chunks(size) {
            add(tx, &sql, [id.into(), to_batch(campaigns).into()], &mut leads).await?;
        }
    }
    let leads: Vec<_> = leads.iter().map(|id| json!({"id": id})).collect();
    for leads in leads.chunks(size) {
        set_keys(tx, id, leads).await?;
    }
    Ok(())
}

/// Everybody again, after rows were removed.
pub(crate) async fn rebuild(tx: &mut Tx) -> Result<()> {
    lock(tx).await?;
    let gone = format!("DELETE FROM people WHERE {GONE}");
    tx.execute(&gone, []).await?;
    tx.execute(&upsert("person_key IS NOT NULL"), []).await.map(drop)
}

/// Two sources that are written at the same time may have a person in common: the later one waits, then sees both.
async fn lock(tx: &mut Tx) -> Result<()> {
    tx.execute("UPDATE serials SET last = last + 1 WHERE name = 'people'", []).await.map(drop)
}

async fn add<const N: usize>(
    tx: &mut Tx,
    sql: &str,
    params: [Param; N],
    leads: &mut BTreeSet<String>,
) -> Result<()> {
    for row in tx.fetch(sql, params).await? {
        leads.insert(row.text("lead")?);
    }
    Ok(())
}

async fn set_keys(tx: &mut Tx, id: SourceId, leads: &[serde_json::Value]) -> Result<()> {
    let flavour = tx.flavour();
    let these = format!("IN (SELECT value ->> 'id' FROM {})", batch(flavour, "$2"));
    let of_leads = format!(
        "SELECT person_key FROM contacts WHERE source_id = $1 AND person_key IS NOT NULL AND external_lead_id {these} \
         UNION SELECT person_key FROM enrollments WHERE source_id = $1 AND person_key IS NOT NULL \
         AND external_lead_id {these}"
    );
    let enrolments = format!(
        "UPDATE enrollments AS t SET person_key = n.person_key FROM ({keys} AND e.external_lead_id {these}) AS n \
         WHERE t.source_id = $1 AND t.campaign_id = n.campaign_id AND t.external_lead_id = n.external_lead_id \
         AND t.person_key IS DISTINCT FROM n.person_key",
        keys = enrolment_keys(flavour),
    );
    let contacts = format!(
        "UPDATE contacts AS t SET person_key = n.person_key FROM ({keys} AND c.external_lead_id {these}) AS n \
         WHERE t.source_id = $1 AND t.external_lead_id = n.external_lead_id \
         AND t.person_key IS DISTINCT FROM n.person_key",
        keys = contact_keys(flavour),
    );
    let params = || [id.into(), to_batch(leads).into()];
    let mut keys = BTreeSet::new();
    for row in tx.fetch(&of_leads, params()).await? {
        keys.insert(row.text("person_key")?);
    }
    tx.execute(&enrolments, params()).await?;
    tx.execute(&contacts, params()).await?;
    for row in tx.fetch(&of_leads, params()).await? {
        keys.insert(row.text("person_key")?);
    }
    lock(tx).await?;
    let keys: Vec<_> = keys.iter().map(|key| json!({"key": key})).collect();
    let those = format!("person_key IN (SELECT value ->> 'key' FROM {})", batch(flavour, "$1"));
    tx.execute(&upsert(&those), [to_batch(&keys).into()]).await?;
    let gone = format!("DELETE FROM people WHERE {those} AND {GONE}");
    tx.execute(&gone, [to_batch(&keys).into()]).await.map(drop)
}

/// Nobody has the key any more.
const GONE: &str = "NOT EXISTS (SELECT 1 FROM contacts AS c WHERE c.person_key = people.person_key) \
                    AND NOT EXISTS (SELECT 1 FROM enrollments AS e WHERE e.person_key = people.person_key)";

/// Text that both databases lower and compare alike: bytes, of which the letters of ASCII are lowered.
fn bytewise(flavour: Flavour, text: &str) -> String {
    match flavour {
        Flavour::Sqlite => text.to_owned(),
        Flavour::Postgres => format!("({text} COLLATE \"C\")"),
    }
}

/// The client `k` and the contact `c` as a key; none where the contact tells neither address nor number.
fn key(flavour: Flavour) -> String {
    let name = bytewise(flavour, "k.name");
    let email = bytewise(flavour, "c.email");
    format!(
        "COALESCE(lower({name}), '#' || CAST(k.source_id AS TEXT) || ':' || k.external_id, '') || '|' || \
         COALESCE(NULLIF(lower(trim({email})), ''), c.phone_e164)"
    )
}

/// What the key of each enrolment must be: its client is the campaign's, else the source's.
fn enrolment_keys(flavour: Flavour) -> String {
    format!(
        "SELECT e.campaign_id, e.external_lead_id, e.person_key AS stored, {key} AS person_key FROM enrollments AS e \
         JOIN contacts AS c ON c.source_id = e.source_id AND c.external_lead_id = e.external_lead_id \
         JOIN campaigns AS g ON g.source_id = e.source_id AND g.external_id = e.campaign_id \
         LEFT JOIN clients AS k ON k.source_id = e.source_id AND k.external_id = COALESCE(g.client_id, 'source') \
         WHERE e.source_id = $1",
        key = key(flavour),
    )
}

/// What the key of each contact must be: that of its latest enrolment, else its client is the source's.
fn contact_keys(flavour: Flavour) -> String {
    format!(
        "SELECT c.external_lead_id, c.person_key AS stored, COALESCE((SELECT e.person_key FROM enrollments AS e \
         WHERE e.source_id = c.source_id AND e.external_lead_id = c.external_lead_id \
         ORDER BY e.enrolled_at DESC NULLS LAST, {campaign} DESC LIMIT 1), {key}) AS person_key FROM contacts AS c \
         LEFT JOIN clients AS k ON k.source_id = c.source_id AND k.external_id = 'source' WHERE c.source_id = $1",
        campaign = bytewise(flavour, "e.campaign_id"),
        key = key(flavour),
    )
}

/// People from their rows: when each service had them first and last, as far as rows tell.
fn upsert(which: &str) -> String {
    let names: Vec<String> =
        Platform::ALL.iter().flat_map(|one| [format!("{one}_first_at"), format!("{one}_last_at")]).collect();
    let times: Vec<String> = Platform::ALL
        .iter()
        .flat_map(|one| {
            ["MIN", "MAX"].map(|edge| format!("{edge}(CASE WHEN platform = '{one}' THEN at END)"))
        })
        .collect();
    let [set, stored, new] = [
        names.iter().map(|name| format!("{name} = excluded.{name}")).collect::<Vec<_>>(),
        names.iter().map(|name| format!("t.{name}")).collect(),
        names.iter().map(|name| format!("excluded.{name}")).collect(),
    ]
    .map(|parts| parts.join(", "));
    format!(
        "INSERT INTO people AS t (source_id, person_key, {names}) SELECT 0, person_key, {times} FROM ( \
         SELECT e.person_key, d.platform, e.enrolled_at AS at FROM enrollments AS e \
         JOIN data_sources AS d ON d.id = e.source_id WHERE e.{which} \
         UNION ALL SELECT c.person_key, d.platform, a.started_at AS at FROM contacts AS c \
         JOIN data_sources AS d ON d.id = c.source_id LEFT JOIN call_activities AS a \
         ON a.source_id = c.source_id AND a.contact_id = c.external_lead_id WHERE c.{which}) AS seen \
         GROUP BY person_key ON CONFLICT (source_id, person_key) DO UPDATE SET {set} \
         WHERE ({stored}) IS DISTINCT FROM ({new})",
        names = names.join(", "),
        times = times.join(", "),
    )
}
