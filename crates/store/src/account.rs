//! Figures of a whole account, kept with its data source.

use atlas_model::{Row, SourceId};
use serde_json::{Map, Value};

use crate::db::Tx;
use crate::error::Result;
use crate::sql::json;

/// What says where the figures come from and of what time they are; it is no figure.
const META: &str = "_meta";

/// Lays told figures over known ones; one that is not told stays. Whether a figure changed.
pub(crate) async fn lay_over(tx: &mut Tx, id: SourceId, row: &Row) -> Result<bool> {
    let Some(Value::Object(told)) = row.values.get("additional_config") else { return Ok(false) };
    let sql = "SELECT CAST(additional_config AS TEXT) AS additional_config FROM data_sources WHERE id = $1";
    let rows = tx.fetch(sql, [id.into()]).await?;
    let known = rows.first().map_or(Ok(None), |row| row.maybe_text("additional_config"))?;
    let known: Map<String, Value> =
        known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let mut config = known.clone();
    for (name, value) in told.iter().filter(|(_, value)| !value.is_null()) {
        config.insert(name.clone(), value.clone());
    }
    if config == known {
        return Ok(false);
    }
    let sql =
        format!("UPDATE data_sources SET additional_config = {} WHERE id = $1", json(tx.flavour(), "$2"));
    let text = Value::Object(config.clone()).to_string();
    tx.execute(&sql, [id.into(), text.into()]).await?;
    let figures = |config: Map<String, Value>| config.into_iter().filter(|(name, _)| name != META);
    Ok(!figures(config).eq(figures(known)))
}

/// The figures of an account without where they come from, if there are any.
pub(crate) fn figures(config: &str) -> Option<String> {
    let mut config: Map<String, Value> = serde_json::from_str(config).ok()?;
    config.remove(META);
    (!config.is_empty()).then(|| Value::Object(config).to_string())
}
