//! One answer → rows, problems and following calls. It never fails: a bad record costs one record.

use std::borrow::Cow;

use atlas_model::tables::CONTACTS;
use atlas_model::{Census, Follow, GapCheck, Problem, Row, Sweep, Table, Tally, Values, When, utc_text};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::endpoint::{Context, Counts, Endpoint, Field, Need, Paging, Records, Type};
use crate::pages::{endless, marked};
use crate::phone_number::e164;
use crate::read::{at, id, is_blank, names, number, within};

/// Values that follow from those that are read, in a row.
const FOLLOWING: usize = 4;

/// What an answer means.
#[derive(Debug, Default)]
pub struct Understood {
    /// How many records the answer held.
    pub records: usize,
    /// What to write.
    pub rows: Vec<Row>,
    /// What could not be understood.
    pub problems: Vec<Problem>,
    /// What to ask next.
    pub follow: Vec<Follow>,
    /// What is gone at the service.
    pub sweeps: Vec<Sweep>,
    /// The end of a stream: what is held must be what the service counts.
    pub census: Option<Census>,
    /// Figures of the service that what is held must come up to.
    pub tallies: Vec<Tally>,
    /// The end of a walk through an endpoint's records, which began at this instant.
    pub watermark: Option<Timestamp>,
    /// Campaigns whose positive replies are counted anew from the people in them.
    pub recount: Vec<String>,
    /// Campaigns of which missing deliveries are looked for.
    pub gaps: Vec<GapCheck>,
    /// Endpoints whose answers turn out not to be what is needed, and why: they are as good as absent.
    pub unusable: Vec<(&'static str, String)>,
}

/// What one record means.
#[derive(Debug)]
pub struct Found {
    /// Rows so far; the endpoint's own come first.
    pub rows: Vec<Row>,
    /// Calls that it asks for.
    pub follow: Vec<Follow>,
    /// Figures that what is held must come up to.
    pub tallies: Vec<Tally>,
    record: String,
    problems: Vec<Problem>,
}

impl Found {
    /// The endpoint's row for a table.
    pub(crate) fn row(&mut self, table: &'static Table) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.table == table)
    }

    /// A value that was found for a column; null counts as none.
    pub(crate) fn value(&self, table: &Table, column: &str) -> Option<&Value> {
        let row = self.rows.iter().find(|row| row.table == table)?;
        row.values.get(column).filter(|value| !value.is_null())
    }

    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problem_of(self.record.clone(), path, message);
    }

    /// A problem of something that many records share.
    pub(crate) fn problem_of(&mut self, record: String, path: &str, message: impl Into<String>) {
        self.problems.push(Problem { record, path: path.to_owned(), message: message.into() });
    }
}

/// Maps a body that [`records`] accepts.
pub fn understand(endpoint: &Endpoint, context: &Context<'_>, body: &Value) -> Understood {
    let listed = records(endpoint, body).unwrap_or_default();
    let mut understood = understand_records(endpoint, context, &listed);
    if let Some(paging) = endpoint.paging {
        turn_page(endpoint, context, paging, body, &listed, &mut understood);
    }
    understood
}

/// Maps records by an endpoint's table, also those that stand in another endpoint's answer.
pub(crate) fn understand_records(
    endpoint: &Endpoint,
    context: &Context<'_>,
    listed: &[&Value],
) -> Understood {
    let mut understood = Understood { records: listed.len(), ..Understood::default() };
    let wanted = wanted(endpoint);
    let room = |place: usize| wanted.iter().filter(|wanted| wanted.row == place).count() + FOLLOWING;
    let rooms: Vec<usize> = (0..endpoint.writes.len()).map(room).collect();
    for (place, record) in expanded(endpoint, listed).iter().enumerate() {
        let mut found = Found {
            rows: std::iter::zip(endpoint.writes, &rooms)
                .map(|((table, mode), room)| Row {
                    values: Values::with_room(*room),
                    ..Row::new(table, *mode)
                })
                .collect(),
            follow: Vec::new(),
            tallies: Vec::new(),
            record: named(endpoint, record).unwrap_or_else(|| format!("#{place}")),
            problems: Vec::new(),
        };
        if map_fields(&wanted, context, record, &mut found) {
            (endpoint.finish)(context, record, &mut found);
            understood.follow.append(&mut found.follow);
            understood.tallies.append(&mut found.tallies);
            let whole = found.rows.into_iter().filter(|row| row.key().is_some());
            understood.rows.extend(whole.map(Row::observed));
        }
        understood.problems.append(&mut found.problems);
    }
    (endpoint.after)(context, listed, &mut understood);
    understood.rows.iter_mut().filter(|row| *row.table == CONTACTS).for_each(put_e164);
    understood
}

