//! All three services at once in one database: side by side, in slices, killed, through faults, one of them down; the
//! end is what each of them for itself would have made.

use std::sync::Mutex;
use std::time::Duration;

use atlas_model::Platform;
use atlas_twin::{Dialect, Fault, Faults, Halt, Options, PhoneBurner, Twin};
use serde_json::Value;

use crate::world::{Desk, Engine, assert_same, block_on, engines, for_each, start};

const BOTH: [Dialect; 2] = [Dialect::Live, Dialect::Requirement];
const DEATHS: u64 = 8;
/// Fewer calls than a sync of all three makes.
const CALLS: u64 = 80;
const SCHEDULES: u64 = 6;

/// Small accounts at all three services.
pub(crate) fn small(dialect: Dialect) -> Options {
    let phoneburner = PhoneBurner { members: 2, contacts: 15, call_days: 40, ..PhoneBurner::default() };
    Options {
        dialect,
        campaigns: 6,
        leads_per_campaign: Some(8),
        reply_sequences: 5,
        reply_mailboxes: 3,
        reply_people: 8,
        phoneburner,
        ..Options::default()
    }
}

/// A desk with a source at each service, named as the service and all for one client, so that people meet.
pub(crate) fn desk_of_all(engine: Engine, twin: &Twin) -> Desk {
    let (desk, origin) = (Desk::new(engine), twin.origin());
    for name in Platform::ALL.map(Platform::as_str) {
        let add = ["source", "add", name, "--name", name, "--base-url", &origin, "--client", "Acme"];
        let more = ["--set", "pace=off", "--set", "request_timeout_s=2", "--api-key-stdin", "--no-test"];
        desk.run_with(&[&add[..], &more].concat(), "twin-key\n").expect(0);
    }
    desk.run(&["source", "set", "smartlead", "sync_leads=true"]).expect(0);
    desk
}

/// Brings all three and tells how it went with each.
pub(crate) fn sync(desk: &Desk) -> Vec<Value> {
    let done = desk.run(&["sync", "--json"]).expect(0).json();
    let done = done.as_array().unwrap().clone();
    assert_eq!(done.len(), 3, "{done:?}");
    for one in &done {
        assert_eq!((&one["outcome"], &one["pending"]), (&"done".into(), &0.into()), "{one}");
        assert_eq!(one["failed_calls"], Value::Array(Vec::new()), "{one}");
    }
    done
}

/// What each service for itself makes, the last one first.
fn one_after_the_other(desk: &Desk) {
    for platform in Platform::ALL.into_iter().rev() {
        desk.run(&["sync", platform.as_str()]).expect(0);
    }
}

fn undisturbed(engine: Engine, dialect: Dialect) -> String {
    let twin = start(small(dialect));
    let desk = desk_of_all(engine, &twin);
    one_after_the_other(&desk);
    desk.dump()
}

fn of(seed: u64) -> usize {
    usize::from(seed % 2 == 1)
}

#[test]
fn at_once_and_one_after_the_other_then_nothing_new_then_a_day_on() {
    for dialect in BOTH {
        let mut dumps: Vec<[String; 2]> = Vec::new();
        for engine in engines() {
            let twin = start(small(dialect));
            let (desk, alone) = (desk_of_all(engine, &twin), desk_of_all(engine, &twin));
            for done in sync(&desk) {
                assert!(done["rows_changed"].as_u64() > Some(0), "{done}");
            }
            one_after_the_other(&alone);
            let first = desk.dump();
            for table in
                ["campaigns 1", "campaigns 2", "call_activities 3", "contacts 1", "contacts 2", "people 0"]
            {
                assert!(first.contains(&format!("\n{table} ")), "{engine:?}, {dialect:?}: {table}");
            }
            assert_same(&alone.dump(), &first, &format!("{engine:?}, {dialect:?}, the first sync"));

            twin.clear_requests();
            for done in sync(&desk) {
                assert_eq!(done["rows_changed"], 0, "{engine:?}, {dialect:?}: {done}");
            }
            assert_same(&first, &desk.dump(), "nothing moved");

            twin.advance(1);
            desk.next_day();
            alone.next_day();
            for done in sync(&desk) {
                assert!(done["rows_changed"].as_u64() > Some(0), "{done}");
            }
            one_after_the_other(&alone);
            let next = desk.dump();
            assert_same(&alone.dump(), &next, &format!("{engine:?}, {dialect:?}, a day on"));
            dumps.push([first, next]);
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0][0], &other[0], "SQLite and PostgreSQL after the first sync");
            assert_same(&dumps[0][1], &other[1], "SQLite and PostgreSQL a day on");
        }
    }
}

