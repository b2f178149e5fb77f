//! A large account written straight into an empty database: what reports are measured on. Four sources, 2,000 campaigns
//! of 90 days each, 60 clients, three years; as many single events as are wanted, and their days and hours.
//!
//! `account URL EVENTS`

use std::error::Error;

use atlas_store::{Flavour, Store};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

const SOURCES: i64 = 4;
const CAMPAIGNS: i64 = 2_000;
const CLIENTS: i64 = 60;
const DAYS: i64 = 1_095;
/// How long a campaign runs.
const RUNS: i64 = 90;
const MAILBOXES: i64 = 300;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, events] = args.as_slice() else { return Err("account URL EVENTS".into()) };
    let events: i64 = events.parse()?;
    let store = Store::open(url).await?;
    let flavour = store.flavour();
    store.close().await;
    match flavour {
        Flavour::Sqlite => {
            let mut to = SqliteConnection::connect(url).await?;
            to.execute(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
                 PRAGMA cache_size = -500000; PRAGMA threads = 2",
            )
            .await?;
            let indexes = "SELECT name, sql AS text FROM sqlite_master WHERE type = 'index' AND tbl_name = 'email_activities' \
                           AND sql IS NOT NULL";
            let indexes: Vec<(String, String)> =
                to.fetch_all(indexes).await?.iter().map(|row| (row.get("name"), row.get("text"))).collect();
            for statement in statements(flavour, events, &indexes) {
                to.execute(AssertSqlSafe(statement)).await?;
            }
        }
        Flavour::Postgres => {
            let mut to = PgConnection::connect(url).await?;
            to.execute(
                "SET session_replication_role = replica; SET maintenance_work_mem = '1GB'; SET work_mem = '512MB'",
            )
            .await?;
            let indexes = "SELECT CAST(indexname AS TEXT) AS name, indexdef AS text FROM pg_indexes \
                           WHERE tablename = 'email_activities' AND indexname NOT LIKE '%pkey'";
            let indexes: Vec<(String, String)> =
                to.fetch_all(indexes).await?.iter().map(|row| (row.get("name"), row.get("text"))).collect();
            for statement in statements(flavour, events, &indexes) {
                to.execute(AssertSqlSafe(statement)).await?;
            }
        }
    }
    // The sums over days and hours are added up, and what planners count is counted.
    let store = Store::open(url).await?;
    store.look_at_what_grew().await?;
    store.close().await;
    Ok(())
}

/// Everything, in its order. Indexes of events are made when these are there.
fn statements(flavour: Flavour, events: i64, indexes: &[(String, String)]) -> Vec<String> {
    let each = events / CAMPAIGNS;
    let mut all = account(flavour, each);
    all.extend(indexes.iter().map(|(name, _)| format!("DROP INDEX {name}")));
    all.push(single_events(flavour, each));
    all.extend(indexes.iter().map(|(_, text)| text.clone()));
    all.extend(figures(flavour));
    all.extend(
        [
            "INSERT INTO contacts (source_id, external_lead_id, email) SELECT DISTINCT source_id, contact_id, lead_email \
             FROM email_activities WHERE event = 'sent'",
            "INSERT INTO enrollments (source_id, campaign_id, external_lead_id, status, current_step, reply_count, person_key) \
             SELECT source_id, campaign_id, contact_id, 'in_progress', 1, 0, MIN(lead_email) FROM email_activities \
             WHERE event = 'sent' GROUP BY source_id, campaign_id, contact_id",
            "UPDATE serials SET last = 0 WHERE name = 'rollups'",
            "UPDATE serials SET last = 2000 WHERE name = 'data_sources'",
        ]
        .map(str::to_owned),
    );
    all
}

/// So many days after the first one.
fn date(flavour: Flavour, days: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("date('2023-11-29', '+' || ({days}) || ' days')"),
        Flavour::Postgres => format!("(DATE '2023-11-29' + CAST({days} AS INTEGER))"),
    }
}

fn time(flavour: Flavour, days: &str, hour: &str, second: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!(
            "strftime('%Y-%m-%dT%H:%M:%SZ', '2023-11-29', '+' || ({days}) || ' days', '+' || ({hour}) || ' hours', \
             '+' || ({second}) || ' seconds')"
        ),
        Flavour::Postgres => format!(
            "(TIMESTAMPTZ '2023-11-29T00:00:00Z' + make_interval(days => CAST({days} AS INTEGER), \
             hours => CAST({hour} AS INTEGER), secs => {second}))"
        ),
    }
}