/// A contact's phone number beside the number as it was written, for finding the same person elsewhere.
fn put_e164(row: &mut Row) {
    if let Some(phone) = row.values.get("phone") {
        let number = phone.as_str().and_then(e164);
        row.values.insert("phone_e164", number.into());
    }
}

/// The records, or those for which they stand.
pub(crate) fn expanded<'a>(endpoint: &Endpoint, listed: &[&'a Value]) -> Vec<Cow<'a, Value>> {
    match endpoint.expand {
        Some(expand) => expand(listed).into_iter().map(Cow::Owned).collect(),
        None => listed.iter().map(|record| Cow::Borrowed(*record)).collect(),
    }
}

/// The record's id: its key field, else what is called so.
fn named(endpoint: &Endpoint, record: &Value) -> Option<String> {
    let keys = endpoint.fields.iter().filter(|field| field.need == Need::Key).flat_map(paths);
    keys.chain(["id"]).find_map(|path| at(record, path).and_then(|value| id(&value)))
}

/// Asks for the next page, unless this is the last one. The first record's id goes along, so that a service that
/// gives the same page again is noticed.
fn turn_page(
    endpoint: &Endpoint,
    context: &Context<'_>,
    paging: Paging,
    body: &Value,
    listed: &[&Value],
    understood: &mut Understood,
) {
    let told = paging.total.and_then(|(path, _)| at(body, path)).and_then(|total| number(&total));
    let records = expanded(endpoint, listed);
    // A record may stand for many on the page, or for none that is wanted.
    let count = records.len().max(listed.len());
    let first = records.first().and_then(|record| named(endpoint, record));
    let pass = context.params.get("pass").map_or_else(|| utc_text(context.read_at), str::to_owned);
    if let Some(message) = endless(context.params, paging, first.as_deref(), count, told) {
        let record = format!("{} {}", paging.start, context.params.get(paging.start).unwrap_or_default());
        understood.problems.push(Problem { record, path: String::new(), message });
        return;
    }
    if let Some(next) = next_start(context, paging, body, count, told) {
        let params = context.params.clone().with(paging.start, next).with(paging.size, paging.limit);
        let params = marked(params, first.unwrap_or_default()).with("pass", pass);
        let when = When::Always;
        understood.follow.push(Follow { endpoint: endpoint.name, params, priority: endpoint.priority, when });
        return;
    }
    if endpoint.keeps_watermark {
        understood.watermark = Some(pass.parse().unwrap_or(context.read_at));
    }
    if let Some((_, table)) = paging.total
        && let Some(campaign_id) = context.params.get("campaign_id")
    {
        understood.census = Some(Census {
            table,
            within: ("campaign_id", campaign_id.to_owned()),
            since: pass.parse().unwrap_or(context.read_at),
            total: told,
        });
    }
}

/// Where the next page begins; `None` when this one is the last.
fn next_start(
    context: &Context<'_>,
    paging: Paging,
    body: &Value,
    listed: usize,
    total: Option<i64>,
) -> Option<usize> {
    let here = context.params.get(paging.start).and_then(|start| start.parse::<usize>().ok());
    let (next, before) = match paging.counts {
        Counts::Records => (here.unwrap_or(0) + listed, here.unwrap_or(0)),
        Counts::Pages => (here.unwrap_or(1) + 1, (here.unwrap_or(1) - 1) * paging.limit),
    };
    let more = paging.more.iter().find_map(|path| at(body, path));
    let is_last = match more.as_deref() {
        _ if listed == 0 => true,
        Some(Value::Bool(more)) => !more,
        Some(pages) if number(pages).is_some() => {
            number(pages).and_then(|pages| usize::try_from(pages).ok()).is_none_or(|pages| next > pages)
        }
        _ => {
            let total = total.and_then(|total| usize::try_from(total).ok());
            listed < paging.limit || total.is_some_and(|total| before + listed >= total)
        }
    };
    (!is_last).then_some(next)
}

/// The records of an answer; `None` when its shape is not this endpoint's, so it is no data.
pub(crate) fn records<'a>(endpoint: &Endpoint, body: &'a Value) -> Option<Vec<&'a Value>> {
    match endpoint.records {
        Records::Array(paths) => paths.iter().find_map(|path| {
            let place = place_at(body, path)?;
            match place {
                Value::Array(records) => Some(records.iter().collect()),
                Value::Object(_) if is_record(endpoint, place) => Some(vec![place]),
                _ => None,
            }
        }),
        Records::Nested(paths) => {
            paths.iter().find_map(|path| nested(place_at(body, path)?, |place| is_record(endpoint, place)))
        }
        Records::With(path) => at(body, path).is_some().then(|| vec![body]),
        Records::One => {
            let body = match body.get("data") {
                Some(inner @ Value::Object(_)) => inner,
                _ => body,
            };
            is_record(endpoint, body).then(|| vec![body])
        }
    }
}

