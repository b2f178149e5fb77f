//! Reports on campaigns: the `report_*` views, filtered, and taken together.
//!
//! There is one way: each campaign's figures, over its lifetime or over a period, are the base rows, and a group is their
//! sum. A campaign by itself is a group of one.

use atlas_model::{CALL_METRICS, Kind, METRICS, Metric, counts, rates};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::db::{DbRow, Flavour, Param, Store};
use crate::error::Result;
use crate::report_calls::CallsBy;
use crate::sql::cast;

/// Which part of the data a report is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this source, by name.
    pub source: Option<String>,
    /// Only this client, by name, in any case.
    pub client: Option<String>,
    /// Only these days; without it the figures are those of a lifetime.
    pub period: Option<Period>,
}

/// Days, both ends included, as the account counts its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// The metrics of the registry, summed. What is unknown is none.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    sums: Vec<Sum>,
    shares: Vec<Share>,
}

#[derive(Clone, Debug)]
struct Sum {
    name: &'static str,
    sum: Option<i64>,
    /// In how many campaigns and sub-sequences the figure is known whole.
    known: i64,
}

/// A rate's parts, each summed over what knows both.
#[derive(Clone, Debug)]
struct Share {
    name: &'static str,
    numerator: Option<i64>,
    denominator: Option<i64>,
}

impl Share {
    fn rate(&self) -> Option<f64> {
        let parts = self.numerator.zip(self.denominator).filter(|(_, below)| *below > 0);
        #[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
        parts.map(|(above, below)| above as f64 / below as f64)
    }
}

impl Figures {
    /// A sum.
    pub fn count(&self, name: &str) -> Option<i64> {
        self.sums.iter().find(|sum| sum.name == name)?.sum
    }

    /// In how many campaigns and sub-sequences a figure is known whole.
    pub fn known(&self, name: &str) -> i64 {
        self.sums.iter().find(|sum| sum.name == name).map_or(0, |sum| sum.known)
    }

    /// A rate.
    pub fn rate(&self, name: &str) -> Option<f64> {
        self.shares.iter().find(|share| share.name == name)?.rate()
    }

    /// Nothing is known.
    fn none(metrics: &'static [Metric]) -> Self {
        let sums = counts(metrics).map(|metric| Sum { name: metric.name, sum: None, known: 0 });
        let shares = rates(metrics).map(|(metric, ..)| Share {
            name: metric.name,
            numerator: None,
            denominator: None,
        });
        Self { sums: sums.collect(), shares: shares.collect() }
    }

    pub(crate) fn read(row: &DbRow, metrics: &'static [Metric]) -> Result<Self> {
        let sums = counts(metrics).map(|metric| {
            let known = row.maybe_integer(&format!("{}_known", metric.name))?.unwrap_or_default();
            Ok(Sum { name: metric.name, sum: row.maybe_integer(metric.name)?, known })
        });
        let shares = rates(metrics).map(|(metric, ..)| {
            let part = |which| row.maybe_integer(&format!("{}_{which}", metric.name));
            Ok(Share { name: metric.name, numerator: part("numerator")?, denominator: part("denominator")? })
        });
        Ok(Self { sums: sums.collect::<Result<_>>()?, shares: shares.collect::<Result<_>>()? })
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for sum in &self.sums {
            map.serialize_entry(sum.name, &sum.sum)?;
            map.serialize_entry(&format!("{}_known", sum.name), &sum.known)?;
        }
        for share in &self.shares {
            map.serialize_entry(share.name, &share.rate())?;
            map.serialize_entry(&format!("{}_numerator", share.name), &share.numerator)?;
            map.serialize_entry(&format!("{}_denominator", share.name), &share.denominator)?;
        }
        map.end()
    }
}

/// How well days carry the figures of a period.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Coverage {
    /// Days of campaigns in the figures.
    pub days: i64,
    /// Those among them that are estimated.
    pub days_estimated: i64,
    /// Campaigns and sub-sequences whose stored days do not reach over the whole period.
    pub campaigns_not_covered: i64,
    /// The first stored day of those.
    pub not_covered_before: Option<String>,
}

