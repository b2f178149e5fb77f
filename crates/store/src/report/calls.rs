//! Reports on calls.
//!
//! Days and hours are the account's local ones, or those of the zone that is asked for. Where its clock stands how far from UTC goes along with the question, so
//! both databases count alike and another time zone holds at once.

use atlas_model::{CALL_METRICS, Kind, Metric, Period, counts, rates, utc_text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::db::{Flavour, Store};
use crate::error::Result;
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::sql::{batch, cast, sum, to_batch};

/// Calls or people taken together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Part {
    /// What they have in common; none where that is unknown.
    pub label: Option<String>,
    /// Calls, or people.
    pub all: i64,
    /// People who are in more than one campaign of the client; calls have none.
    pub in_several_campaigns: i64,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How calls are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallsBy {
    /// All in one.
    Total,
    /// The service.
    Platform,
    /// The account.
    Source,
    /// Whom they were made for.
    Client,
    /// Who made them.
    Caller,
    /// The hour of the account's day, as 09.
    Hour,
    /// What came of them.
    Disposition,
}

impl CallsBy {
    /// What a call's line is called, from a row of the view and its hour.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Total => "CAST(NULL AS TEXT)",
            Self::Platform => "platform",
            Self::Source => "source_name",
            Self::Client => "client_name",
            Self::Caller => "caller_name",
            Self::Hour => "CASE WHEN hour < 10 THEN '0' || CAST(hour AS TEXT) ELSE CAST(hour AS TEXT) END",
            Self::Disposition => "disposition_normal",
        }
    }
}

/// Local days and hours are known between these.
const FIRST: Date = Date::constant(2010, 1, 1);
const LAST: Date = Date::constant(2049, 12, 31);

impl Store {
    /// Calls taken together.
    pub async fn report_calls(&self, filter: &Filter, by: CallsBy) -> Result<Vec<Part>> {
        let label = by.label();
        let order = match by {
            CallsBy::Hour => "label NULLS LAST",
            _ => "dials DESC NULLS LAST, label NULLS LAST",
        };
        let hour = hour(self.flavour());
        let mut values = Values::new(self.flavour());
        let slices = self.slices(&mut values, filter, "v.started_at").await?;
        let condition = of_calls(&mut values, filter);
        let sql = format!(
            "WITH calls AS (SELECT v.*, {hour} AS hour FROM report_calls AS v {slices} WHERE {condition}), \
             line AS (SELECT {label} AS label, 0 AS in_several, calls.*, {shares} FROM calls) {sums} ORDER BY {order}",
            shares = shares(CALL_METRICS),
            sums = sums(CALL_METRICS, if by == CallsBy::Total { &[] } else { &["label"] }),
        );
        self.parts(&sql, values, CALL_METRICS).await
    }

    async fn parts(&self, sql: &str, values: Values, metrics: &'static [Metric]) -> Result<Vec<Part>> {
        let rows = self.fetch(sql, values.into_params()).await?;
        let parts = rows.iter().map(|row| {
            Ok(Part {
                label: row.maybe_text("label")?,
                all: row.integer("members")?,
                in_several_campaigns: row.maybe_integer("in_several")?.unwrap_or_default(),
                figures: Figures::read(row, metrics)?,
            })
        });
        parts.collect()
    }

    /// Joins each row `v` to the piece of its source's days that its instant lies in, as `z`. A lifetime keeps rows whose
    /// instant is unknown too.
    pub(crate) async fn slices(&self, values: &mut Values, filter: &Filter, at: &str) -> Result<String> {
        let (from, to) =
            filter.period.map_or((FIRST, LAST), |Period { from, to }| (from.max(FIRST), to.min(LAST)));
        let mut all = Vec::new();
        for source in self.sources().await? {
            let zone = filter.zone.clone().or_else(|| TimeZone::get(&source.time_zone).ok());
            let zone = zone.unwrap_or(TimeZone::UTC);
            for (since, until, offset_s) in spans(&zone, from, to) {
                all.push(json!({"source_id": source.id, "since": utc_text(since), "until": utc_text(until),
                                "offset_s": offset_s}));
            }
        }
        let flavour = self.flavour();
        let time = |name: &str| cast(flavour, Kind::Timestamp, &format!("value ->> '{name}'"));
        Ok(format!(
            "{left} JOIN (SELECT CAST(value ->> 'source_id' AS BIGINT) AS of_source, {since} AS since, {until} AS until, \
             CAST(value ->> 'offset_s' AS BIGINT) AS offset_s FROM {rows}) AS z \
             ON z.of_source = v.source_id AND {at} >= z.since AND {at} < z.until",
            left = if filter.period.is_some() { "" } else { "LEFT" },
            since = time("since"),
            until = time("until"),
            rows = batch(flavour, &values.put(to_batch(&all))),
        ))
    }

