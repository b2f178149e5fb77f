//! `mapping`: where each column comes from.

use atlas_model::Platform;
use atlas_vendor::{Lineage, lineage};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Page};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(mapping))
}

/// One source of a column.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingLine {
    /// `table.column`; empty for a field that is read and not used.
    column: String,
    /// The service.
    #[schema(value_type = String)]
    platform: Platform,
    /// The endpoint's name.
    endpoint: &'static str,
    /// Its method and path; empty for what is worked out here.
    path: String,
    /// The field's paths in order, or the formula.
    from: String,
    /// How it is read.
    kind: &'static str,
    /// Whether the service must tell it.
    required: bool,
    /// The column while whose unknownness this source counts; none when it always does.
    while_unknown: Option<&'static str>,
}

impl From<Lineage> for MappingLine {
    fn from(line: Lineage) -> Self {
        Self {
            column: line.to,
            platform: line.platform,
            endpoint: line.title,
            path: line.path,
            from: line.from,
            kind: line.kind,
            required: line.is_required,
            while_unknown: line.while_unknown,
        }
    }
}

#[derive(Deserialize)]
struct What {
    of: Option<String>,
}

/// Where each column comes from: service, endpoint, field.
#[utoipa::path(get, path = "/mapping", tag = "trust",
    params(("of" = Option<String>, Query, description = "A table, a column as `table.column`, or a service; everything without it.")),
    responses((status = 200, body = Page<MappingLine>)))]
async fn mapping(_: Reader, Asked(What { of }): Asked<What>) -> Result<Json<Page<MappingLine>>, Problem> {
    let is_asked = |line: &Lineage| {
        of.as_ref().is_none_or(|of| {
            line.to == *of || line.to.starts_with(&format!("{of}.")) || line.platform.as_str() == of
        })
    };
    Ok(Json(Page::whole(lineage().into_iter().filter(is_asked).map(MappingLine::from).collect(), None)))
}
