//! What events count for, and the figures of days and hours that follow.
//!
//! Mails count each. Replies count each as a message, and the first of a lead in a campaign as a reply of that lead, as the
//! services count; opens alike. Absence notes, and replies that somebody noted by hand, are no replies. A lead counts as
//! positive on the day on which it was first sorted so, unless it was last sorted as negative.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Row, SourceId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::days;
use crate::db::{DbRow, Flavour, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::rollups::{self, Mails};
use crate::sql::{batch, fence, looked_up, to_batch};
use crate::sums::{Place, add_to, with_figures};

/// Whom an event is about, as far as is known.
pub(crate) const PERSON: &str = "COALESCE(t.contact_id, t.lead_email, t.event_key)";

/// What we sorted says by which method and version, with a colon between; the service and people have none.
pub(crate) const IS_OURS: &str = "classified_by LIKE '%:%'";

const OF_SOURCE: &str = "FROM email_activities AS t WHERE t.source_id = $1";

/// Events in memory at a time while everything is counted anew.
const PAGE: usize = 5_000;

/// Keys of events: campaign and event.
pub(crate) type Keys = BTreeSet<(String, String)>;

/// An event, as far as counting must know it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) campaign_id: String,
    pub(crate) event_key: String,
    pub(crate) event: String,
    pub(crate) at: Timestamp,
    date: String,
    hour: i64,
    pub(crate) person: String,
    pub(crate) contact_id: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) sent_id: Option<String>,
    /// Its mailbox by its id, or by its address where it knows no id.
    pub(crate) mailbox: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) category_id: Option<String>,
    reply_category: Option<String>,
    sentiment: Option<String>,
    is_manual: bool,
    /// Whether it was asked for, and no delivery has told it.
    pub(crate) is_asked_for: bool,
    /// Whether the service told when it was.
    pub(crate) is_time_known: bool,
    /// What it is counted for: as a message, as a lead, as a positive one.
    pub(crate) flags: [bool; 3],
    /// What its row says of that: of a new row it is a guess.
    pub(crate) stored: [bool; 3],
}

pub(crate) const FLAGS: [&str; 3] = ["counts_message", "counts_lead", "counts_positive"];

/// Each figure of a day: its event, which of the flags, its column, and whether hours have it too.
const FIGURES: &[(&str, usize, &str, bool)] = &[
    ("sent", 0, "emails_sent", true),
    ("opened", 0, "emails_opened", true),
    ("opened", 1, "unique_opens", false),
    ("clicked", 0, "emails_clicked", true),
    ("replied", 0, "reply_messages", false),
    ("replied", 1, "emails_replied", true),
    ("bounced", 0, "emails_bounced", true),
    ("unsubscribed", 0, "emails_unsubscribed", false),
    ("", 2, "positive_replies", false),
];

impl Told {
    /// An event that is about to be written. It is counted for nothing yet.
    pub(crate) fn of_row(row: &Row) -> Result<Self> {
        let text = |column: &str| match row.values.get(column)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let must = |column: &str| {
            text(column).ok_or_else(|| Error::new(ErrorKind::Other, format!("an event without {column}"), ""))
        };
        let flag = |column: &str| row.values.get(column).and_then(Value::as_bool);
        let (event_key, at) = (must("event_key")?, must("occurred_at")?);
        let at = at.parse().map_err(|_| Error::new(ErrorKind::Other, "an event at no time", ""))?;
        let contact_id = text("contact_id");
        Ok(Self {
            campaign_id: must("campaign_id")?,
            event: must("event")?,
            at,
            date: must("metric_date")?,
            hour: row.values.get("hour_of_day").and_then(Value::as_i64).unwrap_or_default(),
            person: contact_id.clone().or_else(|| text("lead_email")).unwrap_or_else(|| event_key.clone()),
            event_key,
            contact_id,
            message_id: text("message_id"),
            sent_id: text("sent_id"),
            mailbox: text("email_account_id").or_else(|| text("from_email")),
            category: text("category"),
            category_id: text("category_id"),
            reply_category: text("reply_category"),
            sentiment: text("sentiment"),
            is_manual: flag("is_manual").unwrap_or_default(),
            is_asked_for: text("via").as_deref() == Some("poll"),
            is_time_known: flag("is_time_known").unwrap_or(true),
            flags: [false; 3],
            stored: [false; 3],
        })
    }

