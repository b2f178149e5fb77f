//! `POST /functions/v1/{service}-webhook?token=T[&event=E]`: proven, freed of secrets, kept, answered; in this order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_model::{Clock, Params, Platform};
use atlas_store::{Door, Intake};
use atlas_vendor::delivery::{
    BODY_LIMIT, Delivery, Posted, Refusal, SIGNATURE_HEADER, receive as understand,
};
use axum::body::{Body, HttpBody};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{info, warn};

use crate::access_log;
use crate::metrics::Posts;
use crate::request::request_id;

/// All bodies that are being read or written together.
const BODIES_LIMIT: usize = 8 * BODY_LIMIT;
/// Bodies above this are read beside the others, so that nobody waits for them,
const LARGE: usize = 64 * 1024;
/// and so many at a time: read, a body takes many times its length.
const LARGE_AT_ONCE: usize = 2;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of the event's name in an address.
const NAME_LIMIT: usize = 100;

/// Where a service's deliveries are posted to.
pub const fn path(platform: Platform) -> &'static str {
    match platform {
        Platform::SmartLead => "/functions/v1/smartlead-webhook",
        Platform::ReplyIo => "/functions/v1/replyio-webhook",
        Platform::PhoneBurner => "/functions/v1/phoneburner-webhook",
    }
}

/// What all routes share, so that memory has a limit however many requests there are.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    bytes: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Whether the last delivery could not be kept: said once, not for each.
    is_failing: Arc<AtomicBool>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(BODIES_LIMIT)),
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
            is_failing: Arc::default(),
        }
    }
}

/// How often it is told at most that deliveries are refused.
const TOLD_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Deliveries that came without a good token or secret: counted here alone, so that nobody can wear the database out.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    count: AtomicU64,
    /// Up to here they are told, and when.
    told: Mutex<Option<(u64, Timestamp)>>,
}

impl Refused {
    /// One more; it is said at once, or with a later one, how many there were.
    fn count(&self, platform: Platform, now: Timestamp) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.map_or(0, |(count, _)| count);
        if told.is_none_or(|(_, at)| now.duration_since(at).abs() >= TOLD_EVERY) {
            *told = Some((count, now));
            warn!(
                route = path(platform),
                since_last_told = count - before,
                since_start = count,
                "deliveries are refused (401): their token or secret is missing or wrong"
            );
        }
    }
}

/// One service's route.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) platform: Platform,
    pub(crate) doors: crate::doors::Doors,
    pub(crate) intake: Intake,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) refused: Refused,
    pub(crate) posts: Posts,
}

/// What an address says.
#[derive(Default, Deserialize)]
struct Address {
    #[serde(default)]
    token: String,
    event: Option<String>,
}

/// Why a request gets no 200.
enum No {
    /// The token opens nothing, or the body does not carry what it must.
    Unknown,
    /// The body is larger than any delivery.
    TooLarge,
    /// It did not arrive.
    TooSlow,
    /// It is no delivery.
    Malformed(String),
    /// Not now.
    Later { after_s: u32 },
}

/// What is said of a delivery that is kept.
#[derive(Serialize)]
struct Kept {
    received: usize,
}

pub(crate) async fn receive(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    let began = receiver.clock.now();
    let response = match receiver.take(request, began).await {
        Ok(received) => axum::Json(Kept { received }).into_response(),
        Err(no) => {
            if matches!(no, No::Unknown) {
                receiver.refused.count(receiver.platform, receiver.clock.now());
            }
            no.into_response()
        }
    };
    let (route, status) = (path(receiver.platform), response.status());
    receiver.posts.count(receiver.platform, status);
    access_log::tell(&request_id(), &Method::POST, route, status, receiver.clock.now().duration_since(began));
    response
}

