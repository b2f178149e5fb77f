-- Deliveries: what opens the door to a source, what is secret between a service and us, and what a repeat is known by.

CREATE TABLE webhook_tokens (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    hash TEXT NOT NULL,
    -- The token itself, sealed, so that an address can be shown again.
    sealed TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- When a token that was replaced stops being taken; the one that holds has none.
    expires_at TIMESTAMPTZ,
    PRIMARY KEY (source_id, hash)
);

ALTER TABLE data_sources ADD COLUMN webhook_secret TEXT;

ALTER TABLE sync_state ADD COLUMN deliveries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_state ADD COLUMN last_delivery_at TIMESTAMPTZ;

-- The same delivery has the same key: it is kept once.
ALTER TABLE journal ADD COLUMN dedupe_key TEXT;
CREATE UNIQUE INDEX journal_by_dedupe_key ON journal (source_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
-- What waits to be understood, and what could not be.
CREATE INDEX journal_open ON journal (source_id, kind, state, id) WHERE state <> 'done';
