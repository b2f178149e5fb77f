//! Reports on mailboxes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{Flavour, Store};
use crate::error::Result;
use crate::report::campaigns::sum;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A mailbox; what is unknown is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
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

/// The mailboxes of a domain; what is unknown is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DomainLine {
    /// What stands behind the @ of their addresses.
    pub domain: Option<String>,
    /// Whom they are used for.
    pub client_name: Option<String>,
    /// Mailboxes.
    pub mailboxes: i64,
    /// Those that cannot send.
    pub smtp_failing: i64,
    /// Those that cannot receive.
    pub imap_failing: i64,
    /// E-mails a day at most, all together.
    pub message_per_day: Option<i64>,
    /// E-mails of the day when they were read.
    pub daily_sent_count: Option<i64>,
    /// The lowest warm-up reputation among them.
    pub warmup_reputation_lowest: Option<i64>,
    /// Warm-up e-mails that landed in spam.
    pub total_spam_count: Option<i64>,
}

impl Store {
    /// Mailboxes: those that cannot send or receive first, then those of the lowest warm-up reputation.
    pub async fn report_accounts(&self, filter: &Filter) -> Result<Vec<AccountLine>> {
        let mut values = Values::new(self.flavour());
        let sql = format!(
            "SELECT * FROM report_accounts WHERE {} ORDER BY \
             CASE WHEN is_smtp_success AND is_imap_success THEN 1 WHEN is_smtp_success IS NULL \
              OR is_imap_success IS NULL THEN 1 ELSE 0 END, warmup_reputation ASC NULLS LAST, source_id, account_id",
            of_accounts(&mut values, filter)
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let line = |row| {
            Ok(line!(row => AccountLine {
                source_id, platform, source_name, client_name, account_id, from_email, account_type,
                is_smtp_success, smtp_failure_error, is_imap_success, imap_failure_error, message_per_day,
                daily_sent_count, warmup_status, warmup_reputation, total_spam_count,
            }))
        };
        rows.iter().map(line).collect()
    }

    /// Mailboxes by domain and client, the domain with most of them first.
    pub async fn report_domains(&self, filter: &Filter) -> Result<Vec<DomainLine>> {
        let mut values = Values::new(self.flavour());
        let condition = of_accounts(&mut values, filter);
        let at = match self.flavour() {
            Flavour::Sqlite => "instr(from_email, '@')",
            Flavour::Postgres => "strpos(from_email, '@')",
        };
        let failing =
            |column: &str| format!("CASE WHEN {column} IS NOT NULL AND NOT {column} THEN 1 ELSE 0 END");
        let sums = [
            sum(&failing("is_smtp_success"), "smtp_failing"),
            sum(&failing("is_imap_success"), "imap_failing"),
            sum("message_per_day", "message_per_day"),
            sum("daily_sent_count", "daily_sent_count"),
            sum("total_spam_count", "total_spam_count"),
        ];
        let sql = format!(
            "SELECT domain, client_name, COUNT(*) AS mailboxes, \
             MIN(warmup_reputation) AS warmup_reputation_lowest, {} FROM (SELECT a.*, \
             CASE WHEN {at} > 0 THEN lower(substr(from_email, {at} + 1)) END AS domain FROM report_accounts AS a \
             WHERE {condition}) AS b GROUP BY domain, client_name ORDER BY mailboxes DESC, domain NULLS LAST, client_name NULLS LAST",
            sums.join(", "),
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let line = |row| {
            Ok(line!(row => DomainLine {
                domain, client_name, mailboxes, smtp_failing, imap_failing, message_per_day, daily_sent_count,
                warmup_reputation_lowest, total_spam_count,
            }))
        };
        rows.iter().map(line).collect()
    }
}

/// Mailboxes belong to accounts and clients; those of some campaigns are those that their events tell.
fn of_accounts(values: &mut Values, filter: &Filter) -> String {
    let mut condition = values.of_source(filter);
    if filter.is_of_campaigns() {
        let campaigns = values.of_campaign(filter);
        condition.push_str(&format!(
            " AND (source_id, account_id) IN (SELECT t.source_id, t.email_account_id FROM email_activities AS t \
             JOIN (SELECT source_id AS id, campaign_id FROM report_campaigns WHERE {campaigns}) AS r \
             ON t.source_id = r.id AND t.campaign_id = r.campaign_id)"
        ));
    }
    condition
}
