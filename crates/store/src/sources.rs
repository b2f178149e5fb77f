//! Data sources: an account at a service, with its sealed credential.

use std::collections::BTreeMap;

use atlas_model::findings::FINDINGS;
use atlas_model::{Platform, Secret, Settings, Site, SourceId};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::access_log::note;
use crate::counting::recount;
use crate::db::{DbRow, Param, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::leases::{hold_off, prove_lease};
use crate::people;
use crate::serials::next;
use crate::sql::json;
use crate::turn::Turn;
use crate::vault::Vault;

/// A data source that is to be stored.
#[derive(Debug)]
pub struct NewSource {
    /// The service.
    pub platform: Platform,
    /// What the user calls it; unique.
    pub name: String,
    /// Whom the whole account is used for.
    pub client: Option<String>,
    /// Scheme, host and port in place of the service's.
    pub base_url: Option<String>,
    /// Whether they may not lead into a private network.
    pub is_public_only: bool,
    /// The account's time zone (IANA name).
    pub time_zone: String,
    /// Its settings.
    pub settings: Settings,
}

/// A data source as stored. Its credential stays sealed until [`Store::credential`] is asked.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number: `source_id` in every table.
    pub id: SourceId,
    /// The service.
    pub platform: Platform,
    /// What the user calls it.
    pub name: String,
    /// Whom the whole account is used for.
    pub client: Option<String>,
    /// `active` or `archived`.
    pub status: String,
    /// Scheme, host and port in place of the service's.
    pub base_url: Option<String>,
    /// Whether they may not lead into a private network.
    pub is_public_only: bool,
    /// The account's time zone (IANA name).
    pub time_zone: String,
    /// Its settings.
    pub settings: Settings,
    /// When a sync was last complete.
    pub last_sync_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Source {
    /// Where its service is asked.
    pub fn site(&self) -> Site<'_> {
        Site { base_url: self.base_url.as_deref(), is_public_only: self.is_public_only }
    }
}

impl NewSource {
    /// Where its service is asked.
    pub fn site(&self) -> Site<'_> {
        Site { base_url: self.base_url.as_deref(), is_public_only: self.is_public_only }
    }
}

/// What stands among the stored settings and is none: nobody sets it by name.
const PUBLIC_ONLY: &str = "_public_only";

/// The client that stands for "whatever this account's campaigns do not assign".
const OWN_CLIENT: &str = "source";

/// Rows in a statement while events are put on other days.
const RECOUNT_BATCH: usize = 500;

const COLUMNS: &str = "id, platform, name, client, status, base_url, time_zone, CAST(settings AS TEXT) AS settings, \
                       last_sync_at, created_at";

impl Store {
    /// Stores a source with its credential sealed; its number is new and never used again.
    pub async fn add_source(
        &self,
        new: &NewSource,
        credential: &Secret,
        vault: &Vault,
        (who, now): (&str, Timestamp),
    ) -> Result<Source> {
        let mut tx = self.begin().await?;
        let taken =
            tx.fetch("SELECT id FROM data_sources WHERE name = $1", [new.name.as_str().into()]).await?;
        if !taken.is_empty() {
            let hint = "choose another --name, or change that one: atlas source set NAME …";
            return Err(Error::new(
                ErrorKind::Taken,
                format!("there is a source named '{}' already", new.name),
                hint,
            ));
        }
        let id = next(&mut tx, "data_sources").await?;
        let sql = format!(
            "INSERT INTO data_sources (id, platform, name, client, status, base_url, credentials, settings, \
             additional_config, time_zone, created_at) VALUES ($1, $2, $3, $4, 'active', $5, $6, {}, {}, $8, $9)",
            json(tx.flavour(), "$7"),
            json(tx.flavour(), "'{}'"),
        );
        let params: [Param; 9] = [
            id.into(),
            new.platform.as_str().into(),
            new.name.as_str().into(),
            new.client.clone().into(),
            new.base_url.clone().into(),
            vault.seal(id, credential)?.into(),
            settings_text(&new.settings, new.is_public_only).into(),
            new.time_zone.as_str().into(),
            now.into(),
        ];
        tx.execute(&sql, params).await?;
        let state = "INSERT INTO sync_state (source_id, journal_id, run_id, is_full, quota_month, quota_calls) \
                     VALUES ($1, 0, 0, $2, '', 0)";
        tx.execute(state, [id.into(), false.into()]).await?;
        write_own_client(&mut tx, id, new.client.as_deref()).await?;
        note(&mut tx, who, now, "source added", &new.name).await?;
        tx.commit().await?;
        self.source(&new.name)
            .await?
            .ok_or_else(|| Error::new(ErrorKind::Other, "the new source is gone", ""))
    }

