//! Fills a database with mails, templates and replies for lessons to be drawn from, or adds a day to them.
//!
//! `made_lessons URL CORPUS_DIR FIRST_DAY DAYS`: on each day 10,000 mails go out, and one in twenty is answered, with a reply
//! of the corpus. On the first day (0) the 20,000 templates are made.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use atlas_store::Store;
use jiff::ToSpan;
use jiff::civil::date;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

const CAMPAIGNS: usize = 2_000;
/// Templates of a campaign: five steps of two.
const TEMPLATES: usize = 10;
/// A campaign sends for ten days, five mails of each template a day; then others do.
const RUN_D: usize = 10;
const MAILS: usize = 5;
/// One mail in so many is answered.
const ANSWERED: usize = 20;
const BATCH: usize = 1_000;
const EVENTS: &str = "INSERT INTO email_activities (source_id, campaign_id, event_key, event, occurred_at, metric_date, \
    hour_of_day, contact_id, variant_id, step_number, sent_id, subject, body_plain, counts_message, counts_lead, \
    counts_positive, via)";

type Outcome<T> = Result<T, Box<dyn Error>>;

enum Line {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Line {
    async fn open(url: &str) -> Outcome<Self> {
        Ok(if url.starts_with("sqlite") {
            Self::Sqlite(SqliteConnection::connect(url).await?)
        } else {
            Self::Postgres(PgConnection::connect(url).await?)
        })
    }

    async fn say(&mut self, sql: String) -> Outcome<()> {
        match self {
            Self::Sqlite(line) => _ = line.execute(AssertSqlSafe(sql)).await?,
            Self::Postgres(line) => _ = line.execute(AssertSqlSafe(sql)).await?,
        }
        Ok(())
    }