/// A campaign with its figures.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CampaignLine {
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
    /// Its status.
    pub status: Option<String>,
    /// The campaign it is a sub-sequence of.
    pub parent_campaign_id: Option<String>,
    /// When it was created.
    pub started_at: Option<Timestamp>,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
    /// Only for a period.
    #[serde(flatten)]
    pub coverage: Option<Coverage>,
    /// When the figures were last read.
    pub last_synced_at: Option<Timestamp>,
}

/// Campaigns taken together. Every rate stands beside its numerator and denominator.
#[derive(Clone, Debug, serde::Serialize)]
pub struct GroupLine {
    /// The source, the client, or nothing for the total.
    pub label: Option<String>,
    /// Campaigns, sub-sequences not counted.
    pub campaigns: i64,
    /// Sub-sequences.
    pub sub_sequences: i64,
    /// Campaigns and sub-sequences that run.
    pub campaigns_active: i64,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
    /// Only for a period.
    #[serde(flatten)]
    pub coverage: Option<Coverage>,
    /// The calls of the same source or client, if there are any.
    #[serde(flatten)]
    pub calls: Option<Figures>,
    /// The oldest reading among the figures.
    pub oldest_figure_at: Option<Timestamp>,
    /// The newest.
    pub newest_figure_at: Option<Timestamp>,
}

/// How campaigns are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// All in one line.
    Total,
    /// A line a source.
    BySource,
    /// A line a client.
    ByClient,
}

/// A filter's source and client.
pub(crate) const FILTER: &str = "(CAST($1 AS TEXT) IS NULL OR source_name = $1) \
                                 AND (CAST($2 AS TEXT) IS NULL OR lower(client_name) = lower($2))";

/// What tells one campaign from another, and what a reader wants to know of it.
const CAMPAIGN: &str = "source_id, platform, source_name, client_name, campaign_id, campaign_name, status, \
                        parent_campaign_id, started_at, last_synced_at";

impl Store {
    /// Campaigns, those with most e-mails first.
    pub async fn report_campaigns(&self, filter: &Filter) -> Result<Vec<CampaignLine>> {
        let rows = self.grouped(filter, CAMPAIGN, CAMPAIGN, "source_id, campaign_id").await?;
        rows.iter().map(|row| campaign_line(row, filter)).collect()
    }

    /// Campaigns taken together, the group with most e-mails first.
    pub async fn report_groups(&self, filter: &Filter, order: Order) -> Result<Vec<GroupLine>> {
        let (label, group) = match order {
            Order::Total => ("CAST(NULL AS TEXT) AS label", ""),
            Order::BySource => ("source_name AS label", "source_name"),
            Order::ByClient => ("client_name AS label", "client_name"),
        };
        let rows = self.grouped(filter, label, group, "label").await?;
        rows.iter().map(|row| group_line(row, filter)).collect()
    }

    /// Campaigns taken together, with the calls of the same source or client beside them; one that only calls is a line
    /// without campaigns.
    pub async fn report_groups_and_calls(&self, filter: &Filter, order: Order) -> Result<Vec<GroupLine>> {
        let by = match order {
            Order::Total => CallsBy::Total,
            Order::BySource => CallsBy::Source,
            Order::ByClient => CallsBy::Client,
        };
        let mut lines = self.report_groups(filter, order).await?;
        for calls in self.report_calls(filter, by).await?.into_iter().filter(|calls| calls.all > 0) {
            match lines.iter_mut().find(|line| line.label == calls.label) {
                Some(line) => line.calls = Some(calls.figures),
                None => lines.push(GroupLine {
                    label: calls.label,
                    campaigns: 0,
                    sub_sequences: 0,
                    campaigns_active: 0,
                    figures: Figures::none(METRICS),
                    coverage: None,
                    calls: Some(calls.figures),
                    oldest_figure_at: None,
                    newest_figure_at: None,
                }),
            }
        }
        // Every line of a table has the same columns.
        if lines.iter().any(|line| line.calls.is_some()) {
            for line in &mut lines {
                line.calls.get_or_insert_with(|| Figures::none(CALL_METRICS));
            }
        }
        Ok(lines)
    }

