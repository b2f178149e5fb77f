//! Statements that are one transaction, told to the database at once.

use futures_util::{TryStreamExt, future};
use sqlx::sqlite::SqliteQueryResult;
use sqlx::{AssertSqlSafe, Executor};

use super::{Param, Pool, SOON, Store, sqlite_arguments};
use crate::error::{Error, ErrorKind, Result};

/// A statement and its parameters.
pub(crate) type Statement = (String, Vec<Param>);

impl Store {
    /// Runs statements in one transaction, if that can begin soon; how many rows each of them touched. SQLite runs in a
    /// thread of its own, and on a busy machine a turn between that and whoever waits for it takes as long as writing
    /// hundreds of rows: so it is told everything in one.
    pub(crate) async fn write_at_once(&self, statements: Vec<Statement>) -> Result<Vec<u64>> {
        let count = statements.len();
        let Pool::Sqlite { writer, .. } = &self.pool else {
            let mut tx = self.begin_soon().await?;
            let mut touched = Vec::with_capacity(count);
            for (sql, params) in statements {
                touched.push(tx.execute(&sql, params).await?);
            }
            tx.commit().await?;
            return Ok(touched);
        };
        let (mut text, mut all) = ("BEGIN IMMEDIATE".to_owned(), Vec::new());
        for (sql, params) in statements {
            text += "; ";
            text += &renumbered(&sql, all.len());
            all.extend(params);
        }
        text += "; COMMIT";
        let query = sqlx::query_with(AssertSqlSafe(text), sqlite_arguments(all)?);
        // First a turn among the writers of this process; one among the processes is waited for by SQLite itself.
        let held =
            || Error::new(ErrorKind::Busy, "another transaction of this process holds the database", "");
        let turn = tokio::time::timeout(SOON * 2, writer.acquire()).await;
        let mut connection = turn.map_err(|_| held())??;
        let ends = (&mut *connection).fetch_many(query);
        let ends = ends
            .try_filter_map(|told| future::ok(told.left().map(|end: SqliteQueryResult| end.rows_affected())));
        match ends.try_collect::<Vec<u64>>().await {
            Ok(touched) => Ok(touched.into_iter().skip(1).take(count).collect()),
            Err(error) => {
                // It may be left in the middle of the transaction, which ends with it.
                let _ = connection.close().await;
                Err(error.into())
            }
        }
    }
}

/// A statement whose parameters come behind so many others.
fn renumbered(sql: &str, before: usize) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let number = part[..end].parse::<usize>().unwrap_or_default() + before;
        text += &format!("${number}{}", &part[end..]);
    }
    text
}
