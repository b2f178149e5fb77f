-- Figures by day, positive replies with their source, and every sighting of an answer that repeated.

ALTER TABLE campaigns ADD COLUMN positive_rank BIGINT;
ALTER TABLE campaigns ADD COLUMN wide_hash TEXT;
ALTER TABLE campaigns ADD COLUMN days_read_to DATE;
-- The contradiction that was met last, with the hash at which it was met: each asks for the details once.
ALTER TABLE campaigns ADD COLUMN contradiction TEXT;

-- Days hang on the same hash as templates do: all are asked for once more.
UPDATE campaigns SET seen_hash = NULL, metrics_hash = NULL;

CREATE TABLE daily_observations (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    date DATE NOT NULL,
    witness TEXT NOT NULL,
    emails_sent BIGINT,
    emails_opened BIGINT,
    unique_opens BIGINT,
    emails_clicked BIGINT,
    emails_replied BIGINT,
    emails_bounced BIGINT,
    emails_unsubscribed BIGINT,
    positive_replies BIGINT,
    reply_messages BIGINT,
    PRIMARY KEY (source_id, campaign_id, date, witness),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

CREATE TABLE daily_metrics (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    date DATE NOT NULL,
    emails_sent BIGINT,
    emails_opened BIGINT,
    unique_opens BIGINT,
    emails_clicked BIGINT,
    emails_replied BIGINT,
    emails_bounced BIGINT,
    emails_unsubscribed BIGINT,
    positive_replies BIGINT,
    reply_messages BIGINT,
    is_estimated BOOLEAN NOT NULL,
    PRIMARY KEY (source_id, campaign_id, date),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);
CREATE INDEX daily_metrics_by_date ON daily_metrics (source_id, date);

-- An answer that repeats is kept once; when it was seen again stands here, in one series of numbers with the journal, so
-- that a replay can walk through everything in its order.
CREATE TABLE journal_sightings (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    id BIGINT NOT NULL,
    journal_id BIGINT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, id),
    FOREIGN KEY (source_id, journal_id) REFERENCES journal (source_id, id)
);

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
