//! `explain`: where a number comes from, down to the service's fields.

use atlas_model::{METRICS, Metric, Platform};
use atlas_store::{GroupBy, GroupLine};
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
    /// were read. Only of e-mails.
    figures: Option<GroupLine>,
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
    let of_mail = METRICS.iter().find(|metric| metric.name == name);
    let figures = match of_mail {
        Some(_) => api.store.report_groups(&filter, GroupBy::None).await?.into_iter().next(),
        None => None,
    };
    let platforms = match filter.platform {
        Some(platform) => vec![platform],
        None => Platform::ALL.to_vec(),
    };
    let columns = of_mail.map(columns).unwrap_or_default();
    let origins =
        lineage().into_iter().filter(|line| platforms.contains(&line.platform) && columns.contains(&line.to));
    Ok(Json(Explanation {
        metric: entry,
        figures,
        own_days: own_days(&filter, &api).await?,
        origins: origins.map(MappingLine::from).collect(),
    }))
}

/// The columns that a metric rests on: its own and its day's, and those of its numerator and denominator.
fn columns(metric: &'static Metric) -> Vec<String> {
    let parts = metric.ratio.map(|(above, below)| vec![above, below]).unwrap_or_default();
    let all = METRICS.iter().filter(|one| one.name == metric.name || parts.contains(&one.name));
    let named = all.flat_map(|one| {
        let day = one.day.map(|day| format!("daily_metrics.{day}"));
        [Some(format!("campaigns.{}", one.name)), day].into_iter().flatten()
    });
    named.collect()
}
