//! The leads of a campaign, page by page; off unless `sync_leads` is on.

use atlas_model::tables::{COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Follow, Mode, Params, When};
use serde_json::Value;

use super::PAGES;
use crate::categories::{
    INTERESTED, MEETING, Meaning, NEUTRAL, NOT_INTERESTED, OUT_OF_OFFICE, REFERRAL, UNSUBSCRIBE, interest,
    meaning,
};
use crate::endpoint::{Context, Endpoint, PLAIN, Paging, Records, Type, key, may, must, unused};
use crate::mapping::Found;
use crate::person;
use crate::read::at;

const PAGING: Paging = Paging { total: Some(("total_leads", &ENROLLMENTS)), ..PAGES };

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_leads",
    title: "Campaign Leads (Optional - Disabled by Default)",
    path: "/campaigns/{campaign_id}/leads",
    query: &["offset", "limit"],
    priority: 90,
    records: Records::Array(&["data", "leads", ""]),
    paging: Some(PAGING),
    writes: &[(&COMPANIES, Mode::Upsert), (&CONTACTS, Mode::Upsert), (&ENROLLMENTS, Mode::Upsert)],
    fields: &[
        key("lead.id | id", "contacts.external_lead_id", Type::Id),
        must("lead.email | email", "contacts.email", Type::Text),
        may("lead.first_name | first_name", "contacts.first_name", Type::Text),
        may("lead.last_name | last_name", "contacts.last_name", Type::Text),
        may("lead.company_name | company_name", "companies.name", Type::Text),
        may("lead.phone_number | phone_number", "contacts.phone", Type::Text),
        may("lead.website | website | lead.company_url | company_url", "companies.website", Type::Text),
        may("lead.linkedin_profile | linkedin_profile", "contacts.linkedin_url", Type::Text),
        may("lead_status | status", "contacts.sequence_status", Type::With(status)),
        may("email_status", "contacts.email_status", Type::Enum),
        may("is_interested", "contacts.is_interested", Type::Bool),
        may("is_unsubscribed | lead.is_unsubscribed", "contacts.is_unsubscribed", Type::Bool),
        may("last_email_sequence_sent | last_seq_num", "contacts.current_step", Type::Number),
        may("open_count", "contacts.open_count", Type::Number),
        may("reply_count", "contacts.reply_count", Type::Number),
        may("lead_category | category_name | category", "enrollments.category", Type::Text),
        unused("custom_fields"),
        may(
            "lead.custom_fields.job_title | lead.custom_fields.title | custom_fields.job_title | custom_fields.title",
            "contacts.title",
            Type::Text,
        ),
        may("created_at", "contacts.enrolled_at", Type::Time),
        may("campaign_lead_map_id", "enrollments.map_id", Type::Id),
        may("lead_category_id", "enrollments.category_id", Type::Id),
    ],
    derived: &[
        ("contacts.phone_e164", "phone, where it is whole"),
        (
            "companies.external_id",
            "the website's domain, else the e-mail's unless anyone can have one, else the name",
        ),
        ("companies.domain", "the same, where it is a domain"),
        ("contacts.company_id", "companies.external_id"),
        ("contacts.is_interested", "the category is positive (true) or negative (false)"),
        (
            "contacts.is_unsubscribed",
            "lead.unsubscribed_client_id_map | unsubscribed_client_id_map is not empty",
        ),
        (
            "enrollments.(status, is_interested, current_step, enrolled_at, open_count, reply_count)",
            "as on the contact",
        ),
    ],
    finish,
    ..PLAIN
};

/// The call for a campaign's first page.
pub(crate) fn call(campaign_id: &str, when: When) -> Follow {
    let params = PAGING.first(Params::none().with("campaign_id", campaign_id));
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when }
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let told = |found: &Found, table, column| {
        found.value(table, column).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let category = told(found, &ENROLLMENTS, "category");
    let number = told(found, &ENROLLMENTS, "category_id");
    let is_told = |found: &Found, column| {
        found.rows.iter().any(|row| *row.table == ENROLLMENTS && row.values.contains_key(column))
    };
    let is_categorised = is_told(found, "category") || is_told(found, "category_id");
    let meaning = if category.is_empty() {
        meaning_of_number(&number)
    } else {
        Some(meaning(&category, None, context.settings))
    };
    person::place_company(found);
    let unsubscribed =
        at(record, "lead.unsubscribed_client_id_map").or_else(|| at(record, "unsubscribed_client_id_map"));
    let Some(contact) = found.row(&CONTACTS) else { return };
    // The page tells all that a lead's company follows from.
    contact.values.or_insert("company_id", Value::Null);
    if unsubscribed.and_then(|map| map.as_object().map(|map| !map.is_empty())) == Some(true) {
        contact.values.insert("is_unsubscribed", true.into());
    }
    // A lead without category is neither: one that lost its category is not interested any more.
    if is_categorised && contact.values.get("is_interested").is_none_or(Value::is_null) {
        contact.values.insert("is_interested", meaning.and_then(interest).into());
    }
    person::enrol(found, campaign_id, context.read_at);
}

/// What one of the service's default categories means, where only its number is told.
fn meaning_of_number(id: &str) -> Option<Meaning> {
    Some(match id {
        "1" | "5" => INTERESTED,
        "2" => MEETING,
        "3" => NOT_INTERESTED,
        "4" => UNSUBSCRIBE,
        "6" => OUT_OF_OFFICE,
        "7" => REFERRAL,
        "8" => NEUTRAL,
        _ => return None,
    })
}

/// The service's words for where a lead stands; others are kept in lower case.
fn status(value: &Value) -> Option<Value> {
    let word = Type::Enum.read(value)?;
    Some(match word.as_str() {
        Some("started") => "not_started".into(),
        Some("inprogress") => "in_progress".into(),
        _ => word,
    })
}
