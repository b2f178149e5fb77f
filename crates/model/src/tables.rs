//! The destination tables, as data. Parents stand before the tables that hang from them.

use crate::table::Kind::{Boolean, Date, Integer, Json, Real, Text, Timestamp};
use crate::table::{
    Column, Rule, Table, counter, difference, first, highest, kept, latest, lowest, plain, ratio, read_time,
    settled,
};

/// Every destination table, parents first: the order in which rows are written and dumps are made.
pub const ALL: &[&Table] = &[
    &CLIENTS,
    &LEAD_CATEGORIES,
    &CAMPAIGNS,
    &SEQUENCES,
    &CAMPAIGN_VARIANTS,
    &EMAIL_ACCOUNTS,
    &COMPANIES,
    &CONTACTS,
    &ENROLLMENTS,
    &ENROLLMENT_SNAPSHOTS,
    &LIFETIME_READINGS,
    &DAILY_OBSERVATIONS,
    &DAILY_METRICS,
    &PEOPLE,
    &EMAIL_ACTIVITIES,
    &HOURLY_METRICS,
    &SOURCE_DAYS,
    &CAMPAIGN_MONTHS,
    &SOURCE_HOURS,
    &MAILBOX_DAYS,
    &MAILBOX_MONTHS,
    &PROFILES,
    &CALL_SESSIONS,
    &CALL_ACTIVITIES,
];

/// The table of that name.
pub fn table(name: &str) -> Option<&'static Table> {
    ALL.iter().copied().chain([&DATA_SOURCES]).find(|table| table.name == name)
}

/// The data source itself, of which an answer may tell figures of the whole account. Its key is the source, so it is not
/// among the tables of [`ALL`], and what is told is laid over what is known.
pub static DATA_SOURCES: Table =
    Table { name: "data_sources", key: &[], columns: &[plain("additional_config", Json)] };

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
        latest("positive_replies", Integer, "positive_rank"),
        latest("positive_rank", Integer, "positive_rank"),
        difference("total_delivered", "total_sent", "total_bounced"),
        ratio("reply_rate", "total_replied", "total_delivered"),
        ratio("bounce_rate", "total_bounced", "total_sent"),
        ratio("positive_rate", "positive_replies", "total_delivered"),
        plain("metrics_hash", Text),
        plain("seen_hash", Text),
        plain("wide_hash", Text),
        plain("totals_fingerprint", Text),
        lowest("days_read_from", Date),
        highest("days_read_to", Date),
        lowest("activities_read_from", Date),
        highest("activities_read_to", Date),
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

/// How an account sorts replies.
pub static LEAD_CATEGORIES: Table = Table {
    name: "lead_categories",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("name", Text),
        plain("color", Text),
        plain("is_positive", Boolean),
        plain("is_meeting", Boolean),
        plain("is_ooo", Boolean),
        plain("sort_order", Integer),
        plain("reply_category", Text),
        plain("sentiment", Text),
    ],
};

/// The steps of a campaign, counted.
pub static SEQUENCES: Table = Table {
    name: "sequences",
    key: &["campaign_id"],
    columns: &[
        plain("campaign_id", Text),
        latest("step_count", Integer, "step_rank"),
        latest("step_rank", Integer, "step_rank"),
    ],
};

/// E-mail templates: one row a step, or a row for each variant of a step that has variants.
pub static CAMPAIGN_VARIANTS: Table = Table {
    name: "campaign_variants",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("campaign_id", Text),
        plain("step_number", Integer),
        plain("step_type", Text),
        plain("variant_label", Text),
        plain("subject_line", Text),
        plain("body_html", Text),
        plain("body_plain", Text),
        plain("body_preview", Text),
        plain("personalization_vars", Json),
        plain("delay_days", Real),
        plain("send_as_reply", Boolean),
        plain("is_deleted", Boolean),
    ],
};

