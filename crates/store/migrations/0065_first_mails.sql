-- A lead's first e-mail and first reply in a campaign are looked up, and not added up out of all events of an account.
CREATE INDEX email_activities_first_mails ON email_activities (source_id, campaign_id, contact_id, occurred_at)
    WHERE event = 'sent';
CREATE INDEX email_activities_first_replies ON email_activities (source_id, campaign_id, contact_id, occurred_at)
    WHERE event = 'replied';
