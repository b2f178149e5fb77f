-- People who asked to be forgotten: nobody can read who they are, but who comes again is known.

-- One row, made when the first person is forgotten: what hashes are made with.
CREATE TABLE forgotten_key (
    id BIGINT PRIMARY KEY,
    hmac_key TEXT NOT NULL
);

-- HMAC-SHA-256 of an address, or of a lead's number at a source.
CREATE TABLE forgotten (
    hash TEXT PRIMARY KEY
);
