-- Old texts are looked for by their time.
CREATE INDEX email_activities_texts ON email_activities (source_id, occurred_at) WHERE body_plain IS NOT NULL;
