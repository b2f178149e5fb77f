//! `explain`: where a number comes from, down to the service's fields.

use atlas_model::{CALL_METRICS, JOURNEY_METRICS, METRICS, Metric, Platform};
use atlas_store::{CallsBy, GroupBy, GroupLine, ReportPart};
use atlas_vendor::lineage;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::glossary::{self, GlossaryLine};
use super::mapping::MappingLine;
use super::problem::Problem;
use super::query::{Asked, Filters, OwnDays, own_days};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(explain))
}

/// Which number.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Number {
    /// The metric, as `reply_rate`; the glossary has them all.
    metric: String,
}

/// Where a number comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The metric: formula, numerator, denominator, unit, what a reader should know.
    metric: GlossaryLine,
    /// The figures of the filter: the number, its numerator and denominator, how many campaigns know it, and when they
    /// were read. Of e-mails.
    figures: Option<GroupLine>,
    /// The same of calls. Those of people, whose leads are gone through one by one, are in `journey`.
    calls: Option<ReportPart>,
    /// With `tz`: sources whose days of e-mails are their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    own_days: Vec<OwnDays>,
    /// The service's endpoints and fields that each column comes from; the first that is told is taken.
    origins: Vec<MappingLine>,
}

/// Where a number comes from: formula, numerator and denominator, service, endpoint and field, last read.
#[utoipa::path(get, path = "/explain", tag = "trust", params(Number, Filters),
    responses((status = 200, body = Explanation), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn explain(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(Number { metric: name }): Asked<Number>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Explanation>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let entry = glossary::lines().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| Problem::not_found("such metric").hint("see /api/v1/glossary"))?;
    let find = |of: &'static [Metric]| of.iter().find(|metric| metric.name == name);
    let (mut figures, mut calls) = (None, None);
    if find(METRICS).is_some() {
        figures = api.store.report_groups(&filter, GroupBy::None).await?.into_iter().next();
    } else if find(CALL_METRICS).is_some() {
        calls = api.store.report_calls(&filter, CallsBy::Total).await?.into_iter().next();
    }
    let platforms = match filter.platform {
        Some(platform) => vec![platform],
        None => Platform::ALL.to_vec(),
    };
    let columns = columns(&name);
    let origins = lineage().into_iter().filter(|line| {
        platforms.contains(&line.platform) && columns.iter().any(|column| tells(&line.to, column))
    });
    Ok(Json(Explanation {
        metric: entry,
        figures,
        calls,
        own_days: own_days(&filter, &api).await?,
        origins: origins.map(MappingLine::from).collect(),
    }))
}

/// The columns that figures of calls and of people rest on.
const RESTS_ON: &[(&str, &[&str])] = &[
    ("dials", &["call_activities.external_id"]),
    ("connects", &["call_activities.is_connected"]),
    ("conversations", &["call_activities.is_connected", "call_activities.duration_seconds"]),
    ("talk_seconds", &["call_activities.is_connected", "call_activities.duration_seconds"]),
    ("meetings", &["call_activities.disposition", "call_activities.disposition_normal"]),
    (
        "emailed",
        &[
            "contacts.current_step",
            "contacts.reply_count",
            "enrollments.current_step",
            "enrollments.reply_count",
        ],
    ),
    ("replied", &["contacts.reply_count", "enrollments.reply_count"]),
    ("called", &["call_activities.contact_id"]),
    ("connected", &["call_activities.is_connected"]),
    ("meeting", &["enrollments.category_id", "call_activities.disposition_normal"]),
    ("time_to_first_reply", &["email_activities.occurred_at"]),
    (
        "time_to_first_call",
        &["call_activities.started_at", "contacts.enrolled_at", "enrollments.enrolled_at"],
    ),
];

/// The columns that a metric rests on: its own and its day's, and those of its numerator and denominator.
fn columns(name: &str) -> Vec<String> {
    let of = |one: &'static Metric| match RESTS_ON.iter().find(|(name, _)| *name == one.name) {
        Some((_, columns)) => columns.iter().map(|column| (*column).to_owned()).collect(),
        None => {
            let day = one.day.map(|day| format!("daily_metrics.{day}"));
            [Some(format!("campaigns.{}", one.name)), day].into_iter().flatten().collect::<Vec<_>>()
        }
    };
    for metrics in [METRICS, CALL_METRICS, JOURNEY_METRICS] {
        let Some(metric) = metrics.iter().find(|metric| metric.name == name) else { continue };
        let parts = metric.ratio.map(|(above, below)| vec![above, below]).unwrap_or_default();
        return metrics
            .iter()
            .filter(|one| one.name == name || parts.contains(&one.name))
            .flat_map(of)
            .collect();
    }
    Vec::new()
}

/// Whether a line of the mapping, as `table.column` or `table.(one, another)`, tells a column.
fn tells(to: &str, column: &str) -> bool {
    let several = || {
        let (table, names) = to.strip_suffix(')')?.split_once(".(")?;
        let (of, name) = column.split_once('.')?;
        Some(table == of && names.split(", ").any(|one| one == name))
    };
    to == column || several().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_comes_from_somewhere() {
        let lineage = lineage();
        for metric in [METRICS, CALL_METRICS, JOURNEY_METRICS].into_iter().flatten() {
            let columns = columns(metric.name);
            let is_told = lineage.iter().any(|line| columns.iter().any(|column| tells(&line.to, column)));
            assert!(is_told, "{}: {columns:?}", metric.name);
        }
        for (name, columns) in RESTS_ON {
            for column in *columns {
                assert!(lineage.iter().any(|line| tells(&line.to, column)), "{name}: {column}");
            }
        }
    }
}
