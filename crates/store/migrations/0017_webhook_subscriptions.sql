-- Campaigns of which a webhook to here was made or found, where a service has webhooks for each campaign.
CREATE TABLE webhook_subscriptions (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, campaign_id)
);
