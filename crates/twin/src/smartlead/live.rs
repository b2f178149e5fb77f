//! What the service answers as observed: counters as text, settings in every spelling that has been seen.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::account::{Book, USER_ID, client_of};
use super::campaign::{Campaign, Schedule};
use super::category::Category;
use super::lead::Lead;
use super::mail::Mail;
use super::mailbox::{Mailbox, Warmup};
use super::sequence::{Step, Variant};
use super::tally::Tally;
use super::window::Window;

/// A campaign's record in the list. Its place in the order of age decides how it is spelled.
pub(super) fn campaign(book: &Book, place: usize, campaign: &Campaign) -> Value {
    json!({
        "id": campaign.id,
        "user_id": USER_ID,
        "created_at": created_at(place, campaign),
        "updated_at": millis(campaign.updated(book.today)),
        "status": campaign.status(book.today).word(),
        "name": campaign.name,
        "track_settings": track_settings(place, campaign),
        "scheduler_cron_value": schedule(place, &campaign.schedule),
        "min_time_btwn_emails": campaign.minutes_between,
        "max_leads_per_day": campaign.leads_per_day,
        "stop_lead_settings": campaign.stops_on,
        "schedule_start_time": null,
        "enable_ai_esp_matching": place.is_multiple_of(3),
        "send_as_plain_text": place % 4 == 1,
        "follow_up_percentage": 40 + 5 * (place % 9),
        "unsubscribe_text": if place % 6 == 5 { "Reply \"stop\" and you hear no more from us." } else { "" },
        "parent_campaign_id": campaign.parent,
        "client_id": client_of(campaign).map(|client| client.id),
        "campaign_activity_logs": {},
    })
}

fn created_at(place: usize, campaign: &Campaign) -> String {
    let form = if place % 4 == 2 { "%Y-%m-%dT%H:%M:%S%.6f+00:00" } else { "%Y-%m-%dT%H:%M:%S%.3fZ" };
    campaign.created.strftime(form).to_string()
}

/// A list of what is not tracked; long ago, one text.
fn track_settings(place: usize, campaign: &Campaign) -> Value {
    match campaign.tracking.opt_outs {
        [only] if place % 9 == 4 => json!(only),
        list => json!(list),
    }
}

/// An object; for some nothing, for old ones the text of a JavaScript literal.
fn schedule(place: usize, schedule: &Schedule) -> Value {
    let Schedule { zone, days, hours: (start, end) } = *schedule;
    match place % 15 {
        7 => {
            let days: Vec<String> = days.iter().map(u8::to_string).collect();
            let days = days.join(", ");
            json!(format!("{{ tz: '{zone}', days: [ {days} ], endHour: '{end}', startHour: '{start}' }}"))
        }
        11 => Value::Null,
        _ => json!({"tz": zone, "days": days, "startHour": start, "endHour": end}),
    }
}

/// A campaign's analytics; some lack what older answers lacked.
pub(super) fn analytics(book: &Book, place: usize, campaign: &Campaign) -> Value {
    let tally = Tally::through(campaign, book.today);
    let leads = campaign.lead_states(book.today);
    let client = client_of(campaign);
    let text = |count: u64| count.to_string();
    let mut answer = json!({
        "id": campaign.id,
        "user_id": USER_ID,
        "name": campaign.name,
        "status": campaign.status(book.today).word(),
        "created_at": created_at(place, campaign),
        "sent_count": text(tally.sent),
        "unique_sent_count": text(tally.reached),
        "open_count": text(tally.opens),
        "unique_open_count": text(tally.opened),
        "click_count": text(tally.clicks),
        "unique_click_count": text(tally.clicked),
        "reply_count": text(tally.replied),
        "block_count": text(tally.blocked),
        "total_count": text(campaign.planned_mails()),
        "drafted_count": text(0),
        "bounce_count": text(tally.bounced),
        "unsubscribed_count": text(tally.unsubscribed),
        "sequence_count": text(campaign.steps),
        "campaign_lead_stats": {
            "total": leads.total,
            "notStarted": leads.not_started,
            "inprogress": leads.in_progress,
            "paused": leads.paused,
            "completed": leads.completed,
            "stopped": leads.stopped,
            "blocked": leads.blocked,
            "interested": tally.positive,
            "revenue": 0,
        },
        "client_id": client.map(|client| client.id),
        "client_name": client.map(|client| client.name),
        "client_email": client.map(|client| client.email),
        "client_company_name": client.map(|client| client.company),
        "parent_campaign_id": campaign.parent,
        "send_as_plain_text": place % 4 == 1,
        "tags": [],
    });
    if place % 12 == 8 {
        const LATER: [&str; 3] = ["total_count", "unique_sent_count", "unique_click_count"];
        if let Some(fields) = answer.as_object_mut() {
            fields.retain(|name, _| !LATER.contains(&name.as_str()));
        }
    }
    answer
}

