-- What rates of a source's templates are like, by outcome: replied, positive. Each template's rate is drawn towards it where
-- it is read, so a mean that moves is one row and not one for each template. reply_rate_shrunken and positive_rate_shrunken
-- of variant_figures stay empty from now on: views that others made may stand on the table.
CREATE TABLE variant_priors (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    outcome TEXT NOT NULL,
    mean DOUBLE PRECISION NOT NULL,
    -- In mails.
    weight DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (source_id, outcome)
);
UPDATE variant_figures SET reply_rate_shrunken = NULL, positive_rate_shrunken = NULL;
UPDATE analyses SET state = 'due' WHERE name = 'patterns';

-- Positive replies of some campaigns are found by these.
DROP INDEX email_activities_positive;
CREATE INDEX email_activities_positive ON email_activities (source_id, campaign_id) WHERE counts_positive;
