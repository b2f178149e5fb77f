//! The values of a row by column: few of them, in one piece of memory, named by text that is nearly always static.

use std::borrow::Cow;
use std::ops::Index;

use serde::{Serialize, Serializer};
use serde_json::Value;

type Named = (Cow<'static, str>, Value);

/// Column → value, in the order of the columns' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<Named>);

impl Values {
    /// No value yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No value yet, and room for so many.
    pub fn with_room(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// The value of a column, if one is told.
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.named(column).map(|place| &self.0[place].1)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, column: &str) -> Option<&mut Value> {
        self.named(column).map(|place| &mut self.0[place].1)
    }

    /// Whether a value is told, be it null.
    pub fn contains_key(&self, column: &str) -> bool {
        self.named(column).is_some()
    }

    /// Tells a value; the one that was told before.
    pub fn insert(&mut self, column: impl Into<Cow<'static, str>>, value: Value) -> Option<Value> {
        let column = column.into();
        match self.place(&column) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (column, value));
                None
            }
        }
    }

    /// The value of a column; this one where none is told.
    pub fn or_insert(&mut self, column: impl Into<Cow<'static, str>>, value: Value) -> &mut Value {
        let column = column.into();
        let place = self.place(&column).unwrap_or_else(|place| {
            self.0.insert(place, (column, value));
            place
        });
        &mut self.0[place].1
    }

    /// Tells nothing of a column any more; what was told of it.
    pub fn remove(&mut self, column: &str) -> Option<Value> {
        self.named(column).map(|place| self.0.remove(place).1)
    }

    /// Keeps what is wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(&str, &Value) -> bool) {
        self.0.retain(|(column, value)| is_wanted(column, value));
    }

    /// Tells nothing any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The columns of which something is told.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(column, _)| &**column)
    }

    /// What is told.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(column, value)| (&**column, value))
    }

    /// The values of columns that come in the order of their names; null where nothing is told.
    pub fn of<'v>(&'v self, columns: impl Iterator<Item = &'v str>) -> impl Iterator<Item = &'v Value> {
        let mut told = self.0.iter().peekable();
        columns.map(move |column| {
            while told.next_if(|(here, _)| &**here < column).is_some() {}
            told.next_if(|(here, _)| here == column).map_or(&Value::Null, |(_, value)| value)
        })
    }

    /// Where a column stands. There are few, of many lengths: going along them is faster than halving them.
    fn named(&self, column: &str) -> Option<usize> {
        self.0.iter().position(|(here, _)| here == column)
    }

    /// Where a column stands, or would have to.
    fn place(&self, column: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(here, _)| (**here).cmp(column))
    }
}

impl Index<&str> for Values {
    type Output = Value;

    /// Null where nothing is told.
    fn index(&self, column: &str) -> &Value {
        self.get(column).unwrap_or(&Value::Null)
    }
}

impl Extend<Named> for Values {
    fn extend<T: IntoIterator<Item = Named>>(&mut self, told: T) {
        for (column, value) in told {
            self.insert(column, value);
        }
    }
}

impl IntoIterator for Values {
    type Item = Named;
    type IntoIter = std::vec::IntoIter<Named>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