/// A number as an id that is ordered as it is.
fn padded(flavour: Flavour, number: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("printf('%07d', {number})"),
        Flavour::Postgres => format!("lpad(CAST({number} AS TEXT), 7, '0')"),
    }
}

/// Sources, clients, campaigns, mailboxes and templates.
fn account(flavour: Flavour, each: i64) -> Vec<String> {
    let now = match flavour {
        Flavour::Sqlite => "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
        Flavour::Postgres => "now()",
    };
    let source = format!("(1001 + n.i % {SOURCES})");
    vec![
        format!(
            "CREATE TEMPORARY TABLE numbers AS WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n \
             WHERE i < {}) SELECT i FROM n",
            each.max(CAMPAIGNS) - 1
        ),
        format!(
            "INSERT INTO data_sources (id, platform, name, credentials, status, settings, additional_config, time_zone, \
             last_sync_at, created_at) SELECT 1001 + i, CASE WHEN i % 2 = 0 THEN 'smartlead' ELSE 'replyio' END, \
             'account-' || i, '', 'archived', '{{}}', '{{}}', 'UTC', {now}, {now} FROM numbers WHERE i < {SOURCES}"
        ),
        format!(
            "INSERT INTO clients (source_id, external_id, name, origin) SELECT 1001 + s.i, CAST(n.i AS TEXT), \
             'Client ' || n.i, 'vendor' FROM numbers AS s CROSS JOIN numbers AS n WHERE s.i < {SOURCES} AND n.i < {CLIENTS} \
             AND n.i % {SOURCES} = s.i"
        ),
        format!(
            "INSERT INTO campaigns (source_id, external_id, name, status, started_at, client_id, owner_id, is_archived, \
             days_read_from, days_read_to, metrics_hash, seen_hash, last_synced_at) \
             SELECT {source}, {id}, 'Campaign ' || n.i, CASE WHEN n.i > {CAMPAIGNS} - 200 THEN 'active' ELSE 'completed' END, \
             {}, CAST(n.i % {CLIENTS} AS TEXT), CAST(n.i % 9 AS TEXT), FALSE, {}, {}, 'x', 'x', {now} \
             FROM numbers AS n WHERE n.i < {CAMPAIGNS} ORDER BY 1, 2",
            time(flavour, "0", "0", "0"),
            date(flavour, "0"),
            date(flavour, &DAYS.to_string()),
            id = padded(flavour, "n.i"),
        ),
        format!(
            "INSERT INTO email_accounts (source_id, external_id, client_id, from_email, account_type, is_active, \
             is_smtp_success, is_imap_success, message_per_day, daily_sent_count, warmup_reputation) \
             SELECT {source}, CAST(n.i AS TEXT), CAST(n.i % {CLIENTS} AS TEXT), 'sender-' || n.i || '@domain-' || (n.i % 40) || '.test', \
             'gmail', TRUE, n.i % 50 > 0, TRUE, 50, 30, 90 + n.i % 10 FROM numbers AS n WHERE n.i < {MAILBOXES}"
        ),
        format!(
            "INSERT INTO campaign_variants (source_id, external_id, campaign_id, step_number, step_type, variant_label, \
             subject_line, body_plain, body_preview, delay_days, is_deleted) SELECT {source}, {id} || ':' || s.i, {id}, \
             1 + s.i / 2, 'email', CASE WHEN s.i % 2 = 0 THEN 'A' ELSE 'B' END, 'About campaign ' || n.i, \
             'A made-up letter of some length.', 'A made-up letter', 3, FALSE FROM numbers AS n CROSS JOIN numbers AS s \
             WHERE n.i < {CAMPAIGNS} AND s.i < 6 ORDER BY 1, 2",
            id = padded(flavour, "n.i"),
        ),
    ]
}

