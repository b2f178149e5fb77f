//! Odds with and without something, compared within strata and taken together (Mantel–Haenszel).

use super::{chi_squared_above, reach, real};

/// Mails of one stratum, with and without what is looked at, and how many of them had the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Events among those with it.
    pub events_with: i64,
    /// Those with it.
    pub with: i64,
    /// Events among those without it.
    pub events_without: i64,
    /// Those without it.
    pub without: i64,
}

/// A fourfold table: events and others, with and without.
struct Table {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

impl Table {
    fn all(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }
}

/// Strata that can be compared: with and without it, with and without events.
pub struct Strata(Vec<Table>);

impl Strata {
    /// Keeps the strata that have both sides; the others say nothing.
    pub fn of(strata: &[Stratum]) -> Self {
        let comparable = strata.iter().filter(|one| one.with > 0 && one.without > 0).map(|one| Table {
            a: real(one.events_with),
            b: real(one.with - one.events_with),
            c: real(one.events_without),
            d: real(one.without - one.events_without),
        });
        Self(comparable.collect())
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing can be compared.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn sum(&self, of: impl Fn(&Table) -> f64) -> f64 {
        self.0.iter().map(of).sum()
    }

    /// The pooled odds ratio; none where one side has no events, or nothing but events.
    pub fn odds_ratio(&self) -> Option<f64> {
        let above = self.sum(|t| t.a * t.d / t.all());
        let below = self.sum(|t| t.b * t.c / t.all());
        (above > 0.0 && below > 0.0).then(|| above / below)
    }

    /// The standard error of the logarithm of the odds ratio (Robins, Breslow and Greenland).
    pub fn log_odds_error(&self) -> Option<f64> {
        self.odds_ratio()?;
        let r = |t: &Table| t.a * t.d / t.all();
        let s = |t: &Table| t.b * t.c / t.all();
        let p = |t: &Table| (t.a + t.d) / t.all();
        let q = |t: &Table| (t.b + t.c) / t.all();
        let (above, below) = (self.sum(r), self.sum(s));
        let variance = self.sum(|t| p(t) * r(t)) / (2.0 * above * above)
            + self.sum(|t| p(t) * s(t) + q(t) * r(t)) / (2.0 * above * below)
            + self.sum(|t| q(t) * s(t)) / (2.0 * below * below);
        Some(variance.sqrt())
    }

    /// The 95 % interval of the odds ratio.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (middle, half) = (self.odds_ratio()?.ln(), reach() * self.log_odds_error()?);
        Some(((middle - half).exp(), (middle + half).exp()))
    }

    /// The pooled rate with it over the pooled rate without it (Mantel–Haenszel risk ratio): the lift.
    pub fn rate_ratio(&self) -> Option<f64> {
        let above = self.sum(|t| t.a * (t.c + t.d) / t.all());
        let below = self.sum(|t| t.c * (t.a + t.b) / t.all());
        (above > 0.0 && below > 0.0).then(|| above / below)
    }

    /// How likely a difference at least so large is by chance (Cochran–Mantel–Haenszel, without correction).
    pub fn p_value(&self) -> Option<f64> {
        let variance = self.sum(|t| {
            let (events, others) = (t.a + t.c, t.b + t.d);
            (t.a + t.b) * (t.c + t.d) * events * others / (t.all() * t.all() * (t.all() - 1.0))
        });
        let moved = self.sum(|t| t.a - (t.a + t.b) * (t.a + t.c) / t.all());
        (variance > 0.0).then(|| chi_squared_above(moved * moved / variance, 1.0))
    }

    /// How likely strata differ so much in their odds ratios by chance (Breslow–Day with Tarone's correction).
    pub fn heterogeneity(&self) -> Option<f64> {
        let ratio = self.odds_ratio()?;
        let (mut statistic, mut moved, mut weight, mut informative) = (0.0, 0.0, 0.0, 0.0);
        for table in &self.0 {
            let Some((expected, variance)) = expected(table, ratio) else { continue };
            statistic += (table.a - expected).powi(2) / variance;
            moved += table.a - expected;
            weight += variance;
            informative += 1.0;
        }
        let freedom = informative - 1.0;
        (freedom >= 1.0).then(|| chi_squared_above(statistic - moved * moved / weight, freedom))
    }
}

/// What the first cell would be if the stratum had this odds ratio, and its variance; none where a margin is empty.
fn expected(table: &Table, ratio: f64) -> Option<(f64, f64)> {
    let (with, events, rest) = (table.a + table.b, table.a + table.c, table.d - table.a);
    if events <= 0.0 || table.b + table.d <= 0.0 {
        return None;
    }
    let square = 1.0 - ratio;
    let first = if square.abs() < 1e-12 {
        with * events / table.all()
    } else {
        let linear = ratio * (with + events) + rest;
        let root = (linear * linear + 4.0 * square * ratio * with * events).sqrt();
        (root - linear) / (2.0 * square)
    };
    let variance = 1.0 / (1.0 / first + 1.0 / (events - first) + 1.0 / (with - first) + 1.0 / (rest + first));
    (variance.is_finite() && variance > 0.0).then_some((first, variance))
}
