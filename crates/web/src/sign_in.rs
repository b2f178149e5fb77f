//! Signing in: the first user by a link that `atlas serve` prints, everybody else by address and password.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use atlas_model::{Secret, sha256};
use atlas_store::{Role, User, is_password};
use axum::http::{HeaderValue, StatusCode};
use jiff::{Timestamp, ToSpan};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::api::{Api, Problem, hash};

/// How long the first-run link holds.
const FIRST_RUN_H: i64 = 1;
/// How long a session holds.
const SESSION_H: i64 = 14 * 24;
/// After so many wrong passwords for an address, or addresses, within the window nobody is let in by it for the rest.
const WRONG_LIMIT: u32 = 8;
const WRONG_WINDOW_S: i64 = 15 * 60;
/// Of all addresses together: guessing is slow for whoever spreads it.
const WRONG_LIMIT_ALL: u32 = 200;
/// Passwords that are checked at once; each takes 19 MiB.
const CHECKS_AT_ONCE: usize = 4;

/// What must be known of attempts to sign in.
#[derive(Debug)]
pub(crate) struct SignIns {
    /// The hash of the first-run token, and until when it holds.
    first_run: Option<(String, Timestamp)>,
    /// Wrong passwords by address, and since when; all together under the empty one.
    wrong: Mutex<HashMap<String, (u32, Timestamp)>>,
    checks: Semaphore,
}

impl SignIns {
    /// With the token of a first-run link, if there shall be one.
    pub(crate) fn new(first_run: Option<&Secret>, now: Timestamp) -> Self {
        let first_run = first_run.map(|token| (sha256(token.expose().as_bytes()), now + FIRST_RUN_H.hours()));
        Self { first_run, wrong: Mutex::default(), checks: Semaphore::new(CHECKS_AT_ONCE) }
    }

    fn is_first_run(&self, token: &str, now: Timestamp) -> bool {
        let hash = sha256(token.as_bytes());
        self.first_run
            .as_ref()
            .is_some_and(|(known, until)| now < *until && known.as_bytes().ct_eq(hash.as_bytes()).into())
    }

    fn wrong(&self) -> MutexGuard<'_, HashMap<String, (u32, Timestamp)>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt, as wrong until it turns out to be right; for how many seconds none is taken, if there were too
    /// many.
    fn attempt(&self, email: &str, now: Timestamp) -> Option<u32> {
        let mut wrong = self.wrong();
        wrong.retain(|_, (_, since)| (0..WRONG_WINDOW_S).contains(&now.duration_since(*since).as_secs()));
        for (key, limit) in [(email, WRONG_LIMIT), ("", WRONG_LIMIT_ALL)] {
            if let Some((_, since)) = wrong.get(key).filter(|(count, _)| *count >= limit) {
                let left = WRONG_WINDOW_S - now.duration_since(*since).as_secs();
                return Some(u32::try_from(left).unwrap_or(1).max(1));
            }
        }
        for key in [email, ""] {
            wrong.entry(key.to_owned()).or_insert((0, now)).0 += 1;
        }
        None
    }

    fn succeeded(&self, email: &str) {
        let mut wrong = self.wrong();
        if let Some((count, _)) = wrong.remove(email)
            && let Some((all, _)) = wrong.get_mut("")
        {
            *all = all.saturating_sub(count);
        }
    }
}

/// Signs a user in; the user, and what the browser shall keep.
pub(crate) async fn sign_in(
    api: &Api,
    email: &str,
    password: Secret,
) -> Result<(User, HeaderValue), Problem> {
    let email = email.trim().to_lowercase();
    let sign_ins = &api.sign_ins;
    if let Some(seconds) = sign_ins.attempt(&email, api.clock.now()) {
        warn!("too many attempts to sign in");
        let detail = "too many attempts to sign in";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(seconds));
    }
    let known = api.store.user_to_sign_in(&email).await?;
    let stored = known.as_ref().map(|(_, hash)| hash.clone());
    let closed = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping").retry_after(5);
    let turn = sign_ins.checks.acquire().await.map_err(closed)?;
    let check = tokio::task::spawn_blocking(move || is_password(&password, stored.as_deref()));
    let is_right = check.await.unwrap_or(false);
    drop(turn);
    let Some((user, _)) = known.filter(|_| is_right) else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "the address or the password is wrong"));
    };
    sign_ins.succeeded(&email);
    let cookie = open(api, &user).await?;
    Ok((user, cookie))
}

/// Makes the first user, an admin, and signs them in.
pub(crate) async fn sign_in_first(
    api: &Api,
    token: &str,
    email: &str,
    password: Secret,
) -> Result<(User, HeaderValue), Problem> {
    let now = api.clock.now();
    if !api.sign_ins.is_first_run(token, now) || api.store.has_users().await? {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "that link holds no longer").hint(
            "where there is a user, sign in; else start `atlas serve` again, or use `atlas user add`",
        ));
    }
    let password = hash(password).await?;
    let user =
        api.store.add_user((email, Role::Admin, None), &password, true, ("first-run link", now)).await?;
    let cookie = open(api, &user).await?;
    Ok((user, cookie))
}

/// Signs somebody in by a link that was made for them at the machine, once.
pub(crate) async fn sign_in_by_link(api: &Api, token: &str) -> Result<HeaderValue, Problem> {
    let user = api.store.take_sign_in_link(&Secret::new(token), api.clock.now()).await?;
    let user = user.ok_or_else(|| {
        Problem::new(StatusCode::UNAUTHORIZED, "that link holds no longer").hint("atlas user link EMAIL")
    })?;
    open(api, &user).await
}

async fn open(api: &Api, user: &User) -> Result<HeaderValue, Problem> {
    let now = api.clock.now();
    let token = api.store.open_session(user, now, now + SESSION_H.hours()).await?;
    Ok(cookie(api, token.expose(), SESSION_H * 3600))
}

/// The session's cookie; one that holds for no time takes it away.
pub(crate) fn cookie(api: &Api, token: &str, age_s: i64) -> HeaderValue {
    let secure = if api.is_secure() { "; Secure" } else { "" };
    let name = api.cookie();
    let text = format!("{name}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    // Tokens are letters and digits.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
