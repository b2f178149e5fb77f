//! From a database row to a line of a report: each field from the column of its name.

use jiff::Timestamp;

use crate::db::DbRow;
use crate::error::Result;

/// What a column can be read as.
pub(crate) trait Field: Sized {
    fn of(row: &DbRow, column: &str) -> Result<Self>;
}

macro_rules! fields {
    ($($type:ty: $whole:ident, $maybe:ident;)*) => {
        $(impl Field for $type {
            fn of(row: &DbRow, column: &str) -> Result<Self> {
                row.$whole(column)
            }
        }
        impl Field for Option<$type> {
            fn of(row: &DbRow, column: &str) -> Result<Self> {
                row.$maybe(column)
            }
        })*
    };
}

fields! {
    i64: integer, maybe_integer;
    String: text, maybe_text;
    bool: boolean, maybe_boolean;
    Timestamp: time, maybe_time;
}

impl Field for Option<f64> {
    fn of(row: &DbRow, column: &str) -> Result<Self> {
        row.maybe_real(column)
    }
}

/// `line!(row => Line { one, two; three: value })`: the first fields are read from their columns.
macro_rules! line {
    ($row:expr => $type:ident { $($field:ident),* $(,)? $(; $($other:ident: $value:expr),* $(,)?)? }) => {
        $type {
            $($field: $crate::report::line::Field::of($row, stringify!($field))?,)*
            $($($other: $value,)*)?
        }
    };
}
pub(crate) use line;
