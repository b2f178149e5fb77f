-- Views are made by the program, from the registry of metrics, whenever their text or the schema is another one: here is
-- known which text they were made from.
INSERT INTO serials (name, last) VALUES ('views', 0);

-- Replies, the newest first.
CREATE INDEX email_activities_newest_replies ON email_activities (occurred_at, source_id) WHERE event = 'replied';
