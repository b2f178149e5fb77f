//! What became of templates' mails, campaign by campaign: counted again where something of a campaign was written since, kept
//! as it was elsewhere.

use std::collections::BTreeMap;

use atlas_model::SourceId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::corrections::CORRECTION;
use crate::counting::IS_OURS;
use crate::db::{DbRow, Store, Tx};
use crate::error::Result;
use crate::sql::{as_object, batch, to_batch};

/// Campaigns of which it is known what became of their mails, by template.
pub type CopyCounts = BTreeMap<String, BTreeMap<String, MailsOf>>;

/// What became of a template's mails.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MailsOf {
    /// Mails that did not bounce, people who answered, people sorted as positive.
    pub people: [i64; 3],
    /// By the day on which mails were sent.
    pub days: BTreeMap<Date, MailDay>,
}

/// The mails of a template on a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MailDay {
    /// Mails sent.
    pub sent: i64,
    /// Those of them that were answered.
    #[serde(default, skip_serializing_if = "is_none")]
    pub replied: i64,
    /// Days until replies came, and how many came then, where the service tells a time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lags: BTreeMap<i64, i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(count: &i64) -> bool {
    *count == 0
}

/// Who is an event's person.
fn person(alias: &str) -> String {
    format!("COALESCE({alias}.contact_id, {alias}.lead_email, {alias}.event_key)")
}

/// A reply that a person wrote.
const IS_REPLY: &str = "r.event = 'replied' AND r.variant_id IS NOT NULL AND r.is_manual IS NOT TRUE \
                        AND COALESCE(k.reply_category, r.reply_category) IS DISTINCT FROM 'out_of_office'";

impl Store {
    /// Campaigns of which something was written since their mails were counted, in their order.
    pub async fn uncounted_campaigns(&self, id: SourceId) -> Result<Vec<String>> {
        let sql = "SELECT w.campaign_id FROM campaign_changes AS w LEFT JOIN campaign_counts AS n \
                   ON n.source_id = w.source_id AND n.campaign_id = w.campaign_id \
                   WHERE w.source_id = $1 AND w.changes IS DISTINCT FROM n.changes ORDER BY w.campaign_id";
        self.fetch(sql, [id.into()]).await?.iter().map(|row| row.text("campaign_id")).collect()
    }

    /// Counts what became of the mails of some campaigns, and keeps it.
    pub async fn count_mails(&self, id: SourceId, campaigns: &[String]) -> Result<()> {
        let named: Vec<Value> = campaigns.iter().map(|campaign| json!({"c": campaign})).collect();
        let some = Campaigns { id, these: to_batch(&named) };
        let mut seen = self.snapshot().await?;
        // Seen at one moment with the mails: what is written from then on raises it further, and is counted the next time.
        let sql = "SELECT w.campaign_id, w.changes FROM campaign_changes AS w WHERE w.source_id = $1 AND {w}";
        let mut changes = BTreeMap::new();
        for row in some.ask(&mut seen, sql).await? {
            changes.insert(row.text("campaign_id")?, row.integer("changes")?);
        }
        let mut counts = CopyCounts::new();
        some.count_people(&mut seen, &mut counts).await?;
        some.find_days(&mut seen, &mut counts).await?;
        drop(seen);
        let kept: Vec<Value> = changes
            .into_iter()
            .map(|(campaign, changes)| {
                let templates = counts.remove(&campaign).unwrap_or_default();
                let templates = serde_json::to_string(&templates).unwrap_or_default();
                json!({"c": campaign, "n": changes, "t": templates})
            })
            .collect();
        let mut tx = self.begin().await?;
        let sql = format!(
            "INSERT INTO campaign_counts (source_id, campaign_id, changes, templates) SELECT $1, value ->> 'c', \
             CAST(value ->> 'n' AS BIGINT), value ->> 't' FROM {} WHERE true ON CONFLICT (source_id, campaign_id) \
             DO UPDATE SET changes = excluded.changes, templates = excluded.templates",
            batch(tx.flavour(), "$2"),
        );
        tx.execute(&sql, [id.into(), to_batch(&kept).into()]).await?;
        tx.commit().await
    }

    /// What became of a source's mails, as it was counted last.
    pub async fn counted_mails(&self, id: SourceId) -> Result<CopyCounts> {
        let sql = "SELECT campaign_id, templates FROM campaign_counts WHERE source_id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        let read = |row: &DbRow| {
            Ok((row.text("campaign_id")?, serde_json::from_str(&row.text("templates")?).unwrap_or_default()))
        };
        rows.iter().map(read).collect()
    }
}

/// Some campaigns of a source.
struct Campaigns {
    id: SourceId,
    these: String,
}

impl Campaigns {
    /// What a statement tells in which `{x}` says that the rows `x` are of these campaigns.
    async fn ask(&self, seen: &mut Tx, sql: &str) -> Result<Vec<DbRow>> {
        let these = format!("campaign_id IN (SELECT value ->> 'c' FROM {})", batch(seen.flavour(), "$2"));
        let named = ["m", "p", "r", "w"].iter().fold(sql.to_owned(), |sql, rows| {
            sql.replace(&format!("{{{rows}}}"), &format!("{rows}.{these}"))
        });
        seen.fetch(&named, [self.id.into(), self.these.as_str().into()]).await
    }

