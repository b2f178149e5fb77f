//! The destination tables, as data. Parents stand before the tables that hang from them.

use crate::table::Kind::{Boolean, Date, Integer, Json, Text, Timestamp};
use crate::table::{Table, counter, difference, plain, ratio, read_time};

/// Every destination table, parents first: the order in which rows are written and dumps are made.
pub const ALL: &[&Table] = &[&CLIENTS, &CAMPAIGNS, &ENROLLMENT_SNAPSHOTS];

/// The table of that name.
pub fn table(name: &str) -> Option<&'static Table> {
    ALL.iter().copied().find(|table| table.name == name)
}

/// Whom campaigns are run for.
pub static CLIENTS: Table = Table {
    name: "clients",
    key: &["external_id"],
    columns: &[plain("external_id", Text), plain("name", Text), plain("origin", Text)],
};

/// Campaigns (SmartLead) and sequences (Reply.io), with their lifetime figures.
pub static CAMPAIGNS: Table = Table {
    name: "campaigns",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("name", Text),
        plain("status", Text),
        plain("started_at", Timestamp),
        plain("schedule_config", Json),
        plain("min_time_between_emails", Integer),
        plain("max_leads_per_day", Integer),
        plain("timezone", Text),
        plain("owner_id", Text),
        plain("team_id", Text),
        plain("client_id", Text),
        plain("parent_campaign_id", Text),
        plain("is_archived", Boolean),
        plain("track_settings", Json),
        plain("stop_lead_settings", Json),
        plain("settings", Json),
        counter("total_sent"),
        counter("total_opened"),
        counter("total_replied"),
        counter("total_bounced"),
        counter("total_unsubscribed"),
        counter("positive_replies"),
        difference("total_delivered", "total_sent", "total_bounced"),
        ratio("reply_rate", "total_replied", "total_delivered"),
        ratio("bounce_rate", "total_bounced", "total_sent"),
        ratio("positive_rate", "positive_replies", "total_delivered"),
        plain("metrics_hash", Text),
        plain("totals_fingerprint", Text),
        read_time("last_synced_at"),
    ],
};

/// How far the leads of a campaign have come, once a day; the last reading of a day stays.
pub static ENROLLMENT_SNAPSHOTS: Table = Table {
    name: "enrollment_snapshots",
    key: &["campaign_id", "date"],
    columns: &[
        plain("campaign_id", Text),
        plain("date", Date),
        counter("total_leads"),
        counter("not_started"),
        counter("in_progress"),
        counter("completed"),
        counter("blocked"),
        counter("paused"),
        counter("stopped"),
        counter("unsubscribed"),
    ],
};
