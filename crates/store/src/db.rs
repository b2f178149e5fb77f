//! Two pools behind one set of statements.

mod at_once;
mod values;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use atlas_model::SourceId;
use futures_util::stream::{BoxStream, StreamExt};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Postgres, Row, Sqlite, Transaction};

pub(crate) use at_once::Statement;
pub(crate) use values::{DbRow, Param};
use values::{postgres_arguments, sqlite_arguments, unknown};

use crate::changes::{Changed, RETURNED, is_noted};
use crate::error::{Error, ErrorKind, Result};

/// How long a writer waits for another process's transaction, who has something else to do than to wait,
const SOON: Duration = Duration::from_secs(2);
/// and who has not.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The same on PostgreSQL, said to each connection. Reports are wide and short: compiling one takes longer than running it.
const SETTINGS: &str = "SELECT set_config('lock_timeout', '10s', false), set_config('jit', 'off', false)";
/// And to one that only reads: so does planning it anew for each of its values, on which no plan of ours hangs.
const PLANNED_ONCE: &str = "SELECT set_config('plan_cache_mode', 'force_generic_plan', false)";

/// Keys come in no order, so many transactions write the same pages; the more of them, the fewer are copied twice.
const CHECKPOINT_PAGES: &str = "4000";

/// Pages of a file that a connection keeps, in KiB (SQLite writes that as a negative number): the indexes of a large
/// source, so that a write need not read.
const CACHE_KIB: &str = "-8000";

/// The same for one that only reads.
const READ_CACHE_KIB: &str = "-2000";

/// Rows that SQLite's thread hands over before it waits: of a batch that is read all.
const ROW_BUFFER: usize = 1_000;

/// How long a connection to PostgreSQL may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Which database it is, for the few places where the text of a statement differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
}

#[derive(Clone, Debug)]
enum Pool {
    /// A file has one writer. Those of this process queue for the one connection that writes, whose pages so stay good;
    /// readers wait for nobody.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres {
        writers: PgPool,
        readers: PgPool,
    },
}

