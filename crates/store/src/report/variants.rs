//! Templates of steps, with what single events tell of each, and one of them with all that is known of it.

use atlas_model::findings::CAMPAIGN_VARIANT_FEATURES;
use atlas_model::{Interval, wilson};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::findings::fields;
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
    /// Leads who answered it.
    pub replied: Option<i64>,
    /// Replied over delivered.
    pub reply_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub reply_rate_low: Option<f64>,
    /// The upper end.
    pub reply_rate_high: Option<f64>,
    /// Drawn towards that of the account's templates by as much as its sample is small: what templates are ranked by.
    pub reply_rate_shrunken: Option<f64>,
    /// Those of them whose answer was sorted as positive.
    pub positive: Option<i64>,
    /// Positive over delivered.
    pub positive_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub positive_rate_low: Option<f64>,
    /// The upper end.
    pub positive_rate_high: Option<f64>,
    /// Drawn towards that of the account's templates by as much as its sample is small.
    pub positive_rate_shrunken: Option<f64>,
    /// Whether the reply rate's interval is narrow enough to go by: at most five percentage points.
    pub is_enough: bool,
    /// Whether it wears off.
    pub decay_status: Option<String>,
    /// After so many weeks half of its reply rate is gone.
    pub half_life_weeks: Option<f64>,
    /// The shortest that goes with its 95 % interval.
    pub half_life_low: Option<f64>,
    /// The longest; none where it may be without end.
    pub half_life_high: Option<f64>,
    /// The week, from 0, in which its reply rate fell at once.
    pub drop_week: Option<i64>,
    /// Its reply rate at its best.
    pub peak_rate: Option<f64>,
    /// E-mails behind that.
    pub peak_sent: Option<i64>,
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

/// A template with all that is known of it: two of them stand side by side.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantDetail {
    /// Its line.
    pub variant: VariantLine,
    /// Its text as HTML, as the service has it: to be shown in a sandbox alone.
    pub body_html: Option<String>,
    /// Its text.
    pub body_plain: Option<String>,
    /// Days after the step before.
    pub delay_days: Option<f64>,
    /// Whether it goes out as an answer in the thread.
    pub is_same_thread: Option<bool>,
    /// What it is like: the columns of `campaign_variant_features`; none before it was read.
    #[schema(value_type = Option<Object>)]
    pub features: Option<Map<String, Value>>,
    /// How its reply rate moves; none where no single event of it is stored.
    pub decay: Option<VariantDecay>,
}

/// How a template's reply rate moves. A reply counts on the day on which its mail was sent; days whose replies are still
/// arriving are left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantDecay {
    /// `insufficient_data`, `stable`, `improving`, `declining` or `exhausted`.
    pub status: String,
    /// The day of the first mail.
    pub first_sent_on: Option<Date>,
    /// Week by week; weeks without a mail are left out.
    pub weekly: Vec<DecayWeek>,
    /// Mails in these.
    pub sent: Option<i64>,
    /// Those of them that were answered.
    pub replied: Option<i64>,
    /// How much the logarithm of the odds of a reply moves in a week.
    pub slope: Option<f64>,
    /// The lower end of where it lies with 95 % confidence.
    pub slope_low: Option<f64>,
    /// The upper end.
    pub slope_high: Option<f64>,
    /// How many templates that move as much do so by chance, at most.
    pub q_value: Option<f64>,
    /// Weeks in which the odds of a reply halve, where they fall and not at once.
    pub half_life_weeks: Option<f64>,
    /// The shortest that goes with the slope's interval.
    pub half_life_low: Option<f64>,
    /// The longest, where there is one.
    pub half_life_high: Option<f64>,
    /// The week from which the rate is at once less than half of what it was.
    pub drop_week: Option<i64>,
    /// The best rate of four weeks in a row.
    pub peak_rate: Option<f64>,
    /// Mails of these.
    pub peak_sent: Option<i64>,
    /// The rate of the last four weeks.
    pub recent_rate: Option<f64>,
    /// Mails of the last four weeks.
    pub recent_sent: Option<i64>,
}

/// A week of a template.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecayWeek {
    /// Weeks since the first mail, from 0.
    pub week: i64,
    /// Its first day.
    pub begins_on: Option<Date>,
    /// Mails sent.
    pub sent: i64,
    /// Those of them that were answered.
    pub replied: i64,
    /// Replied over sent.
    pub reply_rate: Option<f64>,
    /// The lower end of where it lies with 95 % confidence (Wilson).
    pub reply_rate_low: Option<f64>,
    /// The upper end.
    pub reply_rate_high: Option<f64>,
    /// What the fitted curve says; two levels where it fell at once. None where there is too little to fit.
    pub fitted: Option<f64>,
}

/// A week as it is stored.
#[derive(serde::Deserialize)]
struct StoredWeek {
    week: i64,
    sent: i64,
    replied: i64,
    fitted: Option<f64>,
}

