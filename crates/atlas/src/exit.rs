//! How a command ends: exit codes, and errors that say what to do.

use std::process::ExitCode;

use atlas_store::ErrorKind;
use atlas_vendor::account::Unfit;

/// The exit codes of `atlas`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Error = 1,
    Usage = 2,
    SomeFailed = 3,
    Refused = 4,
    Pending = 5,
    Held = 6,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What went wrong, what a person should do, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Error, message: message.into(), hint: String::new() }
    }

    /// Something that was typed wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<atlas_store::Error> for Failure {
    fn from(error: atlas_store::Error) -> Self {
        let exit = match error.kind {
            ErrorKind::BadUrl | ErrorKind::Refused => Exit::Usage,
            ErrorKind::Held => Exit::Held,
            _ => Exit::Error,
        };
        Self { exit, message: error.message, hint: error.hint }
    }
}

impl From<atlas_sync::Error> for Failure {
    fn from(error: atlas_sync::Error) -> Self {
        let exit = match &error {
            atlas_sync::Error::Held { .. } => Exit::Held,
            atlas_sync::Error::BadUrl(_) | atlas_sync::Error::BadZone(_) | atlas_sync::Error::NoSignIn(_) => {
                Exit::Usage
            }
            atlas_sync::Error::SignIn(_) => Exit::Refused,
            atlas_sync::Error::Store(_) | atlas_sync::Error::Network(_) => Exit::Error,
        };
        Self { exit, message: error.to_string(), hint: error.hint().to_owned() }
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::usage(unfit.why).hint(unfit.hint)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}
