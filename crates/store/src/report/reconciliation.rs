//! Our figures beside the service's own, and why they differ.
//!
//! Ours is what the stored days add up to; theirs is the lifetime figure that the service tells of the campaign.

use std::collections::BTreeMap;

use atlas_model::{METRICS, counts, grouped};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// Why two figures of the same thing differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They are equal.
    Equal,
    /// The service tells no such figure, or no day of it is stored.
    NotTold,
    /// Days before the first stored one are missing in ours.
    DaysNotCovered,
    /// Something happened after the service was last asked, and is in ours already.
    LateEvents,
    /// The service counts each message, ours counts each lead once.
    PerMessage,
    /// The service's own days add up to its figure; events that we put on the day beside are in ours twice.
    TimeZone,
    /// Deliveries were missed, and not all that they told is told elsewhere.
    MissedDeliveries,
    /// None of these.
    Unknown,
}

/// A figure of a campaign, ours beside the service's.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReconciliationLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is run for.
    pub client_name: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: Option<String>,
    /// The metric, as in the registry.
    pub metric: &'static str,
    /// What the stored days add up to.
    pub ours: Option<i64>,
    /// The service's lifetime figure.
    pub theirs: Option<i64>,
    /// Ours less theirs.
    pub difference: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// The same in a sentence.
    pub explanation: String,
    /// The first stored day.
    pub days_from: Option<String>,
    /// The last.
    pub days_to: Option<String>,
    /// When the service was last asked.
    pub last_synced_at: Option<Timestamp>,
}

/// A figure of a source, over those of its campaigns of which both sides are known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceReconciliation {
    /// The source's number.
    pub source_id: i64,
    /// The source's name.
    pub source_name: String,
    /// The metric, as in the registry.
    pub metric: &'static str,
    /// Campaigns whose figure both sides know.
    pub campaigns: i64,
    /// Those in which both are equal.
    pub equal: i64,
    /// Ours, summed over them.
    pub ours: i64,
    /// Theirs, summed over them.
    pub theirs: i64,
    /// Campaigns by reason.
    pub reasons: BTreeMap<Reason, i64>,
}

/// Ours beside theirs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reconciliation {
    /// By source.
    pub sources: Vec<SourceReconciliation>,
    /// By campaign: the greatest differences first, equal ones last.
    pub campaigns: Vec<ReconciliationLine>,
}

/// What is known of a campaign that explains a difference.
struct Facts {
    started_on: Option<String>,
    newest_event_at: Option<Timestamp>,
    gaps: i64,
    messages: Option<i64>,
}

impl Store {
    /// Ours beside theirs for each campaign of a filter, over its whole life: the filter's period plays no part.
    pub async fn report_reconciliation(&self, filter: &Filter) -> Result<Reconciliation> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let (mut figures, mut ours, mut told, mut more) = (vec![], vec![], vec![], vec![]);
        for metric in counts(METRICS).filter(|metric| metric.name != "total_delivered") {
            let (name, day) = (metric.name, metric.day.unwrap_or(metric.name));
            figures.push(format!(
                "r.{name} AS theirs_{name}, m.{name} AS ours_{name}, o.{name} AS vendor_{name}"
            ));
            ours.push(of_months(day, name));
            told.push(format!("CAST(SUM(v.{day}) AS BIGINT) AS {name}"));
            more.push(format!("m.{name} > r.{name}"));
        }
        // Single days and events are read only of campaigns of which ours tells more: there they say why.
        let sql = format!(
            "WITH r AS MATERIALIZED (SELECT * FROM report_campaigns WHERE {condition}), \
             m AS MATERIALIZED (SELECT p.source_id, p.campaign_id, {messages}, {ours} FROM r CROSS JOIN campaign_months AS p \
              WHERE p.source_id = r.source_id AND p.campaign_id = r.campaign_id GROUP BY p.source_id, p.campaign_id), \
             n AS MATERIALIZED (SELECT r.source_id, r.campaign_id, (SELECT MAX(t.occurred_at) FROM email_activities AS t \
              WHERE t.source_id = r.source_id AND t.campaign_id = r.campaign_id) AS newest_event_at FROM r JOIN m \
              ON m.source_id = r.source_id AND m.campaign_id = r.campaign_id WHERE {more}), \
             o AS MATERIALIZED (SELECT v.source_id, v.campaign_id, {told} FROM n CROSS JOIN daily_observations AS v \
              WHERE v.source_id = n.source_id AND v.campaign_id = n.campaign_id AND v.witness = 'vendor' \
              GROUP BY v.source_id, v.campaign_id) \
             SELECT r.source_id, r.platform, r.source_name, r.client_name, r.campaign_id, r.campaign_name, r.started_at, \
             r.last_synced_at, {days_from}, {days_to}, m.reply_messages, n.newest_event_at, \
             (SELECT COUNT(*) FROM delivery_gaps AS g WHERE g.source_id = r.source_id \
              AND g.campaign_id = r.campaign_id) AS gaps, {figures} FROM r \
             LEFT JOIN m ON m.source_id = r.source_id AND m.campaign_id = r.campaign_id \
             LEFT JOIN n ON n.source_id = r.source_id AND n.campaign_id = r.campaign_id \
             LEFT JOIN o ON o.source_id = r.source_id AND o.campaign_id = r.campaign_id ORDER BY r.source_id, r.campaign_id",
            messages = of_months("reply_messages", "reply_messages"),
            more = more.join(" OR "),
            days_from = day("MIN", "days_from"),
            days_to = day("MAX", "days_to"),
            figures = figures.join(", "),
            ours = ours.join(", "),
            told = told.join(", "),
        );
        let mut campaigns = Vec::new();
        for row in self.fetch(&sql, values.into_params()).await? {
            campaigns.extend(lines(&row)?);
        }
        let sources = by_source(&campaigns);
        let weight =
            |line: &ReconciliationLine| (line.reason == Reason::Equal, -line.difference.unwrap_or(0).abs());
        campaigns.sort_by_key(weight);
        Ok(Reconciliation { sources, campaigns })
    }
}

