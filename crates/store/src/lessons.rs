//! What analyses read, and how far they are: templates and what became of their mails.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::findings::CAMPAIGN_VARIANT_FEATURES;
use atlas_model::{Column, SourceId};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::{DbRow, Param, Store};
use crate::error::Result;
use crate::findings::value;
use crate::tasks::WAKE;

/// A template as it is stored, beside what was read of it.
#[derive(Clone, Debug)]
pub struct StoredTemplate {
    /// Its id.
    pub variant_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its body as HTML.
    pub html: Option<String>,
    /// Its body as text.
    pub plain: Option<String>,
    /// The step.
    pub step_number: Option<i64>,
    /// Days after the step before.
    pub delay_days: Option<f64>,
    /// Whether it goes out as an answer.
    pub is_same_thread: Option<bool>,
    /// The hash of what was read last, and by which version.
    pub read: Option<(String, i64)>,
}

/// A template with its mails and features.
#[derive(Clone, Debug)]
pub struct VariantFigures {
    /// The source.
    pub source_id: SourceId,
    /// The service.
    pub platform: String,
    /// Whom the campaign is run for.
    pub client: Option<String>,
    /// The campaign.
    pub campaign_id: String,
    /// The template.
    pub variant_id: String,
    /// The step.
    pub step_number: Option<i64>,
    /// Mails that did not bounce.
    pub delivered: i64,
    /// People who answered one of them.
    pub replied: i64,
    /// Those of them who were sorted as positive.
    pub positive: i64,
    /// The features that were asked for, in their order.
    pub features: Vec<Value>,
}

