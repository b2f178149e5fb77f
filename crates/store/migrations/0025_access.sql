-- Who may look and change: users with their sessions, tokens for programs and share links, and who changed what.

INSERT INTO serials (name, last) VALUES ('users', 0), ('tokens', 0), ('audit_log', 0);

CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    -- admin, member, client-viewer
    role TEXT NOT NULL,
    -- The only client that a client-viewer sees.
    client TEXT,
    -- argon2id, with its salt and cost.
    password TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_sign_in_at TIMESTAMPTZ
);

-- What a browser holds is known by its hash alone, here and below.
CREATE TABLE user_sessions (
    hash TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id);

CREATE TABLE tokens (
    id BIGINT PRIMARY KEY,
    -- api: for a program; share: a link for a client's own people
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    -- read, write
    scope TEXT NOT NULL,
    -- The only client that it shows.
    client TEXT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ
);

CREATE TABLE audit_log (
    id BIGINT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    who TEXT NOT NULL,
    -- As `user added`.
    deed TEXT NOT NULL,
    -- What it was done to.
    subject TEXT NOT NULL
);