    /// All sources, by number.
    pub async fn sources(&self) -> Result<Vec<Source>> {
        let rows = self.fetch(&format!("SELECT {COLUMNS} FROM data_sources ORDER BY id"), []).await?;
        rows.iter().map(source).collect()
    }

    /// The source of that name.
    pub async fn source(&self, name: &str) -> Result<Option<Source>> {
        let sql = format!("SELECT {COLUMNS} FROM data_sources WHERE name = $1");
        self.fetch(&sql, [name.into()]).await?.first().map(source).transpose()
    }

    /// Every client with the sources that are used for it: as a whole, or for some of their campaigns.
    pub async fn clients(&self) -> Result<Vec<(String, SourceId)>> {
        let sql = "SELECT DISTINCT COALESCE(name, 'client ' || external_id) AS name, source_id FROM clients \
                   ORDER BY name, source_id";
        let rows = self.fetch(sql, []).await?;
        rows.iter().map(|row| Ok((row.text("name")?, row.integer("source_id")?))).collect()
    }

    /// The source's credential, opened.
    pub async fn credential(&self, id: SourceId, vault: &Vault) -> Result<Secret> {
        let rows = self.fetch("SELECT credentials FROM data_sources WHERE id = $1", [id.into()]).await?;
        let row = rows.first().ok_or_else(|| Error::new(ErrorKind::Other, "the source is gone", ""))?;
        vault.open(id, &row.text("credentials")?)
    }

    /// Replaces the source's credential.
    pub async fn set_credential(&self, id: SourceId, credential: &Secret, vault: &Vault) -> Result<()> {
        let mut tx = self.begin().await?;
        let sealed = vault.seal(id, credential)?;
        tx.execute("UPDATE data_sources SET credentials = $2 WHERE id = $1", [id.into(), sealed.into()])
            .await?;
        tx.commit().await
    }

    /// Replaces the credential of a source that is being synced: only the lease's holder may.
    pub async fn renew_credential(&self, turn: &Turn, credential: &Secret, vault: &Vault) -> Result<()> {
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, turn.source_id, &turn.holder, turn.now).await?;
        let sealed = vault.seal(turn.source_id, credential)?;
        let sql = "UPDATE data_sources SET credentials = $2 WHERE id = $1";
        tx.execute(sql, [turn.source_id.into(), sealed.into()]).await?;
        tx.commit().await
    }

    /// Keeps a source's figures and asks its service no longer; or asks it again.
    pub async fn archive_source(
        &self,
        source: &mut Source,
        is_archived: bool,
        by: (&str, Timestamp),
    ) -> Result<()> {
        let (status, deed) =
            if is_archived { ("archived", "source archived") } else { ("active", "source taken back") };
        status.clone_into(&mut source.status);
        self.update_source(source, deed, by).await
    }

    /// Stores a source that was changed, and what was done; its number and platform stay.
    pub async fn update_source(
        &self,
        source: &Source,
        deed: &str,
        (who, now): (&str, Timestamp),
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        hold_off(&mut tx, source.id).await?;
        // In another time zone an account's days are others: with the next sync all are read again.
        let days = "UPDATE campaigns SET days_read_to = NULL, seen_hash = NULL, metrics_hash = NULL, \
                    totals_fingerprint = NULL WHERE source_id = $1 AND total_sent IS DISTINCT FROM 0 \
                    AND EXISTS (SELECT 1 FROM data_sources WHERE id = $1 AND time_zone <> $2)";
        tx.execute(days, [source.id.into(), source.time_zone.as_str().into()]).await?;
        let before = tx.fetch("SELECT time_zone FROM data_sources WHERE id = $1", [source.id.into()]).await?;
        let before = before.first().map(|row| row.text("time_zone")).transpose()?;
        if before.is_some_and(|before| before != source.time_zone)
            && let Ok(zone) = TimeZone::get(&source.time_zone)
        {
            recount(&mut tx, source.id, Some(&zone), RECOUNT_BATCH).await?;
        }
        let sql =
            "UPDATE data_sources SET client = $2, base_url = $3, time_zone = $4, status = $5 WHERE id = $1";
        let params: [Param; 5] = [
            source.id.into(),
            source.client.clone().into(),
            source.base_url.clone().into(),
            source.time_zone.as_str().into(),
            source.status.as_str().into(),
        ];
        tx.execute(sql, params).await?;
        write_settings(&mut tx, source).await?;
        write_own_client(&mut tx, source.id, source.client.as_deref()).await?;
        people::count_write(&mut tx, source.id).await?;
        people::settle(&mut tx, source.id).await?;
        note(&mut tx, who, now, deed, &source.name).await?;
        tx.commit().await
    }

    /// Removes a source and everything that came from it. Its number is not used again.
    pub async fn remove_source(&self, source: &Source, (who, now): (&str, Timestamp)) -> Result<()> {
        let id = source.id;
        let mut tx = self.begin().await?;
        hold_off(&mut tx, id).await?;
        let technical = [
            "requests",
            "source_counters",
            "webhook_tokens",
            "webhook_subscriptions",
            "leases",
            "projector_leases",
            "projected",
            "delivery_gaps",
            "mapping_problems",
            "sync_progress",
            "sync_runs",
            "sync_calls",
            "journal_sightings",
            "journal",
            "absent_endpoints",
            "watermarks",
            "people_state",
            "reply_corrections",
            "deliverability_alerts",
            "mailbox_failures",
            "client_assignments",
            "campaign_changes",
            "campaign_counts",
            "campaign_sums",
            "reply_sums",
            "lead_sums",
            "single_leads",
        ];
        let told = "DELETE FROM notices WHERE alert_id IN \
                    (SELECT id FROM deliverability_alerts WHERE source_id = $1)";
        tx.execute(told, [id.into()]).await?;
        let destinations = atlas_model::tables::ALL.iter().rev().map(|table| table.name);
        let findings = FINDINGS.iter().map(|table| table.name);
        for table in findings.chain(destinations).chain(technical).chain(["sync_state"]) {
            tx.execute(&format!("DELETE FROM {table} WHERE source_id = $1"), [id.into()]).await?;
        }
        tx.execute("DELETE FROM data_sources WHERE id = $1", [id.into()]).await?;
        people::rebuild(&mut tx).await?;
        note(&mut tx, who, now, "source removed", &source.name).await?;
        tx.commit().await
    }
}

