-- The newest replies in the whole of their order, as before, with what they are counted by: so no reply is read for it.
DROP INDEX email_activities_newest_replies;
CREATE INDEX email_activities_newest_replies ON email_activities (occurred_at, source_id, campaign_id, event_key,
    metric_date, reply_category, needs_review, classified_by) WHERE event = 'replied';