#[test]
fn a_service_that_is_down_does_not_hold_up_the_others() {
    for (engine, dialect) in engines().into_iter().zip(BOTH) {
        let expected = undisturbed(engine, dialect);
        for_each(3, |place| {
            let platform = Platform::ALL[place as usize];
            let (twin, gone) = (start(small(dialect)), start(small(dialect)));
            let desk = desk_of_all(engine, &twin);
            let (name, nowhere) = (platform.as_str(), gone.origin());
            desk.run(&["source", "set", name, "--base-url", &nowhere]).expect(0);
            drop(gone);
            let done = desk.run(&["sync"]).expect(3);
            let is_said = |text: &str, words: &[&str]| {
                text.lines().any(|line| {
                    line.trim_start().starts_with(name) && words.iter().all(|word| line.contains(word))
                })
            };
            assert!(is_said(&done.out, &["failed"]), "{name}: {}", done.out);
            assert!(is_said(&done.err, &["no connection"]), "{name}: {}", done.err);
            let others = done.out.lines().filter(|line| line.contains(" done ")).count();
            assert_eq!(others, 2, "{name}: {}", done.out);
            let source =
                (1..).zip(Platform::ALL).find(|(_, other)| *other == platform).unwrap().0.to_string();
            let of_others = |dump: &str| {
                let is_others =
                    |line: &&str| ![Some("0"), Some(source.as_str())].contains(&line.split(' ').nth(1));
                dump.lines().filter(is_others).collect::<Vec<_>>().join("\n")
            };
            let what = format!("{name} is down, the others are whole");
            assert_same(&of_others(&expected), &of_others(&desk.dump()), &what);

            desk.run(&["source", "set", name, "--base-url", &twin.origin()]).expect(0);
            sync(&desk);
            assert_same(&expected, &desk.dump(), &format!("{engine:?}: {name} is back"));
        });
    }
}

#[test]
fn short_budgets_end_in_the_same_database() {
    for (engine, dialect) in engines().into_iter().zip(BOTH) {
        let expected = undisturbed(engine, dialect);
        // Slow enough that a second is not enough.
        let twin = start(Options { latency: Duration::from_millis(60), ..small(dialect) });
        let desk = desk_of_all(engine, &twin);
        let mut slices = 1;
        loop {
            let done = desk.run(&["sync", "--time-budget", "1", "--no-continue", "--json"]);
            match done.code {
                Some(0) => break,
                Some(5) if slices < 100 => slices += 1,
                _ => panic!("{done:?}"),
            }
        }
        assert!(slices > 1, "{slices} slices");
        assert_same(&expected, &desk.dump(), &format!("{engine:?}, in {slices} slices"));
    }
}

#[test]
fn killed_at_any_call_and_started_again() {
    for engine in engines() {
        let expected = BOTH.map(|dialect| undisturbed(engine, dialect));
        for_each(DEATHS, |seed| {
            let twin = start(small(BOTH[of(seed)]));
            let desk = desk_of_all(engine, &twin);
            let mut rng = fastrand::Rng::with_seed(seed);
            let moment = if rng.bool() { Halt::BeforeAnswer } else { Halt::AfterAnswer };
            let place = rng.u64(0..CALLS);
            let halted = twin.halt_at(place, moment);
            let mut child = desk.spawn(&["sync"]);
            block_on(halted).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            sync(&desk);
            let what = format!("{engine:?}, seed {seed}, killed at call {place}, {moment:?}");
            assert_same(&expected[of(seed)], &desk.dump(), &what);
        });
    }
}

#[test]
fn faults_at_all_three_are_survived() {
    for engine in engines() {
        let expected = BOTH.map(|dialect| undisturbed(engine, dialect));
        let met = Mutex::new(Vec::new());
        for_each(SCHEDULES, |seed| {
            let twin = start(small(BOTH[of(seed)]));
            let desk = desk_of_all(engine, &twin);
            let kinds = Fault::ALL.to_vec();
            twin.set_faults(Some(Faults { seed, share: 0.15, kinds, stall: Duration::from_secs(5) }));
            sync(&desk);
            let struck = twin.requests().into_iter().filter(|request| request.fault.is_some());
            met.lock().unwrap().extend(struck.map(|request| request.path));
            assert_same(&expected[of(seed)], &desk.dump(), &format!("{engine:?}, seed {seed}"));
        });
        // A schedule may spare a service that is asked little; all of them together spare none.
        for base in ["/api/v1/", "/v3/", "/rest/1/"] {
            assert!(met.lock().unwrap().iter().any(|path| path.starts_with(base)), "no fault at {base}");
        }
    }
}
