//! Which views there are: flat, with the names of client and campaign in each.

use atlas_model::findings::COPY_PATTERNS;
use atlas_model::{CALL_METRICS, JOURNEY_METRICS, METRICS, counts};

use crate::report::journeys::{BESIDE_LEAD, OTHER_STAGES, REPLIED, SENT, emailed, first, is_told, replied};
use crate::report::replies::{CORRECTED, KEY_OF_REPLY, SORTED};
use crate::report::view::{View, if_known};
use crate::sql::{client_id_of, reason_of};

/// Whose it is: see `crate::clients`.
const CLIENT_ID: (&str, &str, &str) = ("client_id", "k.external_id", "The client's id in this account.");
const CLIENT_NAME: (&str, &str, &str) = (
    "client_name",
    "COALESCE(k.name, 'client ' || k.external_id)",
    "Whom it is done for; a client whose name is not told yet by its number.",
);
const SOURCE_ID: &str = "The number of the data source.";
const PLATFORM: &str = "The service: smartlead, replyio, phoneburner.";
const SOURCE_NAME: &str = "What the data source is called.";
const CLIENT: &str = "Whom it is done for.";
const CAMPAIGN_ID: &str = "The campaign's id at the service.";
const CAMPAIGN_NAME: &str = "The campaign's name.";
const STATUS: &str = "active, paused, archived, … as the service says; put away is archived.";
const PARENT: &str = "The campaign that it is a sub-sequence of.";
const OWNER: &str = "Whose campaign it is: a member's id at the service.";
const ACCOUNTS: &str = "JOIN data_sources d ON d.id = ";

/// The columns that tell whose campaign a row is of, taken from `report_campaigns` as `c`.
const OF_CAMPAIGN: &[(&str, &str, &str)] = &[
    ("source_id", "c.source_id", SOURCE_ID),
    ("platform", "c.platform", PLATFORM),
    ("source_name", "c.source_name", SOURCE_NAME),
    ("client_id", "c.client_id", "The client's id in this account."),
    ("client_name", "c.client_name", CLIENT),
    ("campaign_id", "c.campaign_id", CAMPAIGN_ID),
    ("campaign_name", "c.campaign_name", CAMPAIGN_NAME),
    ("status", "c.status", STATUS),
    ("parent_campaign_id", "c.parent_campaign_id", PARENT),
    ("owner_id", "c.owner_id", OWNER),
];

/// The client whom a whole account is used for, as `k`.
const OWN_CLIENT: &str = "LEFT JOIN clients k ON k.source_id = d.id AND k.external_id = 'source'";

/// The columns that tell whose source a row is of: the source is `d`, its own client `k`.
const OF_SOURCE: &[(&str, &str, &str)] = &[
    ("source_id", "d.id", SOURCE_ID),
    ("platform", "d.platform", PLATFORM),
    ("source_name", "d.name", SOURCE_NAME),
    CLIENT_ID,
    CLIENT_NAME,
];

/// All of them, those first that others are made of.
pub(crate) fn all() -> Vec<View> {
    vec![
        campaigns(),
        clients(),
        days(),
        source_days(),
        hours(),
        source_hours(),
        enrollments(),
        variants(),
        patterns(),
        replies(),
        corrections(),
        alerts(),
        accounts(),
        calls(),
        journeys(),
        outcomes(),
    ]
}

