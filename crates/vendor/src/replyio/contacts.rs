//! What the people of a sequence do not tell of themselves: telephone, LinkedIn, whether they opted out.

use atlas_model::Mode;
use atlas_model::tables::CONTACTS;

use super::LARGE_PAGES;
use crate::endpoint::{Endpoint, PLAIN, Records, Type, key, may};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "contacts",
    title: "All Contacts",
    path: "/v3/contacts",
    query: &["top", "skip"],
    priority: 94,
    records: Records::Array(&["items", "data", ""]),
    paging: Some(LARGE_PAGES),
    writes: &[(&CONTACTS, Mode::Amend)],
    fields: &[
        key("id | contactId", "contacts.external_lead_id", Type::Id),
        may("phone", "contacts.phone", Type::Text),
        may("linkedInUrl | linkedInProfile", "contacts.linkedin_url", Type::Text),
        may("isOptedOut", "contacts.is_unsubscribed", Type::Bool),
    ],
    ..PLAIN
};
