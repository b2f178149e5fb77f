//! `mailboxes` and `domains`: what e-mails are sent with, as it stands now.

use atlas_store::{AccountLine, DomainLine, Filter};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Comparison, Filters, Page, Paging, own_days};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(mailboxes)).routes(routes!(domains))
}

/// Mailboxes: those that cannot send or receive first, then those of the lowest warm-up reputation.
#[utoipa::path(get, path = "/mailboxes", tag = "mailboxes", params(Filters, Comparison, Paging),
    responses((status = 200, body = Page<AccountLine>)))]
async fn mailboxes(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
    paging: Paging,
) -> Result<Json<Page<AccountLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let key = |line: &AccountLine| format!("{} {}", line.source_id, line.account_id);
    let store = &api.store;
    let report = |filter: Filter, _| async move { store.report_accounts(&filter).await };
    let page = comparison.page_of(&filter, &paging, key, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}

/// Mailboxes by domain and client.
#[utoipa::path(get, path = "/domains", tag = "mailboxes", params(Filters, Comparison),
    responses((status = 200, body = Page<DomainLine>)))]
async fn domains(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<DomainLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_domains(&filter).await };
    let page = comparison.page(&filter, report).await?;
    Ok(Json(page.in_days_of(own_days(&filter, &api).await?)))
}
