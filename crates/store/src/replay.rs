//! Everything that was kept, once more: in its order, in one transaction, so that a reader sees the state before or the
//! state after. Deliveries that could not be understood are apart: they have little effect yet, and go page by page.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Census, Params, Problem, Row, SourceId, StoredCampaign, Sweep, Tally};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::calls::{CAMPAIGN_NAMES, STORED_CAMPAIGN, campaign_names, close_all_details, stored_campaign};
use crate::contradictions::{count_positive, of_stream};
use crate::counting::{
    Counts, Told, add, count_of, differences, flags, of_people, of_rows, recount, set_flags,
};
use crate::db::{DbRow, Param, Store, Tx};
use crate::error::Result;
use crate::events::told_in;
use crate::journal::unpacked;
use crate::leases::{prove_lease, prove_projector_lease};
use crate::problems::keep_problems;
use crate::projection::{
    AccountWords, Incoming, Projected, Understood, account_words, kept_delivery, mark, write_projected,
};
use crate::save::{Saved, keep_tallies, sweep};
use crate::sources::{Source, write_own_client};
use crate::write::{told_once, write};
use crate::{people, polled, rollups};

/// Answers in memory at a time.
const PAGE: usize = 100;

/// Which part of the journal is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Only what was seen since then.
    pub since: Option<Timestamp>,
    /// Only what could not be understood whole.
    pub is_failed_only: bool,
}

/// An answer as it was kept, at one of the times when it was seen.
#[derive(Debug)]
pub struct KeptAnswer {
    /// Its number in the journal.
    pub id: i64,
    /// The endpoint's name.
    pub endpoint: String,
    /// What was asked.
    pub params: Params,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// The body, secrets removed.
    pub body: Vec<u8>,
}

/// Something that was kept: asked for or posted.
#[derive(Debug)]
pub enum Entry {
    /// An answer.
    Answer(KeptAnswer),
    /// A delivery that was understood, or could not be.
    Delivery(Incoming),
}

/// What a kept answer means today.
#[derive(Debug)]
pub struct Meaning<'a> {
    /// What to write.
    pub rows: &'a [Row],
    /// What could not be understood.
    pub problems: &'a [Problem],
    /// What was gone at the service.
    pub sweeps: &'a [Sweep],
    /// The end of a stream.
    pub census: Option<&'a Census>,
    /// Figures that what is held must come up to.
    pub tallies: &'a [Tally],
    /// Campaigns whose positive replies are counted anew.
    pub recount: &'a [String],
}

/// A replay of one source; dropped without [`Replay::finish`], it never happened.
pub struct Replay {
    tx: Tx,
    source_id: SourceId,
    holder: String,
    part: Part,
    place: i64,
    batch_size: usize,
    /// Whether events were told anew, so that they must be counted anew.
    has_events: bool,
}

impl Store {
    /// How many answers and deliveries a replay goes through.
    pub async fn count_kept(&self, id: SourceId, part: Part) -> Result<i64> {
        let failed = if part.is_failed_only { self.count_of(FAILED_DELIVERIES, id, part).await? } else { 0 };
        Ok(failed + self.count_of(&events(part.is_failed_only), id, part).await?)
    }

    /// Whether there is anything but deliveries that could not be understood.
    pub async fn has_more_than_deliveries(&self, id: SourceId, part: Part) -> Result<bool> {
        Ok(!part.is_failed_only || self.count_of(&events(true), id, part).await? > 0)
    }

    async fn count_of(&self, kept: &str, id: SourceId, part: Part) -> Result<i64> {
        let sql = format!("SELECT COUNT(*) AS count FROM ({kept}) AS e");
        let params: [Param; 3] = [id.into(), 0_i64.into(), since(part).into()];
        self.fetch(&sql, params).await?.first().map_or(Ok(0), |row| row.integer("count"))
    }

    /// Deliveries behind a journal row that could not be understood whole, in their order.
    pub async fn failed_deliveries(&self, id: SourceId, after: i64, part: Part) -> Result<Vec<Incoming>> {
        let sql = format!("{FAILED_DELIVERIES} ORDER BY j.id LIMIT {PAGE}");
        let params: [Param; 3] = [id.into(), after.into(), since(part).into()];
        self.fetch(&sql, params).await?.iter().map(|row| kept_delivery(row, "seen_at")).collect()
    }

