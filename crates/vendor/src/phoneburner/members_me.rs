//! Whose key the account's own key is: that member's sessions are asked for with it.

use atlas_model::tables::PROFILES;
use atlas_model::{Follow, Mode, Params};
use serde_json::Value;

use super::windows;
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key};
use crate::mapping::Found;
use crate::service::KEYS_ONLY;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "members_me",
    title: "Owner of the Key",
    path: "/members/me",
    priority: 11,
    is_optional: true,
    brings_keys: true,
    records: Records::Nested(&["members.members", "members", ""]),
    writes: &[(&PROFILES, Mode::Upsert)],
    fields: &[key("user_id | member_user_id", "profiles.external_id", Type::Id)],
    finish,
    ..PLAIN
};

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let member = found.value(&PROFILES, "external_id").and_then(Value::as_str).map(str::to_owned);
    if let Some(member) = member.filter(|_| context.params.get(KEYS_ONLY).is_none()) {
        found.follow.extend(windows::session_calls(context, Some(&member)));
    }
}

/// Where nobody tells whose key it is, its sessions are asked for all the same, without a caller.
pub(crate) fn instead(context: &Context<'_>, endpoint: &Endpoint, _: &Params) -> Vec<Follow> {
    if endpoint.name == ENDPOINT.name { windows::session_calls(context, None) } else { Vec::new() }
}
