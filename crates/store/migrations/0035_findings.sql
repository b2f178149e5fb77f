-- Findings: what analyses made of templates and their mails. They may be made anew at any time.

-- What templates are like: docs/lessons.md has the definitions.
CREATE TABLE campaign_variant_features (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    variant_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    version BIGINT NOT NULL,
    language TEXT,
    subject_words BIGINT,
    subject_characters BIGINT,
    subject_case TEXT,
    subject_is_question BOOLEAN,
    subject_has_number BOOLEAN,
    subject_has_emoji BOOLEAN,
    subject_is_fake_reply BOOLEAN,
    body_words BIGINT,
    body_sentences BIGINT,
    body_paragraphs BIGINT,
    reading_formula TEXT,
    reading_grade DOUBLE PRECISION,
    body_questions BIGINT,
    you_ratio DOUBLE PRECISION,
    tokens BIGINT,
    tokens_distinct BIGINT,
    personalization_depth TEXT,
    opening_type TEXT,
    cta_type TEXT,
    cta_position DOUBLE PRECISION,
    asks BIGINT,
    links BIGINT,
    images BIGINT,
    html_weight DOUBLE PRECISION,
    spam_words BIGINT,
    capitals_ratio DOUBLE PRECISION,
    exclamation_ratio DOUBLE PRECISION,
    bullets BIGINT,
    has_postscript BOOLEAN,
    step_number BIGINT,
    delay_days DOUBLE PRECISION,
    is_same_thread BOOLEAN,
    PRIMARY KEY (source_id, variant_id)
);

-- What became of templates' mails, as far as single events tell.
CREATE TABLE variant_figures (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    variant_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    delivered BIGINT NOT NULL,
    replied BIGINT NOT NULL,
    reply_rate DOUBLE PRECISION,
    reply_rate_low DOUBLE PRECISION,
    reply_rate_high DOUBLE PRECISION,
    positive BIGINT NOT NULL,
    positive_rate DOUBLE PRECISION,
    positive_rate_low DOUBLE PRECISION,
    positive_rate_high DOUBLE PRECISION,
    PRIMARY KEY (source_id, variant_id)
);

-- What a feature goes with, within campaign and step, over all sources (source_id 0).
CREATE TABLE copy_patterns (
    source_id BIGINT NOT NULL,
    scope TEXT NOT NULL,
    feature TEXT NOT NULL,
    level TEXT NOT NULL,
    strata BIGINT,
    variants_with BIGINT,
    variants_without BIGINT,
    delivered_with BIGINT,
    delivered_without BIGINT,
    replied_with BIGINT,
    replied_without BIGINT,
    shrunken_with DOUBLE PRECISION,
    shrunken_without DOUBLE PRECISION,
    odds_ratio DOUBLE PRECISION,
    odds_ratio_low DOUBLE PRECISION,
    odds_ratio_high DOUBLE PRECISION,
    lift DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    q_value DOUBLE PRECISION,
    heterogeneity_p DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    positive_with BIGINT,
    positive_without BIGINT,
    positive_shrunken_with DOUBLE PRECISION,
    positive_shrunken_without DOUBLE PRECISION,
    positive_odds_ratio DOUBLE PRECISION,
    positive_odds_ratio_low DOUBLE PRECISION,
    positive_odds_ratio_high DOUBLE PRECISION,
    positive_lift DOUBLE PRECISION,
    positive_p_value DOUBLE PRECISION,
    positive_q_value DOUBLE PRECISION,
    positive_heterogeneity_p DOUBLE PRECISION,
    positive_verdict TEXT NOT NULL,
    PRIMARY KEY (source_id, scope, feature, level)
);

-- Whether a template wears off.
CREATE TABLE variant_decay (
    source_id BIGINT NOT NULL REFERENCES data_sources (id),
    variant_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    status TEXT NOT NULL,
    first_sent_on DATE,
    weekly JSONB,
    sent BIGINT,
    replied BIGINT,
    slope DOUBLE PRECISION,
    slope_low DOUBLE PRECISION,
    slope_high DOUBLE PRECISION,
    q_value DOUBLE PRECISION,
    half_life_weeks DOUBLE PRECISION,
    half_life_low DOUBLE PRECISION,
    half_life_high DOUBLE PRECISION,
    drop_week BIGINT,
    peak_rate DOUBLE PRECISION,
    recent_rate DOUBLE PRECISION,
    recent_sent BIGINT,
    PRIMARY KEY (source_id, variant_id)
);

-- How far analyses are: due, running, done or failed.
CREATE TABLE analyses (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT,
    changed BIGINT NOT NULL DEFAULT 0,
    reason TEXT
);

-- Replies are few among events.
CREATE INDEX email_activities_replies ON email_activities (source_id) WHERE event = 'replied';
CREATE INDEX email_activities_positive ON email_activities (source_id) WHERE counts_positive;

-- One row per template. What is unknown of its mails is NULL: no single event of it is stored.
CREATE VIEW report_variants AS
SELECT
    v.source_id,
    c.platform,
    c.source_name,
    c.client_name,
    v.campaign_id,
    c.campaign_name,
    v.external_id AS variant_id,
    v.step_number,
    v.variant_label,
    v.subject_line,
    v.is_deleted,
    g.delivered,
    g.replied,
    g.reply_rate,
    g.reply_rate_low,
    g.reply_rate_high,
    g.positive,
    g.positive_rate,
    g.positive_rate_low,
    g.positive_rate_high,
    d.status AS decay_status,
    d.half_life_weeks,
    d.drop_week,
    d.peak_rate,
    d.recent_rate,
    d.recent_sent,
    f.language,
    f.body_words,
    f.reading_grade,
    f.opening_type,
    f.cta_type,
    f.personalization_depth
FROM campaign_variants v
JOIN report_campaigns c ON c.source_id = v.source_id AND c.campaign_id = v.campaign_id
LEFT JOIN variant_figures g ON g.source_id = v.source_id AND g.variant_id = v.external_id
LEFT JOIN variant_decay d ON d.source_id = v.source_id AND d.variant_id = v.external_id
LEFT JOIN campaign_variant_features f ON f.source_id = v.source_id AND f.variant_id = v.external_id;

-- One row per feature, level and scope.
CREATE VIEW report_patterns AS SELECT * FROM copy_patterns;
