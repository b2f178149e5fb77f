//! Contacts: all of them at first and once a week, else those that moved since the last walk.

use atlas_model::tables::{COMPANIES, CONTACTS};
use atlas_model::{Follow, Mode, Params, Row, When};
use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::records::{contact, phone_key};
use super::{contact_activities, pages};
use crate::company::company;
use crate::endpoint::{Context, Endpoint, PLAIN, Paging, Records, Type, key, may};
use crate::mapping::Found;
use crate::read::{at, is_blank, local_instant};

const PAGING: Paging = pages(100, &["contacts.total_pages"]);

/// The zone in which the service reads the instants of a question; the same the whole year.
const ASKED_IN: TimeZone = TimeZone::fixed(offset(-8));

/// What an incremental walk does not show (what went into the bin) is read once a week.
const WHOLE_DAYS: i64 = 7;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "contacts",
    title: "Contacts",
    path: "/contacts",
    query: &[
        "page",
        "page_size",
        "updated_from",
        "update_to",
        "include_new",
        "include_trashed",
        "include_archived",
    ],
    priority: 50,
    keeps_watermark: true,
    records: Records::Nested(&["contacts.contacts", "contacts", ""]),
    paging: Some(PAGING),
    expand: Some(|listed| listed.iter().flat_map(|record| contact(record)).collect()),
    writes: &[(&COMPANIES, Mode::Upsert), (&CONTACTS, Mode::Upsert)],
    fields: &[
        key("contact_user_id | contact_id | user_id", "contacts.external_lead_id", Type::Id),
        may("first_name", "contacts.first_name", Type::Text),
        may("last_name", "contacts.last_name", Type::Text),
        may(
            "company | company_name | account.company_name | custom_fields[company]",
            "companies.name",
            Type::Text,
        ),
        may(
            "email | primary_email.email_address | primary_email.email | primary_email (text) | \
             emails[0].email_address | emails[0] (text) | email_address",
            "contacts.email",
            Type::With(address),
        ),
        may(
            "phone | primary_phone.phone | primary_phone.raw_phone | primary_phone (text) | raw_phone | \
             phones[0].number | phones[0].raw_phone | phones[0].phone",
            "contacts.phone",
            Type::Text,
        ),
        may("title | account.title | custom_fields[title]", "contacts.title", Type::Text),
        may("last_call_time", "contacts.last_call_at", Type::LocalTime),
        may("owner_id", "contacts.extra.owner_id", Type::With(as_it_is)),
        may("member_id", "contacts.extra.member_id", Type::With(as_it_is)),
        may("category", "contacts.extra.category", Type::With(as_it_is)),
        may("call_result", "contacts.extra.call_result", Type::With(as_it_is)),
        may("total_calls", "contacts.extra.total_calls", Type::With(as_it_is)),
        may("do_not_call", "contacts.do_not_call", Type::Bool),
        may("external_crm_data[0].crm_id", "contacts.crm_id", Type::Id),
        may("trashed", "contacts.extra.trashed", Type::With(as_it_is)),
        may("archived", "contacts.extra.archived", Type::With(as_it_is)),
        may("time_zone", "contacts.extra.time_zone", Type::With(as_it_is)),
        may("lead_id", "contacts.extra.lead_id", Type::With(as_it_is)),
        may("external_crm_data", "contacts.extra.external_crm_data", Type::With(as_it_is)),
        may("custom_fields", "contacts.extra.custom_fields", Type::With(as_it_is)),
        may("tags", "contacts.extra.tags", Type::With(as_it_is)),
    ],
    derived: &[
        ("companies.external_id", "the e-mail's domain unless anyone can have one, else the name"),
        ("companies.domain", "the same, where it is a domain"),
        ("contacts.company_id", "companies.external_id"),
        ("contacts.phone_key", "the last ten digits of phone"),
        ("contacts.phone_e164", "phone, where it is whole"),
    ],
    finish,
    ..PLAIN
};

/// The walks that are due: what moved since the last one (with a day more, since its clock is not ours), and everything
/// where there was none for a week.
pub(super) fn calls(context: &Context<'_>) -> Vec<Follow> {
    if !context.settings.is_on("sync_contacts") {
        return Vec::new();
    }
    let call = |params, when| {
        let (endpoint, priority) = (ENDPOINT.name, ENDPOINT.priority);
        Follow { endpoint, params: PAGING.first(params), priority, when }
    };
    let whole = Params::none().with("include_trashed", 1).with("include_archived", 1);
    let is_due =
        if context.is_full { When::Always } else { When::NotReadSince(context.days_ago(WHOLE_DAYS)) };
    let mut calls = vec![call(whole, is_due)];
    if let Some(read) = context.watermarks.get(ENDPOINT.name).filter(|_| !context.is_full) {
        let text = |at: Timestamp| at.to_zoned(ASKED_IN).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let from = read.checked_sub(24.hours()).unwrap_or(*read);
        let moved = Params::none().with("updated_from", text(from)).with("update_to", text(context.read_at));
        calls.push(call(moved.with("include_new", 1), When::Always));
    }
    calls
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let told = |found: &Found, table, column| {
        found.value(table, column).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let company = company("", &told(found, &CONTACTS, "email"), &told(found, &COMPANIES, "name"));
    if let Some(row) = found.row(&COMPANIES) {
        match &company {
            Some(company) => {
                row.values.insert("external_id", company.id.as_str().into());
                row.values.insert("domain", company.domain.clone().into());
                // Another contact of the company may know what this one does not.
                row.values.retain(|_, value| !value.is_null());
            }
            None => row.values.clear(),
        }
    }
    let (id, phone) = (told(found, &CONTACTS, "external_lead_id"), told(found, &CONTACTS, "phone"));
    let Some(row) = found.row(&CONTACTS) else { return };
    if let Some(company) = company {
        row.values.insert("company_id", company.id.into());
    }
    if !phone.is_empty() {
        row.values.insert("phone_key", phone_key(&phone).into());
    }
    let last = row.values.remove("last_call_at");
    match at(record, "last_call_time") {
        // Nobody tells whether there is news: once a week, beside what the sessions show.
        None => {
            let when = When::NotReadSince(context.days_ago(WHOLE_DAYS));
            found.follow.extend(contact_activities::call(context, &id, None, when));
        }
        Some(told) if is_blank(&told) => {}
        Some(told) => {
            // A row of its own: it changes exactly when there was a call.
            let at = local_instant(&told, context.zone);
            let mut news = Row::new(&CONTACTS, Mode::Amend).with("external_lead_id", id.as_str());
            news.values.insert("last_call_at", last.unwrap_or_default());
            news.on_change.extend(contact_activities::call(context, &id, at, When::Always));
            if context.is_full {
                found.follow.append(&mut news.on_change);
            }
            found.rows.push(news);
        }
    }
}

fn address(value: &Value) -> Option<Value> {
    value.as_str().map(|text| text.trim().to_lowercase().into())
}

fn as_it_is(value: &Value) -> Option<Value> {
    Some(value.clone())
}
