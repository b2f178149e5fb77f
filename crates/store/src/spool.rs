//! Where deliveries are kept while somebody holds a file's only writer: in a file beside it, just as durable. They go into
//! the journal as soon as that can be written, by whoever has the database open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_model::{SourceId, utc_text};
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Executor, Row};
use tokio::sync::Mutex;

use crate::db::{Store, Tx};
use crate::deliveries::{Event, Posted, Writing};
use crate::error::{Error, ErrorKind, Result};

/// What its name has beside the database's.
const SUFFIX: &str = "-deliveries";
/// Events that go into the journal in one transaction.
const BATCH: i64 = 500;
/// After an error it is tried again so much later.
const PAUSE: Duration = Duration::from_secs(1);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, source_id BIGINT NOT NULL, \
                     params TEXT NOT NULL, received_at TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, \
                     body BLOB NOT NULL)";

impl Store {
    /// Takes in what a server that is gone kept beside the file; one that runs does it itself.
    pub async fn take_in_what_is_beside(&self) {
        let Some(spool) = Spool::beside(self).filter(|spool| spool.path.exists()) else { return };
        match spool.empty_now(self).await {
            Err(error) if error.kind != ErrorKind::Busy => warn_of(&error),
            _ => {}
        }
    }
}

/// The file beside a database.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    path: PathBuf,
    pool: SqlitePool,
    /// Whether something is in it, which a task of this process takes out.
    is_used: Arc<Mutex<bool>>,
}

impl Spool {
    /// A server has many writers and needs none.
    pub(crate) fn beside(store: &Store) -> Option<Self> {
        let mut path = store.file()?.into_os_string();
        path.push(SUFFIX);
        let path = PathBuf::from(path);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is taken out of it may be of somebody who is to be forgotten.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new().max_connections(1).after_connect(|connection, _| {
            Box::pin(async move { connection.execute(TABLE).await.map(drop) })
        });
        let pool = pool.connect_lazy_with(options);
        Some(Self { path, pool, is_used: Arc::default() })
    }

    /// Whether this process is taking out what is in it.
    pub(crate) async fn is_used(&self) -> bool {
        *self.is_used.lock().await
    }

    /// Goes on with what a process left that is gone.
    pub(crate) async fn go_on(&self, store: &Store) {
        let mut is_used = self.is_used.lock().await;
        if !*is_used && self.path.exists() && !self.is_empty().await.unwrap_or_default() {
            *is_used = true;
            tokio::spawn(self.clone().empty(store.clone()));
        }
    }

    /// Keeps deliveries for good; they go into the journal by themselves.
    pub(crate) async fn keep(&self, store: &Store, posted: &[&Posted]) -> Result<()> {
        let mut is_used = self.is_used.lock().await;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for one in posted {
            for event in &one.events {
                let insert = "INSERT INTO deliveries (source_id, params, received_at, key, hash, body) \
                              VALUES ($1, $2, $3, $4, $5, $6)";
                let insert = sqlx::query(insert).bind(one.source_id).bind(&one.params);
                let insert = insert.bind(utc_text(one.received_at)).bind(&event.key).bind(&event.hash);
                insert.bind(&event.body).execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
        if !*is_used {
            *is_used = true;
            tracing::info!("another program or a replay holds the database: deliveries are kept beside it");
            tokio::spawn(self.clone().empty(store.clone()));
        }
        Ok(())
    }

    /// Takes out what is in it until nothing is.
    async fn empty(self, store: Store) {
        let mut all = 0;
        loop {
            match self.take_out(&store).await {
                Ok(0) => {
                    let mut is_used = self.is_used.lock().await;
                    if self.is_empty().await.unwrap_or_default() {
                        *is_used = false;
                        tracing::info!(
                            all,
                            "deliveries that were kept beside the database are in the journal"
                        );
                        return;
                    }
                }
                Ok(events) => {
                    all += events;
                    continue;
                }
                Err(error) if error.kind == ErrorKind::Busy => {}
                Err(error) => warn_of(&error),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn take_out(&self, store: &Store) -> Result<usize> {
        self.hand_over(store.begin().await?).await
    }

    /// Takes out what a process left that is gone, if the database can be written now.
    async fn empty_now(&self, store: &Store) -> Result<()> {
        while !self.is_empty().await? && self.hand_over(store.begin_soon().await?).await? > 0 {}
        Ok(())
    }

    async fn is_empty(&self) -> Result<bool> {
        let any = sqlx::query("SELECT 1 FROM deliveries LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(any.is_none())
    }

    /// One transaction of the database, and then one here: who is stopped between them finds the deliveries known the next
    /// time. How many events.
    async fn hand_over(&self, mut tx: Tx) -> Result<usize> {
        let mut own = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let oldest =
            "SELECT id, source_id, params, received_at, key, hash, body FROM deliveries ORDER BY id LIMIT $1";
        let rows = sqlx::query(oldest).bind(BATCH).fetch_all(&mut *own).await?;
        let Some(last) = rows.last() else { return Ok(0) };
        let last: i64 = last.try_get("id")?;
        let mut posted = Vec::new();
        for row in &rows {
            let at: String = row.try_get("received_at")?;
            let at: Timestamp = at.parse().map_err(|_| damaged())?;
            let event =
                Event { key: row.try_get("key")?, hash: row.try_get("hash")?, body: row.try_get("body")? };
            let source_id: SourceId = row.try_get("source_id")?;
            posted.push(Posted {
                source_id,
                params: row.try_get("params")?,
                received_at: at,
                events: vec![event],
            });
        }
        // Those of sources that are gone meanwhile are nobody's.
        for (sql, params) in Writing::of(&posted.iter().collect::<Vec<_>>(), tx.flavour()).statements {
            tx.execute(&sql, params).await?;
        }
        tx.commit().await?;
        sqlx::query("DELETE FROM deliveries WHERE id <= $1").bind(last).execute(&mut *own).await?;
        own.commit().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(rows.len())
    }
}

fn warn_of(error: &Error) {
    tracing::warn!(%error, "deliveries that are kept beside the database cannot be taken in");
}

fn damaged() -> Error {
    Error::new(ErrorKind::Other, "what was kept beside the database is damaged", "")
}