fn campaigns() -> View {
    View::new(
        "report_campaigns",
        "One row per campaign, with its lifetime figures as the service counts them.",
        format!(
            "FROM campaigns c {ACCOUNTS} c.source_id LEFT JOIN clients k ON k.source_id = c.source_id \
             AND k.external_id = {}",
            client_id_of("c", "d"),
        ),
    )
    .with(&[
        ("source_id", "c.source_id", SOURCE_ID),
        ("platform", "d.platform", PLATFORM),
        ("source_name", "d.name", SOURCE_NAME),
        CLIENT_ID,
        CLIENT_NAME,
        ("client_because", &reason_of("c", "d"), "What says so: hand, rule, source (its client), service."),
        ("campaign_id", "c.external_id", CAMPAIGN_ID),
        ("campaign_name", "c.name", CAMPAIGN_NAME),
        ("status", "CASE WHEN c.is_archived THEN 'archived' ELSE c.status END", STATUS),
        ("parent_campaign_id", "c.parent_campaign_id", PARENT),
        ("owner_id", "c.owner_id", OWNER),
        ("started_at", "c.started_at", "When it was created."),
    ])
    .with_figures(METRICS, &|metric| Some(metric.name), &|name| format!("c.{name}"))
    .with(&[("last_synced_at", "c.last_synced_at", "When its figures were last read.")])
}

fn clients() -> View {
    let ends = [
        ("oldest_figure_at", "MIN(last_synced_at)", "When the oldest figures among them were read."),
        ("newest_figure_at", "MAX(last_synced_at)", "When the newest were."),
    ];
    View::new(
        "report_clients",
        "One row per source and client: lifetime figures of its campaigns, sub-sequences among them.",
        "FROM report_campaigns GROUP BY source_id, platform, source_name, client_id, client_name",
    )
    .with(&[
        ("source_id", "source_id", SOURCE_ID),
        ("platform", "platform", PLATFORM),
        ("source_name", "source_name", SOURCE_NAME),
        ("client_id", "client_id", CLIENT_ID.2),
        ("client_name", "client_name", CLIENT),
        ("campaigns", "CAST(COUNT(*) AS BIGINT)", "Campaigns, sub-sequences among them."),
        (
            "sub_sequences",
            "CAST(SUM(CASE WHEN parent_campaign_id IS NULL THEN 0 ELSE 1 END) AS BIGINT)",
            "Sub-sequences.",
        ),
        (
            "campaigns_active",
            "CAST(SUM(CASE WHEN status = 'active' THEN 1 ELSE 0 END) AS BIGINT)",
            "Campaigns that run.",
        ),
    ])
    .with_sums(METRICS, "Campaigns")
    .with(&ends)
}

// Of days and hours a client's or a campaign's are looked for, so campaigns come first: SQLite keeps the order of a cross
// join. Each campaign's are then found by their key.

fn days() -> View {
    let figure = |name: &str| match name {
        "emails_delivered" => "(m.emails_sent - m.emails_bounced)".to_owned(),
        name => format!("m.{name}"),
    };
    View::new(
        "report_days",
        "One row per campaign and day of the account, as settled from all that tells of it.",
        "FROM report_campaigns c CROSS JOIN daily_metrics m \
         WHERE m.source_id = c.source_id AND m.campaign_id = c.campaign_id",
    )
    .with(OF_CAMPAIGN)
    .with(&[
        ("date", "m.date", "The account's day."),
        ("emails_opened", "m.emails_opened", "Opens, each counted."),
        ("emails_clicked", "m.emails_clicked", "Clicks, each counted."),
        ("reply_messages", "m.reply_messages", "Replies, each message counted."),
    ])
    .with_figures(METRICS, &|metric| metric.day, &figure)
    .with(&[(
        "is_estimated",
        "m.is_estimated",
        "Whether a figure of it follows from how lifetime figures moved.",
    )])
}

fn source_days() -> View {
    let figure = |name: &str| if_known("m", name, name);
    View::new(
        "report_source_days",
        "One row per source and day of the account: the sums of its campaigns' days.",
        format!("FROM source_days m {ACCOUNTS} m.source_id {OWN_CLIENT}"),
    )
    .with(OF_SOURCE)
    .with(&[
        ("date", "m.date", "The account's day."),
        ("days", "m.days", "Campaigns of which the day is stored."),
        (
            "days_estimated",
            "CAST(COALESCE(m.days_estimated, 0) AS BIGINT)",
            "Those among them with an estimated figure.",
        ),
        ("emails_opened", &figure("emails_opened"), "Opens, each counted."),
        ("emails_clicked", &figure("emails_clicked"), "Clicks, each counted."),
        ("reply_messages", &figure("reply_messages"), "Replies, each message counted."),
    ])
    .with_told(METRICS, "m", "Campaigns' days")
}

