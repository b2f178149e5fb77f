-- From which day on a campaign's days are read without a gap. What an earlier version has read begins with its first day.
ALTER TABLE campaigns ADD COLUMN days_read_from DATE;
UPDATE campaigns SET days_read_from = (SELECT MIN(m.date) FROM daily_metrics AS m
    WHERE m.source_id = campaigns.source_id AND m.campaign_id = campaigns.external_id);
