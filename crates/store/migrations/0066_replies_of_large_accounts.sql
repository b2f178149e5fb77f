-- What a reply's person wrote or was written later is found without looking at what came before.
DROP INDEX email_activities_by_person;
CREATE INDEX email_activities_by_person
    ON email_activities (source_id, COALESCE(contact_id, lead_email, event_key), occurred_at);
-- The positive ones among replies, the newest first.
CREATE INDEX email_activities_newest_positive ON email_activities (occurred_at) WHERE event = 'replied' AND is_positive;
-- A campaign's replies are put in their order without being read.
DROP INDEX email_activities_replies;
CREATE INDEX email_activities_replies ON email_activities (source_id, campaign_id, occurred_at, event_key)
    WHERE event = 'replied';
