//! Values that are bound to statements, and rows that come back.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};

use crate::error::{Error, ErrorKind, Result};

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub(crate) enum Param {
    Integer(Option<i64>),
    Text(Option<String>),
    Boolean(bool),
    Time(Option<Timestamp>),
    Bytes(Vec<u8>),
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<usize> for Param {
    fn from(value: usize) -> Self {
        Self::Integer(i64::try_from(value).ok())
    }
}

impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Param {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Timestamp> for Param {
    fn from(value: Timestamp) -> Self {
        Self::Time(Some(value))
    }
}

impl From<Option<Timestamp>> for Param {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Time(value)
    }
}

impl From<Vec<u8>> for Param {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

pub(super) fn sqlite_arguments(params: impl IntoIterator<Item = Param>) -> Result<SqliteArguments> {
    use sqlx::Arguments;
    let mut arguments = SqliteArguments::default();
    for param in params {
        match param {
            Param::Integer(value) => arguments.add(value),
            Param::Text(value) => arguments.add(value),
            Param::Boolean(value) => arguments.add(value),
            Param::Time(value) => arguments.add(value.map(atlas_model::utc_text)),
            Param::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(super) fn postgres_arguments(params: impl IntoIterator<Item = Param>) -> Result<PgArguments> {
    use sqlx::Arguments;
    let mut arguments = PgArguments::default();
    for param in params {
        match param {
            Param::Integer(value) => arguments.add(value),
            Param::Text(value) => arguments.add(value),
            Param::Boolean(value) => arguments.add(value),
            Param::Time(value) => arguments.add(value.map(jiff_sqlx::Timestamp::from)),
            Param::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A row of either database.
pub(crate) enum DbRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! getters {
    ($($maybe:ident -> $type:ty),*) => {
        $(pub(crate) fn $maybe(&self, column: &str) -> Result<Option<$type>> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get(column)?,
                Self::Postgres(row) => row.try_get(column)?,
            })
        })*
    };
}

impl DbRow {
    getters!(
        maybe_integer -> i64,
        maybe_real -> f64,
        maybe_text -> String,
        maybe_boolean -> bool,
        maybe_bytes -> Vec<u8>
    );

    pub(crate) fn integer(&self, column: &str) -> Result<i64> {
        self.maybe_integer(column)?.ok_or_else(|| unknown(column))
    }

    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.maybe_text(column)?.ok_or_else(|| unknown(column))
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.maybe_bytes(column)?.ok_or_else(|| unknown(column))
    }

    pub(crate) fn boolean(&self, column: &str) -> Result<bool> {
        self.maybe_boolean(column)?.ok_or_else(|| unknown(column))
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        match self {
            Self::Postgres(row) => {
                Ok(row.try_get::<Option<jiff_sqlx::Timestamp>, _>(column)?.map(jiff_sqlx::Timestamp::to_jiff))
            }
            Self::Sqlite(row) => row
                .try_get::<Option<String>, _>(column)?
                .map(|text| text.parse().map_err(|_| unreadable(column, &text)))
                .transpose(),
        }
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp> {
        self.maybe_time(column)?.ok_or_else(|| unknown(column))
    }
}

pub(super) fn unknown(column: &str) -> Error {
    Error::new(ErrorKind::Other, format!("the database has no value in {column}, where one must be"), "")
}

fn unreadable(column: &str, text: &str) -> Error {
    Error::new(ErrorKind::Other, format!("the database has '{text}' in {column}, which is no time"), "")
}