/// Every campaign that sent within the window, with the sums of its days; the figures are text for one in three.
pub(super) fn overall_stats(book: &Book, window: Window) -> Value {
    let performance: Value = book
        .campaigns
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(place, campaign)| performance(book, place, campaign, window))
        .collect();
    json!({
        "success": true,
        "message": "Campaign performance fetched successfully!",
        "data": {"campaign_wise_performance": performance},
    })
}

fn performance(book: &Book, place: usize, campaign: &Campaign, window: Window) -> Option<Value> {
    let tally = book.tally(campaign, window);
    if tally.sent == 0 {
        return None;
    }
    let figure = |count: u64| if place % 3 == 2 { json!(count.to_string()) } else { json!(count) };
    Some(json!({
        "id": campaign.id,
        "campaign_name": campaign.name,
        "sent": figure(tally.sent),
        "opened": figure(tally.opened),
        "replied": figure(tally.replied),
        "bounced": figure(tally.bounced),
    }))
}

/// A campaign's sums over a window. No day is told.
pub(super) fn by_date(book: &Book, place: usize, campaign: &Campaign, window: Window) -> Value {
    let tally = book.tally(campaign, window);
    let text = |count: u64| count.to_string();
    json!({
        "id": campaign.id,
        "user_id": USER_ID,
        "created_at": created_at(place, campaign),
        "status": campaign.status(book.today).word(),
        "name": campaign.name,
        "start_date": window.from,
        "end_date": window.to,
        "sent_count": text(tally.sent),
        "unique_sent_count": text(tally.reached),
        "open_count": text(tally.opens),
        "unique_open_count": text(tally.opened),
        "click_count": text(tally.clicks),
        "unique_click_count": text(tally.clicked),
        "reply_count": text(tally.replied),
        "block_count": text(tally.blocked),
        "total_count": text(tally.sent),
        "drafted_count": text(0),
        "bounce_count": text(tally.bounced),
        "unsubscribed_count": text(tally.unsubscribed),
        "total_reply_count": text(tally.replies),
        "non_ooo_reply_count": text(tally.present),
    })
}

/// A campaign's sums over a window as another of the service's pages counts them: positive replies too.
pub(super) fn top_level(book: &Book, campaign: &Campaign, window: Window) -> Value {
    let tally = book.tally(campaign, window);
    let text = |count: u64| count.to_string();
    json!({
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status(book.today).word(),
        "start_date": window.from,
        "end_date": window.to,
        "total_count": text(tally.sent),
        "sent_count": text(tally.sent),
        "skipped_count": text(0),
        "open_count": text(tally.opens),
        "click_count": text(tally.clicks),
        "reply_count": text(tally.replied),
        "positive_reply_count": text(tally.positive),
        "bounce_count": text(tally.bounced),
        "failed_count": text(0),
        "stopped_count": text(tally.replied + tally.unsubscribed),
        "unsubscribed_count": text(tally.unsubscribed),
    })
}

/// A series of days; the figures are text on every other one.
pub(super) fn day_series(days: &[Value]) -> Value {
    json!({
        "success": true,
        "message": "Day wise overall stats fetched successfully!",
        "data": {"day_wise_stats": days},
    })
}

/// A day of the series. Its date has no year.
pub(super) fn day(date: Date, tally: &Tally) -> Value {
    let is_text = date.day() % 2 == 1;
    let figure = |count: u64| if is_text { json!(count.to_string()) } else { json!(count) };
    json!({
        "date": date.strftime("%-d %b").to_string(),
        "day_name": date.strftime("%A").to_string(),
        "email_engagement_metrics": {
            "sent": figure(tally.sent),
            "opened": figure(tally.opened),
            "replied": figure(tally.replied),
            "bounced": figure(tally.bounced),
            "unsubscribed": figure(tally.unsubscribed),
        },
    })
}