impl Store {
    /// Opens (on SQLite: creates) the database and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let pool = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|error| bad_url(&error.to_string()))?;
            let options = options.application_name("atlas");
            let pool = |settings: &'static [&'static str]| {
                PgPoolOptions::new().max_connections(8).acquire_timeout(CONNECT_TIMEOUT).after_connect(
                    move |connection, _| {
                        Box::pin(async move {
                            for setting in settings {
                                sqlx::query(*setting).execute(&mut *connection).await?;
                            }
                            Ok(())
                        })
                    },
                )
            };
            let writers = pool(&[SETTINGS]).connect_with(options.clone()).await?;
            Pool::Postgres { writers, readers: pool(&[SETTINGS, PLANNED_ONCE]).connect_lazy_with(options) }
        } else if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)
                .map_err(|error| bad_url(&error.to_string()))?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .pragma("cache_size", CACHE_KIB)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                .row_buffer_size(ROW_BUFFER)
                .busy_timeout(SOON);
            // A connection whose transaction broke off, as on a full disk, may be left in the middle of it: it is given up.
            let pool = || {
                let options =
                    SqlitePoolOptions::new().test_before_acquire(false).acquire_timeout(BUSY_TIMEOUT);
                options.before_acquire(|connection, _| {
                    let is_whole = !connection.is_in_transaction();
                    Box::pin(async move { Ok(is_whole) })
                })
            };
            // What a statement would have to take back, should it fail half-way, need not touch the disk.
            let writes = options.clone().pragma("temp_store", "MEMORY");
            let writer = pool().max_connections(1).connect_with(writes).await?;
            // Several large reports at once keep no small one waiting for its turn.
            let readers =
                pool().max_connections(8).connect_lazy_with(options.pragma("cache_size", READ_CACHE_KIB));
            Pool::Sqlite { writer, readers }
        } else {
            return Err(bad_url("it begins with neither sqlite:// nor postgres://"));
        };
        Self::migrated(pool).await
    }

    /// Opens (or creates) a file that shall stand by itself: without a log beside it.
    pub(crate) async fn open_file(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Full);
        Self::migrated(one_connection(options).await?).await
    }

    /// Opens a file as it is, to read it.
    pub(crate) async fn read_file(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        Ok(Self { pool: one_connection(options).await? })
    }

    async fn migrated(pool: Pool) -> Result<Self> {
        let store = Self { pool };
        store.migrate().await?;
        store.make_views().await?;
        store.make_rollups().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<()> {
        match &self.pool {
            Pool::Postgres { writers: pool, .. } => MIGRATIONS.run(pool).await?,
            Pool::Sqlite { writer: pool, .. } => {
                // Two processes may start on a new file at once; the later one finds the work done.
                if let Err(first) = MIGRATIONS.run(pool).await {
                    MIGRATIONS.run(pool).await.map_err(|_| first)?;
                }
            }
        }
        Ok(())
    }

    /// Which database it is.
    pub const fn flavour(&self) -> Flavour {
        match self.pool {
            Pool::Sqlite { .. } => Flavour::Sqlite,
            Pool::Postgres { .. } => Flavour::Postgres,
        }
    }

    /// The server's version, for people.
    pub async fn version(&self) -> Result<String> {
        let sql = match self.flavour() {
            Flavour::Sqlite => "SELECT 'SQLite ' || sqlite_version() AS version",
            Flavour::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version') AS version",
        };
        let rows = self.fetch(sql, []).await?;
        Ok(rows.first().map(|row| row.text("version")).transpose()?.unwrap_or_default())
    }

    /// The version of the schema: the number of its last migration.
    pub async fn schema_version(&self) -> Result<i64> {
        let rows = self.fetch("SELECT MAX(version) AS version FROM _sqlx_migrations", []).await?;
        rows.first().ok_or_else(|| unknown("version"))?.integer("version")
    }

    /// Whether the database answers and its schema is the one that this program writes.
    pub async fn is_ready(&self) -> bool {
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max();
        self.schema_version().await.is_ok_and(|version| Some(version) == newest)
    }

    /// The file that it is in; none on a server.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &self.pool {
            Pool::Sqlite { writer, .. } => Some(writer.connect_options().get_filename().to_owned()),
            Pool::Postgres { .. } => None,
        }
    }

    /// Copies into the file what stands in the log beside it, while others write. What is not done here whoever commits has
    /// to do now and then, and all others wait for that.
    pub(crate) async fn copy_log(&self) -> Result<()> {
        if let Pool::Sqlite { readers, .. } = &self.pool {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(readers).await?;
        }
        Ok(())
    }

    /// Lets PostgreSQL look at tables that have grown much since it last did. It would do so by itself, a minute late: until
    /// then it reads what has become large as if it were small. SQLite has no such view of a table.
    pub async fn look_at_what_grew(&self) -> Result<()> {
        let Pool::Postgres { writers: pool, .. } = &self.pool else { return Ok(()) };
        let grown = "SELECT relname FROM pg_stat_user_tables WHERE n_mod_since_analyze > 500 \
                     AND n_mod_since_analyze * 4 >= n_live_tup * 3 AND schemaname = current_schema() ORDER BY relname";
        for row in self.fetch(grown, []).await? {
            let sql = AssertSqlSafe(format!("ANALYZE {}", row.text("relname")?));
            sqlx::query(sql).execute(pool).await?;
        }
        Ok(())
    }

    /// Writes the file anew, so that nothing is left of what was deleted; on a server, gives its room free.
    pub(crate) async fn overwrite_what_is_free(&self) -> Result<()> {
        match &self.pool {
            Pool::Sqlite { writer, .. } => {
                for _ in 0..BUSY_TIMEOUT.as_secs() / SOON.as_secs() {
                    match sqlx::query("VACUUM").execute(writer).await.map_err(Error::from) {
                        Err(error) if error.kind == ErrorKind::Busy => continue,
                        done => _ = done?,
                    }
                    // It is no error when somebody still reads what was before: the answer says so.
                    let told = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await?;
                    if told.try_get::<i64, _>(0)? == 0 {
                        return Ok(());
                    }
                }
                let hint = "forget them again when nobody else uses the database";
                let what = "they are forgotten, but what was deleted is not overwritten in the file yet";
                return Err(Error::new(ErrorKind::Busy, what, hint));
            }
            Pool::Postgres { writers: pool, .. } => {
                let sql = "VACUUM journal, contacts, enrollments, email_activities, call_activities, people, outcomes";
                sqlx::query(sql).execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Ends all connections, so that nothing is left open behind a finished command.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pool::Postgres { writers, readers } => {
                readers.close().await;
                writers.close().await;
            }
        }
    }

    pub(crate) async fn fetch(
        &self,
        sql: &str,
        params: impl IntoIterator<Item = Param>,
    ) -> Result<Vec<DbRow>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &self.pool {
            Pool::Sqlite { readers, .. } => {
                let rows = sqlx::query_with(sql, sqlite_arguments(params)?).fetch_all(readers).await?;
                rows.into_iter().map(DbRow::Sqlite).collect()
            }
            Pool::Postgres { readers: pool, .. } => {
                let rows = sqlx::query_with(sql, postgres_arguments(params)?).fetch_all(pool).await?;
                rows.into_iter().map(DbRow::Postgres).collect()
            }
        })
    }

    /// A writing transaction. On SQLite it takes the write lock at once.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let mut left = BUSY_TIMEOUT.as_secs() / SOON.as_secs();
        loop {
            left -= 1;
            match self.try_begin().await {
                Err(error) if error.kind == ErrorKind::Busy && left > 0 => {}
                begun => return begun,
            }
        }
    }

    /// The same, if it can begin soon.
    pub(crate) async fn begin_soon(&self) -> Result<Tx> {
        if self.flavour() == Flavour::Postgres {
            return self.begin().await;
        }
        // First a turn among the writers of this process, then one among the processes.
        tokio::time::timeout(SOON * 2, self.try_begin()).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Busy, "another transaction of this process holds the database", ""))
        })
    }

    async fn try_begin(&self) -> Result<Tx> {
        let line = match &self.pool {
            Pool::Sqlite { writer, .. } => Line::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres { writers, .. } => Line::Postgres(writers.begin().await?),
        };
        Ok(Tx { line, changed: Changed::default() })
    }

    /// A reading transaction that sees one moment, and holds up nobody.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let line = match &self.pool {
            Pool::Sqlite { readers, .. } => Line::Sqlite(readers.begin().await?),
            Pool::Postgres { readers: pool, .. } => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Line::Postgres(pool.begin_with(begin).await?)
            }
        };
        Ok(Tx { line, changed: Changed::default() })
    }
}

