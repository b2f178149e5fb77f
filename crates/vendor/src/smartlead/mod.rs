//! SmartLead: e-mail campaigns, <https://server.smartlead.ai/api/v1>.

mod answers;
mod campaign_analytics;
mod campaign_day_series;
mod campaign_days;
mod campaign_leads;
mod campaign_positives;
mod campaign_sequences;
mod campaign_single_day;
mod campaign_totals;
mod campaigns;
mod day_series_check;
mod days;
mod email_accounts;
mod email_statistics;
mod lead_by_email;
mod lead_categories;
mod message_history;
mod missed_deliveries;
pub(crate) mod webhook;

use atlas_model::{Follow, Params, Platform};
use jiff::SignedDuration;

use crate::endpoint::{Context, Counts, Endpoint, Paging};
use crate::service::{Auth, Service};

/// How SmartLead pages its lists.
const PAGES: Paging =
    Paging { start: "offset", counts: Counts::Records, size: "limit", limit: 100, more: &[], total: None };

/// SmartLead's endpoints, in the order in which a sync comes to them.
const ENDPOINTS: &[&Endpoint] = &[
    &campaigns::ENDPOINT,
    &lead_categories::ENDPOINT,
    &campaign_totals::ENDPOINT,
    &email_accounts::ENDPOINT,
    &campaign_analytics::ENDPOINT,
    &campaign_positives::ENDPOINT,
    &campaign_sequences::ENDPOINT,
    &campaign_days::ENDPOINT,
    &day_series_check::ENDPOINT,
    &campaign_day_series::ENDPOINT,
    &campaign_single_day::ENDPOINT,
    &campaign_leads::ENDPOINT,
    &email_statistics::ENDPOINT,
    &email_statistics::WHOLE,
    &lead_by_email::ENDPOINT,
    &message_history::ENDPOINT,
    &missed_deliveries::ENDPOINT,
    &missed_deliveries::RETRIGGER,
];

/// SmartLead as a whole.
pub(crate) const SERVICE: Service = Service {
    platform: Platform::SmartLead,
    origin: "https://server.smartlead.ai",
    base: "/api/v1",
    auth: |_| &[&[Auth::Query("api_key")]],
    oauth: None,
    take_keys: |_, _, _, _| Vec::new(),
    key_hint: "SmartLead → Settings → SmartLead API → copy the key (an administrator's, the plan must include API access)",
    time_zone: "UTC",
    // 10 requests in 2 seconds are allowed by the old pages, 60 to 200 a minute by the newer ones.
    pace: |_| SignedDuration::from_millis(350),
    endpoints: ENDPOINTS,
    roots: &[&campaigns::ENDPOINT, &lead_categories::ENDPOINT, &email_accounts::ENDPOINT],
    watch: Some(&campaign_totals::ENDPOINT),
    campaign_calls: campaigns::calls,
    back_fill: email_statistics::back_fill,
    instead,
    judge: answers::judge,
    throttle: answers::throttle,
};

/// What is asked in place of a call whose endpoint turned out to be absent.
fn instead(context: &Context<'_>, endpoint: &Endpoint, params: &Params) -> Vec<Follow> {
    match endpoint.name {
        name if name == email_statistics::ENDPOINT.name => {
            email_statistics::whole(context, params).into_iter().collect()
        }
        name if name == missed_deliveries::ENDPOINT.name => vec![missed_deliveries::retrigger(params)],
        _ => days::instead(context, endpoint, params),
    }
}
