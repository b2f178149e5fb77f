//! Answers that come in pages. Parameters that the service does not know it does not see.

use std::ops::Range;

use serde_json::{Value, json};

use super::refusal::invalid;
use crate::answer::Answer;
use crate::question::Question;

/// Rows on a page where one does not say, and at most.
const USUAL: usize = 25;
const LARGEST: usize = 1000;

/// Rows on a page of the old people list where one does not say.
const USUAL_OLD: usize = 100;

/// The rows that `top` and `skip` ask for, of so many.
pub(super) fn rows(question: &Question, total: usize) -> Result<Range<usize>, Answer> {
    let top = number(question, "top", USUAL)?;
    let skip = number(question, "skip", 0)?;
    if !(1..=LARGEST).contains(&top) {
        return Err(invalid("/top", "Must be between 1 and 1000."));
    }
    Ok(skip.min(total)..skip.saturating_add(top).min(total))
}

/// A page as most lists have it.
pub(super) fn items(
    question: &Question,
    total: usize,
    row: impl Fn(usize) -> Value,
) -> Result<Answer, Answer> {
    let rows = rows(question, total)?;
    let has_more = rows.end < total;
    let items: Vec<Value> = rows.map(row).collect();
    Ok(Answer::data(&json!({"items": items, "hasMore": has_more})))
}

/// Rows on a page where pages alternate.
const ALTERNATING: usize = 3;

/// The first page, the second, the first again; each says that there is more.
pub(super) fn alternating(question: &Question, answer: impl FnOnce(&Question) -> Answer) -> Answer {
    let skip = number(question, "skip", 0).unwrap_or_default();
    let skip = skip / ALTERNATING % 2 * ALTERNATING;
    let told = answer(&question.with_parameters(&[("skip", skip), ("top", ALTERNATING)]));
    match serde_json::from_slice::<Value>(&told.body) {
        Ok(mut page) if page["hasMore"].is_boolean() => {
            page["hasMore"] = json!(true);
            Answer::data(&page)
        }
        _ => told,
    }
}

/// The old form: pages are counted from 1. What follows and what comes before contradict each other.
pub(super) fn old_people(
    question: &Question,
    total: usize,
    row: impl Fn(usize) -> Value,
) -> Result<Answer, Answer> {
    let page = number(question, "page", 1)?.max(1);
    let limit = number(question, "limit", USUAL_OLD)?.clamp(1, LARGEST);
    let first = (page - 1).saturating_mul(limit).min(total);
    let people: Vec<Value> = (first..(first + limit).min(total)).map(row).collect();
    let path = &question.path;
    Ok(Answer::data(&json!({
        "people": people,
        "total": total,
        "page": page,
        "limit": limit,
        "pagesCount": total.div_ceil(limit),
        "next": format!("{path}?page={}&limit={limit}", page.saturating_sub(1)),
        "previous": format!("{path}?page={page}&limit={limit}"),
    })))
}

fn number(question: &Question, name: &str, usual: usize) -> Result<usize, Answer> {
    let Some(text) = question.parameter(name) else { return Ok(usual) };
    text.parse().map_err(|_| invalid(&format!("/{name}"), "Must be a number of at least 0."))
}
