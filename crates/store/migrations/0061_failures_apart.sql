-- A mailbox fails to send and to receive apart from each other: in how many readings in a row it did either.
ALTER TABLE mailbox_failures ADD COLUMN smtp_readings BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mailbox_failures ADD COLUMN imap_readings BIGINT NOT NULL DEFAULT 0;
UPDATE mailbox_failures SET smtp_readings = readings, imap_readings = readings;
ALTER TABLE mailbox_failures DROP COLUMN readings;
