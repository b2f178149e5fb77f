-- Templates, reply categories, mailboxes, leads; and which campaign a pending call is about, so that a campaign's details can
-- be known to be done.

ALTER TABLE sync_calls ADD COLUMN campaign_id TEXT;

-- What a campaign's statistics last said; metrics_hash follows when its details have been read.
ALTER TABLE campaigns ADD COLUMN seen_hash TEXT;
UPDATE campaigns SET metrics_hash = NULL;

CREATE TABLE lead_categories (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    name TEXT,
    color TEXT,
    is_positive BOOLEAN,
    is_meeting BOOLEAN,
    is_ooo BOOLEAN,
    sort_order BIGINT,
    reply_category TEXT,
    sentiment TEXT,
    PRIMARY KEY (source_id, external_id)
);

CREATE TABLE sequences (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    step_count BIGINT,
    PRIMARY KEY (source_id, campaign_id),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

CREATE TABLE campaign_variants (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    step_number BIGINT,
    step_type TEXT,
    variant_label TEXT,
    subject_line TEXT,
    body_html TEXT,
    body_plain TEXT,
    body_preview TEXT,
    personalization_vars JSONB,
    delay_days BIGINT,
    send_as_reply BOOLEAN,
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (source_id, external_id),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);
CREATE INDEX campaign_variants_by_campaign ON campaign_variants (source_id, campaign_id);

CREATE TABLE email_accounts (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    client_id TEXT,
    from_email TEXT,
    from_name TEXT,
    account_type TEXT,
    is_active BOOLEAN,
    smtp_host TEXT,
    smtp_port BIGINT,
    is_smtp_success BOOLEAN,
    smtp_failure_error TEXT,
    imap_host TEXT,
    imap_port BIGINT,
    is_imap_success BOOLEAN,
    imap_failure_error TEXT,
    message_per_day BIGINT,
    daily_sent_count BIGINT,
    warmup_enabled BOOLEAN,
    warmup_status TEXT,
    warmup_reputation BIGINT,
    total_spam_count BIGINT,
    warmup_sent_count BIGINT,
    tracking_domain TEXT,
    PRIMARY KEY (source_id, external_id),
    FOREIGN KEY (source_id, client_id) REFERENCES clients (source_id, external_id)
);

CREATE TABLE companies (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    name TEXT,
    domain TEXT,
    website TEXT,
    PRIMARY KEY (source_id, external_id)
);

CREATE TABLE contacts (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_lead_id TEXT NOT NULL,
    email TEXT,
    first_name TEXT,
    last_name TEXT,
    title TEXT,
    phone TEXT,
    linkedin_url TEXT,
    company_id TEXT,
    is_unsubscribed BOOLEAN,
    email_status TEXT,
    enrolled_at TIMESTAMPTZ,
    sequence_status TEXT,
    is_interested BOOLEAN,
    current_step BIGINT,
    open_count BIGINT,
    reply_count BIGINT,
    PRIMARY KEY (source_id, external_lead_id),
    FOREIGN KEY (source_id, company_id) REFERENCES companies (source_id, external_id)
);

CREATE TABLE enrollments (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    external_lead_id TEXT NOT NULL,
    map_id TEXT,
    status TEXT,
    category_id TEXT,
    category TEXT,
    is_interested BOOLEAN,
    current_step BIGINT,
    enrolled_at TIMESTAMPTZ,
    open_count BIGINT,
    reply_count BIGINT,
    updated_at TIMESTAMPTZ,
    PRIMARY KEY (source_id, campaign_id, external_lead_id),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id),
    FOREIGN KEY (source_id, external_lead_id) REFERENCES contacts (source_id, external_lead_id)
);

-- One row per mailbox.
CREATE VIEW report_accounts AS
SELECT
    e.source_id,
    d.platform,
    d.name AS source_name,
    k.external_id AS client_id,
    COALESCE(k.name, 'client ' || k.external_id) AS client_name,
    e.external_id AS account_id,
    e.from_email,
    e.from_name,
    e.account_type,
    e.is_smtp_success,
    e.smtp_failure_error,
    e.is_imap_success,
    e.imap_failure_error,
    e.message_per_day,
    e.daily_sent_count,
    e.warmup_enabled,
    e.warmup_status,
    e.warmup_reputation,
    e.warmup_sent_count,
    e.total_spam_count,
    e.tracking_domain
FROM email_accounts e
JOIN data_sources d ON d.id = e.source_id
LEFT JOIN clients k ON k.source_id = e.source_id AND k.external_id = COALESCE(e.client_id, 'source');