async fn one_connection(options: SqliteConnectOptions) -> Result<Pool> {
    let options = options.foreign_keys(true).busy_timeout(BUSY_TIMEOUT);
    let only = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    Ok(Pool::Sqlite { writer: only.clone(), readers: only })
}

fn bad_url(why: &str) -> Error {
    Error::new(
        ErrorKind::BadUrl,
        format!("the database URL cannot be understood: {why}"),
        "write sqlite:///path/to/atlas.db or postgres://user:password@host:5432/database",
    )
}

/// A transaction; dropped without [`Tx::commit`], it never happened.
pub(crate) struct Tx {
    line: Line,
    changed: Changed,
}

enum Line {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Line {
    fn rows(
        &mut self,
        sql: String,
        params: impl IntoIterator<Item = Param>,
    ) -> Result<BoxStream<'_, Result<DbRow>>> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            Self::Sqlite(tx) => {
                let rows = sqlx::query_with(sql, sqlite_arguments(params)?).fetch(&mut **tx);
                rows.map(|row| Ok(DbRow::Sqlite(row?))).boxed()
            }
            Self::Postgres(tx) => {
                let rows = sqlx::query_with(sql, postgres_arguments(params)?).fetch(&mut **tx);
                rows.map(|row| Ok(DbRow::Postgres(row?))).boxed()
            }
        })
    }
}

impl Tx {
    pub(crate) const fn flavour(&self) -> Flavour {
        match self.line {
            Line::Sqlite(_) => Flavour::Sqlite,
            Line::Postgres(_) => Flavour::Postgres,
        }
    }

