//! The members' own keys: taken out of an answer before anything of it is kept, and held in memory alone.

use atlas_model::Secret;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::members_me;
use crate::endpoint::Endpoint;
use crate::read::{id, is_blank, local_instant};
use crate::service::MemberKeys;

/// Where the answer says, from then on, whether a member had a key that can be used.
pub(super) const ACCESS: &str = "access";

/// Takes every member's key out. Of the key's owner it is known that the account's own key is theirs.
pub(super) fn take(endpoint: &Endpoint, body: &mut Value, zone: &TimeZone, now: Timestamp) -> MemberKeys {
    let mut keys = Vec::new();
    if endpoint.brings_keys {
        let is_own = endpoint.name == members_me::ENDPOINT.name;
        walk(body, zone, now, &mut |member, key| {
            if key.is_some() || is_own {
                keys.push((member, key));
            }
        });
    }
    keys
}

fn walk(value: &mut Value, zone: &TimeZone, now: Timestamp, found: &mut impl FnMut(String, Option<Secret>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, zone, now, found)),
        Value::Object(fields) => {
            let is_wrapper = fields.contains_key("total_results") || fields.contains_key("page_size");
            let member = ["user_id", "member_user_id"].iter().find_map(|name| id(fields.get(*name)?));
            if let Some(member) = member.filter(|_| !is_wrapper) {
                let (access, key) = access(fields, zone, now);
                fields.insert(ACCESS.to_owned(), access.into());
                found(member, key);
            } else {
                fields.values_mut().for_each(|inner| walk(inner, zone, now, found));
            }
        }
        _ => {}
    }
}

fn access(
    fields: &mut Map<String, Value>,
    zone: &TimeZone,
    now: Timestamp,
) -> (&'static str, Option<Secret>) {
    let Some(oauth) = fields.remove("oauth") else { return ("none", None) };
    let token = oauth.get("bearer_token").and_then(Value::as_str).map(Secret::new);
    let expires = oauth.get("expires").filter(|value| !is_blank(value));
    let expires = expires.and_then(|value| local_instant(value, zone));
    match token.filter(|token| !token.is_empty()) {
        None => ("none", None),
        Some(_) if expires.is_some_and(|expires| expires <= now) => ("expired", None),
        Some(token) => ("token", Some(token)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::take;
    use crate::phoneburner::{members, members_me};
    use crate::redact::redact;

    #[test]
    fn keys_leave_the_answer() {
        let now = "2026-10-05T12:00:00Z".parse().unwrap();
        let mut body = json!({"members": {"member_user_id": "1", "total_results": 3, "members": [[
            {"user_id": 7, "oauth": {"bearer_token": "t-7", "expires": "2026-10-12 00:00:00"}},
            {"user_id": "8", "oauth": {"bearer_token": "t-8", "expires": "2026-10-01 00:00:00"}},
            {"user_id": "9"}]]}});
        let keys = take(&members::ENDPOINT, &mut body, &TimeZone::UTC, now);
        redact(&mut body);
        assert_eq!(
            body["members"]["members"],
            json!([[{"user_id": 7, "access": "token"}, {"user_id": "8", "access": "expired"},
                    {"user_id": "9", "access": "none"}]])
        );
        let keys: Vec<_> =
            keys.iter().map(|(id, key)| (id.as_str(), key.as_ref().map(|key| key.expose()))).collect();
        assert_eq!(keys, [("7", Some("t-7"))]);

        let mut me = json!({"members": {"members": {"user_id": "9"}}});
        let keys = take(&members_me::ENDPOINT, &mut me, &TimeZone::UTC, now);
        assert!(keys.len() == 1 && keys[0].0 == "9" && keys[0].1.is_none(), "the account's own");
    }
}
