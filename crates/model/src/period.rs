//! Days from one to another, and the days to compare them with.

use jiff::ToSpan;
use jiff::civil::Date;

/// Days, both ends included, as the account counts its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// How many days it has; none where it ends before it begins.
    pub fn days(self) -> i64 {
        self.from.until(self.to).map_or(0, |span| i64::from(span.get_days()) + 1).max(0)
    }

    /// The period before it that has the same weekdays: as long, and a whole number of weeks earlier, as few as leave no
    /// day in both.
    pub fn previous(self) -> Self {
        let weeks = (self.days() + 6) / 7;
        let back = |day: Date| day.saturating_sub(weeks.weeks());
        Self { from: back(self.from), to: back(self.to) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_compared_with_the_same_weekdays_before_it() {
        for (from, to, before_from, before_to) in [
            ("2026-11-28", "2026-11-28", "2026-11-21", "2026-11-21"),
            ("2026-11-22", "2026-11-28", "2026-11-15", "2026-11-21"),
            // 30 days need five weeks.
            ("2026-10-30", "2026-11-28", "2026-09-25", "2026-10-24"),
            ("2024-02-29", "2024-03-07", "2024-02-15", "2024-02-22"),
        ] {
            let day = |text: &str| text.parse().unwrap();
            let period = Period { from: day(from), to: day(to) };
            let before = Period { from: day(before_from), to: day(before_to) };
            assert_eq!(period.previous(), before, "{from} {to}");
            assert_eq!(before.days(), period.days());
            assert!(before.to < period.from && before.from.weekday() == period.from.weekday());
        }
    }
}
