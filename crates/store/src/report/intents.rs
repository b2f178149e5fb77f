//! Replies by what they want.
//!
//! Whole months of campaigns whose sums are good are added up already (see [`crate::campaign_sums`]); what else there is is
//! counted one by one.

use std::collections::BTreeSet;

use atlas_model::{Months, Period};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::campaign_sums::{Campaign, batch_of, summed_and_others};
use crate::counting::IS_OURS;
use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::campaigns::GroupBy;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;
use crate::sql::sum;

/// Replies of one category.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IntentLine {
    /// What their campaigns have in common; none where they are not taken apart, and where it is unknown.
    pub label: Option<String>,
    /// The source's number, by source and by campaign.
    pub source_id: Option<i64>,
    /// The service's id, by campaign.
    pub campaign_id: Option<String>,
    /// What they want; none where nobody knows.
    pub reply_category: Option<String>,
    /// How many there are.
    pub replies: i64,
    /// Those that the service or a person sorted.
    pub told: i64,
    /// Those that a person should look at.
    pub needs_review: i64,
}

impl Store {
    /// Replies by what they want, the most frequent first.
    pub async fn report_intents(&self, filter: &Filter, by: GroupBy) -> Result<Vec<IntentLine>> {
        let mut seen = self.snapshot().await?;
        // Whether sums are good matters to whole months alone.
        let campaigns = match filter.period.is_none_or(|period| period.months().whole.is_some()) {
            true => summed_and_others(&mut seen, filter).await?,
            false => <[BTreeSet<Campaign>; 2]>::default(),
        };
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let [label, of_source, of_campaign] = by.columns();
        let sql = format!(
            "WITH wanted AS MATERIALIZED (SELECT source_id AS of_wanted, campaign_id AS wanted_campaign, {label} AS label, \
              {of_source} AS of_source, {of_campaign} AS of_campaign FROM report_campaigns WHERE {condition}), \
             sorted AS ({sorted}), \
             counted AS (SELECT s.reply_category, w.label, w.of_source, w.of_campaign, {counts} FROM sorted AS s \
              JOIN wanted AS w ON w.of_wanted = s.source_id AND w.wanted_campaign = s.campaign_id GROUP BY 1, 2, 3, 4) \
             SELECT * FROM counted WHERE replies > 0 \
             ORDER BY replies DESC, label NULLS LAST, of_source, of_campaign, reply_category NULLS LAST",
            sorted = sorted(&mut values, filter, &campaigns).join(" UNION ALL "),
            counts =
                ["replies", "told", "needs_review"].map(|name| sum(&format!("s.{name}"), name)).join(", "),
        );
        let read = |row: &DbRow| {
            Ok(line!(row => IntentLine {
                label, reply_category, replies, told, needs_review;
                source_id: row.maybe_integer("of_source")?,
                campaign_id: row.maybe_text("of_campaign")?,
            }))
        };
        seen.fetch(&sql, values.into_params()).await?.iter().map(read).collect()
    }
}

/// The statements that tell a filter's replies by campaign and category.
fn sorted(values: &mut Values, filter: &Filter, [summed, others]: &[BTreeSet<Campaign>; 2]) -> Vec<String> {
    let of_all = if filter.is_of_sources() { None } else { Some("wanted") };
    if summed.is_empty() {
        return one_by_one(values, filter, filter.period, of_all).into();
    }
    let Months { whole, before, after } = match filter.period {
        Some(period) => period.months(),
        None => Months { whole: Some((Date::MIN, Date::MAX)), before: None, after: None },
    };
    let mut sorted = Vec::new();
    if let Some((from, to)) = whole {
        let months = match filter.period {
            None => "TRUE".to_owned(),
            Some(_) => {
                let [first, last] = [from, to].map(|day| values.put(day.strftime("%Y-%m").to_string()));
                format!("s.month >= {first} AND s.month <= {last}")
            }
        };
        sorted.push(format!(
            "SELECT s.source_id, s.campaign_id, NULLIF(s.reply_category, '') AS reply_category, s.replies, s.told, \
             s.needs_review FROM {} AS b CROSS JOIN reply_sums AS s WHERE s.source_id = b.of_wanted \
             AND s.campaign_id = b.wanted_campaign AND {months}",
            batch_of(values, summed),
        ));
        if !others.is_empty() {
            let others = batch_of(values, others);
            let period = filter.period.map(|_| Period { from, to });
            sorted.extend(one_by_one(values, filter, period, Some(&others)));
        }
    }
    for days in [before, after].into_iter().flatten() {
        sorted.extend(one_by_one(values, filter, Some(days), of_all));
    }
    sorted
}

/// The same of some days, of some campaigns or of all, counted one by one.
fn one_by_one(
    values: &mut Values,
    filter: &Filter,
    period: Option<Period>,
    campaigns: Option<&str>,
) -> [String; 3] {
    // What an index in the order of time holds whole, so that no reply of an account is read to be counted.
    let within = match period {
        Some(_) => {
            let days = Filter { period, ..filter.clone() };
            values.within_days(&days, "a.occurred_at", "a.metric_date")
        }
        None => format!("a.occurred_at >= {}", values.put(Timestamp::UNIX_EPOCH)),
    };
    let (of, keys) = match campaigns {
        Some(campaigns) => (
            format!("{campaigns} AS b CROSS JOIN "),
            " AND {x}.source_id = b.of_wanted AND {x}.campaign_id = b.wanted_campaign",
        ),
        None => (String::new(), ""),
    };
    let told = format!("CASE WHEN a.classified_by IS NOT NULL AND NOT a.{IS_OURS} THEN 1 ELSE 0 END");
    let review = "CASE WHEN a.needs_review THEN 1 ELSE 0 END";
    // A person's word on some of them stands over what they were sorted as.
    let corrected = format!(
        "FROM {of}reply_corrections AS k CROSS JOIN email_activities AS a WHERE a.source_id = k.source_id \
         AND a.campaign_id = k.campaign_id AND a.event_key = k.event_key AND a.event = 'replied' AND {within}{}",
        keys.replace("{x}", "k"),
    );
    [
        format!(
            "SELECT a.source_id, a.campaign_id, a.reply_category, COUNT(*) AS replies, SUM({told}) AS told, \
             SUM({review}) AS needs_review FROM {of}email_activities AS a WHERE a.event = 'replied' AND {within}{} \
             GROUP BY 1, 2, 3",
            keys.replace("{x}", "a"),
        ),
        format!(
            "SELECT a.source_id, a.campaign_id, a.reply_category, -1, -({told}), -({review}) {corrected}"
        ),
        format!("SELECT a.source_id, a.campaign_id, k.reply_category, 1, 1, 0 {corrected}"),
    ]
}