    pub(crate) fn key(&self) -> (String, String) {
        (self.campaign_id.clone(), self.event_key.clone())
    }

    /// Which of two events was first.
    pub(crate) fn order(&self) -> (Timestamp, &str) {
        (self.at, &self.event_key)
    }

    /// Whether the person is interested, if it says so. What is asked for tells how a lead is sorted now, not when that was.
    pub(crate) fn interest(&self) -> Option<bool> {
        match self.sentiment.as_deref().filter(|_| !self.is_asked_for) {
            Some("positive") => Some(true),
            Some("negative") => Some(false),
            _ => None,
        }
    }

    /// Whether what it counts for depends on what else its person did.
    pub(crate) fn is_by_person(&self) -> bool {
        ["opened", "replied", "categorized", "interested"].contains(&self.event.as_str())
    }
}

pub(crate) fn keys(keys: &Keys) -> Vec<Value> {
    keys.iter().map(|(campaign, key)| json!({"a": campaign, "b": key})).collect()
}

/// How a key is read out of what [`keys`] makes, and an event found by it, as [`of_rows`] is told.
pub(crate) const KEY: &str = "value ->> 'a' AS a, value ->> 'b' AS b";
pub(crate) const BY_KEY: &str = "t.campaign_id = k.a AND t.event_key = k.b";

/// The events that are found by the values of a batch, no two of which are the same: how these are read, and the condition.
pub(crate) async fn of_rows(
    tx: &mut Tx,
    id: SourceId,
    read: &str,
    which: &str,
    values: &[Value],
) -> Result<Vec<Told>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let which = format!("t.source_id = $1 AND {which}");
    let sql = format!("{} FROM {}", select(), looked_up(tx.flavour(), read, "email_activities", &which));
    tx.fetch(&sql, [id.into(), to_batch(values).into()]).await?.iter().map(told).collect()
}

fn select() -> String {
    format!(
        "SELECT t.campaign_id, t.event_key, t.event, t.occurred_at, CAST(t.metric_date AS TEXT) AS metric_date, \
         t.hour_of_day, {PERSON} AS person, t.contact_id, t.message_id, t.category, t.category_id, \
         CASE WHEN t.{IS_OURS} THEN NULL ELSE t.reply_category END AS reply_category, \
         CASE WHEN t.{IS_OURS} THEN NULL ELSE t.sentiment END AS sentiment, t.is_manual, t.sent_id, \
         COALESCE(t.email_account_id, t.from_email) AS mailbox, t.via, t.is_time_known, t.counts_message, t.counts_lead, t.counts_positive"
    )
}

/// What was told of people: everything, or what another event of them may change, or be changed by.
pub(crate) async fn of_people(
    tx: &mut Tx,
    id: SourceId,
    people: &BTreeSet<&str>,
    is_all: bool,
    batch_size: usize,
) -> Result<Vec<Told>> {
    let which = if is_all { "" } else { " AND t.event NOT IN ('sent', 'clicked', 'bounced')" };
    let theirs = format!("{PERSON} = k.person{which}");
    let people: Vec<Value> = people.iter().map(|person| json!({"person": person})).collect();
    let mut rows = Vec::new();
    for people in people.chunks(batch_size.max(1)) {
        rows.extend(of_rows(tx, id, "value ->> 'person' AS person", &theirs, people).await?);
    }
    Ok(rows)
}

fn told(row: &DbRow) -> Result<Told> {
    let flags = [row.boolean(FLAGS[0])?, row.boolean(FLAGS[1])?, row.boolean(FLAGS[2])?];
    Ok(Told {
        campaign_id: row.text("campaign_id")?,
        event_key: row.text("event_key")?,
        event: row.text("event")?,
        at: row.time("occurred_at")?,
        date: row.text("metric_date")?,
        hour: row.integer("hour_of_day")?,
        person: row.text("person")?,
        contact_id: row.maybe_text("contact_id")?,
        message_id: row.maybe_text("message_id")?,
        sent_id: row.maybe_text("sent_id")?,
        mailbox: row.maybe_text("mailbox")?,
        category: row.maybe_text("category")?,
        category_id: row.maybe_text("category_id")?,
        reply_category: row.maybe_text("reply_category")?,
        sentiment: row.maybe_text("sentiment")?,
        is_manual: row.maybe_boolean("is_manual")?.unwrap_or_default(),
        is_asked_for: row.text("via")? == "poll",
        is_time_known: row.maybe_boolean("is_time_known")?.unwrap_or(true),
        flags,
        stored: flags,
    })
}