/// Mailboxes that campaigns send from.
pub static EMAIL_ACCOUNTS: Table = Table {
    name: "email_accounts",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("client_id", Text),
        plain("from_email", Text),
        plain("from_name", Text),
        plain("account_type", Text),
        plain("is_active", Boolean),
        plain("smtp_host", Text),
        plain("smtp_port", Integer),
        plain("is_smtp_success", Boolean),
        plain("smtp_failure_error", Text),
        plain("imap_host", Text),
        plain("imap_port", Integer),
        plain("is_imap_success", Boolean),
        plain("imap_failure_error", Text),
        counter("message_per_day"),
        counter("daily_sent_count"),
        plain("warmup_enabled", Boolean),
        plain("warmup_status", Text),
        counter("warmup_reputation"),
        counter("total_spam_count"),
        counter("warmup_sent_count"),
        plain("tracking_domain", Text),
    ],
};

/// Whom leads work for: known by their domain, else by their name.
pub static COMPANIES: Table = Table {
    name: "companies",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("name", Text),
        plain("domain", Text),
        plain("website", Text),
    ],
};

/// Leads, with the state of the campaign that they entered last.
pub static CONTACTS: Table = Table {
    name: "contacts",
    key: &["external_lead_id"],
    columns: &[
        plain("external_lead_id", Text),
        plain("email", Text),
        plain("first_name", Text),
        plain("last_name", Text),
        plain("title", Text),
        plain("phone", Text),
        plain("phone_key", Text),
        plain("crm_id", Text),
        plain("do_not_call", Boolean),
        plain("phone_e164", Text),
        settled("person_key"),
        plain("linkedin_url", Text),
        plain("company_id", Text),
        plain("is_unsubscribed", Boolean),
        plain("email_status", Text),
        latest("enrolled_at", Timestamp, "enrolled_at"),
        latest("sequence_status", Text, "enrolled_at"),
        latest("is_interested", Boolean, "enrolled_at"),
        latest("current_step", Integer, "enrolled_at"),
        latest("open_count", Integer, "enrolled_at"),
        latest("reply_count", Integer, "enrolled_at"),
        plain("last_call_at", Timestamp),
        plain("extra", Json),
    ],
};

/// A lead in a campaign.
pub static ENROLLMENTS: Table = Table {
    name: "enrollments",
    key: &["campaign_id", "external_lead_id"],
    columns: &[
        plain("campaign_id", Text),
        plain("external_lead_id", Text),
        plain("map_id", Text),
        plain("status", Text),
        plain("category_id", Text),
        plain("category", Text),
        plain("is_interested", Boolean),
        plain("current_step", Integer),
        plain("enrolled_at", Timestamp),
        counter("open_count"),
        counter("reply_count"),
        settled("person_key"),
        read_time("updated_at"),
    ],
};

/// One person across services, by client; worked out from contacts, enrolments and calls. Its `source_id` is 0.
pub static PEOPLE: Table = Table {
    name: "people",
    key: &["person_key"],
    columns: &[
        plain("person_key", Text),
        plain("smartlead_first_at", Timestamp),
        plain("smartlead_last_at", Timestamp),
        plain("replyio_first_at", Timestamp),
        plain("replyio_last_at", Timestamp),
        plain("phoneburner_first_at", Timestamp),
        plain("phoneburner_last_at", Timestamp),
    ],
};

/// A campaign's lifetime figures as first and last read on a day, by the endpoint that told them: two of one origin tell
/// what happened between them.
pub static LIFETIME_READINGS: Table = Table {
    name: "lifetime_readings",
    key: &["campaign_id", "date", "origin"],
    columns: &[
        plain("campaign_id", Text),
        plain("date", Date),
        plain("origin", Text),
        first("first_sent"),
        counter("last_sent"),
        first("first_opened"),
        counter("last_opened"),
        first("first_replied"),
        counter("last_replied"),
        first("first_bounced"),
        counter("last_bounced"),
        first("first_unsubscribed"),
        counter("last_unsubscribed"),
        first("first_positive"),
        counter("last_positive"),
    ],
};

