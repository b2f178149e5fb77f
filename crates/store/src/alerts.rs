//! What alerts look at, and how they are written: opened once, kept up to date, resolved by themselves.

use std::collections::BTreeMap;

use atlas_model::{Kind, SourceId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::access_log::note;
use crate::db::{DbRow, Flavour, Store, Tx};
use crate::deliveries::WEBHOOK;
use crate::error::Result;
use crate::notices::{tell, tell_resolved};
use crate::serials::next;
use crate::sql::{cast, json};

/// Mails and bounces of something.
#[derive(Clone, Debug)]
pub struct MailCounts {
    /// Which one.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Mails sent and bounced, and replies, of the last 7 days.
    pub week: [i64; 3],
    /// The same of the 28 days before.
    pub before: [i64; 3],
}

/// A mailbox as last read.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "columns of email_accounts")]
pub struct MailboxState {
    pub external_id: String,
    pub from_email: Option<String>,
    pub smtp_failure: Option<String>,
    pub imap_failure: Option<String>,
    /// In how many readings in a row it failed to send.
    pub smtp_readings: i64,
    /// And to receive.
    pub imap_readings: i64,
    pub warmup_enabled: Option<bool>,
    pub warmup_reputation: Option<i64>,
    pub total_spam_count: Option<i64>,
    pub warmup_sent_count: Option<i64>,
    pub message_per_day: Option<i64>,
    pub daily_sent_count: Option<i64>,
}

/// What is known of a source's own state.
#[derive(Clone, Debug, Default)]
pub struct AccountState {
    /// Why the key was refused in the last run.
    pub refusal: Option<String>,
    /// The month whose calls are counted, and how many they are.
    pub quota: Option<(String, i64)>,
    /// When a delivery last came.
    pub delivered_at: Option<Timestamp>,
    /// Mails that active campaigns sent on the days after that one, by the figures of days.
    pub sent_since: i64,
    /// Campaign, name, mails by the service, mails held as events; of campaigns that were read whole.
    pub held: Vec<(String, String, i64, i64)>,
}

/// An active campaign of which no delivery tells any more.
#[derive(Clone, Debug)]
pub struct SilentCampaign {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When a delivery last told of a mail of it; where none ever did, when its webhook was last seen at the service.
    pub heard_at: Timestamp,
    /// Mails that it sent on the days after that one, by the figures of days.
    pub sent_since: i64,
}

/// An alert that is to stand.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "columns of deliverability_alerts")]
pub struct NewAlert {
    pub scope: &'static str,
    pub subject_id: String,
    pub subject_name: String,
    pub kind: &'static str,
    pub level: &'static str,
    pub severity: f64,
    pub evidence: Value,
    pub advice: &'static str,
}

/// What changes less than this is steady.
const STEADY: f64 = 0.05;
/// Alerts are looked at every few minutes: whether one rises is told by what its number was up to so long ago.
const TREND: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// A campaign's days: the last 7 up to this one, and the 28 before.
    pub async fn campaign_weeks(&self, id: SourceId, today: Date) -> Result<Vec<MailCounts>> {
        let date = |place: &str| match self.flavour() {
            Flavour::Sqlite => place.to_owned(),
            Flavour::Postgres => format!("CAST({place} AS DATE)"),
        };
        let sums: Vec<String> = [("week", "m.date >", "$3"), ("before", "m.date <=", "$3")]
            .iter()
            .flat_map(|(name, test, place)| {
                ["sent", "bounced", "replied"].map(|figure| {
                    format!(
                        "CAST(SUM(CASE WHEN {test} {} THEN m.emails_{figure} ELSE 0 END) AS BIGINT) AS {name}_{figure}",
                        date(place)
                    )
                })
            })
            .collect();
        let sql = format!(
            "SELECT m.campaign_id AS id, COALESCE(c.name, m.campaign_id) AS name, {} FROM daily_metrics AS m \
             JOIN campaigns AS c ON c.source_id = m.source_id AND c.external_id = m.campaign_id \
             WHERE m.source_id = $1 AND m.date > {} AND m.date <= {} GROUP BY m.campaign_id, c.name ORDER BY m.campaign_id",
            sums.join(", "),
            date("$2"),
            date("$4"),
        );
        let days = |back: i64| today.saturating_sub(jiff::Span::new().days(back)).to_string();
        let params = [id.into(), days(35).into(), days(7).into(), today.to_string().into()];
        self.fetch(&sql, params).await?.iter().map(mail_counts).collect()
    }

    /// Mailboxes by their single events since then. Events that name no mailbox are nobody's.
    pub async fn mailbox_week(&self, id: SourceId, since: Timestamp) -> Result<Vec<MailCounts>> {
        let sql = "SELECT COALESCE(e.email_account_id, e.from_email) AS id, MIN(COALESCE(e.from_email, e.email_account_id)) \
                   AS name, CAST(SUM(CASE WHEN e.event = 'sent' THEN 1 ELSE 0 END) AS BIGINT) AS week_sent, \
                   CAST(SUM(CASE WHEN e.event = 'bounced' THEN 1 ELSE 0 END) AS BIGINT) AS week_bounced \
                   FROM email_activities AS e WHERE e.source_id = $1 AND e.occurred_at > $2 \
                   AND e.event IN ('sent', 'bounced') AND COALESCE(e.email_account_id, e.from_email) IS NOT NULL \
                   GROUP BY COALESCE(e.email_account_id, e.from_email) ORDER BY id";
        let rows = self.fetch(sql, [id.into(), since.into()]).await?;
        let read = |row: &DbRow| {
            Ok(MailCounts {
                id: row.text("id")?,
                name: row.text("name")?,
                week: [row.integer("week_sent")?, row.integer("week_bounced")?, 0],
                before: [0; 3],
            })
        };
        rows.iter().map(read).collect()
    }

    /// Mailboxes as last read. What fails of a mailbox is counted once for each reading, told when that was.
    pub async fn mailbox_states(&self, id: SourceId, read_at: Timestamp) -> Result<Vec<MailboxState>> {
        const FAILS: &str = "(is_smtp_success IS FALSE OR is_imap_success IS FALSE)";
        let mut tx = self.begin().await?;
        let well = format!(
            "DELETE FROM mailbox_failures WHERE source_id = $1 AND account_id NOT IN \
             (SELECT external_id FROM email_accounts WHERE source_id = $1 AND {FAILS})"
        );
        tx.execute(&well, [id.into()]).await?;
        let once_more = format!(
            "INSERT INTO mailbox_failures AS f (source_id, account_id, smtp_readings, imap_readings, read_at) \
             SELECT $1, external_id, CASE WHEN is_smtp_success IS FALSE THEN 1 ELSE 0 END, \
             CASE WHEN is_imap_success IS FALSE THEN 1 ELSE 0 END, $2 FROM email_accounts WHERE source_id = $1 AND {FAILS} \
             ON CONFLICT (source_id, account_id) DO UPDATE SET \
             smtp_readings = excluded.smtp_readings * (f.smtp_readings + 1), \
             imap_readings = excluded.imap_readings * (f.imap_readings + 1), read_at = excluded.read_at \
             WHERE f.read_at <> excluded.read_at"
        );
        tx.execute(&once_more, [id.into(), read_at.into()]).await?;
        let sql = "SELECT a.external_id, a.from_email, a.is_smtp_success, a.smtp_failure_error, a.is_imap_success, \
                   a.imap_failure_error, a.warmup_enabled, a.warmup_reputation, a.total_spam_count, a.warmup_sent_count, \
                   a.message_per_day, a.daily_sent_count, f.smtp_readings, f.imap_readings FROM email_accounts AS a \
                   LEFT JOIN mailbox_failures AS f ON f.source_id = a.source_id AND f.account_id = a.external_id \
                   WHERE a.source_id = $1 ORDER BY a.external_id";
        let rows = tx.fetch(sql, [id.into()]).await?;
        tx.commit().await?;
        rows.iter().map(mailbox_state).collect()
    }

    /// What is known of a source's own state.
    pub async fn account_state(&self, id: SourceId, zone: &TimeZone) -> Result<AccountState> {
        let run = "SELECT outcome, reason FROM sync_runs WHERE source_id = $1 AND ended_at IS NOT NULL \
                   ORDER BY id DESC LIMIT 1";
        let mut state = AccountState::default();
        if let Some(run) = self.fetch(run, [id.into()]).await?.first()
            && run.text("outcome")? == "refused"
        {
            state.refusal = Some(run.maybe_text("reason")?.unwrap_or_default());
        }
        let quota = "SELECT quota_month, quota_calls FROM sync_state WHERE source_id = $1";
        if let Some(row) = self.fetch(quota, [id.into()]).await?.first() {
            state.quota = Some((row.text("quota_month")?, row.integer("quota_calls")?));
        }
        let last = "SELECT read_at FROM journal WHERE source_id = $1 AND id = \
                    (SELECT MAX(id) FROM journal WHERE source_id = $1 AND endpoint = $2)";
        let rows = self.fetch(last, [id.into(), WEBHOOK.into()]).await?;
        state.delivered_at = rows.first().map(|row| row.time("read_at")).transpose()?;
        if let Some(at) = state.delivered_at {
            state.sent_since = self.sent_after(id, None, day_of(at, zone)).await?;
        }
        let held = "SELECT c.external_id, COALESCE(c.name, c.external_id) AS name, c.total_sent, \
                    CAST(COALESCE((SELECT SUM(o.emails_sent) FROM daily_observations AS o WHERE o.source_id = c.source_id \
                    AND o.campaign_id = c.external_id AND o.witness = 'events'), 0) AS BIGINT) AS held \
                    FROM campaigns AS c WHERE c.source_id = $1 AND c.total_sent > 0 AND c.started_at IS NOT NULL \
                    AND CAST(c.activities_read_from AS TEXT) <= substr(CAST(c.started_at AS TEXT), 1, 10) \
                    ORDER BY c.external_id";
        for row in self.fetch(held, [id.into()]).await? {
            let (campaign, name) = (row.text("external_id")?, row.text("name")?);
            state.held.push((campaign, name, row.integer("total_sent")?, row.integer("held")?));
        }
        Ok(state)
    }

    /// Active campaigns that sent lately, and of whose mails deliveries told, or should, but none has since then.
    pub async fn silent_campaigns(
        &self,
        id: SourceId,
        since: Timestamp,
        zone: &TimeZone,
    ) -> Result<Vec<SilentCampaign>> {
        let week_before = since - SignedDuration::from_hours(7 * 24);
        // What told of a mail in these days is found by its time; else, which is rare, among all of its campaign.
        let sql = format!(
            "WITH lately AS (SELECT e.campaign_id, MAX(e.occurred_at) AS at FROM email_activities AS e WHERE e.source_id = $1 \
             AND e.occurred_at > $2 AND e.event IN ('sent', 'bounced') AND e.via = 'webhook' GROUP BY e.campaign_id) \
             SELECT c.external_id, COALESCE(c.name, c.external_id) AS name, COALESCE(l.at, (SELECT MAX(e.occurred_at) \
             FROM email_activities AS e WHERE e.source_id = c.source_id AND e.campaign_id = c.external_id AND e.event = 'sent' \
             AND e.via = 'webhook'), w.seen_at) AS heard_at FROM campaigns AS c \
             LEFT JOIN lately AS l ON l.campaign_id = c.external_id \
             LEFT JOIN webhook_subscriptions AS w ON w.source_id = c.source_id AND w.campaign_id = c.external_id \
             WHERE c.source_id = $1 AND c.status = 'active' AND EXISTS (SELECT 1 FROM daily_metrics AS m \
             WHERE m.source_id = c.source_id AND m.campaign_id = c.external_id AND m.date > {} AND m.emails_sent > 0) \
             ORDER BY c.external_id",
            cast(self.flavour(), Kind::Date, "CAST($3 AS TEXT)"),
        );
        let params = [id.into(), week_before.into(), day_of(week_before, zone).to_string().into()];
        let mut silent = Vec::new();
        for row in self.fetch(&sql, params).await? {
            let Some(heard_at) = row.maybe_time("heard_at")?.filter(|at| *at <= since) else { continue };
            let campaign = row.text("external_id")?;
            let sent_since = self.sent_after(id, Some(&campaign), day_of(heard_at, zone)).await?;
            silent.push(SilentCampaign { id: campaign, name: row.text("name")?, heard_at, sent_since });
        }
        Ok(silent)
    }

    /// Mails that active campaigns, or one of them, sent on the days after one, by the figures of days.
    async fn sent_after(&self, id: SourceId, campaign: Option<&str>, day: Date) -> Result<i64> {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(m.emails_sent), 0) AS BIGINT) AS sent FROM daily_metrics AS m \
             JOIN campaigns AS c ON c.source_id = m.source_id AND c.external_id = m.campaign_id \
             WHERE m.source_id = $1 AND c.status = 'active' AND m.date > {} \
             AND COALESCE(CAST($3 AS TEXT), m.campaign_id) = m.campaign_id",
            cast(self.flavour(), Kind::Date, "CAST($2 AS TEXT)"),
        );
        let rows =
            self.fetch(&sql, [id.into(), day.to_string().into(), campaign.map(str::to_owned).into()]).await?;
        rows.first().map_or(Ok(0), |row| row.integer("sent"))
    }

    /// Opens alerts that are new, brings those that stand up to date, resolves the others of the source; how many changed.
    pub async fn settle_alerts(&self, id: SourceId, alerts: &[NewAlert], now: Timestamp) -> Result<u64> {
        let mut tx = self.begin().await?;
        let open = "SELECT id, scope, subject_id, kind, opened_at, level, trend, severity, severity_before, before_at, \
                    CAST(evidence AS TEXT) AS evidence FROM deliverability_alerts WHERE source_id = $1 AND resolved_at IS NULL";
        let mut standing: BTreeMap<(String, String, String), DbRow> = BTreeMap::new();
        for row in tx.fetch(open, [id.into()]).await? {
            standing.insert((row.text("scope")?, row.text("subject_id")?, row.text("kind")?), row);
        }
        let mut changed = 0;
        for alert in alerts {
            let key = (alert.scope.to_owned(), alert.subject_id.clone(), alert.kind.to_owned());
            let Some(row) = standing.remove(&key) else {
                let alert_id = next(&mut tx, "alerts").await?;
                let new =
                    Written { alert_id, opened_at: now, trend: "steady", before: (alert.severity, now) };
                changed += write_alert(&mut tx, id, alert, &new, now).await?;
                tell(&mut tx, alert_id, "opened", alert.level, now).await?;
                continue;
            };
            let evidence: Value = serde_json::from_str(&row.text("evidence")?).unwrap_or_default();
            let level = row.text("level")?;
            let before = severity_before(&row, now)?;
            let trend = trend(before.0, alert.severity);
            if evidence == alert.evidence && level == alert.level && trend == row.text("trend")? {
                continue;
            }
            let alert_id = row.integer("id")?;
            let again = Written { alert_id, opened_at: row.time("opened_at")?, trend, before };
            changed += write_alert(&mut tx, id, alert, &again, now).await?;
            if level != alert.level && alert.level == "critical" {
                tell(&mut tx, alert_id, "critical", alert.level, now).await?;
            }
        }
        for row in standing.into_values() {
            let alert_id = row.integer("id")?;
            let sql =
                "UPDATE deliverability_alerts SET resolved_at = $2 WHERE id = $1 AND resolved_at IS NULL";
            changed += tx.execute(sql, [alert_id.into(), now.into()]).await?;
            tell_resolved(&mut tx, alert_id, now).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Notes that somebody takes note of an alert, or no longer does; false where there is no such alert.
    pub async fn acknowledge_alert(
        &self,
        alert_id: i64,
        is_acknowledged: bool,
        (who, now): (&str, Timestamp),
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        // Whoever was first stays.
        let sql = "UPDATE deliverability_alerts SET acknowledged_by = $2, acknowledged_at = $3 WHERE id = $1 \
                   AND (acknowledged_at IS NULL OR CAST($4 AS BIGINT) = 0)";
        let (by, at) = (is_acknowledged.then(|| who.to_owned()), is_acknowledged.then_some(now));
        let params = [alert_id.into(), by.into(), at.into(), i64::from(is_acknowledged).into()];
        let changed = tx.execute(sql, params).await?;
        if changed > 0 {
            let deed = if is_acknowledged { "alert acknowledged" } else { "acknowledgement taken back" };
            note(&mut tx, who, now, deed, &alert_id.to_string()).await?;
        }
        let there = "SELECT id FROM deliverability_alerts WHERE id = $1";
        let is_there = !tx.fetch(there, [alert_id.into()]).await?.is_empty();
        tx.commit().await?;
        Ok(is_there)
    }
}

/// What is written of an alert beside what it says.
struct Written {
    alert_id: i64,
    opened_at: Timestamp,
    trend: &'static str,
    /// What its number was, and from when on that is held against it.
    before: (f64, Timestamp),
}

/// Writes an alert as it stands.
async fn write_alert(
    tx: &mut Tx,
    id: SourceId,
    alert: &NewAlert,
    Written { alert_id, opened_at, trend, before }: &Written,
    now: Timestamp,
) -> Result<u64> {
    let sql = format!(
        "INSERT INTO deliverability_alerts (source_id, scope, subject_id, kind, opened_at, subject_name, level, trend, \
         severity, evidence, advice, updated_at, id, severity_before, before_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
         CAST($9 AS DOUBLE PRECISION), {}, $11, $12, $13, CAST($14 AS DOUBLE PRECISION), $15) ON CONFLICT (source_id, scope, subject_id, kind, opened_at) \
         DO UPDATE SET subject_name = excluded.subject_name, level = excluded.level, trend = excluded.trend, \
         severity = excluded.severity, evidence = excluded.evidence, advice = excluded.advice, \
         updated_at = excluded.updated_at, severity_before = excluded.severity_before, before_at = excluded.before_at",
        json(tx.flavour(), "$10"),
    );
    let params = [
        id.into(),
        alert.scope.into(),
        alert.subject_id.as_str().into(),
        alert.kind.into(),
        (*opened_at).into(),
        alert.subject_name.as_str().into(),
        alert.level.into(),
        (*trend).into(),
        alert.severity.to_string().into(),
        alert.evidence.to_string().into(),
        alert.advice.into(),
        now.into(),
        (*alert_id).into(),
        before.0.to_string().into(),
        before.1.into(),
    ];
    tx.execute(&sql, params).await
}

