-- Who is at an analysis, and until when that is believed without a sign of life: one process at a time.
ALTER TABLE analyses ADD COLUMN holder TEXT;
ALTER TABLE analyses ADD COLUMN lease_until TIMESTAMPTZ;
