//! Variant decay: does a template bring fewer replies the longer it is used?
//!
//! Replies are counted on the day on which their mail was sent. Days whose replies are still arriving are left out: how
//! long that takes is read off the account's own replies.

use jiff::civil::Date;
use serde::Serialize;

use atlas_model::wilson;

use crate::stats::{Line, Point, chi_squared_above, fit, q_values, real};

/// A template's mails by the day of their sending.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The template.
    pub variant_id: String,
    /// Day, mails sent, those of them that were answered.
    pub days: Vec<(Date, i64, i64)>,
}

/// A week of a template.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Week {
    /// Weeks since the first mail.
    pub week: i64,
    /// Mails sent.
    pub sent: i64,
    /// Those of them that were answered.
    pub replied: i64,
    /// The rate by the curve: the slope's, or the levels before and after a sudden drop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<f64>,
}

/// What became of a template.
#[derive(Clone, Debug, Serialize)]
pub struct Decay {
    /// The template.
    pub variant_id: String,
    /// `insufficient_data`, `stable`, `improving`, `declining` or `exhausted`.
    pub status: &'static str,
    /// The day of the first mail.
    pub first_sent_on: Date,
    /// The last day whose replies have arrived.
    pub settled_on: Date,
    /// The weeks that are looked at.
    pub weekly: Vec<Week>,
    /// Mails in these.
    pub sent: i64,
    /// Those of them that were answered.
    pub replied: i64,
    /// How much the logarithm of the odds of a reply moves in a week.
    pub slope: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// How likely such a slope is where there is none, told how many templates were asked.
    pub q_value: Option<f64>,
    /// Weeks in which the odds of a reply halve, where they fall and not at once.
    pub half_life_weeks: Option<f64>,
    /// The shortest and, where there is one, the longest that goes with the interval.
    pub half_life_interval: Option<(f64, Option<f64>)>,
    /// The week from which the rate is at once less than half of what it was.
    pub drop_week: Option<i64>,
    /// The best rate of four weeks in a row.
    pub peak_rate: Option<f64>,
    /// Mails of these.
    pub peak_sent: Option<i64>,
    /// The rate of the last four weeks.
    pub recent_rate: Option<f64>,
    /// Mails of the last four weeks.
    pub recent_sent: i64,
}

/// What is too little to tell.
const LEAST_WEEKS: usize = 6;
const LEAST_SENT: i64 = 300;
const LEAST_REPLIED: i64 = 10;
/// One find in so many may be false; a sudden drop must be surer.
const FALSE_FINDS: f64 = 0.05;
const FALSE_DROPS: f64 = 0.01;
/// How much better a sudden drop must explain the weeks than a slope (difference of the log-likelihoods).
const DROP_OVER_SLOPE: f64 = 2.0;
/// Weeks that are taken together as the peak and as the present.
const WINDOW: usize = 4;
/// Mails that a peak must rest on.
const LEAST_PEAK: i64 = 50;
/// What is surely less than this part of the peak is exhausted.
const EXHAUSTED: f64 = 1.0 / 3.0;

/// So many replies must have arrived for a day to count.
const ARRIVED: f64 = 0.95;
/// Days until then, where the account has too few replies to tell, and in any case at least and at most.
const USUAL_LAG: i64 = 14;
const LAGS: (i64, i64) = (1, 30);
const LEAST_LAGS: i64 = 20;

/// Days until 95 % of an account's replies have arrived, told how many came after how many days.
pub fn settling_days(lags: &[(i64, i64)]) -> i64 {
    let all: i64 = lags.iter().map(|(_, replies)| replies).sum();
    if all < LEAST_LAGS {
        return USUAL_LAG;
    }
    let mut sorted = lags.to_vec();
    sorted.sort_unstable();
    let mut arrived = 0;
    for (days, replies) in sorted {
        arrived += replies;
        if real(arrived) >= ARRIVED * real(all) {
            return days.clamp(LAGS.0, LAGS.1);
        }
    }
    LAGS.1
}