    /// Counts mails that did not bounce, and who answered them.
    async fn count_people(&self, seen: &mut Tx, counts: &mut CopyCounts) -> Result<()> {
        let sent = "SELECT m.campaign_id, m.variant_id, \
                    CAST(SUM(CASE WHEN m.event = 'sent' THEN 1 ELSE -1 END) AS BIGINT) AS people \
                    FROM email_activities AS m WHERE m.source_id = $1 AND m.variant_id IS NOT NULL \
                    AND m.event IN ('sent', 'bounced') AND {m} GROUP BY m.campaign_id, m.variant_id";
        let replied = format!(
            "SELECT r.campaign_id, r.variant_id, COUNT(DISTINCT {}) AS people FROM email_activities AS r {CORRECTION} \
             WHERE r.source_id = $1 AND {IS_REPLY} AND {{r}} GROUP BY r.campaign_id, r.variant_id",
            person("r"),
        );
        // A person's word on the reply; else the service's on whoever wrote it, wherever it stands; else what we are sure of.
        let positive = format!(
            "SELECT r.campaign_id, r.variant_id, COUNT(DISTINCT {of_reply}) AS people \
             FROM email_activities AS r {CORRECTION} LEFT JOIN (SELECT DISTINCT p.campaign_id, {of_other} AS person \
             FROM email_activities AS p WHERE p.source_id = $1 AND p.counts_positive AND {{p}}) AS told \
             ON told.campaign_id = r.campaign_id AND told.person = {of_reply} WHERE r.source_id = $1 AND {IS_REPLY} AND {{r}} \
             AND CASE WHEN k.is_positive IS NOT NULL THEN k.is_positive ELSE (told.person IS NOT NULL \
             OR (r.is_positive AND r.{IS_OURS} AND r.needs_review IS NOT TRUE)) END GROUP BY r.campaign_id, r.variant_id",
            of_reply = person("r"),
            of_other = person("p"),
        );
        for (place, sql) in [sent, &replied, &positive].into_iter().enumerate() {
            for row in self.ask(seen, sql).await? {
                let campaign = counts.entry(row.text("campaign_id")?).or_default();
                campaign.entry(row.text("variant_id")?).or_default().people[place] = row.integer("people")?;
            }
        }
        Ok(())
    }

    /// Finds the days on which mails were sent, and how many of these were answered when.
    async fn find_days(&self, seen: &mut Tx, counts: &mut CopyCounts) -> Result<()> {
        // A row a template: told one by one, days cost more than counting them.
        let sent = format!(
            "SELECT d.campaign_id, d.variant_id, {} AS days FROM (SELECT m.campaign_id, m.variant_id, \
             m.metric_date AS day, COUNT(*) AS mails FROM email_activities AS m WHERE m.source_id = $1 \
             AND m.event = 'sent' AND m.variant_id IS NOT NULL AND m.campaign_id <> '' AND {{m}} \
             GROUP BY m.campaign_id, m.variant_id, m.metric_date) AS d GROUP BY d.campaign_id, d.variant_id",
            as_object(seen.flavour(), "d.day", "d.mails"),
        );
        for row in self.ask(seen, &sent).await? {
            let mails: BTreeMap<Date, i64> = serde_json::from_str(&row.text("days")?).unwrap_or_default();
            let campaign = counts.entry(row.text("campaign_id")?).or_default();
            let template = campaign.entry(row.text("variant_id")?).or_default();
            for (day, sent) in mails {
                template.days.entry(day).or_default().sent = sent;
            }
        }
        // Each person's first answer to a template, and the last of its mails before that. Where the service tells no
        // time, the answer stands on the day of its mail.
        let replied = format!(
            "SELECT a.campaign_id, a.variant_id, CAST(a.day AS TEXT) AS day, a.is_time_known, \
             (SELECT CAST(MAX(s.metric_date) AS TEXT) FROM email_activities AS s WHERE s.source_id = $1 \
             AND {of_sent} = a.person AND s.campaign_id = a.campaign_id AND s.event = 'sent' \
             AND s.variant_id = a.variant_id AND s.metric_date <= a.day) AS sent_on \
             FROM (SELECT r.campaign_id, r.variant_id, {of_reply} AS person, MIN(r.metric_date) AS day, \
             CAST(MIN(CASE WHEN r.is_time_known IS FALSE THEN 0 ELSE 1 END) AS BIGINT) AS is_time_known \
             FROM email_activities AS r {CORRECTION} WHERE r.source_id = $1 AND {IS_REPLY} AND {{r}} \
             GROUP BY r.campaign_id, r.variant_id, {of_reply}) AS a",
            of_sent = person("s"),
            of_reply = person("r"),
        );
        for row in self.ask(seen, &replied).await? {
            let day: Option<Date> = row.text("day")?.parse().ok();
            let sent_on: Option<Date> = row.maybe_text("sent_on")?.and_then(|day| day.parse().ok());
            let Some((day, sent_on)) = day.zip(sent_on) else { continue };
            let (campaign, template) = (row.text("campaign_id")?, row.text("variant_id")?);
            let template = counts.get_mut(&campaign).and_then(|campaign| campaign.get_mut(&template));
            let Some(mails) = template.and_then(|template| template.days.get_mut(&sent_on)) else { continue };
            mails.replied += 1;
            if row.integer("is_time_known")? == 1 {
                let lag = sent_on.until(day).map_or(0, |span| span.get_days().into());
                *mails.lags.entry(lag).or_default() += 1;
            }
        }
        Ok(())
    }
}
