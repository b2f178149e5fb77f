//! When things happen: by weekday and hour of the account.

use atlas_model::CALL_METRICS;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::calls::{CallsBy, epoch, hour, of_calls, shares, sums};
use crate::report::campaigns::GroupBy;
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;
use crate::sql::sum;

/// An hour of a weekday, over all such days: e-mails. Counted from single events; an hour of which none tells is not there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HourCell {
    /// What its campaigns have in common; none where they are not taken apart, and where it is unknown.
    pub label: Option<String>,
    /// The source's number, by source and by campaign.
    pub source_id: Option<i64>,
    /// The service's id, by campaign.
    pub campaign_id: Option<String>,
    /// 0 is Sunday.
    pub day_of_week: i64,
    /// 0 to 23, by the account's clock.
    pub hour_of_day: i64,
    /// E-mails sent in it.
    pub emails_sent: Option<i64>,
    /// Leads that first replied in it, to e-mails of whatever hour.
    pub emails_replied: Option<i64>,
    /// E-mails that came back in it.
    pub emails_bounced: Option<i64>,
    /// Opens in it.
    pub emails_opened: Option<i64>,
    /// Clicks in it.
    pub emails_clicked: Option<i64>,
}

/// An hour of a weekday, over all such days: calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallHourCell {
    /// What its calls have in common; none where they are not taken apart, and where it is unknown.
    pub label: Option<String>,
    /// 0 is Sunday.
    pub day_of_week: i64,
    /// 0 to 23, by the account's clock.
    pub hour_of_day: i64,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Store {
    /// E-mails by weekday and hour: of all together, or of each group.
    pub async fn report_heatmap(&self, filter: &Filter, by: GroupBy) -> Result<Vec<HourCell>> {
        let mut values = Values::new(self.flavour());
        let (condition, view) = match filter.is_of_sources() && by.is_of_sources() {
            true => (values.of_account(filter), "report_source_hours"),
            false => (values.of_campaign(filter), "report_hours"),
        };
        let within = values.within("date", filter.period);
        let [label, of_source, of_campaign] = by.columns();
        let names = ["emails_sent", "emails_replied", "emails_bounced", "emails_opened", "emails_clicked"];
        // One number tells an hour of a weekday: what is put in order is narrow.
        let (group, order) = match by {
            GroupBy::None => ("cell", "cell"),
            _ => ("cell, 2, 3, 4", "2 NULLS LAST, 3, 4, cell"),
        };
        let sql = format!(
            "SELECT day_of_week * 24 + hour_of_day AS cell, {label} AS label, {of_source} AS of_source, \
             {of_campaign} AS of_campaign, {} FROM {view} WHERE {condition} AND {within} GROUP BY {group} ORDER BY {order}",
            names.map(|name| sum(name, name)).join(", "),
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let cell = |row: &DbRow| {
            let cell = row.integer("cell")?;
            Ok(line!(row => HourCell {
                label, emails_sent, emails_replied, emails_bounced, emails_opened, emails_clicked;
                day_of_week: cell / 24,
                hour_of_day: cell % 24,
                source_id: row.maybe_integer("of_source")?,
                campaign_id: row.maybe_text("of_campaign")?,
            }))
        };
        rows.iter().map(cell).collect()
    }

    /// Calls by weekday and hour: of all together, or of each group.
    pub async fn report_call_heatmap(&self, filter: &Filter, by: CallsBy) -> Result<Vec<CallHourCell>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices(&mut values, filter, "v.started_at").await?;
        let condition = of_calls(&mut values, filter);
        // The first day of 1970 was a Thursday.
        let at = format!("({} + z.offset_s)", epoch(self.flavour(), "v.started_at"));
        let sql = format!(
            "WITH calls AS (SELECT v.*, {hour} AS hour, ({at} / 86400 + 4) % 7 * 24 + {at} / 3600 % 24 AS cell \
             FROM report_calls AS v {slices} WHERE {condition}), \
             line AS (SELECT 0 AS in_several, {label} AS label, calls.*, {shares} FROM calls) \
             {sums} ORDER BY label NULLS LAST, cell",
            hour = hour(self.flavour()),
            label = by.label(),
            shares = shares(CALL_METRICS),
            sums = sums(CALL_METRICS, &["label", "cell"]),
        );
        let mut cells = Vec::new();
        for row in self.fetch(&sql, values.into_params()).await? {
            // When it was is not known of every call.
            let Some(cell) = row.maybe_integer("cell")? else { continue };
            let (label, figures) = (row.maybe_text("label")?, Figures::read(&row, CALL_METRICS)?);
            cells.push(CallHourCell { label, day_of_week: cell / 24, hour_of_day: cell % 24, figures });
        }
        Ok(cells)
    }
}