/// A category; the account's own, which have large ids, are younger.
pub(super) fn category(category: &Category) -> Value {
    let created = if category.id < 10 { "2023-05-04T11:32:18.905Z" } else { "2026-03-17T16:20:44.310Z" };
    json!({
        "id": category.id,
        "created_at": created,
        "name": category.name,
        "sentiment_type": category.sentiment,
    })
}

/// A mailbox with all its secrets; where it is opened without a password there are none, nor a host.
pub(super) fn mailbox(mailbox: &Mailbox, today: Date) -> Value {
    let port = |port: u16| mailbox.kind.has_password().then_some(port);
    let port_type = mailbox.kind.has_password().then_some("SSL");
    let login = mailbox.kind.has_password().then_some(&mailbox.address);
    let secret = |mask: u64| {
        mailbox.kind.has_password().then(|| format!("mailbox-secret-{:016x}", mailbox.secret ^ mask))
    };
    json!({
        "id": mailbox.id,
        "created_at": format!("{}T06:14:07.250Z", mailbox.created),
        "expires_at": if mailbox.kind.has_password() { None } else { Some("2028-01-31T00:00:00.000Z") },
        "updated_at": format!("{today}T04:02:51.640Z"),
        "user_id": USER_ID,
        "from_name": format!("{} {}", mailbox.first_name, mailbox.last_name),
        "from_email": mailbox.address,
        "minTimeToWaitInMins": 5 + mailbox.secret % 16,
        "username": mailbox.address,
        "password": secret(0),
        "smtp_host": mailbox.host("smtp"),
        "smtp_port": port(465),
        "smtp_port_type": port_type,
        "message_per_day": mailbox.per_day,
        "different_reply_to_address": "",
        "is_different_imap_account": false,
        "imap_username": login,
        "imap_password": secret(u64::MAX),
        "imap_host": mailbox.host("imap"),
        "imap_port": port(993),
        "imap_port_type": port_type,
        "signature": format!("<div>{}<br>{}</div>", mailbox.first_name, mailbox.domain),
        "custom_tracking_domain": mailbox.tracking_domain.as_deref().unwrap_or_default(),
        "bcc_email": null,
        "is_smtp_success": mailbox.smtp_failure.is_none(),
        "is_imap_success": mailbox.imap_failure.is_none(),
        "smtp_failure_error": mailbox.smtp_failure,
        "imap_failure_error": mailbox.imap_failure,
        "type": mailbox.kind.word(),
        "daily_sent_count": mailbox.sent_on(today),
        "client_id": mailbox.client.map(|client| client.id),
        "campaign_count": mailbox.campaigns,
        "is_connected_to_campaign": mailbox.campaigns > 0,
        "tags": [],
        "warmup_details": mailbox.warmup.as_ref().map(|warmup| warmup_details(mailbox, warmup, today)),
    })
}

fn warmup_details(mailbox: &Mailbox, warmup: &Warmup, today: Date) -> Value {
    let (sent, spam) = mailbox.warmed(warmup, today);
    json!({
        "status": warmup.status,
        "total_sent_count": sent,
        "total_spam_count": spam,
        "warmup_reputation": format!("{}%", warmup.reputation),
        "warmup_key_id": warmup.key,
        "warmup_created_at": format!("{}T06:20:44.118Z", mailbox.created),
        "reply_rate": warmup.reply_rate,
        "blocked_reason": (warmup.status == "BLOCKED").then_some("Too many mails were taken for spam"),
        "warmup_min_count": 4,
        "warmup_max_count": warmup.per_day,
        "max_email_per_day": warmup.per_day,
    })
}

/// A step. One with variants has no text of its own.
pub(super) fn step(campaign: &Campaign, step: &Step) -> Value {
    let variants: Vec<Value> = step.variants.iter().map(|one| variant(campaign, step, one)).collect();
    let without = if step.id.is_multiple_of(3) { json!([]) } else { Value::Null };
    json!({
        "id": step.id,
        "created_at": millis(campaign.created),
        "updated_at": millis(campaign.created),
        "email_campaign_id": campaign.id,
        "seq_number": step.number,
        "subject": step.mail.as_ref().map_or("", |mail| mail.subject),
        "email_body": step.mail.as_ref().map_or("", |mail| mail.body.as_str()),
        "seq_delay_details": {"delayInDays": step.delay},
        "seq_type": "EMAIL",
        "sequence_variants": if variants.is_empty() { without } else { json!(variants) },
    })
}

