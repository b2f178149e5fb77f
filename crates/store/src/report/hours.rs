//! When things happen: by weekday and hour of the account.

use atlas_model::CALL_METRICS;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Store;
use crate::error::Result;
use crate::report::calls::{epoch, of_calls, shares, sums};
use crate::report::campaigns::sum;
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// An hour of a weekday, over all such days: e-mails. Counted from single events; an hour of which none tells is not there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HourCell {
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
    /// 0 is Sunday.
    pub day_of_week: i64,
    /// 0 to 23, by the account's clock.
    pub hour_of_day: i64,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Store {
    /// E-mails by weekday and hour.
    pub async fn report_heatmap(&self, filter: &Filter) -> Result<Vec<HourCell>> {
        let mut values = Values::new(self.flavour());
        let (condition, view) = match filter.is_of_sources() {
            true => (values.of_account(filter), "report_source_hours"),
            false => (values.of_campaign(filter), "report_hours"),
        };
        let within = values.within("date", filter.period);
        let names = ["emails_sent", "emails_replied", "emails_bounced", "emails_opened", "emails_clicked"];
        let sql = format!(
            "SELECT day_of_week, hour_of_day, {} FROM {view} WHERE {condition} AND {within} \
             GROUP BY day_of_week, hour_of_day ORDER BY day_of_week, hour_of_day",
            names.map(|name| sum(name, name)).join(", "),
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let cell = |row| {
            Ok(line!(row => HourCell {
                day_of_week, hour_of_day, emails_sent, emails_replied, emails_bounced, emails_opened, emails_clicked,
            }))
        };
        rows.iter().map(cell).collect()
    }

    /// Calls by weekday and hour.
    pub async fn report_call_heatmap(&self, filter: &Filter) -> Result<Vec<CallHourCell>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices(&mut values, filter, "v.started_at").await?;
        let condition = of_calls(&mut values, filter);
        // The first day of 1970 was a Thursday.
        let at = format!("({} + z.offset_s)", epoch(self.flavour(), "v.started_at"));
        let sql = format!(
            "WITH line AS (SELECT 0 AS in_several, ({at} / 86400 + 4) % 7 * 24 + {at} / 3600 % 24 AS label, v.*, {shares} \
             FROM report_calls AS v {slices} WHERE {condition}) {sums} ORDER BY label",
            shares = shares(CALL_METRICS),
            sums = sums(CALL_METRICS, true, false),
        );
        let mut cells = Vec::new();
        for row in self.fetch(&sql, values.into_params()).await? {
            // When it was is not known of every call.
            let Some(label) = row.maybe_integer("label")? else { continue };
            let figures = Figures::read(&row, CALL_METRICS)?;
            cells.push(CallHourCell { day_of_week: label / 24, hour_of_day: label % 24, figures });
        }
        Ok(cells)
    }
}
