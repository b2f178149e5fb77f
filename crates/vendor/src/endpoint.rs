//! How an endpoint is described: a table that reads like the requirement's.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Mode, Params, Settings, StoredCampaign, Table};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::mapping::{Found, Understood};

/// One endpoint of a service.
#[derive(Debug)]
pub struct Endpoint {
    /// Its name in the call list, the journal and reports.
    pub name: &'static str,
    /// Its heading in the requirement.
    pub title: &'static str,
    /// Its path below the service's base; `{name}` stands for a parameter.
    pub path: &'static str,
    /// The parameters that go into the query.
    pub query: &'static [&'static str],
    /// Parameters that are not sent and belong to the question all the same: its rows depend on them.
    pub about: &'static [&'static str],
    /// What is posted with it; most are only asked.
    pub post: Option<Post>,
    /// Lower ones are called first: what many figures need before what few do.
    pub priority: i64,
    /// Which of the service's delays it keeps.
    pub pace: Pace,
    /// Whether the walk goes on without it: a service may lack it.
    pub is_optional: bool,
    /// Whether what it tells can be had elsewhere: an answer in no known shape then makes it as good as absent.
    pub has_stand_in: bool,
    /// Whether nothing in a known shape, told several times, means that there is nothing.
    pub may_be_empty: bool,
    /// Whether it must know what is stored of its campaign.
    pub recalls: bool,
    /// Whether its records name campaigns by their names alone.
    pub names_campaigns: bool,
    /// Whether it is one of a campaign's details: `metrics_hash` is stored with the last of them.
    pub is_detail: bool,
    /// Whether its answers hold the keys of members. They are kept nowhere, so every process asks for them first.
    pub brings_keys: bool,
    /// Whether the next walk through its records asks for what is newer than the last whole one.
    pub keeps_watermark: bool,
    /// Leaves out of an answer what is known from elsewhere, before anything of it is kept.
    pub lighten: fn(&mut Value),
    /// Where the records are in an answer.
    pub records: Records,
    /// How the answer goes on in further calls.
    pub paging: Option<Paging>,
    /// Records that stand for several, or that only make sense beside one another; without it each stands for itself.
    pub expand: Option<Expand>,
    /// The tables that its fields go to, and how.
    pub writes: &'static [(&'static Table, Mode)],
    /// Field by field: where from, where to.
    pub fields: &'static [Field],
    /// `table.column` → formula, for what `finish` works out.
    pub derived: &'static [(&'static str, &'static str)],
    /// What follows from one record: derived values, rows of another kind, calls.
    pub finish: fn(&Context<'_>, &Value, &mut Found),
    /// What follows from the answer as a whole.
    pub after: fn(&Context<'_>, &[&Value], &mut Understood),
}

impl Endpoint {
    /// Its heading without the remark in parentheses, for lines that are short.
    pub fn short_title(&self) -> &'static str {
        self.title.split_once(" (").map_or(self.title, |(title, _)| title)
    }

    /// The parameters that make up the question; others only travel along from call to call.
    pub fn asked(&self, params: &Params) -> Params {
        let is_in_path = |name: &str| self.path.contains(&format!("{{{name}}}"));
        let is_asked = |name: &str| ["campaign_id", MEMBER].contains(&name) || is_in_path(name);
        let posted = self.post.map_or(&[][..], |post| post.params);
        let sent = |name: &str| self.query.contains(&name) || posted.contains(&name);
        params.only(|name| is_asked(name) || sent(name) || self.about.contains(&name))
    }

    /// How it is asked.
    pub const fn method(&self) -> &'static str {
        if self.post.is_some() { "POST" } else { "GET" }
    }
}

/// The JSON that is posted with a question.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// The parameters in it.
    pub params: &'static [&'static str],
    /// The object in which they stand; at the top where it is empty.
    pub within: &'static str,
}

impl Post {
    /// The body of a call with these parameters.
    pub fn body(&self, params: &Params) -> Value {
        let told = self.params.iter().filter_map(|name| Some(((*name).to_owned(), params.get(name)?.into())));
        let told = Value::Object(told.collect());
        if self.within.is_empty() { told } else { serde_json::json!({ self.within: told }) }
    }
}

/// The parameter that names the member whose key a call is sent with. The key itself is never a parameter.
pub const MEMBER: &str = "member";

/// Turns the records of an answer into those for which they stand.
pub type Expand = fn(&[&Value]) -> Vec<Value>;

/// How an answer's pages are asked for. A stream's first page hands its time on as `pass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The parameter that says where a page begins.
    pub start: &'static str,
    /// What it counts.
    pub counts: Counts,
    /// The parameter that says how many records a page may hold.
    pub size: &'static str,
    /// Records on a full page; a shorter one is the last, unless the service tells otherwise.
    pub limit: usize,
    /// Where the service tells whether there is more: true or false, or how many pages there are.
    pub more: &'static [&'static str],
    /// The path at which the service tells how many records there are in all, if it does, and the table that then
    /// holds as many rows.
    pub total: Option<(&'static str, &'static Table)>,
}

