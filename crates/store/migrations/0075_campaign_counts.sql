-- How often events of a campaign, or people's words on its replies, were written: raised in the transaction that writes them.
CREATE TABLE campaign_changes (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (source_id, campaign_id)
);
INSERT INTO campaign_changes (source_id, campaign_id, changes)
SELECT source_id, campaign_id, 1 FROM email_activities GROUP BY source_id, campaign_id;

-- What became of a campaign's mails by template and day, as it was after so many changes. It may be counted anew at any time:
-- whoever changes how it is counted empties this.
CREATE TABLE campaign_counts (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    changes BIGINT NOT NULL,
    templates TEXT NOT NULL,
    PRIMARY KEY (source_id, campaign_id)
);
