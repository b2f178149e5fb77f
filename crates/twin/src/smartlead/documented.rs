//! What the service answers as documented: flat records, counters as numbers.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::{Book, USER_ID, client_of};
use super::campaign::{Campaign, Schedule};
use super::category::Category;
use super::lead::{Lead, State};
use super::mailbox::Mailbox;
use super::sequence::{Mail, Step, Variant};
use super::tally::Tally;

/// A campaign's record in the list.
pub(super) fn campaign(book: &Book, campaign: &Campaign) -> Value {
    json!({
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status(book.today).word(),
        "created_at": campaign.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "scheduler_cron_value": cron(&campaign.schedule),
        "min_time_btwn_emails": campaign.minutes_between,
        "max_leads_per_day": campaign.leads_per_day,
        "timezone": campaign.schedule.zone,
        "user_id": USER_ID,
        "client_id": client_of(campaign).map(|client| client.id),
        "track_settings": {
            "track_open": campaign.tracking.opens,
            "track_click": campaign.tracking.clicks,
            "track_reply": true,
        },
        "stop_lead_settings": {
            "stop_on_reply": campaign.stops_on == "REPLY_TO_AN_EMAIL",
            "stop_on_auto_reply": campaign.steps > 3,
            "stop_on_meeting_booked": campaign.steps.is_multiple_of(2),
        },
    })
}

fn cron(schedule: &Schedule) -> String {
    let hour = |clock: &'static str| clock.get(..2).unwrap_or(clock).trim_start_matches('0');
    let (start, end) = schedule.hours;
    let days: Vec<String> = schedule.days.iter().map(u8::to_string).collect();
    format!("0 {}-{} * * {}", hour(start), hour(end), days.join(","))
}

/// A campaign's analytics. `total_count` counts leads here.
pub(super) fn analytics(book: &Book, campaign: &Campaign) -> Value {
    let tally = Tally::through(campaign, book.today);
    let leads = campaign.lead_states(book.today);
    json!({
        "sent_count": tally.sent,
        "unique_sent_count": tally.reached,
        "open_count": tally.opens,
        "unique_open_count": tally.opened,
        "click_count": tally.clicks,
        "unique_click_count": tally.clicked,
        "reply_count": tally.replied,
        "bounce_count": tally.bounced,
        "unsubscribe_count": tally.unsubscribed,
        "total_count": leads.total,
        "drafted_count": 0,
        "campaign_lead_stats": {
            "total": leads.total,
            "notStarted": leads.not_started,
            "inprogress": leads.in_progress,
            "completed": leads.completed,
            "blocked": leads.blocked,
            "paused": leads.paused,
            "unsubscribed": tally.unsubscribed,
        },
    })
}

/// What happened to a campaign on one day.
pub(super) fn day(date: Date, tally: &Tally) -> Value {
    json!({
        "date": date,
        "sent_count": tally.sent,
        "open_count": tally.opens,
        "unique_open_count": tally.opened,
        "click_count": tally.clicks,
        "reply_count": tally.replied,
        "bounce_count": tally.bounced,
    })
}

/// A campaign's days. Its place in the order of age decides under which name they stand, if under one.
pub(super) fn days(place: usize, rows: Vec<Value>) -> Value {
    match place % 4 {
        0 => json!(rows),
        1 => json!({ "data": rows }),
        2 => json!({ "days": rows }),
        _ => json!({ "daily": rows }),
    }
}

/// A category at its place in the list.
pub(super) fn category((place, category): (usize, &Category)) -> Value {
    json!({
        "id": category.id,
        "name": category.name,
        "color": category.color,
        "is_positive": category.is_positive,
        "is_meeting": category.is_meeting,
        "is_ooo": category.is_ooo,
        "sort_order": place + 1,
    })
}

/// A mailbox; one that was never warmed up has zeros.
pub(super) fn mailbox(mailbox: &Mailbox, today: Date) -> Value {
    let port = |port: u16| mailbox.kind.has_password().then_some(port);
    let warmup = mailbox.warmup.as_ref();
    let (sent, spam) = warmup.map_or((0, 0), |warmup| mailbox.warmed(warmup, today));
    json!({
        "id": mailbox.id,
        "from_email": mailbox.address,
        "from_name": format!("{} {}", mailbox.first_name, mailbox.last_name),
        "smtp_host": mailbox.host("smtp"),
        "smtp_port": port(465),
        "is_smtp_success": mailbox.smtp_failure.is_none(),
        "smtp_failure_error": mailbox.smtp_failure,
        "imap_host": mailbox.host("imap"),
        "imap_port": port(993),
        "is_imap_success": mailbox.imap_failure.is_none(),
        "imap_failure_error": mailbox.imap_failure,
        "message_per_day": mailbox.per_day,
        "daily_sent_count": mailbox.sent_on(today),
        "warmup_enabled": warmup.is_some_and(|warmup| warmup.status == "ACTIVE"),
        "warmup_details": {
            "status": warmup.map_or("INACTIVE", |warmup| warmup.status),
            "warmup_reputation": warmup.map_or(0, |warmup| warmup.reputation),
            "total_spam_count": spam,
            "total_sent_count": sent,
        },
        "custom_tracking_domain": mailbox.tracking_domain,
        "type": mailbox.kind.word(),
    })
}

/// A step; one with variants has the text of the first one.
pub(super) fn step(step: &Step) -> Value {
    let live = || step.variants.iter().filter(|variant| !variant.is_deleted);
    let variants: Value = live().map(|variant| variant_of(step, variant)).collect();
    let first = live().next();
    let mail = step.mail.as_ref().or(first.map(|variant| &variant.mail));
    let mut row = mail_row(step.id, step, first.map(|variant| variant.label), mail);
    row["sequence_variants"] = variants;
    row
}

fn variant_of(step: &Step, variant: &Variant) -> Value {
    mail_row(variant.id, step, Some(variant.label), Some(&variant.mail))
}

fn mail_row(id: u64, step: &Step, label: Option<&str>, mail: Option<&Mail>) -> Value {
    let subject = mail.map_or("", |mail| mail.subject);
    json!({
        "seq_id": id,
        "seq_number": step.number,
        "subject": subject,
        "email_body": mail.map_or("", |mail| mail.body.as_str()),
        "seq_delay_details": {"delay_in_days": step.delay},
        "variant_label": label,
        "send_as_reply": subject.is_empty(),
    })
}

/// A lead of a campaign.
pub(super) fn lead(lead: &Lead) -> Value {
    json!({
        "id": lead.id,
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company_name": lead.company,
        "phone_number": lead.phone,
        "website": lead.website,
        "linkedin_profile": lead.profile(),
        "lead_status": lead.state.word(),
        "email_status": if lead.state == State::Blocked { "bounced" } else { "valid" },
        "is_interested": lead.category.is_some_and(|category| category.is_positive),
        "is_unsubscribed": lead.is_unsubscribed,
        "last_email_sequence_sent": lead.step,
        "open_count": lead.opens,
        "reply_count": lead.replies,
        "lead_category": lead.category.map(|category| category.name),
        "custom_fields": lead.job.map_or(json!({}), |job| json!({ "job_title": job })),
    })
}
