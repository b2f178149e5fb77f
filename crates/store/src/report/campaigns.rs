//! Reports on campaigns: the `report_*` views, filtered, and taken together.
//!
//! There is one way: each campaign's figures, over its lifetime or over a period, are the base rows, and a group is their
//! sum. A campaign by itself is a group of one.

use std::collections::BTreeMap;

use atlas_model::{CALL_METRICS, METRICS, Months, Period, counts, rates, wilson};
use futures_util::future::try_join;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::calls::CallsBy;
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;
use crate::rollups::parts_of_day;
use crate::sources::Source;
use crate::sql::{sum, to_batch};

/// How well days carry the figures of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is run for.
    pub client_name: Option<String>,
    /// What says so: `hand`, `rule`, `source` (its client), `service`.
    pub client_because: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// The campaign it is a sub-sequence of.
    pub parent_campaign_id: Option<String>,
    /// Whose it is, by the service's id.
    pub owner_id: Option<String>,
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
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupLine {
    /// What they have in common; none for the total, and where it is unknown.
    pub label: Option<String>,
    /// The source's number, by source and by campaign.
    pub source_id: Option<i64>,
    /// The service's id, by campaign.
    pub campaign_id: Option<String>,
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

/// A campaign's rate.
pub(crate) struct CampaignRate {
    pub(crate) source_id: i64,
    pub(crate) campaign_id: String,
    pub(crate) campaign_name: Option<String>,
    pub(crate) total_sent: Option<i64>,
    /// What stands above and below its line, if both are known and there is something below.
    pub(crate) parts: Option<(i64, i64)>,
}

/// How campaigns are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// All in one.
    None,
    /// The client.
    Client,
    /// The service.
    Platform,
    /// The source.
    Source,
    /// Each campaign by itself.
    Campaign,
}

impl GroupBy {
    /// Whether it takes sources whole, so that their own sums will do.
    pub(crate) const fn is_of_sources(self) -> bool {
        matches!(self, Self::None | Self::Platform | Self::Source)
    }

    /// The columns of a view by which rows are taken together, as `label`, `of_source`, `of_campaign`.
    pub(crate) const fn columns(self) -> [&'static str; 3] {
        const NONE: &str = "CAST(NULL AS TEXT)";
        const NUMBER: &str = "CAST(NULL AS BIGINT)";
        match self {
            Self::None => [NONE, NUMBER, NONE],
            Self::Client => ["client_name", NUMBER, NONE],
            Self::Platform => ["platform", NUMBER, NONE],
            Self::Source => ["source_name", "source_id", NONE],
            Self::Campaign => ["COALESCE(campaign_name, campaign_id)", "source_id", "campaign_id"],
        }
    }
}

/// Which campaigns come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignOrder {
    /// Those with most e-mails.
    MostSent,
    /// Those whose reply rate is surely high: by the lower end of its 95 % interval (Wilson).
    BestReplyRate,
    /// Those whose reply rate is surely low: by the upper end.
    WorstReplyRate,
}

/// Of fewer e-mails a rate says little: such campaigns come behind the others.
const ENOUGH: i64 = 100;

/// What tells one campaign from another, and what a reader wants to know of it.
const CAMPAIGN: &str = "source_id, platform, source_name, client_name, client_because, campaign_id, campaign_name, status, \
                        parent_campaign_id, owner_id, started_at, last_synced_at";

impl Store {
    /// Campaigns, those with most e-mails first.
    pub async fn report_campaigns(&self, filter: &Filter) -> Result<Vec<CampaignLine>> {
        self.report_first_campaigns(filter, CampaignOrder::MostSent, None).await
    }