/// What one witness says about a campaign's day: `vendor` (the service's figures by day), `events` (counted from single
/// events), `delta` (how far the lifetime figures moved).
pub static DAILY_OBSERVATIONS: Table = Table {
    name: "daily_observations",
    key: &["campaign_id", "date", "witness"],
    columns: &[
        plain("campaign_id", Text),
        plain("date", Date),
        plain("witness", Text),
        counter("emails_sent"),
        counter("emails_opened"),
        counter("unique_opens"),
        counter("emails_clicked"),
        counter("emails_replied"),
        counter("emails_bounced"),
        counter("emails_unsubscribed"),
        counter("positive_replies"),
        counter("reply_messages"),
    ],
};

/// A campaign's figures by day, settled from what the witnesses say: per figure the larger of `vendor` and `events`,
/// and `delta` where both are silent.
pub static DAILY_METRICS: Table = Table {
    name: "daily_metrics",
    key: &["campaign_id", "date"],
    columns: &[
        plain("campaign_id", Text),
        plain("date", Date),
        counter("emails_sent"),
        counter("emails_opened"),
        counter("unique_opens"),
        counter("emails_clicked"),
        counter("emails_replied"),
        counter("emails_bounced"),
        counter("emails_unsubscribed"),
        counter("positive_replies"),
        counter("reply_messages"),
        plain("is_estimated", Boolean),
    ],
};

/// Single events of e-mails: one row a fact, however often it is told. Without campaign it is of none (`''`).
pub static EMAIL_ACTIVITIES: Table = Table {
    name: "email_activities",
    key: &["campaign_id", "event_key"],
    columns: &[
        plain("campaign_id", Text),
        plain("event_key", Text),
        plain("event", Text),
        plain("occurred_at", Timestamp),
        plain("metric_date", Date),
        plain("hour_of_day", Integer),
        plain("contact_id", Text),
        plain("lead_email", Text),
        plain("email_account_id", Text),
        plain("from_email", Text),
        plain("step_number", Integer),
        plain("step_told", Integer),
        plain("variant_id", Text),
        plain("variant_label", Text),
        plain("sent_id", Text),
        plain("message_id", Text),
        plain("subject", Text),
        plain("body_plain", Text),
        plain("body_html", Text),
        plain("replied_by", Text),
        plain("link", Text),
        plain("bounce_type", Text),
        plain("bounce_reason", Text),
        plain("is_sender_bounce", Boolean),
        plain("category", Text),
        plain("category_id", Text),
        plain("reply_category", Text),
        plain("sentiment", Text),
        plain("is_positive", Boolean),
        plain("confidence", Real),
        plain("needs_review", Boolean),
        plain("classified_by", Text),
        plain("returns_on", Date),
        plain("is_manual", Boolean),
        plain("via", Text),
        plain("is_time_known", Boolean),
        plain("is_polled", Boolean),
        plain("counts_message", Boolean),
        plain("counts_lead", Boolean),
        plain("counts_positive", Boolean),
        Column { name: "told_in", kind: Integer, rule: Rule::ReadTime },
    ],
};

/// A campaign's figures by hour of the account's day, counted from single events.
pub static HOURLY_METRICS: Table = Table {
    name: "hourly_metrics",
    key: &["campaign_id", "metric_date", "hour_of_day"],
    columns: &[
        plain("campaign_id", Text),
        plain("metric_date", Date),
        plain("hour_of_day", Integer),
        plain("day_of_week", Integer),
        counter("emails_sent"),
        counter("emails_opened"),
        counter("emails_clicked"),
        counter("emails_replied"),
        counter("emails_bounced"),
    ],
};

/// The columns of sums over days of campaigns, behind those of a key: a sum beside on how many of the days it is known,
/// and the parts of each rate over days on which both are. What comes to 0 is empty.
macro_rules! with_sums_of_days {
    ($($key:expr),*) => {
        &[
            $($key,)*
            counter("days"),
            counter("days_estimated"),
            counter("emails_sent"),
            counter("emails_sent_known"),
            counter("emails_delivered"),
            counter("emails_delivered_known"),
            counter("emails_opened"),
            counter("emails_opened_known"),
            counter("unique_opens"),
            counter("unique_opens_known"),
            counter("emails_clicked"),
            counter("emails_clicked_known"),
            counter("emails_replied"),
            counter("emails_replied_known"),
            counter("emails_bounced"),
            counter("emails_bounced_known"),
            counter("emails_unsubscribed"),
            counter("emails_unsubscribed_known"),
            counter("positive_replies"),
            counter("positive_replies_known"),
            counter("reply_messages"),
            counter("reply_messages_known"),
            counter("reply_rate_numerator"),
            counter("reply_rate_denominator"),
            counter("reply_rate_known"),
            counter("positive_rate_numerator"),
            counter("positive_rate_denominator"),
            counter("positive_rate_known"),
            counter("bounce_rate_numerator"),
            counter("bounce_rate_denominator"),
            counter("bounce_rate_known"),
        ]
    };
}

