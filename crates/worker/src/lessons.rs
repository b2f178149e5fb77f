//! The lessons, one after the other: features, replies, patterns, decay, alerts. Each reads rows, asks `insight`, and writes what differs.

use std::collections::BTreeMap;

use atlas_insight::copy::{self, Template, features};
use atlas_insight::decay::{Decay, Series, decay, settling_days};
use atlas_insight::patterns::{Comparison, FEATURES, Pattern, Variant, patterns};
use atlas_insight::stats::{Prior, real};
use atlas_model::findings::{
    CAMPAIGN_VARIANT_FEATURES, COPY_PATTERNS, VARIANT_DECAY, VARIANT_FIGURES, VARIANT_PRIORS,
};
use atlas_model::{Clock, sha256, wilson};
use atlas_store::{Analysis, CopyCounts, MailDays, Slice, Source, Store, StoredTemplate, VariantFigures};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use serde::Serialize;
use serde_json::{Map, Value, json};

use atlas_sync::Error;

use crate::ask_model::LanguageModel;
use crate::share_done::{ShareDone, Tell};
use crate::sort_replies::sort_replies;
use crate::watch::watch;

/// A step of what follows a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// `backfill-features`: what templates are like.
    Features,
    /// `classify-replies`: what replies want. Before patterns, which ask for positive ones.
    Replies,
    /// `compute-patterns`: what goes with replies.
    Patterns,
    /// `compute-variant-decay`: which templates wear off.
    Decay,
    /// What hurts delivery, or keeps figures from being true.
    Alerts,
}

impl Lesson {
    /// In the order in which one wakes the next.
    pub const ALL: [Self; 5] = [Self::Features, Self::Replies, Self::Patterns, Self::Decay, Self::Alerts];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::Replies => "replies",
            Self::Patterns => "patterns",
            Self::Decay => "decay",
            Self::Alerts => "alerts",
        }
    }
}

/// What an analysis came to.
#[derive(Clone, Debug, Serialize)]
pub struct Learned {
    /// Its name.
    pub lesson: &'static str,
    /// What it went through: templates, comparisons.
    pub seen: i64,
    /// Rows of findings that are new, differ or went.
    pub changed: u64,
}

/// Alerts are looked at so often, whatever happens.
const WATCH_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Templates in memory at a time.
const PAGE: usize = 500;
/// Findings of many sources have this one.
const NO_SOURCE: i64 = 0;
/// Replies to mails that are at least so old tell how long replies take.
const SETTLED_DAYS: i64 = 30;

/// Notes that a sync or deliveries changed something: the first lesson is due, and wakes the others.
pub async fn wake_lessons(store: &Store) -> Result<(), Error> {
    Ok(store.wake_analysis(Lesson::ALL[0].name()).await?)
}

/// Does the lessons that are due, each of which wakes the next. What broke off is due still.
pub async fn learn_what_is_due(
    store: &Store,
    clock: Clock,
    model: Option<&LanguageModel>,
) -> Result<Vec<Learned>, Error> {
    let mut learned = Vec::new();
    for lesson in Lesson::ALL {
        let states = store.analyses().await?;
        let state = states.iter().find(|one| one.name == lesson.name());
        // Time alone makes a sync stale and a webhook silent.
        let is_old = |one: &Analysis| {
            lesson == Lesson::Alerts
                && one.ended_at.is_none_or(|at| clock.now().duration_since(at) > WATCH_EVERY)
        };
        if state.is_some_and(|one| one.state != "done" || is_old(one)) {
            learned.push(learn(store, lesson, (clock, model), &|_, _| ()).await?);
        }
    }
    Ok(learned)
}

/// Does one lesson, and wakes the next; a language model is asked where one is set.
pub async fn learn(
    store: &Store,
    lesson: Lesson,
    (clock, model): (Clock, Option<&LanguageModel>),
    tell: Tell<'_>,
) -> Result<Learned, Error> {
    store.begin_analysis(lesson.name(), clock.now()).await?;
    let share = ShareDone { store, lesson: lesson.name(), tell };
    let done = match lesson {
        Lesson::Features => learn_features(store, &share).await,
        Lesson::Replies => sort_replies(store, clock, model, &share).await,
        Lesson::Patterns => learn_patterns(store, &share).await,
        Lesson::Decay => learn_decay(store, clock, &share).await,
        Lesson::Alerts => watch(store, clock, &share).await,
    };
    match done {
        Ok((seen, changed)) => {
            let next = Lesson::ALL.iter().skip_while(|one| **one != lesson).nth(1);
            if let Some(next) = next {
                store.wake_analysis(next.name()).await?;
            }
            store.tell_analysis(lesson.name(), seen, Some(seen)).await?;
            store.end_analysis(lesson.name(), clock.now(), changed, None).await?;
            Ok(Learned { lesson: lesson.name(), seen, changed })
        }
        Err(error) => {
            store.end_analysis(lesson.name(), clock.now(), 0, Some(error.to_string())).await?;
            Err(error)
        }
    }
}

