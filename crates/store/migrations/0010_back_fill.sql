-- Single events that are asked for, beside those that are posted.

-- How far a campaign's single events are read, by the day of their mail.
ALTER TABLE campaigns ADD COLUMN activities_read_from DATE;
ALTER TABLE campaigns ADD COLUMN activities_read_to DATE;

-- False where the service tells that something was, and not when: then it counts on no day and in no hour.
ALTER TABLE email_activities ADD COLUMN is_time_known BOOLEAN;
-- Of a sent mail: whether the service's list of mails tells it, so that its template is known for sure.
ALTER TABLE email_activities ADD COLUMN is_polled BOOLEAN;
CREATE INDEX email_activities_polled ON email_activities (source_id) WHERE is_polled;
-- What is known by its person alone, until a delivery tells it.
CREATE INDEX email_activities_nameless ON email_activities (source_id)
    WHERE via = 'poll' AND sent_id IS NULL AND message_id IS NULL;

-- Windows in which deliveries were missed, as far as the service was asked to post them again.
CREATE TABLE delivery_gaps (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    to_at TIMESTAMPTZ NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, campaign_id, from_at)
);
