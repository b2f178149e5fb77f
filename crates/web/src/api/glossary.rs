//! `glossary`: every metric with its formula, unit and what a reader should know.

use atlas_model::{CALL_METRICS, JOURNEY_METRICS, METRICS, Metric, Unit};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::query::Page;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(glossary))
}

/// A metric of the registry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GlossaryLine {
    /// The field in the API, the column in tables and views.
    pub(super) name: &'static str,
    /// The heading on screens.
    title: &'static str,
    /// Which reports have it.
    about_what: &'static str,
    /// What it is counted in.
    unit: UnitWord,
    /// How it comes about.
    formula: &'static str,
    /// For rates: what stands above the line.
    numerator: Option<&'static str>,
    /// For rates: what stands below the line.
    denominator: Option<&'static str>,
    /// What a reader should know.
    about: &'static str,
    /// Opens and clicks: measured by robots as much as by people, so not shown unless asked for.
    is_deemphasised: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum UnitWord {
    Count,
    Rate,
    Seconds,
}

impl GlossaryLine {
    fn of(metric: &'static Metric, about_what: &'static str) -> Self {
        Self {
            name: metric.name,
            title: metric.title,
            about_what,
            unit: match metric.unit {
                Unit::Count => UnitWord::Count,
                Unit::Rate => UnitWord::Rate,
                Unit::Seconds => UnitWord::Seconds,
            },
            formula: metric.formula,
            numerator: metric.ratio.map(|(above, _)| above),
            denominator: metric.ratio.map(|(_, below)| below),
            about: metric.about,
            is_deemphasised: metric.is_deemphasised,
        }
    }
}

/// Every metric: formula, numerator, denominator, unit, what a reader should know.
#[utoipa::path(get, path = "/glossary", tag = "trust", responses((status = 200, body = Page<GlossaryLine>)))]
async fn glossary(_: Reader) -> Json<Page<GlossaryLine>> {
    Json(Page::whole(lines().collect(), None))
}

/// Every metric of the registry.
pub(super) fn lines() -> impl Iterator<Item = GlossaryLine> {
    let kinds = [(METRICS, "campaigns"), (CALL_METRICS, "calls"), (JOURNEY_METRICS, "journey")];
    kinds.into_iter().flat_map(|(metrics, about_what)| {
        metrics.iter().map(move |metric| GlossaryLine::of(metric, about_what))
    })
}
