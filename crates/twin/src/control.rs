//! The routes by which people and other programs drive a twin.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{Fault, Faults};
use crate::play::{self, Day};
use crate::smartlead::{Account, Planted};
use crate::state::{Request, Shared};
use crate::{phoneburner, replyio};

const LONGEST_ADVANCE: u32 = 366;

type Refusal = (StatusCode, String);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_twin/advance", post(advance))
        .route("/_twin/account", get(account))
        .route("/_twin/planted", get(planted))
        .route("/_twin/account/replyio", get(reply_account))
        .route("/_twin/account/phoneburner", get(phone_account))
        .route("/_twin/phoneburner/expire", post(expire))
        .route("/_twin/phoneburner/refresh", post(refresh))
        .route("/_twin/play", post(play_day))
        .route("/_twin/log", get(log))
        .route("/_twin/faults", post(faults))
}

#[derive(Deserialize)]
struct Advance {
    #[serde(default = "one_day")]
    days: u32,
}

fn one_day() -> u32 {
    1
}

async fn advance(
    State(shared): State<Arc<Shared>>,
    Query(Advance { days }): Query<Advance>,
) -> Result<Json<Value>, Refusal> {
    if !(1..=LONGEST_ADVANCE).contains(&days) {
        return Err(refused(format!("days must be 1 to {LONGEST_ADVANCE}")));
    }
    let mut state = shared.lock();
    state.advance(days);
    Ok(Json(json!({ "today": state.smartlead.account().today })))
}

async fn account(State(shared): State<Arc<Shared>>) -> Json<Account> {
    Json(shared.lock().smartlead.account())
}

async fn planted(State(shared): State<Arc<Shared>>) -> Json<Option<Planted>> {
    Json(shared.lock().smartlead.planted())
}

async fn reply_account(State(shared): State<Arc<Shared>>) -> Json<replyio::Account> {
    Json(shared.lock().replyio.account())
}

async fn phone_account(State(shared): State<Arc<Shared>>) -> Json<phoneburner::Account> {
    Json(shared.lock().phoneburner.account())
}

async fn expire(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.lock().phoneburner.expire_tokens();
    Json(json!({}))
}

#[derive(Deserialize)]
struct Refresh {
    refused: bool,
}

async fn refresh(
    State(shared): State<Arc<Shared>>,
    Query(Refresh { refused }): Query<Refresh>,
) -> Json<Value> {
    shared.lock().phoneburner.refuse_refresh(refused);
    Json(json!({ "refused": refused }))
}

#[derive(Deserialize)]
struct Playing {
    from: Timestamp,
    until: Timestamp,
    mails: u64,
    calls_to: Option<String>,
    #[serde(default)]
    pause_ms: u64,
    #[serde(default)]
    seed: u64,
}

async fn play_day(State(shared): State<Arc<Shared>>, Query(playing): Query<Playing>) -> Json<Value> {
    let Playing { from, until, mails, calls_to, pause_ms, seed } = playing;
    let day = Day { from, until, mails, calls_to, pause: Duration::from_millis(pause_ms) };
    let posts = play::posts(&shared, &day, seed);
    let taken = play::play(&posts, day.pause).await;
    Json(json!({ "posted": posts.len(), "taken": taken }))
}

async fn log(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.lock().log.iter().map(entry).collect())
}

fn entry(request: &Request) -> Value {
    json!({
        "number": request.number,
        "at_ms": u64::try_from(request.at.as_millis()).unwrap_or(u64::MAX),
        "path": request.path,
        "query": request.query,
        "body": request.body,
        "status": request.status,
        "fault": request.fault,
    })
}

#[derive(Deserialize)]
struct Failing {
    share: f64,
    #[serde(default)]
    seed: u64,
    kinds: Option<String>,
    #[serde(default = "stall_ms")]
    stall_ms: u64,
}

fn stall_ms() -> u64 {
    5000
}

async fn faults(
    State(shared): State<Arc<Shared>>,
    Query(failing): Query<Failing>,
) -> Result<Json<Value>, Refusal> {
    let Failing { share, seed, kinds, stall_ms } = failing;
    if !(0.0..=1.0).contains(&share) {
        return Err(refused("share must be 0 to 1".to_owned()));
    }
    let kinds = match kinds {
        Some(kinds) => kinds.split(',').map(str::parse).collect::<Result<_, _>>().map_err(refused)?,
        None => Fault::ALL.to_vec(),
    };
    let names: Vec<_> = kinds.iter().map(|kind: &Fault| kind.name()).collect();
    let told = json!({ "share": share, "seed": seed, "kinds": names, "stall_ms": stall_ms });
    let faults = Faults { seed, share, kinds, stall: Duration::from_millis(stall_ms) };
    shared.lock().set_faults((share > 0.0).then_some(faults));
    Ok(Json(told))
}

fn refused(reason: String) -> Refusal {
    (StatusCode::BAD_REQUEST, reason + "\n")
}
