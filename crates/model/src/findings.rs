//! The tables of findings, as data: what analyses write. They follow from the destination tables and may be made anew.

use crate::table::Kind::{Boolean, Date, Integer, Json, Real, Text};
use crate::table::{Table, plain};

/// Every table of findings.
pub const FINDINGS: &[&Table] =
    &[&CAMPAIGN_VARIANT_FEATURES, &VARIANT_FIGURES, &VARIANT_PRIORS, &COPY_PATTERNS, &VARIANT_DECAY];

/// What a template is like; docs/lessons.md has the definitions.
pub static CAMPAIGN_VARIANT_FEATURES: Table = Table {
    name: "campaign_variant_features",
    key: &["variant_id"],
    columns: &[
        plain("variant_id", Text),
        plain("campaign_id", Text),
        plain("text_hash", Text),
        plain("version", Integer),
        plain("language", Text),
        plain("subject_words", Integer),
        plain("subject_characters", Integer),
        plain("subject_case", Text),
        plain("subject_is_question", Boolean),
        plain("subject_has_number", Boolean),
        plain("subject_has_emoji", Boolean),
        plain("subject_is_fake_reply", Boolean),
        plain("body_words", Integer),
        plain("body_sentences", Integer),
        plain("body_paragraphs", Integer),
        plain("reading_formula", Text),
        plain("reading_grade", Real),
        plain("body_questions", Integer),
        plain("you_ratio", Real),
        plain("tokens", Integer),
        plain("tokens_distinct", Integer),
        plain("personalization_depth", Text),
        plain("opening_type", Text),
        plain("cta_type", Text),
        plain("cta_position", Real),
        plain("asks", Integer),
        plain("links", Integer),
        plain("images", Integer),
        plain("html_weight", Real),
        plain("spam_words", Integer),
        plain("capitals_ratio", Real),
        plain("exclamation_ratio", Real),
        plain("bullets", Integer),
        plain("has_postscript", Boolean),
        plain("step_number", Integer),
        plain("delay_days", Real),
        plain("is_same_thread", Boolean),
    ],
};

/// What became of a template's mails, as far as single events tell.
pub static VARIANT_FIGURES: Table = Table {
    name: "variant_figures",
    key: &["variant_id"],
    columns: &[
        plain("variant_id", Text),
        plain("campaign_id", Text),
        plain("delivered", Integer),
        plain("replied", Integer),
        plain("reply_rate", Real),
        plain("reply_rate_low", Real),
        plain("reply_rate_high", Real),
        plain("positive", Integer),
        plain("positive_rate", Real),
        plain("positive_rate_low", Real),
        plain("positive_rate_high", Real),
    ],
};

/// What rates of a source's templates are like: each is drawn towards it by as much as its sample is small.
pub static VARIANT_PRIORS: Table = Table {
    name: "variant_priors",
    key: &["outcome"],
    columns: &[plain("outcome", Text), plain("mean", Real), plain("weight", Real)],
};

/// What a feature goes with, within campaign and step. It is of all sources, so its `source_id` is 0.
pub static COPY_PATTERNS: Table = Table {
    name: "copy_patterns",
    key: &["scope", "feature", "level"],
    columns: &[
        plain("scope", Text),
        plain("feature", Text),
        plain("level", Text),
        plain("strata", Integer),
        plain("variants_with", Integer),
        plain("variants_without", Integer),
        plain("delivered_with", Integer),
        plain("delivered_without", Integer),
        plain("replied_with", Integer),
        plain("replied_without", Integer),
        plain("shrunken_with", Real),
        plain("shrunken_without", Real),
        plain("odds_ratio", Real),
        plain("odds_ratio_low", Real),
        plain("odds_ratio_high", Real),
        plain("lift", Real),
        plain("p_value", Real),
        plain("q_value", Real),
        plain("heterogeneity_p", Real),
        plain("verdict", Text),
        plain("positive_with", Integer),
        plain("positive_without", Integer),
        plain("positive_shrunken_with", Real),
        plain("positive_shrunken_without", Real),
        plain("positive_odds_ratio", Real),
        plain("positive_odds_ratio_low", Real),
        plain("positive_odds_ratio_high", Real),
        plain("positive_lift", Real),
        plain("positive_p_value", Real),
        plain("positive_q_value", Real),
        plain("positive_heterogeneity_p", Real),
        plain("positive_verdict", Text),
    ],
};

/// Whether a template wears off.
pub static VARIANT_DECAY: Table = Table {
    name: "variant_decay",
    key: &["variant_id"],
    columns: &[
        plain("variant_id", Text),
        plain("campaign_id", Text),
        plain("status", Text),
        plain("first_sent_on", Date),
        plain("weekly", Json),
        plain("sent", Integer),
        plain("replied", Integer),
        plain("slope", Real),
        plain("slope_low", Real),
        plain("slope_high", Real),
        plain("q_value", Real),
        plain("half_life_weeks", Real),
        plain("half_life_low", Real),
        plain("half_life_high", Real),
        plain("drop_week", Integer),
        plain("peak_rate", Real),
        plain("peak_sent", Integer),
        plain("recent_rate", Real),
        plain("recent_sent", Integer),
    ],
};
