//! What PhoneBurner's records need before a table can read them: nothing-ids taken out, first ones brought up.

use serde_json::{Map, Value};

/// Keys whose 0 means that there is none.
const IDS: [&str; 8] = [
    "contact_user_id",
    "contact_id",
    "user_id",
    "member_id",
    "member_user_id",
    "dialsession_id",
    "call_id",
    "user_activity_id",
];

/// The record with ids that are none as null.
pub(super) fn with_true_ids(record: &Value) -> Value {
    let Value::Object(fields) = record else { return record.clone() };
    let mut fields = fields.clone();
    for name in IDS {
        if let Some(value) = fields.get_mut(name)
            && (value.as_i64() == Some(0) || value.as_str().is_some_and(|text| text.trim() == "0"))
        {
            *value = Value::Null;
        }
    }
    Value::Object(fields)
}

/// A session for itself.
pub(super) fn session(record: &Value) -> Vec<Value> {
    vec![with_true_ids(record)]
}

/// A contact whose lists are brought up: the first e-mail, the first phone, the fields that an account names itself.
pub(super) fn contact(record: &Value) -> Vec<Value> {
    let mut contact = with_true_ids(record);
    if let Value::Object(fields) = &mut contact {
        for name in ["emails", "phones", "external_crm_data"] {
            if let Some(first) = fields.get(name).and_then(Value::as_array).and_then(|list| list.first()) {
                let first = first.clone();
                bring_up(fields, &format!("{name}[0]"), first);
            }
        }
        for name in ["primary_email", "primary_phone"] {
            if let Some(text) = fields.get(name).filter(|value| value.is_string()).cloned() {
                bring_up(fields, name, text);
            }
        }
        for (name, titles) in [
            ("custom_fields[company]", &["company", "company name", "organization", "account name"][..]),
            ("custom_fields[title]", &["title", "job title"]),
        ] {
            if let Some(value) = custom(fields.get("custom_fields"), titles) {
                fields.insert(name.to_owned(), value);
            }
        }
    }
    vec![contact]
}

/// Text stands under a name of its own, so that a path tells it from an object.
fn bring_up(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let name = if value.is_string() { format!("{name} (text)") } else { name.to_owned() };
    fields.insert(name, value);
}

fn custom(fields: Option<&Value>, titles: &[&str]) -> Option<Value> {
    let is_it = |field: &&Value| {
        let name = field.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
        titles.contains(&name.as_str())
    };
    match fields? {
        Value::Array(list) => list.iter().find(is_it)?.get("value").cloned(),
        Value::Object(named) => named
            .iter()
            .find(|(name, _)| titles.contains(&name.trim().to_lowercase().as_str()))
            .map(|(_, v)| v.clone()),
        _ => None,
    }
}

/// The last ten digits of a phone number: by these two spellings of one number are the same.
pub(super) fn phone_key(phone: &str) -> Option<String> {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 10).then(|| digits[digits.len() - 10..].iter().collect())
}
