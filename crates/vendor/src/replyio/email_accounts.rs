//! The mailboxes that sequences send from: the list in three generations, and one mailbox in detail.

use atlas_model::tables::EMAIL_ACCOUNTS;
use atlas_model::{Follow, Mode, Params, When};
use serde_json::Value;

use super::LARGE_PAGES;
use crate::endpoint::{Context, Endpoint, Field, PLAIN, Records, Type, key, may, must};
use crate::mapping::Found;
use crate::read::{at, is_blank};

/// As specified.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "email_accounts",
    title: "Email Accounts",
    path: "/v3/emailAccounts",
    priority: 40,
    has_stand_in: true,
    records: Records::Array(&["items", "data", "emailAccounts", ""]),
    writes: &[(&EMAIL_ACCOUNTS, Mode::Upsert)],
    fields: FIELDS,
    derived: &[
        ("email_accounts.is_smtp_success", "sendingConnectivityError is null"),
        ("email_accounts.is_imap_success", "receivingConnectivityError is null"),
        ("email_accounts.is_active", "connectionStatus is connected"),
    ],
    finish: |_, record, found| infer(record, found),
    ..PLAIN
};

/// As documented today.
pub(crate) const CURRENT: Endpoint = Endpoint {
    name: "email_accounts_current",
    title: "Email Accounts, Current Path",
    path: "/v3/email-accounts",
    query: &["top", "skip"],
    paging: Some(LARGE_PAGES),
    derived: &[],
    finish: |context, record, found| {
        infer(record, found);
        ask_detail(context, found);
    },
    ..ENDPOINT
};

/// Of the first generation.
pub(crate) const LEGACY: Endpoint = Endpoint {
    name: "email_accounts_legacy",
    title: "Email Accounts, First Generation",
    path: "/v1/emailAccounts",
    has_stand_in: false,
    derived: &[],
    ..ENDPOINT
};

/// Hosts, and why a connection fails: told of one mailbox at a time.
pub(crate) const DETAIL: Endpoint = Endpoint {
    name: "email_account",
    title: "Email Account in Detail",
    path: "/v3/email-accounts/{account_id}",
    priority: 80,
    has_stand_in: false,
    records: Records::One,
    derived: &[],
    ..ENDPOINT
};

const FIELDS: &[Field] = &[
    key("id | emailAccountId", "email_accounts.external_id", Type::Id),
    must("email | fromEmail | emailAddress | connection.email", "email_accounts.from_email", Type::Text),
    may("name | fromName | senderName | connection.senderName", "email_accounts.from_name", Type::Text),
    may("smtpHost | connection.smtpHost", "email_accounts.smtp_host", Type::Text),
    may("smtpPort | connection.smtpPort", "email_accounts.smtp_port", Type::Number),
    may("isSmtpConnected", "email_accounts.is_smtp_success", Type::Bool),
    may("sendingConnectivityError", "email_accounts.smtp_failure_error", Type::Text),
    may("imapHost | connection.imapHost", "email_accounts.imap_host", Type::Text),
    may("imapPort | connection.imapPort", "email_accounts.imap_port", Type::Number),
    may("isImapConnected", "email_accounts.is_imap_success", Type::Bool),
    may("receivingConnectivityError", "email_accounts.imap_failure_error", Type::Text),
    may("dailyLimit | maxEmailsPerDay | safety.dailyLimit", "email_accounts.message_per_day", Type::Number),
    may("sentToday | dailySentCount", "email_accounts.daily_sent_count", Type::Number),
    // rampUp is a ramp of sending, not a warm-up.
    may("warmupEnabled", "email_accounts.warmup_enabled", Type::Bool),
    may("warmupStatus", "email_accounts.warmup_status", Type::Enum),
    may("type | provider | emailAccountType", "email_accounts.account_type", Type::Enum),
    may("isActive", "email_accounts.is_active", Type::Bool),
];

/// A mailbox is looked into when its list entry changes, and once a week.
fn ask_detail(context: &Context<'_>, found: &mut Found) {
    let Some(id) = found.value(&EMAIL_ACCOUNTS, "external_id").and_then(Value::as_str) else { return };
    let follow = |when| Follow {
        endpoint: DETAIL.name,
        params: Params::none().with("account_id", id),
        priority: DETAIL.priority,
        when,
    };
    let (moved, weekly) = (follow(When::Always), follow(When::NotReadSince(context.days_ago(7))));
    found.follow.push(if context.is_full { moved.clone() } else { weekly });
    if let Some(row) = found.row(&EMAIL_ACCOUNTS) {
        row.on_change.push(moved);
    }
}

/// A connection that tells no error works; what is not told is not known.
fn infer(record: &Value, found: &mut Found) {
    let works = |path| at(record, path).map(|error| is_blank(&error));
    let connected = at(record, "connectionStatus").and_then(|status| Type::Enum.read(&status));
    let inferred = [
        ("is_smtp_success", works("sendingConnectivityError")),
        ("is_imap_success", works("receivingConnectivityError")),
        ("is_active", connected.map(|status| status == "connected")),
    ];
    let Some(row) = found.row(&EMAIL_ACCOUNTS) else { return };
    for (column, value) in inferred {
        if let Some(value) = value.filter(|_| row.values.get(column).is_none_or(Value::is_null)) {
            row.values.insert(column.to_owned(), value.into());
        }
    }
}
