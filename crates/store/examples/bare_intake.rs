//! The bare loop that receiving is measured against: the deliveries of one database written into an empty one by the
//! statement of the server, a group to a transaction, with nothing around it. Prints the seconds that it took.
//!
//! `bare_intake FROM_URL TO_URL GROUP`

use std::error::Error;
use std::time::Instant;

use atlas_store::{Flavour, Store, insert_text};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A group's rows as the statement takes them, and their bodies.
type Group = (String, Vec<u8>, i64);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, group] = args.as_slice() else { return Err("bare_intake FROM_URL TO_URL GROUP".into()) };
    Store::open(to).await?.close().await;
    let group: usize = group.parse()?;
    let seconds = if from.starts_with("sqlite") {
        on_sqlite(from, to, group).await?
    } else {
        on_postgres(from, to, group).await?
    };
    println!("{seconds}");
    Ok(())
}

/// Rows in the form in which they are sent.
fn groups(rows: Vec<([String; 4], Vec<u8>)>, size: usize) -> Vec<Group> {
    let group = |rows: &[([String; 4], Vec<u8>)]| {
        let (mut lines, mut bodies) = (Vec::new(), Vec::new());
        for ([params, at, hash, key], body) in rows {
            let from = bodies.len() + 1;
            bodies.extend_from_slice(body);
            lines.push(json!([lines.len() + 1, params, at, hash, key, from, body.len()]));
        }
        let count = i64::try_from(lines.len()).unwrap_or_default();
        (Value::Array(lines).to_string(), bodies, count)
    };
    rows.chunks(size.max(1)).map(group).collect()
}

macro_rules! on {
    ($name:ident, $connection:ty, $flavour:expr, $begin:literal, $settings:literal) => {
        #[expect(clippy::disallowed_methods, reason = "a stopwatch is what this is for")]
        async fn $name(from: &str, to: &str, size: usize) -> Outcome<f64> {
            let mut from = <$connection>::connect(from).await?;
            let mut to = <$connection>::connect(to).await?;
            to.execute($settings).await?;
            to.execute("INSERT INTO data_sources (id, platform, name, status, credentials, settings, additional_config, \
                        time_zone, created_at) VALUES (1, 'smartlead', 'bare', 'active', '', '{}', '{}', 'UTC', \
                        '2026-01-01T00:00:00Z')").await?;
            to.execute("INSERT INTO sync_state (source_id, journal_id, run_id, is_full, quota_month, quota_calls) \
                        VALUES (1, 0, 0, FALSE, '', 0)").await?;
            let all = "SELECT params, CAST(read_at AS TEXT) AS at, hash, dedupe_key, body FROM journal \
                       WHERE kind = 'delivery' ORDER BY id";
            let rows = sqlx::query(all).fetch_all(&mut from).await?;
            let row = |row: &_| {
                let text = |name: &str| Row::get::<String, _>(row, name);
                (["params", "at", "hash", "dedupe_key"].map(text), Row::get::<Vec<u8>, _>(row, "body"))
            };
            let groups = groups(rows.iter().map(row).collect(), size);
            let insert = insert_text($flavour);
            let began = Instant::now();
            for (rows, bodies, count) in groups {
                to.execute($begin).await?;
                sqlx::query("UPDATE sync_state SET journal_id = journal_id + $2, deliveries = deliveries + $2 \
                             WHERE source_id = $1 RETURNING journal_id")
                    .bind(1_i64).bind(count).fetch_all(&mut to).await?;
                sqlx::query(AssertSqlSafe(insert.clone()))
                    .bind(1_i64).bind(rows).bind(bodies).bind(count).execute(&mut to).await?;
                to.execute("COMMIT").await?;
            }
            Ok(began.elapsed().as_secs_f64())
        }
    };
}

on!(
    on_sqlite,
    SqliteConnection,
    Flavour::Sqlite,
    "BEGIN IMMEDIATE",
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
);

on!(on_postgres, PgConnection, Flavour::Postgres, "BEGIN", "SELECT 1");
