//! What the service answers as observed: counters as text, settings in every spelling that has been seen.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::USER_ID;
use super::account::{Book, client_of};
use super::campaign::{Campaign, Schedule};

/// A campaign's record in the list. Its place in the order of age decides how it is spelled.
pub(super) fn campaign(book: &Book, place: usize, campaign: &Campaign) -> Value {
    json!({
        "id": campaign.id,
        "user_id": USER_ID,
        "created_at": created_at(place, campaign),
        "updated_at": campaign.updated(book.today).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
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
    let counts = campaign.counts(book.today);
    let leads = campaign.lead_states(book.today);
    let clicks = if campaign.tracking.clicks { counts.opened / 25 } else { 0 };
    let client = client_of(campaign);
    let text = |count: u64| count.to_string();
    let mut answer = json!({
        "id": campaign.id,
        "user_id": USER_ID,
        "name": campaign.name,
        "status": campaign.status(book.today).word(),
        "created_at": created_at(place, campaign),
        "sent_count": text(counts.sent),
        "unique_sent_count": text(campaign.reached(book.today)),
        "open_count": text(counts.opened * 8 / 5),
        "unique_open_count": text(counts.opened),
        "click_count": text(clicks * 5 / 4),
        "unique_click_count": text(clicks),
        "reply_count": text(counts.replied),
        "block_count": text(leads.blocked),
        "total_count": text(campaign.planned_mails()),
        "drafted_count": text(0),
        "bounce_count": text(counts.bounced),
        "unsubscribed_count": text(counts.unsubscribed),
        "sequence_count": text(campaign.steps),
        "campaign_lead_stats": {
            "total": leads.total,
            "notStarted": leads.not_started,
            "inprogress": leads.in_progress,
            "paused": leads.paused,
            "completed": leads.completed,
            "stopped": leads.stopped,
            "blocked": leads.blocked,
            "interested": counts.replied * campaign.positive / 100,
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
        for name in ["total_count", "unique_sent_count", "unique_click_count"] {
            super::drop_field(&mut answer, name);
        }
    }
    answer
}

/// Every campaign that sent within the window, with the sums of its days; the figures are text for one in three.
pub(super) fn overall_stats(book: &Book, from: Date, to: Date) -> Value {
    let performance: Value = book
        .campaigns
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(place, campaign)| performance(book, place, campaign, from, to))
        .collect();
    json!({
        "success": true,
        "message": "Campaign performance fetched successfully!",
        "data": {"campaign_wise_performance": performance},
    })
}

fn performance(book: &Book, place: usize, campaign: &Campaign, from: Date, to: Date) -> Option<Value> {
    let through = campaign.counts(to.min(book.today));
    let before = from.yesterday().map(|before| campaign.counts(before.min(book.today))).unwrap_or_default();
    if through.sent == before.sent {
        return None;
    }
    let figure = |through: u64, before: u64| match place % 3 {
        2 => json!((through - before).to_string()),
        _ => json!(through - before),
    };
    Some(json!({
        "id": campaign.id,
        "campaign_name": campaign.name,
        "sent": figure(through.sent, before.sent),
        "opened": figure(through.opened, before.opened),
        "replied": figure(through.replied, before.replied),
        "bounced": figure(through.bounced, before.bounced),
    }))
}