const HOURS: [(&str, &str, &str); 7] = [
    ("hour_of_day", "h.hour_of_day", "0 to 23."),
    ("day_of_week", "h.day_of_week", "0 is Sunday."),
    ("emails_sent", "h.emails_sent", "E-mails sent in it."),
    ("emails_opened", "h.emails_opened", "Opens in it."),
    ("emails_clicked", "h.emails_clicked", "Clicks in it."),
    ("emails_replied", "h.emails_replied", "Leads that first replied in it."),
    ("emails_bounced", "h.emails_bounced", "E-mails that came back in it."),
];

fn hours() -> View {
    View::new(
        "report_hours",
        "One row per campaign, day and hour of the account, counted from single events.",
        "FROM report_campaigns c CROSS JOIN hourly_metrics h \
         WHERE h.source_id = c.source_id AND h.campaign_id = c.campaign_id",
    )
    .with(OF_CAMPAIGN)
    .with(&[("date", "h.metric_date", "The account's day.")])
    .with(&HOURS)
}

fn source_hours() -> View {
    View::new(
        "report_source_hours",
        "One row per source, day and hour of the account: the sums of its campaigns' hours.",
        format!("FROM source_hours h {ACCOUNTS} h.source_id {OWN_CLIENT}"),
    )
    .with(OF_SOURCE)
    .with(&[("date", "h.metric_date", "The account's day.")])
    .with(&HOURS)
}

fn enrollments() -> View {
    View::new(
        "report_enrollments",
        "One row per campaign and day on which its leads' states were read.",
        "FROM enrollment_snapshots s JOIN report_campaigns c ON c.source_id = s.source_id \
         AND c.campaign_id = s.campaign_id",
    )
    .with(OF_CAMPAIGN)
    .with(&[
        ("date", "s.date", "The day of the last reading."),
        ("total_leads", "s.total_leads", "All leads."),
        ("not_started", "s.not_started", "Not written to yet."),
        ("in_progress", "s.in_progress", "Between two steps."),
        ("completed", "s.completed", "Through all steps."),
        ("blocked", "s.blocked", "Not to be written to."),
        ("paused", "s.paused", "Held by a person."),
        ("stopped", "s.stopped", "Stopped, as by a reply."),
        ("unsubscribed", "s.unsubscribed", "Asked not to be written to."),
    ])
}

