-- How often leads, their enrolments or calls were written, and up to which of these writes people are worked out.
ALTER TABLE sync_state ADD COLUMN people_written BIGINT NOT NULL DEFAULT 1;
ALTER TABLE sync_state ADD COLUMN people_settled BIGINT NOT NULL DEFAULT 0;
