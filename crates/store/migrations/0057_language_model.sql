-- What a language model said of a text, so that none is paid for twice; without a category it said nothing that is believed.
CREATE TABLE model_answers (
    text_hash TEXT NOT NULL,
    -- The model, and the version of the question.
    model TEXT NOT NULL,
    reply_category TEXT,
    confidence DOUBLE PRECISION,
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (text_hash, model)
);

-- How often it was asked on a day (UTC).
CREATE TABLE model_calls (
    day DATE PRIMARY KEY,
    calls BIGINT NOT NULL
);
