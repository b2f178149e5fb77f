//! Everything that was kept, once more: in its order, in one transaction, so that a reader sees the state before or the
//! state after.

use std::collections::BTreeMap;

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Census, Params, Problem, Row, SourceId, StoredCampaign, Sweep, Tally};
use jiff::Timestamp;
use serde_json::json;

use crate::calls::{CAMPAIGN_NAMES, STORED_CAMPAIGN, campaign_names, close_all_details, stored_campaign};
use crate::contradictions::{count_positive, of_stream};
use crate::counting::recount;
use crate::db::{DbRow, Param, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::leases::prove_lease;
use crate::projection::{
    AccountWords, Incoming, Projected, account_words, kept_delivery, mark, told_in, write_projected,
};
use crate::save::{Saved, keep_problems, keep_tallies, sweep};
use crate::sources::{Source, write_own_client};
use crate::write::write;
use crate::{people, polled};

/// Answers in memory at a time.
const PAGE: usize = 100;

/// Which part of the journal is meant.
#[derive(Clone, Copy, Debug, Default)]
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
    /// How many answers a replay goes through.
    pub async fn count_kept(&self, id: SourceId, part: Part) -> Result<i64> {
        let sql = format!("SELECT COUNT(*) AS count FROM ({}) AS e", events(part.is_failed_only));
        let rows = self
            .fetch(&sql, [id.into(), 0_i64.into(), part.since.unwrap_or(Timestamp::UNIX_EPOCH).into()])
            .await?;
        rows.first().map_or(Ok(0), |row| row.integer("count"))
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
        let since = self.part.since.unwrap_or(Timestamp::UNIX_EPOCH);
        let params: [Param; 3] = [self.source_id.into(), self.place.into(), since.into()];
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
    pub async fn write_deliveries(&mut self, projected: &[Projected], now: Timestamp) -> Result<Saved> {
        let id = self.source_id;
        self.has_events = true;
        let ids: Vec<_> = projected.iter().map(|one| json!({"id": one.delivery.id})).collect();
        polled::forget_told_in(&mut self.tx, id, &ids).await?;
        mark(&mut self.tx, id, projected, "state <> 'pending'").await?;
        for one in projected {
            let about = Params::none().with("delivery", one.delivery.id).to_text();
            keep_problems(&mut self.tx, id, now, &one.delivery.endpoint, &about, &[]).await?;
        }
        write_projected(&mut self.tx, id, now, projected, self.batch_size).await
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
        let rows: Vec<Row> = meaning.rows.iter().map(|row| told_in(row, kept.id)).collect();
        let written = write(&mut self.tx, id, &rows, self.batch_size).await?;
        let swept = sweep(&mut self.tx, id, meaning.sweeps).await?;
        if let Some(census) = meaning.census {
            // When its first page was read is not kept, so only what is held is counted.
            of_stream(&mut self.tx, id, &Census { total: None, ..census.clone() }).await?;
        }
        for campaign_id in meaning.recount {
            count_positive(&mut self.tx, id, campaign_id).await?;
        }
        keep_problems(&mut self.tx, id, now, &kept.endpoint, &kept.params.to_text(), meaning.problems)
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
        close_all_details(&mut self.tx, self.source_id, details).await?;
        people::settle(&mut self.tx, self.source_id).await?;
        people::rebuild(&mut self.tx).await?;
        self.tx.commit().await
    }
}

/// Every sighting of every answer and every delivery, by the number that tells their order.
fn events(is_failed_only: bool) -> String {
    let has_problem = "EXISTS (SELECT 1 FROM mapping_problems AS p WHERE p.source_id = j.source_id \
                       AND p.endpoint = j.endpoint AND p.params = ";
    let (failed, failed_delivery) = if is_failed_only {
        let about = r#"'{"delivery":"' || CAST(j.id AS TEXT) || '"}'"#;
        (
            format!(" AND (j.state = 'failed' OR {has_problem}j.params))"),
            format!(" AND (j.state = 'failed' OR {has_problem}{about}))"),
        )
    } else {
        (String::new(), String::new())
    };
    format!(
        "SELECT j.id AS event, j.id, j.kind, j.endpoint, j.params, j.read_at AS seen_at, j.body FROM journal AS j \
         WHERE j.source_id = $1 AND j.id > $2 AND j.read_at >= $3 AND ((j.kind = 'answer'{failed}) \
         OR (j.kind = 'delivery' AND j.state <> 'pending'{failed_delivery})) UNION ALL \
         SELECT s.id AS event, j.id, j.kind, j.endpoint, j.params, s.seen_at, j.body FROM journal_sightings AS s \
         JOIN journal AS j ON j.source_id = s.source_id AND j.id = s.journal_id \
         WHERE s.source_id = $1 AND s.id > $2 AND s.seen_at >= $3 AND j.kind = 'answer'{failed}"
    )
}

fn entry(row: &DbRow) -> Result<Entry> {
    match row.text("kind")?.as_str() {
        "delivery" => kept_delivery(row, "seen_at").map(Entry::Delivery),
        _ => kept(row).map(Entry::Answer),
    }
}

fn kept(row: &DbRow) -> Result<KeptAnswer> {
    let body = zstd::decode_all(row.bytes("body")?.as_slice()).map_err(|error| {
        let hint = "atlas db check says which answers are damaged";
        Error::new(ErrorKind::Other, format!("a kept answer cannot be decompressed: {error}"), hint)
    })?;
    Ok(KeptAnswer {
        id: row.integer("id")?,
        endpoint: row.text("endpoint")?,
        params: Params::from_text(&row.text("params")?).unwrap_or_default(),
        seen_at: row.time("seen_at")?,
        body,
    })
}
