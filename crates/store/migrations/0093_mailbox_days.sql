-- Mails by mailbox and day, which reports would else add up of single events. They follow in the transaction that counts a
-- mail; the program adds up what was there before when it starts.
CREATE TABLE mailbox_days (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    date DATE NOT NULL,
    -- Its id at the service, or its address while no event of it knows its id.
    mailbox TEXT NOT NULL,
    emails_sent BIGINT,
    emails_bounced BIGINT,
    PRIMARY KEY (source_id, date, mailbox)
);
