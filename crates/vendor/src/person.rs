//! What follows from a person's record, whichever service tells it: the company, and the enrolment in a campaign.

use atlas_model::tables::{COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Table, utc_text};
use jiff::Timestamp;
use serde_json::Value;

use crate::company::company;
use crate::mapping::Found;

/// Gives the company its key and the contact its company; a person without one makes no company.
pub(crate) fn place_company(found: &mut Found) {
    let told = |table: &'static Table, column| {
        found.value(table, column).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let company = company(&told(&COMPANIES, "website"), &told(&CONTACTS, "email"), &told(&COMPANIES, "name"));
    let id = company.as_ref().map(|company| company.id.clone());
    if let Some(row) = found.row(&COMPANIES) {
        match company {
            Some(company) => {
                row.values.insert("external_id", company.id.into());
                row.values.insert("domain", company.domain.into());
                // Another person of the company may know what this one does not.
                row.values.retain(|_, value| !value.is_null());
            }
            None => row.values.clear(),
        }
    }
    if let (Some(id), Some(contact)) = (id, found.row(&CONTACTS)) {
        contact.values.insert("company_id", id.into());
    }
}

/// The contact's state is that of its enrolment in this campaign.
pub(crate) fn enrol(found: &mut Found, campaign_id: &str, read_at: Timestamp) {
    let Some(contact) = found.row(&CONTACTS) else { return };
    let state = [
        ("external_lead_id", "external_lead_id"),
        ("sequence_status", "status"),
        ("is_interested", "is_interested"),
        ("current_step", "current_step"),
        ("enrolled_at", "enrolled_at"),
        ("open_count", "open_count"),
        ("reply_count", "reply_count"),
    ]
    .map(|(from, to)| (to, contact.values.get(from).cloned()));
    let Some(enrollment) = found.row(&ENROLLMENTS) else { return };
    for (column, value) in state {
        if let Some(value) = value {
            enrollment.values.insert(column, value);
        }
    }
    enrollment.values.insert("campaign_id", campaign_id.into());
    enrollment.values.insert("updated_at", utc_text(read_at).into());
}
