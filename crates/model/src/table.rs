//! How a destination table is described: its key, its columns, and how each column may be written.

/// The type of a column, the same on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text; identifiers too.
    Text,
    /// A whole number (`BIGINT`).
    Integer,
    /// A number with a fraction (`DOUBLE PRECISION`); rates are 0.0–1.0.
    Real,
    /// True or false.
    Boolean,
    /// An instant, in UTC.
    Timestamp,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// An object or an array.
    Json,
}

/// What may happen to a column when an answer brings a value for it, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A null that is present clears it, an absent field keeps it.
    Plain,
    /// A figure, or what several may tell: neither an absent nor a null one replaces a known value.
    Counter,
    /// A figure that several may tell: written only where the named column (an instant, a rank) is not below the
    /// stored one. Where it is equal, the one that is read last is written: of one rank that is the newer reading, and
    /// of one instant of enrolment see `docs/design.md`.
    Latest(&'static str),
    /// It only grows.
    Highest,
    /// It only shrinks.
    Lowest,
    /// A figure that keeps its first value.
    First,
    /// When something was read: always written, never a change, left out of dumps.
    ReadTime,
    /// Worked out from other columns of the same row whenever one of them is written.
    Derived(Derived),
    /// Worked out from rows of several tables: what an answer's rows bring along is only where a new row begins.
    Settled,
}

/// A column that follows from others. Unknown operands make it unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// The first column less the second.
    Difference(&'static str, &'static str),
    /// The first column over the second; unknown where the second is not above 0.
    Ratio(&'static str, &'static str),
}

/// A column of a destination table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// How it may be written.
    pub rule: Rule,
}

/// A destination table. Every key begins with `source_id`, which is not listed.
#[derive(Debug)]
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// The columns that, after `source_id`, tell one row from another.
    pub key: &'static [&'static str],
    /// All columns but `source_id`, key columns first.
    pub columns: &'static [Column],
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that says when a row was last read, if there is one.
    pub fn read_time(&self) -> Option<&'static str> {
        self.columns.iter().find(|column| column.rule == Rule::ReadTime).map(|column| column.name)
    }
}

impl Eq for Table {}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(crate) const fn plain(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, rule: Rule::Plain }
}

pub(crate) const fn counter(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, rule: Rule::Counter }
}

/// What is known of it stays known.
pub(crate) const fn kept(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, rule: Rule::Counter }
}

pub(crate) const fn latest(name: &'static str, kind: Kind, by: &'static str) -> Column {
    Column { name, kind, rule: Rule::Latest(by) }
}

pub(crate) const fn first(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, rule: Rule::First }
}

pub(crate) const fn highest(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, rule: Rule::Highest }
}

pub(crate) const fn lowest(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, rule: Rule::Lowest }
}

pub(crate) const fn settled(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, rule: Rule::Settled }
}

pub(crate) const fn read_time(name: &'static str) -> Column {
    Column { name, kind: Kind::Timestamp, rule: Rule::ReadTime }
}

pub(crate) const fn difference(name: &'static str, of: &'static str, less: &'static str) -> Column {
    Column { name, kind: Kind::Integer, rule: Rule::Derived(Derived::Difference(of, less)) }
}

pub(crate) const fn ratio(name: &'static str, numerator: &'static str, denominator: &'static str) -> Column {
    Column { name, kind: Kind::Real, rule: Rule::Derived(Derived::Ratio(numerator, denominator)) }
}
