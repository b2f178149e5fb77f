//! The lessons, one after the other: features, replies, patterns, decay, alerts. Each reads rows, asks `insight`, and writes what differs.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_insight::copy::{self, Template, features};
use atlas_insight::decay::{Decay, Series, decay, settling_days};
use atlas_insight::patterns::{Comparison, FEATURES, Pattern, Variant, patterns};
use atlas_insight::stats::{Prior, real};
use atlas_model::findings::{
    CAMPAIGN_VARIANT_FEATURES, COPY_PATTERNS, VARIANT_DECAY, VARIANT_FIGURES, VARIANT_PRIORS,
};
use atlas_model::{Clock, sha256, wilson};
use atlas_store::{Analysis, CopyCounts, Source, Store, StoredTemplate, VariantFigures};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use serde_json::{Map, Value, json};

use atlas_sync::{Error, holder_for, is_dead};

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

/// By day, mails sent and those of them that were answered.
type ByDay = BTreeMap<Date, (i64, i64)>;

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

/// What it is called among those who hold something.
const TASK: &str = "lessons";
/// How soon it is looked again whether another process is through with a lesson.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// What runs by itself rests so many times as long as it took.
const RESTS: i32 = 20;
/// Alerts are looked at so often, whatever happens.
const WATCH_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Templates in memory at a time.
const PAGE: usize = 500;
/// Campaigns whose mails are counted at a time.
const CAMPAIGNS: usize = 200;
/// Findings of many sources have this one.
const NO_SOURCE: i64 = 0;
/// Replies to mails that are at least so old tell how long replies take.
const SETTLED_DAYS: i64 = 30;

/// Notes that a sync changed something: the first lesson is due, and wakes the others.
pub async fn wake_lessons(store: &Store) -> Result<(), Error> {
    Ok(store.wake_analysis(Lesson::ALL[0].name()).await?)
}

/// Does the lessons that are due, each of which wakes the next. What broke off is due still; what another process is at is
/// left to it. Where that is wanted, each `rests` after it was drawn, so that deliveries, which never end, do not keep it busy.
pub async fn learn_what_is_due(
    store: &Store,
    (clock, model): (Clock, Option<&LanguageModel>),
    rests: bool,
) -> Result<Vec<Learned>, Error> {
    let mut learned = Vec::new();
    for lesson in Lesson::ALL {
        let states = store.analyses().await?;
        let Some(state) = states.iter().find(|one| one.name == lesson.name()) else { continue };
        let now = clock.now();
        // Time alone makes a sync stale and a webhook silent.
        let is_old =
            lesson == Lesson::Alerts && state.ended_at.is_none_or(|at| now.duration_since(at) > WATCH_EVERY);
        if (state.state == "done" && !is_old) || (rests && is_resting(state, now)) {
            continue;
        }
        if !store.begin_analysis(lesson.name(), &holder_for(TASK), now, is_dead).await? {
            break;
        }
        learned.push(draw(store, lesson, (clock, model), &|_, _| ()).await?);
    }
    Ok(learned)
}

/// Whether a lesson was drawn a moment ago.
fn is_resting(state: &Analysis, now: Timestamp) -> bool {
    let ends = state.started_at.zip(state.ended_at);
    state.state == "due" && ends.is_some_and(|(began, ended)| is_soon_after(began, ended, now))
}

/// Whether something was done a moment ago, told how long that took.
pub(crate) fn is_soon_after(began: Timestamp, ended: Timestamp, now: Timestamp) -> bool {
    let (took, rested) = (ended.duration_since(began), now.duration_since(ended));
    !rested.is_negative() && rested < took * RESTS
}

