-- What a campaign's replies and leads add up to, as they were after so many changes of it and on the days of this time zone:
-- good as long as both are the same. It may be added up anew at any time: whoever changes how that is done empties this.
CREATE TABLE campaign_sums (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    changes BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (source_id, campaign_id)
);
-- Its replies by month, as 2026-11, and by what they want, a person's word first; an empty text where nobody knows.
CREATE TABLE reply_sums (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    month TEXT NOT NULL,
    reply_category TEXT NOT NULL,
    replies BIGINT NOT NULL,
    told BIGINT NOT NULL,
    needs_review BIGINT NOT NULL,
    PRIMARY KEY (source_id, campaign_id, month, reply_category)
);
-- Its leads who are in no other campaign and were never called, those together who came on one day and equally far.
CREATE TABLE lead_sums (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    date DATE,
    emailed BIGINT,
    replied BIGINT,
    category_id TEXT,
    -- Whether the service tells of replies,
    is_told BOOLEAN NOT NULL,
    -- and whether it is known who they are.
    is_known BOOLEAN NOT NULL,
    leads BIGINT NOT NULL,
    -- Seconds until first replies, with commas between.
    waits TEXT,
    PRIMARY KEY (source_id, campaign_id, part)
);
-- Its other leads, whose people must be looked at one by one, with what single events tell of them.
CREATE TABLE single_leads (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    campaign_id TEXT NOT NULL,
    external_lead_id TEXT NOT NULL,
    emailed BIGINT,
    replied BIGINT,
    first_sent_at TIMESTAMPTZ,
    first_reply_at TIMESTAMPTZ,
    PRIMARY KEY (source_id, campaign_id, external_lead_id)
);
-- Who adds up locks this row, and sees whether somebody else did so meanwhile.
INSERT INTO serials (name, last) VALUES ('campaign_sums', 0);

-- Mails by mailbox and month, as 2026-11: the sums of their days. The program adds up what was there before when it starts.
CREATE TABLE mailbox_months (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    month TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    emails_sent BIGINT,
    emails_bounced BIGINT,
    PRIMARY KEY (source_id, month, mailbox)
);
