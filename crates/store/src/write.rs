//! Guarded upserts and amends, generated from the table descriptions.
//!
//! Rows of one table, mode and set of present columns go in batches, each batch one JSON parameter. Only rows that
//! really differ are touched; which they were is asked for where something follows from it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use atlas_model::tables::{
    CAMPAIGN_VARIANTS, DAILY_OBSERVATIONS, DATA_SOURCES, EMAIL_ACCOUNTS, EMAIL_ACTIVITIES, LIFETIME_READINGS,
};
use atlas_model::{Column, Derived, Follow, Later, Mode, Row, Rule, SourceId, Table, Values, tables};
use serde_json::Value;

use crate::account::lay_over;
use crate::aftermath::Aftermath;
use crate::counting::Keys;
use crate::db::{DbRow, Flavour, Tx};
use crate::error::Result;
use crate::forgotten::Forgotten;
use crate::mailboxes::Unnamed;
use crate::newcomers::{Newcomers, bound, bound_insert_text};
use crate::sql::{batch, cast, derived, fence};
use crate::{ahead, events, polled, sorted_replies};

/// Of these tables' rows it must be known which of them changed.
const ASKED: [&Table; 4] = [&DAILY_OBSERVATIONS, &LIFETIME_READINGS, &CAMPAIGN_VARIANTS, &EMAIL_ACCOUNTS];

/// The statements of the shapes that came so far: of few shapes very many rows are written.
static TEXTS: LazyLock<Mutex<HashMap<String, Option<Arc<str>>>>> = LazyLock::new(Mutex::default);

/// More shapes than the endpoints have between them.
const MOST_TEXTS: usize = 500;

/// What writing rows came to.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
    /// The calls that rows wanted if they changed something, and they did.
    pub(crate) follow: Vec<Follow>,
}

/// Rows that one statement serves, by their keys: of those with one key the last wins, since PostgreSQL refuses to touch a
/// row twice in one statement.
struct Group<'a> {
    table: &'static Table,
    mode: Mode,
    /// Parts tellings of one row that must come one after the other.
    turn: usize,
    columns: Vec<&'a str>,
    places: HashMap<Vec<&'a str>, usize>,
}

