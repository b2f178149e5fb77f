//! How far a share of a sample may be from the true one.

/// The 97.5 % point of the normal distribution: an interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// An interval that is no wider than this tells one variant from another.
const NARROW: f64 = 0.05;

/// Where a rate lies with 95 % confidence, both ends from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether there is enough data to go by: the interval is at most five percentage points wide.
    pub fn is_narrow(self) -> bool {
        self.high - self.low <= NARROW
    }
}

/// Wilson's score interval of `hits` out of `all`; none without a sample. It holds for few hits too, and stays within 0
/// and 1.
pub fn wilson(hits: i64, all: i64) -> Option<Interval> {
    if all <= 0 || !(0..=all).contains(&hits) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
    let (n, share) = (all as f64, hits as f64 / all as f64);
    let squared = Z * Z;
    let centre = share + squared / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
    let bound = |end: f64| (end / (1.0 + squared / n)).clamp(0.0, 1.0);
    Some(Interval { low: bound(centre - spread), high: bound(centre + spread) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_statsmodels() {
        // proportion_confint(hits, all, method="wilson") of statsmodels.
        for (hits, all, low, high) in [
            (0, 10, 0.0, 0.277_532_799_862_889),
            (3, 100, 0.010_254_524_024_038, 0.084_519_364_290_527),
            (10, 10, 0.722_467_200_137_110, 1.0),
            (250, 5000, 0.044_296_896_700_570, 0.056_394_035_049_980),
        ] {
            let found = wilson(hits, all).unwrap();
            assert!(
                (found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9,
                "{hits} {all} {found:?}"
            );
        }
        assert_eq!([wilson(0, 0), wilson(3, 2), wilson(-1, 5)], [None; 3]);
        assert!(!wilson(3, 100).unwrap().is_narrow() && wilson(250, 5000).unwrap().is_narrow());
    }
}
