//! What opens the webhook routes, in memory: read from the database on its own time, never because somebody knocks.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use atlas_model::{Platform, sha256};
use atlas_store::{Door, Result, Store, Vault};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use tracing::warn;

/// How soon a token that was made or replaced by another process is known.
const EVERY: Duration = Duration::from_secs(1);

/// The doors as they were last read.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    now: Arc<RwLock<Arc<[Door]>>>,
}

impl Doors {
    pub(crate) async fn read(store: &Store, vault: &Vault) -> Result<Self> {
        Ok(Self { now: Arc::new(RwLock::new(store.doors(vault).await?.into())) })
    }

    /// Reads them again and again. What was known holds while the database is away.
    pub(crate) async fn keep_reading(self, store: Store, vault: Vault) {
        let mut is_away = false;
        loop {
            tokio::time::sleep(EVERY).await;
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
        }
    }

    /// The door that a token opens. Every door is tried, so that the time it takes tells nothing.
    pub(crate) fn open(&self, platform: Platform, token: &str, now: Timestamp) -> Option<Door> {
        let hash = sha256(token.as_bytes());
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