/// Reads templates whose text, or the reader, has changed.
async fn learn_features(store: &Store, share: &ShareDone<'_>) -> Result<(i64, u64), Error> {
    let total = store.count_templates().await?;
    let (mut seen, mut changed) = (0, 0);
    for source in store.sources().await? {
        let mut after = String::new();
        loop {
            let page = store.templates_after(source.id, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.variant_id);
            seen += size(page.len());
            let rows: Vec<Map<String, Value>> = page.into_iter().filter_map(read_template).collect();
            if !rows.is_empty() {
                changed += store.write_findings(source.id, &CAMPAIGN_VARIANT_FEATURES, &rows).await?;
                share.tell(seen, total).await?;
            }
        }
    }
    Ok((seen, changed))
}

fn read_template(stored: StoredTemplate) -> Option<Map<String, Value>> {
    let StoredTemplate {
        variant_id,
        campaign_id,
        subject,
        html,
        plain,
        step_number,
        delay_days,
        is_same_thread,
        read,
    } = stored;
    let told = json!([subject, html, plain, step_number, delay_days, is_same_thread, campaign_id]);
    let hash = sha256(told.to_string().as_bytes());
    if read == Some((hash.clone(), copy::VERSION)) {
        return None;
    }
    let template = Template { subject, html, plain, step_number, delay_days, is_same_thread };
    let mut row = columns(&features(&template));
    row.insert("variant_id".to_owned(), variant_id.into());
    row.insert("campaign_id".to_owned(), campaign_id.into());
    row.insert("text_hash".to_owned(), hash.into());
    row.insert("version".to_owned(), copy::VERSION.into());
    Some(row)
}

/// Each source with its campaigns, some at a time, and how many there are in all.
async fn slices(store: &Store) -> Result<(Vec<(Source, Vec<Slice>)>, i64), Error> {
    let mut all = Vec::new();
    for source in store.sources().await? {
        let slices = store.campaign_slices(source.id).await?;
        all.push((source, slices));
    }
    let campaigns = all.iter().flat_map(|(_, slices)| slices).map(|slice| slice.campaigns).sum();
    Ok((all, campaigns))
}

async fn learn_patterns(store: &Store, share: &ShareDone<'_>) -> Result<(i64, u64), Error> {
    let (mut variants, mut changed, mut done) = (Vec::new(), 0, 0);
    let (sources, campaigns) = slices(store).await?;
    let features = FEATURES.map(|(name, _)| name);
    for (source, slices) in &sources {
        let mut counts = CopyCounts::new();
        for slice in slices {
            store.count_mails(source.id, slice, &mut counts).await?;
            done += slice.campaigns;
            share.tell(done, campaigns).await?;
        }
        let figures = store.variant_figures(source.id, counts, &features).await?;
        let prior = |outcome: &str, of: fn(&VariantFigures) -> i64| {
            let prior = Prior::of(&figures.iter().map(|one| (of(one), one.delivered)).collect::<Vec<_>>())?;
            Some(columns(&json!({"outcome": outcome, "mean": prior.mean, "weight": prior.weight})))
        };
        let priors = [prior("replied", |one| one.replied), prior("positive", |one| one.positive)];
        let priors: Vec<Map<String, Value>> = priors.into_iter().flatten().collect();
        changed += store.replace_findings(source.id, &VARIANT_PRIORS, &priors).await?;
        let rows: Vec<Map<String, Value>> = figures.iter().map(figures_row).collect();
        changed += store.replace_findings(source.id, &VARIANT_FIGURES, &rows).await?;
        for one in figures {
            variants.push(Variant {
                source_id: one.source_id,
                platform: one.platform,
                client: one.client,
                campaign_id: one.campaign_id,
                step_number: one.step_number.unwrap_or_default(),
                delivered: one.delivered,
                replied: one.replied,
                positive: one.positive,
                features: one.features,
            });
        }
    }
    let rows: Vec<Map<String, Value>> = patterns(&variants).iter().map(pattern_row).collect();
    changed += store.replace_findings(NO_SOURCE, &COPY_PATTERNS, &rows).await?;
    Ok((size(rows.len()), changed))
}

fn figures_row(one: &VariantFigures) -> Map<String, Value> {
    let rate = |events: i64| (one.delivered > 0).then(|| real(events) / real(one.delivered));
    let interval = |events: i64| wilson(events, one.delivered).map(|rate| (rate.low, rate.high)).unzip();
    let (reply_low, reply_high) = interval(one.replied);
    let (positive_low, positive_high): (Option<f64>, Option<f64>) = interval(one.positive);
    columns(&json!({
        "variant_id": one.variant_id, "campaign_id": one.campaign_id, "delivered": one.delivered,
        "replied": one.replied, "reply_rate": rate(one.replied), "reply_rate_low": reply_low,
        "reply_rate_high": reply_high, "positive": one.positive, "positive_rate": rate(one.positive),
        "positive_rate_low": positive_low, "positive_rate_high": positive_high,
    }))
}