/// What each event counts for. Of a person whose events depend on one another all must be here.
pub(crate) fn flags(rows: &[Told]) -> Vec<[bool; 3]> {
    let mut wanted = vec![[false; 3]; rows.len()];
    let mut people: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    // What was at an unknown time counts on no day.
    let counts = |row: &Told| !row.campaign_id.is_empty() && row.is_time_known;
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| counts(row)) {
        people.entry((&row.campaign_id, &row.person)).or_default().push(place);
    }
    for places in people.values() {
        let all = || places.iter().copied();
        let first = |of: &dyn Fn(usize) -> bool| {
            all().filter(|place| of(*place)).min_by_key(|place| rows[*place].order())
        };
        let is_reply = |place: usize| is_reply(&rows[place], all().map(|place| &rows[place]));
        for place in all() {
            wanted[place][0] = match rows[place].event.as_str() {
                "sent" | "opened" | "clicked" | "bounced" | "unsubscribed" => true,
                _ => is_reply(place),
            };
        }
        for place in [first(&is_reply), first(&|place| rows[place].event == "opened")].into_iter().flatten() {
            wanted[place][1] = true;
        }
        let says = |place: &usize| rows[*place].interest();
        let last = all().filter(|place| says(place).is_some()).max_by_key(|place| rows[*place].order());
        let positive = first(&|place| says(&place) == Some(true))
            .filter(|_| last.and_then(|last| says(&last)) == Some(true));
        if let Some(place) = positive {
            wanted[place][2] = true;
        }
    }
    wanted
}

/// A reply that a person wrote: not noted by hand, and not sorted, itself or by a later event about it, as an absence note.
fn is_reply<'a>(row: &Told, person: impl Iterator<Item = &'a Told>) -> bool {
    let about = person.filter(|other| {
        other.event == "categorized" && other.message_id.is_some() && other.message_id == row.message_id
    });
    let category =
        about.max_by_key(|other| other.order()).map_or(&row.reply_category, |other| &other.reply_category);
    row.event == "replied" && !row.is_manual && category.as_deref() != Some("out_of_office")
}

/// Writes what differs into the rows.
pub(crate) async fn set_flags(
    tx: &mut Tx,
    id: SourceId,
    rows: &[Told],
    wanted: &[[bool; 3]],
    batch_size: usize,
) -> Result<()> {
    let changed: Vec<(&Told, [bool; 3])> = rows
        .iter()
        .zip(wanted)
        .filter(|(row, now)| row.stored != **now)
        .map(|(row, now)| (row, *now))
        .collect();
    let flag = |name: &str| format!("CAST(value ->> '{name}' AS BOOLEAN) AS in_{name}");
    let sql = format!(
        "UPDATE email_activities AS t SET counts_message = i.in_counts_message, counts_lead = i.in_counts_lead, \
         counts_positive = i.in_counts_positive FROM (SELECT value ->> 'a' AS a, value ->> 'b' AS b, {} FROM {}{}) AS i \
         WHERE t.source_id = $1 AND t.campaign_id = i.a AND t.event_key = i.b",
        FLAGS.map(flag).join(", "),
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    for changed in changed.chunks(batch_size.max(1)) {
        let values = changed.iter().map(|(row, now)| {
            json!({"a": row.campaign_id, "b": row.event_key, FLAGS[0]: now[0], FLAGS[1]: now[1], FLAGS[2]: now[2]})
        });
        let values: Vec<Value> = values.collect();
        tx.execute(&sql, [id.into(), to_batch(&values).into()]).await?;
    }
    Ok(())
}

/// Figures of what events count for. Only what is above 0 is known: that nothing was told does not mean that there was none.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By campaign, day and hour.
    hours: BTreeMap<(String, String, i64), BTreeMap<&'static str, i64>>,
    /// Mails by day and mailbox.
    mails: Mails,
}

