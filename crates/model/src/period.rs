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

    /// The calendar months that lie in it whole, and the days before and after them.
    pub fn months(self) -> Months {
        let first = match self.from.first_of_month() {
            first if first == self.from => first,
            _ => self.from.last_of_month().saturating_add(1.day()),
        };
        let last = match self.to.last_of_month() {
            last if last == self.to => last,
            _ => self.to.first_of_month().saturating_sub(1.day()),
        };
        let some = |from: Date, to: Date| (from <= to).then_some(Self { from, to });
        if first > last {
            return Months { whole: None, before: some(self.from, self.to), after: None };
        }
        Months {
            whole: Some((first, last)),
            before: some(self.from, first.saturating_sub(1.day())),
            after: some(last.saturating_add(1.day()), self.to),
        }
    }

    /// The period before it that has the same weekdays: as long, and a whole number of weeks earlier, as few as leave no
    /// day in both.
    pub fn previous(self) -> Self {
        let weeks = (self.days() + 6) / 7;
        let back = |day: Date| day.saturating_sub(weeks.weeks());
        Self { from: back(self.from), to: back(self.to) }
    }
}

/// A period taken apart into calendar months and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// From the first day of the first whole month to the last day of the last one.
    pub whole: Option<(Date, Date)>,
    /// Days before; all of them where no month is whole.
    pub before: Option<Period>,
    /// Days after.
    pub after: Option<Period>,
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

    #[test]
    fn months_and_the_days_around_them_are_the_whole_period() {
        let day = |text: &str| -> Date { text.parse().unwrap() };
        for (from, to, months) in [
            ("2026-01-01", "2026-12-31", 12),
            ("2026-01-02", "2026-12-30", 10),
            ("2026-01-31", "2026-03-01", 1),
            ("2026-02-01", "2026-02-28", 1),
            ("2026-02-02", "2026-02-28", 0),
            ("2026-01-15", "2026-02-15", 0),
            ("2026-11-28", "2026-11-28", 0),
        ] {
            let period = Period { from: day(from), to: day(to) };
            let Months { whole, before, after } = period.months();
            let whole = whole.map(|(from, to)| Period { from, to });
            let parts: Vec<Period> = [before, whole, after].into_iter().flatten().collect();
            assert_eq!((parts[0].from, parts[parts.len() - 1].to), (period.from, period.to), "{from} {to}");
            assert!(parts.windows(2).all(|two| two[0].to.tomorrow().unwrap() == two[1].from), "{parts:?}");
            let counted = whole.map_or(0, |whole| {
                assert_eq!((whole.from.day(), whole.to), (1, whole.to.last_of_month()));
                12 * (whole.to.year() - whole.from.year())
                    + i16::from(whole.to.month() - whole.from.month())
                    + 1
            });
            assert_eq!(counted, months, "{from} {to}");
        }
    }
}
