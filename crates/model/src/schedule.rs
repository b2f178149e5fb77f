//! When a source is due: what its schedule says, and how its last runs went.

use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// The first wait after a run that failed; it doubles with each that follows.
const BACKOFF: SignedDuration = SignedDuration::from_mins(1);
/// The longest, and the shortest after the key was refused: only a person can help then.
const BACKOFF_CEILING: SignedDuration = SignedDuration::from_hours(1);
/// A run that began so much later than now was noted before the clock was set back. Clocks of two machines differ by less.
const FURTHEST: SignedDuration = SignedDuration::from_mins(10);
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

/// How often a source is synced by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// From the start of one sync to the start of the next.
    Every(SignedDuration),
    /// Five fields of cron, in the account's time zone.
    Cron(String),
}

/// A run, as far as it decides when the next one is due.
#[derive(Clone, Debug)]
pub struct Ran {
    /// `done`, `quota`, `budget`, `failed`, `refused`, `interrupted`; `running` where its process is gone.
    pub outcome: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it noted that.
    pub ended_at: Option<Timestamp>,
}

impl Schedule {
    /// What a schedule looks like.
    pub const FORMS: &str =
        "`every 15m` (s, m, h or d), or five fields of cron in the account's time zone, as `0 6 * * 1-5`";

    /// When a source is due whose newest runs, the newest first, went like this. One that was never synced, or was
    /// interrupted, is due at once; one that failed after a growing wait, at most an hour.
    pub fn next_at(&self, time_zone: &str, runs: &[Ran], now: Timestamp) -> Timestamp {
        let Some(last) = runs.first().filter(|last| last.started_at <= now + FURTHEST) else { return now };
        let ended_at = last.ended_at.unwrap_or(last.started_at);
        match last.outcome.as_str() {
            "running" | "interrupted" | "budget" => now,
            "failed" => {
                let failed = runs.iter().take_while(|run| run.outcome == "failed").count();
                let doubled = 1_i32 << failed.saturating_sub(1).min(6);
                ended_at + (BACKOFF * doubled).min(BACKOFF_CEILING)
            }
            "refused" => self.after(last.started_at, time_zone).max(ended_at + BACKOFF_CEILING),
            _ => self.after(last.started_at, time_zone),
        }
    }

    /// When what a complete sync read is older than anybody wanted: two times for another have passed.
    pub fn late_at(&self, time_zone: &str, completed_at: Timestamp) -> Timestamp {
        self.after(self.after(completed_at, time_zone), time_zone)
    }

    fn after(&self, start: Timestamp, time_zone: &str) -> Timestamp {
        match self {
            Self::Every(period) => start.checked_add(*period).unwrap_or(Timestamp::MAX),
            Self::Cron(fields) => {
                let next = cronexpr::parse_crontab(&format!("{fields} {time_zone}"));
                next.and_then(|cron| cron.find_next(start)).map_or(Timestamp::MAX, |next| next.timestamp())
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no schedule; write it as {}", Self::FORMS);
        if let Some(period) = text.trim().strip_prefix("every ") {
            let period: Span = period.trim().parse().map_err(|_| wrong())?;
            let period = period.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
            let is_sound = period >= SignedDuration::from_secs(1) && period <= LONGEST;
            return if is_sound { Ok(Self::Every(period)) } else { Err(wrong()) };
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let cron = fields.join(" ");
        let is_sound = fields.len() == 5 && cronexpr::parse_crontab(&format!("{cron} UTC")).is_ok();
        if is_sound { Ok(Self::Cron(cron)) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ran, Schedule};

    fn check(schedule: &str, runs: &[(&str, &str)], next: &str) {
        let now = "2026-11-02T12:00:00Z".parse().unwrap();
        let ran = |(outcome, at): &(&str, &str)| {
            let started_at = format!("2026-11-02T{at}:00Z").parse().unwrap();
            Ran { outcome: (*outcome).to_owned(), started_at, ended_at: Some(started_at) }
        };
        let runs: Vec<Ran> = runs.iter().map(ran).collect();
        let at = schedule.parse::<Schedule>().unwrap().next_at("Europe/Berlin", &runs, now);
        assert_eq!(at.strftime("%dT%H:%M").to_string(), next, "{schedule} {runs:?}");
    }

    #[test]
    fn when_a_source_is_due() {
        check("every 1h", &[], "02T12:00");
        check("every 1h", &[("done", "11:30")], "02T12:30");
        check("every 90m", &[("quota", "11:00")], "02T12:30");
        check("every 1d", &[("interrupted", "11:59")], "02T12:00");
        check("every 1d", &[("running", "11:59")], "02T12:00");
        check("0 6 * * *", &[("done", "11:30")], "03T05:00");
        check("*/20 * * * *", &[("done", "11:41"), ("failed", "11:40")], "02T12:00");
        check("every 1d", &[("failed", "11:00"), ("done", "10:00")], "02T11:01");
        check("every 1d", &[("failed", "11:00"), ("failed", "10:00"), ("failed", "09:00")], "02T11:04");
        check("every 5m", &[("failed", "11:00"); 9], "02T12:00");
        check("every 5m", &[("refused", "11:30")], "02T12:30");
        check("every 1d", &[("done", "20:00")], "02T12:00");
    }

    #[test]
    fn when_what_was_read_is_late() {
        let late = |schedule: &str| {
            let schedule = schedule.parse::<Schedule>().unwrap();
            schedule.late_at("Europe/Berlin", "2026-11-06T12:00:00Z".parse().unwrap()).to_string()
        };
        assert_eq!(late("every 90m"), "2026-11-06T15:00:00Z");
        // A Friday's is late on Tuesday.
        assert_eq!(late("0 6 * * 1-5"), "2026-11-10T05:00:00Z");
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in ["", "hourly", "every", "every -1h", "every 0s", "every 900d", "61 * * * *", "0 6 * *"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
