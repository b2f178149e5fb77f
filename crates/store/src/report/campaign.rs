//! What is stored of one campaign beside its figures: its leads' states, its steps, its days, its problems.

use atlas_model::{Kind, Params, Period};
use futures_util::future::try_join4;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::campaigns::CampaignLine;
use crate::report::line::line;
use crate::runs::StoredProblem;
use crate::sql::cast;

/// Everything about a campaign that its line does not tell.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignDetail {
    /// From the latest snapshot, if there is one.
    pub lead_states: Option<LeadStates>,
    /// Templates in their order, those that are gone at the service last.
    pub steps: Vec<Step>,
    /// Stored days, the oldest first.
    pub days: Vec<Day>,
    /// What could not be understood or believed about it.
    pub problems: Vec<StoredProblem>,
}

/// How far a campaign's leads have come.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadStates {
    /// The day of the snapshot.
    pub date: String,
    /// All leads.
    pub total_leads: Option<i64>,
    /// Not written to yet.
    pub not_started: Option<i64>,
    /// Between two steps.
    pub in_progress: Option<i64>,
    /// Through all steps.
    pub completed: Option<i64>,
    /// Not to be written to.
    pub blocked: Option<i64>,
    /// Held by a person.
    pub paused: Option<i64>,
    /// Stopped, as by a reply.
    pub stopped: Option<i64>,
    /// Asked not to be written to.
    pub unsubscribed: Option<i64>,
}

/// A template.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// Its id.
    pub variant_id: String,
    /// Its step, from 1.
    pub step_number: Option<i64>,
    /// A, B, … where a step has variants.
    pub variant_label: Option<String>,
    /// Days after the step before.
    pub delay_days: Option<f64>,
    /// Its subject.
    pub subject_line: Option<String>,
    /// How its text begins.
    pub body_preview: Option<String>,
    /// Whether it is gone at the service.
    pub is_deleted: bool,
}

/// A day's figures, as settled from its witnesses.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// The account's local day.
    pub date: String,
    /// E-mails.
    pub emails_sent: Option<i64>,
    /// Sent less bounced.
    pub emails_delivered: Option<i64>,
    /// Leads that replied.
    pub emails_replied: Option<i64>,
    /// Leads in a positive category.
    pub positive_replies: Option<i64>,
    /// E-mails that came back.
    pub emails_bounced: Option<i64>,
    /// Leads that asked not to be written to.
    pub emails_unsubscribed: Option<i64>,
    /// Whether it follows from how lifetime figures moved.
    pub is_estimated: bool,
}

impl Store {
    /// Everything about one campaign; its days within a period, or all.
    pub async fn campaign_detail(
        &self,
        campaign: &CampaignLine,
        period: Option<Period>,
    ) -> Result<CampaignDetail> {
        let key = || [campaign.source_id.into(), campaign.campaign_id.as_str().into()];
        let states = "SELECT CAST(date AS TEXT) AS date, total_leads, not_started, in_progress, completed, blocked, \
                      paused, stopped, unsubscribed FROM enrollment_snapshots \
                      WHERE source_id = $1 AND campaign_id = $2 ORDER BY enrollment_snapshots.date DESC LIMIT 1";
        let steps = "SELECT external_id, step_number, variant_label, \
                     CAST(delay_days AS DOUBLE PRECISION) AS delay_days, subject_line, body_preview, is_deleted \
                     FROM campaign_variants WHERE source_id = $1 AND campaign_id = $2 \
                     ORDER BY is_deleted, step_number ASC NULLS LAST, variant_label ASC NULLS LAST, external_id";
        let [from, to] =
            ["$3", "$4"].map(|param| cast(self.flavour(), Kind::Date, &format!("CAST({param} AS TEXT)")));
        let days = format!(
            "SELECT CAST(date AS TEXT) AS date, emails_sent, emails_delivered, emails_replied, positive_replies, \
             emails_bounced, emails_unsubscribed, is_estimated FROM report_days WHERE source_id = $1 \
             AND campaign_id = $2 AND date >= {from} AND date <= {to} ORDER BY report_days.date"
        );
        let [source_id, campaign_id] = key();
        let (from, to) = period.map_or(("0001-01-01".to_owned(), "9999-12-31".to_owned()), |period| {
            (period.from.to_string(), period.to.to_string())
        });
        // At once: each by itself would wait for its turn after the one before.
        let days = self.fetch(&days, [source_id, campaign_id, from.into(), to.into()]);
        let (states, steps) = (self.fetch(states, key()), self.fetch(steps, key()));
        let (states, steps, days, problems) =
            try_join4(states, steps, days, self.problems_of(campaign)).await?;
        Ok(CampaignDetail {
            lead_states: states.first().map(lead_states).transpose()?,
            steps: steps.iter().map(step).collect::<Result<_>>()?,
            days: days.iter().map(day).collect::<Result<_>>()?,
            problems,
        })
    }

    /// What could not be understood about a campaign: in its own answers, or in its record of a list.
    async fn problems_of(&self, campaign: &CampaignLine) -> Result<Vec<StoredProblem>> {
        let id = campaign.campaign_id.as_str();
        let problems = self.problems_asked(campaign.source_id).await?.into_iter();
        let is_asked = |params: &str| {
            let params = Params::from_text(params).unwrap_or_default();
            ["campaign_id", "contradictions_of"].iter().any(|name| params.get(name) == Some(id))
        };
        let own = format!("campaign {id}");
        let is_own = |(params, problem): &(String, StoredProblem)| problem.record == own || is_asked(params);
        Ok(problems.filter(is_own).map(|(_, problem)| problem).collect())
    }
}

pub(crate) fn lead_states(row: &DbRow) -> Result<LeadStates> {
    Ok(line!(row => LeadStates {
        date, total_leads, not_started, in_progress, completed, blocked, paused, stopped, unsubscribed,
    }))
}

fn step(row: &DbRow) -> Result<Step> {
    Ok(line!(row => Step {
        step_number, variant_label, delay_days, subject_line, body_preview, is_deleted;
        variant_id: row.text("external_id")?,
    }))
}

fn day(row: &DbRow) -> Result<Day> {
    Ok(line!(row => Day {
        date, emails_sent, emails_delivered, emails_replied, positive_replies, emails_bounced, emails_unsubscribed,
        is_estimated,
    }))
}
