//! The bare loop that a sync is measured against: rows of one database written into an empty one by the statements of
//! a sync, as many pages to a transaction, with nothing around them. Prints the seconds that it took.
//!
//! `bare_loop FROM_URL TO_URL`

use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

use atlas_model::tables::{CAMPAIGNS, CLIENTS, COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Kind, Rule, Table};
use atlas_store::{Flavour, Store, bound_insert_text, upsert_text};
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
            let texts = [&COMPANIES, &CONTACTS, &ENROLLMENTS].map(|table| {
                let columns = columns(table);
                [upsert_text(table, &columns, $flavour), bound_insert_text(table, &columns, $flavour)]
            });
            let pages = pages(&rows[2].1, &rows[3].1, &rows[4].1)?;
            let began = now();
            for pages in pages.chunks(PAGES) {
                let mut tx = to.begin().await?;
                for ([upsert, insert], lines) in pages.iter().flat_map(|page| texts.iter().zip(page)) {
                    for batch in lines.chunks(BATCH) {
                        // New leads and their enrolments are bound, where a sync binds them.
                        if $flavour == Flavour::Sqlite && batch.len() == BATCH && *insert != texts[0][1] {
                            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
                            let source = Value::from(1);
                            for value in batch.iter().flat_map(|(_, values)| std::iter::once(&source).chain(values)) {
                                query = match value {
                                    Value::Bool(flag) => query.bind(*flag),
                                    Value::Number(number) => query.bind(number.as_i64()),
                                    value => query.bind(value.as_str().map(str::to_owned)),
                                };
                            }
                            query.execute(&mut *tx).await?;
                        } else {
                            let batch: Vec<&str> = batch.iter().map(|(line, _)| line.as_str()).collect();
                            let batch = format!("[{}]", batch.join(","));
                            let query = sqlx::query(AssertSqlSafe(upsert.clone())).bind(1_i64).bind(batch);
                            query.execute(&mut *tx).await?;
                        }
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

/// A row as a JSON array, and its values.
type Line = (String, Vec<Value>);

/// Pages of enrolments, each behind the contacts and companies that no page before it had.
fn pages(companies: &[String], contacts: &[String], enrollments: &[String]) -> Outcome<Vec<[Vec<Line>; 3]>> {
    let place = |table: &'static Table, name| {
        columns(table).iter().position(|column| *column == name).unwrap_or_default()
    };
    let read = |line: &String| -> Outcome<Line> { Ok((line.clone(), serde_json::from_str(line)?)) };
    let by = |lines: &[String], key: usize| -> Outcome<HashMap<String, Line>> {
        let lines = lines.iter().map(read).collect::<Outcome<Vec<Line>>>()?;
        Ok(lines.into_iter().map(|line| (text(&line, key).to_owned(), line)).collect())
    };
    let mut companies = by(companies, place(&COMPANIES, "external_id"))?;
    let mut contacts = by(contacts, place(&CONTACTS, "external_lead_id"))?;
    let (lead, company) = (place(&ENROLLMENTS, "external_lead_id"), place(&CONTACTS, "company_id"));
    let mut pages = Vec::new();
    for enrollments in enrollments.chunks(PAGE) {
        let mut page = [Vec::new(), Vec::new(), Vec::new()];
        for line in enrollments {
            let line = read(line)?;
            if let Some(contact) = contacts.remove(text(&line, lead)) {
                page[0].extend(companies.remove(text(&contact, company)));
                page[1].push(contact);
            }
            page[2].push(line);
        }
        pages.push(page);
    }
    Ok(pages)
}

fn text(line: &Line, place: usize) -> &str {
    line.1.get(place).and_then(Value::as_str).unwrap_or_default()
}

/// The columns that an answer tells.
fn columns(table: &'static Table) -> Vec<&'static str> {
    let told = |column: &&atlas_model::Column| {
        !matches!(column.rule, Rule::Derived(_)) && !(column.kind == Kind::Json)
    };
    table.columns.iter().filter(told).map(|column| column.name).collect()
}