/// By how much figures differ, now that events count for this.
pub(crate) fn differences(rows: &[Told], wanted: &[[bool; 3]]) -> Counts {
    let mut counts = Counts::default();
    for (row, now) in rows.iter().zip(wanted).filter(|(row, now)| row.flags != **now) {
        count_of(row, *now, 1, &mut counts);
        count_of(row, row.flags, -1, &mut counts);
    }
    counts
}

/// Adds what an event counts for, or takes it away.
pub(crate) fn count_of(row: &Told, flags: [bool; 3], sign: i64, counts: &mut Counts) {
    for (event, flag, column, _) in FIGURES {
        if flags[*flag] && (event.is_empty() || *event == row.event) {
            let place = (row.campaign_id.clone(), row.date.clone(), row.hour);
            *counts.hours.entry(place).or_default().entry(column).or_default() += sign;
        }
    }
    count_mail(row, flags, sign, &mut counts.mails);
}

/// Adds a mail, or one that came back, to those of its mailbox, or takes it away.
pub(crate) fn count_mail(row: &Told, flags: [bool; 3], sign: i64, mails: &mut Mails) {
    let column = match row.event.as_str() {
        "sent" => "emails_sent",
        "bounced" => "emails_bounced",
        _ => return,
    };
    if let (true, Some(mailbox)) = (flags[0], &row.mailbox) {
        let place = (row.date.clone(), mailbox.clone());
        *mails.entry(place).or_default().entry(column).or_default() += sign;
    }
}

/// Adds figures to their days and hours.
pub(crate) async fn add(tx: &mut Tx, id: SourceId, counts: &Counts, batch_size: usize) -> Result<()> {
    let mut by_day: BTreeMap<(String, String), BTreeMap<&str, i64>> = BTreeMap::new();
    let mut hours = Vec::new();
    for ((campaign, date, hour), figures) in &counts.hours {
        let day = by_day.entry((campaign.clone(), date.clone())).or_default();
        for (column, figure) in figures {
            *day.entry(column).or_default() += figure;
        }
        let weekday = date.parse::<Date>().map_or(0, |day| i64::from(day.weekday().to_sunday_zero_offset()));
        let place = json!({"campaign_id": campaign, "date": date, "hour": hour, "weekday": weekday});
        hours.push(with_figures(place, figures.iter().map(|(name, figure)| (*name, *figure))));
    }
    let days: Vec<Value> = by_day
        .iter()
        .map(|((campaign, date), figures)| {
            let place = json!({"campaign_id": campaign, "date": date});
            with_figures(place, figures.iter().map(|(name, figure)| (*name, *figure)))
        })
        .collect();
    let (day_columns, hour_columns) = columns();
    for days in days.chunks(batch_size.max(1)) {
        add_to(tx, id, &DAYS, &day_columns, days).await?;
    }
    for hours in hours.chunks(batch_size.max(1)) {
        add_to(tx, id, &HOURS, &hour_columns, hours).await?;
    }
    rollups::add_hours(tx, id, &hours, batch_size).await?;
    rollups::add_mails(tx, id, &counts.mails, batch_size).await?;
    let keys: BTreeSet<(String, String)> = by_day.into_keys().collect();
    days::settle(tx, id, &keys, batch_size).await
}

fn columns() -> (Vec<&'static str>, Vec<&'static str>) {
    let hourly = FIGURES.iter().filter(|(_, _, _, is_hourly)| *is_hourly).map(|(_, _, column, _)| *column);
    (FIGURES.iter().map(|(_, _, column, _)| *column).collect(), hourly.collect())
}

const DAYS: Place = Place {
    table: "daily_observations",
    names: "campaign_id, date, witness",
    values: "value ->> 'campaign_id', {date}, 'events'",
    key: "campaign_id, date, witness",
    rows: "witness = 'events' AND (campaign_id, date) IN (SELECT value ->> 'campaign_id', {date} FROM {batch})",
};

const HOURS: Place = Place {
    table: "hourly_metrics",
    names: "campaign_id, metric_date, hour_of_day, day_of_week",
    values: "value ->> 'campaign_id', {date}, CAST(value ->> 'hour' AS BIGINT), CAST(value ->> 'weekday' AS BIGINT)",
    key: "campaign_id, metric_date, hour_of_day",
    rows: "(campaign_id, metric_date, hour_of_day) IN (SELECT value ->> 'campaign_id', {date}, \
           CAST(value ->> 'hour' AS BIGINT) FROM {batch})",
};

