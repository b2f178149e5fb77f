//! What went wrong with the database, and what a person should do.

use std::fmt;

/// A result of this room.
pub type Result<T> = std::result::Result<T, Error>;

/// What the caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The URL cannot be understood.
    BadUrl,
    /// The database does not answer or refuses us.
    Unreachable,
    /// The database was written by a newer Atlas.
    Newer,
    /// It may not be written to.
    ReadOnly,
    /// There is no space left.
    Full,
    /// Another process holds it too long.
    Busy,
    /// The lease of the source went to another process.
    LeaseLost,
    /// Another process holds a source's lease.
    Held,
    /// What was asked for cannot be.
    Refused,
    /// A text has a NUL in it, which PostgreSQL does not keep.
    Unfit,
    /// The name is taken.
    Taken,
    /// The database holds data that would be overwritten.
    NotEmpty,
    /// A stored credential cannot be opened with this key.
    WrongKey,
    /// Anything else.
    Other,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    /// What the caller can act on.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// What a person should do; empty when the message says it.
    pub hint: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into() }
    }

    /// Whether the same may work later without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, ErrorKind::Busy | ErrorKind::Unreachable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let (kind, hint) = match &error {
            sqlx::Error::Database(inside) => from_code(&inside.code().unwrap_or_default()),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => (
                ErrorKind::Unreachable,
                "is the database running, and is its address in the database URL right?",
            ),
            _ => (ErrorKind::Other, ""),
        };
        let said = match &error {
            sqlx::Error::Database(inside) => inside.message().to_owned(),
            other => other.to_string(),
        };
        Self::new(kind, format!("the database says: {said}"), hint)
    }
}

/// SQLite's result codes (extended ones carry the plain one in their low byte) and PostgreSQL's SQLSTATEs.
fn from_code(code: &str) -> (ErrorKind, &'static str) {
    let sqlite = code.parse::<i64>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
    match (sqlite, code) {
        (Some(13), _) | (_, "53100") => {
            (ErrorKind::Full, "free some space; nothing is half-written, the next sync goes on from here")
        }
        (Some(8), _) | (_, "25006") => {
            (ErrorKind::ReadOnly, "make the database and its folder writable for this user")
        }
        (Some(5 | 6), _) | (_, "55P03") => (
            ErrorKind::Busy,
            "another program holds the database, or a replay writes; try again when it has finished",
        ),
        (Some(10), _) => (
            ErrorKind::Other,
            "the disk is full or fails: free some space and look at the system's log; nothing is half-written, the \
             next sync goes on from here",
        ),
        (Some(14), _) => (ErrorKind::Unreachable, "does the folder exist, and may this user write to it?"),
        (Some(11 | 26), _) => (
            ErrorKind::Other,
            "the file is damaged or no SQLite database; move it away, then: atlas db restore FILE",
        ),
        (_, "22021" | "22P05") => (ErrorKind::Unfit, "leave out what is no character: a NUL"),
        (_, "28P01" | "28000") => (ErrorKind::Unreachable, "check user and password in the database URL"),
        (_, "3D000") => (ErrorKind::Unreachable, "create the database first: createdb NAME"),
        (_, "42501") => (ErrorKind::ReadOnly, "the database user needs the right to create and write tables"),
        (_, "53300" | "57P01" | "57P03" | "40001" | "40P01") => (ErrorKind::Busy, "try again in a moment"),
        _ => (ErrorKind::Other, ""),
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::VersionMissing(version) => Self::new(
                ErrorKind::Newer,
                format!("the database was written by a newer Atlas (its schema is at version {version})"),
                "install the newer Atlas, or point the database URL elsewhere",
            ),
            MigrateError::Execute(inside) | MigrateError::ExecuteMigration(inside, _) => inside.into(),
            other => Self::new(
                ErrorKind::Other,
                format!("the schema could not be brought up to date: {other}"),
                "",
            ),
        }
    }
}
