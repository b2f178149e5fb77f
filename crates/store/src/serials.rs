//! Numbers that are handed out once: of users, tokens, outcomes, deeds.

use crate::db::Tx;
use crate::error::{Error, ErrorKind, Result};

/// The next number of a series, never used again.
pub(crate) async fn next(tx: &mut Tx, series: &str) -> Result<i64> {
    let sql = "UPDATE serials SET last = last + 1 WHERE name = $1 RETURNING last";
    let rows = tx.fetch(sql, [series.into()]).await?;
    rows.first().ok_or_else(|| Error::new(ErrorKind::Other, "the serials are gone", ""))?.integer("last")
}
