//! `replies`: one by one, and the thread of each.

use atlas_insight::replies::Intent;
use atlas_store::{Filter, IntentLine, RepliesWanted, ReplyCursor, ReplyLine, ThreadMessage, Verdict};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Caller, Reader, Writer};
use super::campaigns::{Place, find};
use super::overview::Grouping;
use super::problem::Problem;
use super::query::{Asked, At, Comparison, Filters, Page, Paging, given};
use crate::letters;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(replies))
        .routes(routes!(intents))
        .routes(routes!(campaign_replies))
        .routes(routes!(thread))
        .routes(routes!(thread_as_laid_out))
        .routes(routes!(correct_reply, take_correction_back))
}

/// Which replies.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Sorted {
    /// Only those sorted so; `unsorted` for those that are not.
    intent: Option<String>,
    /// Only those of `positive`, `neutral`, `negative`.
    sentiment: Option<String>,
    /// Only those that a person should, or need not, look at.
    needs_review: Option<bool>,
    /// Only those that are at least so sure, 0 to 1.
    #[param(minimum = 0, maximum = 1)]
    least_confidence: Option<f64>,
    /// Only those that are at most so sure, 0 to 1.
    #[param(minimum = 0, maximum = 1)]
    most_confidence: Option<f64>,
    /// Only those that were sorted by `person`, `service`, `rules`, `embedded` …
    method: Option<String>,
    /// Only those that a person has, or has not, corrected.
    corrected: Option<bool>,
}

/// What a reply wants, as whoever tells it says.
#[derive(Deserialize, ToSchema)]
struct Correction {
    /// One of interested, meeting_request, referral, question, not_now, not_interested, unsubscribe, out_of_office, neutral.
    reply_category: String,
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

/// Replies, the newest first. With `corrected=true` and `Accept: application/x-ndjson` they are what a model can be trained
/// with.
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

/// How many replies want what, the most frequent first: of all together, or of each group.
#[utoipa::path(get, path = "/replies/intents", tag = "replies", params(Filters, Grouping, Comparison),
    responses((status = 200, body = Page<IntentLine>)))]
async fn intents(
    Reader(caller): Reader,
    State(api): State<Api>,
    Asked(filters): Asked<Filters>,
    Asked(grouping): Asked<Grouping>,
    Asked(comparison): Asked<Comparison>,
) -> Result<Json<Page<IntentLine>>, Problem> {
    let filter = filters.filter(&caller, &api).await?;
    let by = grouping.by();
    let store = &api.store;
    let report = |filter: Filter| async move { store.report_intents(&filter, by).await };
    Ok(Json(comparison.page(&filter, report).await?))
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
        intent: given(sorted.intent.as_ref()),
        sentiment: given(sorted.sentiment.as_ref()),
        needs_review: sorted.needs_review,
        least_confidence: sorted.least_confidence,
        most_confidence: sorted.most_confidence,
        method: given(sorted.method.as_ref()),
        is_positive: false,
        is_corrected: sorted.corrected,
        event_key: None,
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
    At(place): At<ReplyPlace>,
) -> Result<Json<Page<ThreadMessage>>, Problem> {
    Ok(Json(Page::whole(messages(&api, &caller, place).await?, None)))
}

/// The same as a page for people, its replies as their senders laid them out: cleaned of whatever runs, loads something or
/// leads elsewhere, and locked up by a policy of its own.
#[utoipa::path(get, path = "/campaigns/{source}/{id}/replies/{event_key}/thread/page", tag = "replies", params(ReplyPlace),
    responses((status = 200, body = String, content_type = "text/html"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn thread_as_laid_out(
    Reader(caller): Reader,
    State(api): State<Api>,
    At(place): At<ReplyPlace>,
) -> Result<Response, Problem> {
    let event_key = place.event_key.clone();
    Ok(letters::thread(&messages(&api, &caller, place).await?, &event_key))
}

async fn messages(api: &Api, caller: &Caller, place: ReplyPlace) -> Result<Vec<ThreadMessage>, Problem> {
    let ReplyPlace { source, id, event_key } = place;
    let (_, (source_id, campaign_id)) = find(api, caller, Place { source, id }, &Filters::default()).await?;
    let messages = api.store.reply_thread(source_id, &campaign_id, &event_key).await?;
    if messages.is_empty() {
        return Err(Problem::not_found("such reply"));
    }
    Ok(messages)
}

/// Says what a reply wants: that stands over everything else, through syncs and replays, and is told to models that are
/// trained.
#[utoipa::path(post, path = "/campaigns/{source}/{id}/replies/{event_key}/correction", tag = "replies", params(ReplyPlace),
    request_body = Correction, responses((status = 200, body = ReplyLine),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn correct_reply(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(ReplyPlace { source, id, event_key }): At<ReplyPlace>,
    Sent(sent): Sent<Correction>,
) -> Result<Json<ReplyLine>, Problem> {
    let Some(intent) = Intent::named(&sent.reply_category) else {
        let names: Vec<&str> = Intent::ALL.into_iter().map(Intent::name).collect();
        let text = format!("there is no reply_category '{}'", sent.reply_category);
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text).hint(names.join(", ")));
    };
    let (filter, (source_id, campaign_id)) =
        find(&api, &caller, Place { source, id }, &Filters::default()).await?;
    let sentiment = intent.sentiment();
    let verdict = Verdict { reply_category: intent.name(), sentiment, is_positive: sentiment == "positive" };
    let key = (source_id, campaign_id.as_str(), event_key.as_str());
    api.store.correct_reply(key, verdict, (&caller.name, api.clock.now())).await?;
    corrected(&api, &filter, event_key).await
}

/// Takes a correction back: what it was taken for before stands again.
#[utoipa::path(delete, path = "/campaigns/{source}/{id}/replies/{event_key}/correction", tag = "replies", params(ReplyPlace),
    responses((status = 200, body = ReplyLine), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn take_correction_back(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(ReplyPlace { source, id, event_key }): At<ReplyPlace>,
) -> Result<Json<ReplyLine>, Problem> {
    let (filter, (source_id, campaign_id)) =
        find(&api, &caller, Place { source, id }, &Filters::default()).await?;
    let key = (source_id, campaign_id.as_str(), event_key.as_str());
    api.store.take_correction_back(key, (&caller.name, api.clock.now())).await?;
    corrected(&api, &filter, event_key).await
}

/// The reply as it stands.
async fn corrected(api: &Api, filter: &Filter, event_key: String) -> Result<Json<ReplyLine>, Problem> {
    let wanted = RepliesWanted { event_key: Some(event_key), limit: 1, ..RepliesWanted::default() };
    let lines = api.store.report_replies(filter, &wanted).await?;
    lines.into_iter().next().map(Json).ok_or_else(|| Problem::not_found("such reply"))
}
