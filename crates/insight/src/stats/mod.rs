//! The statistics that findings rest on, each checked against a published implementation.

mod false_discovery;
mod logistic;
mod odds;
mod rates;

pub use false_discovery::q_values;
pub use logistic::{Line, Point, fit};
pub use odds::{Strata, Stratum};
pub use rates::{Prior, chi_squared_above, normal_quantile, normal_two_sided, probability_above};

/// Intervals hold 95 %.
pub const CONFIDENCE: f64 = 0.95;

/// How many standard errors reach to either end of a 95 % interval.
pub fn reach() -> f64 {
    normal_quantile(0.5 + CONFIDENCE / 2.0)
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
pub const fn real(count: i64) -> f64 {
    count as f64
}
