//! SmartLead's deliveries: one flat object an event, under the names of the service, of the specification and of its past.

use atlas_model::Row;
use jiff::Timestamp;
use serde_json::Value;

use crate::copy::{html_of, text_of};
use crate::event::{Event, millis, put};
use crate::lead::{Lead, campaign, enrollment, put_category};

/// Every name of an event, and what it is called here.
const NAMES: &[(&str, &str)] = &[
    ("EMAIL_SENT", "sent"),
    ("FIRST_EMAIL_SENT", "sent"),
    ("LEAD_SENT", "sent"),
    ("EMAIL_OPEN", "opened"),
    ("OPEN", "opened"),
    ("EMAIL_OPENED", "opened"),
    ("LEAD_OPENED", "opened"),
    ("EMAIL_LINK_CLICK", "clicked"),
    ("CLICK", "clicked"),
    ("EMAIL_CLICKED", "clicked"),
    ("EMAIL_CLICK", "clicked"),
    ("LINK_CLICKED", "clicked"),
    ("LEAD_CLICKED", "clicked"),
    ("EMAIL_REPLY", "replied"),
    ("REPLY", "replied"),
    ("EMAIL_REPLIED", "replied"),
    ("LEAD_REPLIED", "replied"),
    ("EMAIL_BOUNCE", "bounced"),
    ("BOUNCE", "bounced"),
    ("EMAIL_BOUNCED", "bounced"),
    ("LEAD_BOUNCED", "bounced"),
    ("LEAD_UNSUBSCRIBED", "unsubscribed"),
    ("EMAIL_UNSUBSCRIBED", "unsubscribed"),
    ("UNSUBSCRIBED", "unsubscribed"),
    ("LEAD_CATEGORY_UPDATED", "categorized"),
];

/// Events of which nothing follows here: what they tell is read in the next sync.
const KEPT_ONLY: [&str; 2] = ["CAMPAIGN_STATUS_CHANGED", "MANUAL_STEP_REACHED"];

const PERSON: &str = "sl_lead_email | leadCorrespondence.targetLeadEmail | lead_email | to_email | lead_data.email | \
                      lead.email | to | email";
/// The same where the two addresses stand the other way round.
const PERSON_SWAPPED: &str = "sl_lead_email | leadCorrespondence.targetLeadEmail | lead_email | from_email | \
                              lead_data.email | lead.email | from | email";

const CATEGORY_ID: &str = "lead_category.new_id | lead_category_id | category_id | reply_category";

/// The service's own categories; an account's have larger numbers.
const CATEGORIES: [&str; 9] = [
    "Interested",
    "Meeting Request",
    "Not Interested",
    "Do Not Contact",
    "Information Request",
    "Out Of Office",
    "Wrong Person",
    "Uncategorizable by Ai",
    "Sender Originated Bounce",
];

/// What an event means.
pub(crate) fn hear(event: &mut Event<'_>) -> Result<Vec<Row>, String> {
    let told = event.text("event_type | event | type").unwrap_or_else(|| event.delivery.event.to_owned());
    event.name = told.to_uppercase().replace(['.', '-', ' '], "_").chars().take(60).collect();
    if KEPT_ONLY.contains(&event.name.as_str()) {
        return Ok(Vec::new());
    }
    let kind = NAMES.iter().find(|(name, _)| *name == event.name).map(|(_, kind)| *kind);
    let kind = kind.ok_or_else(|| match event.name.as_str() {
        "" => "it does not say which event it is".to_owned(),
        name => format!("nobody knows what {name} means"),
    })?;
    let campaign_id =
        event.id("campaign_id").ok_or_else(|| format!("{}: no campaign is told", event.name))?;
    let from = event.address("from_email | from");
    let to = event.address("to_email | to");
    let is_swapped = event.mailbox(from.as_deref()).is_none() && event.mailbox(to.as_deref()).is_some();
    let (mailbox, person) = if is_swapped { (to, PERSON_SWAPPED) } else { (from, PERSON) };
    let mut lead = lead(event, kind, event.address(person));
    let at = time_of(event, kind);
    let at = event.believable(at)?;
    let mut row = place(event, kind, &campaign_id, &lead, at)?;
    put(&mut row, "contact_id", lead.id.clone());
    put(&mut row, "lead_email", lead.email.clone());
    let account =
        event.id("email_account_id").or_else(|| event.mailbox(mailbox.as_deref()).map(str::to_owned));
    put(&mut row, "email_account_id", account);
    put(&mut row, "from_email", mailbox);
    put(&mut row, "step_number", event.number("sequence_number | current_sequence"));
    put(&mut row, "variant_id", event.id("variant_id"));
    put(&mut row, "sent_id", event.id("stats_id"));
    describe(event, kind, &mut row);
    let mut rows = vec![campaign(&campaign_id, event.text("campaign_name"))];
    let map_id = event.id("sl_email_lead_map_id");
    let enrolled = lead.id.as_deref().map(|id| enrollment(&campaign_id, id, map_id));
    if kind == "replied" {
        // Who answered may be somebody else.
        lead.full_name = None;
    }
    rows.extend(lead.rows());
    rows.extend(enrolled);
    rows.push(row);
    Ok(rows)
}

