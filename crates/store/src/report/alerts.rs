//! Alerts as people read them: those that stand, and those that were resolved.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// An alert as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlertLine {
    /// Its number.
    pub alert_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom the mailbox, the domain, the campaign or the whole source is used for; none where it is nobody's, or of several.
    pub client_name: Option<String>,
    /// `mailbox`, `domain`, `campaign` or `source`.
    pub scope: String,
    /// Which of them, by its id.
    pub subject_id: String,
    /// By its name.
    pub subject_name: String,
    /// What is wrong, as `bounce_rate`.
    pub kind: String,
    /// `warning` or `critical`.
    pub level: String,
    /// `rising`, `falling` or `steady`: its number against what that was up to a day ago.
    pub trend: String,
    /// The numbers that show it, each with its sample.
    #[schema(value_type = Object)]
    pub evidence: Value,
    /// What to do.
    pub advice: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was over; none while it stands.
    pub resolved_at: Option<Timestamp>,
    /// Who took note of it.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Timestamp>,
}

/// Which alerts, beside the account and client of a filter.
#[derive(Clone, Debug, Default)]
pub struct AlertsWanted {
    /// Only this one.
    pub id: Option<i64>,
    /// Only `warning` or `critical`.
    pub level: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only of `mailbox`, `domain`, `campaign` or `source`.
    pub scope: Option<String>,
    /// Only those that stand, or are over.
    pub is_standing: Option<bool>,
    /// Only those that somebody has, or has not, taken note of.
    pub is_acknowledged: Option<bool>,
}

impl Store {
    /// One alert.
    pub async fn alert(&self, alert_id: i64) -> Result<Option<AlertLine>> {
        let wanted = AlertsWanted { id: Some(alert_id), ..AlertsWanted::default() };
        Ok(self.report_alerts(&Filter::default(), &wanted).await?.pop())
    }

    /// Alerts: those that stand, the critical ones first, then those that were resolved last.
    pub async fn report_alerts(&self, filter: &Filter, wanted: &AlertsWanted) -> Result<Vec<AlertLine>> {
        let mut values = Values::new(self.flavour());
        let mut all = vec![values.of_source(filter)];
        for (column, value) in [("level", &wanted.level), ("kind", &wanted.kind), ("scope", &wanted.scope)] {
            if let Some(value) = value {
                all.push(format!("{column} = {}", values.put(value.as_str())));
            }
        }
        if let Some(id) = wanted.id {
            all.push(format!("alert_id = {}", values.put(id)));
        }
        let tests = [
            ("resolved_at", wanted.is_standing.map(|is_standing| !is_standing)),
            ("acknowledged_at", wanted.is_acknowledged),
        ];
        for (column, is_set) in tests.into_iter().filter_map(|(column, is_set)| Some((column, is_set?))) {
            all.push(format!("{column} IS {}NULL", if is_set { "NOT " } else { "" }));
        }
        let sql = format!(
            "SELECT alert_id, platform, source_name, client_name, scope, subject_id, subject_name, kind, level, trend, \
             CAST(evidence AS TEXT) AS evidence, advice, opened_at, updated_at, resolved_at, acknowledged_by, \
             acknowledged_at FROM report_alerts WHERE {} ORDER BY CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END, level, resolved_at DESC NULLS LAST, \
             opened_at DESC, alert_id",
            all.join(" AND ")
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let read = |row: &DbRow| {
            Ok(line!(row => AlertLine {
                alert_id, platform, source_name, client_name, scope, subject_id, subject_name, kind, level, trend, advice, opened_at,
                updated_at, resolved_at, acknowledged_by, acknowledged_at;
                evidence: serde_json::from_str(&row.text("evidence")?).unwrap_or_default(),
            }))
        };
        rows.iter().map(read).collect()
    }
}
