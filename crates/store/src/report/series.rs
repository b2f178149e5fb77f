//! Figures over time: by day, week or month, for all or for each group.

use atlas_model::{METRICS, Metric, counts, rates};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::{Flavour, Store};
use crate::error::Result;
use crate::report::campaigns::GroupBy;
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;
use crate::sql::sum;

/// How long each point of a series lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// A day of the account.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

/// The figures of a day, week or month. One in which no day is stored is not there: that is unknown, not 0.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// Its first day, as `2026-11-23`.
    #[schema(format = Date)]
    pub date: String,
    /// What its campaigns have in common; none where they are not taken apart, and where it is unknown.
    pub label: Option<String>,
    /// The source's number, by source and by campaign.
    pub source_id: Option<i64>,
    /// The service's id, by campaign.
    pub campaign_id: Option<String>,
    /// Days of campaigns in it.
    pub days: i64,
    /// Those among them that are estimated.
    pub days_estimated: i64,
    /// See the metric registry; known says on how many days of campaigns.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Store {
    /// Figures over time, the oldest first.
    pub async fn report_series(
        &self,
        filter: &Filter,
        granularity: Granularity,
        by: GroupBy,
    ) -> Result<Vec<SeriesPoint>> {
        let mut values = Values::new(self.flavour());
        let [label, of_source, of_campaign] = by.columns();
        let is_of_sources = filter.is_of_sources() && by.is_of_sources();
        let (condition, days, estimated, view) = if is_of_sources {
            (values.of_account(filter), "days", "days_estimated", "report_source_days")
        } else {
            (values.of_campaign(filter), "1", "CASE WHEN is_estimated THEN 1 ELSE 0 END", "report_days")
        };
        let within = values.within("date", filter.period);
        let sql = format!(
            "SELECT CAST({start} AS TEXT) AS start, {label} AS label, {of_source} AS of_source, \
             {of_campaign} AS of_campaign, {days}, {estimated}, {sums} FROM {view} \
             WHERE {condition} AND {within} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2 NULLS LAST, 3, 4",
            start = start(self.flavour(), granularity),
            days = sum(days, "days"),
            estimated = sum(estimated, "days_estimated"),
            sums = of_days(METRICS, is_of_sources).join(", "),
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let point = |row| {
            Ok(line!(row => SeriesPoint {
                label, days, days_estimated;
                date: row.text("start")?,
                source_id: row.maybe_integer("of_source")?,
                campaign_id: row.maybe_text("of_campaign")?,
                figures: Figures::read(row, METRICS)?,
            }))
        };
        rows.iter().map(point).collect()
    }
}

/// The first day of the piece of time that a day lies in.
fn start(flavour: Flavour, granularity: Granularity) -> &'static str {
    match (granularity, flavour) {
        (Granularity::Day, _) => "date",
        (Granularity::Week, Flavour::Sqlite) => "date(date, '-6 days', 'weekday 1')",
        (Granularity::Week, Flavour::Postgres) => "CAST(date_trunc('week', CAST(date AS TIMESTAMP)) AS DATE)",
        (Granularity::Month, Flavour::Sqlite) => "substr(date, 1, 7) || '-01'",
        (Granularity::Month, Flavour::Postgres) => {
            "CAST(date_trunc('month', CAST(date AS TIMESTAMP)) AS DATE)"
        }
    }
}

/// The registry's sums over rows of days: of campaigns, or of whole sources, which tell on how many a figure is known.
fn of_days(metrics: &'static [Metric], is_of_sources: bool) -> Vec<String> {
    let mut sums = Vec::new();
    for metric in counts(metrics) {
        let (name, day) = (metric.name, metric.day.unwrap_or(metric.name));
        let known = if is_of_sources {
            format!("{day}_known")
        } else {
            format!("CASE WHEN {day} IS NULL THEN 0 ELSE 1 END")
        };
        sums.extend([sum(day, name), sum(&known, &format!("{name}_known"))]);
    }
    for (metric, ..) in rates(metrics) {
        for part in ["numerator", "denominator"].map(|part| format!("{}_{part}", metric.name)) {
            sums.push(sum(&part, &part));
        }
    }
    sums
}
