-- When a lead was first written to, and when they first replied, as events tell it; and archived campaigns are called so.

-- What a call's person is known by at the team's own CRM; and who does not want to be called.
ALTER TABLE contacts ADD COLUMN crm_id TEXT;
ALTER TABLE contacts ADD COLUMN do_not_call BOOLEAN;
ALTER TABLE call_activities ADD COLUMN crm_id TEXT;
CREATE INDEX contacts_by_crm ON contacts (source_id, crm_id) WHERE crm_id IS NOT NULL;
CREATE INDEX call_activities_by_crm ON call_activities (source_id, crm_id) WHERE crm_id IS NOT NULL;

DROP VIEW report_journeys;
DROP VIEW report_clients;
DROP VIEW report_days;
DROP VIEW report_campaigns;

-- One row per campaign. One that was put away is archived, whatever state it was put away in. A source that belongs to
-- one client lends it to campaigns that name none; a client whose name is not told yet is shown by its number.
CREATE VIEW report_campaigns AS
SELECT
    c.source_id,
    d.platform,
    d.name AS source_name,
    k.external_id AS client_id,
    COALESCE(k.name, 'client ' || k.external_id) AS client_name,
    c.external_id AS campaign_id,
    c.name AS campaign_name,
    CASE WHEN c.is_archived THEN 'archived' ELSE c.status END AS status,
    c.parent_campaign_id,
    c.started_at,
    c.total_sent,
    c.total_delivered,
    c.total_opened,
    c.total_replied,
    c.reply_rate,
    c.positive_replies,
    c.positive_rate,
    c.total_bounced,
    c.bounce_rate,
    c.total_unsubscribed,
    c.last_synced_at
FROM campaigns c
JOIN data_sources d ON d.id = c.source_id
LEFT JOIN clients k ON k.source_id = c.source_id AND k.external_id = COALESCE(c.client_id, 'source');