    /// One transaction, under both of the source's leases: what deliveries mean today, in place of what they meant.
    pub async fn save_anew(
        &self,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        projected: Vec<Projected>,
        batch_size: usize,
    ) -> Result<Saved> {
        let mut tx = self.begin().await?;
        prove_projector_lease(&mut tx, id, holder, now).await?;
        prove_lease(&mut tx, id, holder, now).await?;
        let told_in: Vec<Value> = projected.iter().map(|one| json!({"id": one.delivery.id})).collect();
        // What was asked for too stays, and stands in until it is told anew.
        let theirs = "t.via = 'webhook' AND t.is_polled IS NOT TRUE AND t.told_in = k.id";
        let gone = of_rows(&mut tx, id, "CAST(value ->> 'id' AS BIGINT) AS id", theirs, &told_in).await?;
        take_away(&mut tx, id, &gone, batch_size).await?;
        let saved = write_anew(&mut tx, id, now, projected, batch_size).await?;
        settle_without(&mut tx, id, &gone, batch_size).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Begins a replay under a lease that is held already.
    pub async fn begin_replay(
        &self,
        source: &Source,
        holder: &str,
        part: Part,
        batch_size: usize,
    ) -> Result<Replay> {
        let mut tx = self.begin().await?;
        write_own_client(&mut tx, source.id, source.client.as_deref()).await?;
        Ok(Replay {
            tx,
            source_id: source.id,
            holder: holder.to_owned(),
            part,
            place: 0,
            batch_size,
            has_events: false,
        })
    }
}

impl Replay {
    /// What comes next in the journal's order; nothing at the end.
    pub async fn next(&mut self, now: Timestamp) -> Result<Vec<Entry>> {
        prove_lease(&mut self.tx, self.source_id, &self.holder, now).await?;
        let sql = format!("{} ORDER BY event LIMIT {PAGE}", events(self.part.is_failed_only));
        let params: [Param; 3] = [self.source_id.into(), self.place.into(), since(self.part).into()];
        let rows = self.tx.fetch(&sql, params).await?;
        if let Some(last) = rows.last() {
            self.place = last.integer("event")?;
        }
        rows.iter().map(entry).collect()
    }

    /// What is known of the account at this point.
    pub async fn account_words(&mut self) -> Result<AccountWords> {
        account_words(&mut self.tx, self.source_id).await
    }

    /// Writes what deliveries mean today, in place of what they meant.
    pub async fn write_deliveries(&mut self, projected: Vec<Projected>, now: Timestamp) -> Result<Saved> {
        self.has_events = true;
        write_anew(&mut self.tx, self.source_id, now, projected, self.batch_size).await
    }

    /// What is stored of a campaign at this point.
    pub async fn stored_campaign(&mut self, campaign_id: &str) -> Result<Option<StoredCampaign>> {
        let rows = self.tx.fetch(STORED_CAMPAIGN, [self.source_id.into(), campaign_id.into()]).await?;
        rows.first().map(stored_campaign).transpose()
    }

    /// Campaigns by their names at this point.
    pub async fn campaign_names(&mut self) -> Result<BTreeMap<String, Option<String>>> {
        campaign_names(self.tx.fetch(CAMPAIGN_NAMES, [self.source_id.into()]).await?)
    }

    /// Writes what an answer means.
    pub async fn write(&mut self, kept: &KeptAnswer, meaning: &Meaning<'_>, now: Timestamp) -> Result<Saved> {
        let id = self.source_id;
        let forgotten = polled::forget_asked_in(&mut self.tx, id, kept.id).await?;
        self.has_events |= forgotten > 0 || meaning.rows.iter().any(|row| *row.table == EMAIL_ACTIVITIES);
        let rows = meaning.rows.iter().map(|row| told_in(row.clone(), kept.id));
        let written = write(&mut self.tx, id, told_once(rows.collect()), self.batch_size, None).await?;
        let swept = sweep(&mut self.tx, id, meaning.sweeps).await?;
        if let Some(census) = meaning.census {
            // When its first page was read is not kept, so only what is held is counted.
            of_stream(&mut self.tx, id, &Census { total: None, ..census.clone() }).await?;
        }
        for campaign_id in meaning.recount {
            count_positive(&mut self.tx, id, campaign_id).await?;
        }
        keep_problems(&mut self.tx, id, now, &kept.endpoint, &[(&kept.params.to_text(), meaning.problems)])
            .await?;
        let missing = keep_tallies(&mut self.tx, id, now, &kept.endpoint, meaning.tallies).await?;
        Ok(Saved {
            changed: written.changed + swept,
            unchanged: written.unchanged,
            planted: Vec::new(),
            problems: meaning.problems.len() + missing,
        })
    }

