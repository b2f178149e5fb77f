//! The funnel: from e-mails sent to meetings, in one list.

use atlas_model::{METRICS, metric};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Store;
use crate::error::Result;
use crate::report::campaigns::{GroupBy, GroupLine};
use crate::report::filter::Filter;

/// A stage of the funnel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FunnelStage {
    /// What its campaigns have in common; none where they are not taken apart, and where it is unknown.
    pub label: Option<String>,
    /// The source's number, by source and by campaign.
    pub source_id: Option<i64>,
    /// The service's id, by campaign.
    pub campaign_id: Option<String>,
    /// The metric, as in the registry.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// How many came so far; none is unknown.
    pub count: Option<i64>,
    /// In how many campaigns that is known whole; for stages of calls, in how many calls.
    pub known: i64,
    /// Over the stage before, where both are known; it may exceed 1 where a stage can be reached without the one before.
    pub share_of_previous: Option<f64>,
    /// Over the first stage.
    pub share_of_first: Option<f64>,
}

/// The stages of e-mails, in their order; dials and meetings follow where there are calls.
const STAGES: [&str; 4] = ["total_sent", "total_delivered", "total_replied", "positive_replies"];

impl Store {
    /// The funnel of a part of the data: of all together, or one after the other of each group.
    pub async fn report_funnel(&self, filter: &Filter, by: GroupBy) -> Result<Vec<FunnelStage>> {
        let lines = self.report_groups_and_calls(filter, by).await?;
        Ok(lines.iter().flat_map(stages).collect())
    }
}

fn stages(line: &GroupLine) -> Vec<FunnelStage> {
    let mut counts: Vec<(&str, Option<i64>, i64)> =
        STAGES.iter().map(|name| (*name, line.figures.count(name), line.figures.known(name))).collect();
    if let Some(calls) = &line.calls {
        counts.push(("meetings", calls.count("meetings"), calls.known("meetings")));
    }
    let mut stages: Vec<FunnelStage> = Vec::new();
    for (name, count, known) in counts {
        let Some(metric) = METRICS.iter().find(|metric| metric.name == name).or_else(|| metric(name)) else {
            continue;
        };
        let over = |stage: Option<&FunnelStage>| share(count, stage?.count);
        stages.push(FunnelStage {
            label: line.label.clone(),
            source_id: line.source_id,
            campaign_id: line.campaign_id.clone(),
            name: metric.name,
            title: metric.title,
            count,
            known,
            share_of_previous: over(stages.last()),
            share_of_first: over(stages.first()),
        });
    }
    stages
}

#[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
fn share(above: Option<i64>, below: Option<i64>) -> Option<f64> {
    above.zip(below).filter(|(_, below)| *below > 0).map(|(above, below)| above as f64 / below as f64)
}
