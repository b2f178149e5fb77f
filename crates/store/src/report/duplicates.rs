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
    /// People in several campaigns, those in most of them first; at most so many people. The
    /// filter's period plays no part: it is who is in several now.
    pub async fn report_duplicates(&self, filter: &Filter, people: usize) -> Result<Vec<DuplicateLine>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let limit = values.put(people);
        let sql = format!(
            "WITH listed AS (SELECT e.person_key, e.external_lead_id, e.enrolled_at, r.* FROM enrollments AS e \
              JOIN (SELECT source_id, platform, source_name, client_name, campaign_id, campaign_name, status \
               FROM report_campaigns WHERE {condition}) AS r \
              ON r.source_id = e.source_id AND r.campaign_id = e.campaign_id WHERE e.person_key IS NOT NULL), \
             several AS (SELECT person_key, COUNT(*) AS campaigns FROM listed GROUP BY person_key \
              HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, person_key LIMIT {limit}) \
             SELECT s.campaigns, l.*, c.email FROM several AS s JOIN listed AS l ON l.person_key = s.person_key \
             LEFT JOIN contacts AS c ON c.source_id = l.source_id AND c.external_lead_id = l.external_lead_id \
             ORDER BY s.campaigns DESC, l.person_key, l.enrolled_at ASC NULLS LAST, l.source_id, l.campaign_id"
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
