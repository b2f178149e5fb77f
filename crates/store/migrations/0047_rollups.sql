-- Sums that reports would else add up of hundreds of thousands of days and hours. They follow in the transaction that
-- writes a day or an hour; the program adds up what was there before when it starts.

-- What comes to 0 is empty here; `_known` says on how many days of campaigns a figure is known.
CREATE TABLE source_days (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    date DATE NOT NULL,
    days BIGINT,
    days_estimated BIGINT,
    emails_sent BIGINT,
    emails_sent_known BIGINT,
    emails_delivered BIGINT,
    emails_delivered_known BIGINT,
    emails_opened BIGINT,
    emails_opened_known BIGINT,
    unique_opens BIGINT,
    unique_opens_known BIGINT,
    emails_clicked BIGINT,
    emails_clicked_known BIGINT,
    emails_replied BIGINT,
    emails_replied_known BIGINT,
    emails_bounced BIGINT,
    emails_bounced_known BIGINT,
    emails_unsubscribed BIGINT,
    emails_unsubscribed_known BIGINT,
    positive_replies BIGINT,
    positive_replies_known BIGINT,
    reply_messages BIGINT,
    reply_messages_known BIGINT,
    reply_rate_numerator BIGINT,
    reply_rate_denominator BIGINT,
    reply_rate_known BIGINT,
    positive_rate_numerator BIGINT,
    positive_rate_denominator BIGINT,
    positive_rate_known BIGINT,
    bounce_rate_numerator BIGINT,
    bounce_rate_denominator BIGINT,
    bounce_rate_known BIGINT,
    PRIMARY KEY (source_id, date)
);

CREATE TABLE campaign_months (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    -- As 2026-11.
    month TEXT NOT NULL,
    days BIGINT,
    days_estimated BIGINT,
    emails_sent BIGINT,
    emails_sent_known BIGINT,
    emails_delivered BIGINT,
    emails_delivered_known BIGINT,
    emails_opened BIGINT,
    emails_opened_known BIGINT,
    unique_opens BIGINT,
    unique_opens_known BIGINT,
    emails_clicked BIGINT,
    emails_clicked_known BIGINT,
    emails_replied BIGINT,
    emails_replied_known BIGINT,
    emails_bounced BIGINT,
    emails_bounced_known BIGINT,
    emails_unsubscribed BIGINT,
    emails_unsubscribed_known BIGINT,
    positive_replies BIGINT,
    positive_replies_known BIGINT,
    reply_messages BIGINT,
    reply_messages_known BIGINT,
    reply_rate_numerator BIGINT,
    reply_rate_denominator BIGINT,
    reply_rate_known BIGINT,
    positive_rate_numerator BIGINT,
    positive_rate_denominator BIGINT,
    positive_rate_known BIGINT,
    bounce_rate_numerator BIGINT,
    bounce_rate_denominator BIGINT,
    bounce_rate_known BIGINT,
    PRIMARY KEY (source_id, campaign_id, month),
    FOREIGN KEY (source_id, campaign_id) REFERENCES campaigns (source_id, external_id)
);

CREATE TABLE source_hours (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    metric_date DATE NOT NULL,
    hour_of_day BIGINT NOT NULL,
    -- 0 is Sunday.
    day_of_week BIGINT NOT NULL,
    emails_sent BIGINT,
    emails_opened BIGINT,
    emails_clicked BIGINT,
    emails_replied BIGINT,
    emails_bounced BIGINT,
    PRIMARY KEY (source_id, metric_date, hour_of_day)
);

INSERT INTO serials (name, last) VALUES ('rollups', 0);
