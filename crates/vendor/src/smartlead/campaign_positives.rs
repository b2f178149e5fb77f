//! The service's own count of a campaign's positive replies, over its whole life.

use atlas_model::tables::CAMPAIGNS;
use atlas_model::{Follow, Mode, Params, When};
use serde_json::Value;

use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, may};
use crate::mapping::Found;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_positives",
    title: "Campaign's Positive Replies",
    path: "/campaigns/{campaign_id}/top-level-analytics-by-date",
    query: &["start_date", "end_date"],
    priority: 62,
    pace: Pace::Statistics,
    is_optional: true,
    records: Records::One,
    writes: &[(&CAMPAIGNS, Mode::Amend)],
    fields: &[may("positive_reply_count", "campaigns.positive_replies", Type::Number)],
    derived: &[(
        "campaigns.positive_rank",
        "3: the service's own count goes before leads (2) and estimates (1)",
    )],
    finish,
    ..PLAIN
};

/// The service's own count is worth more than what leads or estimates say.
const OWN_COUNT: i64 = 3;

/// The call for one campaign, from its first day to today; none while its first day is unknown.
pub(crate) fn call(context: &Context<'_>, campaign_id: &str) -> Option<Follow> {
    let began = context.stored?.started_at?.to_zoned(context.zone.clone()).date();
    let params = Params::none()
        .with("campaign_id", campaign_id)
        .with("start_date", began)
        .with("end_date", context.today().max(began));
    Some(Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when: When::Always })
}

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    let is_told = found.value(&CAMPAIGNS, "positive_replies").is_some();
    let Some(row) = found.row(&CAMPAIGNS) else { return };
    if let Some(campaign_id) = context.params.get("campaign_id").filter(|_| is_told) {
        row.values.insert("external_id", campaign_id.into());
        row.values.insert("positive_rank", OWN_COUNT.into());
    }
}
