//! Failing on demand: which request fails, and how.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

use crate::dice;

/// How many requests in a row for one path and query may fail.
const LONGEST_STREAK: u32 = 3;

/// Requests that fail from now on.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Which requests fail follows from this, what they ask, and how often it was asked.
    pub seed: u64,
    /// The share of requests that fail, 0.0 to 1.0.
    pub share: f64,
    /// The ways to fail, equally likely; none: nothing fails.
    pub kinds: Vec<Fault>,
    /// How long a stalled request waits before its connection closes.
    pub stall: Duration,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429, sometimes with `Retry-After: 1`, sometimes without.
    TooMany,
    /// 500, 502 or 503.
    ServerError,
    /// No answer for a while, then the connection closes.
    Stall,
    /// The data breaks off in the middle and the connection closes, though `Content-Length` promises all of it.
    Truncated,
    /// 200 with a page instead of data.
    Html,
    /// 200 with `{}` or with nothing.
    Empty,
    /// The connection is reset without an answer.
    Reset,
}

impl Fault {
    /// Every way to fail.
    pub const ALL: [Self; 7] = [
        Self::TooMany,
        Self::ServerError,
        Self::Stall,
        Self::Truncated,
        Self::Html,
        Self::Empty,
        Self::Reset,
    ];

    /// As in the log and in `kinds=`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooMany => "429",
            Self::ServerError => "500",
            Self::Stall => "stall",
            Self::Truncated => "truncated",
            Self::Html => "html",
            Self::Empty => "empty",
            Self::Reset => "reset",
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|fault| fault.name() == name);
        found.ok_or_else(|| format!("unknown fault `{name}`; there are {}", all()))
    }
}

/// One request's fault.
#[derive(Clone, Copy)]
pub(crate) struct Strike {
    pub(crate) fault: Fault,
    /// Picks among a fault's forms.
    pub(crate) form: usize,
    pub(crate) stall: Duration,
}

/// The faults that are on, and what became of each question so far.
pub(crate) struct Schedule {
    faults: Faults,
    asked: HashMap<String, Asked>,
}

#[derive(Default)]
struct Asked {
    times: u64,
    /// How many of the latest answers failed.
    streak: u32,
}

impl Schedule {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, asked: HashMap::new() }
    }

    /// What happens to a question. It follows from the question and how often it was asked, so that several services
    /// that are asked side by side fail alike in whatever order their requests come.
    pub(crate) fn strike(&mut self, question: &str) -> Option<Strike> {
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        let asked = self.asked.entry(question.to_owned()).or_default();
        asked.times += 1;
        let mut rng = dice::of(self.faults.seed ^ hasher.finish(), 0, asked.times);
        let fails = rng.f64() < self.faults.share && asked.streak < LONGEST_STREAK;
        if !fails {
            asked.streak = 0;
            return None;
        }
        let fault = rng.choice(&self.faults.kinds).copied()?;
        asked.streak += 1;
        Some(Strike { fault, form: rng.usize(..12), stall: self.faults.stall })
    }
}
