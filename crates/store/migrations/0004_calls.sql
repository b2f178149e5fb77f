-- Calls: who dials, their sessions, each call; and up to when a stream of records has been read.

CREATE TABLE profiles (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    extra JSONB,
    PRIMARY KEY (source_id, external_id)
);

CREATE TABLE call_sessions (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    external_id TEXT NOT NULL,
    client_id TEXT,
    caller_user_id TEXT,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    call_count BIGINT,
    seen_hash TEXT,
    extra JSONB,
    PRIMARY KEY (source_id, external_id),
    FOREIGN KEY (source_id, client_id) REFERENCES clients (source_id, external_id)
);

-- A call that is told twice, in its session and among its contact's activities, is two rows; the activity names the call
-- in same_call_id. Whoever counts calls leaves out rows that have one.
CREATE TABLE call_activities (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    origin TEXT NOT NULL,
    external_id TEXT NOT NULL,
    session_id TEXT,
    contact_id TEXT,
    caller_user_id TEXT,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    duration_seconds BIGINT,
    disposition TEXT,
    disposition_normal TEXT,
    is_connected BOOLEAN,
    is_voicemail BOOLEAN,
    notes TEXT,
    phone TEXT,
    phone_key TEXT,
    recording_url TEXT,
    same_call_id TEXT,
    extra JSONB,
    PRIMARY KEY (source_id, origin, external_id),
    FOREIGN KEY (source_id, session_id) REFERENCES call_sessions (source_id, external_id)
);
CREATE INDEX call_activities_by_contact ON call_activities (source_id, contact_id, started_at);
CREATE INDEX call_activities_by_start ON call_activities (source_id, started_at);
CREATE INDEX call_activities_by_phone ON call_activities (source_id, phone_key);

ALTER TABLE contacts ADD COLUMN last_call_at TIMESTAMPTZ;
ALTER TABLE contacts ADD COLUMN phone_key TEXT;
ALTER TABLE contacts ADD COLUMN extra JSONB;
CREATE INDEX contacts_by_phone ON contacts (source_id, phone_key);

-- When the last whole walk through an endpoint's records began: the next one asks for what is newer.
CREATE TABLE watermarks (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    endpoint TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, endpoint)
);
