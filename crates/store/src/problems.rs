//! What could not be understood, as last seen.

use std::collections::BTreeMap;

use atlas_model::{Problem, SourceId};
use jiff::Timestamp;
use serde_json::json;

use crate::db::Tx;
use crate::error::Result;
use crate::sql::{batch, to_batch, values as texts};

/// The problems of the latest answer to a call; those of an earlier one that are gone are removed.
pub(crate) async fn keep_problems(
    tx: &mut Tx,
    id: SourceId,
    now: Timestamp,
    endpoint: &str,
    told: &[(&str, &[Problem])],
) -> Result<()> {
    let mut values: BTreeMap<(&str, &str), _> = BTreeMap::new();
    for (params, problems) in told {
        for Problem { record, path, message } in *problems {
            let value = json!({"record": record, "path": path, "message": message, "params": params});
            values.insert((record, path), value);
        }
    }
    if !values.is_empty() {
        let sql = format!(
            "INSERT INTO mapping_problems (source_id, endpoint, record, path, params, message, first_seen_at, \
             last_seen_at) SELECT $1, $3, value ->> 'record', value ->> 'path', value ->> 'params', \
             value ->> 'message', $4, $4 FROM {} WHERE true ON CONFLICT (source_id, endpoint, record, path) DO UPDATE \
             SET message = excluded.message, params = excluded.params, last_seen_at = excluded.last_seen_at",
            batch(tx.flavour(), "$2"),
        );
        let json = to_batch(&values.into_values().collect::<Vec<_>>());
        tx.execute(&sql, [id.into(), json.into(), endpoint.into(), now.into()]).await?;
    }
    let sql = format!(
        "DELETE FROM mapping_problems WHERE source_id = $1 AND endpoint = $3 \
         AND params IN (SELECT value ->> 'a' FROM {}) AND last_seen_at <> $4",
        batch(tx.flavour(), "$2"),
    );
    let asked = texts(&told.iter().map(|(params, _)| (*params).to_owned()).collect());
    tx.execute(&sql, [id.into(), asked.into(), endpoint.into(), now.into()]).await.map(drop)
}
