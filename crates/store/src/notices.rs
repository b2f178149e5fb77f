//! Whom alerts are told to, and what is still to be told: written in the transaction that opens or resolves an alert.

use atlas_model::Secret;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access_log::note;
use crate::db::{DbRow, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::report::alerts::AlertLine;
use crate::serials::next;
use crate::vault::Vault;

/// Somebody whom alerts shall be told to.
#[derive(Clone, Debug)]
pub struct NewTarget {
    /// What people call it.
    pub name: String,
    /// `slack` or `webhook`.
    pub kind: String,
    /// Where it is told.
    pub address: Secret,
    /// What may be shown of that.
    pub host: String,
    /// What posts are signed with.
    pub secret: Option<Secret>,
    /// Whether it is told critical alerts alone.
    pub is_critical_only: bool,
    /// Whether the address may not lead into a private network.
    pub is_public_only: bool,
}

/// Whom alerts are told to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetLine {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// `slack` or `webhook`.
    pub kind: String,
    /// The host of its address; the rest of it is as good as a password.
    pub host: String,
    /// `warning`: every alert; `critical`: only those.
    pub level: String,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
    /// When it was last told something.
    pub sent_at: Option<Timestamp>,
    /// Notices that are still to be told.
    pub waiting: i64,
    /// Notices that could not be told for three days.
    pub given_up: i64,
    /// Why the last attempt failed, where it did.
    pub reason: Option<String>,
}

/// An address with everything that sending there takes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// `slack` or `webhook`.
    pub kind: String,
    /// Where.
    pub address: Secret,
    /// What posts are signed with.
    pub secret: Option<Secret>,
    /// Whether the address may not lead into a private network.
    pub is_public_only: bool,
}

/// Something to be told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// `opened`, `critical` or `resolved`.
    pub what: String,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// The alert as it stands now.
    pub alert: AlertLine,
}

/// A process that is at it counts as gone after this.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// After the first failure it is tried again after so long, then after twice that, …
const FIRST_PAUSE_S: i64 = 30;
const LONGEST_PAUSE_S: i64 = 3600;
/// What could not be told for so long is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
/// So many are told in one message.
const TOLD_AT_ONCE: i64 = 100;

impl Store {
    /// Adds somebody whom alerts are told to; their number.
    pub async fn add_notice_target(
        &self,
        vault: &Vault,
        new: &NewTarget,
        (who, now): (&str, Timestamp),
    ) -> Result<i64> {
        let name = new.name.trim();
        if name.is_empty() || name.contains(char::is_control) || !matches!(&*new.kind, "slack" | "webhook") {
            let why = "a target has a name, and is of kind slack or webhook";
            return Err(Error::new(ErrorKind::Refused, why, ""));
        }
        let mut tx = self.begin().await?;
        let there = "SELECT id FROM notice_targets WHERE name = $1";
        if !tx.fetch(there, [name.into()]).await?.is_empty() {
            return Err(Error::new(ErrorKind::Taken, format!("there is a target '{name}'"), ""));
        }
        let id = next(&mut tx, "notice_targets").await?;
        let secret = new.secret.as_ref().map(|secret| vault.seal(of(id), secret)).transpose()?;
        let sql = "INSERT INTO notice_targets (id, name, kind, address, host, secret, level, is_public_only, added_by, \
                   added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let params = [
            id.into(),
            name.into(),
            new.kind.as_str().into(),
            vault.seal(of(id), &new.address)?.into(),
            new.host.as_str().into(),
            secret.into(),
            if new.is_critical_only { "critical" } else { "warning" }.into(),
            new.is_public_only.into(),
            who.into(),
            now.into(),
        ];
        tx.execute(sql, params).await?;
        note(&mut tx, who, now, "notice target added", name).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Whom alerts are told to, by name.
    pub async fn notice_targets(&self) -> Result<Vec<TargetLine>> {
        let count = |state: &str| {
            format!("CAST(COALESCE(SUM(CASE WHEN n.state = '{state}' THEN 1 ELSE 0 END), 0) AS BIGINT)")
        };
        let sql = format!(
            "SELECT t.id, t.name, t.kind, t.host, t.level, t.added_by, t.added_at, MAX(n.sent_at) AS sent_at, \
             {} AS waiting, {} AS given_up, \
             MAX(CASE WHEN n.state <> 'sent' THEN n.reason END) AS reason FROM notice_targets AS t \
             LEFT JOIN notices AS n ON n.target_id = t.id \
             GROUP BY t.id, t.name, t.kind, t.host, t.level, t.added_by, t.added_at ORDER BY t.name",
            count("due"),
            count("given_up"),
        );
        let read = |row: &DbRow| {
            Ok(TargetLine {
                id: row.integer("id")?,
                name: row.text("name")?,
                kind: row.text("kind")?,
                host: row.text("host")?,
                level: row.text("level")?,
                added_by: row.text("added_by")?,
                added_at: row.time("added_at")?,
                sent_at: row.maybe_time("sent_at")?,
                waiting: row.integer("waiting")?,
                given_up: row.integer("given_up")?,
                reason: row.maybe_text("reason")?,
            })
        };
        self.fetch(&sql, []).await?.iter().map(read).collect()
    }

