//! Reports: the `report_*` views, filtered and rolled up.

use jiff::Timestamp;
use serde::Serialize;

use crate::db::{DbRow, Store};
use crate::error::Result;

/// Which part of the data a report is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this source, by name.
    pub source: Option<String>,
    /// Only this client, by name, in any case.
    pub client: Option<String>,
}

/// A campaign with its lifetime figures; what is unknown is none.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignLine {
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is run for.
    pub client_name: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// The campaign it is a sub-sequence of.
    pub parent_campaign_id: Option<String>,
    /// When it was created.
    pub started_at: Option<Timestamp>,
    /// See the metric registry for this and the following.
    pub total_sent: Option<i64>,
    /// Sent less bounced.
    pub total_delivered: Option<i64>,
    /// De-emphasised.
    pub total_opened: Option<i64>,
    /// Leads that replied.
    pub total_replied: Option<i64>,
    /// Replied over delivered.
    pub reply_rate: Option<f64>,
    /// Leads in a positive category.
    pub positive_replies: Option<i64>,
    /// Positive over delivered.
    pub positive_rate: Option<f64>,
    /// E-mails that came back.
    pub total_bounced: Option<i64>,
    /// Bounced over sent.
    pub bounce_rate: Option<f64>,
    /// Leads that unsubscribed.
    pub total_unsubscribed: Option<i64>,
    /// When the figures were last read.
    pub last_synced_at: Option<Timestamp>,
}

/// Campaigns taken together. Every rate stands beside its numerator and denominator.
#[derive(Clone, Debug, Serialize)]
pub struct GroupLine {
    /// The source, the client, or nothing for the total.
    pub label: Option<String>,
    /// Campaigns, sub-sequences not counted.
    pub campaigns: i64,
    /// Sub-sequences.
    pub sub_sequences: i64,
    /// Campaigns and sub-sequences that run.
    pub campaigns_active: i64,
    /// See the metric registry for this and the following.
    pub total_sent: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_sent_known: i64,
    /// Sent less bounced.
    pub total_delivered: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_delivered_known: i64,
    /// De-emphasised.
    pub total_opened: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_opened_known: i64,
    /// Leads that replied.
    pub total_replied: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_replied_known: i64,
    /// Leads in a positive category.
    pub positive_replies: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub positive_replies_known: i64,
    /// E-mails that came back.
    pub total_bounced: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_bounced_known: i64,
    /// Leads that unsubscribed.
    pub total_unsubscribed: Option<i64>,
    /// In how many campaigns and sub-sequences it is known.
    pub total_unsubscribed_known: i64,
    /// Numerator over denominator.
    pub reply_rate: Option<f64>,
    /// Replies where deliveries are known too.
    pub reply_rate_numerator: Option<i64>,
    /// Deliveries where replies are known too.
    pub reply_rate_denominator: Option<i64>,
    /// Numerator over denominator.
    pub positive_rate: Option<f64>,
    /// Positive replies where deliveries are known too.
    pub positive_rate_numerator: Option<i64>,
    /// Deliveries where positive replies are known too.
    pub positive_rate_denominator: Option<i64>,
    /// Numerator over denominator.
    pub bounce_rate: Option<f64>,
    /// Bounces where sendings are known too.
    pub bounce_rate_numerator: Option<i64>,
    /// Sendings where bounces are known too.
    pub bounce_rate_denominator: Option<i64>,
    /// The oldest reading among the figures.
    pub oldest_figure_at: Option<Timestamp>,
    /// The newest.
    pub newest_figure_at: Option<Timestamp>,
}

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

/// How campaigns are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// All in one line.
    Total,
    /// A line a source.
    BySource,
    /// A line a client.
    ByClient,
}

const FILTER: &str = "(CAST($1 AS TEXT) IS NULL OR source_name = $1) \
                      AND (CAST($2 AS TEXT) IS NULL OR lower(client_name) = lower($2))";

impl Store {
    /// Campaigns, those with most e-mails first.
    pub async fn report_campaigns(&self, filter: &Filter) -> Result<Vec<CampaignLine>> {
        let sql = format!(
            "SELECT * FROM report_campaigns WHERE {FILTER} \
             ORDER BY total_sent DESC NULLS LAST, source_id, campaign_id"
        );
        let rows = self.fetch(&sql, [filter.source.clone().into(), filter.client.clone().into()]).await?;
        rows.iter().map(campaign_line).collect()
    }

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