/// Every template of an account.
pub fn decay(account: &[Series], settling_days: i64, today: Date) -> Vec<Decay> {
    let settled_on = today.saturating_sub(jiff::Span::new().days(settling_days + 1));
    let mut found: Vec<(Decay, Option<Trend>)> =
        account.iter().filter_map(|series| one(series, settled_on)).collect();
    let values = |of: fn(&Trend) -> f64| -> Vec<f64> {
        q_values(&found.iter().filter_map(|(_, trend)| trend.as_ref().map(of)).collect::<Vec<_>>())
    };
    let (slopes, drops) = (values(|trend| trend.p_value), values(|trend| trend.drop_p));
    let mut q_values = slopes.into_iter().zip(drops);
    for (decay, trend) in &mut found {
        let Some((trend, (q, drop_q))) = trend.as_ref().and_then(|trend| Some((trend, q_values.next()?)))
        else {
            continue;
        };
        decay.q_value = Some(q);
        decay.drop_week = trend.drop_week.filter(|_| drop_q <= FALSE_DROPS);
        draw(decay, &trend.line);
        judge(decay);
    }
    found.into_iter().map(|(decay, _)| decay).collect()
}

/// What is asked of a template, before it is known how many are.
struct Trend {
    line: Line,
    p_value: f64,
    drop_p: f64,
    drop_week: Option<i64>,
}

fn one(series: &Series, settled_on: Date) -> Option<(Decay, Option<Trend>)> {
    let first = series.days.iter().filter(|(_, sent, _)| *sent > 0).map(|(day, ..)| *day).min()?;
    let weekly = weeks(series, first, settled_on);
    let (sent, replied) = totals(&weekly);
    let recent = &weekly[weekly.len().saturating_sub(WINDOW)..];
    let (recent_sent, recent_replied) = totals(recent);
    let is_enough = weekly.len() >= LEAST_WEEKS && sent >= LEAST_SENT && replied >= LEAST_REPLIED;
    let points: Vec<Point> = weekly
        .iter()
        .map(|week| Point { at: real(week.week), events: week.replied, trials: week.sent })
        .collect();
    let line = fit(&points).filter(|_| is_enough);
    let trend = line.map(|line| {
        let (drop_p, drop_week) = sudden_drop(&weekly, &|week| line.rate(real(week)));
        Trend { line, p_value: line.p_value(), drop_p, drop_week }
    });
    let (peak_rate, peak_sent) = peak(&weekly).unzip();
    let decay = Decay {
        variant_id: series.variant_id.clone(),
        status: "insufficient_data",
        first_sent_on: first,
        settled_on,
        sent,
        replied,
        slope: line.map(|line| line.slope),
        interval: line.map(|line| line.interval()),
        q_value: None,
        half_life_weeks: None,
        half_life_interval: None,
        drop_week: None,
        peak_rate,
        peak_sent,
        recent_rate: (recent_sent > 0).then(|| real(recent_replied) / real(recent_sent)),
        recent_sent,
        weekly,
    };
    Some((decay, trend))
}

fn weeks(series: &Series, first: Date, settled_on: Date) -> Vec<Week> {
    let mut weeks: std::collections::BTreeMap<i64, Week> = std::collections::BTreeMap::new();
    for (day, sent, replied) in series.days.iter().filter(|(day, ..)| *day <= settled_on) {
        let week = i64::from(first.until(*day).map_or(0, |span| span.get_days())).div_euclid(7);
        let one = weeks.entry(week).or_insert(Week { week, sent: 0, replied: 0, fitted: None });
        one.sent += sent;
        one.replied += replied;
    }
    weeks.into_values().filter(|week| week.sent > 0).collect()
}

fn totals(weeks: &[Week]) -> (i64, i64) {
    (weeks.iter().map(|week| week.sent).sum(), weeks.iter().map(|week| week.replied).sum())
}

/// The best rate of some weeks in a row, and their mails.
fn peak(weekly: &[Week]) -> Option<(f64, i64)> {
    let windows = weekly.windows(WINDOW.min(weekly.len().max(1))).map(totals);
    windows
        .filter(|(sent, _)| *sent >= LEAST_PEAK)
        .map(|(sent, replied)| (real(replied) / real(sent), sent))
        .max_by(|one, other| one.0.total_cmp(&other.0))
}

