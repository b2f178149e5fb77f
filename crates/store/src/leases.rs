//! Who may sync a source: one process at a time.

use atlas_model::SourceId;
use jiff::{SignedDuration, Timestamp};

use crate::db::{Store, Tx};
use crate::error::{Error, ErrorKind, Result};

/// A lease that is not renewed for so long is over.
pub const LEASE_S: i64 = 20;

/// A lease that runs so much longer was taken before the clock was set back: it is over too. Clocks of two machines
/// differ by less.
const FURTHEST_S: i64 = 600;

/// Who calls the service, and who understands what it posts: the two go on side by side.
const SYNC: &str = "leases";
const PROJECTOR: &str = "projector_leases";

impl Store {
    /// Takes the source's lease; if another holder has it, that holder. `is_dead` may know that a holder is gone.
    pub async fn take_lease(
        &self,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        is_dead: impl Fn(&str) -> bool,
    ) -> Result<std::result::Result<(), String>> {
        self.take(SYNC, id, holder, now, is_dead).await
    }

    /// Takes the lease under which a source's deliveries are understood.
    pub async fn take_projector_lease(
        &self,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        is_dead: impl Fn(&str) -> bool,
    ) -> Result<std::result::Result<(), String>> {
        self.take(PROJECTOR, id, holder, now, is_dead).await
    }

    async fn take(
        &self,
        table: &str,
        id: SourceId,
        holder: &str,
        now: Timestamp,
        is_dead: impl Fn(&str) -> bool,
    ) -> Result<std::result::Result<(), String>> {
        let current = self.holder_of(table, id).await?;
        let dead = current.clone().filter(|current| is_dead(current)).unwrap_or_default();
        let mut tx = self.begin().await?;
        let sql = format!(
            "INSERT INTO {table} AS t (source_id, holder, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (source_id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
             WHERE t.holder IN ($2, $4) OR t.expires_at <= $5 OR t.expires_at > $6 RETURNING holder"
        );
        let furthest = after(now, FURTHEST_S);
        let expiry = lease_end(now);
        let params = [id.into(), holder.into(), expiry.into(), dead.into(), now.into(), furthest.into()];
        let taken = !tx.fetch(&sql, params).await?.is_empty();
        tx.commit().await?;
        Ok(if taken { Ok(()) } else { Err(self.holder_of(table, id).await?.or(current).unwrap_or_default()) })
    }

    /// Keeps the lease; an error when it is lost.
    pub async fn renew_lease(&self, id: SourceId, holder: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.begin().await?;
        prove_lease(&mut tx, id, holder, now).await?;
        tx.commit().await
    }

    /// Gives the lease back.
    pub async fn release_lease(&self, id: SourceId, holder: &str) -> Result<()> {
        self.release(SYNC, id, holder).await
    }

    /// Gives the lease back under which deliveries are understood.
    pub async fn release_projector_lease(&self, id: SourceId, holder: &str) -> Result<()> {
        self.release(PROJECTOR, id, holder).await
    }

    async fn release(&self, table: &str, id: SourceId, holder: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = format!("DELETE FROM {table} WHERE source_id = $1 AND holder = $2");
        tx.execute(&sql, [id.into(), holder.into()]).await?;
        tx.commit().await
    }

    /// Who holds the source's lease, unless it is expired.
    pub async fn living_holder(&self, id: SourceId, now: Timestamp) -> Result<Option<String>> {
        let sql = "SELECT holder FROM leases WHERE source_id = $1 AND expires_at > $2";
        let rows = self.fetch(sql, [id.into(), now.into()]).await?;
        rows.first().map(|row| row.text("holder")).transpose()
    }

    /// Who holds the source's lease, expired or not.
    pub async fn holder(&self, id: SourceId) -> Result<Option<String>> {
        self.holder_of(SYNC, id).await
    }

    async fn holder_of(&self, table: &str, id: SourceId) -> Result<Option<String>> {
        let sql = format!("SELECT holder FROM {table} WHERE source_id = $1");
        let rows = self.fetch(&sql, [id.into()]).await?;
        rows.first().map(|row| row.text("holder")).transpose()
    }
}

/// Refuses while another process is at a source, or may still be.
pub(crate) async fn prove_nobody_syncs(
    tx: &mut Tx,
    now: Timestamp,
    is_dead: &dyn Fn(&str) -> bool,
) -> Result<()> {
    let sql = "SELECT d.name, l.holder FROM leases AS l JOIN data_sources AS d ON d.id = l.source_id \
               WHERE l.expires_at > $1 AND l.expires_at <= $2 ORDER BY d.id";
    for row in tx.fetch(sql, [now.into(), after(now, FURTHEST_S).into()]).await? {
        if !is_dead(&row.text("holder")?) {
            return Err(Error::new(
                ErrorKind::Held,
                format!("another process is syncing '{}'; nothing was changed", row.text("name")?),
                "wait for it or stop it, then try again",
            ));
        }
    }
    Ok(())
}

/// Renews the lease inside a transaction that may only happen under it.
pub(crate) async fn prove_lease(tx: &mut Tx, id: SourceId, holder: &str, now: Timestamp) -> Result<()> {
    prove(tx, SYNC, id, holder, now).await
}

/// The same for the lease under which deliveries are understood.
pub(crate) async fn prove_projector_lease(
    tx: &mut Tx,
    id: SourceId,
    holder: &str,
    now: Timestamp,
) -> Result<()> {
    prove(tx, PROJECTOR, id, holder, now).await
}

/// Waits until nothing is being written under a source's leases, and lets nobody begin to before this transaction is over:
/// one that goes through all of a source's rows would meet them half way, each waiting for the other.
pub(crate) async fn hold_off(tx: &mut Tx, id: SourceId) -> Result<()> {
    for table in [PROJECTOR, SYNC] {
        tx.execute(&format!("UPDATE {table} SET holder = holder WHERE source_id = $1"), [id.into()]).await?;
    }
    Ok(())
}

async fn prove(tx: &mut Tx, table: &str, id: SourceId, holder: &str, now: Timestamp) -> Result<()> {
    let sql = format!("UPDATE {table} SET expires_at = $3 WHERE source_id = $1 AND holder = $2");
    if tx.execute(&sql, [id.into(), holder.into(), lease_end(now).into()]).await? == 1 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::LeaseLost,
        "another process took this source over, because this one had not been heard of for too long",
        "nothing is lost: the other one goes on",
    ))
}

/// When a process that does something counts as gone, unless it says that it lives.
pub(crate) fn lease_end(now: Timestamp) -> Timestamp {
    after(now, LEASE_S)
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