    /// One of them, with what sending takes.
    pub async fn notice_target(&self, vault: &Vault, id: i64) -> Result<Option<Target>> {
        let sql = "SELECT id, name, kind, address, secret, is_public_only FROM notice_targets WHERE id = $1";
        let rows = self.fetch(sql, [id.into()]).await?;
        let read = |row: &DbRow| {
            let secret = row.maybe_text("secret")?;
            Ok(Target {
                id,
                name: row.text("name")?,
                kind: row.text("kind")?,
                address: vault.open(of(id), &row.text("address")?)?,
                secret: secret.map(|sealed| vault.open(of(id), &sealed)).transpose()?,
                is_public_only: row.maybe_boolean("is_public_only")?.unwrap_or(true),
            })
        };
        rows.first().map(read).transpose()
    }

    /// Tells somebody nothing any more; false where there is no such target.
    pub async fn remove_notice_target(&self, id: i64, (who, now): (&str, Timestamp)) -> Result<bool> {
        let mut tx = self.begin().await?;
        tx.execute("DELETE FROM notices WHERE target_id = $1", [id.into()]).await?;
        let gone = tx.execute("DELETE FROM notice_targets WHERE id = $1", [id.into()]).await?;
        if gone > 0 {
            note(&mut tx, who, now, "notice target removed", &id.to_string()).await?;
        }
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// The targets to whom something is to be told now.
    pub async fn targets_due(&self, now: Timestamp) -> Result<Vec<i64>> {
        let sql = "SELECT DISTINCT target_id FROM notices WHERE state = 'due' AND next_at <= $1 \
                   AND (lease_until IS NULL OR lease_until <= $1) ORDER BY target_id";
        let rows = self.fetch(sql, [now.into()]).await?;
        rows.iter().map(|row| row.integer("target_id")).collect()
    }

    /// Takes what is to be told to one of them, for two minutes: no other process takes it meanwhile.
    pub async fn claim_notices(&self, target_id: i64, now: Timestamp) -> Result<Vec<Notice>> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE notices SET lease_until = $3, attempts = attempts + 1 WHERE target_id = $1 \
                   AND state = 'due' AND next_at <= $2 AND (lease_until IS NULL OR lease_until <= $2) \
                   AND (alert_id, what) IN (SELECT alert_id, what FROM notices WHERE target_id = $1 AND state = 'due' \
                   AND next_at <= $2 AND (lease_until IS NULL OR lease_until <= $2) ORDER BY created_at, alert_id, what LIMIT $4) RETURNING alert_id, what, attempts, created_at";
        let params = [target_id.into(), now.into(), (now + LEASE).into(), TOLD_AT_ONCE.into()];
        let mut claimed = tx
            .fetch(sql, params)
            .await?
            .iter()
            .map(|row| {
                Ok((
                    row.time("created_at")?,
                    row.integer("alert_id")?,
                    row.text("what")?,
                    row.integer("attempts")?,
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        tx.commit().await?;
        claimed.sort();
        let mut notices = Vec::new();
        for (_, alert_id, what, attempts) in claimed {
            if let Some(alert) = self.alert(alert_id).await? {
                notices.push(Notice { what, attempts, alert });
            }
        }
        Ok(notices)
    }

    /// Notes that they were told, or why they could not be: then they are told again later.
    pub async fn settle_notices(
        &self,
        target_id: i64,
        notices: &[Notice],
        failure: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        for notice in notices {
            let key = [target_id.into(), notice.alert.alert_id.into(), notice.what.as_str().into()];
            let [target, alert, what] = key;
            let here = "WHERE target_id = $1 AND alert_id = $2 AND what = $3 AND state = 'due'";
            match failure {
                None => {
                    let sql = format!(
                        "UPDATE notices SET state = 'sent', sent_at = $4, lease_until = NULL, reason = NULL {here}"
                    );
                    tx.execute(&sql, [target, alert, what, now.into()]).await?;
                }
                Some(reason) => {
                    let exponent = u32::try_from(notice.attempts - 1).unwrap_or(0).min(20);
                    let pause_s = FIRST_PAUSE_S.saturating_mul(2_i64.pow(exponent)).min(LONGEST_PAUSE_S);
                    let sql = format!(
                        "UPDATE notices SET next_at = $4, lease_until = NULL, reason = $5, \
                         state = CASE WHEN created_at <= $6 THEN 'given_up' ELSE 'due' END {here}"
                    );
                    let next_at = now + SignedDuration::from_secs(pause_s);
                    let params =
                        [target, alert, what, next_at.into(), reason.into(), (now - PATIENCE).into()];
                    tx.execute(&sql, params).await?;
                }
            }
        }
        tx.commit().await
    }
}

/// Writes down for everybody concerned that an alert opened or became critical.
pub(crate) async fn tell(tx: &mut Tx, alert_id: i64, what: &str, level: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO notices (target_id, alert_id, what, state, attempts, next_at, created_at) \
               SELECT t.id, $1, $2, 'due', 0, $3, $3 FROM notice_targets AS t \
               WHERE t.level = 'warning' OR CAST($4 AS TEXT) = 'critical' ON CONFLICT DO NOTHING";
    tx.execute(sql, [alert_id.into(), what.into(), now.into(), level.into()]).await.map(drop)
}

/// Writes down for everybody who was told of an alert that it is over.
pub(crate) async fn tell_resolved(tx: &mut Tx, alert_id: i64, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO notices (target_id, alert_id, what, state, attempts, next_at, created_at) \
               SELECT DISTINCT n.target_id, $1, 'resolved', 'due', 0, $2, $2 FROM notices AS n \
               WHERE n.alert_id = $1 AND n.what <> 'resolved' ON CONFLICT DO NOTHING";
    tx.execute(sql, [alert_id.into(), now.into()]).await.map(drop)
}

/// What their secrets are bound to; sources have the numbers above 0.
const fn of(id: i64) -> i64 {
    -id
}