fn place_at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(body, |here, name| here.get(name))
}

/// What is listed in any of the forms of [`Records::Nested`]; `None` when it is none of them.
pub(crate) fn nested(place: &Value, is_record: impl Fn(&Value) -> bool) -> Option<Vec<&Value>> {
    match place {
        Value::Array(items) => Some(items.iter().flat_map(opened).collect()),
        Value::Object(fields) => {
            let is_number = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
            let numbered = fields.iter().filter(|(key, _)| is_number(key)).map(|(_, value)| value);
            let numbered: Vec<&Value> = numbered.collect();
            // What counts its pages is the wrapper, whatever else it has.
            if fields.contains_key("total_results")
                || fields.contains_key("page_size")
                || !numbered.is_empty()
            {
                return Some(numbered);
            }
            is_record(place).then(|| vec![place])
        }
        Value::Null | Value::Bool(false) => Some(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Some(Vec::new()),
        _ => None,
    }
}

/// An array in an array stands for what is in it.
fn opened(item: &Value) -> Vec<&Value> {
    match item {
        Value::Array(inner) => inner.iter().collect(),
        other => vec![other],
    }
}

fn is_record(endpoint: &Endpoint, value: &Value) -> bool {
    let mut used = endpoint.fields.iter().filter(|field| !field.to.is_empty());
    used.any(|field| paths(field).any(|path| at(value, path).is_some()))
}

pub(crate) fn paths(field: &Field) -> impl Iterator<Item = &'static str> {
    field.from.split('|').map(str::trim)
}

/// A field, taken apart once for all records of an answer.
struct Wanted<'e> {
    field: &'e Field,
    paths: Vec<Vec<&'static str>>,
    /// Its row's place among the endpoint's.
    row: usize,
    column: &'static str,
    /// The key inside a JSON column.
    key: Option<&'static str>,
}

fn wanted(endpoint: &Endpoint) -> Vec<Wanted<'_>> {
    let used = endpoint.fields.iter().filter(|field| !field.to.is_empty());
    let wanted = used.filter_map(|field| {
        let mut parts = field.to.splitn(3, '.');
        let (table, column) = (parts.next()?, parts.next()?);
        let row = endpoint.writes.iter().position(|(written, _)| written.name == table)?;
        Some(Wanted { field, paths: paths(field).map(names).collect(), row, column, key: parts.next() })
    });
    wanted.collect()
}

/// Fills the record's rows; false when a key is missing and the record is lost.
fn map_fields(wanted: &[Wanted<'_>], context: &Context<'_>, record: &Value, found: &mut Found) -> bool {
    if !record.is_object() {
        found.problem("", "the record is no object");
        return false;
    }
    for wanted in wanted {
        let field = wanted.field;
        let mut is_there = false;
        let told = wanted.paths.iter().find_map(|path| {
            let value = within(record, path);
            is_there |= value.is_some();
            value.filter(|value| !is_blank(value))
        });
        match told.map(|value| (field.kind.read_in(context.zone, &value), value)) {
            Some((Some(read), _)) => place(found, wanted, read),
            Some((None, value)) => {
                let problem = format!("{} where {} was expected", shape(&value), field.kind.name());
                found.problem(field.from, problem);
                if field.need == Need::Key {
                    return false;
                }
            }
            None if field.need == Need::Key => {
                found.problem(field.from, "missing, so the record cannot be kept");
                return false;
            }
            None if matches!(field.kind, Type::Copy) && is_there => place(found, wanted, "".into()),
            None => {
                if field.need == Need::Required {
                    found.problem(field.from, "missing, kept as unknown");
                }
                if is_there {
                    place(found, wanted, Value::Null);
                }
            }
        }
    }
    true
}

fn place(found: &mut Found, wanted: &Wanted<'_>, value: Value) {
    let Some(row) = found.rows.get_mut(wanted.row) else { return };
    match wanted.key {
        None => {
            row.values.insert(wanted.column, value);
        }
        Some(key) => {
            let inside = row.values.or_insert(wanted.column, Value::Object(Map::new()));
            if let Value::Object(fields) = inside {
                fields.insert(key.to_owned(), value);
            }
        }
    }
}

/// What a value is, without telling the value.
fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true/false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
