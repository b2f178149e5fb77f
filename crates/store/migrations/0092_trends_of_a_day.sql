-- What an alert's number was, and from when on it is held against that.
ALTER TABLE deliverability_alerts ADD COLUMN severity_before DOUBLE PRECISION;
ALTER TABLE deliverability_alerts ADD COLUMN before_at TIMESTAMPTZ;

-- Mails behind a template's best weeks.
ALTER TABLE variant_decay ADD COLUMN peak_sent BIGINT;
UPDATE analyses SET state = 'due' WHERE name = 'decay';