/// The account's day.
fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// What an alert's number is held against: what it was a day ago at most; and since when that is so.
fn severity_before(row: &DbRow, now: Timestamp) -> Result<(f64, Timestamp)> {
    let before = row.maybe_real("severity_before")?.zip(row.maybe_time("before_at")?);
    let last = row.maybe_real("severity")?.unwrap_or_default();
    Ok(before.filter(|(_, at)| now.duration_since(*at) < TREND).unwrap_or((last, now)))
}

fn trend(before: f64, now: f64) -> &'static str {
    let moved = (now - before) / before.abs().max(f64::EPSILON);
    if moved > STEADY {
        "rising"
    } else if moved < -STEADY {
        "falling"
    } else {
        "steady"
    }
}

fn mail_counts(row: &DbRow) -> Result<MailCounts> {
    let three = |name: &str| -> Result<[i64; 3]> {
        let figure =
            |of: &str| -> Result<i64> { Ok(row.maybe_integer(&format!("{name}_{of}"))?.unwrap_or_default()) };
        Ok([figure("sent")?, figure("bounced")?, figure("replied")?])
    };
    Ok(MailCounts {
        id: row.text("id")?,
        name: row.text("name")?,
        week: three("week")?,
        before: three("before")?,
    })
}

fn mailbox_state(row: &DbRow) -> Result<MailboxState> {
    let failure = |success: &str, error: &str| -> Result<Option<String>> {
        let fails = row.maybe_boolean(success)? == Some(false);
        Ok(if fails { Some(row.maybe_text(error)?.unwrap_or_default()) } else { None })
    };
    Ok(MailboxState {
        external_id: row.text("external_id")?,
        from_email: row.maybe_text("from_email")?,
        smtp_failure: failure("is_smtp_success", "smtp_failure_error")?,
        imap_failure: failure("is_imap_success", "imap_failure_error")?,
        smtp_readings: row.maybe_integer("smtp_readings")?.unwrap_or_default(),
        imap_readings: row.maybe_integer("imap_readings")?.unwrap_or_default(),
        warmup_enabled: row.maybe_boolean("warmup_enabled")?,
        warmup_reputation: row.maybe_integer("warmup_reputation")?,
        total_spam_count: row.maybe_integer("total_spam_count")?,
        warmup_sent_count: row.maybe_integer("warmup_sent_count")?,
        message_per_day: row.maybe_integer("message_per_day")?,
        daily_sent_count: row.maybe_integer("daily_sent_count")?,
    })
}