impl Store {
    /// Templates with what is known of them, the best first: by a reply rate that a small sample does not lift.
    pub async fn report_variants(&self, filter: &Filter) -> Result<Vec<VariantLine>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let sql = format!(
            "SELECT * FROM report_variants WHERE {condition} ORDER BY reply_rate_shrunken DESC NULLS LAST, \
             delivered DESC NULLS LAST, source_id, campaign_id, step_number, variant_id"
        );
        self.fetch(&sql, values.into_params()).await?.iter().map(variant).collect()
    }

    /// One template with its text, its features and its weeks; none where the filter's part of the data has no such one.
    pub async fn report_variant(&self, filter: &Filter, variant_id: &str) -> Result<Option<VariantDetail>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let variant_id = values.put(variant_id);
        let sql = format!(
            "SELECT * FROM report_variants WHERE {condition} AND variant_id = {variant_id} ORDER BY source_id LIMIT 1"
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let Some(line) = rows.first().map(variant).transpose()? else { return Ok(None) };
        let key = || [line.source_id.into(), line.variant_id.as_str().into()];
        let text = "SELECT body_html, body_plain, CAST(delay_days AS DOUBLE PRECISION) AS delay_days, send_as_reply \
                    FROM campaign_variants WHERE source_id = $1 AND external_id = $2";
        let features = "SELECT * FROM campaign_variant_features WHERE source_id = $1 AND variant_id = $2";
        let decay = "SELECT status, CAST(first_sent_on AS TEXT) AS first_sent_on, CAST(weekly AS TEXT) AS weekly, sent, \
                     replied, slope, slope_low, slope_high, q_value, half_life_weeks, half_life_low, half_life_high, \
                     drop_week, peak_rate, peak_sent, recent_rate, recent_sent FROM variant_decay WHERE source_id = $1 AND variant_id = $2";
        let text = self.fetch(text, key()).await?;
        let features = self.fetch(features, key()).await?;
        let decay = self.fetch(decay, key()).await?;
        let part = |name: &str| text.first().map_or(Ok(None), |row| row.maybe_text(name));
        Ok(Some(VariantDetail {
            body_html: part("body_html")?,
            body_plain: part("body_plain")?,
            delay_days: text.first().map_or(Ok(None), |row| row.maybe_real("delay_days"))?,
            is_same_thread: text.first().map_or(Ok(None), |row| row.maybe_boolean("send_as_reply"))?,
            features: features.first().map(|row| fields(row, &CAMPAIGN_VARIANT_FEATURES)).transpose()?,
            decay: decay.first().map(variant_decay).transpose()?,
            variant: line,
        }))
    }
}

fn variant_decay(row: &DbRow) -> Result<VariantDecay> {
    let weeks: Vec<StoredWeek> = serde_json::from_str(&row.text("weekly")?).unwrap_or_default();
    let first_sent_on = row.maybe_text("first_sent_on")?;
    let first: Option<Date> = first_sent_on.as_ref().and_then(|day| day.parse().ok());
    let weekly = weeks.into_iter().map(|StoredWeek { week, sent, replied, fitted }| {
        let interval = wilson(replied, sent);
        DecayWeek {
            week,
            begins_on: first.map(|first| first.saturating_add((7 * week).days())),
            sent,
            replied,
            reply_rate: interval.map(|_| real(replied) / real(sent)),
            reply_rate_low: interval.map(|interval| interval.low),
            reply_rate_high: interval.map(|interval| interval.high),
            fitted,
        }
    });
    Ok(line!(row => VariantDecay {
        status, sent, replied, slope, slope_low, slope_high, q_value, half_life_weeks, half_life_low, half_life_high,
        drop_week, peak_rate, peak_sent, recent_rate, recent_sent;
        first_sent_on: first, weekly: weekly.collect(),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
const fn real(count: i64) -> f64 {
    count as f64
}

fn variant(row: &DbRow) -> Result<VariantLine> {
    let interval = row.maybe_real("reply_rate_low")?.zip(row.maybe_real("reply_rate_high")?);
    Ok(line!(row => VariantLine {
        source_id, platform, source_name, client_name, campaign_id, campaign_name, status, variant_id, step_number,
        variant_label, step_type, subject_line, body_preview, is_deleted, delivered, replied, reply_rate,
        reply_rate_low, reply_rate_high, reply_rate_shrunken, positive, positive_rate, positive_rate_low,
        positive_rate_high, positive_rate_shrunken, decay_status, half_life_weeks, half_life_low, half_life_high, drop_week, peak_rate, peak_sent, recent_rate, recent_sent, language, body_words, reading_grade,
        opening_type, cta_type, personalization_depth;
        is_enough: interval.is_some_and(|(low, high)| Interval { low, high }.is_narrow()),
    }))
}
