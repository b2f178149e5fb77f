//! Replies that nobody has sorted, and what they were sorted as by us.
//!
//! The service's own word stands over ours, whenever it comes: what we sorted makes way for it, and counts in no figure
//! that is held against the service's.

use atlas_model::SourceId;
use jiff::civil::Date;
use serde_json::Value;

use crate::counting::IS_OURS;
use crate::db::{Flavour, Store, Tx};
use crate::error::Result;
use crate::sql::{batch, fence, to_batch};

/// The columns that say what a reply wants.
pub(crate) const SORTED: [&str; 7] = [
    "reply_category",
    "sentiment",
    "is_positive",
    "confidence",
    "needs_review",
    "classified_by",
    "returns_on",
];

/// A reply that is to be sorted.
#[derive(Clone, Debug)]
pub struct UnsortedReply {
    /// Its campaign.
    pub campaign_id: String,
    /// Its key.
    pub event_key: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub text: String,
    /// The account's day on which it came.
    pub received_on: Option<Date>,
}

/// The condition that nobody sorted a reply, or we did by other methods than these.
fn is_unsorted([one, other]: [&str; 2]) -> String {
    format!(
        "event = 'replied' AND body_plain IS NOT NULL AND (classified_by IS NULL \
         OR ({IS_OURS} AND classified_by NOT IN ({one}, {other}) AND classified_by NOT LIKE 'llm:%'))"
    )
}

impl Store {
    /// Replies after this one that nobody sorted, or that were sorted by other methods than these. What a language model
    /// said stays.
    pub async fn unsorted_replies(
        &self,
        id: SourceId,
        after: &(String, String),
        methods: &[String; 2],
        limit: usize,
    ) -> Result<Vec<UnsortedReply>> {
        let sql = format!(
            "SELECT campaign_id, event_key, subject, body_plain, CAST(metric_date AS TEXT) AS day \
             FROM email_activities WHERE source_id = $1 AND {} \
             AND (campaign_id, event_key) > ($2, $3) ORDER BY campaign_id, event_key LIMIT $6",
            is_unsorted(["$4", "$5"]),
        );
        let [one, other] = methods.clone();
        let params = [
            id.into(),
            after.0.as_str().into(),
            after.1.as_str().into(),
            one.into(),
            other.into(),
            limit.into(),
        ];
        self.fetch(&sql, params).await?.iter().map(unsorted).collect()
    }

    /// How many replies there are that nobody sorted, or that were sorted by other methods than these.
    pub async fn count_unsorted(&self, [one, other]: &[String; 2]) -> Result<i64> {
        let sql =
            format!("SELECT COUNT(*) AS replies FROM email_activities WHERE {}", is_unsorted(["$1", "$2"]));
        let rows = self.fetch(&sql, [one.as_str().into(), other.as_str().into()]).await?;
        rows.first().map_or(Ok(0), |row| row.integer("replies"))
    }

    /// Replies after this one that no rule and no person sorted: those that our own model is not sure of, or all.
    pub async fn unsure_replies(
        &self,
        id: SourceId,
        after: &(String, String),
        are_all_wanted: bool,
        limit: usize,
    ) -> Result<Vec<UnsortedReply>> {
        let sql = "SELECT campaign_id, event_key, subject, body_plain, CAST(metric_date AS TEXT) AS day \
                   FROM email_activities AS r WHERE source_id = $1 AND event = 'replied' AND body_plain IS NOT NULL \
                   AND (classified_by LIKE 'embedded:%' OR classified_by LIKE 'none:%') AND ($4 OR needs_review) \
                   AND NOT EXISTS (SELECT 1 FROM reply_corrections AS k WHERE k.source_id = r.source_id \
                   AND k.campaign_id = r.campaign_id AND k.event_key = r.event_key) \
                   AND (campaign_id, event_key) > ($2, $3) ORDER BY campaign_id, event_key LIMIT $5";
        let (campaign, event) = (after.0.as_str().into(), after.1.as_str().into());
        let params = [id.into(), campaign, event, are_all_wanted.into(), limit.into()];
        self.fetch(sql, params).await?.iter().map(unsorted).collect()
    }

    /// Writes what replies were sorted as, each an object with `campaign_id`, `event_key` and the columns; how many
    /// differ. What the service has sorted meanwhile stays.
    pub async fn save_sorted(&self, id: SourceId, sorted: &[Value]) -> Result<u64> {
        let mut tx = self.begin().await?;
        let date = match tx.flavour() {
            Flavour::Sqlite => "value ->> 'returns_on'",
            Flavour::Postgres => "CAST(value ->> 'returns_on' AS DATE)",
        };
        let sql = format!(
            "UPDATE email_activities AS t SET reply_category = i.c, sentiment = i.s, is_positive = i.p, \
             confidence = i.f, needs_review = i.n, classified_by = i.m, returns_on = i.r \
             FROM (SELECT value ->> 'campaign_id' AS a, value ->> 'event_key' AS b, value ->> 'reply_category' AS c, \
             value ->> 'sentiment' AS s, CAST(value ->> 'is_positive' AS BOOLEAN) AS p, \
             CAST(value ->> 'confidence' AS DOUBLE PRECISION) AS f, CAST(value ->> 'needs_review' AS BOOLEAN) AS n, \
             value ->> 'method' AS m, {date} AS r FROM {}{}) AS i \
             WHERE t.source_id = $1 AND t.campaign_id = i.a AND t.event_key = i.b \
             AND (t.classified_by IS NULL OR t.{IS_OURS}) \
             AND (t.classified_by, t.reply_category, t.confidence) IS DISTINCT FROM (i.m, i.c, i.f)",
            batch(tx.flavour(), "$2"),
            fence(tx.flavour()),
        );
        let changed = tx.execute(&sql, [id.into(), to_batch(sorted).into()]).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

fn unsorted(row: &crate::db::DbRow) -> Result<UnsortedReply> {
    Ok(UnsortedReply {
        campaign_id: row.text("campaign_id")?,
        event_key: row.text("event_key")?,
        subject: row.maybe_text("subject")?,
        text: row.text("body_plain")?,
        received_on: row.text("day")?.parse().ok(),
    })
}

/// Clears what we sorted of the events in a batch of which the service now tells a category.
pub(crate) async fn make_way(tx: &mut Tx, id: SourceId, json: &str) -> Result<()> {
    let cleared: Vec<String> = SORTED.iter().map(|column| format!("{column} = NULL")).collect();
    let sql = format!(
        "UPDATE email_activities SET {} WHERE source_id = $1 AND {IS_OURS} AND (campaign_id, event_key) IN \
         (SELECT value ->> 'campaign_id', value ->> 'event_key' FROM {} WHERE value ->> 'classified_by' IS NOT NULL)",
        cleared.join(", "),
        batch(tx.flavour(), "$2"),
    );
    tx.execute(&sql, [id.into(), json.into()]).await.map(drop)
}