/// What days add up to, out of their months.
fn of_months(day: &str, name: &str) -> String {
    format!("CAST(CASE WHEN SUM(p.{day}_known) > 0 THEN COALESCE(SUM(p.{day}), 0) END AS BIGINT) AS {name}")
}

/// A campaign's first or last stored day.
fn day(which: &str, name: &str) -> String {
    format!(
        "CAST((SELECT {which}(k.date) FROM daily_metrics AS k WHERE k.source_id = r.source_id \
         AND k.campaign_id = r.campaign_id) AS TEXT) AS {name}"
    )
}

fn lines(row: &DbRow) -> Result<Vec<ReconciliationLine>> {
    let facts = Facts {
        started_on: row.maybe_time("started_at")?.map(|at| at.strftime("%Y-%m-%d").to_string()),
        newest_event_at: row.maybe_time("newest_event_at")?,
        gaps: row.integer("gaps")?,
        messages: row.maybe_integer("reply_messages")?,
    };
    let mut lines = Vec::new();
    for metric in counts(METRICS).filter(|metric| metric.name != "total_delivered") {
        let figure = |side: &str| row.maybe_integer(&format!("{side}_{}", metric.name));
        let (ours, theirs, vendor) = (figure("ours")?, figure("theirs")?, figure("vendor")?);
        let mut line = line!(row => ReconciliationLine {
            source_id, platform, source_name, client_name, campaign_id, campaign_name, days_from, days_to,
            last_synced_at;
            metric: metric.name,
            ours: ours,
            theirs: theirs,
            difference: ours.zip(theirs).map(|(ours, theirs)| ours - theirs),
            reason: Reason::Equal,
            explanation: String::new(),
        });
        (line.reason, line.explanation) = why(&line, vendor, &facts);
        lines.push(line);
    }
    Ok(lines)
}

fn why(line: &ReconciliationLine, vendor: Option<i64>, facts: &Facts) -> (Reason, String) {
    let (Some(ours), Some(theirs)) = (line.ours, line.theirs) else {
        // Nothing happened, and no day tells of it.
        if line.theirs == Some(0) {
            return (Reason::Equal, String::new());
        }
        let who =
            if line.theirs.is_none() { "the service tells no such figure" } else { "no stored day tells it" };
        return (Reason::NotTold, who.to_owned());
    };
    let starts_late = match (&line.days_from, &facts.started_on) {
        (Some(first), Some(started)) => first > started,
        _ => true,
    };
    match ours - theirs {
        0 => (Reason::Equal, String::new()),
        _ if line.metric == "total_replied" && facts.messages == Some(theirs) => (
            Reason::PerMessage,
            format!(
                "the service counts {} messages, which came from {} leads",
                grouped(theirs),
                grouped(ours)
            ),
        ),
        more if more > 0 => {
            let read = line.last_synced_at;
            match facts.newest_event_at.zip(read) {
                Some((event, read)) if event > read => {
                    (Reason::LateEvents, format!("events up to {event} are in ours, the service was read {read}"))
                }
                _ if vendor == Some(theirs) => (
                    Reason::TimeZone,
                    "the service's own days add up to its figure; events of another day are in ours beside them"
                        .to_owned(),
                ),
                _ => (Reason::Unknown, format!("ours has {} more, and nothing stored says why", grouped(more))),
            }
        }
        less if starts_late => {
            let from = line.days_from.as_deref().unwrap_or("no day");
            (
                Reason::DaysNotCovered,
                format!(
                    "{} lie before the first stored day, {from}; more days: backfill_days",
                    grouped(-less)
                ),
            )
        }
        less if facts.gaps > 0 => (
            Reason::MissedDeliveries,
            format!("{} are missing; deliveries were missed in {} windows", grouped(-less), facts.gaps),
        ),
        less => (Reason::Unknown, format!("ours has {} less, and nothing stored says why", grouped(-less))),
    }
}

fn by_source(lines: &[ReconciliationLine]) -> Vec<SourceReconciliation> {
    let mut sources: Vec<SourceReconciliation> = Vec::new();
    for line in lines {
        let same = |source: &SourceReconciliation| {
            source.source_id == line.source_id && source.metric == line.metric
        };
        let place = sources.iter().position(same).unwrap_or_else(|| {
            sources.push(SourceReconciliation {
                source_id: line.source_id,
                source_name: line.source_name.clone(),
                metric: line.metric,
                campaigns: 0,
                equal: 0,
                ours: 0,
                theirs: 0,
                reasons: BTreeMap::new(),
            });
            sources.len() - 1
        });
        let source = &mut sources[place];
        *source.reasons.entry(line.reason).or_default() += 1;
        if let (Some(ours), Some(theirs)) = (line.ours, line.theirs) {
            source.campaigns += 1;
            source.equal += i64::from(ours == theirs);
            source.ours += ours;
            source.theirs += theirs;
        }
    }
    sources
}
