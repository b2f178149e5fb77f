-- What came of it, which no service tells: meetings and deals; and what a client is promised.

INSERT INTO serials (name, last) VALUES ('outcomes', 0);

CREATE TABLE outcomes (
    id BIGINT PRIMARY KEY,
    client TEXT NOT NULL,
    -- In lower case.
    email TEXT NOT NULL,
    -- meeting_booked, meeting_held, deal_won
    kind TEXT NOT NULL,
    occurred_on DATE NOT NULL,
    -- Of a deal.
    value DOUBLE PRECISION,
    currency TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    -- Told twice it is one.
    UNIQUE (client, email, kind, occurred_on)
);

CREATE TABLE client_targets (
    client TEXT NOT NULL,
    -- As in the registry; for a week, rates as they are.
    metric TEXT NOT NULL,
    target DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (client, metric)
);
