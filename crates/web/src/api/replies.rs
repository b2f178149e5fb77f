//! `replies`: one by one, and the thread of each.

use atlas_store::{Filter, RepliesWanted, ReplyCursor, ReplyLine, ThreadMessage};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Reader;
use super::campaigns::{Place, find};
use super::problem::Problem;
use super::query::{Asked, At, Filters, Page, Paging};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(replies)).routes(routes!(campaign_replies)).routes(routes!(thread))
}

/// Which replies.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Sorted {
    /// Only those sorted so; `unsorted` for those that are not.
    intent: Option<String>,
    /// Only those that a person should, or need not, look at.
    needs_review: Option<bool>,
}

/// Where a reply is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
struct ReplyPlace {
    /// Its source, by name.
    source: String,
    /// Its campaign, by the service's id.
    id: String,
    /// `event_key` of the reply.
    event_key: String,
}

/// Replies, the newest first.
#[utoipa::path(get, path = "/replies", tag = "replies", params(Filters, Sorted, Paging),
    responses((status = 200, body = Page<ReplyLine>)))]
async fn replies(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(sorted): Asked<Sorted>,
    paging: Paging,
) -> Result<Json<Page<ReplyLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    page(&api, filter, sorted, &paging).await
}

/// Replies to a campaign, the newest first.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/replies", tag = "replies", params(Place, Filters, Sorted, Paging),
    responses((status = 200, body = Page<ReplyLine>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn campaign_replies(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<Place>,
    Asked(filters): Asked<Filters>,
    Asked(sorted): Asked<Sorted>,
    paging: Paging,
) -> Result<Json<Page<ReplyLine>>, Problem> {
    let (filter, _) = find(&api, &caller, place, &filters).await?;
    page(&api, filter, sorted, &paging).await
}

async fn page(
    api: &Api,
    filter: Filter,
    sorted: Sorted,
    paging: &Paging,
) -> Result<Json<Page<ReplyLine>>, Problem> {
    let cursor = paging.after::<String>()?.map(|cursor| serde_json::from_str::<ReplyCursor>(&cursor));
    let wanted = RepliesWanted {
        intent: sorted.intent.filter(|intent| !intent.is_empty()),
        needs_review: sorted.needs_review,
        after: cursor.transpose().map_err(|_| Problem::invalid("that cursor is none of ours"))?,
        limit: paging.limit().saturating_add(1).min(LARGEST_TABLE),
    };
    let lines = api.store.report_replies(&filter, &wanted).await?;
    let key = |line: &ReplyLine| serde_json::to_string(&line.cursor()).unwrap_or_default();
    Ok(Json(paging.of_rest(lines, filter.period, key)))
}

/// Their texts are held in memory while a table is written.
const LARGEST_TABLE: usize = 50_000;

/// What was written to the person of a reply, and by them, in the same campaign; the oldest first.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/replies/{event_key}/thread", tag = "replies", params(ReplyPlace),
    responses((status = 200, body = Page<ThreadMessage>), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn thread(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(ReplyPlace { source, id, event_key }): At<ReplyPlace>,
) -> Result<Json<Page<ThreadMessage>>, Problem> {
    let (_, campaign) = find(&api, &caller, Place { source, id }, &Filters::default()).await?;
    let messages = api.store.reply_thread(campaign.source_id, &campaign.campaign_id, &event_key).await?;
    if messages.is_empty() {
        return Err(Problem::not_found("such reply"));
    }
    Ok(Json(Page::whole(messages, None)))
}
