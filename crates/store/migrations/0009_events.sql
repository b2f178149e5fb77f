-- Single events of e-mails, and what is counted from them.

-- What a row counts for stands in it, so that counting twice is impossible and counting anew gives the same.
CREATE TABLE email_activities (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    -- '' where an event belongs to no campaign.
    campaign_id TEXT NOT NULL,
    event_key TEXT NOT NULL,
    event TEXT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    -- The account's day and hour.
    metric_date DATE NOT NULL,
    hour_of_day BIGINT NOT NULL,
    contact_id TEXT,
    lead_email TEXT,
    email_account_id TEXT,
    from_email TEXT,
    step_number BIGINT,
    step_told BIGINT,
    variant_id TEXT,
    variant_label TEXT,
    sent_id TEXT,
    message_id TEXT,
    subject TEXT,
    body_plain TEXT,
    replied_by TEXT,
    link TEXT,
    bounce_type TEXT,
    bounce_reason TEXT,
    is_sender_bounce BOOLEAN,
    category TEXT,
    category_id TEXT,
    reply_category TEXT,
    sentiment TEXT,
    is_positive BOOLEAN,
    confidence DOUBLE PRECISION,
    needs_review BOOLEAN,
    classified_by TEXT,
    is_manual BOOLEAN,
    via TEXT NOT NULL,
    counts_message BOOLEAN NOT NULL DEFAULT FALSE,
    counts_lead BOOLEAN NOT NULL DEFAULT FALSE,
    counts_positive BOOLEAN NOT NULL DEFAULT FALSE,
    -- The number in the journal of the delivery that told it first.
    told_in BIGINT,
    PRIMARY KEY (source_id, campaign_id, event_key)
);
CREATE INDEX email_activities_by_time ON email_activities (source_id, occurred_at);
CREATE INDEX email_activities_by_person ON email_activities (source_id, COALESCE(contact_id, lead_email, event_key));
CREATE INDEX email_activities_by_mail ON email_activities (source_id, sent_id);
CREATE INDEX email_activities_by_delivery ON email_activities (source_id, told_in);
CREATE INDEX email_activities_nobody ON email_activities (source_id, lead_email) WHERE contact_id IS NULL;
CREATE INDEX email_activities_no_mailbox ON email_activities (source_id, from_email) WHERE email_account_id IS NULL;
CREATE INDEX email_activities_no_variant ON email_activities (source_id, campaign_id) WHERE variant_id IS NULL;
CREATE INDEX email_activities_step_0 ON email_activities (source_id) WHERE step_told = 0;
CREATE INDEX email_activities_step_as_told ON email_activities (source_id) WHERE step_told = step_number;
CREATE INDEX contacts_by_email ON contacts (source_id, lower(email));

CREATE TABLE hourly_metrics (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    metric_date DATE NOT NULL,
    hour_of_day BIGINT NOT NULL,
    -- 0 is Sunday.
    day_of_week BIGINT NOT NULL,
    emails_sent BIGINT,
    emails_opened BIGINT,
    emails_clicked BIGINT,
    emails_replied BIGINT,
    emails_bounced BIGINT,
    PRIMARY KEY (source_id, campaign_id, metric_date, hour_of_day),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

-- Who understands a source's deliveries: a sync may go on beside it.
CREATE TABLE projector_leases (
    source_id BIGINT PRIMARY KEY REFERENCES data_sources (id),
    holder TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

-- Which of two deliveries of a call came later, and whether its session has told it, which is the last word.
ALTER TABLE call_activities ADD COLUMN told_at TIMESTAMPTZ;
ALTER TABLE call_activities ADD COLUMN is_final BOOLEAN;