impl Receiver {
    /// How many events were kept.
    async fn take(&self, request: Request, now: Timestamp) -> Result<usize, No> {
        let address: Address = Query::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
        let door = self.doors.open(self.platform, &address.token, now).await.ok_or(No::Unknown)?;
        let (head, body) = request.into_parts();
        let reading = read(body, &self.limits.bytes);
        let (body, _room) = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| No::TooSlow)??;
        let event = address.event.as_deref().map(plain).filter(|event| !event.is_empty());
        let deliveries =
            self.understand(body, &head.headers, &address.token, event.as_deref(), &door).await?;
        let params = match event {
            Some(event) => Params::none().with("event", event),
            None => Params::none(),
        };
        let count = deliveries.len();
        let events = deliveries.into_iter().map(|delivery| (delivery.key, delivery.body));
        let kept = self.intake.keep(door.source_id, &params, events, now).await;
        let was_failing = self.limits.is_failing.swap(kept.is_err(), Ordering::Relaxed);
        if let Err(error) = kept {
            if !was_failing {
                warn!("deliveries cannot be kept: {error}");
            }
            // Too much at once is over soon; a database that is away, or held by a replay, is not.
            return Err(No::Later { after_s: if self.intake.is_full() { 2 } else { 30 } });
        }
        if was_failing {
            info!("deliveries are kept again");
        }
        Ok(count)
    }

    async fn understand(
        &self,
        body: Vec<u8>,
        headers: &HeaderMap,
        token: &str,
        event: Option<&str>,
        door: &Door,
    ) -> Result<Vec<Delivery>, No> {
        let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
        let platform = self.platform;
        if body.len() <= LARGE {
            let secret = door.secret.as_ref();
            return Ok(understand(&Posted { platform, body: &body, event, token, signature, secret })?);
        }
        let _turn = self.limits.large.acquire().await.map_err(|_| No::Later { after_s: 2 })?;
        let [event, signature] = [event, signature].map(|text| text.map(str::to_owned));
        let (token, secret) = (token.to_owned(), door.secret.clone());
        let understood = tokio::task::spawn_blocking(move || {
            let (event, signature) = (event.as_deref(), signature.as_deref());
            let secret = secret.as_ref();
            understand(&Posted { platform, body: &body, event, token: &token, signature, secret })
        });
        Ok(understood.await.map_err(|_| No::Malformed("the body cannot be read".to_owned()))??)
    }
}

/// The body, if there is room for it; the room is given back with the permit.
async fn read(body: Body, bytes: &Arc<Semaphore>) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), No> {
    let told = usize::try_from(body.size_hint().upper().unwrap_or(0)).unwrap_or(usize::MAX);
    if told > BODY_LIMIT {
        return Err(No::TooLarge);
    }
    let mut room: Option<OwnedSemaphorePermit> = None;
    let mut reserve = |size: usize| -> Result<(), No> {
        let size = u32::try_from(size).map_err(|_| No::TooLarge)?;
        let more = Arc::clone(bytes).try_acquire_many_owned(size).map_err(|_| No::Later { after_s: 1 })?;
        match &mut room {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    };
    reserve(told)?;
    let mut reserved = told;
    let mut whole = Vec::with_capacity(told);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| No::TooSlow)?;
        let length = whole.len() + piece.len();
        if length > BODY_LIMIT {
            return Err(No::TooLarge);
        }
        if length > reserved {
            reserve(length - reserved)?;
            reserved = length;
        }
        whole.extend_from_slice(&piece);
    }
    Ok((whole, room))
}

/// A name without what no name has.
fn plain(name: &str) -> String {
    name.trim().chars().filter(|letter| !letter.is_control()).take(NAME_LIMIT).collect()
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::Malformed(why),
            Refusal::TooMany => Self::TooLarge,
            Refusal::Forged => Self::Unknown,
        }
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::Unknown => (StatusCode::UNAUTHORIZED, "the token or the secret is missing or wrong"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "no delivery is that large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive"),
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, why.as_str()),
            Self::Later { .. } => (StatusCode::SERVICE_UNAVAILABLE, "it cannot be kept now; send it again"),
        };
        let mut response = (status, axum::Json(json!({"error": error}))).into_response();
        if let Self::Later { after_s } = self {
            response.headers_mut().insert(header::RETRY_AFTER, after_s.into());
        }
        response
    }
}
