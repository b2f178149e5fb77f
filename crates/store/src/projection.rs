//! Deliveries that wait to be understood: taken in their order, marked in the transaction in which their effect is written.

use atlas_model::{Params, Problem, Row, SourceId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::counting::recount;
use crate::db::{DbRow, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::events::told_in;
use crate::forgotten::Forgotten;
use crate::journal::decompressed;
use crate::leases::prove_projector_lease;
use crate::problems::keep_problems;
use crate::save::Saved;
use crate::sql::{batch, fence, to_batch};
use crate::tasks::WAKE;
use crate::write::{told_once, write};

/// Rows in a statement at most, of deliveries that come in.
const ROWS: usize = 1_000;

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

/// The part of a source's journal that is gone through in one transaction: what is behind the first number, up to the
/// second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Up to here everything is understood.
    pub after: i64,
    /// Up to here it is then.
    pub up_to: i64,
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
    /// Whether it is about somebody who is forgotten: then nothing of it is kept.
    pub is_forgotten: bool,
}

/// What deliveries mean together, ready to be written while the database may be at those before them.
#[derive(Debug)]
pub struct Understood {
    /// The deliveries, without their rows.
    pub deliveries: Vec<Projected>,
    rows: Vec<Row>,
}

impl Understood {
    /// Deliveries in their order.
    pub fn of(mut deliveries: Vec<Projected>) -> Self {
        let rows = deliveries.iter_mut().flat_map(|one| {
            let id = one.delivery.id;
            std::mem::take(&mut one.rows).into_iter().map(move |row| told_in(row, id))
        });
        let rows = told_once(rows.collect());
        Self { deliveries, rows }
    }
}

/// What is known of an account, that deliveries speak of in other words.
#[derive(Clone, Debug, Default)]
pub struct AccountWords {
    /// Address, in lower case, and mailbox.
    pub mailboxes: Vec<(String, String)>,
    /// Number, name and sentiment of reply categories.
    pub categories: Vec<(String, String, Option<String>)>,
    /// Who is forgotten, if anybody is.
    pub forgotten: Option<Forgotten>,
}

impl Store {
    /// Sources of which more than so many deliveries wait.
    pub async fn sources_with_deliveries(&self, more_than: usize) -> Result<Vec<SourceId>> {
        let sql = "SELECT s.source_id FROM sync_state AS s LEFT JOIN projected AS p ON p.source_id = s.source_id \
                   WHERE s.delivery_id > COALESCE(p.up_to, 0) + $1 ORDER BY s.source_id";
        self.fetch(sql, [more_than.into()]).await?.iter().map(|row| row.integer("source_id")).collect()
    }

    /// The deliveries that wait, in the order in which they came, and how far they go; none where nothing waits. Those up
    /// to a number are left out, which somebody is writing just now. A number that was given to a repeat is an advance
    /// without a delivery.
    pub async fn waiting_deliveries(
        &self,
        id: SourceId,
        in_hand: i64,
        limit: usize,
    ) -> Result<Option<(Advance, Vec<Incoming>)>> {
        // Numbers are given under a lock that is held to the commit: below this one none will come any more.
        let sql = "SELECT s.delivery_id, COALESCE(p.up_to, 0) AS up_to FROM sync_state AS s \
                   LEFT JOIN projected AS p ON p.source_id = s.source_id WHERE s.source_id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (after, end) = (row.integer("up_to")?.max(in_hand), row.integer("delivery_id")?);
        if end <= after {
            return Ok(None);
        }
        // As many as fit into memory, and one more, however large it is.
        let sql = "SELECT j.id, j.endpoint, j.params, j.read_at, j.body FROM journal AS j JOIN (SELECT id, \
                   SUM(length(body)) OVER (ORDER BY id) - length(body) AS before FROM (SELECT id, body FROM journal \
                   WHERE source_id = $1 AND id > $2 AND id <= $3 AND kind = 'delivery' ORDER BY id LIMIT $4) AS f) AS w \
                   ON w.id = j.id WHERE j.source_id = $1 AND w.before < 4194304 ORDER BY j.id";
        let params = [id.into(), after.into(), end.into(), limit.into()];
        let deliveries = self.fetch(sql, params).await?;
        let deliveries =
            deliveries.iter().map(|row| kept_delivery(row, "read_at")).collect::<Result<Vec<_>>>()?;
        let up_to = deliveries.last().map_or(end, |last| last.id);
        Ok(Some((Advance { after, up_to }, deliveries)))
    }

    /// What is known of an account.
    pub async fn account_words(&self, id: SourceId) -> Result<AccountWords> {
        let mut tx = self.snapshot().await?;
        account_words(&mut tx, id).await
    }

    /// One transaction: the rows of deliveries and what is counted from them, and that they are done; how statements are run is
    /// planned anew where tables have grown much by those before.
    pub async fn save_projected(
        &self,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        advance: Advance,
        understood: Understood,
        has_grown: bool,
    ) -> Result<Saved> {
        let mut tx = self.begin().await?;
        if has_grown {
            tx.plan_anew().await?;
        }
        tx.look_up_what_follows().await?;
        tx.follow_from_what_is_kept().await?;
        prove_projector_lease(&mut tx, id, holder, now).await?;
        // A sync writes the same contacts: one after the other, so that neither waits for the other in a ring.
        tx.execute("UPDATE leases SET holder = holder WHERE source_id = $1", [id.into()]).await?;
        let go_on = "INSERT INTO projected AS p (source_id, up_to) VALUES ($1, $3) \
                     ON CONFLICT (source_id) DO UPDATE SET up_to = excluded.up_to WHERE p.up_to = $2";
        if tx.execute(go_on, [id.into(), advance.after.into(), advance.up_to.into()]).await? != 1 {
            return Err(Error::new(
                ErrorKind::LeaseLost,
                "another process has understood these deliveries",
                "",
            ));
        }
        // A delivery is kept as one of which nothing else is to be said.
        let is_remarkable = |one: &&Projected| one.failure.is_some() || one.remark.is_some();
        mark(&mut tx, id, understood.deliveries.iter().filter(is_remarkable)).await?;
        let saved = write_projected(&mut tx, id, now, understood, ROWS).await?;
        if saved.changed > 0 {
            // What they bring is sorted and learned from soon, not with the next sync.
            tx.execute(WAKE, ["replies".into()]).await?;
        }
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
    words.forgotten = Forgotten::read(tx).await?;
    Ok(words)
}

/// Notes what became of deliveries, where that is not what stands there.
pub(crate) async fn mark<'a>(
    tx: &mut Tx,
    id: SourceId,
    projected: impl Iterator<Item = &'a Projected>,
) -> Result<()> {
    let projected: Vec<&Projected> = projected.collect();
    for one in projected.iter().filter(|one| one.is_forgotten) {
        let sql = "UPDATE journal SET body = $3, hash = '' WHERE source_id = $1 AND id = $2";
        tx.execute(sql, [id.into(), one.delivery.id.into(), Vec::new().into()]).await?;
    }
    let marks: Vec<Value> = projected
        .iter()
        .map(|one| {
            let state = if one.failure.is_some() { "failed" } else { "done" };
            let reason = one.failure.as_ref().or(one.remark.as_ref());
            json!({"id": one.delivery.id, "state": state, "reason": reason})
        })
        .collect();
    if marks.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE journal AS t SET state = i.state, reason = i.reason FROM (SELECT CAST(value ->> 'id' AS BIGINT) AS in_id, \
         value ->> 'state' AS state, value ->> 'reason' AS reason FROM {}{}) AS i \
         WHERE t.source_id = $1 AND t.id = i.in_id AND t.kind = 'delivery' \
         AND (t.state, t.reason) IS DISTINCT FROM (i.state, i.reason)",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    tx.execute(&sql, [id.into(), to_batch(&marks).into()]).await.map(drop)
}

/// Writes what deliveries mean.
pub(crate) async fn write_projected(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    Understood { deliveries, rows }: Understood,
    batch_size: usize,
) -> Result<Saved> {
    let mut problems = 0;
    for one in deliveries.iter().filter(|one| !one.problems.is_empty()) {
        let about = Params::none().with("delivery", one.delivery.id).to_text();
        keep_problems(tx, id, now, &one.delivery.endpoint, &[(&about, &one.problems)]).await?;
        problems += one.problems.len();
    }
    let written = write(tx, id, rows, batch_size, None).await?;
    Ok(Saved { changed: written.changed, unchanged: written.unchanged, planted: Vec::new(), problems })
}

pub(crate) fn kept_delivery(row: &DbRow, received_at: &str) -> Result<Incoming> {
    Ok(Incoming {
        id: row.integer("id")?,
        endpoint: row.text("endpoint")?,
        params: Params::from_text(&row.text("params")?).unwrap_or_default(),
        received_at: row.time(received_at)?,
        body: match row.bytes("body")? {
            empty if empty.is_empty() => Some(empty),
            body => decompressed(&body).ok(),
        },
    })
}
