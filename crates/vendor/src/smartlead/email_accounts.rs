//! The mailboxes that campaigns send from. The rows carry their passwords; `redact` removes them before this is read.

use atlas_model::tables::{CLIENTS, EMAIL_ACCOUNTS};
use atlas_model::{Mode, Row};
use serde_json::Value;

use super::PAGES;
use crate::endpoint::{Context, Endpoint, PLAIN, Type, key, may, must};
use crate::mapping::Found;
use crate::read::at;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "email_accounts",
    title: "Email Accounts",
    path: "/email-accounts",
    query: &["offset", "limit"],
    priority: 40,
    paging: Some(PAGES),
    writes: &[(&EMAIL_ACCOUNTS, Mode::Upsert)],
    fields: &[
        key("id", "email_accounts.external_id", Type::Id),
        must("from_email | username", "email_accounts.from_email", Type::Text),
        may("from_name", "email_accounts.from_name", Type::Text),
        may("smtp_host", "email_accounts.smtp_host", Type::Text),
        may("smtp_port", "email_accounts.smtp_port", Type::Number),
        may("is_smtp_success", "email_accounts.is_smtp_success", Type::Bool),
        may("smtp_failure_error", "email_accounts.smtp_failure_error", Type::Text),
        may("imap_host", "email_accounts.imap_host", Type::Text),
        may("imap_port", "email_accounts.imap_port", Type::Number),
        may("is_imap_success", "email_accounts.is_imap_success", Type::Bool),
        may("imap_failure_error", "email_accounts.imap_failure_error", Type::Text),
        may("message_per_day", "email_accounts.message_per_day", Type::Number),
        may("daily_sent_count", "email_accounts.daily_sent_count", Type::Number),
        may("warmup_enabled", "email_accounts.warmup_enabled", Type::Bool),
        may("warmup_details.status", "email_accounts.warmup_status", Type::Enum),
        may("warmup_details.warmup_reputation", "email_accounts.warmup_reputation", Type::Number),
        may("warmup_details.total_spam_count", "email_accounts.total_spam_count", Type::Number),
        may("warmup_details.total_sent_count", "email_accounts.warmup_sent_count", Type::Number),
        may("custom_tracking_domain", "email_accounts.tracking_domain", Type::Text),
        may("type", "email_accounts.account_type", Type::Enum),
    ],
    derived: &[
        (
            "email_accounts.warmup_enabled",
            "warmup_details.status is active; false where warmup_details is null",
        ),
        ("email_accounts.client_id", "client_id"),
    ],
    finish,
    ..PLAIN
};

fn finish(_: &Context<'_>, record: &Value, found: &mut Found) {
    let warmup = at(record, "warmup_details");
    let client = at(record, "client_id");
    let is_nobodys = client.as_ref().is_some_and(|client| client.is_null());
    let client = client.and_then(|value| Type::Id.read(&value));
    let Some(row) = found.row(&EMAIL_ACCOUNTS) else { return };
    if row.values.get("warmup_enabled").is_none_or(Value::is_null)
        && let Some(warmup) = warmup
    {
        let is_active = row.values.get("warmup_status").is_some_and(|status| status == "active");
        // A mailbox that never warmed up has no details, which is a known "no".
        row.values.insert("warmup_enabled", (!warmup.is_null() && is_active).into());
    }
    if is_nobodys {
        row.values.insert("client_id", Value::Null);
    }
    if let Some(client) = client {
        row.values.insert("client_id", client.clone());
        let client = Row::new(&CLIENTS, Mode::Upsert).with("external_id", client);
        found.rows.push(client.with("origin", "vendor"));
    }
}
