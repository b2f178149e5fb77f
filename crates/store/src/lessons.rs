//! What analyses read, and how far they are: templates and what became of their mails.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::findings::CAMPAIGN_VARIANT_FEATURES;
use atlas_model::{Column, SourceId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::corrections::CORRECTION;
use crate::db::{DbRow, Param, Store};
use crate::error::Result;
use crate::findings::value;
use crate::sorted_replies::IS_OURS;
use crate::sql::as_object;
use crate::tasks::WAKE;

/// Campaigns that are counted at a time.
const CAMPAIGNS: usize = 200;

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

/// Template → mails that did not bounce, people who answered, people sorted as positive.
pub type CopyCounts = BTreeMap<String, [i64; 3]>;

/// Some campaigns of a source, those that come after one and up to another, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    after: Option<String>,
    upto: Option<String>,
    /// How many of them are known.
    pub campaigns: i64,
}

/// By day, mails sent and those of them that were answered.
pub type ByDay = BTreeMap<Date, (i64, i64)>;

/// A source's mails by template and day, and how long replies took.
#[derive(Clone, Debug, Default)]
pub struct MailDays {
    /// Template → its campaign and days.
    pub variants: BTreeMap<String, (String, ByDay)>,
    /// By the day of its mail, days until a reply came.
    pub lags: Vec<(Date, i64)>,
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

/// Who is an event's person.
const PERSON: &str = "COALESCE({t}.contact_id, {t}.lead_email, {t}.event_key)";

fn person(alias: &str) -> String {
    PERSON.replace("{t}", alias)
}

impl Slice {
    /// The condition that events are of its campaigns; its ends come behind the source among the values.
    fn of(&self, alias: &str) -> String {
        let mut all = Vec::new();
        for (end, test) in [(&self.after, ">"), (&self.upto, "<=")] {
            if end.is_some() {
                all.push(format!("{alias}.campaign_id {test} ${}", all.len() + 2));
            }
        }
        if all.is_empty() { "TRUE".to_owned() } else { all.join(" AND ") }
    }

    fn params(&self, id: SourceId) -> Vec<Param> {
        let ends = [&self.after, &self.upto].into_iter().flatten();
        [id.into()].into_iter().chain(ends.map(|end| end.as_str().into())).collect()
    }
}

/// A reply that a person wrote.
const IS_REPLY: &str = "r.event = 'replied' AND r.variant_id IS NOT NULL AND r.is_manual IS NOT TRUE \
                        AND COALESCE(k.reply_category, r.reply_category) IS DISTINCT FROM 'out_of_office'";

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