fn variants() -> View {
    View::new(
        "report_variants",
        "One row per template. What is unknown of its mails is NULL: no single event of it is stored.",
        "FROM campaign_variants v JOIN report_campaigns c ON c.source_id = v.source_id AND c.campaign_id = v.campaign_id \
         LEFT JOIN variant_figures g ON g.source_id = v.source_id AND g.variant_id = v.external_id \
         LEFT JOIN variant_priors x ON x.source_id = v.source_id AND x.outcome = 'replied' \
         LEFT JOIN variant_priors y ON y.source_id = v.source_id AND y.outcome = 'positive' \
         LEFT JOIN variant_decay d ON d.source_id = v.source_id AND d.variant_id = v.external_id \
         LEFT JOIN campaign_variant_features f ON f.source_id = v.source_id AND f.variant_id = v.external_id",
    )
    .with(OF_CAMPAIGN)
    .with(&[
        ("variant_id", "v.external_id", "The template's id."),
        ("step_number", "v.step_number", "The step, from 1."),
        ("variant_label", "v.variant_label", "A, B, … where a step has variants."),
        ("step_type", "v.step_type", "email, linkedin, call, …"),
        ("delay_days", "CAST(v.delay_days AS DOUBLE PRECISION)", "Days after the step before."),
        ("subject_line", "v.subject_line", "Its subject."),
        ("body_preview", "v.body_preview", "How its text begins."),
        ("is_deleted", "v.is_deleted", "Whether it is gone at the service."),
        ("delivered", "g.delivered", "E-mails sent with it that did not come back."),
        ("replied", "g.replied", "Leads who answered it."),
        ("reply_rate", "g.reply_rate", "Replied over delivered."),
        ("reply_rate_low", "g.reply_rate_low", "The lower end of where it lies with 95 % confidence (Wilson)."),
        ("reply_rate_high", "g.reply_rate_high", "The upper end."),
        ("reply_rate_shrunken", "CAST(CASE WHEN g.delivered > 0 THEN (x.mean * x.weight + g.replied) / (x.weight + g.delivered) END AS DOUBLE PRECISION)", "Drawn towards the account's by as much as its sample is small."),
        ("positive", "g.positive", "Those of them whose answer was sorted as positive."),
        ("positive_rate", "g.positive_rate", "Positive over delivered."),
        ("positive_rate_low", "g.positive_rate_low", "The lower end of its interval."),
        ("positive_rate_high", "g.positive_rate_high", "The upper end."),
        ("positive_rate_shrunken", "CAST(CASE WHEN g.delivered > 0 THEN (y.mean * y.weight + g.positive) / (y.weight + g.delivered) END AS DOUBLE PRECISION)", "Drawn in the same way."),
        ("decay_status", "d.status", "Whether it wears off."),
        ("half_life_weeks", "d.half_life_weeks", "After so many weeks half of its reply rate is gone."),
        ("half_life_low", "d.half_life_low", "The shortest that goes with its 95 % interval."),
        ("half_life_high", "d.half_life_high", "The longest; empty where it may be without end."),
        ("drop_week", "d.drop_week", "The week, from 0, in which its reply rate fell at once."),
        ("peak_rate", "d.peak_rate", "Its reply rate at its best."),
        ("peak_sent", "d.peak_sent", "E-mails behind that."),
        ("recent_rate", "d.recent_rate", "Its reply rate of late."),
        ("recent_sent", "d.recent_sent", "E-mails behind that."),
        ("language", "f.language", "The language of its text."),
        ("body_words", "f.body_words", "Words of its text."),
        ("reading_grade", "f.reading_grade", "The years at school that its text takes to read."),
        ("opening_type", "f.opening_type", "How it opens."),
        ("cta_type", "f.cta_type", "What it asks for."),
        ("personalization_depth", "f.personalization_depth", "How far it is written to one person."),
    ])
}

fn patterns() -> View {
    let about = |column: &str| match column {
        "scope" => "all, or client:NAME.",
        "feature" => "What of a template is looked at.",
        "level" => "What it is there.",
        "verdict" => "Whether it goes with replies, and which way.",
        "positive_verdict" => "The same of positive replies.",
        "q_value" | "positive_q_value" => "How many of such verdicts are wrong by chance, at most.",
        _ => "See the page on lessons.",
    };
    let columns: Vec<(&str, &str, &str)> =
        COPY_PATTERNS.columns.iter().map(|column| (column.name, column.name, about(column.name))).collect();
    View::new("report_patterns", "One row per feature of templates, level and scope.", "FROM copy_patterns")
        .with(&columns)
}