    /// The sums of the base rows by group, the most e-mails first.
    async fn grouped(&self, filter: &Filter, select: &str, group: &str, then: &str) -> Result<Vec<DbRow>> {
        let mut sums = vec![
            "COUNT(*) AS members".to_owned(),
            sum("CASE WHEN parent_campaign_id IS NULL THEN 0 ELSE 1 END", "sub_sequences"),
            sum("CASE WHEN status = 'active' THEN 1 ELSE 0 END", "campaigns_active"),
            "MIN(last_synced_at) AS oldest_figure_at, MAX(last_synced_at) AS newest_figure_at".to_owned(),
        ];
        for metric in counts(METRICS) {
            sums.extend(
                [metric.name.to_owned(), format!("{}_known", metric.name)].map(|name| sum(&name, &name)),
            );
        }
        for (metric, ..) in rates(METRICS) {
            let parts = ["numerator", "denominator"].map(|part| format!("{}_{part}", metric.name));
            sums.extend(parts.map(|name| sum(&name, &name)));
        }
        if filter.period.is_some() {
            sums.extend(["days", "days_estimated"].map(|name| sum(name, name)));
            sums.push(sum("1 - is_covered", "campaigns_not_covered"));
            sums.push(
                "CAST(MIN(CASE WHEN is_covered = 0 THEN days_read_from END) AS TEXT) AS not_covered_before"
                    .to_owned(),
            );
        }
        let group = if group.is_empty() { String::new() } else { format!("GROUP BY {group}") };
        let sql = format!(
            "{with} SELECT {select}, {sums} FROM figures WHERE {FILTER} {group} \
             ORDER BY total_sent DESC NULLS LAST, {then}",
            with = if filter.period.is_some() { of_period(self.flavour()) } else { of_lifetime() },
            sums = sums.join(", "),
        );
        let (source, client): (Param, Param) = (filter.source.clone().into(), filter.client.clone().into());
        match filter.period {
            None => self.fetch(&sql, [source, client]).await,
            Some(Period { from, to }) => {
                self.fetch(&sql, [source, client, from.to_string().into(), to.to_string().into()]).await
            }
        }
    }
}

pub(crate) fn sum(what: &str, name: &str) -> String {
    format!("CAST(SUM({what}) AS BIGINT) AS {name}")
}

/// The base rows of a lifetime: `figures`, a row a campaign, as the service counts.
fn of_lifetime() -> String {
    let mut columns = vec![CAMPAIGN.to_owned()];
    for metric in counts(METRICS) {
        columns.push(format!("{0}, CASE WHEN {0} IS NULL THEN 0 ELSE 1 END AS {0}_known", metric.name));
    }
    for (metric, above, below) in rates(METRICS) {
        columns.push(format!("CASE WHEN {below} IS NOT NULL THEN {above} END AS {}_numerator", metric.name));
        columns
            .push(format!("CASE WHEN {above} IS NOT NULL THEN {below} END AS {}_denominator", metric.name));
    }
    format!("WITH figures AS (SELECT {} FROM report_campaigns)", columns.join(", "))
}

