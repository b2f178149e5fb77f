-- What each event writes beside its row.

-- Half of a hash tells events apart as surely, in half the pages of the index.
UPDATE email_activities SET event_key = CASE WHEN event_key LIKE 'poll:%' THEN substr(event_key, 1, 37)
    ELSE substr(event_key, 1, 32) END;

-- Only mails and bounces are looked up by their time.
DROP INDEX email_activities_by_time;
CREATE INDEX email_activities_mails_by_time ON email_activities (source_id, occurred_at)
    WHERE event IN ('sent', 'bounced');
