//! Kills, interrupts and faults: whatever happens in between, the end is the undisturbed database.

use std::process::Command;
use std::time::Duration;

use atlas_twin::{Dialect, Fault, Faults, Halt};

use crate::world::{Desk, Engine, MORNING, assert_same, block_on, engines, finish, for_each, twin};

pub(crate) const CAMPAIGNS: usize = 12;
const SEEDS: u64 = 50;

/// How many calls an undisturbed sync makes.
fn calls(dialect: Dialect) -> u64 {
    let twin = twin(dialect, CAMPAIGNS);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    desk.run(&["sync"]).expect(0);
    twin.requests().len() as u64
}

pub(crate) fn undisturbed(engine: Engine, dialect: Dialect) -> String {
    let twin = twin(dialect, CAMPAIGNS);
    let desk = Desk::with_source(engine, &twin);
    desk.run(&["sync"]).expect(0);
    desk.dump()
}

fn dialect(seed: u64) -> Dialect {
    if seed.is_multiple_of(2) { Dialect::Live } else { Dialect::Requirement }
}

#[test]
fn killed_at_any_call_and_started_again() {
    let calls = [calls(dialect(0)), calls(dialect(1))];
    for engine in engines() {
        let expected = [undisturbed(engine, dialect(0)), undisturbed(engine, dialect(1))];
        for_each(SEEDS, |seed| {
            let mut left = calls[usize::from(seed % 2 == 1)];
            let mut rng = fastrand::Rng::with_seed(seed);
            let twin = twin(dialect(seed), CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            // One death, and sometimes another one in the middle of recovering.
            for _ in 0..rng.u8(1..=2) {
                if left == 0 {
                    break;
                }
                let moment = if rng.bool() { Halt::BeforeAnswer } else { Halt::AfterAnswer };
                let place = rng.u64(0..left);
                left -= place + 1;
                let halted = twin.halt_at(place, moment);
                let mut child = desk.spawn(&["sync"]);
                block_on(halted).unwrap();
                child.kill().unwrap();
                child.wait().unwrap();
            }
            let done = desk.run(&["sync", "--json"]).expect(0);
            assert_eq!(done.json()[0]["pending"], 0);
            let what = format!("{engine:?}, seed {seed}");
            assert_same(&expected[usize::from(seed % 2 == 1)], &desk.dump(), &what);
        });
    }
}

#[test]
fn every_fault_is_survived() {
    for engine in engines() {
        let expected = [undisturbed(engine, dialect(0)), undisturbed(engine, dialect(1))];
        for_each(SEEDS, |seed| {
            let twin = twin(dialect(seed), CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "request_timeout_s=1"]).expect(0);
            let kinds = Fault::ALL.to_vec();
            twin.set_faults(Some(Faults { seed, share: 0.2, kinds, stall: Duration::from_secs(5) }));
            let done = desk.run(&["sync", "--json"]).expect(0);
            assert_eq!(done.json()[0]["failed_calls"].as_array().unwrap().len(), 0, "{done:?}");
            let met = twin.requests().iter().filter(|request| request.fault.is_some()).count();
            assert!(met > 0, "seed {seed} met no fault");
            let what = format!("{engine:?}, seed {seed}, {met} faults");
            assert_same(&expected[usize::from(seed % 2 == 1)], &desk.dump(), &what);
        });
    }
}

#[test]
fn a_service_that_is_down_is_said_and_the_rest_stays_pending() {
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    desk.run(&["sync"]).expect(0);
    let before = desk.dump();
    drop(twin);
    let done = desk.run(&["sync"]).expect(1);
    assert!(done.err.contains("no connection"), "{}", done.err);
    assert_same(&before, &desk.dump(), "an outage changes nothing");
    let overview = desk.run(&["report", "overview"]).expect(0);
    assert!(overview.out.contains("the last sync failed"), "{}", overview.out);
}