/// Writes rows, parents first, at most `batch_size` in a statement. Leads among them may be newcomers where the lock of
/// [`crate::people`] is held.
pub(crate) async fn write(
    tx: &mut Tx,
    source_id: SourceId,
    rows: Vec<Row>,
    batch_size: usize,
    may_be_new: bool,
) -> Result<Written> {
    let mut rows = without_forgotten(tx, source_id, rows).await?;
    let mut newcomers = match may_be_new {
        true => Newcomers::of(tx, source_id, &mut rows).await?,
        false => None,
    };
    let mut written = Written::default();
    for row in rows.iter().filter(|row| *row.table == DATA_SOURCES) {
        let is_changed = lay_over(tx, source_id, row).await?;
        written.changed += u64::from(is_changed);
        written.unchanged += u64::from(!is_changed);
    }
    let mut rows = told_once(rows);
    let ahead = ahead::look(tx, source_id, &mut rows, batch_size).await?;
    let rows = &rows;
    let mut aftermath = Aftermath::default();
    let mut news = events::News::of(rows);
    for Group { table, mode, columns, places, .. } in grouped(rows) {
        let statement = Statement { table, mode, columns: &columns, flavour: tx.flavour() };
        let Some(text) = statement.text() else {
            written.unchanged += places.len() as u64;
            continue;
        };
        // In the order in which they were told, so that inserts stay local.
        let mut places: Vec<(usize, Vec<&str>)> =
            places.into_iter().map(|(key, place)| (place, key)).collect();
        places.sort_unstable();
        for batch in places.chunks(batch_size.max(1)) {
            let told = || batch.iter().map(|(place, _)| &rows[*place]);
            let json = LazyLock::new(|| statement.batch_of(told()));
            // Which rows changed is asked for only where it matters: told one by one, rows cost more than writing
            // them. Elsewhere a batch that changed anything counts as changed, which only looks again at what follows.
            let is_asked = ASKED.contains(&table) || told().any(|row| !row.on_change.is_empty());
            let mut touched = BTreeSet::new();
            if *table == EMAIL_ACTIVITIES && columns.contains(&"classified_by") {
                sorted_replies::make_way(tx, source_id, &by_name(told())).await?;
            }
            let changed = if *table == EMAIL_ACTIVITIES {
                let (inserted, completed) = match mode {
                    Mode::StandIn => statement.tell_polled(tx, source_id, &json, told()).await?,
                    _ => statement.tell_once(tx, source_id, &json, told(), batch_size).await?,
                };
                let changed = inserted.len() + completed.len();
                news.inserted.extend(inserted);
                news.completed.extend(completed);
                changed as u64
            } else if is_asked {
                let sql = format!("{text} RETURNING {}", statement.key_as_text());
                let told = tx.fetch(&sql, [source_id.into(), json.as_str().into()]).await?;
                touched = told.iter().map(|row| key_of(table, row)).collect::<Result<_>>()?;
                let is_touched = |key: &[&str]| {
                    touched.contains(&key.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
                };
                let changed =
                    || batch.iter().filter(|(_, key)| is_touched(key)).map(|(place, _)| &rows[*place]);
                news.refer_to(table, &changed);
                written.follow.extend(changed().flat_map(|row| row.on_change.clone()));
                touched.len() as u64
            } else {
                let changed = statement.put(tx, source_id, &text, &json, told(), newcomers.as_mut()).await?;
                if changed > 0 && Aftermath::wants_keys(table, &columns) {
                    touched = batch
                        .iter()
                        .map(|(_, key)| key.iter().map(|part| (*part).to_owned()).collect())
                        .collect();
                }
                changed
            };
            aftermath.note(table, &columns, changed, &touched);
            let unchanged = (batch.len() as u64).saturating_sub(changed);
            written.changed += changed;
            written.unchanged += unchanged;
            if unchanged > 0
                && let Some(text) = statement.seen_again()
            {
                tx.execute(&text, [source_id.into(), json.as_str().into()]).await?;
            }
        }
    }
    let gone = events::settle(tx, source_id, &news, ahead, batch_size).await?;
    written.follow.extend(news.calls_for_new(rows, &gone));
    let are_known = match newcomers {
        Some(newcomers) => newcomers.settle(tx).await?,
        None => false,
    };
    aftermath.settle(tx, source_id, batch_size, are_known).await?;
    Ok(written)
}

/// The statement that upserts a batch of rows with these columns, for those who measure it: $1 is the source, $2 the
/// batch as a JSON array of arrays, each with its values in the order of the columns.
pub fn upsert_text(table: &'static Table, columns: &[&str], flavour: Flavour) -> String {
    Statement { table, mode: Mode::Upsert, columns, flavour }.upsert()
}

/// What is told of people who are to be forgotten is not written.
async fn without_forgotten(tx: &mut Tx, source_id: SourceId, mut rows: Vec<Row>) -> Result<Vec<Row>> {
    if let Some(mut forgotten) = Forgotten::read(tx).await? {
        forgotten.leave_out(tx, source_id, &mut rows).await?;
    }
    Ok(rows)
}

/// Rows that are told once and stand there twice become one, in which what was told first stays.
fn told_once(mut rows: Vec<Row>) -> Vec<Row> {
    let mut places: HashMap<(&str, Vec<&str>), usize> = HashMap::new();
    let mut again = Vec::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.mode == Mode::Once) {
        if let Some(key) = row.key() {
            let first = *places.entry((row.table.name, key)).or_insert(place);
            again.extend((first != place).then_some((first, place)));
        }
    }
    for (first, place) in &again {
        for (column, value) in std::mem::take(&mut rows[*place].values) {
            let known = rows[*first].values.or_insert(column, Value::Null);
            if known.is_null() {
                *known = value;
            }
        }
    }
    let again: HashSet<usize> = again.into_iter().map(|(_, place)| place).collect();
    let mut place = 0..;
    rows.retain(|_| place.next().is_some_and(|place| !again.contains(&place)));
    rows
}

