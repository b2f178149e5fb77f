//! What opens the webhook routes, in memory: read from the database on its own time, never because somebody knocks.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use atlas_model::{Platform, sha256};
use atlas_store::{Door, Result, Store, Vault};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use tracing::warn;

/// How soon a token that was made or replaced by another process is known.
const EVERY: Duration = Duration::from_secs(1);
/// So many wait until then; one more is turned away at once.
const MOST_KNOCKS: usize = 64;

/// The doors as they were last read.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    now: Arc<RwLock<Arc<[Door]>>>,
    /// Those who have a token that is not known, and wait until the doors are read again.
    knocks: Arc<Mutex<Vec<oneshot::Sender<()>>>>,
}

impl Doors {
    pub(crate) async fn read(store: &Store, vault: &Vault) -> Result<Self> {
        Ok(Self { now: Arc::new(RwLock::new(store.doors(vault).await?.into())), knocks: Arc::default() })
    }

    /// Reads them again and again. What was known holds while the database is away.
    pub(crate) async fn keep_reading(self, store: Store, vault: Vault) {
        let mut is_away = false;
        loop {
            tokio::time::sleep(EVERY).await;
            // Whoever comes while they are being read may be too late for this time.
            let knocks = std::mem::take(&mut *self.knocks.lock().unwrap_or_else(PoisonError::into_inner));
            match store.doors(&vault).await {
                Ok(doors) => {
                    is_away = false;
                    *self.now.write().unwrap_or_else(PoisonError::into_inner) = doors.into();
                }
                Err(error) if !is_away => {
                    is_away = true;
                    warn!("webhook tokens cannot be read again: {error}");
                }
                Err(_) => {}
            }
            drop(knocks);
        }
    }

    /// The door that a token opens. One that is not known may have been made a moment ago: then it is looked again when the
    /// doors are read the next time, which they are anyway.
    pub(crate) async fn open(&self, platform: Platform, token: &str, now: Timestamp) -> Option<Door> {
        let hash = sha256(token.as_bytes());
        let known = self.find(platform, &hash, now);
        if known.is_some() || token.is_empty() {
            return known;
        }
        let next = {
            let mut knocks = self.knocks.lock().unwrap_or_else(PoisonError::into_inner);
            knocks.retain(|knock| !knock.is_closed());
            if knocks.len() >= MOST_KNOCKS {
                return None;
            }
            let (knock, next) = oneshot::channel();
            knocks.push(knock);
            next
        };
        // It ends with an error, as nothing is told: the doors are looked at again, that is all.
        let _ = next.await;
        self.find(platform, &hash, now)
    }

    /// Every door is tried, so that the time it takes tells nothing.
    fn find(&self, platform: Platform, hash: &str, now: Timestamp) -> Option<Door> {
        let doors = Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner));
        let mut opened = None;
        for door in doors.iter() {
            let fits: bool = door.token_hash.as_bytes().ct_eq(hash.as_bytes()).into();
            if fits && door.platform == platform && door.expires_at.is_none_or(|end| now < end) {
                opened = Some(door);
            }
        }
        opened.cloned()
    }
}
