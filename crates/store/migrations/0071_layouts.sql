-- A reply as its sender laid it out, beside its text, where it came as HTML: shown cleaned, in a frame that runs nothing.
ALTER TABLE email_activities ADD COLUMN body_html TEXT;