fn variant(campaign: &Campaign, step: &Step, variant: &Variant) -> Value {
    let distribution = match variant.id % 4 {
        0 => json!(100 / step.variants.len()),
        1 => json!("None"),
        _ => Value::Null,
    };
    json!({
        "id": variant.id,
        "created_at": millis(campaign.created),
        "updated_at": millis(campaign.created),
        "is_deleted": variant.is_deleted,
        "subject": variant.mail.subject,
        "email_body": variant.mail.body,
        "email_campaign_seq_id": step.id,
        "variant_label": variant.label,
        "variant_distribution_percentage": distribution,
    })
}

/// A lead in its place in a campaign.
pub(super) fn lead(campaign: &Campaign, lead: &Lead) -> Value {
    let map_id = if lead.id.is_multiple_of(3) { json!(lead.map_id) } else { json!(lead.map_id.to_string()) };
    let client = client_of(campaign).filter(|_| lead.is_unsubscribed);
    let clients: Map<_, _> = client.map(|client| (client.id.to_string(), json!(true))).into_iter().collect();
    json!({
        "campaign_lead_map_id": map_id,
        "lead_category_id": lead.category.map(|category| category.id),
        "status": lead.state.word(),
        "created_at": millis(campaign.created),
        "lead": {
            "id": lead.id,
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "email": lead.email,
            "phone_number": lead.phone,
            "company_name": lead.company,
            "website": lead.website,
            "location": lead.town,
            "custom_fields": lead.job.map_or(json!({}), |job| json!({ "job_title": job })),
            "linkedin_profile": lead.profile(),
            "company_url": null,
            "is_unsubscribed": lead.is_unsubscribed,
            "unsubscribed_client_id_map": clients,
        },
    })
}

/// A mail with what became of it.
pub(super) fn mail(steps: &[Step], mail: &Mail, lead: &Lead) -> Value {
    let (step, variant, subject, body) = mail.letter(steps, lead).unwrap_or_default();
    json!({
        "lead_name": format!("{} {}", lead.first_name, lead.last_name),
        "lead_email": lead.email,
        "lead_category": lead.category.map(|category| category.name),
        "sequence_number": mail.step,
        "stats_id": mail.stats_id,
        "email_campaign_seq_id": step,
        "seq_variant_id": variant,
        "email_subject": subject,
        "email_message": body,
        "sent_time": millis(mail.sent),
        "open_time": mail.opened().map(millis),
        "click_time": mail.clicked().map(millis),
        "reply_time": mail.replied().map(millis),
        "open_count": mail.opens,
        "click_count": u64::from(mail.is_clicked),
        "is_unsubscribed": lead.is_unsubscribed,
        "is_bounced": mail.is_bounced,
        "ignore_reply": false,
    })
}

/// What was written to a lead because of a mail, and what came back.
pub(super) fn messages(steps: &[Step], mail: &Mail, lead: &Lead) -> Vec<Value> {
    let (_, _, subject, body) = mail.letter(steps, lead).unwrap_or_default();
    let mut messages = vec![json!({
        "stats_id": mail.stats_id, "type": "SENT", "message_id": mail.message_id(), "time": millis(mail.sent),
        "email_body": body, "subject": subject, "cc_emails": [],
    })];
    if let Some(at) = mail.replied() {
        messages.push(json!({
            "stats_id": mail.stats_id, "type": "REPLY", "message_id": mail.reply_id(),
            "time": at.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string(),
            "email_body": format!("<p>{}</p>", mail.reply().replace('\n', "<br>")), "cc_emails": [],
        }));
    }
    messages
}

/// A lead by itself.
pub(super) fn lead_alone(lead: &Lead) -> Value {
    json!({
        "id": lead.id.to_string(),
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "email": lead.email,
        "phone_number": lead.phone,
        "company_name": lead.company,
        "website": lead.website,
        "location": lead.town,
        "custom_fields": lead.job.map_or(json!({}), |job| json!({ "job_title": job })),
        "linkedin_profile": lead.profile(),
        "is_unsubscribed": lead.is_unsubscribed,
    })
}

fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
