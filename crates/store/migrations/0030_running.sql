-- What runs by itself: what was asked for, what each process does in the background, what it counted.

CREATE TABLE requests (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    id BIGINT NOT NULL,
    -- sync, test, replay
    kind TEXT NOT NULL,
    options JSONB NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    -- waiting, running, done, withdrawn
    state TEXT NOT NULL,
    holder TEXT,
    lease_until TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    outcome JSONB,
    PRIMARY KEY (source_id, id)
);
CREATE INDEX requests_open ON requests (state) WHERE state IN ('waiting', 'running');
INSERT INTO serials (name, last) VALUES ('requests', 0);

CREATE TABLE background_tasks (
    holder TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    period_ms BIGINT NOT NULL,
    began_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    is_failing BOOLEAN NOT NULL,
    detail TEXT NOT NULL,
    -- When the process last said that it lives.
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (holder, name)
);

-- What processes counted of a source since ever, so that each of them can tell all of it.
CREATE TABLE source_counters (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (source_id, name, label)
);