pub(crate) async fn write_own_client(tx: &mut Tx, id: SourceId, client: Option<&str>) -> Result<()> {
    let params = [id.into(), OWN_CLIENT.into()];
    match client {
        None => tx.execute("DELETE FROM clients WHERE source_id = $1 AND external_id = $2", params).await?,
        Some(name) => {
            let sql = "INSERT INTO clients (source_id, external_id, name, origin) VALUES ($1, $2, $3, 'source') \
                       ON CONFLICT (source_id, external_id) DO UPDATE SET name = excluded.name";
            tx.execute(sql, [id.into(), OWN_CLIENT.into(), name.into()]).await?
        }
    };
    Ok(())
}

pub(crate) async fn write_settings(tx: &mut Tx, source: &Source) -> Result<()> {
    let sql = format!("UPDATE data_sources SET settings = {} WHERE id = $1", json(tx.flavour(), "$2"));
    tx.execute(&sql, [source.id.into(), settings_text(&source.settings, source.is_public_only).into()])
        .await
        .map(drop)
}

fn settings_text(settings: &Settings, is_public_only: bool) -> String {
    let mut stored = settings.given().clone();
    if is_public_only {
        stored.insert(PUBLIC_ONLY.to_owned(), true.to_string());
    }
    serde_json::to_string(&stored).unwrap_or_default()
}

fn source(row: &DbRow) -> Result<Source> {
    let bad = |what: &str| Error::new(ErrorKind::Other, format!("data_sources holds {what}"), "");
    let platform: Platform = row.text("platform")?.parse().map_err(|error: String| bad(&error))?;
    let mut given: BTreeMap<String, String> = serde_json::from_str(&row.text("settings")?)
        .map_err(|_| bad("settings that are no JSON object of texts"))?;
    Ok(Source {
        id: row.integer("id")?,
        platform,
        name: row.text("name")?,
        client: row.maybe_text("client")?,
        status: row.text("status")?,
        base_url: row.maybe_text("base_url")?,
        is_public_only: given.remove(PUBLIC_ONLY).is_some(),
        time_zone: row.text("time_zone")?,
        settings: Settings::new(platform, given),
        last_sync_at: row.maybe_time("last_sync_at")?,
        created_at: row.time("created_at")?,
    })
}