    /// Rows of one table in statements of a thousand.
    async fn insert(&mut self, head: &str, rows: &[String]) -> Outcome<()> {
        for rows in rows.chunks(BATCH) {
            self.say(format!("{head} VALUES {}", rows.join(", "))).await?;
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, corpus, first, days] = args.as_slice() else {
        return Err("made_lessons URL CORPUS_DIR FIRST_DAY DAYS".into());
    };
    let (first, days): (usize, usize) = (first.parse()?, days.parse()?);
    Store::open(url).await?.close().await;
    let replies = replies(Path::new(corpus))?;
    let mut line = Line::open(url).await?;
    line.say("BEGIN".to_owned()).await?;
    if first == 0 {
        templates(&mut line).await?;
    }
    for day in first..first + days {
        events(&mut line, day, &replies).await?;
    }
    // As every transaction of the program notes it.
    let first_day = date(2026, 7, 1) + i64::try_from(first)?.days();
    line.say(format!(
        "INSERT INTO campaign_changes AS t (source_id, campaign_id, changes) SELECT DISTINCT source_id, campaign_id, 1 \
         FROM email_activities WHERE metric_date >= '{first_day}' ON CONFLICT (source_id, campaign_id) \
         DO UPDATE SET changes = t.changes + 1"
    ))
    .await?;
    // As after a sync.
    let woken = "INSERT INTO analyses (name, state) VALUES ('features', 'due') ON CONFLICT (name) DO UPDATE SET state = 'due'";
    line.say(woken.to_owned()).await?;
    line.say("COMMIT".to_owned()).await?;
    line.say("ANALYZE".to_owned()).await
}

/// Subjects and texts of the corpus, as SQL takes them.
fn replies(corpus: &Path) -> Outcome<Vec<(String, String)>> {
    let mut files: Vec<_> = std::fs::read_dir(corpus)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let mut replies = Vec::new();
    for file in files.iter().filter(|file| file.path().extension().is_some_and(|ext| ext == "tsv")) {
        for line in std::fs::read_to_string(file.path())?.lines().skip(1) {
            let parts: Vec<&str> = line.split('\t').collect();
            if let [_, _, _, subject, text] = parts.as_slice() {
                replies.push((quoted(subject), quoted(&text.replace("\\n", "\n"))));
            }
        }
    }
    Ok(replies)
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

async fn templates(line: &mut Line) -> Outcome<()> {
    line.say(
        "INSERT INTO data_sources (id, platform, name, credentials, status, settings, additional_config, time_zone, \
         created_at, last_sync_at) VALUES (1, 'smartlead', 'bench', '', 'active', '{}', '{}', 'UTC', \
         '2026-01-01T00:00:00.000000Z', '2026-11-02T08:00:00.000000Z')"
            .to_owned(),
    )
    .await?;
    line.say(
        "INSERT INTO sync_state (source_id, journal_id, run_id, is_full, quota_month, quota_calls) \
         VALUES (1, 0, 0, FALSE, '', 0)"
            .to_owned(),
    )
    .await?;
    let (mut campaigns, mut variants) = (Vec::new(), Vec::new());
    for campaign in 0..CAMPAIGNS {
        campaigns.push(format!(
            "(1, 'c{campaign}', 'Campaign {campaign}', 'active', '2026-11-02T08:00:00.000000Z')"
        ));
        for place in 0..TEMPLATES {
            let number = campaign * TEMPLATES + place;
            let mark = if number.is_multiple_of(3) { "?" } else { "" };
            let mut body = "Hello {{first_name}},\n\n".to_owned();
            for sentence in 0..4 + number % 7 {
                write!(
                    body,
                    "Planners at {{{{company}}}} lose {} hours a week to paper number {sentence}. ",
                    number % 9
                )?;
            }
            body.push_str(if number.is_multiple_of(2) {
                "\n\nIs that worth a look?"
            } else {
                "\n\nTuesday at 10 for a call?"
            });
            if number.is_multiple_of(5) {
                body.push_str("\n\nBest regards,\nKim\nPS: it runs on any phone.");
            }
            variants.push(format!(
                "(1, 'v{number}', 'c{campaign}', {}, 'Plan {number} for shifts{mark}', '<p>{body}</p>', '{body}', FALSE)",
                place / 2 + 1
            ));
        }
    }
    let head = "INSERT INTO campaigns (source_id, external_id, name, status, last_synced_at)";
    line.insert(head, &campaigns).await?;
    let head = "INSERT INTO campaign_variants (source_id, external_id, campaign_id, step_number, subject_line, body_html, \
                body_plain, is_deleted)";
    line.insert(head, &variants).await
}

/// A day of mails and of their replies, which come the day after.
async fn events(line: &mut Line, day: usize, replies: &[(String, String)]) -> Outcome<()> {
    let on = |day: usize| i64::try_from(day).map(|day| date(2026, 7, 1) + day.days());
    let (sent_on, replied_on) = (on(day)?, on(day + 1)?);
    let mut rows = Vec::new();
    let is_sending = |number: &usize| number / TEMPLATES % RUN_D == day / RUN_D % RUN_D;
    for one in (0..CAMPAIGNS * TEMPLATES)
        .filter(is_sending)
        .flat_map(|number| (0..MAILS).map(move |mail| (number, mail)))
    {
        let (number, mail) = (one.0, (day * CAMPAIGNS * TEMPLATES + one.0) * MAILS + one.1);
        let (campaign, step) = (number / TEMPLATES, number % TEMPLATES / 2 + 1);
        let event = |event: &str, on, text: &str, is_positive: bool| {
            format!(
                "(1, 'c{campaign}', '{event}-{mail}', '{event}', '{on}T10:00:00.000000Z', '{on}', 10, 'lead-{mail}', \
                 'v{number}', {step}, 'mail-{mail}', {text}, TRUE, TRUE, {is_positive}, 'webhook')"
            )
        };
        rows.push(event("sent", sent_on, "NULL, NULL", false));
        // In no step with anything else.
        let dice = mail.wrapping_mul(2_654_435_761) / 1024;
        if dice.is_multiple_of(ANSWERED) {
            let (subject, text) = &replies[dice / ANSWERED % replies.len()];
            rows.push(event(
                "replied",
                replied_on,
                &format!("'{subject}', '{text}'"),
                dice.is_multiple_of(5 * ANSWERED),
            ));
        }
    }
    line.insert(EVENTS, &rows).await
}
