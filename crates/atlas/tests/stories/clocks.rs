//! A clock that is wrong for a while: nothing waits for it, and what was noted by it is not believed.

use atlas_twin::{Dialect, Halt};

use crate::syncs::sync;
use crate::world::{Desk, Engine, assert_same, block_on, engines, execute, for_each, twin};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
const JUMPS: [i64; 5] = [-20 * HOUR, -3 * DAY, 3 * HOUR, 5 * DAY, 30 * DAY];

/// Everything but how far days were read, days on which nothing happened, and where leads stood on a day that the clock
/// made up.
fn figures(dump: &str) -> String {
    const NOTHING: [&str; 3] = [" emails_sent=0", " emails_replied=0", " emails_bounced=0"];
    let is_empty_day =
        |line: &str| line.starts_with("daily_") && NOTHING.iter().all(|figure| line.contains(figure));
    let lines = dump.lines().filter(|line| !line.starts_with("enrollment_snapshots ") && !is_empty_day(line));
    let parts = |line: &str| {
        let is_reach =
            |part: &str| ["days_read_to=", "activities_read_to="].iter().any(|name| part.starts_with(name));
        let parts: Vec<_> = line.split(' ').filter(|part| !is_reach(part)).collect();
        parts.join(" ")
    };
    lines.map(parts).collect::<Vec<_>>().join("\n")
}

/// Two days of an account; the first sync dies, and the clock is wrong until the day after.
fn two_days(engine: Engine, dialect: Dialect, wrong: Option<(i64, u64)>) -> Desk {
    let twin = twin(dialect, 12);
    let desk = Desk::with_source(engine, &twin);
    desk.run(&["source", "set", "acme", "backfill_days=400"]).expect(0);
    if let Some((minutes, place)) = wrong {
        let halted = twin.halt_at(place, Halt::AfterAnswer);
        let mut child = desk.spawn(&["sync"]);
        block_on(halted).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // On another machine, so that nobody can see that it is dead.
        execute(&desk.url, &["UPDATE leases SET holder = 'elsewhere/boot/1/1'".to_owned()]);
        desk.jump(minutes);
        assert_eq!(sync(&desk)["pending"], 0, "{minutes} minutes");
        desk.jump(-minutes);
    }
    assert_eq!(sync(&desk)["outcome"], "done");
    desk.next_day();
    twin.advance(1);
    assert_eq!(sync(&desk)["outcome"], "done");
    desk
}

#[test]
fn a_clock_that_jumps_changes_no_figure() {
    for engine in engines() {
        for dialect in [Dialect::Live, Dialect::Requirement] {
            let expected = figures(&two_days(engine, dialect, None).dump());
            for_each(JUMPS.len() as u64, |number| {
                let minutes = JUMPS[usize::try_from(number).unwrap()];
                let place = fastrand::Rng::with_seed(number).u64(0..30);
                let dump = two_days(engine, dialect, Some((minutes, place))).dump();
                let what = format!("{engine:?}, {dialect:?}, {minutes} minutes, killed at {place}");
                assert_same(&expected, &figures(&dump), &what);
            });
        }
    }
}
