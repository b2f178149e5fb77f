//! Pieces of SQL in the form that each database takes, and batches of rows as one parameter.

use std::collections::BTreeSet;

use atlas_model::{Derived, Kind};
use serde_json::{Value, json};

use crate::db::Flavour;

/// The rows of a JSON array parameter; the column is `value` on both databases.
pub(crate) fn batch(flavour: Flavour, parameter: &str) -> String {
    match flavour {
        // As binary JSON, so that no value is parsed again for each of its columns.
        Flavour::Sqlite => format!("jsonb_each({parameter})"),
        Flavour::Postgres => format!("jsonb_array_elements(CAST({parameter} AS JSONB))"),
    }
}

/// The day of a batch's row.
pub(crate) const fn date(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Sqlite => "value ->> 'date'",
        Flavour::Postgres => "CAST(value ->> 'date' AS DATE)",
    }
}

/// A sum under a name, a whole number on both.
pub(crate) fn sum(what: &str, name: &str) -> String {
    format!("CAST(SUM({what}) AS BIGINT) AS {name}")
}

/// A JSON array of objects, as [`batch`] takes it.
pub(crate) fn to_batch(values: &[Value]) -> String {
    serde_json::to_string(values).unwrap_or_default()
}

/// Texts as rows of which each has one, as `a`.
pub(crate) fn values(texts: &BTreeSet<String>) -> String {
    to_batch(&texts.iter().map(|text| json!({"a": text})).collect::<Vec<_>>())
}

/// A JSON text as the value of a JSONB column.
pub(crate) fn json(flavour: Flavour, parameter: &str) -> String {
    match flavour {
        Flavour::Sqlite => parameter.to_owned(),
        Flavour::Postgres => format!("CAST({parameter} AS JSONB)"),
    }
}

/// A text taken out of JSON in a column's type. SQLite keeps times and JSON as text.
pub(crate) fn cast(flavour: Flavour, kind: Kind, value: &str) -> String {
    let to = match (kind, flavour) {
        (Kind::Text, _) | (Kind::Timestamp | Kind::Date | Kind::Json, Flavour::Sqlite) => {
            return value.to_owned();
        }
        (Kind::Integer, _) => "BIGINT",
        (Kind::Real, _) => "DOUBLE PRECISION",
        (Kind::Boolean, _) => "BOOLEAN",
        (Kind::Timestamp, Flavour::Postgres) => "TIMESTAMPTZ",
        (Kind::Date, Flavour::Postgres) => "DATE",
        (Kind::Json, Flavour::Postgres) => "JSONB",
    };
    format!("CAST({value} AS {to})")
}

/// The rows of a group as one JSON object, in text.
pub(crate) fn as_object(flavour: Flavour, key: &str, value: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("json_group_object({key}, {value})"),
        Flavour::Postgres => format!("CAST(jsonb_object_agg({key}, {value}) AS TEXT)"),
    }
}

/// The texts of a group as one, with commas between.
pub(crate) fn joined(flavour: Flavour, texts: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("group_concat({texts}, ',')"),
        Flavour::Postgres => format!("string_agg({texts}, ',')"),
    }
}

/// A column as it is read: dates and JSON as text, on either database.
pub(crate) fn readable(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Date | Kind::Json => format!("CAST({name} AS TEXT) AS {name}"),
        _ => name.to_owned(),
    }
}

/// What a derived column must be, told what its operands are.
pub(crate) fn derived(rule: Derived, value: &dyn Fn(&str) -> String) -> String {
    match rule {
        Derived::Difference(of, less) => format!("({} - {})", value(of), value(less)),
        Derived::Ratio(numerator, denominator) => {
            let (above, below) = (value(numerator), value(denominator));
            format!("(CASE WHEN {below} > 0 THEN CAST({above} AS DOUBLE PRECISION) / {below} END)")
        }
    }
}

/// Ends a sub-query that shall be walked through once, looking up the rest, and not the other way round: it stays by itself.
pub(crate) const fn fence(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Sqlite => " LIMIT -1",
        Flavour::Postgres => " OFFSET 0",
    }
}

/// Keys out of a batch, as `k`, each with the rows of a table `t` that a condition finds by it.
pub(crate) fn looked_up(flavour: Flavour, keys: &str, table: &str, which: &str) -> String {
    let keys = format!("(SELECT {keys} FROM {}{}) AS k", batch(flavour, "$2"), fence(flavour));
    found_by(flavour, &keys, table, which)
}

/// Keys, each with the rows of a table `t` that a condition finds by it. Whatever a database believes of the table, it goes
/// from the keys to the rows and never the other way round.
pub(crate) fn found_by(flavour: Flavour, keys: &str, table: &str, which: &str) -> String {
    match flavour {
        Flavour::Sqlite => format!("{keys} CROSS JOIN {table} AS t WHERE {which}"),
        Flavour::Postgres => {
            let fence = fence(flavour);
            format!("{keys} CROSS JOIN LATERAL (SELECT * FROM {table} AS t WHERE {which}{fence}) AS t")
        }
    }
}

/// Whose a campaign of a source is, as the client's id: by hand or rule, else as the source's, else the service says.
pub(crate) fn client_id_of(campaign: &str, source: &str) -> String {
    format!(
        "COALESCE({campaign}.assigned_client_id, CASE WHEN {source}.client IS NOT NULL THEN 'source' END, \
         {campaign}.client_id)"
    )
}

/// What says so: `hand`, `rule`, `source`, `service`.
pub(crate) fn reason_of(campaign: &str, source: &str) -> String {
    format!(
        "CASE WHEN {campaign}.assigned_by = 'hand' THEN 'hand' WHEN {campaign}.assigned_by IS NOT NULL THEN 'rule' \
         WHEN {source}.client IS NOT NULL THEN 'source' WHEN {campaign}.client_id IS NOT NULL THEN 'service' END"
    )
}
