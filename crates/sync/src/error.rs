//! What stops a sync before or beside the service's own answers.

use atlas_model::Platform;

/// Why a source could not be synced at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] atlas_store::Error),
    /// Another process is at it.
    #[error("another process is syncing this source ({holder})")]
    Held {
        /// Who.
        holder: String,
    },
    /// The service has no sign-in by browser.
    #[error("{} has no sign-in by browser; its key is typed", .0.title())]
    NoSignIn(Platform),
    /// The service gave no grant.
    #[error("the service gave no access: {0}")]
    SignIn(String),
    /// The base URL cannot be used.
    #[error("the base URL cannot be used: {0}")]
    BadUrl(String),
    /// The time zone is not known.
    #[error("the time zone '{0}' is not known; write it as Europe/Amsterdam")]
    BadZone(String),
    /// This machine cannot make connections.
    #[error("no connection can be made from here: {0}")]
    Network(String),
}

impl Error {
    /// What a person should do; empty when the message says it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Store(error) => &error.hint,
            Self::Held { .. } => "wait until it has finished; `atlas status` shows how far it is",
            Self::NoSignIn(_) => "atlas source set NAME --api-key-stdin",
            Self::SignIn(_) => {
                "check the client id and secret, then sign in again: atlas source connect NAME"
            }
            Self::BadUrl(_) => "write it as https://host or http://127.0.0.1:port, without a path",
            Self::BadZone(_) | Self::Network(_) => "",
        }
    }
}