/// How far an analysis is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Analysis {
    /// `features`, `replies`, `patterns`, `decay` or `alerts`.
    pub name: String,
    /// `due`, `running`, `done` or `failed`.
    pub state: String,
    /// When it began last.
    pub started_at: Option<Timestamp>,
    /// When it ended last.
    pub ended_at: Option<Timestamp>,
    /// What it is through with.
    pub done: i64,
    /// Of so many.
    pub total: Option<i64>,
    /// Rows of findings that are new, differ or went.
    pub changed: i64,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Store {
    /// Templates that come after this one, at most so many.
    pub async fn templates_after(
        &self,
        id: SourceId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<StoredTemplate>> {
        let sql = "SELECT v.external_id, v.campaign_id, v.subject_line, v.body_html, v.body_plain, v.step_number, \
                   v.delay_days, v.send_as_reply, f.text_hash, f.version FROM campaign_variants AS v \
                   LEFT JOIN campaign_variant_features AS f ON f.source_id = v.source_id \
                   AND f.variant_id = v.external_id WHERE v.source_id = $1 AND v.external_id > $2 \
                   ORDER BY v.external_id LIMIT $3";
        let rows = self.fetch(sql, [id.into(), after.into(), limit.into()]).await?;
        rows.iter().map(template).collect()
    }

    /// How many templates there are.
    pub async fn count_templates(&self) -> Result<i64> {
        let rows = self.fetch("SELECT COUNT(*) AS templates FROM campaign_variants", []).await?;
        rows.first().map_or(Ok(0), |row| row.integer("templates"))
    }

    /// Every template with what became of its mails (those that did not bounce, people who answered, people sorted as
    /// positive), in the order of templates.
    pub async fn variant_figures(
        &self,
        id: SourceId,
        counts: &BTreeMap<String, [i64; 3]>,
        features: &[&str],
    ) -> Result<Vec<VariantFigures>> {
        let features: Vec<&Column> =
            features.iter().filter_map(|name| CAMPAIGN_VARIANT_FEATURES.column(name)).collect();
        let asked: BTreeSet<&str> = features
            .iter()
            .map(|column| column.name)
            .chain(["variant_id", "campaign_id", "step_number"])
            .collect();
        let list: Vec<String> = asked.iter().map(|name| format!("f.{name}")).collect();
        let sql = format!(
            "SELECT {}, c.platform, c.client_name FROM campaign_variant_features AS f \
             JOIN report_campaigns AS c ON c.source_id = f.source_id AND c.campaign_id = f.campaign_id \
             WHERE f.source_id = $1",
            list.join(", "),
        );
        let mut figures = Vec::new();
        for row in self.fetch(&sql, [id.into()]).await? {
            let variant_id = row.text("variant_id")?;
            let Some([delivered, replied, positive]) = counts.get(&variant_id).copied() else { continue };
            // What bounced without being known as sent leaves fewer mails than answers; then nothing is known.
            if delivered < replied || replied < positive {
                continue;
            }
            figures.push(VariantFigures {
                source_id: id,
                platform: row.text("platform")?,
                client: row.maybe_text("client_name")?,
                campaign_id: row.text("campaign_id")?,
                variant_id,
                step_number: row.maybe_integer("step_number")?,
                delivered,
                replied,
                positive,
                features: features.iter().map(|column| value(&row, column)).collect::<Result<_>>()?,
            });
        }
        figures.sort_by(|a, b| a.variant_id.cmp(&b.variant_id));
        Ok(figures)
    }

    /// How far analyses are, in the order of their names.
    pub async fn analyses(&self) -> Result<Vec<Analysis>> {
        let sql = "SELECT name, state, started_at, ended_at, done, total, changed, reason FROM analyses ORDER BY name";
        let rows = self.fetch(sql, []).await?;
        let read = |row: &DbRow| {
            Ok(Analysis {
                name: row.text("name")?,
                state: row.text("state")?,
                started_at: row.maybe_time("started_at")?,
                ended_at: row.maybe_time("ended_at")?,
                done: row.integer("done")?,
                total: row.maybe_integer("total")?,
                changed: row.integer("changed")?,
                reason: row.maybe_text("reason")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Notes that something an analysis reads has changed.
    pub async fn wake_analysis(&self, name: &str) -> Result<()> {
        self.execute_alone(WAKE, [name.into()]).await
    }

    /// Begins an analysis; false where another process is at it. `is_dead` may know that it is gone.
    pub async fn begin_analysis(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        is_dead: impl Fn(&str) -> bool,
    ) -> Result<bool> {
        let current = self.fetch("SELECT holder FROM analyses WHERE name = $1", [name.into()]).await?;
        let current = current.first().map(|row| row.maybe_text("holder")).transpose()?.flatten();
        let dead = current.filter(|current| is_dead(current)).unwrap_or_default();
        let sql = "INSERT INTO analyses AS t (name, state, started_at, holder, lease_until) \
                   VALUES ($1, 'running', $2, $3, $5) ON CONFLICT (name) DO UPDATE SET state = 'running', \
                   started_at = excluded.started_at, done = 0, total = NULL, changed = 0, reason = NULL, \
                   holder = excluded.holder, lease_until = excluded.lease_until WHERE t.holder IS NULL \
                   OR t.holder IN ($3, $4) OR t.lease_until <= $2 OR t.lease_until > $6";
        let params = [
            name.into(),
            now.into(),
            holder.into(),
            dead.into(),
            believed(now, 1).into(),
            believed(now, 2).into(),
        ];
        let mut tx = self.begin().await?;
        let begun = tx.execute(sql, params).await?;
        tx.commit().await?;
        Ok(begun == 1)
    }

    /// Notes how far an analysis is, which is a sign of life too.
    pub async fn tell_analysis(
        &self,
        name: &str,
        done: i64,
        total: Option<i64>,
        (holder, now): (&str, Timestamp),
    ) -> Result<()> {
        let sql =
            "UPDATE analyses SET done = $2, total = $3, lease_until = $5 WHERE name = $1 AND holder = $4";
        let params =
            [name.into(), done.into(), Param::Integer(total), holder.into(), believed(now, 1).into()];
        self.execute_alone(sql, params).await
    }

    /// Notes how an analysis ended; one that was woken meanwhile stays due.
    pub async fn end_analysis(
        &self,
        name: &str,
        (holder, now): (&str, Timestamp),
        changed: u64,
        failure: Option<String>,
    ) -> Result<()> {
        let state = if failure.is_some() { "failed" } else { "done" };
        let sql = "UPDATE analyses SET state = CASE WHEN state = 'due' THEN 'due' ELSE $2 END, ended_at = $3, \
                   changed = $4, reason = $5, holder = NULL, lease_until = NULL WHERE name = $1 AND holder = $6";
        let changed = i64::try_from(changed).unwrap_or(i64::MAX);
        let params = [name.into(), state.into(), now.into(), changed.into(), failure.into(), holder.into()];
        self.execute_alone(sql, params).await
    }

    async fn execute_alone<const N: usize>(&self, sql: &str, params: [Param; N]) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.execute(sql, params).await?;
        tx.commit().await
    }
}

/// Until when it is believed that somebody is at an analysis: so many times as long as signs of life may be apart, which come
/// after some hundred rows. Should two be at it after all, both find the same.
fn believed(now: Timestamp, times: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(120 * times)).unwrap_or(Timestamp::MAX)
}

fn template(row: &DbRow) -> Result<StoredTemplate> {
    Ok(StoredTemplate {
        variant_id: row.text("external_id")?,
        campaign_id: row.text("campaign_id")?,
        subject: row.maybe_text("subject_line")?,
        html: row.maybe_text("body_html")?,
        plain: row.maybe_text("body_plain")?,
        step_number: row.maybe_integer("step_number")?,
        delay_days: row.maybe_real("delay_days")?,
        is_same_thread: row.maybe_boolean("send_as_reply")?,
        read: row.maybe_text("text_hash")?.zip(row.maybe_integer("version")?),
    })
}
