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
