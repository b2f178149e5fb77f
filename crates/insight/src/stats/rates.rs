//! Rates with what is known about them: intervals, shrinkage, and how likely they are above a threshold.

use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, Normal};

use super::real;

/// How likely the rate is above a threshold, told so many events and nothing else (the uniform Beta prior).
pub fn probability_above(threshold: f64, events: i64, trials: i64) -> f64 {
    let (above, below) = (real(events) + 1.0, real((trials - events).max(0)) + 1.0);
    Beta::new(above, below).map_or(0.0, |beta| 1.0 - beta.cdf(threshold))
}

/// The point below which a normal variable stays with this probability.
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// How likely a normal variable is at least so far from 0, on either side.
pub fn normal_two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().cdf(-z.abs())).min(1.0)
}

/// How likely a chi-squared variable is above a value.
pub fn chi_squared_above(value: f64, freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(1.0, |distribution| distribution.sf(value.max(0.0)))
}

/// What rates of a kind are like before one of them is looked at: the empirical Bayes prior of a beta-binomial model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The mean rate.
    pub mean: f64,
    /// How many trials the prior weighs.
    pub weight: f64,
}

impl Prior {
    /// From groups of (events, trials), by the analysis-of-variance estimate of their intraclass correlation. Where
    /// groups differ no more than by chance, the prior weighs as much as all of them. None without a group.
    pub fn of(groups: &[(i64, i64)]) -> Option<Self> {
        let groups: Vec<(f64, f64)> =
            groups.iter().filter(|(_, n)| *n > 0).map(|(x, n)| (real(*x), real(*n))).collect();
        let all: f64 = groups.iter().map(|(_, n)| n).sum();
        if all <= 0.0 {
            return None;
        }
        let mean = groups.iter().map(|(x, _)| x).sum::<f64>() / all;
        #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 groups")]
        let between = groups.len() as f64 - 1.0;
        let spread: f64 = groups.iter().map(|(x, n)| n * (x / n - mean).powi(2)).sum();
        let variance = mean * (1.0 - mean);
        let size = all - groups.iter().map(|(_, n)| n * n).sum::<f64>() / all - between;
        let correlation = (spread - between * variance) / (variance * size);
        let weight = if correlation.is_finite() && correlation > 0.0 {
            ((1.0 - correlation) / correlation).clamp(1.0, all)
        } else {
            all
        };
        Some(Self { mean, weight })
    }

    /// A rate, drawn towards the mean by as much as its sample is small.
    pub fn shrink(&self, events: i64, trials: i64) -> f64 {
        (self.mean * self.weight + real(events)) / (self.weight + real(trials))
    }
}