fn replies() -> View {
    View::new(
        "report_replies",
        "One row per reply: who, to what, what it says and how it is sorted.",
        format!(
            "FROM email_activities a JOIN report_campaigns c ON c.source_id = a.source_id \
             AND c.campaign_id = a.campaign_id LEFT JOIN contacts p ON p.source_id = a.source_id \
             AND p.external_lead_id = a.contact_id {CORRECTED} WHERE a.event = 'replied'"
        ),
    )
    .with(
        &OF_CAMPAIGN
            .iter()
            .map(|column| match column.0 {
                // As the index of their order has them.
                "source_id" => ("source_id", "a.source_id", SOURCE_ID),
                "campaign_id" => ("campaign_id", "a.campaign_id", CAMPAIGN_ID),
                _ => *column,
            })
            .collect::<Vec<_>>(),
    )
    .with(KEY_OF_REPLY)
    .with(&[
        ("contact_id", "a.contact_id", "The lead's id at the service."),
        ("lead_email", "COALESCE(a.lead_email, lower(p.email))", "Who replied."),
        (
            "lead_name",
            "NULLIF(TRIM(COALESCE(p.first_name, '') || ' ' || COALESCE(p.last_name, '')), '')",
            "Their name.",
        ),
        ("person_key", "p.person_key", "The person, over all services."),
        ("from_email", "a.from_email", "The mailbox to which."),
        ("step_number", "a.step_number", "The step, from 1."),
        ("variant_id", "a.variant_id", "The template replied to."),
        ("subject", "a.subject", "The subject."),
        ("body_plain", "a.body_plain", "The text."),
    ])
    .with(SORTED)
    .with(&[
        ("corrected_at", "k.corrected_at", "When."),
        (
            "sorted_as",
            "CASE WHEN k.reply_category IS NOT NULL THEN a.reply_category END",
            "What it was taken for before.",
        ),
        ("sorted_by", "CASE WHEN k.reply_category IS NOT NULL THEN a.classified_by END", "By whom or what."),
        ("returns_on", "a.returns_on", "When somebody who is away is back, as their reply says."),
        ("counts_lead", "a.counts_lead", "Whether it is the lead's first in its campaign."),
    ])
}

fn corrections() -> View {
    let columns = [
        ("source_id", SOURCE_ID),
        ("platform", PLATFORM),
        ("source_name", SOURCE_NAME),
        ("client_name", CLIENT),
        ("campaign_id", CAMPAIGN_ID),
        ("event_key", "The event's key in its campaign."),
        ("occurred_at", "When it came."),
        ("subject", "The subject."),
        ("body_plain", "The text."),
        ("reply_category", "What they want, as a person says."),
        ("sentiment", "positive, neutral, negative."),
        ("corrected_by", "Who says so."),
        ("corrected_at", "When."),
        ("sorted_as", "What it was taken for before."),
        ("sorted_by", "By the service, or by which method and version."),
    ];
    View::new(
        "report_corrections",
        "One row per reply that a person sorted and whose text is kept: what a model can be trained with.",
        "FROM report_replies WHERE corrected_by IS NOT NULL AND body_plain IS NOT NULL",
    )
    .with(&columns.map(|(name, about)| (name, name, about)))
}

fn alerts() -> View {
    View::new(
        "report_alerts",
        "One row per alert, resolved ones too.",
        format!(
            "FROM deliverability_alerts a {ACCOUNTS} a.source_id \
             LEFT JOIN campaigns c ON a.scope = 'campaign' AND c.source_id = a.source_id AND c.external_id = a.subject_id \
             LEFT JOIN email_accounts e ON a.scope = 'mailbox' AND e.source_id = a.source_id AND e.external_id = a.subject_id \
             LEFT JOIN clients k ON k.source_id = a.source_id AND k.external_id = CASE WHEN a.scope = 'campaign' THEN {} \
             WHEN d.client IS NOT NULL THEN 'source' WHEN a.scope = 'mailbox' THEN e.client_id \
             WHEN a.scope = 'domain' THEN (SELECT CASE WHEN COUNT(DISTINCT COALESCE(m.client_id, '')) = 1 \
             THEN MIN(m.client_id) END FROM email_accounts m WHERE m.source_id = a.source_id \
             AND lower(m.from_email) LIKE '%@' || lower(a.subject_id)) END",
            client_id_of("c", "d"),
        ),
    )
    .with(&[
        ("source_id", "a.source_id", SOURCE_ID),
        ("platform", "d.platform", PLATFORM),
        ("source_name", "d.name", SOURCE_NAME),
        CLIENT_ID,
        CLIENT_NAME,
        ("alert_id", "a.id", "Its number."),
        ("scope", "a.scope", "mailbox, domain, campaign or source."),
        ("subject_id", "a.subject_id", "Which of them, by its id."),
        ("subject_name", "a.subject_name", "By its name."),
        ("kind", "a.kind", "What is wrong."),
        ("level", "a.level", "warning or critical."),
        ("trend", "a.trend", "rising, falling or steady: its number against what that was up to a day ago."),
        ("severity", "a.severity", "The figure that the level is told by."),
        ("evidence", "a.evidence", "Numbers with their n."),
        ("advice", "a.advice", "What to do."),
        ("opened_at", "a.opened_at", "Since when."),
        ("updated_at", "a.updated_at", "When it last changed."),
        ("resolved_at", "a.resolved_at", "When it was over; empty while it stands."),
        ("acknowledged_at", "a.acknowledged_at", "When somebody took note of it."),
        ("acknowledged_by", "a.acknowledged_by", "Who did."),
    ])
}

