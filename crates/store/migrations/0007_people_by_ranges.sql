-- How often leads, their enrolments or calls of a source were written, and up to which of these writes people are worked
-- out. A table of its own, since whoever receives webhooks holds the rest of a source's state.
CREATE TABLE people_state (
    source_id BIGINT NOT NULL PRIMARY KEY REFERENCES data_sources (id),
    written BIGINT NOT NULL,
    settled BIGINT NOT NULL
);
INSERT INTO people_state (source_id, written, settled) SELECT id, 1, 0 FROM data_sources;