/// Days of a whole source: the sums of its campaigns' days.
pub static SOURCE_DAYS: Table =
    Table { name: "source_days", key: &["date"], columns: with_sums_of_days![plain("date", Date)] };

/// Months of campaigns, as `2026-11`: the sums of their days.
pub static CAMPAIGN_MONTHS: Table = Table {
    name: "campaign_months",
    key: &["campaign_id", "month"],
    columns: with_sums_of_days![plain("campaign_id", Text), plain("month", Text)],
};

/// Hours of a whole source: the sums of its campaigns' hours.
pub static SOURCE_HOURS: Table = Table {
    name: "source_hours",
    key: &["metric_date", "hour_of_day"],
    columns: &[
        plain("metric_date", Date),
        plain("hour_of_day", Integer),
        plain("day_of_week", Integer),
        counter("emails_sent"),
        counter("emails_opened"),
        counter("emails_clicked"),
        counter("emails_replied"),
        counter("emails_bounced"),
    ],
};

/// Days of mailboxes, each named by its id, or by its address where no event knows its id: the sums of their mails.
pub static MAILBOX_DAYS: Table = Table {
    name: "mailbox_days",
    key: &["date", "mailbox"],
    columns: &[
        plain("date", Date),
        plain("mailbox", Text),
        counter("emails_sent"),
        counter("emails_bounced"),
    ],
};

/// Months of mailboxes, as `2026-11`: the sums of their days.
pub static MAILBOX_MONTHS: Table = Table {
    name: "mailbox_months",
    key: &["month", "mailbox"],
    columns: &[
        plain("month", Text),
        plain("mailbox", Text),
        counter("emails_sent"),
        counter("emails_bounced"),
    ],
};

/// The people of an account.
pub static PROFILES: Table = Table {
    name: "profiles",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("first_name", Text),
        plain("last_name", Text),
        plain("email", Text),
        plain("extra", Json),
    ],
};

/// Sittings in which somebody dials one contact after the other. Without a `client_id`, as of campaigns, they are the
/// source's own client's.
pub static CALL_SESSIONS: Table = Table {
    name: "call_sessions",
    key: &["external_id"],
    columns: &[
        plain("external_id", Text),
        plain("client_id", Text),
        kept("caller_user_id", Text),
        kept("started_at", Timestamp),
        kept("ended_at", Timestamp),
        counter("call_count"),
        plain("seen_hash", Text),
        plain("extra", Json),
    ],
};

/// Single calls. Those of a session (`call`) and those among a contact's activities (`activity`) are two series of
/// numbers; an activity that is a known call says which in `same_call_id`, and is not counted.
pub static CALL_ACTIVITIES: Table = Table {
    name: "call_activities",
    key: &["origin", "external_id"],
    columns: &[
        plain("origin", Text),
        plain("external_id", Text),
        kept("session_id", Text),
        kept("contact_id", Text),
        kept("caller_user_id", Text),
        kept("started_at", Timestamp),
        kept("ended_at", Timestamp),
        counter("duration_seconds"),
        kept("disposition", Text),
        kept("disposition_normal", Text),
        kept("is_connected", Boolean),
        kept("is_voicemail", Boolean),
        kept("notes", Text),
        kept("phone", Text),
        kept("phone_key", Text),
        kept("crm_id", Text),
        kept("recording_url", Text),
        plain("same_call_id", Text),
        read_time("told_at"),
        kept("is_final", Boolean),
        plain("extra", Json),
    ],
};