    /// Campaigns taken together, the group with most e-mails first.
    pub async fn report_groups(&self, filter: &Filter, order: Order) -> Result<Vec<GroupLine>> {
        let (label, group) = match order {
            Order::Total => ("CAST(NULL AS TEXT)", ""),
            Order::BySource => ("source_name", "GROUP BY source_name"),
            Order::ByClient => ("client_name", "GROUP BY client_name"),
        };
        let sums: Vec<String> =
            SUMMED.iter().map(|name| format!("CAST(SUM({name}) AS BIGINT) AS {name}")).collect();
        let sql = format!(
            "SELECT {label} AS label, {sums}, MIN(oldest_figure_at) AS oldest_figure_at, \
             MAX(newest_figure_at) AS newest_figure_at FROM report_clients WHERE {FILTER} {group} \
             ORDER BY total_sent DESC NULLS LAST, label",
            sums = sums.join(", "),
        );
        let rows = self.fetch(&sql, [filter.source.clone().into(), filter.client.clone().into()]).await?;
        rows.iter().map(group_line).collect()
    }
}

const SUMMED: [&str; 23] = [
    "campaigns",
    "sub_sequences",
    "campaigns_active",
    "total_sent",
    "total_sent_known",
    "total_delivered",
    "total_delivered_known",
    "total_opened",
    "total_opened_known",
    "total_replied",
    "total_replied_known",
    "positive_replies",
    "positive_replies_known",
    "total_bounced",
    "total_bounced_known",
    "total_unsubscribed",
    "total_unsubscribed_known",
    "reply_rate_numerator",
    "reply_rate_denominator",
    "positive_rate_numerator",
    "positive_rate_denominator",
    "bounce_rate_numerator",
    "bounce_rate_denominator",
];

fn campaign_line(row: &DbRow) -> Result<CampaignLine> {
    Ok(CampaignLine {
        platform: row.text("platform")?,
        source_name: row.text("source_name")?,
        client_name: row.maybe_text("client_name")?,
        campaign_id: row.text("campaign_id")?,
        campaign_name: row.maybe_text("campaign_name")?,
        status: row.maybe_text("status")?,
        parent_campaign_id: row.maybe_text("parent_campaign_id")?,
        started_at: row.maybe_time("started_at")?,
        total_sent: row.maybe_integer("total_sent")?,
        total_delivered: row.maybe_integer("total_delivered")?,
        total_opened: row.maybe_integer("total_opened")?,
        total_replied: row.maybe_integer("total_replied")?,
        reply_rate: row.maybe_real("reply_rate")?,
        positive_replies: row.maybe_integer("positive_replies")?,
        positive_rate: row.maybe_real("positive_rate")?,
        total_bounced: row.maybe_integer("total_bounced")?,
        bounce_rate: row.maybe_real("bounce_rate")?,
        total_unsubscribed: row.maybe_integer("total_unsubscribed")?,
        last_synced_at: row.maybe_time("last_synced_at")?,
    })
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

fn group_line(row: &DbRow) -> Result<GroupLine> {
    let count = |name| row.maybe_integer(name).map(Option::unwrap_or_default);
    let part = |name| row.maybe_integer(name);
    let rate = |name: &str| -> Result<Option<f64>> {
        let above = row.maybe_integer(&format!("{name}_numerator"))?;
        let below = row.maybe_integer(&format!("{name}_denominator"))?;
        #[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
        Ok(above.zip(below).filter(|(_, below)| *below > 0).map(|(above, below)| above as f64 / below as f64))
    };
    let sub_sequences = count("sub_sequences")?;
    Ok(GroupLine {
        label: row.maybe_text("label")?,
        campaigns: count("campaigns")? - sub_sequences,
        sub_sequences,
        campaigns_active: count("campaigns_active")?,
        total_sent: part("total_sent")?,
        total_sent_known: count("total_sent_known")?,
        total_delivered: part("total_delivered")?,
        total_delivered_known: count("total_delivered_known")?,
        total_opened: part("total_opened")?,
        total_opened_known: count("total_opened_known")?,
        total_replied: part("total_replied")?,
        total_replied_known: count("total_replied_known")?,
        positive_replies: part("positive_replies")?,
        positive_replies_known: count("positive_replies_known")?,
        total_bounced: part("total_bounced")?,
        total_bounced_known: count("total_bounced_known")?,
        total_unsubscribed: part("total_unsubscribed")?,
        total_unsubscribed_known: count("total_unsubscribed_known")?,
        reply_rate: rate("reply_rate")?,
        reply_rate_numerator: part("reply_rate_numerator")?,
        reply_rate_denominator: part("reply_rate_denominator")?,
        positive_rate: rate("positive_rate")?,
        positive_rate_numerator: part("positive_rate_numerator")?,
        positive_rate_denominator: part("positive_rate_denominator")?,
        bounce_rate: rate("bounce_rate")?,
        bounce_rate_numerator: part("bounce_rate_numerator")?,
        bounce_rate_denominator: part("bounce_rate_denominator")?,
        oldest_figure_at: row.maybe_time("oldest_figure_at")?,
        newest_figure_at: row.maybe_time("newest_figure_at")?,
    })
}
