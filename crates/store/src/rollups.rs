//! Sums of days, hours and mails, so that a report need not add up hundreds of thousands of them: by source and day, by
//! campaign and month, by source and hour, by mailbox and day, by mailbox and month.
//!
//! They follow in the transaction that writes these, by how much they changed, and can be added up anew.

use std::collections::BTreeMap;

use atlas_model::tables::{CAMPAIGN_MONTHS, MAILBOX_DAYS, MAILBOX_MONTHS, SOURCE_DAYS, SOURCE_HOURS};
use atlas_model::{METRICS, Rule, SourceId, Table, metric, sha256};
use serde_json::{Value, json};

use crate::db::{DbRow, Store, Tx};
use crate::error::Result;
use crate::sql::{batch, date, fence};
use crate::sums::{Place, add_to, with_figures};

const DAYS_OF_SOURCE: Place = Place {
    table: "source_days",
    names: "date",
    values: "{date}",
    key: "date",
    rows: "date IN (SELECT {date} FROM {batch})",
};

const MONTHS: Place = Place {
    table: "campaign_months",
    names: "campaign_id, month",
    values: "value ->> 'campaign_id', value ->> 'month'",
    key: "campaign_id, month",
    rows: "(campaign_id, month) IN (SELECT value ->> 'campaign_id', value ->> 'month' FROM {batch})",
};

const HOURS_OF_SOURCE: Place = Place {
    table: "source_hours",
    names: "metric_date, hour_of_day, day_of_week",
    values: "{date}, CAST(value ->> 'hour' AS BIGINT), CAST(value ->> 'weekday' AS BIGINT)",
    key: "metric_date, hour_of_day",
    rows: "(metric_date, hour_of_day) IN (SELECT {date}, CAST(value ->> 'hour' AS BIGINT) FROM {batch})",
};

const DAYS_OF_MAILBOX: Place = Place {
    table: "mailbox_days",
    names: "date, mailbox",
    values: "{date}, value ->> 'mailbox'",
    key: "date, mailbox",
    rows: "(date, mailbox) IN (SELECT {date}, value ->> 'mailbox' FROM {batch})",
};

const MONTHS_OF_MAILBOX: Place = Place {
    table: "mailbox_months",
    names: "month, mailbox",
    values: "value ->> 'month', value ->> 'mailbox'",
    key: "month, mailbox",
    rows: "(month, mailbox) IN (SELECT value ->> 'month', value ->> 'mailbox' FROM {batch})",
};

/// A day's month, as `2026-11`.
const MONTH: &str = "substr(CAST(m.date AS TEXT), 1, 7)";

/// What days of campaigns add to the sums, by their campaign and date; none where it is nothing.
pub(crate) type Told = BTreeMap<(String, String), Vec<i64>>;

