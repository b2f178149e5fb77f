-- What people say of findings, and what they have set.

-- What a reply wants, as a person says. It stands beside the reply, so that no sync or replay writes over it; by mail, message
-- and time the reply is found again where another telling takes its place.
CREATE TABLE reply_corrections (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    event_key TEXT NOT NULL,
    reply_category TEXT NOT NULL,
    sentiment TEXT NOT NULL,
    is_positive BOOLEAN NOT NULL,
    corrected_by TEXT NOT NULL,
    corrected_at TIMESTAMPTZ NOT NULL,
    contact_id TEXT,
    sent_id TEXT,
    message_id TEXT,
    occurred_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, campaign_id, event_key)
);

-- A number by which an alert is named.
ALTER TABLE deliverability_alerts ADD COLUMN id BIGINT;

UPDATE deliverability_alerts SET id = (
    SELECT COUNT(*) FROM deliverability_alerts AS b
    WHERE (b.opened_at, b.source_id, b.scope, b.subject_id, b.kind)
        <= (deliverability_alerts.opened_at, deliverability_alerts.source_id, deliverability_alerts.scope,
            deliverability_alerts.subject_id, deliverability_alerts.kind)
);

INSERT INTO serials (name, last) SELECT 'alerts', COUNT(*) FROM deliverability_alerts;

-- From when on something is worth an alert, where it is not what is usual.
CREATE TABLE thresholds (
    name TEXT PRIMARY KEY,
    value DOUBLE PRECISION NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL
);

-- Rates drawn towards those of the account by as much as their sample is small: what templates are ranked by.
ALTER TABLE variant_figures ADD COLUMN reply_rate_shrunken DOUBLE PRECISION;
ALTER TABLE variant_figures ADD COLUMN positive_rate_shrunken DOUBLE PRECISION;

-- What has to be drawn anew for that.
UPDATE analyses SET state = 'due' WHERE name IN ('patterns', 'decay');
