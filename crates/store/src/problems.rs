//! What could not be understood, as last seen.

use std::collections::BTreeMap;

use atlas_model::{Problem, SourceId};
use jiff::Timestamp;
use serde_json::json;

use crate::db::Tx;
use crate::error::Result;
use crate::sql::{batch, to_batch};

/// The problems of the latest answer to a call; those of an earlier one that are gone are removed.
pub(crate) async fn keep_problems(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    endpoint: &str,
    params: &str,
    problems: &[Problem],
) -> Result<()> {
    if !problems.is_empty() {
        let mut values: BTreeMap<(&str, &str), _> = BTreeMap::new();
        for Problem { record, path, message } in problems {
            values.insert((record, path), json!({"record": record, "path": path, "message": message}));
        }
        let sql = format!(
            "INSERT INTO mapping_problems (source_id, endpoint, record, path, params, message, first_seen_at, \
             last_seen_at) SELECT $1, $3, value ->> 'record', value ->> 'path', $4, value ->> 'message', $5, $5 \
             FROM {} WHERE true ON CONFLICT (source_id, endpoint, record, path) DO UPDATE SET \
             message = excluded.message, params = excluded.params, last_seen_at = excluded.last_seen_at",
            batch(tx.flavour(), "$2"),
        );
        let values: Vec<_> = values.into_values().collect();
        let json = to_batch(&values);
        let params = [id.into(), json.into(), endpoint.into(), params.into(), now.into()];
        tx.execute(&sql, params).await?;
    }
    let sql = "DELETE FROM mapping_problems WHERE source_id = $1 AND endpoint = $2 AND params = $3 \
               AND last_seen_at <> $4";
    tx.execute(sql, [id.into(), endpoint.into(), params.into(), now.into()]).await?;
    Ok(())
}