fn lead(event: &mut Event<'_>, kind: &str, email: Option<String>) -> Lead {
    Lead {
        id: event.id("sl_email_lead_id | lead_id | lead.id"),
        email,
        first_name: event.text("lead_data.first_name | lead.first_name | first_name"),
        last_name: event.text("lead_data.last_name | lead.last_name | last_name"),
        full_name: event.text("lead_name | to_name").filter(|_| kind != "replied"),
        title: event.text("lead_data.custom_fields.job_title | lead_data.custom_fields.title"),
        phone: event.text("lead_data.phone_number | lead.phone_number"),
        linkedin_url: event.text("lead_data.linkedin_profile | lead.linkedin_profile"),
        company: event.text("lead_data.company_name | lead.company_name"),
        website: event.text("lead_data.website | lead_data.company_url | lead.website"),
    }
}

/// When it really was. A bounce's `event_timestamp` is the sending's.
fn time_of(event: &mut Event<'_>, kind: &str) -> Timestamp {
    let own = match kind {
        "sent" => event.time("time_sent | event_timestamp | sent_message.time"),
        "opened" => event.time("time_opened | event_timestamp"),
        "clicked" => event.time("time_clicked | event_timestamp | link.clicked_at"),
        "replied" => event.time("time_replied | reply_message.time | event_timestamp | reply.received_at"),
        "bounced" => event.time("bounce_message.time").or_else(|| {
            let sent = event.time("time_sent");
            event.time("event_timestamp").filter(|at| sent.is_none_or(|sent| *at > sent))
        }),
        _ => event.time("event_timestamp"),
    };
    own.or_else(|| event.time("timestamp | created_at")).unwrap_or(event.delivery.received_at)
}

/// The event's row with its key: message or person, and what tells two events of one message apart.
fn place(
    event: &mut Event<'_>,
    kind: &str,
    campaign: &str,
    lead: &Lead,
    at: Timestamp,
) -> Result<Row, String> {
    let stats_id = event.id("stats_id");
    let sent = stats_id.clone().or_else(|| event.id("sent_message.message_id | message_id"));
    let told = match kind {
        "replied" => event.id("reply_message.message_id | message_id"),
        "unsubscribed" | "categorized" => None,
        _ => sent,
    };
    let at_millis = millis(at);
    let rest = match kind {
        "opened" => at_millis,
        "clicked" => joined(&[&at_millis, &links(event).join(" ")]),
        "replied" if told.is_none() => at_millis,
        "categorized" => {
            let name = event.text(CATEGORY_NAME).or_else(|| event.id(CATEGORY_ID)).unwrap_or_default();
            joined(&[&name.to_lowercase(), &at_millis])
        }
        _ => String::new(),
    };
    let by_message = told.or_else(|| stats_id.filter(|_| kind == "replied"));
    let person = match &by_message {
        Some(_) => String::new(),
        None => lead.email.clone().or_else(|| lead.id.clone()).unwrap_or_default(),
    };
    if by_message.is_none() && person.is_empty() {
        return Err(format!("{}: neither a message nor a person is told", event.name));
    }
    let message = by_message.unwrap_or_else(|| match kind {
        "sent" | "bounced" | "opened" | "clicked" => {
            let step = event.number("sequence_number | current_sequence");
            format!("seq:{}", step.map(|step| step.to_string()).unwrap_or_default())
        }
        _ => String::new(),
    });
    Ok(event.activity(kind, Some(campaign), at, &["smartlead", kind, campaign, &message, &person, &rest]))
}

