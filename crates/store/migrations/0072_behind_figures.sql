-- Who unsubscribed is looked up by its time, as mails and bounces are.
CREATE INDEX email_activities_unsubscribed ON email_activities (source_id, occurred_at) WHERE event = 'unsubscribed';
