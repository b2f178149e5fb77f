-- The newest replies of all in the whole of their order, so that none is sorted; and those of a campaign.
DROP INDEX email_activities_newest_replies;
CREATE INDEX email_activities_newest_replies ON email_activities (occurred_at, source_id, campaign_id, event_key)
    WHERE event = 'replied';
DROP INDEX email_activities_replies;
CREATE INDEX email_activities_replies ON email_activities (source_id, campaign_id, occurred_at) WHERE event = 'replied';
