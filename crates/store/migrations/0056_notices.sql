-- Whom alerts are told to, and what is still to be told.

CREATE TABLE notice_targets (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- slack or webhook.
    kind TEXT NOT NULL,
    -- Sealed: whoever knows it may post there.
    address TEXT NOT NULL,
    -- What may be shown of it.
    host TEXT NOT NULL,
    -- Sealed: what a webhook's posts are signed with.
    secret TEXT,
    -- warning: every alert; critical: only those.
    level TEXT NOT NULL,
    -- Whether it was set over HTTP, and so may not lead into a private network.
    is_public_only BOOLEAN NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMPTZ NOT NULL
);

INSERT INTO serials (name, last) VALUES ('notice_targets', 0);

-- Each is told once: written with what it tells, in the same transaction.
CREATE TABLE notices (
    target_id BIGINT NOT NULL REFERENCES notice_targets (id),
    alert_id BIGINT NOT NULL,
    -- opened, critical or resolved.
    what TEXT NOT NULL,
    -- due, sent or given_up.
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at TIMESTAMPTZ NOT NULL,
    -- Until then a process is at it.
    lease_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ,
    reason TEXT,
    PRIMARY KEY (target_id, alert_id, what)
);

CREATE INDEX notices_due ON notices (next_at) WHERE state = 'due';

CREATE INDEX deliverability_alerts_by_id ON deliverability_alerts (id);
