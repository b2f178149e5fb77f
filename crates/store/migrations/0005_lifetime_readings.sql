-- Lifetime figures as first and last read on a day, so that a day's figures can be told from two of them where a service
-- has none by day; and delays of less than a day.

CREATE TABLE lifetime_readings (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    date DATE NOT NULL,
    origin TEXT NOT NULL,
    first_sent BIGINT,
    last_sent BIGINT,
    first_opened BIGINT,
    last_opened BIGINT,
    first_replied BIGINT,
    last_replied BIGINT,
    first_bounced BIGINT,
    last_bounced BIGINT,
    first_unsubscribed BIGINT,
    last_unsubscribed BIGINT,
    first_positive BIGINT,
    last_positive BIGINT,
    PRIMARY KEY (source_id, campaign_id, date, origin),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

-- What a service counts itself goes before what is counted from the steps that it lists.
ALTER TABLE sequences ADD COLUMN step_rank BIGINT;

ALTER TABLE campaign_variants ADD COLUMN delay DOUBLE PRECISION;
UPDATE campaign_variants SET delay = delay_days;
ALTER TABLE campaign_variants DROP COLUMN delay_days;
ALTER TABLE campaign_variants RENAME COLUMN delay TO delay_days;
