//! The people of a sequence: as specified, and in the four other ways in which the service has told them.

use atlas_model::tables::{COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Follow, Mode, When};
use serde_json::Value;

use super::words::contact_status;
use super::{LARGE_PAGES, PAGES, ask};
use crate::endpoint::{Context, Counts, Endpoint, PLAIN, Paging, Records, Type, key, may, must};
use crate::mapping::Found;
use crate::person;
use crate::read::{at, number};

/// As specified.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "people",
    title: "People (Contacts)",
    path: "/v3/people",
    query: &["sequenceId", "top", "skip"],
    priority: 90,
    has_stand_in: true,
    records: Records::Array(&["items", "people", "data", ""]),
    paging: Some(Paging { total: COUNTED, ..PAGES }),
    writes: &[(&COMPANIES, Mode::Upsert), (&CONTACTS, Mode::Upsert), (&ENROLLMENTS, Mode::Upsert)],
    fields: &[
        key("id | contactId | email", "contacts.external_lead_id", Type::Id),
        must("email", "contacts.email", Type::Enum),
        may("firstName", "contacts.first_name", Type::Text),
        may("lastName", "contacts.last_name", Type::Text),
        may("company", "companies.name", Type::Text),
        may("title", "contacts.title", Type::Text),
        may("phone", "contacts.phone", Type::Text),
        may("linkedInUrl | linkedInProfile", "contacts.linkedin_url", Type::Text),
        may("status | statusInSequence", "contacts.sequence_status", Type::With(contact_status)),
        may("isInterested", "contacts.is_interested", Type::Bool),
        may("isOptedOut", "contacts.is_unsubscribed", Type::Bool),
        may("addedAt | addingDate", "contacts.enrolled_at", Type::Time),
        may("currentStep", "contacts.current_step", Type::With(step)),
        may("emailDisposition.isReplied | status.replied", "contacts.reply_count", Type::With(at_least_one)),
    ],
    derived: &[
        ("contacts.sequence_status", "{status.status}; completed where currentStep.displayName is Finished"),
        ("contacts.current_step", "{currentStep.stepNumber}, else the number in currentStep.displayName"),
        ("contacts.reply_count", "1 where it is true: at least one"),
        ("companies.external_id", "the e-mail's domain unless anyone can have one, else the name"),
        ("companies.domain", "the same, where it is a domain"),
        ("contacts.company_id", "companies.external_id"),
        ("enrollments.(status, is_interested, current_step, enrolled_at, reply_count)", "as on the contact"),
        ("campaigns.positive_replies", "people whose is_interested is true, once all of a sequence are read"),
        ("campaigns.positive_rank", "2: below the service's own count (3)"),
    ],
    finish,
    ..PLAIN
};

/// As documented today.
pub(crate) const IN_SEQUENCE: Endpoint = Endpoint {
    name: "sequence_people",
    title: "People, in Their Sequence",
    path: "/v3/sequences/{campaign_id}/contacts",
    query: &["top", "skip"],
    paging: Some(Paging { total: COUNTED, ..LARGE_PAGES }),
    derived: &[],
    ..ENDPOINT
};

/// The same people by their state.
pub(crate) const STATES: Endpoint = Endpoint {
    name: "sequence_people_states",
    title: "People, by State",
    path: "/v3/sequences/{campaign_id}/contacts/state",
    ..IN_SEQUENCE
};

/// Of the first generation, whose pages are numbered.
pub(crate) const LEGACY: Endpoint = Endpoint {
    name: "campaign_people",
    title: "People, First Generation",
    path: "/v1/campaigns/{campaign_id}/people",
    query: &["page", "limit"],
    has_stand_in: false,
    paging: Some(Paging {
        start: "page",
        counts: Counts::Pages,
        size: "limit",
        limit: 100,
        more: &["pagesCount"],
        total: COUNTED,
    }),
    derived: &[],
    ..ENDPOINT
};

/// Only the first generation counts them.
const COUNTED: Option<(&str, &atlas_model::Table)> = Some(("total", &ENROLLMENTS));

pub(super) const WAYS: &[&Endpoint] = &[&ENDPOINT, &IN_SEQUENCE, &STATES, &LEGACY];

/// The call for a sequence's first page, if people are wanted.
pub(super) fn call(context: &Context<'_>, campaign_id: &str, when: When) -> Option<Follow> {
    context.settings.is_on("sync_people").then(|| ask(context, WAYS, Some(campaign_id), when)).flatten()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    person::place_company(found);
    let is_finished = at(record, "currentStep.displayName").is_some_and(|name| *name == "Finished");
    if let Some(contact) = found.row(&CONTACTS)
        && is_finished
    {
        contact.values.insert("sequence_status", "completed".into());
    }
    person::enrol(found, campaign_id, context.read_at);
}

/// A number, or an object that holds one under one of three names. A word (as of what is finished) is none.
fn step(value: &Value) -> Option<Value> {
    let inside =
        ["stepNumber", "displayStepNumber", "displayName"].iter().find_map(|name| number(value.get(*name)?));
    if value.is_object() { Some(inside.into()) } else { number(value).map(Value::from) }
}

/// That somebody replied says at least one reply.
fn at_least_one(value: &Value) -> Option<Value> {
    let has_replied = Type::Bool.read(value)?;
    Some(i64::from(has_replied == Value::Bool(true)).into())
}