fn accounts() -> View {
    View::new(
        "report_accounts",
        "One row per mailbox.",
        format!(
            "FROM email_accounts e {ACCOUNTS} e.source_id LEFT JOIN clients k ON k.source_id = e.source_id \
             AND k.external_id = CASE WHEN d.client IS NOT NULL THEN 'source' ELSE e.client_id END"
        ),
    )
    .with(&[
        ("source_id", "e.source_id", SOURCE_ID),
        ("platform", "d.platform", PLATFORM),
        ("source_name", "d.name", SOURCE_NAME),
        CLIENT_ID,
        CLIENT_NAME,
        ("account_id", "e.external_id", "The mailbox's id at the service."),
        ("from_email", "e.from_email", "Its address."),
        ("from_name", "e.from_name", "Its sender's name."),
        ("account_type", "e.account_type", "gmail, outlook, smtp, …"),
        ("is_smtp_success", "e.is_smtp_success", "Whether it can send."),
        ("smtp_failure_error", "e.smtp_failure_error", "Why it cannot."),
        ("is_imap_success", "e.is_imap_success", "Whether it can receive."),
        ("imap_failure_error", "e.imap_failure_error", "Why it cannot."),
        ("message_per_day", "e.message_per_day", "E-mails a day at most."),
        ("daily_sent_count", "e.daily_sent_count", "E-mails of the day when it was read."),
        ("warmup_enabled", "e.warmup_enabled", "Whether it is warmed up."),
        ("warmup_status", "e.warmup_status", "active, paused, …"),
        ("warmup_reputation", "e.warmup_reputation", "0 to 100."),
        ("warmup_sent_count", "e.warmup_sent_count", "Warm-up e-mails sent."),
        ("total_spam_count", "e.total_spam_count", "Warm-up e-mails that landed in spam."),
        ("tracking_domain", "e.tracking_domain", "The domain of its tracking links."),
    ])
}

