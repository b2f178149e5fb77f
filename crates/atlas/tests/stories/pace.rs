//! The pace, as the service sees it.

use std::time::Duration;

use atlas_twin::{Dialect, Halt, Options, Request};

use crate::world::{Desk, Engine, block_on, start, twin};

const PACE: Duration = Duration::from_millis(350);

/// No two calls of a service came faster than its pace.
pub(crate) fn assert_paced(requests: &[Request]) {
    for pair in requests.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= PACE, "{gap:?} between requests {} and {}", pair[0].number, pair[1].number);
    }
}

#[test]
fn never_faster_than_the_pace_across_processes_and_deaths() {
    let twin = twin(Dialect::Live, 9);
    let desk = Desk::new(Engine::Sqlite);
    desk.in_real_time();
    // In real time: the tails keep the same pace and take long.
    desk.add_source(&twin, &["--set", "sync_activities=false"]).expect(0);
    let halted = twin.halt_at(3, Halt::AfterAnswer);
    let mut child = desk.spawn(&["sync"]);
    block_on(halted).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    desk.run(&["sync"]).expect(0);
    desk.run(&["sync"]).expect(0);
    let requests = twin.requests();
    assert!(requests.len() >= 16, "{}", requests.len());
    assert_paced(&requests);
}

#[test]
fn slowed_by_what_the_service_tells() {
    // 60 calls a minute, of which 5 % stay free: one in 1,052 ms.
    let twin = start(Options { campaigns: 3, rate_limit: 60, ..Options::default() });
    let desk = Desk::new(Engine::Sqlite);
    desk.in_real_time();
    desk.add_source(&twin, &["--no-test", "--set", "sync_activities=false"]).expect(0);
    desk.run(&["sync"]).expect(0);
    let requests = twin.requests();
    for pair in requests.windows(2).skip(1) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= Duration::from_millis(1052), "{gap:?}");
    }
    assert!(requests.iter().all(|request| request.status == 200));
}

#[test]
fn pace_is_off_only_on_this_machine() {
    let desk = Desk::new(Engine::Sqlite);
    let args =
        ["source", "add", "smartlead", "--name", "far", "--no-test", "--api-key-stdin", "--set", "pace=off"];
    let done = desk.run_with(&args, "k\n").expect(2);
    assert!(done.err.contains("loopback"), "{}", done.err);
}
