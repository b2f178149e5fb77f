//! A call to a service that is to be made, and what one answer asks for next.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// The parameters of a call, by name; they stand in its path or its query. Never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// No parameters.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Those whose name is wanted.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        let wanted = self.0.iter().filter(|(name, _)| is_wanted(name));
        Self(wanted.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Those that make up the question: what begins with `_` only travels along to the calls that follow.
    #[must_use]
    pub fn asked(&self) -> Self {
        self.only(|name| !name.starts_with('_'))
    }

    /// As stored: a JSON object with sorted keys, so that equal parameters are equal texts.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Reads what [`Params::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&parts.join(" "))
    }
}

/// A call on a source's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The endpoint's name.
    pub endpoint: String,
    /// What it is asked with.
    pub params: Params,
    /// Lower ones are made first.
    pub priority: i64,
    /// How often it has failed so far.
    pub attempts: u32,
}

/// A call that an answer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// The endpoint's name.
    pub endpoint: &'static str,
    /// What it is asked with.
    pub params: Params,
    /// Lower ones are made first.
    pub priority: i64,
    /// On what condition.
    pub when: When,
}

/// On what condition a following call is put on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Without one.
    Always,
    /// Unless its answer has been read since.
    NotReadSince(Timestamp),
}