/// Rows by the statement that writes them, parents first. Where a later telling of a row is compared with the earlier one,
/// each comes in its turn.
fn grouped(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut turns: BTreeMap<(&str, Vec<&str>), usize> = BTreeMap::new();
    // To what is told once, what is not told and what is unknown are the same: one statement serves all of a table.
    let mut told_once: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.mode == Mode::Once) {
        told_once.entry(row.table.name).or_default().extend(row.values.keys());
    }
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| *row.table != DATA_SOURCES) {
        let Some(key) = row.key() else { continue };
        let turn = match row.mode {
            Mode::Later(_) => {
                let turn = turns.entry((row.table.name, key.clone())).or_default();
                *turn += 1;
                *turn
            }
            _ => 0,
        };
        let told_once = told_once.get(row.table.name).filter(|_| row.mode == Mode::Once);
        let is_same = |group: &Group<'_>| {
            group.table == row.table
                && group.mode == row.mode
                && group.turn == turn
                && (told_once.is_some() || group.columns.iter().copied().eq(row.values.keys()))
        };
        match groups.iter_mut().rev().find(|group| is_same(group)) {
            Some(group) => drop(group.places.insert(key, place)),
            None => groups.push(Group {
                table: row.table,
                mode: row.mode,
                turn,
                columns: match told_once {
                    Some(columns) => columns.iter().copied().collect(),
                    None => row.values.keys().collect(),
                },
                places: HashMap::from([(key, place)]),
            }),
        }
    }
    let order = |table: &Table| tables::ALL.iter().position(|one| *one == table).unwrap_or(usize::MAX);
    groups.sort_by(|a, b| {
        (order(a.table), a.mode, a.turn, &a.columns).cmp(&(order(b.table), b.mode, b.turn, &b.columns))
    });
    groups
}

fn key_of(table: &Table, row: &DbRow) -> Result<Vec<String>> {
    table.key.iter().map(|name| row.text(name)).collect()
}

fn pair(table: &Table, row: &DbRow) -> Result<(String, String)> {
    let mut key = key_of(table, row)?.into_iter();
    Ok((key.next().unwrap_or_default(), key.next().unwrap_or_default()))
}

struct Statement<'a> {
    table: &'static Table,
    mode: Mode,
    /// The columns that are present.
    columns: &'a [&'a str],
    flavour: Flavour,
}

