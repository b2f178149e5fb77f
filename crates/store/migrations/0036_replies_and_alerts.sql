-- What replies want, and alerts.

-- Replies that nobody has sorted yet are looked for after every sync.
CREATE INDEX email_activities_unsorted ON email_activities (source_id, campaign_id, event_key)
    WHERE event = 'replied' AND body_plain IS NOT NULL;

-- When somebody who is away is back, as their reply says.
ALTER TABLE email_activities ADD COLUMN returns_on DATE;

CREATE TABLE deliverability_alerts (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    -- mailbox, domain, campaign or source.
    scope TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    subject_name TEXT NOT NULL,
    -- warning or critical.
    level TEXT NOT NULL,
    -- rising, falling or steady since it was last looked at.
    trend TEXT NOT NULL,
    severity DOUBLE PRECISION NOT NULL,
    evidence JSONB NOT NULL,
    advice TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    acknowledged_at TIMESTAMPTZ,
    acknowledged_by TEXT,
    PRIMARY KEY (source_id, scope, subject_id, kind, opened_at)
);

-- In how many readings in a row a mailbox failed.
CREATE TABLE mailbox_failures (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    account_id TEXT NOT NULL,
    readings BIGINT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, account_id)
);

-- One row per reply: what it wants, and who says so.
CREATE VIEW report_replies AS
SELECT
    e.source_id,
    d.platform,
    d.name AS source_name,
    c.client_name,
    e.campaign_id,
    c.campaign_name,
    e.event_key,
    e.occurred_at,
    e.contact_id,
    e.lead_email,
    e.step_number,
    e.variant_id,
    e.subject,
    e.body_plain,
    e.reply_category,
    e.sentiment,
    e.is_positive,
    e.confidence,
    e.needs_review,
    e.classified_by,
    e.returns_on
FROM email_activities e
JOIN data_sources d ON d.id = e.source_id
LEFT JOIN report_campaigns c ON c.source_id = e.source_id AND c.campaign_id = e.campaign_id
WHERE e.event = 'replied';

-- One row per alert, resolved ones too.
CREATE VIEW report_alerts AS
SELECT
    a.source_id,
    d.platform,
    d.name AS source_name,
    a.scope,
    a.subject_id,
    a.subject_name,
    a.kind,
    a.level,
    a.trend,
    a.severity,
    a.evidence,
    a.advice,
    a.opened_at,
    a.updated_at,
    a.resolved_at,
    a.acknowledged_at,
    a.acknowledged_by
FROM deliverability_alerts a
JOIN data_sources d ON d.id = a.source_id;