/// The week from which on the rate is less than half of what it was before, where that explains the weeks better than a
/// slope; and how likely so sharp a change is by chance, told that every week could have been it.
fn sudden_drop(weekly: &[Week], sloped: &dyn Fn(i64) -> f64) -> (f64, Option<i64>) {
    let flat = totals(weekly);
    let chance = |weeks: &[Week], rate: &dyn Fn(i64) -> f64| -> f64 {
        weeks.iter().map(|week| log_likelihood(week.replied, week.sent, rate(week.week))).sum()
    };
    let of = |(sent, replied): (i64, i64)| real(replied) / real(sent.max(1));
    let unchanged = chance(weekly, &|_| of(flat));
    let mut best: Option<(f64, i64, bool)> = None;
    for split in 1..weekly.len() {
        let (before, after) = weekly.split_at(split);
        let (rate_before, rate_after) = (of(totals(before)), of(totals(after)));
        let likelihood = chance(before, &|_| rate_before) + chance(after, &|_| rate_after);
        if best.is_none_or(|(known, ..)| likelihood > known) {
            best = Some((likelihood, after[0].week, rate_after < rate_before / 2.0));
        }
    }
    let Some((likelihood, week, is_drop)) = best else { return (1.0, None) };
    let splits = real(i64::try_from(weekly.len() - 1).unwrap_or(i64::MAX));
    let p_value = (chi_squared_above(2.0 * (likelihood - unchanged), 1.0) * splits).min(1.0);
    let is_sudden = is_drop && likelihood > chance(weekly, sloped) + DROP_OVER_SLOPE;
    (p_value, is_sudden.then_some(week))
}

/// Draws the curve through the weeks.
fn draw(decay: &mut Decay, line: &Line) {
    let level = |is_before: bool| {
        let weeks = decay
            .weekly
            .iter()
            .filter(|one| decay.drop_week.is_some_and(|drop| (one.week < drop) == is_before));
        let (sent, replied) = totals(&weeks.copied().collect::<Vec<_>>());
        real(replied) / real(sent.max(1))
    };
    let (before, after) = (level(true), level(false));
    for week in &mut decay.weekly {
        let rate = match decay.drop_week {
            Some(drop) if week.week < drop => before,
            Some(_) => after,
            None => line.rate(real(week.week)),
        };
        // Six figures: more are noise.
        week.fitted = Some((rate * 1e6).round() / 1e6);
    }
}

fn log_likelihood(events: i64, trials: i64, rate: f64) -> f64 {
    let part = |count: i64, rate: f64| if count > 0 { real(count) * rate.ln() } else { 0.0 };
    part(events, rate) + part(trials - events, 1.0 - rate)
}

fn judge(decay: &mut Decay) {
    let Some(((slope, interval), q)) = decay.slope.zip(decay.interval).zip(decay.q_value) else { return };
    let is_sloped = q <= FALSE_FINDS;
    if is_sloped && slope < 0.0 && decay.drop_week.is_none() {
        let weeks = |slope: f64| -std::f64::consts::LN_2 / slope;
        decay.half_life_weeks = Some(weeks(slope));
        decay.half_life_interval = Some((weeks(interval.0), (interval.1 < 0.0).then(|| weeks(interval.1))));
    }
    let is_falling = decay.drop_week.is_some() || is_sloped && slope < 0.0;
    let recent = &decay.weekly[decay.weekly.len().saturating_sub(WINDOW)..];
    let (sent, replied) = totals(recent);
    let is_exhausted =
        wilson(replied, sent).zip(decay.peak_rate).is_some_and(|(rate, peak)| rate.high < peak * EXHAUSTED);
    decay.status = match (is_falling, is_sloped) {
        (true, _) if is_exhausted => "exhausted",
        (true, _) => "declining",
        (false, true) => "improving",
        (false, false) => "stable",
    };
}
