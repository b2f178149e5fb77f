//! Who is one person across services: the same client and e-mail address, else the same phone number.
//!
//! It follows from rows alone, by sets. Whatever touches leads, their enrolments or calls only counts that it did; at the
//! end of a sync the leads of the source are gone through, a range in a transaction. So the order in which answers come
//! does not matter, a crash leaves it to the next sync, and a replay ends in the same.

use atlas_model::{Platform, SourceId};
use serde_json::json;

use crate::db::{Flavour, Store, Tx};
use crate::error::Result;
use crate::leases::prove_lease;
use crate::sql::{batch, client_id_of, fence, to_batch};
use crate::turn::Turn;

/// Leads in a transaction: webhooks wait for no more than that.
const RANGE: usize = 500;

impl Store {
    /// Works out the people of a source, where leads were written since the last time; in a sync under its lease.
    pub async fn settle_people(&self, id: SourceId, turn: Option<&Turn>) -> Result<()> {
        let mut tx = self.begin().await?;
        let written = written(&mut tx, id).await?;
        tx.commit().await?;
        let Some(written) = written else { return Ok(()) };
        let mut after = String::new();
        loop {
            let mut tx = self.begin().await?;
            if let Some(turn) = turn {
                prove_lease(&mut tx, id, &turn.holder, turn.now).await?;
            }
            let last = settle_range(&mut tx, id, &after).await?;
            if last.is_none() {
                note(&mut tx, id, written).await?;
            }
            tx.commit().await?;
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}

/// Nothing is to be seen to before a source's first leads come: on nobody yet hangs what was written until now. What is
/// written from now on counts, so that leads are no newcomers any more who are given keys of which it is unknown.
pub(crate) async fn begin(tx: &mut Tx, id: SourceId) -> Result<()> {
    let nobody = "SELECT written FROM people_state WHERE source_id = $1 AND written <> settled \
                  AND NOT EXISTS (SELECT 1 FROM contacts WHERE source_id = $1)";
    match tx.fetch(nobody, [id.into()]).await?.first() {
        Some(row) => note(tx, id, row.integer("written")?).await,
        None => Ok(()),
    }
}

/// Counts that leads of a source were written.
pub(crate) async fn count_write(tx: &mut Tx, id: SourceId) -> Result<()> {
    let sql = "INSERT INTO people_state AS p (source_id, written, settled) VALUES ($1, 1, 0) \
               ON CONFLICT (source_id) DO UPDATE SET written = p.written + 1";
    tx.execute(sql, [id.into()]).await.map(drop)
}

/// Works out the people of a source in this one transaction.
pub(crate) async fn settle(tx: &mut Tx, id: SourceId) -> Result<()> {
    let Some(written) = written(tx, id).await? else { return Ok(()) };
    let mut after = String::new();
    while let Some(last) = settle_range(tx, id, &after).await? {
        after = last;
    }
    note(tx, id, written).await
}

/// How often leads were written, if that is more often than was seen to.
async fn written(tx: &mut Tx, id: SourceId) -> Result<Option<i64>> {
    let sql = "SELECT written FROM people_state WHERE source_id = $1 AND written <> settled";
    tx.fetch(sql, [id.into()]).await?.first().map(|row| row.integer("written")).transpose()
}

async fn note(tx: &mut Tx, id: SourceId, written: i64) -> Result<()> {
    let sql = "UPDATE people_state SET settled = $2 WHERE source_id = $1";
    tx.execute(sql, [id.into(), written.into()]).await.map(drop)
}

/// Everybody again, after rows were removed.
pub(crate) async fn rebuild(tx: &mut Tx) -> Result<()> {
    lock(tx).await?;
    let gone = format!("DELETE FROM people WHERE {GONE}");
    tx.execute(&gone, []).await?;
    tx.execute(&upsert("person_key IS NOT NULL"), []).await.map(drop)
}

/// Two sources that are written at the same time may have a person in common: the later one waits, then sees both.
pub(crate) async fn lock(tx: &mut Tx) -> Result<()> {
    tx.execute("UPDATE serials SET last = last + 1 WHERE name = 'people'", []).await.map(drop)
}

/// Works out the keys of the leads that come after this one, and the people who have or had them. The last of them, if
/// there is any.
async fn settle_range(tx: &mut Tx, id: SourceId, after: &str) -> Result<Option<String>> {
    let last = "SELECT MAX(external_lead_id) AS last FROM (SELECT external_lead_id FROM contacts \
                WHERE source_id = $1 AND external_lead_id > $2 ORDER BY external_lead_id LIMIT $3) AS range";
    let rows = tx.fetch(last, [id.into(), after.into(), RANGE.into()]).await?;
    let Some(last) = rows.first().map(|row| row.maybe_text("last")).transpose()?.flatten() else {
        return Ok(None);
    };
    let (flavour, fence) = (tx.flavour(), fence(tx.flavour()));
    let (of_enrolments, of_contacts) = (enrolment_keys(flavour), contact_keys(flavour));
    let within = |alias: &str| format!("{alias}.external_lead_id > $2 AND {alias}.external_lead_id <= $3");
    let params = || [id.into(), after.into(), last.as_str().into()];
    lock(tx).await?;
    let wrong = format!(
        "SELECT n.stored FROM ({of_enrolments} AND {}) AS n WHERE n.stored IS DISTINCT FROM n.person_key UNION ALL \
         SELECT n.stored FROM ({of_contacts} AND {}) AS n WHERE n.stored IS DISTINCT FROM n.person_key",
        within("e"),
        within("c"),
    );
    let wrong = tx.fetch(&wrong, params()).await?;
    let replaced = wrong.iter().filter_map(|row| row.maybe_text("stored").transpose());
    let replaced = replaced.map(|key| Ok(json!({"key": key?}))).collect::<Result<Vec<_>>>()?;
    let enrolments = format!(
        "UPDATE enrollments AS t SET person_key = n.person_key FROM ({of_enrolments} AND {}{fence}) AS n \
         WHERE t.source_id = $1 AND t.campaign_id = n.of_campaign AND t.external_lead_id = n.external_lead_id \
         AND t.person_key IS DISTINCT FROM n.person_key",
        within("e"),
    );
    let contacts = format!(
        "UPDATE contacts AS t SET person_key = n.person_key FROM ({of_contacts} AND {}{fence}) AS n \
         WHERE t.source_id = $1 AND t.external_lead_id = n.external_lead_id \
         AND t.person_key IS DISTINCT FROM n.person_key",
        within("c"),
    );
    if !wrong.is_empty() {
        tx.execute(&enrolments, params()).await?;
        tx.execute(&contacts, params()).await?;
    }
    let of_range = |table: &str| {
        format!("SELECT r.person_key FROM {table} AS r WHERE r.source_id = $1 AND {}", within("r"))
    };
    let those = format!("person_key IN ({} UNION {})", of_range("contacts"), of_range("enrollments"));
    tx.execute(&upsert(&those), params()).await?;
    if !replaced.is_empty() {
        // Whoever lost a row is somebody else now, or nobody any more.
        let former = format!("person_key IN (SELECT value ->> 'key' FROM {})", batch(flavour, "$1"));
        tx.execute(&upsert(&former), [to_batch(&replaced).into()]).await?;
        let gone = format!("DELETE FROM people WHERE {former} AND {GONE}");
        tx.execute(&gone, [to_batch(&replaced).into()]).await?;
    }
    Ok(Some(last))
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

/// The client `k` as the first part of a key.
pub(crate) fn client(flavour: Flavour) -> String {
    let name = bytewise(flavour, "k.name");
    format!("COALESCE(lower({name}), '#' || CAST(k.source_id AS TEXT) || ':' || k.external_id, '')")
}

/// The client `k` and the contact `c` as a key; none where the contact tells neither address nor number.
fn key(flavour: Flavour) -> String {
    let (client, email) = (client(flavour), bytewise(flavour, "c.email"));
    format!("{client} || '|' || COALESCE(NULLIF(lower(trim({email})), ''), c.phone_e164)")
}

/// What the key of each enrolment must be: its client is the campaign's.
fn enrolment_keys(flavour: Flavour) -> String {
    format!(
        "SELECT e.campaign_id AS of_campaign, e.external_lead_id, e.person_key AS stored, {key} AS person_key FROM enrollments AS e \
         JOIN contacts AS c ON c.source_id = e.source_id AND c.external_lead_id = e.external_lead_id \
         JOIN campaigns AS g ON g.source_id = e.source_id AND g.external_id = e.campaign_id \
         JOIN data_sources AS d ON d.id = g.source_id \
         LEFT JOIN clients AS k ON k.source_id = e.source_id AND k.external_id = {client} WHERE e.source_id = $1",
        key = key(flavour),
        client = client_id_of("g", "d"),
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
