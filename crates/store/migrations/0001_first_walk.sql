-- One text for SQLite and PostgreSQL. Every key begins with the number of the data source.

CREATE TABLE serials (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO serials (name, last) VALUES ('data_sources', 0);

CREATE TABLE data_sources (
    id BIGINT PRIMARY KEY,
    platform TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    client TEXT,
    status TEXT NOT NULL,
    base_url TEXT,
    credentials TEXT NOT NULL,
    settings JSONB NOT NULL,
    additional_config JSONB NOT NULL,
    time_zone TEXT NOT NULL,
    last_sync_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);

-- What a sync must remember from one process to the next.
CREATE TABLE sync_state (
    source_id BIGINT PRIMARY KEY REFERENCES data_sources (id),
    journal_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    rooted_at TIMESTAMPTZ,
    is_full BOOLEAN NOT NULL,
    next_call_at TIMESTAMPTZ,
    quota_month TEXT NOT NULL,
    quota_calls BIGINT NOT NULL
);

CREATE TABLE absent_endpoints (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    endpoint TEXT NOT NULL,
    reason TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    ask_again_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, endpoint)
);

CREATE TABLE journal (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    params TEXT NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    hash TEXT NOT NULL,
    body BYTEA NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (source_id, id)
);
CREATE INDEX journal_by_call ON journal (source_id, endpoint, params, id);

CREATE TABLE sync_calls (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    endpoint TEXT NOT NULL,
    params TEXT NOT NULL,
    priority BIGINT NOT NULL,
    planted_at TIMESTAMPTZ NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    reason TEXT,
    hint TEXT,
    PRIMARY KEY (source_id, endpoint, params)
);

CREATE TABLE sync_runs (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    id BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome TEXT NOT NULL,
    reason TEXT,
    hint TEXT,
    calls BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    rows_changed BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    problems BIGINT NOT NULL,
    PRIMARY KEY (source_id, id)
);

CREATE TABLE sync_progress (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    endpoint TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    rows_changed BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, endpoint)
);

CREATE TABLE mapping_problems (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    endpoint TEXT NOT NULL,
    record TEXT NOT NULL,
    path TEXT NOT NULL,
    params TEXT NOT NULL,
    message TEXT NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, endpoint, record, path)
);
CREATE INDEX mapping_problems_by_call ON mapping_problems (source_id, endpoint, params);

CREATE TABLE leases (
    source_id BIGINT PRIMARY KEY REFERENCES data_sources (id),
    holder TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE clients (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    name TEXT,
    origin TEXT NOT NULL,
    PRIMARY KEY (source_id, external_id)
);

CREATE TABLE campaigns (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    name TEXT,
    status TEXT,
    started_at TIMESTAMPTZ,
    schedule_config JSONB,
    min_time_between_emails BIGINT,
    max_leads_per_day BIGINT,
    timezone TEXT,
    owner_id TEXT,
    team_id TEXT,
    client_id TEXT,
    parent_campaign_id TEXT,
    is_archived BOOLEAN,
    track_settings JSONB,
    stop_lead_settings JSONB,
    settings JSONB,
    total_sent BIGINT,
    total_opened BIGINT,
    total_replied BIGINT,
    total_bounced BIGINT,
    total_unsubscribed BIGINT,
    positive_replies BIGINT,
    total_delivered BIGINT,
    reply_rate DOUBLE PRECISION,
    bounce_rate DOUBLE PRECISION,
    positive_rate DOUBLE PRECISION,
    metrics_hash TEXT,
    totals_fingerprint TEXT,
    last_synced_at TIMESTAMPTZ,
    PRIMARY KEY (source_id, external_id),
    FOREIGN KEY (source_id, client_id) REFERENCES clients (source_id, external_id)
);

CREATE TABLE enrollment_snapshots (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    date DATE NOT NULL,
    total_leads BIGINT,
    not_started BIGINT,
    in_progress BIGINT,
    completed BIGINT,
    blocked BIGINT,
    paused BIGINT,
    stopped BIGINT,
    unsubscribed BIGINT,
    PRIMARY KEY (source_id, campaign_id, date),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

-- One row per campaign. A source that belongs to one client lends it to campaigns that name none; a client whose name
-- is not told yet is shown by its number.
CREATE VIEW report_campaigns AS
SELECT
    c.source_id,
    d.platform,
    d.name AS source_name,
    k.external_id AS client_id,
    COALESCE(k.name, 'client ' || k.external_id) AS client_name,
    c.external_id AS campaign_id,
    c.name AS campaign_name,
    c.status,
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
