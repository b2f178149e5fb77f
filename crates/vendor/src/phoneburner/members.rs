//! The team: whom the account's callers are, and where each one's sessions are asked for.

use atlas_model::tables::PROFILES;
use atlas_model::{Mode, Problem};
use serde_json::Value;

use super::keys::ACCESS;
use super::{contacts, dial_usage, members_me, pages, windows};
use crate::endpoint::{Context, Endpoint, PLAIN, Paging, Records, Type, key, may};
use crate::mapping::{Found, Understood};
use crate::read::at;
use crate::service::KEYS_ONLY;

const PAGING: Paging = pages(100, &["members.total_pages"]);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "members",
    title: "Team Members",
    path: "/members",
    query: &["page", "page_size"],
    priority: 10,
    brings_keys: true,
    records: Records::Nested(&["members.members", "members", ""]),
    paging: Some(PAGING),
    writes: &[(&PROFILES, Mode::Upsert)],
    fields: &[
        key("user_id | member_user_id", "profiles.external_id", Type::Id),
        may("first_name", "profiles.first_name", Type::Text),
        may("last_name", "profiles.last_name", Type::Text),
        may("email | email_address", "profiles.email", Type::Text),
        may("username", "profiles.extra.username", Type::Text),
        may("display_name", "profiles.extra.display_name", Type::Text),
        may("phone", "profiles.extra.phone", Type::Text),
        may("date_added", "profiles.extra.date_added", Type::Text),
        may("subscription_status", "profiles.extra.subscription_status", Type::Text),
        may("access", "profiles.extra.access", Type::Text),
    ],
    derived: &[("profiles.email", "username, where it is an address and no other is told")],
    finish,
    after,
    ..PLAIN
};

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let text =
        |found: &Found, column| found.value(&PROFILES, column).and_then(Value::as_str).map(str::to_owned);
    let username = at(record, "username").and_then(|name| name.as_str().map(str::to_owned));
    if text(found, "email").is_none()
        && let Some(address) = username.filter(|name| name.contains('@'))
        && let Some(row) = found.row(&PROFILES)
    {
        row.values.insert("email", address.into());
    }
    let Some(member) = text(found, "external_id") else { return };
    if has_key(record) && context.params.get(KEYS_ONLY).is_none() {
        found.follow.extend(windows::session_calls(context, Some(&member)));
    }
}

/// Whatever a sync asks for beside the sessions; and whom it cannot ask for.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let with_key = records.iter().filter(|record| has_key(record)).count();
    if with_key > 0 {
        for record in records.iter().filter(|record| !has_key(record)) {
            let Some(id) = at(record, "user_id").and_then(|value| crate::read::id(&value)) else { continue };
            let is_over = record.get(ACCESS).and_then(Value::as_str) == Some("expired");
            let what = if is_over { "their own key is out of date" } else { "no key of their own is told" };
            let message = format!("{what}; their sessions are left out unless the account's key is theirs");
            understood.problems.push(Problem { record: id, path: "oauth".to_owned(), message });
        }
    } else if records.len() > 1 {
        let message = format!(
            "no member's own key is told: what the account's key sees is read, which may be 1 of {} members",
            records.len()
        );
        understood.problems.push(Problem { record: "team".to_owned(), path: "oauth".to_owned(), message });
    }
    if context.params.get(KEYS_ONLY).is_some() {
        return;
    }
    if context.absent.contains(members_me::ENDPOINT.name) {
        understood.follow.extend(windows::session_calls(context, None));
    }
    understood.follow.extend(dial_usage::calls(context));
    understood.follow.extend(contacts::calls(context));
}

fn has_key(record: &Value) -> bool {
    record.get(ACCESS).and_then(Value::as_str) == Some("token")
}
