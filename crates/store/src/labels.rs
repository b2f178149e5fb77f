//! The words of an account: categories of replies and labels of calls, with what each is taken for.

use atlas_model::Platform;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access_log::note;
use crate::db::Store;
use crate::error::Result;
use crate::replay::Part;
use crate::report::line::line;
use crate::requests::{Wanted, ask};
use crate::sources::{Source, write_settings};

/// A word of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LabelLine {
    /// As the service tells it.
    pub label: String,
    /// What it is taken for; none for what is no reply, or was never read again.
    pub means: Option<String>,
    /// Whether a person said so.
    pub is_set: bool,
    /// Replies, or calls, that have it.
    pub seen: i64,
}

/// Whose campaigns they are, at a service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnerLine {
    /// The source's number.
    pub source_id: i64,
    /// The source's name.
    pub source_name: String,
    /// The member's id at the service: the filter `owner`.
    pub owner_id: String,
    /// The member's name, where the service tells it.
    pub owner_name: Option<String>,
    /// The member's campaigns.
    pub campaigns: i64,
}

/// The setting that says what the words of such an account mean.
pub const fn label_setting(platform: Platform) -> &'static str {
    match platform {
        Platform::SmartLead | Platform::ReplyIo => "categories",
        Platform::PhoneBurner => "dispositions",
    }
}

impl Store {
    /// The words of an account, the most frequent first.
    pub async fn labels(&self, source: &Source) -> Result<Vec<LabelLine>> {
        let sql = match source.platform {
            Platform::PhoneBurner => {
                "SELECT disposition AS label, MAX(disposition_normal) AS means, COUNT(*) AS seen FROM call_activities \
                 WHERE source_id = $1 AND disposition IS NOT NULL AND same_call_id IS NULL \
                 GROUP BY disposition ORDER BY seen DESC, label"
            }
            Platform::SmartLead | Platform::ReplyIo => {
                "SELECT label, MAX(means) AS means, CAST(SUM(seen) AS BIGINT) AS seen FROM ( \
                 SELECT name AS label, reply_category AS means, 0 AS seen FROM lead_categories \
                  WHERE source_id = $1 AND name IS NOT NULL \
                 UNION ALL SELECT category AS label, MAX(reply_category) AS means, COUNT(*) AS seen FROM email_activities \
                  WHERE source_id = $1 AND category IS NOT NULL AND event IN ('replied', 'categorized') GROUP BY category) \
                 AS told GROUP BY label ORDER BY seen DESC, label"
            }
        };
        let key = label_setting(source.platform);
        let label = |row| {
            let mut told = line!(row => LabelLine { label, means, seen; is_set: false });
            told.is_set = source.settings.word_for(key, &told.label).is_some();
            Ok(told)
        };
        self.fetch(sql, [source.id.into()]).await?.iter().map(label).collect()
    }

    /// Stores what words mean from now on, and asks, in the same transaction, that everything kept be understood so: the
    /// number of that replay, which is one transaction itself, so that nobody sees half of it.
    pub async fn change_labels(&self, source: &Source, (who, now): (&str, Timestamp)) -> Result<i64> {
        let mut tx = self.begin().await?;
        write_settings(&mut tx, source).await?;
        let number = ask(&mut tx, source.id, &Wanted::Replay(Part::default()), now).await?;
        note(&mut tx, who, now, "meaning of words changed", &source.name).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Whose campaigns there are, of one client or of all.
    pub async fn owners(&self, client: Option<&str>) -> Result<Vec<OwnerLine>> {
        let sql = "SELECT r.source_id, r.source_name, r.owner_id, MAX(COALESCE(NULLIF(TRIM(COALESCE(p.first_name, '') || ' ' \
                   || COALESCE(p.last_name, '')), ''), p.email)) AS owner_name, COUNT(*) AS campaigns \
                   FROM report_campaigns AS r LEFT JOIN profiles AS p ON p.source_id = r.source_id \
                   AND p.external_id = r.owner_id WHERE r.owner_id IS NOT NULL AND r.parent_campaign_id IS NULL \
                   AND (CAST($1 AS TEXT) IS NULL OR lower(r.client_name) = lower($1)) \
                   GROUP BY r.source_id, r.source_name, r.owner_id ORDER BY r.source_id, r.owner_id";
        let owner =
            |row| Ok(line!(row => OwnerLine { source_id, source_name, owner_id, owner_name, campaigns }));
        self.fetch(sql, [client.map(str::to_owned).into()]).await?.iter().map(owner).collect()
    }
}
