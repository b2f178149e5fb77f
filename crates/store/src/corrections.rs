//! What a person says that a reply wants: it stands over everything else, through syncs and replays.

use atlas_model::SourceId;
use jiff::Timestamp;

use crate::access_log::note;
use crate::db::{DbRow, Store, Tx};
use crate::error::Result;
use crate::tasks::WAKE;

/// Which reply: its source, its campaign, the key of its event.
pub type ReplyKey<'a> = (SourceId, &'a str, &'a str);

/// What a reply wants.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// One of the nine classes.
    pub reply_category: &'a str,
    /// `positive`, `neutral`, `negative`.
    pub sentiment: &'a str,
    /// Whether they are interested.
    pub is_positive: bool,
}

/// By what a reply is known, whoever tells it.
struct Marks {
    campaign_id: String,
    event_key: String,
    contact_id: Option<String>,
    sent_id: Option<String>,
    message_id: Option<String>,
    occurred_at: Timestamp,
}

/// By what a reply is known.
const MARKS: &str = "campaign_id, event_key, contact_id, sent_id, message_id, occurred_at";
/// The correction of a reply `r`, as `k`.
pub(crate) const CORRECTION: &str = "LEFT JOIN reply_corrections AS k ON k.source_id = r.source_id \
                                     AND k.campaign_id = r.campaign_id AND k.event_key = r.event_key";
/// Two tellings of a reply are no further apart.
const SAME_S: i64 = 120;

impl Store {
    /// Notes what a reply wants; false where there is no such reply.
    pub async fn correct_reply(
        &self,
        key: ReplyKey<'_>,
        verdict: Verdict<'_>,
        (who, now): (&str, Timestamp),
    ) -> Result<bool> {
        let (id, campaign, event) = key;
        let mut tx = self.begin().await?;
        let sql = format!(
            "SELECT {MARKS} FROM email_activities WHERE source_id = $1 AND campaign_id = $2 AND event_key = $3 \
             AND event = 'replied'"
        );
        let rows = tx.fetch(&sql, [id.into(), campaign.into(), event.into()]).await?;
        let Some(reply) = rows.first().map(marks).transpose()? else { return Ok(false) };
        let sql = format!(
            "INSERT INTO reply_corrections (source_id, {MARKS}, reply_category, sentiment, is_positive, corrected_by, \
             corrected_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (source_id, campaign_id, event_key) DO UPDATE SET reply_category = excluded.reply_category, \
             sentiment = excluded.sentiment, is_positive = excluded.is_positive, corrected_by = excluded.corrected_by, \
             corrected_at = excluded.corrected_at"
        );
        let params = [
            id.into(),
            reply.campaign_id.into(),
            reply.event_key.into(),
            reply.contact_id.into(),
            reply.sent_id.into(),
            reply.message_id.into(),
            reply.occurred_at.into(),
            verdict.reply_category.into(),
            verdict.sentiment.into(),
            verdict.is_positive.into(),
            who.into(),
            now.into(),
        ];
        tx.execute(&sql, params).await?;
        let subject = format!("campaign {campaign}: {}", verdict.reply_category);
        note(&mut tx, who, now, "reply corrected", &subject).await?;
        // They ask for positive ones.
        tx.execute(WAKE, ["patterns".into()]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes a correction back; false where there is none.
    pub async fn take_correction_back(
        &self,
        (id, campaign, event): ReplyKey<'_>,
        (who, now): (&str, Timestamp),
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let sql =
            "DELETE FROM reply_corrections WHERE source_id = $1 AND campaign_id = $2 AND event_key = $3";
        let gone = tx.execute(sql, [id.into(), campaign.into(), event.into()]).await?;
        if gone > 0 {
            note(&mut tx, who, now, "correction taken back", &format!("campaign {campaign}")).await?;
            tx.execute(WAKE, ["patterns".into()]).await?;
        }
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// Brings corrections of replies whose place another telling of them has taken to that one; how many.
    pub async fn follow_corrected(&self, id: SourceId) -> Result<u64> {
        let mut tx = self.begin().await?;
        let sql = format!(
            "SELECT {MARKS} FROM reply_corrections AS k WHERE source_id = $1 AND NOT EXISTS (SELECT 1 \
             FROM email_activities AS r WHERE r.source_id = $1 AND r.campaign_id = k.campaign_id \
             AND r.event_key = k.event_key) ORDER BY campaign_id, event_key"
        );
        let mut moved = 0;
        for row in tx.fetch(&sql, [id.into()]).await? {
            let lost = marks(&row)?;
            if let Some(event) = told_instead(&mut tx, id, &lost).await? {
                let sql = "UPDATE reply_corrections SET event_key = $4 WHERE source_id = $1 AND campaign_id = $2 \
                           AND event_key = $3";
                let (campaign, before) = (lost.campaign_id.into(), lost.event_key.into());
                moved += tx.execute(sql, [id.into(), campaign, before, event.into()]).await?;
            }
        }
        tx.commit().await?;
        Ok(moved)
    }
}

/// The reply that is the same one: of the same message, else in answer to the same mail, else of the same lead; the nearest
/// in time.
async fn told_instead(tx: &mut Tx, id: SourceId, lost: &Marks) -> Result<Option<String>> {
    let sql = format!(
        "SELECT {MARKS} FROM email_activities AS r WHERE source_id = $1 AND campaign_id = $2 AND event = 'replied' \
         AND (message_id = $3 OR sent_id = $4 OR contact_id = $5) AND NOT EXISTS (SELECT 1 FROM reply_corrections AS k \
         WHERE k.source_id = $1 AND k.campaign_id = r.campaign_id AND k.event_key = r.event_key) ORDER BY event_key"
    );
    let params = [
        id.into(),
        lost.campaign_id.as_str().into(),
        lost.message_id.clone().into(),
        lost.sent_id.clone().into(),
        lost.contact_id.clone().into(),
    ];
    let found = tx.fetch(&sql, params).await?.iter().map(marks).collect::<Result<Vec<Marks>>>()?;
    let apart = |one: &Marks| one.occurred_at.duration_since(lost.occurred_at).abs().as_secs();
    let is_same = |one: &&Marks| {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&one.message_id, &lost.message_id) || same(&one.sent_id, &lost.sent_id) || apart(one) <= SAME_S
    };
    let best = found.iter().filter(is_same).min_by_key(|one| {
        let is_other_message = one.message_id.is_none() || one.message_id != lost.message_id;
        (is_other_message, apart(one))
    });
    Ok(best.map(|one| one.event_key.clone()))
}

fn marks(row: &DbRow) -> Result<Marks> {
    Ok(Marks {
        campaign_id: row.text("campaign_id")?,
        event_key: row.text("event_key")?,
        contact_id: row.maybe_text("contact_id")?,
        sent_id: row.maybe_text("sent_id")?,
        message_id: row.maybe_text("message_id")?,
        occurred_at: row.time("occurred_at")?,
    })
}
