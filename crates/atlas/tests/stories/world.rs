//! What every story has: a twin, databases, and the program with a data dir and a clock of its own.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use atlas_store::Store;
use atlas_twin::{Dialect, Options, Twin};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use sqlx::Connection;
use tempfile::TempDir;

/// 09:00 on the twin's first day.
pub(crate) const MORNING: &str = "2026-11-02T09:00:00Z";

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The databases there are. Without PostgreSQL half of a story is skipped loudly; in CI that is an error.
pub(crate) fn engines() -> Vec<Engine> {
    if postgres().is_some() {
        return vec![Engine::Sqlite, Engine::Postgres];
    }
    assert!(!is_ci(), "CI without PostgreSQL: run the tests with `cargo xtask test`");
    eprintln!("SKIPPED on PostgreSQL: set ATLAS_TEST_POSTGRES_URL, or run `cargo xtask test`");
    vec![Engine::Sqlite]
}

/// The same where nothing may be skipped.
pub(crate) fn is_ci() -> bool {
    environment("CI").is_some()
}

/// A number that `cargo xtask soak` sets.
pub(crate) fn soak(name: &str, usual: u64) -> u64 {
    environment(name).map_or(usual, |text| text.parse().unwrap())
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the tests' databases are, and how long a soak shall take"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn postgres() -> Option<String> {
    environment("ATLAS_TEST_POSTGRES_URL")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A twin with an account of this size.
pub(crate) fn twin(dialect: Dialect, campaigns: usize) -> Twin {
    start(Options { dialect, campaigns, ..Options::default() })
}

pub(crate) fn start(options: Options) -> Twin {
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    block_on(Twin::start(options, listen)).unwrap()
}

/// Does this for 0, 1, … below `count`, eight at a time: most of a story is waiting.
pub(crate) fn for_each(count: u64, story: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < count) {
                    story(number);
                }
            });
        }
    });
}

/// What a service answers, asked past the program; the key stands wherever one of them looks for it.
pub(crate) fn ask(twin: &Twin, path: &str) -> Value {
    let origin = twin.origin();
    let host = origin.strip_prefix("http://").unwrap();
    let key = if path.contains('?') { "&api_key=twin-key" } else { "?api_key=twin-key" };
    let request = format!(
        "GET {path}{key} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: story\r\nConnection: close\r\n\
         X-Api-Key: twin-key\r\nAuthorization: Bearer twin-key\r\n\r\n"
    );
    let mut line = TcpStream::connect(host).unwrap();
    line.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    serde_json::from_str(body).unwrap()
}

/// A program with a database, a data dir and a clock of its own.
pub(crate) struct Desk {
    pub(crate) url: String,
    pub(crate) dir: TempDir,
    minutes: AtomicI64,
    extra: Mutex<BTreeMap<String, String>>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Standard output as the one JSON document it must be.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

impl Desk {
    pub(crate) fn new(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", dir.path().join("atlas.db").display()),
            Engine::Postgres => new_database(&postgres().unwrap()),
        };
        Self { url, dir, minutes: AtomicI64::new(0), extra: Mutex::default() }
    }

    /// A desk with a database of its own in another cluster than the stories'.
    pub(crate) fn in_cluster(server: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { url: new_database(server), dir, minutes: AtomicI64::new(0), extra: Mutex::default() }
    }

    /// A desk with a source named `acme` at the twin, unpaced.
    pub(crate) fn with_source(engine: Engine, twin: &Twin) -> Self {
        let desk = Self::new(engine);
        desk.add_source(twin, &["--set", "pace=off", "--no-test"]).expect(0);
        desk
    }

    pub(crate) fn add_source(&self, twin: &Twin, more: &[&str]) -> Done {
        let origin = twin.origin();
        let mut args =
            vec!["source", "add", "smartlead", "--name", "acme", "--base-url", &origin, "--api-key-stdin"];
        args.extend(more);
        self.run_with(&args, "twin-key\n")
    }

    /// Sets a variable for every command from now on.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.extra.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The machine's own time for every command from now on: pace and leases are kept across processes.
    pub(crate) fn in_real_time(&self) {
        self.set("ATLAS_NOW", "");
    }

    pub(crate) fn next_day(&self) {
        let minutes = self.minutes.load(Ordering::Relaxed);
        self.minutes.store((minutes.div_euclid(1440) + 1) * 1440, Ordering::Relaxed);
    }

    /// Sets the clock ahead, or back.
    pub(crate) fn jump(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::Relaxed);
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Done {
        let mut child = self.spawn(args);
        // A program that refuses what was typed may be gone before it reads.
        if let Err(error) = child.stdin.take().unwrap().write_all(input.as_bytes()) {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        }
        finish(child)
    }

    /// Starts a command, a minute after the one before it.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        let morning: Timestamp = MORNING.parse().unwrap();
        let now = morning + self.minutes.fetch_add(1, Ordering::Relaxed).minutes();
        let mut command = Command::new(env!("CARGO_BIN_EXE_atlas"));
        command.args(args).current_dir(self.dir.path()).env_clear();
        command
            .env("HOME", self.dir.path())
            .env("ATLAS_DATA_DIR", self.data_dir())
            .env("ATLAS_NOW", now.to_string());
        command.env("ATLAS_DATABASE_URL", &self.url).envs(&*self.extra.lock().unwrap());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The whole database as text.
    pub(crate) fn dump(&self) -> String {
        self.dump_of(&self.url)
    }

    /// Another whole database as text.
    pub(crate) fn dump_of(&self, url: &str) -> String {
        block_on(async {
            let store = Store::open(url).await.unwrap();
            let dump = store.dump().await.unwrap();
            store.close().await;
            dump
        })
    }
}

pub(crate) fn finish(child: Child) -> Done {
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A database of its own in the tests' cluster.
fn new_database(server: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("story_{}_{number}", std::process::id());
    block_on(async {
        let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let (before, _) = server.rsplit_once('/').unwrap();
    format!("{before}/{name}")
}

/// Statements that somebody runs on a database beside Atlas.
pub(crate) fn execute(url: &str, statements: &[String]) {
    let all = sqlx::AssertSqlSafe(statements.join(";\n"));
    block_on(async {
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(all).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
            sqlx::raw_sql(all).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    });
}

/// Does something while somebody else holds the database: on SQLite for writing, on PostgreSQL a table.
pub(crate) fn while_held<T>(url: &str, table: &str, deed: impl FnOnce() -> T) -> T {
    block_on(async {
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            let lock = format!("BEGIN; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
            sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut connection).await.unwrap();
            let done = deed();
            connection.close().await.unwrap();
            done
        } else {
            let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            let done = deed();
            connection.close().await.unwrap();
            done
        }
    })
}

/// The one number that a statement of somebody else's tells.
pub(crate) fn number(url: &str, statement: &str) -> Option<i64> {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    block_on(async {
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
            sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap()
        }
    })
}

/// Asserts that two dumps are equal, and shows the first lines that are not.
#[track_caller]
pub(crate) fn assert_same(left: &str, right: &str, what: &str) {
    if left == right {
        return;
    }
    let differing = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    let (lines_left, lines_right) = (left.lines().count(), right.lines().count());
    panic!("{what}: {lines_left} and {lines_right} lines; first difference:\n{differing:#?}");
}