/// Of each campaign as many, over its days, between eight and five.
fn single_events(flavour: Flavour, each: i64) -> String {
    let start = format!("(k.i * {} / {CAMPAIGNS})", DAYS - RUNS);
    let (day, hour) = (format!("(n.i * {RUNS} / {each})"), "(8 + n.i % 9)");
    let at = format!("({start} + {day})");
    format!(
        "INSERT INTO email_activities (source_id, campaign_id, event_key, event, occurred_at, metric_date, hour_of_day, \
         contact_id, lead_email, email_account_id, from_email, step_number, variant_id, message_id, subject, via, \
         counts_message, counts_lead, counts_positive, is_positive, reply_category, sentiment) \
         SELECT 1001 + k.i % {SOURCES}, {campaign}, 'e' || {event}, \
         CASE WHEN n.i % 100 < 70 THEN 'sent' WHEN n.i % 100 < 90 THEN 'opened' WHEN n.i % 100 < 94 THEN 'replied' \
          WHEN n.i % 100 < 96 THEN 'clicked' WHEN n.i % 100 < 99 THEN 'bounced' ELSE 'unsubscribed' END, \
         {occurred}, {date}, {hour}, 'c' || k.i || '-' || {lead}, 'person-' || k.i || '-' || {lead} || '@receiver.test', \
         CAST((k.i % {SOURCES} + {SOURCES} * (n.i % 75)) AS TEXT), 'sender@sender.test', 1 + n.i % 3, \
         {campaign} || ':' || (n.i % 6), CASE WHEN n.i % 100 < 94 THEN 'm' || {event} END, 'About campaign ' || k.i, 'webhook', \
         TRUE, n.i % 100 >= 70 AND n.i % 100 < 94, n.i % 100 = 90, CASE WHEN n.i % 100 = 90 THEN TRUE END, \
         CASE WHEN n.i % 100 = 90 THEN 'interested' WHEN n.i % 100 > 90 AND n.i % 100 < 94 THEN 'not_interested' END, \
         CASE WHEN n.i % 100 = 90 THEN 'positive' END \
         FROM (SELECT i FROM numbers WHERE i < {CAMPAIGNS} ORDER BY i % {SOURCES}, i) AS k CROSS JOIN numbers AS n WHERE n.i < {each}",
        campaign = padded(flavour, "k.i"),
        event = padded(flavour, "n.i"),
        occurred = time(flavour, &at, hour, "(n.i % 3600)"),
        date = date(flavour, &at),
        lead = format!("(n.i % {})", (each / 5).max(1)),
    )
}

/// Hours, days and lifetimes of campaigns, as the events are.
fn figures(flavour: Flavour) -> Vec<String> {
    let count = |event: &str| format!("NULLIF(COUNT(CASE WHEN event = '{event}' THEN 1 END), 0)");
    let weekday = match flavour {
        Flavour::Sqlite => "CAST(strftime('%w', metric_date) AS BIGINT)",
        Flavour::Postgres => "CAST(EXTRACT(DOW FROM metric_date) AS BIGINT)",
    };
    let figures = "emails_sent, emails_opened, unique_opens, emails_clicked, emails_replied, emails_bounced, emails_unsubscribed, \
                   positive_replies, reply_messages";
    let total = |name: &str, day: &str| {
        format!(
            "{name} = (SELECT COALESCE(CAST(SUM({day}) AS BIGINT), 0) FROM daily_metrics AS m \
             WHERE m.source_id = campaigns.source_id AND m.campaign_id = campaigns.external_id)"
        )
    };
    vec![
        format!(
            "INSERT INTO hourly_metrics (source_id, campaign_id, metric_date, hour_of_day, day_of_week, emails_sent, emails_opened, \
         emails_clicked, emails_replied, emails_bounced) SELECT source_id, campaign_id, metric_date, hour_of_day, {weekday}, {}, {}, \
         {}, {}, {} FROM email_activities GROUP BY source_id, campaign_id, metric_date, hour_of_day",
            count("sent"),
            count("opened"),
            count("clicked"),
            count("replied"),
            count("bounced"),
        ),
        format!(
            "INSERT INTO daily_observations (source_id, campaign_id, date, witness, {figures}) SELECT source_id, campaign_id, \
         metric_date, 'events', {}, {}, {}, {}, {}, {}, {}, NULLIF(COUNT(CASE WHEN counts_positive THEN 1 END), 0), {} \
         FROM email_activities GROUP BY source_id, campaign_id, metric_date",
            count("sent"),
            count("opened"),
            count("opened"),
            count("clicked"),
            count("replied"),
            count("bounced"),
            count("unsubscribed"),
            count("replied"),
        ),
        format!(
            "INSERT INTO daily_metrics (source_id, campaign_id, date, {figures}, is_estimated) SELECT source_id, campaign_id, date, \
         {figures}, FALSE FROM daily_observations"
        ),
        format!(
            "UPDATE campaigns SET {}",
            [
                total("total_sent", "emails_sent"),
                total("total_opened", "unique_opens"),
                total("total_replied", "emails_replied"),
                total("total_bounced", "emails_bounced"),
                total("total_unsubscribed", "emails_unsubscribed"),
                total("positive_replies", "positive_replies"),
                total("total_delivered", "emails_sent - COALESCE(emails_bounced, 0)"),
            ]
            .join(", ")
        ),
    ]
}