    /// Runs a statement; how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &str,
        params: impl IntoIterator<Item = Param>,
    ) -> Result<u64> {
        if is_noted(sql) {
            return self.execute_noted(format!("{sql} RETURNING {RETURNED}"), params).await;
        }
        self.execute_unnoted(sql, params).await
    }

    /// Notes that some of these leads were written.
    pub(crate) fn note_leads<'r>(&mut self, id: SourceId, leads: impl Iterator<Item = &'r atlas_model::Row>) {
        self.changed.note_leads(id, leads);
    }

    /// The same of one that says only when rows were read, which is no change of them, or whose rows are noted otherwise.
    pub(crate) async fn execute_unnoted(
        &mut self,
        sql: &str,
        params: impl IntoIterator<Item = Param>,
    ) -> Result<u64> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &mut self.line {
            Line::Sqlite(tx) => {
                let query = sqlx::query_with(sql, sqlite_arguments(params)?);
                query.execute(&mut **tx).await?.rows_affected()
            }
            Line::Postgres(tx) => {
                let query = sqlx::query_with(sql, postgres_arguments(params)?);
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// The same of one whose rows are noted, one by one: they may be a whole account's.
    async fn execute_noted(&mut self, sql: String, params: impl IntoIterator<Item = Param>) -> Result<u64> {
        let mut rows = self.line.rows(sql, params)?;
        let mut touched = 0;
        while let Some(row) = rows.next().await {
            self.changed.note(&row?)?;
            touched += 1;
        }
        Ok(touched)
    }

    /// What a statement tells. One that writes what is noted returns its rows' campaigns.
    pub(crate) async fn fetch(
        &mut self,
        sql: &str,
        params: impl IntoIterator<Item = Param>,
    ) -> Result<Vec<DbRow>> {
        let is_noted = is_noted(sql);
        let sql = AssertSqlSafe(if is_noted { format!("{sql}, source_id") } else { sql.to_owned() });
        let rows: Vec<DbRow> = match &mut self.line {
            Line::Sqlite(tx) => {
                let rows = sqlx::query_with(sql, sqlite_arguments(params)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(DbRow::Sqlite).collect()
            }
            Line::Postgres(tx) => {
                let rows = sqlx::query_with(sql, postgres_arguments(params)?).fetch_all(&mut **tx).await?;
                rows.into_iter().map(DbRow::Postgres).collect()
            }
        };
        for row in rows.iter().filter(|_| is_noted) {
            self.changed.note(row)?;
        }
        Ok(rows)
    }

    /// The rows one after the other, as many at a time as the database hands over.
    pub(crate) fn stream(&mut self, sql: &str) -> Result<BoxStream<'_, Result<DbRow>>> {
        self.line.rows(sql.to_owned(), [])
    }

    /// Says that what follows are few rows among very many, each to be looked up by its key, whatever PostgreSQL knows of
    /// its tables yet: of young ones it knows nothing, and reads them from end to end. Planned once, it does not read a
    /// batch several times over to guess how much is in it. SQLite does so anyway.
    pub(crate) async fn look_up_what_follows(&mut self) -> Result<()> {
        if self.flavour() == Flavour::Postgres {
            let sql = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), \
                       set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)";
            self.execute(sql, []).await?;
        }
        Ok(())
    }

    /// Lets PostgreSQL plan its statements anew, as tables have grown since. While they are small any index looks as good as the
    /// right one, and what was planned then is kept until it has looked at them.
    pub(crate) async fn plan_anew(&mut self) -> Result<()> {
        if self.flavour() == Flavour::Postgres {
            self.execute("DISCARD PLANS", []).await?;
        }
        Ok(())
    }

    /// Says that all of it can be worked out again, so that nobody waits for PostgreSQL's disk: after a crash all of it is
    /// there, or nothing of it.
    pub(crate) async fn follow_from_what_is_kept(&mut self) -> Result<()> {
        if self.flavour() == Flavour::Postgres {
            self.execute("SELECT set_config('synchronous_commit', 'off', true)", []).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if let Some((keep, changed)) = self.changed.to_keep(self.flavour()) {
            self.execute(&keep, [changed.into()]).await?;
        }
        match self.line {
            Line::Sqlite(tx) => tx.commit().await?,
            Line::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