-- One row per source and client. A sum stands beside the number of campaigns (sub-sequences among them) in which the
-- figure is known. A rate's numerator and denominator are summed over the same campaigns: those where both are known.
CREATE VIEW report_clients AS
SELECT
    source_id,
    platform,
    source_name,
    client_id,
    client_name,
    COUNT(*) AS campaigns,
    CAST(SUM(CASE WHEN parent_campaign_id IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS sub_sequences,
    CAST(SUM(CASE WHEN status = 'active' THEN 1 ELSE 0 END) AS BIGINT) AS campaigns_active,
    CAST(SUM(total_sent) AS BIGINT) AS total_sent,
    COUNT(total_sent) AS total_sent_known,
    CAST(SUM(total_delivered) AS BIGINT) AS total_delivered,
    COUNT(total_delivered) AS total_delivered_known,
    CAST(SUM(total_opened) AS BIGINT) AS total_opened,
    COUNT(total_opened) AS total_opened_known,
    CAST(SUM(total_replied) AS BIGINT) AS total_replied,
    COUNT(total_replied) AS total_replied_known,
    CAST(SUM(positive_replies) AS BIGINT) AS positive_replies,
    COUNT(positive_replies) AS positive_replies_known,
    CAST(SUM(total_bounced) AS BIGINT) AS total_bounced,
    COUNT(total_bounced) AS total_bounced_known,
    CAST(SUM(total_unsubscribed) AS BIGINT) AS total_unsubscribed,
    COUNT(total_unsubscribed) AS total_unsubscribed_known,
    CAST(SUM(CASE WHEN total_delivered IS NOT NULL THEN total_replied END) AS BIGINT) AS reply_rate_numerator,
    CAST(SUM(CASE WHEN total_replied IS NOT NULL THEN total_delivered END) AS BIGINT) AS reply_rate_denominator,
    CAST(SUM(CASE WHEN total_delivered IS NOT NULL THEN positive_replies END) AS BIGINT) AS positive_rate_numerator,
    CAST(SUM(CASE WHEN positive_replies IS NOT NULL THEN total_delivered END) AS BIGINT) AS positive_rate_denominator,
    CAST(SUM(CASE WHEN total_sent IS NOT NULL THEN total_bounced END) AS BIGINT) AS bounce_rate_numerator,
    CAST(SUM(CASE WHEN total_bounced IS NOT NULL THEN total_sent END) AS BIGINT) AS bounce_rate_denominator,
    MIN(last_synced_at) AS oldest_figure_at,
    MAX(last_synced_at) AS newest_figure_at
FROM report_campaigns
GROUP BY source_id, platform, source_name, client_id, client_name;

-- One row per campaign and day.
CREATE VIEW report_days AS
SELECT
    m.source_id,
    c.platform,
    c.source_name,
    c.client_id,
    c.client_name,
    m.campaign_id,
    c.campaign_name,
    c.status,
    c.parent_campaign_id,
    m.date,
    m.emails_sent,
    m.emails_sent - m.emails_bounced AS emails_delivered,
    m.emails_opened,
    m.unique_opens,
    m.emails_clicked,
    m.emails_replied,
    m.emails_bounced,
    m.emails_unsubscribed,
    m.positive_replies,
    m.reply_messages,
    m.is_estimated
FROM daily_metrics m
JOIN report_campaigns c ON c.source_id = m.source_id AND c.campaign_id = m.campaign_id;

-- One row per lead in a campaign: how far the person has come, over all services. 1 yes, 0 no, NULL unknown: calls are
-- unknown while no account with calls is stored, or while nothing tells who the person is.
CREATE VIEW report_journeys AS
SELECT
    e.source_id,
    r.platform,
    r.source_name,
    r.client_name,
    e.campaign_id,
    r.campaign_name,
    e.external_lead_id,
    e.person_key,
    e.enrolled_at,
    CASE
        WHEN e.current_step >= 1 OR e.reply_count >= 1 THEN 1
        WHEN e.current_step = 0 THEN 0
    END AS emailed,
    CASE WHEN e.reply_count >= 1 THEN 1 WHEN e.reply_count = 0 THEN 0 END AS replied,
    CASE
        WHEN q.calls >= 1 THEN 1
        WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0
    END AS called,
    CASE
        WHEN q.connects >= 1 THEN 1
        WHEN q.calls IS NOT NULL AND q.connects_known < q.calls THEN NULL
        WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0
    END AS connected,
    CASE
        WHEN g.is_meeting OR q.meetings >= 1 THEN 1
        WHEN e.reply_count IS NOT NULL OR e.category_id IS NOT NULL THEN 0
    END AS meeting,
    -- Known from single events alone; a reply before any e-mail that is known says nothing of how long it took.
    m.first_sent_at,
    m.first_reply_at,
    q.first_call_at
FROM enrollments e
JOIN report_campaigns r ON r.source_id = e.source_id AND r.campaign_id = e.campaign_id
LEFT JOIN lead_categories g ON g.source_id = e.source_id AND g.external_id = e.category_id
LEFT JOIN (
    SELECT person_key, COUNT(*) AS calls, SUM(connects) AS connects, COUNT(connects) AS connects_known,
        SUM(meetings) AS meetings, MIN(started_at) AS first_call_at
    FROM report_calls WHERE person_key IS NOT NULL GROUP BY person_key
) q ON q.person_key = e.person_key
LEFT JOIN (
    SELECT source_id, campaign_id, contact_id,
        MIN(CASE WHEN event = 'sent' THEN occurred_at END) AS first_sent_at,
        MIN(CASE WHEN event = 'replied' AND counts_message THEN occurred_at END) AS first_reply_at
    FROM email_activities WHERE contact_id IS NOT NULL AND event IN ('sent', 'replied')
    GROUP BY source_id, campaign_id, contact_id
) m ON m.source_id = e.source_id AND m.campaign_id = e.campaign_id AND m.contact_id = e.external_lead_id
CROSS JOIN (SELECT COUNT(*) AS accounts FROM data_sources WHERE platform = 'phoneburner') t;
