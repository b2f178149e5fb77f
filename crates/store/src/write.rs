//! How rows are written.
//!
//! Rows of one table, mode and set of present columns go in batches, each batch one JSON parameter. Only rows that
//! really differ are touched; which they were is asked for where something follows from it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use atlas_model::tables::{
    CAMPAIGN_VARIANTS, DAILY_OBSERVATIONS, DATA_SOURCES, EMAIL_ACCOUNTS, EMAIL_ACTIVITIES, ENROLLMENTS,
    LIFETIME_READINGS,
};
use atlas_model::{Follow, Mode, Row, SourceId, Table, Values, tables};
use futures_util::future::join;
use serde_json::Value;

use crate::account::lay_over;
use crate::aftermath::Aftermath;
use crate::counting::Keys;
use crate::db::{DbRow, Flavour, Param, Tx};
use crate::error::Result;
use crate::forgotten::Forgotten;
use crate::mailboxes::Unnamed;
use crate::newcomers::{self, Newcomers, Pairs, bound, bound_insert_text};
use crate::statement::Statement;
use crate::{ahead, events, polled, sorted_replies};

/// Of these tables' rows it must be known which of them changed.
const ASKED: [&Table; 4] = [&DAILY_OBSERVATIONS, &LIFETIME_READINGS, &CAMPAIGN_VARIANTS, &EMAIL_ACCOUNTS];

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

/// Writes rows of which none that is told once stands there twice, parents first, at most `batch_size` in a statement. Leads
/// among them may be newcomers where their places are told, which needs the lock of [`crate::people`].
pub(crate) async fn write(
    tx: &mut Tx,
    source_id: SourceId,
    mut rows: Vec<Row>,
    batch_size: usize,
    mut pairs: Option<Pairs>,
) -> Result<Written> {
    if let Some(mut forgotten) = Forgotten::read(tx).await? {
        // What is told of people who are to be forgotten is not written.
        forgotten.leave_out(tx, source_id, &mut rows).await?;
        pairs = pairs.and_then(|_| newcomers::pairs(&rows));
    }
    let newcomers = match pairs {
        Some(pairs) => Newcomers::of(tx, source_id, &mut rows, &pairs).await?,
        None => None,
    };
    let mut written = Written::default();
    for row in rows.iter().filter(|row| *row.table == DATA_SOURCES) {
        let is_changed = lay_over(tx, source_id, row).await?;
        written.changed += u64::from(is_changed);
        written.unchanged += u64::from(!is_changed);
    }
    let ahead = ahead::look(tx, source_id, &mut rows, batch_size).await?;
    let rows = &rows;
    let mut course = Course {
        source_id,
        batch_size,
        news: events::News::of(rows),
        newcomers,
        aftermath: Aftermath::default(),
        written,
    };
    let groups = grouped(rows);
    let mut pieces = course.pieces(rows, &groups, tx.flavour()).into_iter().peekable();
    if let Some(first) = pieces.peek_mut() {
        first.prepare();
    }
    while let Some(mut piece) = pieces.next() {
        // While the database is at one, the next is made ready.
        let next = pieces.peek_mut();
        let (done, ()) = join(course.put(tx, &mut piece), async { next.map_or((), Piece::prepare) }).await;
        done?;
    }
    let Course { news, newcomers, aftermath, mut written, .. } = course;
    let gone = events::settle(tx, source_id, &news, ahead, batch_size).await?;
    written.follow.extend(news.calls_for_new(rows, &gone));
    let are_known = match newcomers {
        Some(newcomers) => newcomers.settle(tx).await?,
        None => false,
    };
    aftermath.settle(tx, source_id, batch_size, are_known).await?;
    Ok(written)
}

/// Rows that are told once and stand there twice become one, in which what was told first stays.
pub(crate) fn told_once(mut rows: Vec<Row>) -> Vec<Row> {
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

/// Rows that one statement serves at once.
struct Piece<'a> {
    source_id: SourceId,
    statement: Statement<'a>,
    text: Arc<str>,
    rows: &'a [Row],
    /// The places of those that are told, and their keys.
    told: Vec<(usize, &'a [&'a str])>,
    /// Whether they are newcomers, as far as is known.
    may_be_new: bool,
    /// What the database gets: values that are bound, or else all of it as JSON.
    bound: Option<Vec<Param>>,
    json: OnceLock<String>,
}

