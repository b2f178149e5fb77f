//! What is not kept for ever: answers and deliveries as they came, and texts of people where that is wanted.

use atlas_model::SourceId;
use jiff::Timestamp;

use crate::db::{Param, Store};
use crate::error::Result;
use crate::webhooks::UNDERSTOOD;

/// Numbers of the journal that a transaction goes through.
const RANGE: i64 = 1000;

/// What is forgotten of a source.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Answers that were last seen before, and deliveries that never could be understood.
    pub answers_before: Timestamp,
    /// Deliveries that were understood.
    pub deliveries_before: Timestamp,
    /// The texts of people's e-mails; none where they are kept.
    pub texts_before: Option<Timestamp>,
}

impl Store {
    /// Forgets what is old: the bodies, not that they were there. What followed from them stays. How many bodies and texts.
    pub async fn forget_old(&self, id: SourceId, old: Retention) -> Result<u64> {
        let mut forgotten = 0;
        let end = self.journal_end(id).await?;
        let mut place = 0;
        while place < end {
            let (bodies, is_young) = self.forget_range(id, place, old).await?;
            forgotten += bodies;
            if is_young {
                break;
            }
            place += RANGE;
        }
        if let Some(before) = old.texts_before {
            forgotten += self.forget_texts(id, before).await?;
        }
        Ok(forgotten)
    }

    /// The part of the journal behind a number; how many bodies went, and whether all that follows is too young.
    async fn forget_range(&self, id: SourceId, place: i64, old: Retention) -> Result<(u64, bool)> {
        let range: [Param; 3] = [id.into(), place.into(), (place + RANGE).into()];
        let first =
            "SELECT MIN(read_at) AS first_at FROM journal WHERE source_id = $1 AND id > $2 AND id <= $3";
        let first = self.fetch(first, range).await?;
        let first_at = first.first().map(|row| row.maybe_time("first_at")).transpose()?.flatten();
        if first_at.is_some_and(|at| at >= old.deliveries_before && at >= old.answers_before) {
            return Ok((0, true));
        }
        let mut tx = self.begin().await?;
        // Without its hash it is no repeat of what comes again: that is kept anew.
        // What still waits to be understood is kept, however old it is.
        let sql = format!(
            "UPDATE journal SET body = $6, hash = '' WHERE source_id = $1 AND id > $2 AND id <= $3 AND length(body) > 0 \
             AND ((kind = 'delivery' AND id <= {UNDERSTOOD} \
             AND ((state = 'done' AND read_at < $5) OR (state = 'failed' AND read_at < $4))) \
             OR (kind <> 'delivery' AND last_seen_at < $4))"
        );
        let params: [Param; 6] = [
            id.into(),
            place.into(),
            (place + RANGE).into(),
            old.answers_before.into(),
            old.deliveries_before.into(),
            Vec::new().into(),
        ];
        let bodies = tx.execute(&sql, params).await?;
        let sightings =
            "DELETE FROM journal_sightings WHERE source_id = $1 AND id > $2 AND id <= $3 AND seen_at < $4";
        let range = [id.into(), place.into(), (place + RANGE).into(), old.answers_before.into()];
        tx.execute(sightings, range).await?;
        tx.commit().await?;
        Ok((bodies, false))
    }

    async fn forget_texts(&self, id: SourceId, before: Timestamp) -> Result<u64> {
        let sql = "UPDATE email_activities SET body_plain = NULL, body_html = NULL WHERE source_id = $1 AND (campaign_id, event_key) IN \
                   (SELECT campaign_id, event_key FROM email_activities WHERE source_id = $1 AND body_plain IS NOT NULL \
                   AND occurred_at < $2 LIMIT $3)";
        let mut all = 0;
        loop {
            let mut tx = self.begin().await?;
            let forgotten = tx.execute(sql, [id.into(), before.into(), RANGE.into()]).await?;
            tx.commit().await?;
            all += forgotten;
            if forgotten == 0 {
                return Ok(all);
            }
        }
    }
}
