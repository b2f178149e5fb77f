-- Which deliveries wait is told by one number a source: nothing is written to a delivery that was understood.

-- Everything in the journal up to this number is understood, or known not to be.
CREATE TABLE projected (
    source_id BIGINT PRIMARY KEY REFERENCES data_sources (id),
    up_to BIGINT NOT NULL
);
INSERT INTO projected (source_id, up_to)
SELECT source_id, COALESCE(MIN(CASE WHEN state = 'pending' THEN id END) - 1, MAX(id))
FROM journal WHERE kind = 'delivery' GROUP BY source_id;

-- The highest number that a delivery was given.
ALTER TABLE sync_state ADD COLUMN delivery_id BIGINT NOT NULL DEFAULT 0;
UPDATE sync_state SET delivery_id = COALESCE(
    (SELECT MAX(j.id) FROM journal AS j WHERE j.source_id = sync_state.source_id AND j.kind = 'delivery'), 0);

DROP INDEX journal_pending;
UPDATE journal SET state = 'done' WHERE state = 'pending';

-- Answers are looked up by what was asked; deliveries never are.
DROP INDEX journal_by_call;
CREATE INDEX journal_by_call ON journal (source_id, endpoint, params, id) WHERE dedupe_key IS NULL;

-- A campaign's templates change seldom; its events are found by their key then.
DROP INDEX email_activities_no_variant;
-- Rows that stand in for a delivery of their mail.
CREATE INDEX email_activities_stand_ins ON email_activities (source_id, sent_id) WHERE via = 'poll';
