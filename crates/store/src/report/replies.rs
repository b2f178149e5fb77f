//! Replies, one by one, and the thread that each belongs to.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A reply.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplyLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is done for.
    pub client_name: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// The event's key in its campaign.
    pub event_key: String,
    /// When it came.
    pub occurred_at: Timestamp,
    /// The lead's id at the service.
    pub contact_id: Option<String>,
    /// Who replied.
    pub lead_email: Option<String>,
    /// Their name.
    pub lead_name: Option<String>,
    /// The mailbox to which.
    pub from_email: Option<String>,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// The template replied to.
    pub variant_id: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The text; none where texts are not kept.
    pub body_plain: Option<String>,
    /// What they want.
    pub reply_category: Option<String>,
    /// positive, neutral, negative.
    pub sentiment: Option<String>,
    /// Whether they are interested.
    pub is_positive: Option<bool>,
    /// How sure that is, 0 to 1.
    pub confidence: Option<f64>,
    /// Whether a person should look at it.
    pub needs_review: Option<bool>,
    /// Who or what sorted it.
    pub classified_by: Option<String>,
}

/// Which replies, beside those of a filter.
#[derive(Clone, Debug, Default)]
pub struct RepliesWanted {
    /// Only those sorted so; `unsorted` for those that are not.
    pub intent: Option<String>,
    /// Only those that a person should, or need not, look at.
    pub needs_review: Option<bool>,
    /// Only those that come after this one.
    pub after: Option<ReplyCursor>,
    /// At most so many.
    pub limit: usize,
}

/// The place of a reply in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ReplyCursor {
    /// When it came.
    pub occurred_at: Timestamp,
    /// The source's number.
    pub source_id: i64,
    /// The service's id.
    pub campaign_id: String,
    /// The event's key in its campaign.
    pub event_key: String,
}

impl ReplyLine {
    /// Its place.
    pub fn cursor(&self) -> ReplyCursor {
        ReplyCursor {
            occurred_at: self.occurred_at,
            source_id: self.source_id,
            campaign_id: self.campaign_id.clone(),
            event_key: self.event_key.clone(),
        }
    }
}

/// A message of a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ThreadMessage {
    /// The event's key in its campaign.
    pub event_key: String,
    /// `sent` or `replied`.
    pub event: String,
    /// When.
    pub occurred_at: Timestamp,
    /// The mailbox.
    pub from_email: Option<String>,
    /// The lead's address.
    pub lead_email: Option<String>,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// The subject.
    pub subject: Option<String>,
    /// The text; none where texts are not kept.
    pub body_plain: Option<String>,
    /// What they want.
    pub reply_category: Option<String>,
}

/// The order of replies: the newest first.
const ORDER: &str = "occurred_at DESC, source_id DESC, campaign_id DESC, event_key DESC";

impl Store {
    /// Replies, the newest first. A period means the account's days, or those of the zone that is asked for.
    pub async fn report_replies(&self, filter: &Filter, wanted: &RepliesWanted) -> Result<Vec<ReplyLine>> {
        let mut values = Values::new(self.flavour());
        let mut all = vec![values.of_campaign(filter), values.within_days(filter, "occurred_at", "date")];
        if filter.client.is_some() {
            // Found by their campaigns: the newest of all may go far back before there is one of them.
            let campaigns = values.of_campaign(filter);
            all.push(format!(
                "(source_id, campaign_id) IN (SELECT source_id, campaign_id FROM report_campaigns WHERE {campaigns})"
            ));
        }
        match wanted.intent.as_deref() {
            None => {}
            Some("unsorted") => all.push("reply_category IS NULL".to_owned()),
            Some(intent) => all.push(format!("reply_category = {}", values.put(intent))),
        }
        match wanted.needs_review {
            None => {}
            Some(true) => all.push("needs_review".to_owned()),
            Some(false) => all.push("(needs_review IS NULL OR NOT needs_review)".to_owned()),
        }
        if let Some(after) = &wanted.after {
            let place = [
                values.put(after.occurred_at),
                values.put(after.source_id),
                values.put(after.campaign_id.as_str()),
                values.put(after.event_key.as_str()),
            ];
            let names = "occurred_at, source_id, campaign_id, event_key";
            all.push(format!("({names}) < ({})", place.join(", ")));
        }
        let limit = values.put(wanted.limit);
        let sql = format!(
            "SELECT * FROM report_replies WHERE {} ORDER BY {ORDER} LIMIT {limit}",
            all.join(" AND ")
        );
        self.fetch(&sql, values.into_params()).await?.iter().map(reply).collect()
    }

    /// What was written to the person of a reply, and by them, in the same campaign: the oldest first. Empty where there is
    /// no such reply.
    pub async fn reply_thread(
        &self,
        source_id: i64,
        campaign_id: &str,
        event_key: &str,
    ) -> Result<Vec<ThreadMessage>> {
        let person = "COALESCE(t.contact_id, t.lead_email, t.event_key)";
        let sql = format!(
            "SELECT t.event_key, t.event, t.occurred_at, t.from_email, t.lead_email, t.step_number, t.subject, \
             t.body_plain, t.reply_category FROM email_activities AS t \
             WHERE t.source_id = $1 AND t.campaign_id = $2 AND t.event IN ('sent', 'replied') AND {person} = \
             (SELECT {person} FROM email_activities AS t WHERE t.source_id = $1 AND t.campaign_id = $2 AND t.event_key = $3) \
             ORDER BY t.occurred_at, t.event_key"
        );
        let rows = self.fetch(&sql, [source_id.into(), campaign_id.into(), event_key.into()]).await?;
        let message = |row| {
            Ok(line!(row => ThreadMessage {
                event_key, event, occurred_at, from_email, lead_email, step_number, subject, body_plain,
                reply_category,
            }))
        };
        rows.iter().map(message).collect()
    }
}

fn reply(row: &DbRow) -> Result<ReplyLine> {
    Ok(line!(row => ReplyLine {
        source_id, platform, source_name, client_name, campaign_id, campaign_name, event_key, occurred_at, contact_id,
        lead_email, lead_name, from_email, step_number, variant_id, subject, body_plain, reply_category, sentiment,
        is_positive, confidence, needs_review, classified_by,
    }))
}
