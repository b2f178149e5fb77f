//! Adding to rows of figures, whatever table they stand in.

use atlas_model::SourceId;
use serde_json::Value;

use crate::db::Tx;
use crate::error::Result;
use crate::sql::{batch, date, to_batch};

/// A table of figures: its key's columns with what they are read from, the key as it stands in a conflict, and how the
/// rows of a batch are found.
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) names: &'static str,
    pub(crate) values: &'static str,
    pub(crate) key: &'static str,
    pub(crate) rows: &'static str,
}

/// Adds to the rows of a table; those in which nothing is left go.
pub(crate) async fn add_to(
    tx: &mut Tx,
    id: SourceId,
    place: &Place,
    columns: &[&str],
    values: &[Value],
) -> Result<()> {
    let flavour = tx.flavour();
    let filled = |text: &str| text.replace("{date}", date(flavour)).replace("{batch}", &batch(flavour, "$2"));
    let list = |shown: &dyn Fn(&str) -> String, between: &str| {
        columns.iter().map(|column| shown(column)).collect::<Vec<_>>().join(between)
    };
    let sql = format!(
        "INSERT INTO {table} AS t (source_id, {names}, {columns}) SELECT $1, {values}, {told} FROM {batch} WHERE true \
         ON CONFLICT (source_id, {key}) DO UPDATE SET {sums}",
        table = place.table,
        names = place.names,
        columns = columns.join(", "),
        values = filled(place.values),
        told = list(&|name| format!("NULLIF(CAST(value ->> '{name}' AS BIGINT), 0)"), ", "),
        batch = batch(flavour, "$2"),
        key = place.key,
        sums = list(
            &|name| format!("{name} = NULLIF(COALESCE(t.{name}, 0) + COALESCE(excluded.{name}, 0), 0)"),
            ", "
        ),
    );
    let is_less = values.iter().any(|value| columns.iter().any(|name| value[*name].as_i64() < Some(0)));
    let values = to_batch(values);
    tx.execute(&sql, [id.into(), values.as_str().into()]).await?;
    if !is_less {
        return Ok(());
    }
    let empty = format!(
        "DELETE FROM {} WHERE source_id = $1 AND {} AND {}",
        place.table,
        filled(place.rows),
        list(&|name| format!("{name} IS NULL"), " AND "),
    );
    tx.execute(&empty, [id.into(), values.into()]).await.map(drop)
}

/// Figures by their names, beside what tells where they belong.
pub(crate) fn with_figures<'a>(mut place: Value, figures: impl IntoIterator<Item = (&'a str, i64)>) -> Value {
    if let Value::Object(fields) = &mut place {
        fields.extend(figures.into_iter().map(|(name, figure)| (name.to_owned(), Value::from(figure))));
    }
    place
}
