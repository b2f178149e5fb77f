//! What the service answers as documented: flat records, counters as numbers.

use serde_json::{Value, json};

use super::USER_ID;
use super::account::{Book, client_of};
use super::campaign::{Campaign, Schedule};

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
    let counts = campaign.counts(book.today);
    let leads = campaign.lead_states(book.today);
    let clicks = if campaign.tracking.clicks { counts.opened / 25 } else { 0 };
    json!({
        "sent_count": counts.sent,
        "unique_sent_count": campaign.reached(book.today),
        "open_count": counts.opened * 8 / 5,
        "unique_open_count": counts.opened,
        "click_count": clicks * 5 / 4,
        "unique_click_count": clicks,
        "reply_count": counts.replied,
        "bounce_count": counts.bounced,
        "unsubscribe_count": counts.unsubscribed,
        "total_count": leads.total,
        "drafted_count": 0,
        "campaign_lead_stats": {
            "total": leads.total,
            "notStarted": leads.not_started,
            "inprogress": leads.in_progress,
            "completed": leads.completed,
            "blocked": leads.blocked,
            "paused": leads.paused,
            "unsubscribed": counts.unsubscribed,
        },
    })
}
