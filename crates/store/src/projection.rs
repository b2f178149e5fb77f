//! Deliveries that wait to be understood: taken in their order, marked in the transaction in which their effect is written.

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Params, Problem, Row, SourceId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::counting::recount;
use crate::db::{DbRow, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::decompressed;
use crate::leases::prove_projector_lease;
use crate::save::{Saved, keep_problems};
use crate::sql::{batch, fence, to_batch};
use crate::write::write;

/// A delivery as it was kept.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its number in the journal.
    pub id: i64,
    /// The endpoint under which it was kept.
    pub endpoint: String,
    /// What its address told beside the token.
    pub params: Params,
    /// When it came.
    pub received_at: Timestamp,
    /// The body, secrets removed; none when it cannot be read any more.
    pub body: Option<Vec<u8>>,
}

/// What a delivery means.
#[derive(Clone, Debug)]
pub struct Projected {
    /// The delivery.
    pub delivery: Incoming,
    /// What to write.
    pub rows: Vec<Row>,
    /// Values that could not be understood.
    pub problems: Vec<Problem>,
    /// Why it, or a part of it, could not be understood: then it stays as failed.
    pub failure: Option<String>,
    /// What a person should know of it all the same.
    pub remark: Option<String>,
}

/// What is known of an account, that deliveries speak of in other words.
#[derive(Clone, Debug, Default)]
pub struct AccountWords {
    /// Address, in lower case, and mailbox.
    pub mailboxes: Vec<(String, String)>,
    /// Number, name and sentiment of reply categories.
    pub categories: Vec<(String, String, Option<String>)>,
}

impl Store {
    /// Sources of which deliveries wait.
    pub async fn sources_with_deliveries(&self) -> Result<Vec<SourceId>> {
        let sql = "SELECT DISTINCT source_id FROM journal WHERE kind = 'delivery' AND state = 'pending' \
                   ORDER BY source_id";
        self.fetch(sql, []).await?.iter().map(|row| row.integer("source_id")).collect()
    }

    /// The deliveries that wait, in the order in which they came.
    pub async fn waiting_deliveries(&self, id: SourceId, limit: usize) -> Result<Vec<Incoming>> {
        // As many as fit into memory, and one more, however large it is.
        let sql = "SELECT w.* FROM (SELECT j.id, j.endpoint, j.params, j.read_at, j.body, \
                   CAST(SUM(length(j.body)) OVER (ORDER BY j.id) AS BIGINT) AS total \
                   FROM (SELECT * FROM journal WHERE source_id = $1 AND kind = 'delivery' AND state = 'pending' \
                   ORDER BY id LIMIT $2) AS j) AS w WHERE w.total - length(w.body) < 4194304 ORDER BY w.id";
        self.fetch(sql, [id.into(), limit.into()])
            .await?
            .iter()
            .map(|row| kept_delivery(row, "read_at"))
            .collect()
    }

    /// What is known of an account.
    pub async fn account_words(&self, id: SourceId) -> Result<AccountWords> {
        let mut tx = self.snapshot().await?;
        account_words(&mut tx, id).await
    }

    /// One transaction: the rows of deliveries and what is counted from them, and that they are done.
    pub async fn save_projected(
        &self,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        projected: &[Projected],
        batch_size: usize,
    ) -> Result<Saved> {
        let mut tx = self.begin().await?;
        prove_projector_lease(&mut tx, id, holder, now).await?;
        // A sync writes the same contacts: one after the other, so that neither waits for the other in a ring.
        tx.execute("UPDATE leases SET holder = holder WHERE source_id = $1", [id.into()]).await?;
        if mark(&mut tx, id, projected, "state = 'pending'").await? != projected.len() as u64 {
            return Err(Error::new(
                ErrorKind::LeaseLost,
                "another process has understood these deliveries",
                "",
            ));
        }
        let saved = write_projected(&mut tx, id, now, projected, batch_size).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Counts a source's events anew, on the days and hours of a zone.
    pub async fn recount_events(&self, id: SourceId, zone: &TimeZone, batch_size: usize) -> Result<()> {
        let mut tx = self.begin().await?;
        recount(&mut tx, id, Some(zone), batch_size).await?;
        tx.commit().await
    }
}

pub(crate) async fn account_words(tx: &mut Tx, id: SourceId) -> Result<AccountWords> {
    let mut words = AccountWords::default();
    let mailboxes = "SELECT lower(from_email) AS address, external_id FROM email_accounts \
                     WHERE source_id = $1 AND from_email IS NOT NULL ORDER BY external_id DESC";
    for row in tx.fetch(mailboxes, [id.into()]).await? {
        words.mailboxes.push((row.text("address")?, row.text("external_id")?));
    }
    let categories = "SELECT external_id, name, sentiment FROM lead_categories \
                      WHERE source_id = $1 AND name IS NOT NULL";
    for row in tx.fetch(categories, [id.into()]).await? {
        let sentiment = row.maybe_text("sentiment")?;
        words.categories.push((row.text("external_id")?, row.text("name")?, sentiment));
    }
    Ok(words)
}

/// Notes what became of deliveries; how many were noted.
pub(crate) async fn mark(tx: &mut Tx, id: SourceId, projected: &[Projected], which: &str) -> Result<u64> {
    let marks: Vec<Value> = projected
        .iter()
        .map(|one| {
            let state = if one.failure.is_some() { "failed" } else { "done" };
            let reason = one.failure.as_ref().or(one.remark.as_ref());
            json!({"id": one.delivery.id, "state": state, "reason": reason})
        })
        .collect();
    let sql = format!(
        "UPDATE journal AS t SET state = i.state, reason = i.reason FROM (SELECT CAST(value ->> 'id' AS BIGINT) AS in_id, \
         value ->> 'state' AS state, value ->> 'reason' AS reason FROM {}{}) AS i \
         WHERE t.source_id = $1 AND t.id = i.in_id AND t.kind = 'delivery' AND t.{which}",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    tx.execute(&sql, [id.into(), to_batch(&marks).into()]).await
}

/// Writes what deliveries mean.
pub(crate) async fn write_projected(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    projected: &[Projected],
    batch_size: usize,
) -> Result<Saved> {
    let mut rows = Vec::new();
    for one in projected {
        rows.extend(one.rows.iter().map(|row| told_in(row, one.delivery.id)));
    }
    let written = write(tx, id, rows.into(), batch_size).await?;
    for one in projected.iter().filter(|one| !one.problems.is_empty()) {
        let about = Params::none().with("delivery", one.delivery.id).to_text();
        keep_problems(tx, id, now, &one.delivery.endpoint, &about, &one.problems).await?;
    }
    let problems = projected.iter().map(|one| one.problems.len()).sum();
    Ok(Saved { changed: written.changed, unchanged: written.unchanged, planted: Vec::new(), problems })
}

/// An event says what told it: a number in the journal.
pub(crate) fn told_in(row: &Row, journal_id: i64) -> Row {
    match *row.table == EMAIL_ACTIVITIES {
        true => row.clone().with("told_in", journal_id),
        false => row.clone(),
    }
}

pub(crate) fn kept_delivery(row: &DbRow, received_at: &str) -> Result<Incoming> {
    Ok(Incoming {
        id: row.integer("id")?,
        endpoint: row.text("endpoint")?,
        params: Params::from_text(&row.text("params")?).unwrap_or_default(),
        received_at: row.time(received_at)?,
        body: decompressed(&row.bytes("body")?).ok(),
    })
}