    /// The same where nothing but the period is asked of them: a lifetime leaves out none.
    pub(crate) async fn slices_of_period(
        &self,
        values: &mut Values,
        filter: &Filter,
        at: &str,
    ) -> Result<String> {
        match filter.period {
            None => Ok(String::new()),
            Some(_) => self.slices(values, filter, at).await,
        }
    }
}

/// Calls belong to accounts and clients; those of some campaigns are those of the people in them.
pub(crate) fn of_calls(values: &mut Values, filter: &Filter) -> String {
    if !filter.is_of_campaigns() {
        return values.of_source(filter);
    }
    // The account is the campaign's, not the one that dials.
    let client = Filter { client: filter.client.clone(), ..Filter::default() };
    let condition = values.of_source(&client);
    let campaigns = values.of_campaign(filter);
    format!(
        "{condition} AND person_key IN (SELECT e.person_key FROM enrollments AS e JOIN (SELECT source_id AS id, \
         campaign_id FROM report_campaigns WHERE {campaigns}) AS r ON e.source_id = r.id \
         AND e.campaign_id = r.campaign_id WHERE e.person_key IS NOT NULL)"
    )
}

/// The local day of an instant, where it is known.
pub(crate) fn local_day(at: Timestamp, zone: &TimeZone) -> Option<Date> {
    Some(at.to_zoned(zone.clone()).date()).filter(|day| (FIRST..=LAST).contains(day))
}

/// The days from the first to the last, in pieces in which the clock stands equally far from UTC.
fn spans(zone: &TimeZone, from: Date, to: Date) -> Vec<(Timestamp, Timestamp, i32)> {
    let midnight = |day: Date| day.to_zoned(zone.clone()).map(|at| at.timestamp());
    let (Ok(mut since), Ok(end)) = (midnight(from), midnight(to.saturating_add(1.day()))) else {
        return Vec::new();
    };
    let mut spans = Vec::new();
    for change in
        zone.following(since).map(|change| change.timestamp()).take_while(|at| *at < end).chain([end])
    {
        spans.push((since, change, zone.to_offset(since).seconds()));
        since = change;
    }
    spans
}

pub(crate) fn hour(flavour: Flavour) -> String {
    format!("(({} + z.offset_s) / 3600) % 24", epoch(flavour, "v.started_at"))
}

pub(crate) fn epoch(flavour: Flavour, at: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("CAST(strftime('%s', {at}) AS BIGINT)"),
        Flavour::Postgres => format!("CAST(FLOOR(EXTRACT(EPOCH FROM {at})) AS BIGINT)"),
    }
}

pub(crate) fn seconds(flavour: Flavour, later: &str, earlier: &str) -> String {
    format!("({} - {})", epoch(flavour, later), epoch(flavour, earlier))
}

/// A line's part in each rate: only where both sides are known.
pub(crate) fn shares(metrics: &'static [Metric]) -> String {
    let shares = rates(metrics).map(|(metric, above, below)| {
        format!(
            "CASE WHEN {below} IS NOT NULL THEN {above} END AS {0}_numerator, \
             CASE WHEN {above} IS NOT NULL THEN {below} END AS {0}_denominator",
            metric.name
        )
    });
    shares.collect::<Vec<_>>().join(", ")
}

pub(crate) fn sums(metrics: &'static [Metric], groups: &[&str]) -> String {
    let mut columns = vec!["COUNT(*) AS members".to_owned(), sum("in_several", "in_several")];
    for metric in counts(metrics) {
        columns.push(format!("{}, COUNT({1}) AS {1}_known", sum(metric.name, metric.name), metric.name));
    }
    for (metric, ..) in rates(metrics) {
        for part in ["numerator", "denominator"] {
            let name = format!("{}_{part}", metric.name);
            columns.push(format!("CAST(SUM({name}) AS BIGINT) AS {name}"));
        }
    }
    // All in one have no label, and are there even if there are none.
    let (label, group) = match groups.join(", ") {
        all if all.is_empty() => ("CAST(NULL AS TEXT) AS label".to_owned(), String::new()),
        some => (some.clone(), format!(" GROUP BY {some}")),
    };
    format!("SELECT {label}, {} FROM line{group}", columns.join(", "))
}
