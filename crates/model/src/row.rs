//! What an answer means: rows to write, and problems met on the way.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::call::Follow;
use crate::table::Table;
use crate::tables::DAILY_OBSERVATIONS;
use crate::values::Values;

/// How a row meets the one that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The endpoint owns the row: insert it, or update what differs.
    Upsert,
    /// The endpoint knows a part of a row that another one owns: update what differs.
    Amend,
    /// As amend, but only while the named column is unknown: a stand-in until the better source has spoken.
    FillWhileNull(&'static str),
    /// Told once: insert it, or fill in what the row does not know. What is known stays.
    Once,
    /// Told again when more is known: where it is not older than what is stored it is written over it, elsewhere it
    /// only fills in what is unknown. See [`Later`].
    Later(Later),
    /// An event that was asked for: it stands in for one that is posted, and is never written over it.
    StandIn,
    /// One witness, so named, of a day's figures. No witness is written over another; see [`Row::observed`].
    Witness(&'static str),
}

/// By what the later one of two tellings is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Later {
    /// The instant in this column decides,
    pub by: &'static str,
    /// and where it is the same, the one in this column.
    pub then: &'static str,
    /// Where this column is true, nothing is written over.
    pub unless: &'static str,
}

/// A row on its way to the database. It holds the fields that were present; an absent key means "not told".
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it goes.
    pub table: &'static Table,
    /// How it is written.
    pub mode: Mode,
    /// Column → value, already of the column's type. Instants are fixed-width UTC text.
    pub values: Values,
    /// Calls that are wanted only if this row changed something.
    pub on_change: Vec<Follow>,
}

impl Row {
    /// A row without any value yet.
    pub fn new(table: &'static Table, mode: Mode) -> Self {
        Self { table, mode, values: Values::new(), on_change: Vec::new() }
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, column: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.values.insert(column, value.into());
        self
    }

    /// What a witness says is an observation of its own; the day's figures are settled from all of them.
    #[must_use]
    pub fn observed(self) -> Self {
        match self.mode {
            Mode::Witness(witness) => {
                Self { table: &DAILY_OBSERVATIONS, mode: Mode::Upsert, ..self }.with("witness", witness)
            }
            _ => self,
        }
    }

    /// The values of the key, if all are there.
    pub fn key(&self) -> Option<Vec<&str>> {
        self.table.key.iter().map(|name| self.values.get(name)?.as_str()).collect()
    }
}

/// Something in an answer that could not be understood. It costs what it names and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which record: its id, or its place in the answer as `#12`.
    pub record: String,
    /// Which field; empty when it is the record itself.
    pub path: String,
    /// What is wrong, without the value (it may be personal data).
    pub message: String,
}

/// Rows that an answer shows to be gone at the service: they keep their figures and are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Where.
    pub table: &'static Table,
    /// The column and value that the answer speaks for in whole.
    pub within: (&'static str, String),
    /// The column that is set to true.
    pub mark: &'static str,
    /// The values of the (single) key column that are still there.
    pub present: Vec<String>,
}

/// What is stored of a campaign when its statistics are read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredCampaign {
    /// When it was created.
    pub started_at: Option<Timestamp>,
    /// `{sent}-{opened}-{replied}-{bounced}` as last read.
    pub seen_hash: Option<String>,
    /// The last day whose figures have been asked for.
    pub days_read_to: Option<Date>,
    /// The last day whose mails have been asked for one by one.
    pub activities_read_to: Option<Date>,
}

/// A stream of records that has come to its end: what is held of it must be what the service counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Where its rows are.
    pub table: &'static Table,
    /// The column and value that they share.
    pub within: (&'static str, String),
    /// When the first of its pages was read: older rows are not of this reading.
    pub since: Timestamp,
    /// How many the service counts, if it tells.
    pub total: Option<i64>,
}

/// A campaign whose events have been read: which of them should have been posted is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapCheck {
    /// The campaign.
    pub campaign_id: String,
    /// The call that asks for what was missed, where the service has one, and its parameters for the ends of the window.
    pub ask: Option<(Follow, [&'static str; 2])>,
    /// What only deliveries tell.
    pub lost: &'static str,
}

/// How many calls the service counts of somebody in a span of time: what is held must come up to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Who called.
    pub caller_user_id: String,
    /// From this instant on.
    pub from: Timestamp,
    /// Before this instant.
    pub to: Timestamp,
    /// What the service counts.
    pub calls: i64,
    /// Whose figure it is, and from when, for people.
    pub record: String,
}
