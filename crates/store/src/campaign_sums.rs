//! What a campaign's replies and leads add up to, kept beside how often the campaign had been written to by then: good as long
//! as it was not written to since, so whoever writes need not know what was added up before.
//!
//! Leads are added up who are in no other campaign and were never called: they count alike in whatever a report takes together.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Kind, SourceId, utc_text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::corrections::CORRECTION;
use crate::counting::IS_OURS;
use crate::db::{DbRow, Flavour, Store, Tx};
use crate::error::Result;
use crate::report::calls::local_day;
use crate::report::filter::{Filter, Values};
use crate::report::journeys::{REPLIED, SENT, emailed, replied};
use crate::sources::Source;
use crate::sql::{batch, cast, date, to_batch};

/// Joins what tells whether the sums of a campaign `c` are good: how often it was written to, and how often it had been.
const SUMS_OF: &str = "LEFT JOIN campaign_changes AS w ON w.source_id = c.source_id AND w.campaign_id = c.campaign_id \
     LEFT JOIN campaign_sums AS n ON n.source_id = c.source_id AND n.campaign_id = c.campaign_id";

/// Whether they are, on the days of a zone.
fn are_good(zone: &str) -> String {
    format!(
        "CAST(CASE WHEN n.changes = COALESCE(w.changes, 0) AND n.time_zone = {zone} THEN 1 ELSE 0 END AS BIGINT)"
    )
}

/// Whether a lead `o` is in the sums of its campaign.
pub(crate) const IS_SUMMED: &str = "NOT EXISTS (SELECT 1 FROM single_leads AS x WHERE x.source_id = o.source_id \
     AND x.campaign_id = o.campaign_id AND x.external_lead_id = o.external_lead_id)";

/// The statement that finds other campaigns in whose sums the people of leads `e` are, told from what these are read, and
/// which. Whoever has no key is their lead alone.
pub(crate) fn campaigns_with(leads: &str, which: &str) -> String {
    let found = |same: &str| {
        format!(
            "SELECT o.source_id, o.campaign_id FROM {leads} CROSS JOIN enrollments AS o WHERE {which} AND {same} \
             AND (o.source_id <> e.source_id OR o.campaign_id <> e.campaign_id) AND {IS_SUMMED}"
        )
    };
    let by_lead = "e.person_key IS NULL AND o.person_key IS NULL AND o.source_id = e.source_id \
                   AND o.external_lead_id = e.external_lead_id";
    format!("{} UNION {}", found("o.person_key = e.person_key"), found(by_lead))
}

/// A source and one of its campaigns.
pub(crate) type Campaign = (SourceId, String);

/// The campaigns of a filter whose sums are good, and the others.
pub(crate) async fn summed_and_others(seen: &mut Tx, filter: &Filter) -> Result<[BTreeSet<Campaign>; 2]> {
    let mut values = Values::new(seen.flavour());
    let condition = values.of_campaign(filter);
    let zone = match filter.zone.as_ref().filter(|_| filter.period.is_some()) {
        Some(zone) => values.put(zone.iana_name().unwrap_or_default()),
        None => "d.time_zone".to_owned(),
    };
    let sql = format!(
        "SELECT c.source_id, c.campaign_id, {} AS is_summed FROM (SELECT source_id, campaign_id FROM report_campaigns \
         WHERE {condition}) AS c JOIN data_sources AS d ON d.id = c.source_id {SUMS_OF}",
        are_good(&zone),
    );
    let [mut summed, mut others] = [BTreeSet::new(), BTreeSet::new()];
    for row in seen.fetch(&sql, values.into_params()).await? {
        let campaigns = if row.integer("is_summed")? == 1 { &mut summed } else { &mut others };
        campaigns.insert((row.integer("source_id")?, row.text("campaign_id")?));
    }
    Ok([summed, others])
}

/// Campaigns as rows, with `of_wanted` and `wanted_campaign`.
pub(crate) fn batch_of(values: &mut Values, campaigns: &BTreeSet<Campaign>) -> String {
    let rows = campaigns.iter().map(|(source, campaign)| json!({"s": source, "c": campaign}));
    let rows = values.batch(to_batch(&rows.collect::<Vec<_>>()));
    format!(
        "(SELECT CAST(value ->> 's' AS BIGINT) AS of_wanted, value ->> 'c' AS wanted_campaign FROM {rows})"
    )
}

