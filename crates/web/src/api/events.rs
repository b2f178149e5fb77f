//! `events`: what is going on, as it goes on (server-sent events).

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream, StreamExt};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Insider;
use crate::live::Change;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(events))
}

/// How syncs stand (`sync`), how many deliveries came (`deliveries`) and which alerts stand (`alerts`), a state of one source
/// an event; how far an analysis is (`analysis`), a state of one of them an event. First all of them, then each that changes. With `Last-Event-ID` those alone that have changed since.
#[utoipa::path(get, path = "/events", tag = "sources",
    params(("last-event-id" = Option<String>, Header, description = "The id of the last event that was heard.")),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn events(
    _: Insider,
    State(api): State<Api>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let listener = api.live.listen(last);
    let changes = stream::unfold(listener, async |mut listener| Some((listener.next().await?, listener)));
    let events = changes
        .flat_map(stream::iter)
        .map(|Change { id, kind, state }| Ok(Event::default().id(id).event(kind).data(state)));
    Sse::new(events).keep_alive(KeepAlive::default())
}