fn pattern_row(pattern: &Pattern) -> Map<String, Value> {
    let mut row = columns(&json!({
        "scope": pattern.scope, "feature": pattern.feature, "level": pattern.level, "strata": pattern.strata,
        "variants_with": pattern.variants_with, "variants_without": pattern.variants_without,
        "delivered_with": pattern.delivered_with, "delivered_without": pattern.delivered_without,
    }));
    let mut put = |prefix: &str, counted: &str, one: &Comparison| {
        let (low, high) = one.interval.unzip();
        row.extend(columns(&json!({
            (format!("{counted}_with")): one.with, (format!("{counted}_without")): one.without,
            (format!("{prefix}shrunken_with")): one.shrunken_with,
            (format!("{prefix}shrunken_without")): one.shrunken_without,
            (format!("{prefix}odds_ratio")): one.odds_ratio, (format!("{prefix}odds_ratio_low")): low,
            (format!("{prefix}odds_ratio_high")): high, (format!("{prefix}lift")): one.lift,
            (format!("{prefix}p_value")): one.p_value, (format!("{prefix}q_value")): one.q_value,
            (format!("{prefix}heterogeneity_p")): one.heterogeneity_p, (format!("{prefix}verdict")): one.verdict,
        })));
    };
    put("", "replied", &pattern.replies);
    put("positive_", "positive", &pattern.positive);
    row
}

async fn learn_decay(store: &Store, clock: Clock, share: &ShareDone<'_>) -> Result<(i64, u64), Error> {
    let (mut seen, mut changed, mut done) = (0, 0, 0);
    let (sources, campaigns) = slices(store).await?;
    for (source, slices) in &sources {
        let today = today(source, clock);
        let mut mails = MailDays::default();
        for slice in slices {
            store.find_mail_days(source.id, slice, &mut mails).await?;
            done += slice.campaigns;
            share.tell(done, campaigns).await?;
        }
        let settled = today.saturating_sub(SETTLED_DAYS.days());
        let mut lags: BTreeMap<i64, i64> = BTreeMap::new();
        for (_, days) in mails.lags.iter().filter(|(sent_on, _)| *sent_on <= settled) {
            *lags.entry(*days).or_default() += 1;
        }
        let lags: Vec<(i64, i64)> = lags.into_iter().collect();
        let campaign_of: BTreeMap<&String, &String> =
            mails.variants.iter().map(|(variant, (campaign, _))| (variant, campaign)).collect();
        let account: Vec<Series> = mails
            .variants
            .iter()
            .map(|(variant_id, (_, days))| Series {
                variant_id: variant_id.clone(),
                days: days.iter().map(|(day, (sent, replied))| (*day, *sent, *replied)).collect(),
            })
            .collect();
        let found = decay(&account, settling_days(&lags), today);
        let rows: Vec<Map<String, Value>> =
            found.iter().map(|one| decay_row(one, campaign_of.get(&one.variant_id).copied())).collect();
        seen += size(rows.len());
        changed += store.replace_findings(source.id, &VARIANT_DECAY, &rows).await?;
    }
    Ok((seen, changed))
}

fn decay_row(one: &Decay, campaign_id: Option<&String>) -> Map<String, Value> {
    let (low, high) = one.interval.unzip();
    let (half_low, half_high) = one.half_life_interval.unzip();
    columns(&json!({
        "variant_id": one.variant_id, "campaign_id": campaign_id, "status": one.status,
        "first_sent_on": one.first_sent_on, "weekly": one.weekly, "sent": one.sent, "replied": one.replied,
        "slope": one.slope, "slope_low": low, "slope_high": high, "q_value": one.q_value,
        "half_life_weeks": one.half_life_weeks, "half_life_low": half_low, "half_life_high": half_high.flatten(),
        "drop_week": one.drop_week, "peak_rate": one.peak_rate, "recent_rate": one.recent_rate,
        "recent_sent": one.recent_sent,
    }))
}

/// The account's day.
fn today(source: &Source, clock: Clock) -> Date {
    clock.now().to_zoned(TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC)).date()
}

/// A finding as columns, its numbers with nine figures: more are noise, and databases read them alike.
fn columns(finding: &impl Serialize) -> Map<String, Value> {
    let Ok(Value::Object(mut row)) = serde_json::to_value(finding) else { return Map::new() };
    for value in row.values_mut() {
        if let Some(number) = value.as_f64().filter(|_| value.is_f64()) {
            *value = format!("{number:.8e}").parse::<f64>().map_or(Value::Null, Value::from);
        }
    }
    row
}

fn size(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
