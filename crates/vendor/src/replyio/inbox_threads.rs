//! How replies were sorted in the inbox: who is interested, where people do not tell it of themselves.

use std::collections::BTreeSet;

use atlas_model::tables::{CONTACTS, ENROLLMENTS};
use atlas_model::{Follow, Mode, Row};
use serde_json::Value;

use super::{LARGE_PAGES, thread_messages};
use crate::categories::{interest, meaning};
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, key, may};
use crate::mapping::{Found, Understood};
use crate::read::{at, id, instant, is_blank};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "inbox_threads",
    title: "Inbox Threads",
    path: "/v3/inbox/threads",
    query: &["top", "skip"],
    priority: 96,
    records: Records::Array(&["items", "data", ""]),
    paging: Some(LARGE_PAGES),
    writes: &[(&ENROLLMENTS, Mode::Amend)],
    fields: &[
        key("id", "", Type::Id),
        may("sequence.id", "enrollments.campaign_id", Type::Id),
        may("contact.id | contact.contactId", "enrollments.external_lead_id", Type::Id),
        may("category.id", "enrollments.category_id", Type::Id),
        may("category.name", "enrollments.category", Type::Text),
    ],
    derived: &[
        ("enrollments.is_interested", "the category is positive (true) or negative (false)"),
        ("contacts.is_interested", "the same; a negative one only while nothing is known"),
        ("campaigns.positive_replies", "people whose is_interested is true"),
    ],
    finish,
    after,
    ..PLAIN
};

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    found.follow.extend(messages(context, record));
    if !context.settings.is_on("sync_people") {
        found.rows.clear();
    }
    let category = found.value(&ENROLLMENTS, "category").and_then(Value::as_str).map(str::to_owned);
    let lead = found.value(&ENROLLMENTS, "external_lead_id").cloned();
    let is_interested = category.and_then(|category| interest(meaning(&category, None, context.settings)));
    let (Some(is_interested), Some(lead)) = (is_interested, lead) else { return };
    if let Some(row) = found.row(&ENROLLMENTS) {
        row.values.insert("is_interested", is_interested.into());
    }
    // Of several threads of one contact the positive one counts, in whichever order they come.
    let mode = if is_interested { Mode::Amend } else { Mode::FillWhileNull("is_interested") };
    found
        .rows
        .push(Row::new(&CONTACTS, mode).with("external_lead_id", lead).with("is_interested", is_interested));
}

/// The call for what was written in it. A thread that moved today is read tomorrow: replies that came so far would stand
/// for the whole day until then.
fn messages(context: &Context<'_>, record: &Value) -> Option<Follow> {
    let told = |path: &str| at(record, path).filter(|value| !is_blank(value));
    let text = |path: &str| told(path).and_then(|value| value.as_str().map(str::to_owned));
    let number = |path: &str| told(path).and_then(|value| id(&value)).filter(|id| id != "0");
    let moved_at = told("lastActivityDate").and_then(|value| instant(&value))?;
    let back = context.settings.number("backfill_days").unwrap_or(90);
    let is_mail = text("channel").is_none_or(|channel| channel.eq_ignore_ascii_case("email"));
    let is_wanted = context.settings.is_on("sync_activities") && is_mail;
    if !is_wanted || moved_at >= context.day_start() || moved_at < context.days_ago(back) {
        return None;
    }
    let contact = number("contact.id").or_else(|| number("contact.contactId"))?;
    let (thread, sequence) = (number("id")?, number("sequence.id")?);
    let email = text("contact.email").map(|email| email.to_lowercase());
    let category = text("category.name");
    Some(thread_messages::call(
        [&thread, &sequence, &contact],
        email.as_deref(),
        category.as_deref(),
        moved_at,
    ))
}

fn after(_: &Context<'_>, _: &[&Value], understood: &mut Understood) {
    let threads = understood.rows.iter().filter(|row| row.table == &ENROLLMENTS);
    let campaigns: BTreeSet<String> =
        threads.filter_map(|row| row.values.get("campaign_id")?.as_str().map(str::to_owned)).collect();
    understood.recount = campaigns.into_iter().collect();
}
