//! Who changed what.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{Store, Tx};
use crate::error::Result;
use crate::serials::next;

/// Something that somebody did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deed {
    /// Its number; later ones are greater.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The user's address, the token's name, or `command line`.
    pub who: String,
    /// What they did, as `user added`.
    pub deed: String,
    /// What it was done to.
    pub subject: String,
}

impl Store {
    /// Notes what somebody did.
    pub async fn note_deed(&self, who: &str, now: Timestamp, deed: &str, subject: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        note(&mut tx, who, now, deed, subject).await?;
        tx.commit().await
    }

    /// What was done before a deed, or at all; the newest first.
    pub async fn audit_log(&self, before: Option<i64>, limit: usize) -> Result<Vec<Deed>> {
        let sql = "SELECT id, at, who, deed, subject FROM audit_log WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let rows = self.fetch(sql, [before.unwrap_or(i64::MAX).into(), limit.into()]).await?;
        let deeds = rows.iter().map(|row| {
            Ok(Deed {
                id: row.integer("id")?,
                at: row.time("at")?,
                who: row.text("who")?,
                deed: row.text("deed")?,
                subject: row.text("subject")?,
            })
        });
        deeds.collect()
    }
}

pub(crate) async fn note(tx: &mut Tx, who: &str, now: Timestamp, deed: &str, subject: &str) -> Result<()> {
    let id = next(tx, "audit_log").await?;
    let sql = "INSERT INTO audit_log (id, at, who, deed, subject) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, [id.into(), now.into(), who.into(), deed.into(), subject.into()]).await.map(drop)
}