/// Tables of what campaigns add up to, of which each has some rows of a campaign.
const PARTS: [&str; 3] = ["reply_sums", "lead_sums", "single_leads"];

/// Rows of a table in a statement.
const BATCH: usize = 500;

/// What leads have in common that came on one day and equally far.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    date: Option<Date>,
    emailed: Option<i64>,
    replied: Option<i64>,
    category_id: Option<String>,
    is_told: bool,
    is_known: bool,
}

/// What a campaign adds up to: the rows of each of the tables.
struct Sums {
    campaign_id: String,
    changes: i64,
    rows: [Vec<Value>; PARTS.len()],
}

impl Store {
    /// Campaigns of a source whose sums are not good, in their order.
    pub async fn campaigns_to_sum(&self, id: SourceId) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT c.campaign_id FROM (SELECT source_id, external_id AS campaign_id FROM campaigns \
             WHERE source_id = $1) AS c JOIN data_sources AS d ON d.id = c.source_id {SUMS_OF} WHERE {} = 0 \
             ORDER BY c.campaign_id",
            are_good("d.time_zone"),
        );
        self.fetch(&sql, [id.into()]).await?.iter().map(|row| row.text("campaign_id")).collect()
    }

    /// Adds up some campaigns of a source and keeps that; false where somebody else did so meanwhile, and nothing was kept.
    pub async fn sum_campaigns(&self, source: &Source, campaigns: &[String]) -> Result<bool> {
        let mut seen = self.snapshot().await?;
        let turn = seen.fetch("SELECT last FROM serials WHERE name = 'campaign_sums'", []).await?;
        let turn = turn.first().map(|row| row.integer("last")).transpose()?.unwrap_or_default();
        let mut sums = Vec::new();
        for campaign in campaigns {
            sums.push(add_up(&mut seen, source, campaign).await?);
        }
        drop(seen);
        let mut tx = self.begin().await?;
        // Of two who add up at the same time neither would see whom the other has just found alone.
        let mine = "UPDATE serials SET last = last + 1 WHERE name = 'campaign_sums' AND last = $1";
        if tx.execute(mine, [turn.into()]).await? == 0 {
            return Ok(false);
        }
        keep(&mut tx, source, &sums).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Adds up what is seen of a campaign.
async fn add_up(seen: &mut Tx, source: &Source, campaign: &str) -> Result<Sums> {
    let key = || [source.id.into(), campaign.into()];
    let changes = "SELECT changes FROM campaign_changes WHERE source_id = $1 AND campaign_id = $2";
    let changes = seen.fetch(changes, key()).await?.first().map(|row| row.integer("changes")).transpose()?;
    let replies = format!(
        "SELECT substr(CAST(r.metric_date AS TEXT), 1, 7) AS month, \
         COALESCE(k.reply_category, r.reply_category, '') AS reply_category, COUNT(*) AS replies, \
         CAST(SUM(CASE WHEN k.reply_category IS NOT NULL OR (r.classified_by IS NOT NULL AND NOT r.{IS_OURS}) \
         THEN 1 ELSE 0 END) AS BIGINT) AS told, \
         CAST(SUM(CASE WHEN k.reply_category IS NULL AND r.needs_review THEN 1 ELSE 0 END) AS BIGINT) AS needs_review \
         FROM email_activities AS r {CORRECTION} WHERE r.source_id = $1 AND r.campaign_id = $2 AND r.event = 'replied' \
         GROUP BY 1, 2"
    );
    let reply = |row: &DbRow| {
        Ok(json!({"c": campaign, "month": row.text("month")?, "category": row.text("reply_category")?,
            "replies": row.integer("replies")?, "told": row.integer("told")?, "review": row.integer("needs_review")?}))
    };
    let replies = seen.fetch(&replies, key()).await?.iter().map(reply).collect::<Result<_>>()?;
    let (mut alike, mut singles) = (BTreeMap::<Alike, (i64, Vec<String>)>::new(), Vec::new());
    let zone = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
    for row in seen.fetch(&leads(), key()).await? {
        let (emailed, replied) = (row.maybe_integer("emailed")?, row.maybe_integer("replied")?);
        let (sent, reply) = (row.maybe_time("first_sent_at")?, row.maybe_time("first_reply_at")?);
        if let Some(lead) = row.maybe_text("single")? {
            singles.push(json!({"c": campaign, "lead": lead, "emailed": emailed,
                "replied": replied, "sent_at": sent.map(utc_text), "reply_at": reply.map(utc_text)}));
            continue;
        }
        let enrolled = row.maybe_time("enrolled_at")?.and_then(|at| local_day(at, &zone));
        let (leads, waits) = alike
            .entry(Alike {
                date: enrolled,
                emailed,
                replied,
                category_id: row.maybe_text("category_id")?,
                is_told: row.integer("is_told")? == 1,
                is_known: row.integer("is_known")? == 1,
            })
            .or_default();
        let count = row.integer("leads")?;
        *leads += count;
        if let Some((sent, reply)) = sent.zip(reply).filter(|(sent, reply)| reply >= sent) {
            waits.extend((0..count).map(|_| (reply.as_second() - sent.as_second()).to_string()));
        }
    }
    let part = |(part, (alike, (leads, waits))): (usize, (Alike, (i64, Vec<String>)))| {
        json!({"c": campaign, "part": part, "date": alike.date.map(|day| day.to_string()), "emailed": alike.emailed, "replied": alike.replied,
            "category": alike.category_id, "is_told": alike.is_told, "is_known": alike.is_known, "leads": leads,
            "waits": (!waits.is_empty()).then(|| waits.join(","))})
    };
    let leads = alike.into_iter().enumerate().map(part).collect();
    let (campaign_id, changes) = (campaign.to_owned(), changes.unwrap_or_default());
    Ok(Sums { campaign_id, changes, rows: [replies, leads, singles] })
}

/// The statement that tells of a campaign's leads how far they came, those that are alike in one row, and who of them must be
/// looked at one by one. Its mails and replies are gone through once, by an index that has them by lead, and not looked up
/// for each.
fn leads() -> String {
    let first = |event: &str| {
        format!(
            "(SELECT t.contact_id, MIN(t.occurred_at) AS first_at FROM email_activities AS t WHERE t.source_id = $1 \
             AND t.campaign_id = $2 AND {event} GROUP BY t.contact_id)"
        )
    };
    let (sent, replied_at) = ("s.first_at IS NOT NULL", "r.first_at IS NOT NULL");
    // Those of one person may be in this campaign too; a call is of whoever has the contact's key at its source.
    format!(
        "SELECT CASE WHEN l.is_single = 1 THEN l.external_lead_id END AS single, l.enrolled_at, l.category_id, l.emailed, \
         l.replied, l.is_told, l.is_known, CASE WHEN l.is_single = 1 OR l.first_reply_at IS NOT NULL THEN l.first_sent_at END \
         AS first_sent_at, l.first_reply_at, COUNT(*) AS leads FROM ( \
         SELECT e.external_lead_id, e.enrolled_at, e.category_id, \
         CAST(CASE WHEN e.reply_count IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_told, \
         CAST(CASE WHEN e.person_key IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_known, \
         CAST({emailed} AS BIGINT) AS emailed, CAST({replied} AS BIGINT) AS replied, \
         s.first_at AS first_sent_at, r.first_at AS first_reply_at, \
         CAST(CASE WHEN e.person_key IS NULL THEN CASE WHEN (SELECT COUNT(*) FROM enrollments AS o \
          WHERE o.source_id = e.source_id AND o.external_lead_id = e.external_lead_id AND o.person_key IS NULL) > 1 \
          THEN 1 ELSE 0 END \
          WHEN (SELECT COUNT(*) FROM (SELECT 1 FROM enrollments AS o WHERE o.person_key = e.person_key LIMIT 2) AS p) > 1 \
          OR (EXISTS (SELECT 1 FROM call_activities) AND EXISTS (SELECT 1 FROM contacts AS p CROSS JOIN call_activities AS a \
          WHERE p.person_key = e.person_key AND a.source_id = p.source_id AND a.contact_id = p.external_lead_id)) \
          THEN 1 ELSE 0 END AS BIGINT) AS is_single \
         FROM enrollments AS e LEFT JOIN {} AS s ON s.contact_id = e.external_lead_id \
         LEFT JOIN {} AS r ON r.contact_id = e.external_lead_id WHERE e.source_id = $1 AND e.campaign_id = $2) AS l \
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
        first(SENT),
        first(REPLIED),
        emailed = emailed(sent, replied_at),
        replied = replied(replied_at),
    )
}

/// Keeps what campaigns add up to in the place of what was kept before.
async fn keep(tx: &mut Tx, source: &Source, sums: &[Sums]) -> Result<()> {
    let (id, flavour) = (source.id, tx.flavour());
    let rows = batch(flavour, "$2");
    let these = sums.iter().map(|sums| json!({"c": sums.campaign_id, "n": sums.changes}));
    let these = to_batch(&these.collect::<Vec<_>>());
    let heads = format!(
        "INSERT INTO campaign_sums (source_id, campaign_id, changes, time_zone) SELECT $1, value ->> 'c', \
         CAST(value ->> 'n' AS BIGINT), $3 FROM {rows} WHERE true ON CONFLICT (source_id, campaign_id) \
         DO UPDATE SET changes = excluded.changes, time_zone = excluded.time_zone"
    );
    tx.execute(&heads, [id.into(), these.as_str().into(), source.time_zone.as_str().into()]).await?;
    for (place, table) in PARTS.into_iter().enumerate() {
        let gone = format!(
            "DELETE FROM {table} WHERE source_id = $1 AND campaign_id IN (SELECT value ->> 'c' FROM {rows})"
        );
        tx.execute(&gone, [id.into(), these.as_str().into()]).await?;
        let insert = format!("INSERT INTO {table} {} FROM {rows}", values(table, flavour));
        let all: Vec<Value> = sums.iter().flat_map(|sums| sums.rows[place].iter().cloned()).collect();
        for some in all.chunks(BATCH) {
            tx.execute(&insert, [id.into(), to_batch(some).into()]).await?;
        }
    }
    // Whom these campaigns share with others is alone in none of them.
    let leads = format!(
        "(SELECT s.source_id, s.campaign_id, s.external_lead_id FROM single_leads AS s WHERE s.source_id = $1 \
         AND s.campaign_id IN (SELECT value ->> 'c' FROM {rows})) AS s CROSS JOIN enrollments AS e"
    );
    let which = "e.source_id = s.source_id AND e.campaign_id = s.campaign_id AND e.external_lead_id = s.external_lead_id";
    for other in tx.fetch(&campaigns_with(&leads, which), [id.into(), these.into()]).await? {
        let key = [other.integer("source_id")?.into(), other.text("campaign_id")?.into()];
        tx.execute("DELETE FROM campaign_sums WHERE source_id = $1 AND campaign_id = $2", key).await?;
    }
    Ok(())
}

/// What is inserted into a table, and what of a batch's row.
fn values(table: &str, flavour: Flavour) -> String {
    let number = |name: &str| format!("CAST(value ->> '{name}' AS BIGINT)");
    let flag = |name: &str| format!("CAST(value ->> '{name}' AS BOOLEAN)");
    let time = |name: &str| cast(flavour, Kind::Timestamp, &format!("value ->> '{name}'"));
    match table {
        "reply_sums" => format!(
            "(source_id, campaign_id, month, reply_category, replies, told, needs_review) SELECT $1, value ->> 'c', \
             value ->> 'month', value ->> 'category', {}, {}, {}",
            number("replies"),
            number("told"),
            number("review"),
        ),
        "lead_sums" => format!(
            "(source_id, campaign_id, part, date, emailed, replied, category_id, is_told, is_known, leads, waits) \
             SELECT $1, value ->> 'c', {}, {}, {}, {}, value ->> 'category', {}, {}, {}, value ->> 'waits'",
            number("part"),
            date(flavour),
            number("emailed"),
            number("replied"),
            flag("is_told"),
            flag("is_known"),
            number("leads"),
        ),
        _ => format!(
            "(source_id, campaign_id, external_lead_id, emailed, replied, first_sent_at, first_reply_at) \
             SELECT $1, value ->> 'c', value ->> 'lead', {}, {}, {}, {}",
            number("emailed"),
            number("replied"),
            time("sent_at"),
            time("reply_at"),
        ),
    }
}