impl<'a> Piece<'a> {
    /// Makes ready what the database gets.
    fn prepare(&mut self) {
        if self.may_be_new {
            let Statement { columns, flavour, .. } = self.statement;
            self.bound = bound(self.source_id, columns, self.rows(), flavour);
        }
        if self.bound.is_none() {
            self.json();
        }
    }

    fn rows(&self) -> impl ExactSizeIterator<Item = &'a Row> + Clone + use<'a, '_> {
        self.told.iter().map(|(place, _)| &self.rows[*place])
    }

    fn json(&self) -> &str {
        self.json.get_or_init(|| self.statement.batch_of(self.rows()))
    }

    fn keys(&self) -> BTreeSet<Vec<String>> {
        self.told.iter().map(|(_, key)| key.iter().map(|part| (*part).to_owned()).collect()).collect()
    }
}

/// Rows being written, and what has come of it so far.
struct Course {
    source_id: SourceId,
    batch_size: usize,
    news: events::News,
    newcomers: Option<Newcomers>,
    aftermath: Aftermath,
    written: Written,
}

impl Course {
    /// What is to be written, one after the other.
    fn pieces<'a>(&mut self, rows: &'a [Row], groups: &'a [Group<'a>], flavour: Flavour) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        for Group { table, mode, columns, places, .. } in groups {
            let statement = Statement { table, mode: *mode, columns, flavour };
            let Some(text) = statement.text() else {
                self.written.unchanged += places.len() as u64;
                continue;
            };
            // In the order in which they were told, so that inserts stay local.
            let mut told: Vec<(usize, &[&str])> =
                places.iter().map(|(key, place)| (*place, key.as_slice())).collect();
            told.sort_unstable();
            let may_be_new = self.newcomers.is_some() && Newcomers::are_in(table);
            pieces.extend(told.chunks(self.batch_size.max(1)).map(|told| Piece {
                source_id: self.source_id,
                statement,
                text: text.clone(),
                rows,
                told: told.to_vec(),
                may_be_new,
                bound: None,
                json: OnceLock::new(),
            }));
        }
        pieces
    }

    /// Writes some of them, and notes what follows.
    async fn put(&mut self, tx: &mut Tx, piece: &mut Piece<'_>) -> Result<()> {
        let Statement { table, mode, columns, .. } = piece.statement;
        // Which rows changed is asked for only where it matters: told one by one, rows cost more than writing
        // them. Elsewhere a batch that changed anything counts as changed, which only looks again at what follows.
        let is_asked = ASKED.contains(&table) || piece.rows().any(|row| !row.on_change.is_empty());
        let mut touched = BTreeSet::new();
        let changed = if *table == EMAIL_ACTIVITIES {
            if columns.contains(&"classified_by") {
                sorted_replies::make_way(tx, self.source_id, &by_name(piece.rows())).await?;
            }
            let (inserted, completed) = match mode {
                Mode::StandIn => self.tell_polled(tx, piece).await?,
                _ => self.tell_once(tx, piece).await?,
            };
            let changed = inserted.len() + completed.len();
            self.news.inserted.extend(inserted);
            self.news.completed.extend(completed);
            changed as u64
        } else if is_asked {
            let sql = format!("{} RETURNING {}", piece.text, piece.statement.key_as_text());
            let told = tx.fetch(&sql, [self.source_id.into(), piece.json().into()]).await?;
            touched = told.iter().map(|row| key_of(table, row)).collect::<Result<_>>()?;
            let is_touched = |key: &[&str]| {
                touched.contains(&key.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
            };
            let changed =
                || piece.told.iter().filter(|(_, key)| is_touched(key)).map(|(place, _)| &piece.rows[*place]);
            self.news.refer_to(table, &changed);
            self.written.follow.extend(changed().flat_map(|row| row.on_change.clone()));
            touched.len() as u64
        } else {
            let changed = self.put_unasked(tx, piece).await?;
            if changed > 0 && Aftermath::wants_keys(table, columns) {
                touched = piece.keys();
            }
            changed
        };
        self.aftermath.note(table, columns, changed, &touched);
        let unchanged = (piece.told.len() as u64).saturating_sub(changed);
        self.written.changed += changed;
        self.written.unchanged += unchanged;
        if unchanged > 0
            && let Some(text) = piece.statement.seen_again()
        {
            tx.execute_unnoted(&text, [self.source_id.into(), piece.json().into()]).await?;
        }
        Ok(())
    }

    /// Writes rows of which it need not be known which of them changed; how many did. Newcomers are inserted as such, and
    /// those are no newcomers whom that leaves alone.
    async fn put_unasked(&mut self, tx: &mut Tx, piece: &mut Piece<'_>) -> Result<u64> {
        let Statement { table, columns, flavour, .. } = piece.statement;
        let (count, mut changed) = (piece.told.len() as u64, 0);
        if let Some(newcomers) = self.newcomers.as_mut().filter(|_| piece.may_be_new) {
            changed = match piece.bound.take() {
                Some(values) => {
                    let insert = || Some(bound_insert_text(table, columns, flavour));
                    let text = piece.statement.once("bound", insert).unwrap_or_default();
                    tx.execute_unnoted(&text, values).await?
                }
                None => {
                    let insert = || Some(piece.statement.inserting("NOTHING"));
                    let text = piece.statement.once("new", insert).unwrap_or_default();
                    tx.execute_unnoted(&text, [self.source_id.into(), piece.json().into()]).await?
                }
            };
            newcomers.note(changed == count);
        }
        if changed < count {
            changed += tx.execute_unnoted(&piece.text, [self.source_id.into(), piece.json().into()]).await?;
        }
        if changed > 0 && *table == ENROLLMENTS {
            tx.note_leads(self.source_id, piece.rows());
        }
        Ok(changed)
    }

    /// Inserts events that are new and completes the others: the keys of either.
    async fn tell_once(&self, tx: &mut Tx, piece: &Piece<'_>) -> Result<(Keys, Keys)> {
        let (id, table, key) = (self.source_id, piece.statement.table, piece.statement.key_as_text());
        let keys = |touched: Vec<DbRow>| touched.iter().map(|row| pair(table, row)).collect::<Result<Keys>>();
        let insert = format!("{} RETURNING {key}", piece.statement.upsert());
        let told = piece.told.len();
        let mut inserted = keys(tx.fetch(&insert, [id.into(), piece.json().into()]).await?)?;
        if inserted.len() < told && polled::make_way(tx, id, &by_name(piece.rows())).await? > 0 {
            inserted.extend(keys(tx.fetch(&insert, [id.into(), piece.json().into()]).await?)?);
        }
        if inserted.len() == told {
            return Ok((inserted, Keys::new()));
        }
        let Some(complete) = piece.statement.amend(None) else { return Ok((inserted, Keys::new())) };
        let complete = format!("{complete} RETURNING {key}");
        let unnamed = Unnamed::look(tx, id, piece.rows(), &inserted).await?;
        let completed = keys(tx.fetch(&complete, [id.into(), piece.json().into()]).await?)?;
        unnamed.follow(tx, id, self.batch_size).await?;
        Ok((inserted, completed))
    }

    /// Writes events that were asked for: the keys of those that are new or differ, and of sent mails that were posted
    /// already and whose template is known now.
    async fn tell_polled(&self, tx: &mut Tx, piece: &Piece<'_>) -> Result<(Keys, Keys)> {
        let Statement { table, .. } = piece.statement;
        let sql = format!("{} RETURNING {}", piece.statement.upsert(), piece.statement.key_as_text());
        let told = tx.fetch(&sql, [self.source_id.into(), piece.json().into()]).await?;
        let told: Keys = told.iter().map(|row| pair(table, row)).collect::<Result<_>>()?;
        if told.len() == piece.told.len() {
            return Ok((told, Keys::new()));
        }
        let completed = polled::complete(tx, self.source_id, &by_name(piece.rows())).await?;
        Ok((told, completed))
    }
}

/// Rows as an array of objects.
fn by_name<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let rows: Vec<&Values> = rows.map(|row| &row.values).collect();
    serde_json::to_string(&rows).unwrap_or_default()
}
