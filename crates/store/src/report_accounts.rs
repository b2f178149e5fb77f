//! Reports on mailboxes.

use serde::Serialize;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::reports::{FILTER, Filter};

/// A mailbox; what is unknown is none.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLine {
    /// The source's name.
    pub source_name: String,
    /// Whom it is used for.
    pub client_name: Option<String>,
    /// The service's id.
    pub account_id: String,
    /// Its address.
    pub from_email: Option<String>,
    /// gmail, outlook, smtp, …
    pub account_type: Option<String>,
    /// Whether it can send.
    pub is_smtp_success: Option<bool>,
    /// Why it cannot.
    pub smtp_failure_error: Option<String>,
    /// Whether it can receive.
    pub is_imap_success: Option<bool>,
    /// Why it cannot.
    pub imap_failure_error: Option<String>,
    /// E-mails a day at most.
    pub message_per_day: Option<i64>,
    /// E-mails of the day when it was read.
    pub daily_sent_count: Option<i64>,
    /// active, paused, …
    pub warmup_status: Option<String>,
    /// 0 to 100.
    pub warmup_reputation: Option<i64>,
    /// Warm-up e-mails that landed in spam.
    pub total_spam_count: Option<i64>,
}

impl Store {
    /// Mailboxes: those that cannot send or receive first, then those of the lowest warm-up reputation.
    pub async fn report_accounts(&self, filter: &Filter) -> Result<Vec<AccountLine>> {
        let sql = format!(
            "SELECT * FROM report_accounts WHERE {FILTER} ORDER BY \
             CASE WHEN is_smtp_success AND is_imap_success THEN 1 WHEN is_smtp_success IS NULL \
              OR is_imap_success IS NULL THEN 1 ELSE 0 END, warmup_reputation ASC NULLS LAST, source_id, account_id"
        );
        let rows = self.fetch(&sql, [filter.source.clone().into(), filter.client.clone().into()]).await?;
        rows.iter().map(account_line).collect()
    }
}

fn account_line(row: &DbRow) -> Result<AccountLine> {
    Ok(AccountLine {
        source_name: row.text("source_name")?,
        client_name: row.maybe_text("client_name")?,
        account_id: row.text("account_id")?,
        from_email: row.maybe_text("from_email")?,
        account_type: row.maybe_text("account_type")?,
        is_smtp_success: row.maybe_boolean("is_smtp_success")?,
        smtp_failure_error: row.maybe_text("smtp_failure_error")?,
        is_imap_success: row.maybe_boolean("is_imap_success")?,
        imap_failure_error: row.maybe_text("imap_failure_error")?,
        message_per_day: row.maybe_integer("message_per_day")?,
        daily_sent_count: row.maybe_integer("daily_sent_count")?,
        warmup_status: row.maybe_text("warmup_status")?,
        warmup_reputation: row.maybe_integer("warmup_reputation")?,
        total_spam_count: row.maybe_integer("total_spam_count")?,
    })
}