    /// The same in an order, so many of them at most.
    pub async fn report_first_campaigns(
        &self,
        filter: &Filter,
        order: CampaignOrder,
        limit: Option<usize>,
    ) -> Result<Vec<CampaignLine>> {
        let line = |row: &DbRow| campaign_line(row, filter);
        let lines = Lines { select: CAMPAIGN, group: CAMPAIGN, then: "source_id, campaign_id" };
        let heard = self.heard(filter).await?;
        let mut values = Values::new(self.flavour());
        if order == CampaignOrder::MostSent {
            let limit = limit.map(|limit| format!(" LIMIT {}", values.put(limit))).unwrap_or_default();
            let sql = grouped(filter, heard, None, &lines, &mut values) + &limit;
            return self.fetch(&sql, values.into_params()).await?.iter().map(line).collect();
        }
        let first = self.by_reply_rate(filter, order, limit).await?;
        let keys = first.iter().map(|(source, campaign)| json!({"source": source, "campaign": campaign}));
        let keys = to_batch(&keys.collect::<Vec<_>>());
        let sql = grouped(filter, heard, Some(keys), &lines, &mut values);
        let rows = self.fetch(&sql, values.into_params()).await?;
        let mut lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
        let places: BTreeMap<_, _> = first.into_iter().zip(0..).collect();
        lines.sort_by_key(|line| places.get(&(line.source_id, line.campaign_id.clone())).copied());
        Ok(lines)
    }

    /// The key of a campaign that a filter leaves, if there is one.
    pub async fn campaign_of(&self, filter: &Filter) -> Result<Option<(i64, String)>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let sql = format!(
            "SELECT source_id, campaign_id FROM report_campaigns WHERE {condition} ORDER BY source_id, campaign_id LIMIT 1"
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        rows.first().map(|row| Ok((row.integer("source_id")?, row.text("campaign_id")?))).transpose()
    }

    /// The keys of campaigns by how surely their reply rate is high or low.
    async fn by_reply_rate(
        &self,
        filter: &Filter,
        order: CampaignOrder,
        limit: Option<usize>,
    ) -> Result<Vec<(i64, String)>> {
        let mut ranked = Vec::new();
        for line in self.campaign_rates(filter, "reply_rate").await? {
            let rate = line.parts.filter(|(_, sent)| *sent >= ENOUGH);
            let rate = rate.and_then(|(hits, sent)| wilson(hits, sent));
            let place = rate.map_or(f64::INFINITY, |rate| match order {
                CampaignOrder::WorstReplyRate => rate.high,
                _ => -rate.low,
            });
            ranked.push((place, (line.source_id, line.campaign_id)));
        }
        ranked.sort_by(|(one, first), (two, second)| one.total_cmp(two).then_with(|| first.cmp(second)));
        ranked.truncate(limit.unwrap_or(usize::MAX));
        Ok(ranked.into_iter().map(|(_, key)| key).collect())
    }

    /// Of each campaign a rate alone: of a large account the other figures take longer to hand over than to add up.
    pub(crate) async fn campaign_rates(&self, filter: &Filter, rate: &str) -> Result<Vec<CampaignRate>> {
        let mut values = Values::new(self.flavour());
        let select = "source_id, campaign_id, campaign_name";
        let then = "source_id, campaign_id";
        let lines = Lines { select, group: select, then };
        let sql = format!(
            "SELECT {select}, total_sent, {rate}_numerator AS above, {rate}_denominator AS below FROM ({}) AS g \
             ORDER BY total_sent DESC NULLS LAST, {then}",
            grouped(filter, self.heard(filter).await?, None, &lines, &mut values)
        );
        let read = |row: &DbRow| {
            let parts = row.maybe_integer("above")?.zip(row.maybe_integer("below")?);
            Ok(line!(row => CampaignRate {
                source_id, campaign_id, campaign_name, total_sent; parts: parts.filter(|(_, below)| *below > 0),
            }))
        };
        self.fetch(&sql, values.into_params()).await?.iter().map(read).collect()
    }