fn joined(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}

const CATEGORY_NAME: &str =
    "lead_category.new_name | category | category.name | category_name | lead_category";

fn links(event: &Event<'_>) -> Vec<String> {
    if let Some(Value::Array(links)) = event.at("link_clicked") {
        return links.iter().filter_map(|link| link.as_str().map(str::to_owned)).collect();
    }
    event.text("link_clicked | link_details.0.url | link.url | link_url").into_iter().collect()
}

/// What the event tells beside who, when and which message.
fn describe(event: &mut Event<'_>, kind: &str, row: &mut Row) {
    put(row, "subject", event.text("subject | custom_subject | email.subject | reply.subject"));
    match kind {
        "replied" => {
            put(row, "message_id", event.id("reply_message.message_id | message_id"));
            put(row, "replied_by", event.address("leadCorrespondence.replyReceivedFrom"));
            let told = "reply_message.text | preview_text | reply_message.html | reply_body | reply.body | reply_text";
            put(row, "body_plain", event.text(told).map(|text| text_of(&text)));
            let laid_out = event.text("reply_message.html | reply_body | reply.body");
            put(row, "body_html", laid_out.and_then(|text| html_of(&text)));
        }
        "categorized" => put(row, "message_id", event.id("lastReply.message_id")),
        "unsubscribed" => {}
        _ => put(row, "message_id", event.id("sent_message.message_id | message_id")),
    }
    if kind == "sent" {
        let told = "sent_message.text | sent_message.html | sent_message_body | custom_email_message";
        put(row, "body_plain", event.text(told).map(|text| text_of(&text)));
    }
    if kind == "clicked" {
        let link = links(event).into_iter().next();
        put(row, "link", link.or_else(|| event.text("link_details.0.url | link.url | link_url")));
    }
    if kind == "bounced" {
        let reason = event.text("bounce_message.text | bounce_reply_email | bounce_reason");
        put(row, "bounce_reason", reason.map(|reason| unescaped(&reason)));
        put(row, "is_sender_bounce", event.flag("is_sender_originated_bounce"));
    }
    if kind == "replied" || kind == "categorized" {
        categorize(event, row);
    }
}

/// The category: by its name, else by the account's list, else the service's own of that number.
fn categorize(event: &mut Event<'_>, row: &mut Row) {
    let number = event.id(CATEGORY_ID).filter(|id| id.parse::<i64>().is_ok());
    let known = number.as_deref().and_then(|id| event.delivery.known.categories.get(id)).cloned();
    let own = number.as_deref().and_then(|id| id.parse::<usize>().ok()).and_then(|id| id.checked_sub(1));
    let name = event
        .text(CATEGORY_NAME)
        .or_else(|| event.text("reply_category").filter(|text| text.parse::<i64>().is_err()))
        .or_else(|| known.as_ref().map(|(name, _)| name.clone()))
        .or_else(|| own.and_then(|place| CATEGORIES.get(place)).map(|name| (*name).to_owned()));
    put(row, "category_id", number);
    let told = event.text("lead_data.category.sentiment_type").map(|text| text.to_lowercase());
    let sentiment = told.or_else(|| known.and_then(|(_, sentiment)| sentiment));
    if let Some(name) = name {
        put_category(row, &name, sentiment.as_deref(), event.delivery.settings);
    }
}

/// The few entities in which the texts of bounces are written.
fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, sign) in [
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, sign);
    }
    text
}