/// Does one lesson, and wakes the next; a language model is asked where one is set. Waits for another process that is at it.
pub async fn learn(
    store: &Store,
    lesson: Lesson,
    (clock, model): (Clock, Option<&LanguageModel>),
    tell: Tell<'_>,
) -> Result<Learned, Error> {
    while !store.begin_analysis(lesson.name(), &holder_for(TASK), clock.now(), is_dead).await? {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    draw(store, lesson, (clock, model), tell).await
}

async fn draw(
    store: &Store,
    lesson: Lesson,
    (clock, model): (Clock, Option<&LanguageModel>),
    tell: Tell<'_>,
) -> Result<Learned, Error> {
    let share = ShareDone { store, lesson: lesson.name(), holder: &holder_for(TASK), clock, tell };
    let done = match lesson {
        Lesson::Features => learn_features(store, &share).await,
        Lesson::Replies => sort_replies(store, clock, model, &share).await,
        Lesson::Patterns => learn_patterns(store, &share).await,
        Lesson::Decay => learn_decay(store, clock, &share).await,
        Lesson::Alerts => watch(store, clock, &share).await,
    };
    let end = async |changed, failure| {
        store.end_analysis(lesson.name(), (share.holder, clock.now()), changed, failure).await
    };
    match done {
        Ok((seen, changed)) => {
            let next = Lesson::ALL.iter().skip_while(|one| **one != lesson).nth(1);
            if let Some(next) = next {
                store.wake_analysis(next.name()).await?;
            }
            share.tell(seen, seen).await?;
            end(changed, None).await?;
            Ok(Learned { lesson: lesson.name(), seen, changed })
        }
        Err(error) => {
            end(0, Some(error.to_string())).await?;
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

/// What became of each source's mails: of campaigns of which something was written since, it is counted again.
async fn counted(store: &Store, share: &ShareDone<'_>) -> Result<Vec<(Source, CopyCounts)>, Error> {
    let mut uncounted = Vec::new();
    for source in store.sources().await? {
        let campaigns = store.uncounted_campaigns(source.id).await?;
        uncounted.push((source, campaigns));
    }
    let total = size(uncounted.iter().map(|(_, campaigns)| campaigns.len()).sum());
    let (mut done, mut all) = (0, Vec::new());
    for (source, campaigns) in uncounted {
        for some in campaigns.chunks(CAMPAIGNS) {
            store.count_mails(source.id, some).await?;
            done += size(some.len());
            share.tell(done, total).await?;
        }
        let counts = store.counted_mails(source.id).await?;
        all.push((source, counts));
    }
    Ok(all)
}

async fn learn_patterns(store: &Store, share: &ShareDone<'_>) -> Result<(i64, u64), Error> {
    let (mut variants, mut changed) = (Vec::new(), 0);
    let features = FEATURES.map(|(name, _)| name);
    for (source, counts) in counted(store, share).await? {
        let mut people: BTreeMap<String, [i64; 3]> = BTreeMap::new();
        for (variant_id, mails) in counts.into_values().flatten() {
            people
                .entry(variant_id)
                .or_default()
                .iter_mut()
                .zip(mails.people)
                .for_each(|(sum, one)| *sum += one);
        }
        let figures = store.variant_figures(source.id, &people, &features).await?;
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
    let (mut seen, mut changed) = (0, 0);
    for (source, counts) in counted(store, share).await? {
        let today = today(&source, clock);
        let settled = today.saturating_sub(SETTLED_DAYS.days());
        let mut lags: BTreeMap<i64, i64> = BTreeMap::new();
        // Template → the first of its campaigns, and its days.
        let mut variants: BTreeMap<String, (String, ByDay)> = BTreeMap::new();
        for (campaign_id, templates) in counts {
            for (variant_id, mails) in templates.into_iter().filter(|(_, mails)| !mails.days.is_empty()) {
                let (_, days) =
                    variants.entry(variant_id).or_insert_with(|| (campaign_id.clone(), BTreeMap::new()));
                for (day, mails) in mails.days {
                    let (sent, replied) = days.entry(day).or_default();
                    *sent += mails.sent;
                    *replied += mails.replied;
                    for (lag, replies) in mails.lags.into_iter().filter(|_| day <= settled) {
                        *lags.entry(lag).or_default() += replies;
                    }
                }
            }
        }
        let lags: Vec<(i64, i64)> = lags.into_iter().collect();
        let campaign_of: BTreeMap<&String, &String> =
            variants.iter().map(|(variant, (campaign, _))| (variant, campaign)).collect();
        let account: Vec<Series> = variants
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
        "drop_week": one.drop_week, "peak_rate": one.peak_rate, "peak_sent": one.peak_sent,
        "recent_rate": one.recent_rate, "recent_sent": one.recent_sent,
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