/// The columns of a table that are sums.
fn sums_of(table: &'static Table) -> impl Iterator<Item = &'static str> {
    table.columns.iter().filter(|column| column.rule == Rule::Counter).map(|column| column.name)
}

/// The sums over days, each with what a row `m` of `daily_metrics` adds to it.
pub(crate) fn parts_of_day() -> Vec<(&'static str, String)> {
    sums_of(&SOURCE_DAYS).map(|name| (name, part_of_day(name))).collect()
}

fn part_of_day(name: &str) -> String {
    // A metric's figure of a day, or the figure itself.
    let figure = |name: &str| match metric(name).and_then(|metric| metric.day).unwrap_or(name) {
        "emails_delivered" => "(m.emails_sent - m.emails_bounced)".to_owned(),
        day => format!("m.{day}"),
    };
    let both = |name: &str| {
        let metric = METRICS.iter().find(|metric| metric.name == name)?;
        metric.ratio.map(|(above, below)| [figure(above), figure(below)])
    };
    let one_if = |condition: String| format!("CASE WHEN {condition} THEN 1 ELSE 0 END");
    if name == "days" {
        return "1".to_owned();
    }
    if name == "days_estimated" {
        return one_if("m.is_estimated".to_owned());
    }
    if let Some(of) = name.strip_suffix("_known") {
        return one_if(match both(of) {
            Some([above, below]) => format!("{above} IS NOT NULL AND {below} IS NOT NULL"),
            None => format!("{} IS NOT NULL", figure(of)),
        });
    }
    for (suffix, place) in [("_numerator", 0), ("_denominator", 1)] {
        if let Some(parts) = name.strip_suffix(suffix).and_then(both) {
            let [part, other] = [&parts[place], &parts[1 - place]];
            return format!("CASE WHEN {other} IS NOT NULL THEN COALESCE({part}, 0) ELSE 0 END");
        }
    }
    format!("COALESCE({}, 0)", figure(name))
}

/// What days of a batch add to the sums now.
pub(crate) async fn told(tx: &mut Tx, id: SourceId, keys: &str) -> Result<Told> {
    let part = |(name, part): &(&str, String)| format!("CAST({part} AS BIGINT) AS {name}");
    let parts: Vec<String> = parts_of_day().iter().map(part).collect();
    let sql = format!(
        "SELECT m.campaign_id, CAST(m.date AS TEXT) AS date, {} FROM daily_metrics AS m \
         JOIN (SELECT value ->> 'campaign_id' AS campaign_id, {} AS date FROM {}{}) AS k \
         ON m.campaign_id = k.campaign_id AND m.date = k.date WHERE m.source_id = $1",
        parts.join(", "),
        date(tx.flavour()),
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    let read = |row: &DbRow| {
        let sums = sums_of(&SOURCE_DAYS).map(|name| row.integer(name)).collect::<Result<_>>()?;
        Ok(((row.text("campaign_id")?, row.text("date")?), sums))
    };
    tx.fetch(&sql, [id.into(), keys.into()]).await?.iter().map(read).collect()
}

/// Lets the sums follow days of a batch that added `before` to them.
pub(crate) async fn follow(
    tx: &mut Tx,
    id: SourceId,
    keys: &str,
    before: Told,
    batch_size: usize,
) -> Result<()> {
    let (mut days, mut months) = (Told::new(), Told::new());
    for (told, sign) in [(before, -1), (told(tx, id, keys).await?, 1)] {
        for ((campaign, date), parts) in told {
            let month = date.get(..7).unwrap_or(&date).to_owned();
            for (sums, place) in [(&mut days, (String::new(), date)), (&mut months, (campaign, month))] {
                let sums = sums.entry(place).or_insert_with(|| vec![0; parts.len()]);
                sums.iter_mut().zip(&parts).for_each(|(sum, part)| *sum += sign * part);
            }
        }
    }
    let columns: Vec<&str> = sums_of(&SOURCE_DAYS).collect();
    for (place, sums) in [(&DAYS_OF_SOURCE, days), (&MONTHS, months)] {
        let rows = sums.iter().filter(|(_, sums)| sums.iter().any(|sum| *sum != 0));
        let rows: Vec<Value> = rows
            .map(|((campaign, when), sums)| {
                let place = json!({"campaign_id": campaign, "date": when, "month": when});
                with_figures(
                    place,
                    columns.iter().copied().zip(sums.iter().copied()).filter(|(_, sum)| *sum != 0),
                )
            })
            .collect();
        for rows in rows.chunks(batch_size.max(1)) {
            add_to(tx, id, place, &columns, rows).await?;
        }
    }
    Ok(())
}

/// Adds figures of hours of campaigns, as a batch has them, to the hours of their source.
pub(crate) async fn add_hours(tx: &mut Tx, id: SourceId, hours: &[Value], batch_size: usize) -> Result<()> {
    let columns: Vec<&str> = sums_of(&SOURCE_HOURS).collect();
    let mut sums: BTreeMap<(&str, i64, i64), BTreeMap<&str, i64>> = BTreeMap::new();
    for hour in hours {
        let number = |name: &str| hour[name].as_i64().unwrap_or_default();
        let place = (hour["date"].as_str().unwrap_or_default(), number("hour"), number("weekday"));
        for column in &columns {
            *sums.entry(place).or_default().entry(column).or_default() += number(column);
        }
    }
    // What comes to nothing leaves no row behind, as where all is added up anew.
    let rows = sums.iter().filter(|(_, sums)| sums.values().any(|sum| *sum != 0));
    let rows = rows.map(|((date, hour, weekday), sums)| {
        with_figures(
            json!({"date": date, "hour": hour, "weekday": weekday}),
            sums.iter().map(|(name, sum)| (*name, *sum)),
        )
    });
    let rows: Vec<Value> = rows.collect();
    for rows in rows.chunks(batch_size.max(1)) {
        add_to(tx, id, &HOURS_OF_SOURCE, &columns, rows).await?;
    }
    Ok(())
}

/// Figures by day and mailbox, or by month and mailbox.
pub(crate) type Mails = BTreeMap<(String, String), BTreeMap<&'static str, i64>>;

/// Adds mails to the days and months of their mailboxes.
pub(crate) async fn add_mails(tx: &mut Tx, id: SourceId, mails: &Mails, batch_size: usize) -> Result<()> {
    let mut months = Mails::new();
    for ((date, mailbox), sums) in mails {
        let month = date.get(..7).unwrap_or(date).to_owned();
        let of_month = months.entry((month, mailbox.clone())).or_default();
        for (name, sum) in sums {
            *of_month.entry(name).or_default() += sum;
        }
    }
    for (table, place, mails) in
        [(&MAILBOX_DAYS, &DAYS_OF_MAILBOX, mails), (&MAILBOX_MONTHS, &MONTHS_OF_MAILBOX, &months)]
    {
        let columns: Vec<&str> = sums_of(table).collect();
        let rows = mails.iter().filter(|(_, sums)| sums.values().any(|sum| *sum != 0));
        let rows = rows.map(|((when, mailbox), sums)| {
            with_figures(
                json!({"date": when, "month": when, "mailbox": mailbox}),
                sums.iter().map(|(name, sum)| (*name, *sum)),
            )
        });
        let rows: Vec<Value> = rows.collect();
        for rows in rows.chunks(batch_size.max(1)) {
            add_to(tx, id, place, &columns, rows).await?;
        }
    }
    Ok(())
}

/// A table of sums: from which rows `m` it is added up, what tells one sum from another, and what each row adds.
struct Rollup {
    table: &'static Table,
    from: &'static str,
    /// Of which of these rows.
    which: &'static str,
    keys: &'static [(&'static str, &'static str)],
    sums: Vec<(&'static str, String)>,
}

/// All of them, those first that others are made of.
fn all() -> [Rollup; 5] {
    let mails = |event: &str| format!("CASE WHEN m.event = '{event}' THEN 1 ELSE 0 END");
    let hours = sums_of(&SOURCE_HOURS).map(|name| (name, format!("m.{name}")));
    [
        Rollup {
            table: &SOURCE_DAYS,
            from: "daily_metrics",
            which: "TRUE",
            keys: &[("date", "m.date")],
            sums: parts_of_day(),
        },
        Rollup {
            table: &CAMPAIGN_MONTHS,
            from: "daily_metrics",
            which: "TRUE",
            keys: &[("campaign_id", "m.campaign_id"), ("month", MONTH)],
            sums: parts_of_day(),
        },
        Rollup {
            table: &SOURCE_HOURS,
            from: "hourly_metrics",
            which: "TRUE",
            keys: &[
                ("metric_date", "m.metric_date"),
                ("hour_of_day", "m.hour_of_day"),
                ("day_of_week", "m.day_of_week"),
            ],
            sums: hours.collect(),
        },
        Rollup {
            table: &MAILBOX_DAYS,
            from: "email_activities",
            which: "m.counts_message AND m.event IN ('sent', 'bounced') \
                    AND COALESCE(m.email_account_id, m.from_email) IS NOT NULL",
            keys: &[("date", "m.metric_date"), ("mailbox", "COALESCE(m.email_account_id, m.from_email)")],
            sums: vec![("emails_sent", mails("sent")), ("emails_bounced", mails("bounced"))],
        },
        Rollup {
            table: &MAILBOX_MONTHS,
            from: "mailbox_days",
            which: "TRUE",
            keys: &[("month", MONTH), ("mailbox", "m.mailbox")],
            sums: sums_of(&MAILBOX_MONTHS).map(|name| (name, format!("m.{name}"))).collect(),
        },
    ]
}

impl Rollup {
    fn columns(&self) -> String {
        let names = self.keys.iter().map(|(name, _)| *name).chain(self.sums.iter().map(|(name, _)| *name));
        ["source_id"].into_iter().chain(names).collect::<Vec<_>>().join(", ")
    }

    /// The statement that adds up the rows of which a condition holds.
    fn added_up(&self, which: &str) -> String {
        let places: Vec<&str> = self.keys.iter().map(|(_, sql)| *sql).collect();
        let sums = self.sums.iter().map(|(_, part)| format!("NULLIF(CAST(SUM({part}) AS BIGINT), 0)"));
        format!(
            "SELECT m.source_id, {places}, {} FROM {} AS m WHERE {which} AND {} GROUP BY m.source_id, {places}",
            sums.collect::<Vec<_>>().join(", "),
            self.from,
            self.which,
            places = places.join(", "),
        )
    }
}

/// Adds up all sums of a source anew.
pub(crate) async fn add_up(tx: &mut Tx, id: SourceId) -> Result<()> {
    for rollup in all() {
        let table = rollup.table.name;
        tx.execute(&format!("DELETE FROM {table} WHERE source_id = $1"), [id.into()]).await?;
        let (columns, sums) = (rollup.columns(), rollup.added_up("m.source_id = $1"));
        tx.execute(&format!("INSERT INTO {table} ({columns}) {sums}"), [id.into()]).await?;
    }
    Ok(())
}

/// Which sums are not what their rows add up to.
pub(crate) async fn differences(tx: &mut Tx) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for rollup in all() {
        let stored = format!("SELECT {} FROM {}", rollup.columns(), rollup.table.name);
        let sums = rollup.added_up("TRUE");
        let without = |all: &str, of: &str| {
            format!("(SELECT COUNT(*) FROM (SELECT * FROM {all} EXCEPT SELECT * FROM {of}) AS d)")
        };
        let sql = format!(
            "WITH stored AS MATERIALIZED ({stored}), sums AS MATERIALIZED ({sums}) SELECT {} AS too_much, {} AS missing",
            without("stored", "sums"),
            without("sums", "stored"),
        );
        for row in tx.fetch(&sql, []).await? {
            let (too_much, missing) = (row.integer("too_much")?, row.integer("missing")?);
            if too_much + missing > 0 {
                let table = rollup.table.name;
                wrong.push(format!("{too_much} rows of {table} are other sums, {missing} are not there"));
            }
        }
    }
    Ok(wrong)
}

impl Store {
    /// Adds everything up where sums are not those of this program.
    pub(crate) async fn make_rollups(&self) -> Result<()> {
        let text: Vec<String> = all().iter().map(|rollup| rollup.added_up(&rollup.columns())).collect();
        let wanted = i64::from_str_radix(&sha256(text.join(";").as_bytes())[..15], 16).unwrap_or_default();
        let stored = "SELECT last FROM serials WHERE name = 'rollups'";
        let is_made = |rows: Vec<DbRow>| rows.first().map(|row| row.integer("last")).transpose();
        if is_made(self.fetch(stored, []).await?)? == Some(wanted) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        // Two processes may start on a new program at once: the later one waits here, and finds the work done.
        tx.execute("UPDATE serials SET last = last WHERE name = 'rollups'", []).await?;
        if is_made(tx.fetch(stored, []).await?)? == Some(wanted) {
            return Ok(());
        }
        for source in tx.fetch("SELECT id FROM data_sources ORDER BY id", []).await? {
            add_up(&mut tx, source.integer("id")?).await?;
        }
        tx.execute("UPDATE serials SET last = $1 WHERE name = 'rollups'", [wanted.into()]).await?;
        tx.commit().await
    }
}
