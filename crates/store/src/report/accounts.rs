//! Reports on mailboxes.

use std::collections::BTreeMap;

use atlas_model::{Months, wilson};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Flavour, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;
use crate::sql::{fence, found_by, sum};

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
    /// What single events of the period tell.
    #[serde(flatten)]
    pub bounces: Bounces,
}

/// E-mails of a period by the events that name their mailbox; all of it is none where none does, and without a period.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Bounces {
    /// E-mails sent.
    pub sent: Option<i64>,
    /// E-mails that came back.
    pub bounced: Option<i64>,
    /// Bounced over sent.
    pub bounce_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub bounce_rate_low: Option<f64>,
    /// The upper end.
    pub bounce_rate_high: Option<f64>,
}

impl Bounces {
    #[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
    fn of([sent, bounced]: [i64; 2]) -> Self {
        let interval = wilson(bounced, sent);
        Self {
            sent: Some(sent),
            bounced: Some(bounced),
            bounce_rate: interval.map(|_| bounced as f64 / sent as f64),
            bounce_rate_low: interval.map(|interval| interval.low),
            bounce_rate_high: interval.map(|interval| interval.high),
        }
    }
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
    /// What single events of the period tell of their mailboxes.
    #[serde(flatten)]
    pub bounces: Bounces,
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
        let mails = self.mails_by_mailbox(filter).await?;
        let line = |row| {
            let account = line!(row => AccountLine {
                source_id, platform, source_name, client_name, account_id, from_email, account_type,
                is_smtp_success, smtp_failure_error, is_imap_success, imap_failure_error, message_per_day,
                daily_sent_count, warmup_status, warmup_reputation, total_spam_count;
                bounces: Bounces::default(),
            });
            let told = told_of(&mails, &account);
            Ok(AccountLine { bounces: told.map(Bounces::of).unwrap_or_default(), ..account })
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
        let mails = self.mails_by_domain(filter).await?;
        let line = |row| {
            let domain = line!(row => DomainLine {
                domain, client_name, mailboxes, smtp_failing, imap_failing, message_per_day, daily_sent_count,
                warmup_reputation_lowest, total_spam_count;
                bounces: Bounces::default(),
            });
            let told = mails.get(&(domain.domain.clone(), domain.client_name.clone()));
            Ok(DomainLine { bounces: told.copied().map(Bounces::of).unwrap_or_default(), ..domain })
        };
        rows.iter().map(line).collect()
    }

    /// By source and mailbox, named by id or address: e-mails sent in the period, and those that came back in it.
    async fn mails_by_mailbox(&self, filter: &Filter) -> Result<BTreeMap<(i64, String), [i64; 2]>> {
        let Some(period) = filter.period else { return Ok(BTreeMap::new()) };
        let mut values = Values::new(self.flavour());
        // The account's days, as all figures of mails.
        let sql = if filter.is_of_sources() {
            let flavour = self.flavour();
            let sources = format!(
                "(SELECT source_id AS id FROM (SELECT d.id AS source_id, d.platform FROM data_sources AS d) AS s \
                 WHERE {}{}) AS s",
                values.of_account(filter),
                fence(flavour),
            );
            let mut pieces = Vec::new();
            let mut add = |table: &str, within: String| {
                let which = format!("t.source_id = s.id AND {within}");
                let found = found_by(flavour, &sources, table, &which);
                pieces.push(format!(
                    "SELECT t.source_id, t.mailbox, t.emails_sent, t.emails_bounced FROM {found}"
                ));
            };
            let Months { whole, before, after } = period.months();
            if let Some((first, last)) = whole {
                let [first, last] = [first, last].map(|day| values.put(day.strftime("%Y-%m").to_string()));
                add("mailbox_months", format!("t.month >= {first} AND t.month <= {last}"));
            }
            for days in [before, after].into_iter().flatten() {
                add("mailbox_days", values.within("t.date", Some(days)));
            }
            format!(
                "SELECT p.source_id, p.mailbox, {}, {} FROM ({}) AS p GROUP BY p.source_id, p.mailbox",
                sum("COALESCE(p.emails_sent, 0)", "sent"),
                sum("COALESCE(p.emails_bounced, 0)", "bounced"),
                pieces.join(" UNION ALL "),
            )
        } else {
            // A mailbox may send for several clients: of each its own mails are told, of campaigns that ran in the period.
            let campaigns = values.of_campaign(filter);
            let ran = values.within("p.date", filter.period);
            let days = values.within("e.metric_date", filter.period);
            let count =
                |event: &str, name| sum(&format!("CASE WHEN e.event = '{event}' THEN 1 ELSE 0 END"), name);
            format!(
                "WITH wanted AS MATERIALIZED (SELECT c.source_id AS wanted_source, c.campaign_id AS wanted_campaign \
                 FROM report_campaigns AS c WHERE {campaigns} AND EXISTS (SELECT 1 FROM daily_metrics AS p \
                 WHERE p.source_id = c.source_id AND p.campaign_id = c.campaign_id AND {ran})) \
                 SELECT e.source_id, COALESCE(e.email_account_id, e.from_email) AS mailbox, {}, {} FROM wanted \
                 CROSS JOIN email_activities AS e WHERE e.source_id = wanted_source AND e.campaign_id = wanted_campaign \
                 AND e.counts_message AND e.event IN ('sent', 'bounced') AND {days} \
                 AND COALESCE(e.email_account_id, e.from_email) IS NOT NULL \
                 GROUP BY e.source_id, COALESCE(e.email_account_id, e.from_email)",
                count("sent", "sent"),
                count("bounced", "bounced"),
            )
        };
        let rows = self.fetch(&sql, values.into_params()).await?;
        let one = |row: &DbRow| {
            let mails = [row.integer("sent")?, row.integer("bounced")?];
            Ok(((row.integer("source_id")?, row.text("mailbox")?), mails))
        };
        rows.iter().map(one).collect()
    }

    /// The same by domain and client.
    async fn mails_by_domain(
        &self,
        filter: &Filter,
    ) -> Result<BTreeMap<(Option<String>, Option<String>), [i64; 2]>> {
        let mut all: BTreeMap<_, [i64; 2]> = BTreeMap::new();
        for account in self.report_accounts(filter).await? {
            let Bounces { sent: Some(sent), bounced: Some(bounced), .. } = account.bounces else { continue };
            let domain = account.from_email.as_deref().and_then(|address| address.split_once('@'));
            let domain = domain.map(|(_, domain)| domain.to_lowercase());
            let sums = all.entry((domain, account.client_name)).or_default();
            sums[0] += sent;
            sums[1] += bounced;
        }
        Ok(all)
    }
}

/// Events name a mailbox by its id, or by its address where they know no id.
fn told_of(mails: &BTreeMap<(i64, String), [i64; 2]>, account: &AccountLine) -> Option<[i64; 2]> {
    let named = |name: &str| mails.get(&(account.source_id, name.to_owned()));
    let by_address = account.from_email.as_deref().and_then(|address| named(&address.to_lowercase()));
    [named(&account.account_id), by_address]
        .into_iter()
        .flatten()
        .copied()
        .reduce(|a, b| [a[0] + b[0], a[1] + b[1]])
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