    /// Campaigns taken together, the group with most e-mails first.
    pub async fn report_groups(&self, filter: &Filter, by: GroupBy) -> Result<Vec<GroupLine>> {
        let [label, of_source, of_campaign] = by.columns();
        let select = format!("{label} AS label, {of_source} AS of_source, {of_campaign} AS of_campaign");
        let group = if by == GroupBy::None { "" } else { "1, 2, 3" };
        let mut values = Values::new(self.flavour());
        let lines = Lines { select: &select, group, then: "label NULLS LAST, of_source, of_campaign" };
        let sql = grouped(filter, self.heard(filter).await?, None, &lines, &mut values);
        let rows = self.fetch(&sql, values.into_params()).await?;
        rows.iter().map(|row| group_line(row, filter)).collect()
    }

    /// The numbers of the sources that were read whole since a filter's period began: as a batch.
    async fn heard(&self, filter: &Filter) -> Result<String> {
        let Some(period) = filter.period else { return Ok(String::new()) };
        let is_heard = |source: &Source| {
            let zone = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
            let began = period.from.to_zoned(zone).ok().map(|began| began.timestamp());
            source.last_sync_at.zip(began).is_some_and(|(read, began)| read >= began)
        };
        let ids = self.sources().await?.into_iter().filter(is_heard).map(|source| json!(source.id));
        Ok(to_batch(&ids.collect::<Vec<_>>()))
    }