fn calls() -> View {
    let figure = |name: &str| match name {
        "dials" => "1",
        "connects" => "CASE WHEN a.is_connected THEN 1 WHEN a.is_connected IS NOT NULL THEN 0 END",
        "conversations" => {
            "CASE WHEN a.is_connected AND a.duration_seconds >= 60 THEN 1 WHEN a.duration_seconds < 60 THEN 0 \
                 WHEN a.is_connected IS NOT NULL AND NOT a.is_connected THEN 0 END"
        }
        "talk_seconds" => {
            "CASE WHEN a.is_connected THEN a.duration_seconds WHEN a.is_connected IS NOT NULL THEN 0 END"
        }
        _ => {
            "CASE WHEN a.disposition_normal = 'appointment_set' THEN 1 WHEN a.disposition_normal IS NOT NULL \
                 THEN 0 END"
        }
    };
    View::new(
        "report_calls",
        "One row per call that was made. A call that is told twice is one; a call that came in is none.",
        format!(
            "FROM call_activities a {ACCOUNTS} a.source_id \
             LEFT JOIN call_sessions s ON s.source_id = a.source_id AND s.external_id = a.session_id \
             LEFT JOIN clients k ON k.source_id = a.source_id AND k.external_id = CASE WHEN d.client IS NOT NULL THEN 'source' ELSE s.client_id END \
             LEFT JOIN profiles p ON p.source_id = a.source_id AND p.external_id = a.caller_user_id \
             LEFT JOIN contacts c ON c.source_id = a.source_id AND c.external_lead_id = a.contact_id \
             WHERE a.same_call_id IS NULL \
             AND (a.disposition_normal IS NULL OR a.disposition_normal <> 'received_call')"
        ),
    )
    .with(&[
        ("source_id", "a.source_id", SOURCE_ID),
        ("platform", "d.platform", PLATFORM),
        ("source_name", "d.name", SOURCE_NAME),
        CLIENT_ID,
        CLIENT_NAME,
        ("origin", "a.origin", "call or activity: which of the service's two series of numbers."),
        ("call_id", "a.external_id", "The call's number."),
        ("session_id", "a.session_id", "The dial session."),
        ("contact_id", "a.contact_id", "Who was called: the contact's id."),
        ("person_key", "c.person_key", "The person, over all services."),
        ("caller_user_id", "a.caller_user_id", "Who called: the member's id."),
        (
            "caller_name",
            "COALESCE(NULLIF(TRIM(COALESCE(p.first_name, '') || ' ' || COALESCE(p.last_name, '')), ''), p.email, \
             'member ' || a.caller_user_id)",
            "Who called.",
        ),
        ("started_at", "a.started_at", "When it began."),
        ("duration_seconds", "a.duration_seconds", "How long it lasted."),
        ("disposition", "a.disposition", "What came of it, in the account's words."),
        ("disposition_normal", "a.disposition_normal", "The same in words that all accounts share."),
    ])
    .with_counts(CALL_METRICS, &figure)
}

fn journeys() -> View {
    let (sent, answered) = (is_told(SENT), is_told(REPLIED));
    let stages =
        [emailed(&sent, &answered), replied(&answered)].into_iter().chain(OTHER_STAGES.map(str::to_owned));
    let stages: Vec<(&str, String)> = counts(JOURNEY_METRICS).map(|metric| metric.name).zip(stages).collect();
    let stage =
        |name: &str| stages.iter().find(|(stage, _)| *stage == name).map_or("NULL", |(_, sql)| sql.as_str());
    View::new(
        "report_journeys",
        "One row per lead in a campaign: how far the person has come, over all services. 1 yes, 0 no, NULL unknown: calls \
         are unknown while no account with calls is stored, or while nothing tells who the person is.",
        format!(
            "FROM report_campaigns c CROSS JOIN enrollments e {BESIDE_LEAD} \
             WHERE e.source_id = c.source_id AND e.campaign_id = c.campaign_id"
        ),
    )
    .with(OF_CAMPAIGN)
    .with(&[
        ("external_lead_id", "e.external_lead_id", "The lead's id at the service."),
        ("person_key", "e.person_key", "The person, over all services."),
        ("enrolled_at", "e.enrolled_at", "When the lead came into the campaign."),
    ])
    .with_counts(JOURNEY_METRICS, &stage)
    .with(&[
        // A reply before any e-mail that is known says nothing of how long it took.
        ("first_sent_at", &first(SENT), "When the first e-mail went out; known from single events alone."),
        ("first_reply_at", &first(REPLIED), "When the first reply came; known from single events alone."),
        ("first_call_at", "q.first_call_at", "When the person was first called."),
    ])
}

fn outcomes() -> View {
    View::new("report_outcomes", "One row per meeting or deal that somebody told.", "FROM outcomes o").with(
        &[
            ("outcome_id", "o.id", "Its number."),
            ("client_name", "o.client", CLIENT),
            ("email", "o.email", "With whom."),
            ("kind", "o.kind", "meeting_booked, meeting_held, deal_won."),
            ("occurred_on", "o.occurred_on", "The day."),
            ("value", "o.value", "What a deal is worth."),
            ("currency", "o.currency", "In which currency."),
            ("recorded_by", "o.recorded_by", "Who told it."),
            ("recorded_at", "o.recorded_at", "When."),
        ],
    )
}
