//! How the account sorts replies: the service's default names and the account's own.

use atlas_model::Mode;
use atlas_model::tables::LEAD_CATEGORIES;
use serde_json::Value;

use crate::categories::{meaning, normal, set_meaning};
use crate::endpoint::{Context, Endpoint, PLAIN, Type, key, may, must};
use crate::mapping::Found;
use crate::read::at;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "lead_categories",
    title: "Lead Categories",
    path: "/leads/fetch-categories",
    priority: 25,
    writes: &[(&LEAD_CATEGORIES, Mode::Upsert)],
    fields: &[
        key("id", "lead_categories.external_id", Type::Id),
        must("name", "lead_categories.name", Type::Text),
        may("color", "lead_categories.color", Type::Text),
        may("is_positive", "lead_categories.is_positive", Type::Bool),
        may("is_meeting", "lead_categories.is_meeting", Type::Bool),
        may("is_ooo", "lead_categories.is_ooo", Type::Bool),
        may("sort_order", "lead_categories.sort_order", Type::Number),
    ],
    derived: &[
        ("lead_categories.is_positive", "sentiment_type, else by name"),
        ("lead_categories.is_meeting", "by name"),
        ("lead_categories.is_ooo", "by name"),
        ("lead_categories.reply_category", "by name, else by a word in it, else sentiment_type"),
        ("lead_categories.sentiment", "by name, else by a word in it, else sentiment_type"),
    ],
    finish,
    ..PLAIN
};

/// Flags that are told stand, unless a person said what the category means; those that are not are inferred.
fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let sentiment = at(record, "sentiment_type").and_then(|value| Type::Enum.read(&value));
    let Some(row) = found.row(&LEAD_CATEGORIES) else { return };
    let name = row.values.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_set = set_meaning(&name, context.settings).is_some();
    let sentiment = sentiment.as_ref().and_then(Value::as_str).filter(|_| !is_set);
    let meaning = meaning(&name, sentiment, context.settings);
    let name = normal(&name);
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_positive = match sentiment {
        Some("positive") => true,
        Some("negative") => false,
        _ => meaning.is_positive(),
    };
    let is_meeting = meaning.reply_category == Some("meeting_request")
        || (!is_set && has(&["meeting", "booked", "demo", "call scheduled"]));
    let is_ooo = meaning.reply_category == Some("out_of_office");
    for (column, inferred) in [("is_positive", is_positive), ("is_meeting", is_meeting), ("is_ooo", is_ooo)] {
        if is_set || row.values.get(column).is_none_or(Value::is_null) {
            row.values.insert(column.to_owned(), inferred.into());
        }
    }
    row.values.insert("reply_category", meaning.reply_category.into());
    row.values.insert("sentiment", meaning.sentiment.into());
}