    /// Campaigns taken together, with the calls of the same source or client beside them; one that only calls is a line
    /// without campaigns.
    pub async fn report_groups_and_calls(&self, filter: &Filter, by: GroupBy) -> Result<Vec<GroupLine>> {
        let calls = match by {
            GroupBy::None => Some(CallsBy::Total),
            GroupBy::Client => Some(CallsBy::Client),
            GroupBy::Platform => Some(CallsBy::Platform),
            GroupBy::Source => Some(CallsBy::Source),
            // A call belongs to no campaign.
            GroupBy::Campaign => None,
        };
        let calls = async {
            match calls {
                Some(calls) => self.report_calls(filter, calls).await,
                None => Ok(Vec::new()),
            }
        };
        let (mut lines, calls) = try_join(self.report_groups(filter, by), calls).await?;
        for calls in calls.into_iter().filter(|calls| calls.all > 0) {
            match lines.iter_mut().find(|line| line.label == calls.label) {
                Some(line) => line.calls = Some(calls.figures),
                None => lines.push(GroupLine {
                    label: calls.label,
                    source_id: None,
                    campaign_id: None,
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
}

/// How base rows become lines.
struct Lines<'a> {
    select: &'a str,
    group: &'a str,
    /// What orders those with as many e-mails.
    then: &'a str,
}

/// The statement of the sums of the base rows by group, the most e-mails first; of the campaigns of a batch alone, if there
/// is one.
fn grouped(
    filter: &Filter,
    heard: String,
    only: Option<String>,
    &Lines { select, group, then }: &Lines<'_>,
    values: &mut Values,
) -> String {
    let mut sums = vec![
        "COUNT(*) AS members".to_owned(),
        sum("CASE WHEN parent_campaign_id IS NULL THEN 0 ELSE 1 END", "sub_sequences"),
        sum("CASE WHEN status = 'active' THEN 1 ELSE 0 END", "campaigns_active"),
        "MIN(last_synced_at) AS oldest_figure_at, MAX(last_synced_at) AS newest_figure_at".to_owned(),
    ];
    for metric in counts(METRICS) {
        sums.extend([metric.name.to_owned(), format!("{}_known", metric.name)].map(|name| sum(&name, &name)));
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
    let mut condition = values.of_campaign(filter);
    if let Some(only) = only {
        let batch = values.batch(only);
        condition.push_str(&format!(
            " AND (source_id, campaign_id) IN (SELECT CAST(value ->> 'source' AS BIGINT), value ->> 'campaign' FROM {batch})"
        ));
    }
    let base = match filter.period {
        None => of_lifetime(&condition),
        Some(period) => of_period(&condition, period, heard, values),
    };
    let group = if group.is_empty() { String::new() } else { format!("GROUP BY {group}") };
    format!(
        "{base} SELECT {select}, {sums} FROM figures {group} ORDER BY total_sent DESC NULLS LAST, {then}",
        sums = sums.join(", "),
    )
}

/// The base rows of a lifetime: `figures`, a row a campaign, as the service counts.
fn of_lifetime(condition: &str) -> String {
    let mut columns = vec![CAMPAIGN.to_owned()];
    for metric in counts(METRICS) {
        columns.push(format!("{0}, CASE WHEN {0} IS NULL THEN 0 ELSE 1 END AS {0}_known", metric.name));
    }
    for (metric, ..) in rates(METRICS) {
        columns.push(format!("{0}_numerator, {0}_denominator", metric.name));
    }
    format!("WITH figures AS (SELECT {} FROM report_campaigns WHERE {condition})", columns.join(", "))
}

/// The base rows of a period: `figures`, a row a campaign, summed from its days; from its months where all of one is meant.
///
/// A campaign is covered when its days are known to hold all that happened in the period: when they add up to its
/// lifetime, or when every day of the period was read. A covered campaign without a day in the period
/// has 0 of what days of its source tell at all, if anything was heard of that since the period began; a figure that lacks a
/// day, or a part of the period, is not known whole.
fn of_period(condition: &str, period: Period, heard: String, values: &mut Values) -> String {
    let (from, to) = (values.put_day(period.from), values.put_day(period.to));
    let heard = format!(
        "d.id IN (SELECT CAST(value AS BIGINT) FROM {}) OR EXISTS (SELECT 1 FROM source_days AS q \
         WHERE q.source_id = d.id AND q.date >= {from})",
        values.batch(heard)
    );
    let (mut told_by_source, mut within, mut figures) = (vec![], vec![], vec![]);
    for metric in counts(METRICS) {
        let (name, day) = (metric.name, metric.day.unwrap_or(metric.name));
        // Found on one of the first days, as a rule: nothing is added up for it.
        told_by_source.push(format!(
            "CASE WHEN (SELECT 1 FROM source_days AS q WHERE q.source_id = d.id AND d.is_heard = 1 AND q.{day}_known > 0 \
             ORDER BY q.source_id, q.date LIMIT 1) IS NULL THEN 0 ELSE 1 END AS {name}_told"
        ));
        within.push(format!(
            "CASE WHEN SUM({day}_known) > 0 THEN COALESCE(SUM({day}), 0) END AS {name}, \
             COALESCE(SUM({day}_known), 0) AS {name}_days"
        ));
        figures.push(format!(
            "CASE WHEN w.days IS NOT NULL THEN w.{name} WHEN c.is_covered = 1 AND s.{name}_told > 0 THEN 0 END AS {name}, \
             CASE WHEN c.is_covered = 0 THEN 0 WHEN w.days IS NULL AND s.{name}_told > 0 THEN 1 \
             WHEN w.{name}_days = w.days THEN 1 ELSE 0 END AS {name}_known"
        ));
    }
    for (metric, ..) in rates(METRICS) {
        let name = metric.name;
        for part in ["numerator", "denominator"].map(|part| format!("{name}_{part}")) {
            within
                .push(format!("CASE WHEN SUM({name}_known) > 0 THEN COALESCE(SUM({part}), 0) END AS {part}"));
            figures.push(format!("w.{part}"));
        }
    }
    format!(
        "WITH wanted AS MATERIALIZED (SELECT {CAMPAIGN}, total_sent FROM report_campaigns WHERE {condition}), \
         told_by_source AS MATERIALIZED (SELECT d.id AS source_id, {told_by_source} FROM (SELECT d.id, \
          CASE WHEN {heard} THEN 1 ELSE 0 END AS is_heard FROM data_sources AS d) AS d), \
         pieces AS ({pieces}), \
         within AS MATERIALIZED (SELECT source_id, campaign_id, SUM(days) AS days, COALESCE(SUM(days_estimated), 0) AS days_estimated, \
          {within} FROM pieces GROUP BY source_id, campaign_id), \
         placed AS MATERIALIZED (SELECT r.*, k.days_read_from, CASE WHEN r.total_sent = 0 \
          OR (k.metrics_hash = k.seen_hash AND k.days_read_from <= {from} AND k.days_read_to >= {to}) \
          OR (SELECT SUM(t.emails_sent) FROM campaign_months AS t WHERE t.source_id = r.source_id \
          AND t.campaign_id = r.campaign_id) >= r.total_sent THEN 1 ELSE 0 END AS is_covered FROM wanted AS r \
          JOIN campaigns AS k ON k.source_id = r.source_id AND k.external_id = r.campaign_id), \
         figures AS (SELECT {campaign}, c.days_read_from, c.is_covered, COALESCE(w.days, 0) AS days, \
          COALESCE(w.days_estimated, 0) AS days_estimated, {figures} FROM placed AS c \
          LEFT JOIN within AS w ON w.source_id = c.source_id AND w.campaign_id = c.campaign_id \
          LEFT JOIN told_by_source AS s ON s.source_id = c.source_id)",
        told_by_source = told_by_source.join(", "),
        pieces = pieces(period, values),
        within = within.join(", "),
        figures = figures.join(", "),
        campaign = CAMPAIGN.split(", ").map(|name| format!("c.{name}")).collect::<Vec<_>>().join(", "),
    )
}

/// What a period's figures are added up from: months that lie in it whole, and the days before and after them. Each
/// campaign's are looked up by its key.
fn pieces(period: Period, values: &mut Values) -> String {
    let parts = parts_of_day();
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    let of_day: Vec<String> = parts.iter().map(|(name, part)| format!("{part} AS {name}")).collect();
    let Months { whole, before, after } = period.months();
    let mut pieces = Vec::new();
    if let Some((first, last)) = whole {
        let [first, last] = [first, last].map(|day| values.put(day.strftime("%Y-%m").to_string()));
        pieces.push(format!(
            "SELECT p.source_id, p.campaign_id, {} FROM wanted AS v CROSS JOIN campaign_months AS p \
             WHERE p.source_id = v.source_id AND p.campaign_id = v.campaign_id AND p.month >= {first} AND p.month <= {last}",
            names.iter().map(|name| format!("p.{name}")).collect::<Vec<_>>().join(", "),
        ));
    }
    for days in [before, after].into_iter().flatten() {
        pieces.push(format!(
            "SELECT m.source_id, m.campaign_id, {} FROM wanted AS v CROSS JOIN daily_metrics AS m \
             WHERE m.source_id = v.source_id AND m.campaign_id = v.campaign_id AND {}",
            of_day.join(", "),
            values.within("m.date", Some(days)),
        ));
    }
    pieces.join(" UNION ALL ")
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
    Ok(line!(row => CampaignLine {
        source_id, platform, source_name, client_name, client_because, campaign_id, campaign_name, status, parent_campaign_id,
        owner_id, started_at, last_synced_at;
        figures: Figures::read(row, METRICS)?,
        coverage: coverage(row, filter)?,
    }))
}

fn group_line(row: &DbRow, filter: &Filter) -> Result<GroupLine> {
    let count = |name| row.maybe_integer(name).map(Option::unwrap_or_default);
    let sub_sequences = count("sub_sequences")?;
    Ok(line!(row => GroupLine {
        label, oldest_figure_at, newest_figure_at;
        source_id: row.maybe_integer("of_source")?,
        campaign_id: row.maybe_text("of_campaign")?,
        campaigns: count("members")? - sub_sequences,
        sub_sequences: sub_sequences,
        campaigns_active: count("campaigns_active")?,
        figures: Figures::read(row, METRICS)?,
        coverage: coverage(row, filter)?,
        calls: None,
    }))
}
