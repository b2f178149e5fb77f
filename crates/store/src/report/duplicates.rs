//! People who are in several campaigns of one client at once.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Store;
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A person who is in more than one campaign of a client, one line a campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DuplicateLine {
    /// The person, over all services.
    pub person_key: String,
    /// In how many campaigns of the client the person is.
    pub campaigns: i64,
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
    /// The campaign's status.
    pub status: Option<String>,
    /// The lead's id at the service.
    pub external_lead_id: String,
    /// The lead's address.
    pub email: Option<String>,
    /// When the lead came into the campaign.
    pub enrolled_at: Option<Timestamp>,
}

impl Store {
    /// People in several campaigns of a client, those in most of them first; at most so many people. A period means those
    /// who came into these campaigns in its days.
    pub async fn report_duplicates(&self, filter: &Filter, people: usize) -> Result<Vec<DuplicateLine>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices_of_period(&mut values, filter, "v.enrolled_at").await?;
        let condition = values.of_campaign(filter);
        let limit = values.put(people);
        let sql = format!(
            "WITH listed AS (SELECT v.person_key, v.external_lead_id, v.enrolled_at, r.* FROM enrollments AS v \
              JOIN (SELECT source_id, platform, source_name, client_name, campaign_id, campaign_name, status \
               FROM report_campaigns WHERE {condition}) AS r \
              ON r.source_id = v.source_id AND r.campaign_id = v.campaign_id {slices} WHERE v.person_key IS NOT NULL), \
             several AS (SELECT client_name, person_key, COUNT(*) AS campaigns FROM listed \
              GROUP BY client_name, person_key HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, person_key, client_name NULLS LAST \
              LIMIT {limit}) \
             SELECT s.campaigns, l.*, c.email FROM several AS s JOIN listed AS l ON l.person_key = s.person_key \
             AND l.client_name IS NOT DISTINCT FROM s.client_name LEFT JOIN contacts AS c ON c.source_id = l.source_id AND c.external_lead_id = l.external_lead_id \
             ORDER BY s.campaigns DESC, l.person_key, l.client_name NULLS LAST, l.enrolled_at ASC NULLS LAST, l.source_id, l.campaign_id"
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let duplicate = |row| {
            Ok(line!(row => DuplicateLine {
                person_key, campaigns, source_id, platform, source_name, client_name, campaign_id, campaign_name,
                status, external_lead_id, email, enrolled_at,
            }))
        };
        rows.iter().map(duplicate).collect()
    }
}