/// The base rows of a period: `figures`, a row a campaign, summed from its days.
///
/// A campaign is covered when its days are known to hold all that happened in the period: when they add up to its
/// lifetime, or when every day of the period was read. A covered campaign without a day in the period
/// has 0 of what days of its source tell at all; a figure that lacks a day, or a part of the period, is not known whole.
fn of_period(flavour: Flavour) -> String {
    let [from, to] = ["$3", "$4"].map(|param| cast(flavour, Kind::Date, &format!("CAST({param} AS TEXT)")));
    let (mut told, mut told_by_source, mut within, mut figures) = (vec![], vec![], vec![], vec![]);
    for metric in counts(METRICS) {
        let (name, day) = (metric.name, metric.day.unwrap_or(metric.name));
        told.push(format!("COUNT({day}) AS {name}_told"));
        told_by_source.push(format!("SUM({name}_told) AS {name}_told"));
        within.push(format!("SUM({day}) AS {name}, COUNT({day}) AS {name}_days"));
        figures.push(format!(
            "CASE WHEN w.days IS NOT NULL THEN w.{name} WHEN c.is_covered = 1 AND s.{name}_told > 0 THEN 0 END AS {name}, \
             CASE WHEN c.is_covered = 0 THEN 0 WHEN w.days IS NULL AND s.{name}_told > 0 THEN 1 \
             WHEN w.{name}_days = w.days THEN 1 ELSE 0 END AS {name}_known"
        ));
    }
    for (metric, above, below) in rates(METRICS) {
        let of_day = |name: &'static str| {
            counts(METRICS).find(|one| one.name == name).and_then(|one| one.day).unwrap_or(name)
        };
        let (name, above, below) = (metric.name, of_day(above), of_day(below));
        within.push(format!("SUM(CASE WHEN {below} IS NOT NULL THEN {above} END) AS {name}_numerator"));
        within.push(format!("SUM(CASE WHEN {above} IS NOT NULL THEN {below} END) AS {name}_denominator"));
        figures.push(format!("w.{name}_numerator, w.{name}_denominator"));
    }
    format!(
        "WITH told AS (SELECT source_id, campaign_id, SUM(emails_sent) AS sent, {told} \
          FROM report_days GROUP BY source_id, campaign_id), \
         told_by_source AS (SELECT source_id, {told_by_source} FROM told GROUP BY source_id), \
         within AS (SELECT source_id, campaign_id, COUNT(*) AS days, \
          SUM(CASE WHEN is_estimated THEN 1 ELSE 0 END) AS days_estimated, {within} \
          FROM report_days WHERE date >= {from} AND date <= {to} GROUP BY source_id, campaign_id), \
         placed AS (SELECT r.*, k.days_read_from, CASE WHEN r.total_sent = 0 OR t.sent >= r.total_sent \
          OR (k.metrics_hash = k.seen_hash AND k.days_read_from <= {from} AND k.days_read_to >= {to}) THEN 1 ELSE 0 END AS is_covered \
          FROM report_campaigns AS r \
          JOIN campaigns AS k ON k.source_id = r.source_id AND k.external_id = r.campaign_id \
          LEFT JOIN told AS t ON t.source_id = r.source_id AND t.campaign_id = r.campaign_id), \
         figures AS (SELECT {campaign}, c.days_read_from, c.is_covered, COALESCE(w.days, 0) AS days, \
          COALESCE(w.days_estimated, 0) AS days_estimated, {figures} FROM placed AS c \
          LEFT JOIN within AS w ON w.source_id = c.source_id AND w.campaign_id = c.campaign_id \
          LEFT JOIN told_by_source AS s ON s.source_id = c.source_id)",
        told = told.join(", "),
        told_by_source = told_by_source.join(", "),
        within = within.join(", "),
        figures = figures.join(", "),
        campaign = CAMPAIGN.split(", ").map(|name| format!("c.{name}")).collect::<Vec<_>>().join(", "),
    )
}

fn coverage(row: &DbRow, filter: &Filter) -> Result<Option<Coverage>> {
    let count = |name| row.maybe_integer(name).map(Option::unwrap_or_default);
    Ok(match filter.period {
        None => None,
        Some(_) => Some(Coverage {
            days: count("days")?,
            days_estimated: count("days_estimated")?,
            campaigns_not_covered: count("campaigns_not_covered")?,
            not_covered_before: row.maybe_text("not_covered_before")?,
        }),
    })
}

fn campaign_line(row: &DbRow, filter: &Filter) -> Result<CampaignLine> {
    Ok(CampaignLine {
        source_id: row.integer("source_id")?,
        platform: row.text("platform")?,
        source_name: row.text("source_name")?,
        client_name: row.maybe_text("client_name")?,
        campaign_id: row.text("campaign_id")?,
        campaign_name: row.maybe_text("campaign_name")?,
        status: row.maybe_text("status")?,
        parent_campaign_id: row.maybe_text("parent_campaign_id")?,
        started_at: row.maybe_time("started_at")?,
        figures: Figures::read(row, METRICS)?,
        coverage: coverage(row, filter)?,
        last_synced_at: row.maybe_time("last_synced_at")?,
    })
}

fn group_line(row: &DbRow, filter: &Filter) -> Result<GroupLine> {
    let count = |name| row.maybe_integer(name).map(Option::unwrap_or_default);
    let sub_sequences = count("sub_sequences")?;
    Ok(GroupLine {
        label: row.maybe_text("label")?,
        campaigns: count("members")? - sub_sequences,
        sub_sequences,
        campaigns_active: count("campaigns_active")?,
        figures: Figures::read(row, METRICS)?,
        coverage: coverage(row, filter)?,
        calls: None,
        oldest_figure_at: row.maybe_time("oldest_figure_at")?,
        newest_figure_at: row.maybe_time("newest_figure_at")?,
    })
}
