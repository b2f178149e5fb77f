//! Templates of steps, with what single events tell of each.

use atlas_model::Interval;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A template of a step. Its figures are counted from single events, over its whole life, after each sync; what is unknown
/// is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is run for.
    pub client_name: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// The campaign's status.
    pub status: Option<String>,
    /// The template's id.
    pub variant_id: String,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// A, B, … where a step has variants.
    pub variant_label: Option<String>,
    /// email, linkedin, call, …
    pub step_type: Option<String>,
    /// Its subject.
    pub subject_line: Option<String>,
    /// How its text begins.
    pub body_preview: Option<String>,
    /// Whether it is gone at the service.
    pub is_deleted: bool,
    /// E-mails sent with it that did not come back.
    pub delivered: Option<i64>,
    /// Leads whose first reply in the campaign was to it.
    pub replied: Option<i64>,
    /// Replied over delivered.
    pub reply_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub reply_rate_low: Option<f64>,
    /// The upper end.
    pub reply_rate_high: Option<f64>,
    /// Leads first sorted as positive after it.
    pub positive: Option<i64>,
    /// Positive over delivered.
    pub positive_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub positive_rate_low: Option<f64>,
    /// The upper end.
    pub positive_rate_high: Option<f64>,
    /// Whether the reply rate's interval is narrow enough to go by: at most five percentage points.
    pub is_enough: bool,
    /// Whether it wears off.
    pub decay_status: Option<String>,
    /// After so many weeks half of its reply rate is gone.
    pub half_life_weeks: Option<f64>,
    /// The week, from 0, in which its reply rate fell at once.
    pub drop_week: Option<i64>,
    /// Its reply rate at its best.
    pub peak_rate: Option<f64>,
    /// Its reply rate of late.
    pub recent_rate: Option<f64>,
    /// E-mails behind that.
    pub recent_sent: Option<i64>,
    /// The language of its text.
    pub language: Option<String>,
    /// Words of its text.
    pub body_words: Option<i64>,
    /// The years at school that its text takes to read.
    pub reading_grade: Option<f64>,
    /// How it opens.
    pub opening_type: Option<String>,
    /// What it asks for.
    pub cta_type: Option<String>,
    /// How far it is written to one person.
    pub personalization_depth: Option<String>,
}

impl Store {
    /// Templates with what is known of them, those with most mails first.
    pub async fn report_variants(&self, filter: &Filter) -> Result<Vec<VariantLine>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let sql = format!(
            "SELECT * FROM report_variants WHERE {condition} ORDER BY delivered DESC NULLS LAST, source_id, \
             campaign_id, step_number, variant_id"
        );
        self.fetch(&sql, values.into_params()).await?.iter().map(variant).collect()
    }
}

fn variant(row: &DbRow) -> Result<VariantLine> {
    let interval = row.maybe_real("reply_rate_low")?.zip(row.maybe_real("reply_rate_high")?);
    Ok(line!(row => VariantLine {
        source_id, platform, source_name, client_name, campaign_id, campaign_name, status, variant_id, step_number,
        variant_label, step_type, subject_line, body_preview, is_deleted, delivered, replied, reply_rate,
        reply_rate_low, reply_rate_high, positive, positive_rate, positive_rate_low, positive_rate_high, decay_status,
        half_life_weeks, drop_week, peak_rate, recent_rate, recent_sent, language, body_words, reading_grade,
        opening_type, cta_type, personalization_depth;
        is_enough: interval.is_some_and(|(low, high)| Interval { low, high }.is_narrow()),
    }))
}