    /// Makes it so: campaigns of whose details none is pending have what their statistics said.
    pub async fn finish(mut self, details: &[&str]) -> Result<()> {
        if self.has_events {
            recount(&mut self.tx, self.source_id, None, self.batch_size).await?;
        }
        rollups::add_up(&mut self.tx, self.source_id).await?;
        close_all_details(&mut self.tx, self.source_id, details).await?;
        people::settle(&mut self.tx, self.source_id).await?;
        people::rebuild(&mut self.tx).await?;
        self.tx.commit().await
    }
}

/// Events of these deliveries go, and what they mean today is written.
async fn write_anew(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    projected: Vec<Projected>,
    batch_size: usize,
) -> Result<Saved> {
    let ids: Vec<_> = projected.iter().map(|one| json!({"id": one.delivery.id})).collect();
    polled::forget_told_in(tx, id, &ids).await?;
    mark(tx, id, projected.iter()).await?;
    for one in &projected {
        let about = Params::none().with("delivery", one.delivery.id).to_text();
        keep_problems(tx, id, now, &one.delivery.endpoint, &[(&about, &[])]).await?;
    }
    write_projected(tx, id, now, Understood::of(projected), batch_size).await
}

/// Takes away what events count for that are about to go: under the names that they have until then.
async fn take_away(tx: &mut Tx, id: SourceId, gone: &[Told], batch_size: usize) -> Result<()> {
    let mut counts = Counts::default();
    for row in gone {
        count_of(row, row.flags, -1, &mut counts);
    }
    add(tx, id, &counts, batch_size).await
}

/// Works out what the others of the people of events that are gone count for now.
async fn settle_without(tx: &mut Tx, id: SourceId, gone: &[Told], batch_size: usize) -> Result<()> {
    let people: BTreeSet<&str> = gone.iter().map(|row| row.person.as_str()).collect();
    let left = of_people(tx, id, &people, true, batch_size).await?;
    let wanted = flags(&left);
    let counts = differences(&left, &wanted);
    set_flags(tx, id, &left, &wanted, batch_size).await?;
    add(tx, id, &counts, batch_size).await
}

fn since(part: Part) -> Timestamp {
    part.since.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Deliveries that failed, or of which a value could not be understood.
const FAILED_DELIVERIES: &str = "SELECT j.id, j.endpoint, j.params, j.read_at AS seen_at, j.body FROM journal AS j \
    WHERE j.source_id = $1 AND j.id > $2 AND j.read_at >= $3 AND j.kind = 'delivery' AND length(j.body) > 0 AND (j.state = 'failed' OR \
    j.state = 'done' AND EXISTS (SELECT 1 FROM mapping_problems AS p WHERE p.source_id = j.source_id \
    AND p.endpoint = j.endpoint AND p.params = '{\"delivery\":\"' || CAST(j.id AS TEXT) || '\"}'))";

/// Every sighting of every answer and every delivery whose body is still kept, by the number that tells their order; or only the answers of which
/// a value could not be understood.
fn events(is_failed_only: bool) -> String {
    let (failed, deliveries) = match is_failed_only {
        true => (
            " AND EXISTS (SELECT 1 FROM mapping_problems AS p WHERE p.source_id = j.source_id \
             AND p.endpoint = j.endpoint AND p.params = j.params)",
            "",
        ),
        false => (
            "",
            " OR (j.kind = 'delivery' AND j.id <= COALESCE((SELECT p.up_to FROM projected AS p WHERE p.source_id = $1), 0))",
        ),
    };
    format!(
        "SELECT j.id AS event, j.id, j.kind, j.endpoint, j.params, j.read_at AS seen_at, j.body FROM journal AS j \
         WHERE j.source_id = $1 AND j.id > $2 AND j.read_at >= $3 AND length(j.body) > 0 AND ((j.kind = 'answer'{failed}){deliveries}) \
         UNION ALL \
         SELECT s.id AS event, j.id, j.kind, j.endpoint, j.params, s.seen_at, j.body FROM journal_sightings AS s \
         JOIN journal AS j ON j.source_id = s.source_id AND j.id = s.journal_id \
         WHERE s.source_id = $1 AND s.id > $2 AND s.seen_at >= $3 AND length(j.body) > 0 AND j.kind = 'answer'{failed}"
    )
}

fn entry(row: &DbRow) -> Result<Entry> {
    match row.text("kind")?.as_str() {
        "delivery" => kept_delivery(row, "seen_at").map(Entry::Delivery),
        _ => kept(row).map(Entry::Answer),
    }
}

fn kept(row: &DbRow) -> Result<KeptAnswer> {
    Ok(KeptAnswer {
        id: row.integer("id")?,
        endpoint: row.text("endpoint")?,
        params: Params::from_text(&row.text("params")?).unwrap_or_default(),
        seen_at: row.time("seen_at")?,
        body: unpacked(row)?,
    })
}
