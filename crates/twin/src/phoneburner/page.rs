//! Answers that come in pages, and the envelope around them.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::refusal::invalid;
use crate::answer::Answer;
use crate::options::Dialect;
use crate::question::Question;

const USUAL: usize = 25;
const LARGEST: usize = 100;

/// Which rows are asked for.
#[derive(Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Refuses as the service does.
    pub(super) fn of(question: &Question, dialect: Dialect) -> Result<Self, Answer> {
        let number = |name, usual| question.parameter(name).map_or(Ok(usual), str::parse);
        match (number("page", 1), number("page_size", USUAL)) {
            (Ok(number @ 1..), Ok(size @ 1..=LARGEST)) => Ok(Self { number, size }),
            _ => Err(invalid(dialect, "page or page_size is out of range")),
        }
    }

    /// The rows there are, of so many.
    pub(super) fn rows(self, total: usize) -> Range<usize> {
        let from = (self.number - 1).saturating_mul(self.size).min(total);
        from..(from + self.size).min(total)
    }

    /// What the observed service tells of a page; `page_size` is how many rows it has.
    pub(super) fn told(self, total: usize, is_text: bool) -> Value {
        let total_results = if is_text { json!(total.to_string()) } else { json!(total) };
        json!({
            "page": self.number,
            "page_size": self.rows(total).len(),
            "total_pages": total.div_ceil(self.size),
            "total_results": total_results,
        })
    }

    /// A page of records in the observed envelope.
    pub(super) fn wrap(self, name: &str, records: Value, total: usize, is_text: bool) -> Answer {
        wrapped(name, name, records, self.told(total, is_text))
    }
}

/// A record in the observed envelope, with what stands beside it.
pub(super) fn wrapped(outer: &str, name: &str, records: Value, mut beside: Value) -> Answer {
    beside[name] = records;
    let mut body = json!({"http_status": 200, "status": "success"});
    body[outer] = beside;
    Answer::data(&body)
}

/// The documented envelope.
pub(super) fn flat(name: &str, records: Vec<Value>) -> Answer {
    Answer::data(&Value::Object(Map::from_iter([(name.to_owned(), Value::Array(records))])))
}