    /// A source's campaigns, some hundred at a time, in their order.
    pub async fn campaign_slices(&self, id: SourceId) -> Result<Vec<Slice>> {
        let sql = "SELECT external_id FROM campaigns WHERE source_id = $1 ORDER BY external_id";
        let rows = self.fetch(sql, [id.into()]).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.text("external_id")).collect::<Result<_>>()?;
        let mut slices: Vec<Slice> = Vec::new();
        for some in ids.chunks(CAMPAIGNS) {
            let after = slices.last_mut().and_then(|before| before.upto.clone());
            let campaigns = i64::try_from(some.len()).unwrap_or(i64::MAX);
            slices.push(Slice { after, upto: some.last().cloned(), campaigns });
        }
        // Events of a campaign that is not known yet are told too.
        match slices.last_mut() {
            Some(last) => last.upto = None,
            None => slices.push(Slice::default()),
        }
        Ok(slices)
    }

    /// Every template that was sent, with what became of its mails, in the order of templates.
    pub async fn variant_figures(
        &self,
        id: SourceId,
        mut counts: CopyCounts,
        features: &[&str],
    ) -> Result<Vec<VariantFigures>> {
        // What bounced without being known as sent leaves fewer mails than answers; then nothing is known.
        counts.retain(|_, [delivered, replied, positive]| *delivered >= *replied && *replied >= *positive);
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

    /// Counts what became of the mails of some campaigns.
    pub async fn count_mails(&self, id: SourceId, slice: &Slice, counts: &mut CopyCounts) -> Result<()> {
        let sent = format!(
            "SELECT m.variant_id, CAST(SUM(CASE WHEN m.event = 'sent' THEN 1 ELSE -1 END) AS BIGINT) AS people \
             FROM email_activities AS m WHERE m.source_id = $1 AND m.variant_id IS NOT NULL \
             AND m.event IN ('sent', 'bounced') AND {} GROUP BY m.variant_id",
            slice.of("m"),
        );
        let replied = format!(
            "SELECT r.variant_id, COUNT(DISTINCT r.campaign_id || '|' || {}) AS people FROM email_activities AS r \
             {CORRECTION} WHERE r.source_id = $1 AND {IS_REPLY} AND {} GROUP BY r.variant_id",
            person("r"),
            slice.of("r"),
        );
        // A person's word on the reply; else the service's on whoever wrote it, wherever it stands; else what we are sure of.
        let positive = format!(
            "SELECT r.variant_id, COUNT(DISTINCT r.campaign_id || '|' || {of_reply}) AS people \
             FROM email_activities AS r {CORRECTION} LEFT JOIN (SELECT DISTINCT p.campaign_id, {of_other} AS person \
             FROM email_activities AS p WHERE p.source_id = $1 AND p.counts_positive AND {}) AS told \
             ON told.campaign_id = r.campaign_id AND told.person = {of_reply} \
             WHERE r.source_id = $1 AND {IS_REPLY} AND {} \
             AND CASE WHEN k.is_positive IS NOT NULL THEN k.is_positive ELSE (told.person IS NOT NULL \
             OR (r.is_positive AND r.{IS_OURS} AND r.needs_review IS NOT TRUE)) END GROUP BY r.variant_id",
            slice.of("p"),
            slice.of("r"),
            of_reply = person("r"),
            of_other = person("p"),
        );
        for (place, sql) in [sent, replied, positive].iter().enumerate() {
            for row in self.fetch(sql, slice.params(id)).await? {
                counts.entry(row.text("variant_id")?).or_default()[place] += row.integer("people")?;
            }
        }
        Ok(())
    }

    /// Finds the mails of some campaigns by template and day.
    pub async fn find_mail_days(&self, id: SourceId, slice: &Slice, found: &mut MailDays) -> Result<()> {
        // A row a template: told one by one, days cost more than counting them.
        let sent = format!(
            "SELECT d.variant_id, MIN(d.campaign_id) AS campaign_id, {} AS days FROM (SELECT m.variant_id, \
             MIN(m.campaign_id) AS campaign_id, m.metric_date AS day, COUNT(*) AS mails \
             FROM email_activities AS m WHERE m.source_id = $1 AND m.event = 'sent' AND m.variant_id IS NOT NULL \
             AND m.campaign_id <> '' AND {} GROUP BY m.variant_id, m.metric_date) AS d GROUP BY d.variant_id",
            as_object(self.flavour(), "d.day", "d.mails"),
            slice.of("m"),
        );
        for row in self.fetch(&sent, slice.params(id)).await? {
            let mails: BTreeMap<Date, i64> = serde_json::from_str(&row.text("days")?).unwrap_or_default();
            let variant = found.variants.entry(row.text("variant_id")?);
            let (_, days) = variant.or_insert((row.text("campaign_id")?, BTreeMap::new()));
            for (day, mails) in mails {
                days.entry(day).or_default().0 += mails;
            }
        }
        // Each person's first answer to a template, and the last of its mails before that. Where the service tells no
        // time, the answer stands on the day of its mail.
        let replied = format!(
            "SELECT a.variant_id, CAST(a.day AS TEXT) AS day, a.is_time_known, \
             (SELECT CAST(MAX(s.metric_date) AS TEXT) FROM email_activities AS s WHERE s.source_id = $1 \
             AND {of_sent} = a.person AND s.campaign_id = a.campaign_id AND s.event = 'sent' \
             AND s.variant_id = a.variant_id AND s.metric_date <= a.day) AS sent_on \
             FROM (SELECT r.campaign_id, r.variant_id, {of_reply} AS person, MIN(r.metric_date) AS day, \
             CAST(MIN(CASE WHEN r.is_time_known IS FALSE THEN 0 ELSE 1 END) AS BIGINT) AS is_time_known \
             FROM email_activities AS r {CORRECTION} WHERE r.source_id = $1 AND {IS_REPLY} AND {} \
             GROUP BY r.campaign_id, r.variant_id, {of_reply}) AS a",
            slice.of("r"),
            of_sent = person("s"),
            of_reply = person("r"),
        );
        for row in self.fetch(&replied, slice.params(id)).await? {
            let day: Option<Date> = row.text("day")?.parse().ok();
            let sent_on: Option<Date> = row.maybe_text("sent_on")?.and_then(|day| day.parse().ok());
            let Some((day, sent_on)) = day.zip(sent_on) else { continue };
            let days = found.variants.get_mut(&row.text("variant_id")?).map(|(_, days)| days);
            if let Some((_, replied)) = days.and_then(|days| days.get_mut(&sent_on)) {
                *replied += 1;
            }
            if row.integer("is_time_known")? == 1 {
                found.lags.push((sent_on, sent_on.until(day).map_or(0, |span| span.get_days().into())));
            }
        }
        Ok(())
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

    /// Notes that an analysis begins.
    pub async fn begin_analysis(&self, name: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO analyses (name, state, started_at) VALUES ($1, 'running', $2) \
                   ON CONFLICT (name) DO UPDATE SET state = 'running', started_at = excluded.started_at, done = 0, \
                   total = NULL, changed = 0, reason = NULL";
        self.execute_alone(sql, [name.into(), now.into()]).await
    }

    /// Notes how far an analysis is.
    pub async fn tell_analysis(&self, name: &str, done: i64, total: Option<i64>) -> Result<()> {
        let sql = "UPDATE analyses SET done = $2, total = $3 WHERE name = $1";
        self.execute_alone(sql, [name.into(), done.into(), Param::Integer(total)]).await
    }

    /// Notes how an analysis ended; one that was woken meanwhile stays due.
    pub async fn end_analysis(
        &self,
        name: &str,
        now: Timestamp,
        changed: u64,
        failure: Option<String>,
    ) -> Result<()> {
        let state = if failure.is_some() { "failed" } else { "done" };
        let sql = "UPDATE analyses SET state = CASE WHEN state = 'due' THEN 'due' ELSE $2 END, ended_at = $3, \
                   changed = $4, reason = $5 WHERE name = $1";
        let changed = i64::try_from(changed).unwrap_or(i64::MAX);
        self.execute_alone(sql, [name.into(), state.into(), now.into(), changed.into(), failure.into()]).await
    }

    async fn execute_alone<const N: usize>(&self, sql: &str, params: [Param; N]) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.execute(sql, params).await?;
        tx.commit().await
    }
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
