//! Reply.io's words for states, which have changed case and form between its generations.

use serde_json::Value;

use crate::endpoint::Type;
use crate::read::number;

/// A sequence's status: words in any case, or the numbers of the first generation. A number that nobody has explained
/// is kept as what it is.
pub(super) fn sequence_status(value: &Value) -> Option<Value> {
    if let Some(number) = number(value) {
        return Some(match number {
            0 => "draft".into(),
            2 => "active".into(),
            4 => "paused".into(),
            other => format!("status_{other}").into(),
        });
    }
    let word = Type::Enum.read(value)?;
    Some(match squeezed(word.as_str()?).as_str() {
        "new" => "draft".into(),
        "finished" => "completed".into(),
        _ => word,
    })
}

/// Where a contact stands in a sequence: a word, or an object that holds one.
pub(super) fn contact_status(value: &Value) -> Option<Value> {
    let word = Type::Enum.read(value.get("status").unwrap_or(value))?;
    Some(match squeezed(word.as_str()?).as_str() {
        "active" => "in_progress".into(),
        "new" | "notstarted" => "not_started".into(),
        "finished" => "completed".into(),
        "inactive" => "stopped".into(),
        "outofoffice" => "out_of_office".into(),
        "bounced" => "blocked".into(),
        "optedout" => "unsubscribed".into(),
        _ => word,
    })
}

/// Lower case, without blanks, `_`, `-` and `.`.
pub(super) fn squeezed(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.')).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{contact_status, sequence_status};

    #[test]
    fn every_spelling_of_a_state() {
        for (told, sequence, contact) in [
            (json!("Active"), "active", "in_progress"),
            (json!("paused"), "paused", "paused"),
            (json!("New"), "draft", "not_started"),
            (json!("Finished"), "completed", "completed"),
            (json!("OutOfOffice"), "outofoffice", "out_of_office"),
            (json!("Opted-Out"), "opted-out", "unsubscribed"),
        ] {
            assert_eq!(sequence_status(&told), Some(Value::from(sequence)));
            assert_eq!(contact_status(&told), Some(Value::from(contact)));
        }
        for (told, expected) in [(json!(2), "active"), (json!("4"), "paused"), (json!(7), "status_7")] {
            assert_eq!(sequence_status(&told), Some(Value::from(expected)));
        }
        assert_eq!(contact_status(&json!({"status": "Bounced", "replied": true})), Some("blocked".into()));
        assert_eq!(contact_status(&json!({"replied": true})), None);
    }
}
