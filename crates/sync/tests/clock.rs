//! The engine under a clock that is set: what was noted before bounds nothing but a moment.

use std::collections::BTreeMap;

use atlas_model::{Call, Params, Platform};
use atlas_store::Memory;
use atlas_sync::{Engine, Limits, Step, Stop};
use atlas_vendor::{Pace, service};
use jiff::{SignedDuration, Timestamp, ToSpan};

const PACE: SignedDuration = SignedDuration::from_millis(350);

fn limits(calls_per_hour: Option<i64>) -> Limits {
    Limits {
        pace: |_| PACE,
        is_unpaced: false,
        calls_per_hour,
        monthly_quota: None,
        time_budget: SignedDuration::from_secs(120),
    }
}

/// An engine with two calls to make, none before this instant.
fn engine(limits: Limits, not_before: Timestamp, now: Timestamp) -> Engine {
    let memory = Memory {
        rooted_at: None,
        is_full: false,
        next_call_at: Some(not_before),
        quota_month: String::new(),
        quota_calls: 0,
        absent: BTreeMap::new(),
        watermarks: BTreeMap::new(),
    };
    let mut engine = Engine::new(limits, &memory, 1, now);
    let call =
        |n: u8| Call { endpoint: "x".into(), params: Params::none().with("n", n), priority: 1, attempts: 0 };
    engine.planted(vec![call(1), call(2)]);
    engine
}

fn waits(engine: &mut Engine, now: Timestamp) -> SignedDuration {
    match engine.next(now) {
        Step::Wait { until, .. } => until.duration_since(now),
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_clock_that_is_set_back_delays_a_call_by_the_pace_alone() {
    let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
    for later in [1.hour(), 30.hours(), 8_760.hours()] {
        let first = waits(&mut engine(limits(None), now + later, now), now);
        assert!(first >= PACE && first < PACE * 2, "{first:?}");
    }
    // What a service or a limit asks for is waited for, also across processes.
    let told = SignedDuration::from_secs(100);
    assert_eq!(waits(&mut engine(limits(None), now + told, now), now), told);
    let rare = SignedDuration::from_secs(3600 / 10);
    assert_eq!(waits(&mut engine(limits(Some(10)), now + rare, now), now), rare);
}

#[test]
fn a_slice_does_not_grow_with_a_clock_that_is_set_back() {
    let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
    let mut engine = engine(limits(None), now, now);
    assert!(matches!(engine.next(now), Step::Call(_)));
    let endpoint = service(Platform::SmartLead).endpoints[0];
    assert_eq!(endpoint.pace, Pace::Standard);
    engine.started(endpoint, now);
    let back = now - 5.hours();
    waits(&mut engine, back);
    assert_eq!(engine.next(back + 121.seconds()), Step::Stop(Stop::Budget));
}