#[test]
fn one_source_down_does_not_hold_up_the_others() {
    let (up, down) = (twin(Dialect::Live, CAMPAIGNS), twin(Dialect::Live, CAMPAIGNS));
    let desk = Desk::with_source(Engine::Sqlite, &up);
    let (origin, more) = (down.origin(), ["--no-test", "--api-key-stdin", "--set", "pace=off"]);
    let add = ["source", "add", "smartlead", "--name", "bravo", "--base-url", &origin];
    desk.run_with(&[&add[..], &more[..]].concat(), "twin-key\n").expect(0);
    drop(down);
    let done = desk.run(&["sync", "--json"]).expect(3);
    assert_eq!((&done.json()[0]["outcome"], &done.json()[1]["outcome"]), (&"done".into(), &"failed".into()));
    assert!(
        done.err.contains("bravo: Campaigns List: 0 of 1 calls done, 0 rows changed, 1 given up"),
        "{}",
        done.err
    );
    // Archived, it is not asked, and the rest is whole.
    desk.run(&["source", "archive", "bravo"]).expect(0);
    desk.run(&["sync"]).expect(0);
}

#[test]
fn an_interrupt_keeps_what_is_done() {
    let expected = undisturbed(Engine::Sqlite, Dialect::Live);
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    let halted = twin.halt_at(12, Halt::BeforeAnswer);
    let child = desk.spawn(&["sync"]);
    block_on(halted).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = finish(child).expect(130);
    assert!(done.err.contains("what is done is kept"), "{}", done.err);
    let status = desk.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status[0]["runs"][0]["outcome"], "interrupted");
    assert!(status[0]["pending"].as_u64() > Some(0));
    let cut_off = twin.requests().pop().unwrap().path;
    twin.clear_requests();
    desk.run(&["sync"]).expect(0);
    assert_eq!(twin.requests()[0].path, cut_off, "it goes on at the very call that was cut off");
    assert_same(&expected, &desk.dump(), "interrupted and gone on");
}

#[test]
fn one_process_at_a_time() {
    let calls = calls(Dialect::Live);
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        for_each(8, |seed| {
            let twin = twin(Dialect::Live, CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            // One instant for all commands, so that none outlives the lease of another.
            desk.set("ATLAS_NOW", MORNING);
            let halted = twin.halt_at(fastrand::Rng::with_seed(seed).u64(0..calls), Halt::BeforeAnswer);
            let mut first = desk.spawn(&["sync"]);
            block_on(halted).unwrap();
            let second = desk.run(&["sync"]).expect(6);
            assert!(second.err.contains("another process"), "{}", second.err);
            let state = || desk.run(&["status"]).expect(0).out;
            assert!(state().contains(": running;"), "{}", state());
            first.kill().unwrap();
            first.wait().unwrap();
            assert!(state().contains("interrupted (process gone)"), "{}", state());
            let third = desk.run(&["sync", "--json"]).expect(0);
            assert_eq!(third.json()[0]["pending"], 0, "the dead one was replaced at once");
            assert_same(&expected, &desk.dump(), &format!("{engine:?}, seed {seed}"));
        });
    }
}

#[test]
fn started_at_once_one_syncs_and_the_others_say_so() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        for_each(4, |_| {
            let twin = twin(Dialect::Live, CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            desk.set("ATLAS_NOW", MORNING);
            // Held at its first call, so that the others come while it is at it.
            let halted = twin.halt_at(0, Halt::BeforeAnswer);
            let mut all = [(); 3].map(|()| desk.spawn(&["sync"]));
            block_on(halted).unwrap();
            let mut ended = 0;
            while ended < 2 {
                ended = all.iter_mut().filter_map(|child| child.try_wait().unwrap()).count();
                std::thread::yield_now();
            }
            let mut codes = Vec::new();
            for mut child in all {
                if child.try_wait().unwrap().is_none() {
                    child.kill().unwrap();
                }
                codes.push(finish(child).code);
            }
            codes.sort();
            assert_eq!(codes, [None, Some(6), Some(6)]);
            desk.run(&["sync"]).expect(0);
            assert_same(&expected, &desk.dump(), &format!("{engine:?}"));
        });
    }
}
