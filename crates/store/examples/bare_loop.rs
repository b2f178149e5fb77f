//! The bare loop that a sync is measured against: rows of one database written into an empty one by the statements of
//! a sync, as many pages to a transaction, with nothing around them. Prints the seconds that it took.
//!
//! `bare_loop FROM_URL TO_URL`

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

use atlas_model::tables::{CAMPAIGNS, CLIENTS, COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Kind, Rule, Table};
use atlas_store::{Flavour, Store, upsert_text};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

/// Leads on a page of the service, rows in a statement: as in a sync.
const PAGE: usize = 100;
const BATCH: usize = 50;
/// Pages in a transaction, as in a sync whose service is not paced.
const PAGES: usize = 10;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[expect(clippy::disallowed_methods, reason = "a stopwatch is what this is for")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let urls: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = urls.as_slice() else { return Err("bare_loop FROM_URL TO_URL".into()) };
    Store::open(to).await?.close().await;
    let seconds =
        if from.starts_with("sqlite") { on_sqlite(from, to).await? } else { on_postgres(from, to).await? };
    println!("{seconds}");
    Ok(())
}

macro_rules! on {
    ($name:ident, $connection:ty, $flavour:expr, $row:expr, $settings:expr) => {
        async fn $name(from: &str, to: &str) -> Outcome<f64> {
            let mut from = <$connection>::connect(from).await?;
            let mut to = <$connection>::connect(to).await?;
            to.execute($settings).await?;
            to.execute("INSERT INTO data_sources (id, platform, name, credentials, status, settings, additional_config, time_zone, \
                        created_at) VALUES (1, 'smartlead', 'bare', '', 'active', '{}', '{}', 'UTC', '2026-01-01T00:00:00Z')")
                .await?;
            let mut rows = Vec::new();
            for table in [&CLIENTS, &CAMPAIGNS, &COMPANIES, &CONTACTS, &ENROLLMENTS] {
                let sql = format!("SELECT {} AS line FROM {} AS t", $row(table), table.name);
                let lines = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut from).await?;
                let lines: Vec<String> = lines.iter().map(|line| line.get("line")).collect();
                rows.push((upsert_text(table, &columns(table), $flavour), lines));
            }
            for (sql, lines) in &rows[..2] {
                for batch in lines.chunks(BATCH) {
                    let batch = format!("[{}]", batch.join(","));
                    sqlx::query(AssertSqlSafe(sql.clone())).bind(1_i64).bind(batch).fetch_all(&mut to).await?;
                }
            }
            let [companies, contacts, enrollments] = [2, 3, 4].map(|place| rows[place].0.clone());
            let pages = pages(&rows[2].1, &rows[3].1, &rows[4].1)?;
            let began = now();
            for pages in pages.chunks(PAGES) {
                let mut tx = to.begin().await?;
                for (sql, lines) in pages.iter().flat_map(|page| [&companies, &contacts, &enrollments].into_iter().zip(page)) {
                    for batch in lines.chunks(BATCH) {
                        let batch = format!("[{}]", batch.join(","));
                        sqlx::query(AssertSqlSafe(sql.clone())).bind(1_i64).bind(batch).execute(&mut *tx).await?;
                    }
                }
                tx.commit().await?;
            }
            Ok(began.elapsed().as_secs_f64())
        }
    };
}

on!(
    on_sqlite,
    SqliteConnection,
    Flavour::Sqlite,
    |table: &'static Table| { format!("json_array({})", columns(table).join(", ")) },
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
);

on!(
    on_postgres,
    PgConnection,
    Flavour::Postgres,
    |table: &'static Table| format!("CAST(jsonb_build_array({}) AS TEXT)", columns(table).join(", ")),
    "SELECT 1"
);

/// Pages of enrolments, each behind the contacts and companies that no page before it had.
fn pages(
    companies: &[String],
    contacts: &[String],
    enrollments: &[String],
) -> Outcome<Vec<[Vec<String>; 3]>> {
    let place = |table: &'static Table, name| {
        columns(table).iter().position(|column| *column == name).unwrap_or_default()
    };
    let by = |lines: &[String], key: usize| -> Outcome<HashMap<String, (String, Value)>> {
        let mut found = HashMap::new();
        for line in lines {
            let row: Value = serde_json::from_str(line)?;
            found.insert(row[key].as_str().unwrap_or_default().to_owned(), (line.clone(), row));
        }
        Ok(found)
    };
    let mut companies = by(companies, place(&COMPANIES, "external_id"))?;
    let mut contacts = by(contacts, place(&CONTACTS, "external_lead_id"))?;
    let (lead, company) = (place(&ENROLLMENTS, "external_lead_id"), place(&CONTACTS, "company_id"));
    let mut pages = Vec::new();
    for enrollments in enrollments.chunks(PAGE) {
        let mut page = [Vec::new(), Vec::new(), enrollments.to_vec()];
        for line in enrollments {
            let row: Value = serde_json::from_str(line)?;
            let Some((line, row)) = contacts.remove(row[lead].as_str().unwrap_or_default()) else {
                continue;
            };
            page[1].push(line);
            page[0].extend(companies.remove(row[company].as_str().unwrap_or_default()).map(|(line, _)| line));
        }
        pages.push(page);
    }
    Ok(pages)
}

/// The columns that an answer tells.
fn columns(table: &'static Table) -> Vec<&'static str> {
    let told = |column: &&atlas_model::Column| {
        !matches!(column.rule, Rule::Derived(_)) && !(column.kind == Kind::Json)
    };
    table.columns.iter().filter(told).map(|column| column.name).collect()
}