/// What the start of a page counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Records before it: the first page begins at 0.
    Records,
    /// Pages: the first one is 1.
    Pages,
}

impl Paging {
    /// The parameters of the first page.
    pub fn first(&self, params: Params) -> Params {
        let start = match self.counts {
            Counts::Records => 0,
            Counts::Pages => 1,
        };
        params.with(self.start, start).with(self.size, self.limit)
    }
}

/// Most endpoints: one page, no detail, every record for itself.
pub(crate) const PLAIN: Endpoint = Endpoint {
    name: "",
    title: "",
    path: "",
    query: &[],
    about: &[],
    post: None,
    priority: 50,
    pace: Pace::Standard,
    is_optional: false,
    has_stand_in: false,
    may_be_empty: false,
    recalls: false,
    names_campaigns: false,
    is_detail: false,
    brings_keys: false,
    keeps_watermark: false,
    lighten: |_| {},
    records: Records::Array(&["", "data"]),
    paging: None,
    expand: None,
    writes: &[],
    fields: &[],
    derived: &[],
    finish: |_, _, _| {},
    after: |_, _, _| {},
};

/// A class of calls that share a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Lists and whatever has no delay of its own.
    Standard,
    /// Statistics, where a service asks for longer pauses.
    Statistics,
}

/// Where an endpoint's records are. Anything else in a 200 is not data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// An array at the first of these paths that holds one; the empty path is the whole answer.
    Array(&'static [&'static str]),
    /// What is at the first of these paths: an array (arrays in it are opened), an object whose numbered keys hold the
    /// records, the record itself, or nothing (null, false, blank).
    Nested(&'static [&'static str]),
    /// The answer is the record: an object that has one of the mapped fields.
    One,
    /// The answer is the record if it has something at this path.
    With(&'static str),
}

/// A line of an endpoint's table.
#[derive(Debug)]
pub struct Field {
    /// Source paths in order, parted by ` | `; the first one is the requirement's.
    pub from: &'static str,
    /// `table.column`, or `table.column.key` for a value inside a JSON column; empty when it is not used.
    pub to: &'static str,
    /// What it must be.
    pub kind: Type,
    /// What its absence means.
    pub need: Need,
}

/// What a field's absence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The record is lost.
    Key,
    /// A problem is noted.
    Required,
    /// Nothing.
    Optional,
}

/// How a value is read. What does not fit is a problem and stays unknown.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// Number or text → text.
    Id,
    /// Text, kept as it is.
    Text,
    /// Text of which blank is a value too: null and "" are blank.
    Copy,
    /// Text in lower case.
    Enum,
    /// A whole number, also as text.
    Number,
    /// A number that may have a fraction, also as text.
    Real,
    /// True or false, also as number or text.
    Bool,
    /// An instant; UTC where no zone is told.
    Time,
    /// An instant; in the account's zone where no zone is told.
    LocalTime,
    /// A day.
    Date,
    /// Object or array, also written as text; other text as it is.
    Json,
    /// A reading of its own; `None` means that it does not fit.
    With(fn(&Value) -> Option<Value>),
}

/// What mapping may know beside the answer.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What was asked.
    pub params: &'a Params,
    /// When it was answered.
    pub read_at: Timestamp,
    /// The account's time zone.
    pub zone: &'a TimeZone,
    /// What the source is set to.
    pub settings: &'a Settings,
    /// Whether everything is to be asked again.
    pub is_full: bool,
    /// Endpoints that the service lacks, as far as is known.
    pub absent: &'a BTreeSet<String>,
    /// When the last whole walk through an endpoint's records began, by endpoint.
    pub watermarks: &'a BTreeMap<String, Timestamp>,
    /// How many campaigns are stored: what a round of all of them costs.
    pub campaigns: usize,
    /// What is stored of the campaign that is asked about, where the endpoint must know it.
    pub stored: Option<&'a StoredCampaign>,
    /// Name → campaign, where the endpoint must know it; none for a name that several have.
    pub campaign_names: Option<&'a BTreeMap<String, Option<String>>>,
}

impl Context<'_> {
    /// The account's day at the time of reading.
    pub fn today(&self) -> Date {
        self.read_at.to_zoned(self.zone.clone()).date()
    }

    /// When that day began.
    pub fn day_start(&self) -> Timestamp {
        self.today().to_zoned(self.zone.clone()).map_or(self.read_at, |midnight| midnight.timestamp())
    }

    /// The time of reading less so many days.
    pub fn days_ago(&self, days: i64) -> Timestamp {
        self.read_at.checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN)
    }
}

pub(crate) const fn key(from: &'static str, to: &'static str, kind: Type) -> Field {
    Field { from, to, kind, need: Need::Key }
}

pub(crate) const fn must(from: &'static str, to: &'static str, kind: Type) -> Field {
    Field { from, to, kind, need: Need::Required }
}

pub(crate) const fn may(from: &'static str, to: &'static str, kind: Type) -> Field {
    Field { from, to, kind, need: Need::Optional }
}

/// A field of the requirement that it does not use itself.
pub(crate) const fn unused(from: &'static str) -> Field {
    Field { from, to: "", kind: Type::Text, need: Need::Optional }
}
