//! The statements that write rows: guarded upserts and amends, generated from the table descriptions.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Column, Derived, Later, Mode, Row, Rule, Table};
use serde_json::Value;

use crate::db::Flavour;
use crate::sql::{batch, cast, derived, fence};

/// The statements of the shapes that came so far: of few shapes very many rows are written.
static TEXTS: LazyLock<Mutex<HashMap<String, Option<Arc<str>>>>> = LazyLock::new(Mutex::default);

/// More shapes than the endpoints have between them.
const MOST_TEXTS: usize = 500;

/// The statement that upserts a batch of rows with these columns, for those who measure it: $1 is the source, $2 the
/// batch as a JSON array of arrays, each with its values in the order of the columns.
pub fn upsert_text(table: &'static Table, columns: &[&str], flavour: Flavour) -> String {
    Statement { table, mode: Mode::Upsert, columns, flavour }.upsert()
}

/// A statement that writes rows of one table, in one way, with the same columns. $1 is the source, $2 the rows.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) table: &'static Table,
    pub(crate) mode: Mode,
    /// The columns that are present.
    pub(crate) columns: &'a [&'a str],
    pub(crate) flavour: Flavour,
}

impl Statement<'_> {
    /// Nothing where the rows tell nothing but their keys to what is there already.
    pub(crate) fn text(&self) -> Option<Arc<str>> {
        self.once("told", || self.written())
    }

    /// A statement of this shape, put together once.
    pub(crate) fn once(&self, what: &str, make: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
        let shape =
            format!("{what} {:?} {} {:?} {:?}", self.flavour, self.table.name, self.mode, self.columns);
        let mut known = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_TEXTS {
            known.clear();
        }
        known.entry(shape).or_insert_with(|| make().map(Arc::from)).clone()
    }

    fn written(&self) -> Option<String> {
        match self.mode {
            // A witness was turned into an observation, which is upserted.
            Mode::Upsert | Mode::Once | Mode::StandIn | Mode::Later(_) | Mode::Witness(_) => {
                Some(self.upsert())
            }
            Mode::Amend => self.amend(None),
            Mode::FillWhileNull(guard) => self.amend(Some(guard)),
        }
    }

    pub(crate) fn upsert(&self) -> String {
        let set = self.assignments("excluded.");
        let action = if set.is_empty() || (self.mode == Mode::Once && *self.table == EMAIL_ACTIVITIES) {
            "NOTHING".to_owned()
        } else {
            let told = [&set[..], &self.read_times("excluded.")].concat();
            // What was posted stands over what is asked for.
            let guard = if self.mode == Mode::StandIn { " AND t.via = 'poll'" } else { "" };
            format!("UPDATE SET {} WHERE {}{guard}", list(&told, " = "), differs(&set))
        };
        self.inserting(&action)
    }

    pub(crate) fn inserting(&self, action: &str) -> String {
        let mut names = vec!["source_id".to_owned()];
        let mut values = vec!["$1".to_owned()];
        for column in self.table.columns {
            if let Some(value) = self.inserted(column) {
                names.push(column.name.to_owned());
                values.push(value);
            }
        }
        format!(
            "INSERT INTO {table} AS t ({names}) SELECT {values} FROM {batch} WHERE true \
             ON CONFLICT (source_id, {key}) DO {action}",
            table = self.table.name,
            names = names.join(", "),
            values = values.join(", "),
            batch = batch(self.flavour, "$2"),
            key = self.table.key.join(", "),
        )
    }

    pub(crate) fn amend(&self, guard: Option<&str>) -> Option<String> {
        let set = self.assignments("incoming.in_");
        if set.is_empty() {
            return None;
        }
        let guard = guard.map(|column| format!(" AND t.{column} IS NULL")).unwrap_or_default();
        Some(format!(
            "UPDATE {table} AS t SET {told} FROM {incoming} WHERE {matched} AND {differs}{guard}",
            table = self.table.name,
            told = list(&[&set[..], &self.read_times("incoming.in_")].concat(), " = "),
            incoming = self.incoming(),
            matched = self.matched(),
            differs = differs(&set),
        ))
    }

    /// What is written to the columns that say when a row was read. That alone is no change of it.
    fn read_times(&self, incoming: &str) -> Vec<(String, String)> {
        match self.mode {
            Mode::Once | Mode::StandIn => return Vec::new(),
            Mode::Later(later) if self.columns.contains(&later.then) => {
                return vec![(later.then.to_owned(), self.told(later.then, incoming))];
            }
            _ => {}
        }
        let columns = self.present().filter(|column| column.rule == Rule::ReadTime);
        columns.map(|column| (column.name.to_owned(), format!("{incoming}{}", column.name))).collect()
    }

    /// The update of those columns in rows that are otherwise the same.
    pub(crate) fn seen_again(&self) -> Option<String> {
        let set = self.read_times("incoming.in_");
        (!set.is_empty() && !matches!(self.mode, Mode::Later(_))).then(|| {
            format!(
                "UPDATE {} AS t SET {} FROM {} WHERE {}",
                self.table.name,
                list(&set, " = "),
                self.incoming(),
                self.matched(),
            )
        })
    }

    fn present(&self) -> impl Iterator<Item = &'static Column> {
        self.table.columns.iter().filter(|column| self.columns.contains(&column.name))
    }

    /// The batch as a table whose columns are named `in_…`. The source is one of them: by itself it would be reason enough
    /// to walk through all that is stored of it, where little is known yet of how much that is.
    fn incoming(&self) -> String {
        let columns: String =
            self.present().map(|column| format!(", {} AS in_{}", self.cast(column), column.name)).collect();
        let (batch, fence) = (batch(self.flavour, "$2"), fence(self.flavour));
        format!("(SELECT CAST($1 AS BIGINT) AS in_source_id{columns} FROM {batch}{fence}) AS incoming")
    }

    fn matched(&self) -> String {
        let keys = std::iter::once(&"source_id").chain(self.table.key);
        let pairs: Vec<String> = keys.map(|name| format!("t.{name} = incoming.in_{name}")).collect();
        pairs.join(" AND ")
    }

    /// Keys are told as text: dates too.
    pub(crate) fn key_as_text(&self) -> String {
        let columns: Vec<String> =
            self.table.key.iter().map(|name| format!("CAST({name} AS TEXT) AS {name}")).collect();
        columns.join(", ")
    }

    /// What is written to each column of an existing row, as (column, expression).
    fn assignments(&self, incoming: &str) -> Vec<(String, String)> {
        if matches!(self.mode, Mode::Once | Mode::Later(_)) {
            let told = self
                .present()
                .filter(|column| column.rule != Rule::ReadTime && !self.table.key.contains(&column.name));
            return told.map(|column| (column.name.to_owned(), self.told(column.name, incoming))).collect();
        }
        let mut set = Vec::new();
        for column in self.table.columns {
            let is_told = self.columns.contains(&column.name) && !self.table.key.contains(&column.name);
            match column.rule {
                Rule::Plain
                | Rule::Counter
                | Rule::Latest(_)
                | Rule::Highest
                | Rule::Lowest
                | Rule::First
                    if is_told =>
                {
                    set.push((column.name.to_owned(), self.renewed(column.name, incoming)));
                }
                Rule::Derived(rule) if self.is_touched(rule) => {
                    set.push((column.name.to_owned(), derived(rule, &|name| self.renewed(name, incoming))));
                }
                _ => {}
            }
        }
        set
    }

    /// A column's value after another telling of the row.
    fn told(&self, name: &str, incoming: &str) -> String {
        let known = format!("COALESCE(t.{name}, {incoming}{name})");
        let Mode::Later(Later { by, then, unless }) = self.mode else { return known };
        format!(
            "(CASE WHEN t.{unless} IS NOT TRUE AND (t.{by} IS NULL OR {incoming}{by} > t.{by} \
             OR ({incoming}{by} = t.{by} AND (t.{then} IS NULL OR {incoming}{then} >= t.{then}))) \
             THEN COALESCE({incoming}{name}, t.{name}) ELSE {known} END)"
        )
    }

    /// A column's value after the write.
    fn renewed(&self, name: &str, incoming: &str) -> String {
        match self.table.column(name).map(|column| column.rule) {
            Some(Rule::Derived(rule)) if self.is_touched(rule) => {
                derived(rule, &|inner| self.renewed(inner, incoming))
            }
            Some(Rule::Counter) if self.columns.contains(&name) => {
                format!("COALESCE({incoming}{name}, t.{name})")
            }
            Some(Rule::First) if self.columns.contains(&name) => {
                format!("COALESCE(t.{name}, {incoming}{name})")
            }
            Some(Rule::Latest(by)) if self.columns.contains(&name) && self.columns.contains(&by) => format!(
                "(CASE WHEN t.{by} IS NULL OR {incoming}{by} >= t.{by} THEN {incoming}{name} ELSE t.{name} END)"
            ),
            Some(rule @ (Rule::Highest | Rule::Lowest)) if self.columns.contains(&name) => format!(
                "(CASE WHEN t.{name} IS NULL OR {incoming}{name} {} t.{name} THEN {incoming}{name} ELSE t.{name} END)",
                if rule == Rule::Highest { '>' } else { '<' },
            ),
            Some(Rule::Plain | Rule::Latest(_)) if self.columns.contains(&name) => {
                format!("{incoming}{name}")
            }
            _ => format!("t.{name}"),
        }
    }

    /// A column's value in a new row; `None` when nothing is told about it.
    fn inserted(&self, column: &Column) -> Option<String> {
        match column.rule {
            Rule::Derived(rule) => self.is_touched(rule).then(|| {
                derived(rule, &|name| {
                    let told = self.table.column(name).and_then(|column| self.inserted(column));
                    told.unwrap_or_else(|| "CAST(NULL AS BIGINT)".to_owned())
                })
            }),
            _ => self.columns.contains(&column.name).then(|| self.cast(column)),
        }
    }

    fn is_touched(&self, rule: Derived) -> bool {
        let (Derived::Difference(one, two) | Derived::Ratio(one, two)) = rule;
        [one, two].iter().any(|name| match self.table.column(name).map(|column| column.rule) {
            Some(Rule::Derived(inner)) => self.is_touched(inner),
            _ => self.columns.contains(name),
        })
    }

    /// A value of the batch in the column's type.
    fn cast(&self, column: &Column) -> String {
        let place = self.columns.iter().position(|name| *name == column.name).unwrap_or(usize::MAX);
        cast(self.flavour, column.kind, &format!("value ->> {place}"))
    }

    /// Rows as an array of arrays, each with its values in the order of the columns: no name is written, read and looked up
    /// once more for every value.
    pub(crate) fn batch_of<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> String {
        let rows: Vec<Vec<&Value>> =
            rows.map(|row| row.values.of(self.columns.iter().copied()).collect()).collect();
        serde_json::to_string(&rows).unwrap_or_default()
    }
}

fn list(set: &[(String, String)], between: &str) -> String {
    set.iter().map(|(name, value)| format!("{name}{between}{value}")).collect::<Vec<_>>().join(", ")
}

fn differs(set: &[(String, String)]) -> String {
    let stored: Vec<String> = set.iter().map(|(name, _)| format!("t.{name}")).collect();
    let new: Vec<&str> = set.iter().map(|(_, value)| value.as_str()).collect();
    format!("({}) IS DISTINCT FROM ({})", stored.join(", "), new.join(", "))
}
