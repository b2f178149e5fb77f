//! A rate that moves with time: binomial regression with a logistic link.

use super::{normal_two_sided, reach, real};

/// At a time, so many events of so many trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When, in any unit.
    pub at: f64,
    /// Events.
    pub events: i64,
    /// Trials.
    pub trials: i64,
}

/// The line that fits the logarithm of the odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The logarithm of the odds at time 0.
    pub intercept: f64,
    /// How much it moves in a unit of time.
    pub slope: f64,
    /// The slope's standard error.
    pub slope_error: f64,
    /// How much more the points scatter than chance alone would have it (Pearson); never below 1.
    pub dispersion: f64,
}

impl Line {
    /// The 95 % interval of the slope, as wide as points scatter.
    pub fn interval(&self) -> (f64, f64) {
        let half = reach() * self.slope_error * self.dispersion.sqrt();
        (self.slope - half, self.slope + half)
    }

    /// How likely such a slope is where there is none.
    pub fn p_value(&self) -> f64 {
        normal_two_sided(self.slope / (self.slope_error * self.dispersion.sqrt()))
    }

    /// The fitted rate at a time.
    pub fn rate(&self, at: f64) -> f64 {
        logistic(self.intercept + self.slope * at)
    }
}

const ITERATIONS: usize = 50;
const TOLERANCE: f64 = 1e-12;

/// Fits by iteratively reweighted least squares. None where the points tell no line: fewer than two times, no events, or
/// nothing but events.
pub fn fit(points: &[Point]) -> Option<Line> {
    let points: Vec<&Point> = points.iter().filter(|point| point.trials > 0).collect();
    let trials: i64 = points.iter().map(|point| point.trials).sum();
    let events: i64 = points.iter().map(|point| point.events).sum();
    let first = points.first()?.at;
    if events <= 0 || events >= trials || points.iter().all(|point| (point.at - first).abs() < f64::EPSILON) {
        return None;
    }
    let (mut intercept, mut slope) = ((real(events) / real(trials - events)).ln(), 0.0);
    for _ in 0..ITERATIONS {
        let [zero, one, two, score, score_at] = sums(&points, intercept, slope);
        let determinant = zero * two - one * one;
        if determinant <= 0.0 {
            return None;
        }
        let step = (two * score - one * score_at) / determinant;
        let step_slope = (zero * score_at - one * score) / determinant;
        intercept += step;
        slope += step_slope;
        if step.abs() + step_slope.abs() < TOLERANCE {
            let slope_error = (zero / determinant).sqrt();
            let dispersion = dispersion(&points, intercept, slope);
            return slope.is_finite().then_some(Line { intercept, slope, slope_error, dispersion });
        }
    }
    None
}

/// The weights, their first and second moments in time, and the two scores.
fn sums(points: &[&Point], intercept: f64, slope: f64) -> [f64; 5] {
    let mut sums = [0.0; 5];
    for point in points {
        let rate = logistic(intercept + slope * point.at);
        let weight = real(point.trials) * rate * (1.0 - rate);
        let left = real(point.events) - real(point.trials) * rate;
        let each = [weight, weight * point.at, weight * point.at * point.at, left, left * point.at];
        sums.iter_mut().zip(each).for_each(|(sum, one)| *sum += one);
    }
    sums
}

fn dispersion(points: &[&Point], intercept: f64, slope: f64) -> f64 {
    let pearson: f64 = points
        .iter()
        .map(|point| {
            let rate = logistic(intercept + slope * point.at);
            let expected = real(point.trials) * rate;
            (real(point.events) - expected).powi(2) / (expected * (1.0 - rate))
        })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 points")]
    let freedom = points.len() as f64 - 2.0;
    if freedom < 1.0 { 1.0 } else { (pearson / freedom).max(1.0) }
}

fn logistic(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}
