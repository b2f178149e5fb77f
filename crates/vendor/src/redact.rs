//! What may not be kept is removed from an answer before anything is: secrets, and NUL, which PostgreSQL refuses.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;

/// What stands where something was.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of a key's name that make its value a secret. `webhook_url` carries our own token.
const MARKS: [&str; 10] = [
    "oauth",
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "credential",
    "authorization",
    "webhook_url",
];

/// More keys than the services have between them; whoever makes up others costs time and no memory.
const MOST_KEYS: usize = 4_096;
/// A longer key is no service's.
const LONGEST_KEY: usize = 100;

thread_local! {
    /// Records repeat their keys: what was found out about a key stays known.
    static KNOWN: RefCell<HashMap<String, bool>> = RefCell::default();
}

/// Removes the value of every key that looks like a secret's, and NUL from every text, at any depth.
pub fn redact(value: &mut Value) {
    KNOWN.with_borrow_mut(|known| clean(value, known));
}

fn clean(value: &mut Value, known: &mut HashMap<String, bool>) {
    match value {
        Value::Object(fields) => {
            for (name, inside) in fields.iter_mut() {
                let is_secret = known.get(name).copied().unwrap_or_else(|| {
                    let is_secret = is_secret(name);
                    if known.len() < MOST_KEYS && name.len() <= LONGEST_KEY {
                        known.insert(name.clone(), is_secret);
                    }
                    is_secret
                });
                if is_secret && !inside.is_null() && !inside.is_boolean() {
                    *inside = Value::from(REDACTED);
                } else {
                    clean(inside, known);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, known)),
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    ["pass", "sso"].contains(&name.as_str())
        || name.ends_with("_pass")
        || name.ends_with("_sso")
        || MARKS.iter().any(|mark| name.contains(mark))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::redact;

    #[test]
    fn secrets_go_at_any_depth_and_the_rest_stays() {
        let mut body = json!([{"imap_password": "p", "smtp": {"Api-Key": "k", "port": 465}, "passed": 3,
            "webhook_url": "https://x/?token=t", "is_token_valid": true, "name": "Quill\u{0}mark"}]);
        redact(&mut body);
        assert_eq!(
            body,
            json!([{"imap_password": "[redacted]", "smtp": {"Api-Key": "[redacted]", "port": 465}, "passed": 3,
            "webhook_url": "[redacted]", "is_token_valid": true, "name": "Quillmark"}])
        );
    }
}