impl Statement<'_> {
    /// Nothing where the rows tell nothing but their keys to what is there already.
    fn text(&self) -> Option<Arc<str>> {
        self.once("told", || self.written())
    }

    /// A statement of this shape, put together once.
    fn once(&self, what: &str, make: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
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

    fn upsert(&self) -> String {
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

    fn inserting(&self, action: &str) -> String {
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

    fn amend(&self, guard: Option<&str>) -> Option<String> {
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
    fn seen_again(&self) -> Option<String> {
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

    /// Writes rows of which it need not be known which of them changed; how many did. Newcomers are inserted as such, and
    /// those are no newcomers whom that leaves alone.
    async fn put<'r>(
        &self,
        tx: &mut Tx,
        source_id: SourceId,
        text: &str,
        json: &(impl Deref<Target = String> + Sync),
        rows: impl ExactSizeIterator<Item = &'r Row> + Send,
        newcomers: Option<&mut Newcomers>,
    ) -> Result<u64> {
        let (count, mut changed) = (rows.len() as u64, 0);
        if let Some(newcomers) = newcomers.filter(|_| Newcomers::are_in(self.table)) {
            changed = match bound(source_id, self.columns, rows, self.flavour) {
                Some(values) => {
                    let insert = || Some(bound_insert_text(self.table, self.columns, self.flavour));
                    let text = self.once("bound", insert).unwrap_or_default();
                    tx.execute(&text, values).await?
                }
                None => {
                    let text = self.once("new", || Some(self.inserting("NOTHING"))).unwrap_or_default();
                    tx.execute(&text, [source_id.into(), json.as_str().into()]).await?
                }
            };
            newcomers.note(changed == count);
        }
        if changed < count {
            changed += tx.execute(text, [source_id.into(), json.as_str().into()]).await?;
        }
        Ok(changed)
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
    fn key_as_text(&self) -> String {
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

    /// Inserts events that are new and completes the others: the keys of either.
    async fn tell_once<'r>(
        &self,
        tx: &mut Tx,
        source_id: SourceId,
        json: &str,
        rows: impl ExactSizeIterator<Item = &'r Row> + Clone,
        batch_size: usize,
    ) -> Result<(Keys, Keys)> {
        let key = self.key_as_text();
        let keys =
            |touched: Vec<DbRow>| touched.iter().map(|row| pair(self.table, row)).collect::<Result<Keys>>();
        let insert = format!("{} RETURNING {key}", self.upsert());
        let told = rows.len();
        let mut inserted = keys(tx.fetch(&insert, [source_id.into(), json.into()]).await?)?;
        if inserted.len() < told && polled::make_way(tx, source_id, &by_name(rows.clone())).await? > 0 {
            inserted.extend(keys(tx.fetch(&insert, [source_id.into(), json.into()]).await?)?);
        }
        if inserted.len() == told {
            return Ok((inserted, Keys::new()));
        }
        let Some(complete) = self.amend(None) else { return Ok((inserted, Keys::new())) };
        let complete = format!("{complete} RETURNING {key}");
        let unnamed = Unnamed::look(tx, source_id, rows, &inserted).await?;
        let completed = keys(tx.fetch(&complete, [source_id.into(), json.into()]).await?)?;
        unnamed.follow(tx, source_id, batch_size).await?;
        Ok((inserted, completed))
    }

    /// Writes events that were asked for: the keys of those that are new or differ, and of sent mails that were posted
    /// already and whose template is known now.
    async fn tell_polled<'r>(
        &self,
        tx: &mut Tx,
        source_id: SourceId,
        json: &str,
        rows: impl ExactSizeIterator<Item = &'r Row>,
    ) -> Result<(Keys, Keys)> {
        let sql = format!("{} RETURNING {}", self.upsert(), self.key_as_text());
        let told = tx.fetch(&sql, [source_id.into(), json.into()]).await?;
        let told: Keys = told.iter().map(|row| pair(self.table, row)).collect::<Result<_>>()?;
        if told.len() == rows.len() {
            return Ok((told, Keys::new()));
        }
        let completed = polled::complete(tx, source_id, &by_name(rows)).await?;
        Ok((told, completed))
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
    fn batch_of<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> String {
        let rows: Vec<Vec<&Value>> =
            rows.map(|row| row.values.of(self.columns.iter().copied()).collect()).collect();
        serde_json::to_string(&rows).unwrap_or_default()
    }
}

/// Rows as an array of objects.
fn by_name<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let rows: Vec<&Values> = rows.map(|row| &row.values).collect();
    serde_json::to_string(&rows).unwrap_or_default()
}

fn list(set: &[(String, String)], between: &str) -> String {
    set.iter().map(|(name, value)| format!("{name}{between}{value}")).collect::<Vec<_>>().join(", ")
}

fn differs(set: &[(String, String)]) -> String {
    let stored: Vec<String> = set.iter().map(|(name, _)| format!("t.{name}")).collect();
    let new: Vec<&str> = set.iter().map(|(_, value)| value.as_str()).collect();
    format!("({}) IS DISTINCT FROM ({})", stored.join(", "), new.join(", "))
}