/// Counts a source's events from the beginning, in a zone whose days and hours they shall have.
pub(crate) async fn recount(
    tx: &mut Tx,
    id: SourceId,
    zone: Option<&TimeZone>,
    batch_size: usize,
) -> Result<()> {
    if let Some(zone) = zone {
        place_in(tx, id, zone, batch_size).await?;
    }
    let mut days: BTreeSet<(String, String)> = BTreeSet::new();
    let sql = "DELETE FROM daily_observations WHERE source_id = $1 AND witness = 'events' \
               RETURNING campaign_id, CAST(date AS TEXT) AS date";
    for row in tx.fetch(sql, [id.into()]).await? {
        days.insert((row.text("campaign_id")?, row.text("date")?));
    }
    for sums in ["hourly_metrics", "source_hours", "mailbox_days", "mailbox_months"] {
        tx.execute(&format!("DELETE FROM {sums} WHERE source_id = $1"), [id.into()]).await?;
    }
    let (mut after, mut limit) = (String::new(), PAGE);
    loop {
        let sql = format!("{} {OF_SOURCE} AND {PERSON} > $2 ORDER BY {PERSON} LIMIT $3", select());
        let page = tx.fetch(&sql, [id.into(), after.as_str().into(), limit.into()]).await?;
        let mut rows: Vec<Told> = page.iter().map(told).collect::<Result<_>>()?;
        let is_last = rows.len() < limit;
        // The last person may have more events than the page could hold.
        if !is_last && let Some(last) = rows.last().map(|row| row.person.clone()) {
            rows.retain(|row| row.person != last);
        }
        let wanted = flags(&rows);
        set_flags(tx, id, &rows, &wanted, batch_size).await?;
        let mut counts = Counts::default();
        for (row, now) in rows.iter().zip(wanted) {
            count_of(row, now, 1, &mut counts);
        }
        add(tx, id, &counts, batch_size).await?;
        match rows.last() {
            _ if is_last => break,
            Some(row) => after.clone_from(&row.person),
            None => limit *= 2,
        }
    }
    days::settle(tx, id, &days, batch_size).await
}

/// Puts events on the days and hours that they have in a zone.
async fn place_in(tx: &mut Tx, id: SourceId, zone: &TimeZone, batch_size: usize) -> Result<()> {
    let date = match tx.flavour() {
        Flavour::Sqlite => "i.d",
        Flavour::Postgres => "CAST(i.d AS DATE)",
    };
    let update = format!(
        "UPDATE email_activities AS t SET metric_date = {date}, hour_of_day = i.h FROM (SELECT value ->> 'a' AS a, \
         value ->> 'b' AS b, value ->> 'd' AS d, CAST(value ->> 'h' AS BIGINT) AS h FROM {}) AS i \
         WHERE t.source_id = $1 AND t.campaign_id = i.a AND t.event_key = i.b",
        batch(tx.flavour(), "$2"),
    );
    let (mut campaign, mut key) = (String::new(), String::new());
    loop {
        let sql = format!(
            "{} {OF_SOURCE} AND (t.campaign_id, t.event_key) > ($2, $3) ORDER BY t.campaign_id, t.event_key LIMIT {PAGE}",
            select()
        );
        let page = tx.fetch(&sql, [id.into(), campaign.as_str().into(), key.as_str().into()]).await?;
        let rows: Vec<Told> = page.iter().map(told).collect::<Result<_>>()?;
        let mut moved = Vec::new();
        for row in &rows {
            let local = row.at.to_zoned(zone.clone());
            let (date, hour) = (local.date().to_string(), i64::from(local.hour()));
            if (&date, hour) != (&row.date, row.hour) {
                moved.push(json!({"a": row.campaign_id, "b": row.event_key, "d": date, "h": hour}));
            }
        }
        for moved in moved.chunks(batch_size.max(1)) {
            tx.execute(&update, [id.into(), to_batch(moved).into()]).await?;
        }
        match rows.last() {
            Some(last) => (campaign, key) = last.key(),
            None => return Ok(()),
        }
    }
}
