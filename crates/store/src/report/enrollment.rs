//! How far a campaign's leads have come, over time and now.

use atlas_model::Period;
use futures_util::future::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Store;
use crate::error::Result;
use crate::report::campaign::{LeadStates, lead_states};
use crate::report::filter::Values;
use crate::report::line::line;

/// A campaign's leads over time, and where they stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrollment {
    /// A day of the period each on which their states were read, the oldest first.
    pub snapshots: Vec<LeadStates>,
    /// Stored leads by the step that they have reached; none of it where leads are not read.
    pub steps: Vec<StepReached>,
}

/// Leads that stand at a step.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepReached {
    /// The last step whose e-mail went out, 0 before the first; none where that is unknown.
    pub current_step: Option<i64>,
    /// Leads that stand there.
    pub leads: i64,
    /// Those among them who replied.
    pub replied: i64,
    /// Those among them who are sorted as interested.
    pub interested: i64,
}

impl Store {
    /// How far the leads of a campaign have come: in these days, and by step as it is now.
    pub async fn report_enrollment(
        &self,
        (source_id, campaign_id): (i64, &str),
        period: Option<Period>,
    ) -> Result<Enrollment> {
        let key = || [source_id.into(), campaign_id.into()];
        let mut values = Values::new(self.flavour());
        let [source, campaign] = [values.put(source_id), values.put(campaign_id)];
        let snapshots = format!(
            "SELECT CAST(date AS TEXT) AS date, total_leads, not_started, in_progress, completed, blocked, paused, stopped, \
             unsubscribed FROM enrollment_snapshots WHERE source_id = {source} AND campaign_id = {campaign} AND {} \
             ORDER BY enrollment_snapshots.date",
            values.within("date", period),
        );
        let steps = "SELECT current_step, COUNT(*) AS leads, COUNT(CASE WHEN reply_count >= 1 THEN 1 END) AS replied, \
                     COUNT(CASE WHEN is_interested THEN 1 END) AS interested FROM enrollments WHERE source_id = $1 \
                     AND campaign_id = $2 GROUP BY current_step ORDER BY current_step ASC NULLS LAST";
        let snapshots = self.fetch(&snapshots, values.into_params());
        let (snapshots, steps) = try_join(snapshots, self.fetch(steps, key())).await?;
        let step = |row| Ok(line!(row => StepReached { current_step, leads, replied, interested }));
        Ok(Enrollment {
            snapshots: snapshots.iter().map(lead_states).collect::<Result<_>>()?,
            steps: steps.iter().map(step).collect::<Result<_>>()?,
        })
    }
}
