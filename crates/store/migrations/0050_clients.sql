-- Whose a campaign is: what people say by hand or by rule stands over what the data source and its service say.

INSERT INTO serials (name, last) VALUES ('client_rules', 0);

-- Clients that somebody named, whether anything is done for them yet or not.
CREATE TABLE client_names (
    -- The name in lower case.
    client_key TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

-- The first one that fits, by number, wins.
CREATE TABLE client_rules (
    id BIGINT PRIMARY KEY,
    client TEXT NOT NULL,
    -- contains: the text stands in the campaign's name; pattern: the whole name, * for any letters, ? for one
    kind TEXT NOT NULL,
    pattern TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE client_assignments (
    source_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    client TEXT NOT NULL,
    assigned_by TEXT NOT NULL,
    assigned_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, campaign_id)
);

-- What hand and rules come to: a row of clients, and hand or the rule's number.
ALTER TABLE campaigns ADD COLUMN assigned_client_id TEXT;
ALTER TABLE campaigns ADD COLUMN assigned_by TEXT;
