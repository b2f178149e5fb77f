//! `mailboxes` and `domains`: what e-mails are sent with, as it stands now.

use atlas_store::{AccountLine, DomainLine};
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::problem::Problem;
use super::query::{Asked, Filters, Page, Paging};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(mailboxes)).routes(routes!(domains))
}

/// Mailboxes: those that cannot send or receive first, then those of the lowest warm-up reputation.
#[utoipa::path(get, path = "/mailboxes", tag = "mailboxes", params(Filters, Paging),
    responses((status = 200, body = Page<AccountLine>)))]
async fn mailboxes(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    paging: Paging,
) -> Result<Json<Page<AccountLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let key = |line: &AccountLine| format!("{} {}", line.source_id, line.account_id);
    Ok(Json(paging.of(api.store.report_accounts(&filter).await?, None, key)?))
}

/// Mailboxes by domain and client.
#[utoipa::path(get, path = "/domains", tag = "mailboxes", params(Filters),
    responses((status = 200, body = Page<DomainLine>)))]
async fn domains(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
) -> Result<Json<Page<DomainLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    Ok(Json(Page::whole(api.store.report_domains(&filter).await?, None)))
}
