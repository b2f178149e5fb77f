//! Who a lead is of which only the address is known: asked of those who replied, so that their messages can be read.

use atlas_model::tables::{COMPANIES, CONTACTS};
use atlas_model::{Follow, Mode, Params, When, utc_text};
use jiff::Timestamp;
use serde_json::Value;

use super::message_history;
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key, may};
use crate::lead::enrollment;
use crate::mapping::Found;
use crate::person;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "lead_by_email",
    title: "Lead by E-Mail",
    path: "/leads",
    query: &["email"],
    about: &["replied_at", "category"],
    priority: 97,
    // Of an address that it does not know the service says `{}`, as it does now and then when it is overloaded.
    may_be_empty: true,
    records: Records::One,
    writes: &[(&COMPANIES, Mode::Once), (&CONTACTS, Mode::Once)],
    fields: &[
        key("id", "contacts.external_lead_id", Type::Id),
        may("email", "contacts.email", Type::Text),
        may("first_name", "contacts.first_name", Type::Text),
        may("last_name", "contacts.last_name", Type::Text),
        may("phone_number", "contacts.phone", Type::Text),
        may("linkedin_profile", "contacts.linkedin_url", Type::Text),
        may("custom_fields.job_title | custom_fields.title", "contacts.title", Type::Text),
        may("company_name", "companies.name", Type::Text),
        may("website | company_url", "companies.website", Type::Text),
    ],
    derived: &[("(all)", "only what is not known yet")],
    finish,
    ..PLAIN
};

/// The call for a lead of a campaign who replied at this time, once for each reply and category.
pub(super) fn call(
    campaign_id: &str,
    email: Option<&str>,
    replied_at: Timestamp,
    category: Option<&str>,
) -> Option<Follow> {
    let mut params = Params::none()
        .with("campaign_id", campaign_id)
        .with("email", email?)
        .with("replied_at", utc_text(replied_at));
    if let Some(category) = category {
        params = params.with("category", category);
    }
    let when = When::NotReadSince(Timestamp::UNIX_EPOCH);
    Some(Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when })
}

fn finish(context: &Context<'_>, _: &Value, found: &mut Found) {
    person::place_company(found);
    let lead_id = found.value(&CONTACTS, "external_lead_id").and_then(Value::as_str).map(str::to_owned);
    let (Some(lead_id), Some(campaign_id)) = (lead_id, context.params.get("campaign_id")) else { return };
    found.rows.push(enrollment(campaign_id, &lead_id, None));
    found.follow.push(message_history::call(context.params, campaign_id, &lead_id));
}
