//! What runs by itself: syncs by schedule and on request, beside commands, stopped and killed, and what is forgotten.

use std::process::{Child, Command};
use std::time::Duration;

use atlas_store::{Part, Request, Store, SyncOutcome, TestOutcome};
use atlas_twin::{Dialect, Halt};
use serde_json::Value;

use crate::interruptions::{CAMPAIGNS, undisturbed};
use crate::webhooks::{Line, Server, target};
use crate::world::{Desk, Engine, MORNING, assert_same, block_on, engines, finish, number, twin};

/// Waits until something is so; whoever runs the tests waits with it.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..4000 {
        if is_so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(30));
    }
    panic!("it never came that {what}");
}

pub(crate) fn signal(child: &Child, name: &str) {
    let told = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

fn count(desk: &Desk, from: &str) -> i64 {
    number(&desk.url, &format!("SELECT COUNT(*) FROM {from}")).unwrap()
}

/// Asks the database of a desk as the program does.
fn ask_store<T>(desk: &Desk, question: impl AsyncFnOnce(&Store) -> T) -> T {
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let answer = question(&store).await;
        store.close().await;
        answer
    })
}

/// Waits for what a request comes to.
fn outcome_of(desk: &Desk, id: i64) -> Value {
    let mut outcome = None;
    until("the request is done", || {
        let asked: Option<Request> = ask_store(desk, async |store| store.request(1, id).await.unwrap());
        outcome = asked.and_then(|asked| asked.outcome);
        outcome.is_some()
    });
    outcome.unwrap()
}

fn at(desk: &Desk, time: &str) {
    desk.set("ATLAS_NOW", &format!("2026-11-02T{time}:00Z"));
}

#[test]
fn a_worker_syncs_when_the_schedule_says_so() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        let runs = |outcome: &str| count(&desk, &format!("sync_runs WHERE outcome = '{outcome}'"));
        let looked =
            || count(&desk, "background_tasks WHERE name = 'scheduler' AND began_at IS NOT NULL") > 0;
        at(&desk, "09:00");
        let worker = desk.spawn(&["worker"]);
        until("the source is synced", || runs("done") == 1);
        let tasks = desk.run(&["status", "--tasks", "--json"]).expect(0).json();
        let names: Vec<_> =
            tasks.as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["lessons", "notices", "people", "projector", "retention", "scheduler"]);
        signal(&worker, "-TERM");
        finish(worker).expect(0);
        assert_same(&expected, &desk.dump(), "synced by a worker");
        assert_eq!((count(&desk, "leases"), count(&desk, "background_tasks")), (0, 0), "all is given back");

        at(&desk, "09:30");
        let worker = desk.spawn(&["worker"]);
        until("it has looked", looked);
        let status = desk.run(&["status", "--json"]).expect(0).json();
        assert!(status[0]["next_sync_at"].as_str().unwrap().starts_with("2026-11-02T10:00:"), "{status}");
        signal(&worker, "-INT");
        finish(worker).expect(0);
        assert_eq!(runs("done"), 1, "it was not due");

        at(&desk, "10:01");
        let worker = desk.spawn(&["worker"]);
        until("it is synced again", || runs("done") == 2);
        signal(&worker, "-TERM");
        finish(worker).expect(0);
    }
}

#[test]
fn told_to_stop_in_the_middle_it_loses_nothing() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        for command in [&["worker"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let twin = twin(Dialect::Live, CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            let halted = twin.halt_at(12, Halt::BeforeAnswer);
            let child = desk.spawn(command);
            block_on(halted).unwrap();
            signal(&child, "-TERM");
            finish(child).expect(0);
            let cut_off = twin.requests().pop().unwrap().path;
            assert_eq!((count(&desk, "leases"), count(&desk, "background_tasks")), (0, 0));
            assert!(count(&desk, "sync_calls WHERE state = 'pending'") > 0);
            twin.clear_requests();
            desk.run(&["sync"]).expect(0);
            assert_eq!(twin.requests()[0].path, cut_off, "it goes on at the very call that was cut off");
            assert_same(&expected, &desk.dump(), &format!("{engine:?}, {command:?}"));
        }
    }
}

/// A server that is in the middle of a sync, at a call that is answered only the second time.
fn server_at_work(engine: Engine, twin: &atlas_twin::Twin) -> (Desk, Server) {
    let desk = Desk::with_source(engine, twin);
    desk.run(&["source", "set", "acme", "request_timeout_s=2"]).expect(0);
    // One instant for all, so that none outlives the lease of another.
    desk.set("ATLAS_NOW", MORNING);
    let halted = twin.halt_at(12, Halt::BeforeAnswer);
    let server = Server::start_with(&desk, &[]);
    block_on(halted).unwrap();
    (desk, server)
}

#[test]
fn a_sync_beside_a_server_is_done_by_the_server() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let (desk, server) = server_at_work(engine, &twin);
        let asked = || count(&desk, "requests WHERE state = 'waiting'") == 1;

        // Two who ask for the same are served by the same; one of them does not wait for it.
        let impatient = desk.spawn(&["sync"]);
        until("it asks the server", asked);
        signal(&impatient, "-INT");
        let left = finish(impatient).expect(130);
        assert!(left.err.contains("goes on with it"), "{}", left.err);
        let done = desk.run(&["sync", "--json"]).expect(0);
        assert!(done.err.contains("a server or worker is at it"), "{}", done.err);
        let told = done.json();
        assert_eq!(
            (&told[0]["source"], &told[0]["outcome"], &told[0]["pending"]),
            (&"acme".into(), &"done".into(), &0.into())
        );
        assert!(
            told[0]["calls"].as_u64() > Some(12) && told[0]["rows_changed"].as_u64() > Some(12),
            "{told}"
        );
        assert_eq!(count(&desk, "sync_runs"), 1, "one sync for everybody");
        assert_same(&expected, &desk.dump(), &format!("{engine:?}"));

        // When nobody is at it, the command does it itself, with the same words.
        let own = desk.run(&["sync", "--json"]).expect(0).json();
        let names = |told: &Value| told[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&own), names(&told));
        server.stop().expect(0);
    }
}

#[test]
fn a_command_that_follows_a_server_goes_on_alone_when_that_dies() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let (desk, server) = server_at_work(engine, &twin);
        let sync = desk.spawn(&["sync", "--json"]);
        until("it asks the server", || count(&desk, "requests WHERE state = 'waiting'") == 1);
        server.kill();
        assert_eq!(finish(sync).expect(0).json()[0]["outcome"], "done");
        assert_eq!(count(&desk, "requests WHERE state = 'withdrawn'"), 1);
        assert_same(&expected, &desk.dump(), &format!("{engine:?}"));
    }
}

#[test]
fn what_is_requested_is_done_and_told() {
    for engine in engines() {
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        at(&desk, "09:00");
        desk.run(&["sync"]).expect(0);
        let before = desk.dump();
        let now = MORNING.parse().unwrap();
        let ask = |full| ask_store(&desk, async |store| store.request_sync(1, full, now).await.unwrap());
        let (plain, full) = (ask(false), ask(true));
        assert_eq!(ask(false), plain, "who asks again while it waits asks for the same");
        let test = ask_store(&desk, async |store| store.request_test(1, now).await.unwrap());
        let replay =
            ask_store(&desk, async |store| store.request_replay(1, Part::default(), now).await.unwrap());
        twin.clear_requests();
        let worker = desk.spawn(&["worker"]);
        let synced = |id| serde_json::from_value::<SyncOutcome>(outcome_of(&desk, id)).unwrap();
        let calls = [plain, full].map(|id| synced(id).figures.unwrap().calls);
        assert!(calls[0] < calls[1], "everything is asked for anew where that is wanted: {calls:?}");
        let tested: TestOutcome = serde_json::from_value(outcome_of(&desk, test)).unwrap();
        assert!(tested.endpoints.iter().any(|one| one.state == "answers"), "{tested:?}");
        assert!(outcome_of(&desk, replay)["answers"].as_u64() > Some(10));
        signal(&worker, "-TERM");
        finish(worker).expect(0);
        assert_same(&before, &desk.dump(), "nothing of it changes a figure");
    }
}

#[test]
fn what_is_old_is_forgotten_and_a_replay_leaves_what_followed_from_it() {
    for engine in engines() {
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["sync"]).expect(0);
        let before = desk.dump();
        // It is not asked any more, only kept.
        desk.run(&["source", "archive", "acme"]).expect(0);
        let archived = desk.dump();
        let whole = || count(&desk, "journal WHERE length(body) > 0");
        assert!(whole() > 10);
        for (day, is_forgotten) in [("2027-12-06", false), ("2027-12-08", true)] {
            desk.set("ATLAS_NOW", &format!("{day}T12:00:00Z"));
            let worker = desk.spawn(&["worker"]);
            until("it was looked through", || {
                count(&desk, "background_tasks WHERE name = 'retention' AND ended_at IS NOT NULL") == 1
            });
            signal(&worker, "-TERM");
            finish(worker).expect(0);
            assert_eq!(whole() == 0, is_forgotten, "{day}");
            desk.run(&["replay"]).expect(0);
            assert_same(&archived, &desk.dump(), day);
        }
        desk.run(&["db", "check"]).expect(0);
        // What the service says again is kept again.
        desk.run(&["source", "archive", "acme", "--undo"]).expect(0);
        desk.set("ATLAS_NOW", MORNING);
        desk.run(&["sync", "--full"]).expect(0);
        assert!(whole() > 10);
        assert_same(&before, &desk.dump(), "as before");
    }
}

#[test]
fn a_monitor_is_told_how_it_goes() {
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    at(&desk, "09:00");
    desk.set("ATLAS_LOG_FORMAT", "json");
    let mail = target(&desk, "acme", &[]);
    let server = Server::start_with(&desk, &[]);
    let counted = "source_counters WHERE name = 'requests' AND label = '200' AND value > 12";
    until("it is synced, and that is told", || {
        count(&desk, "sync_runs WHERE outcome = 'done'") == 1 && count(&desk, counted) == 1
    });
    let ask = |more: &str| Line::open(&server.address).page("/metrics", more);
    let (status, text) = ask("");
    assert_eq!(status, 200, "{text}");
    let of_acme = "{source=\"acme\",platform=\"smartlead\"";
    for line in [
        format!("atlas_service_requests_total{of_acme},status=\"200\"}}"),
        format!("atlas_sync_lag_seconds{of_acme}}}"),
        format!("atlas_sync_calls_pending{of_acme}}} 0.0"),
        format!("atlas_rows_total{of_acme},outcome=\"changed\"}}"),
    ] {
        assert!(text.lines().any(|told| told.starts_with(&line)), "no {line} in\n{text}");
    }
    assert!(!text.contains("quota_calls_left{"), "there is no quota, which is not 0");
    on_the_dashboard(&text);
    // Another process is at the deliveries, and has not come to this one yet.
    let now = "2026-11-02T09:01:00Z".parse().unwrap();
    let taken = ask_store(&desk, async |store| {
        store.take_projector_lease(1, "elsewhere", now, |_| true).await.unwrap()
    });
    assert_eq!(taken, Ok(()));
    assert_eq!(server.post(&mail, br#"{"event_type": "EMAIL_OPEN", "stats_id": 1}"#).status, 200);
    let waiting = format!("atlas_deliveries_waiting{of_acme}}} 1.0");
    assert!(ask("").1.lines().any(|told| told == waiting), "no {waiting}");
    // Whoever comes through a proxy is not on this machine.
    assert_eq!(ask("X-Forwarded-For: 192.0.2.1\r\n").0, 401);
    let line = server.hear("request_id");
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&told["fields"]["route"], &told["fields"]["status"]),
        (&"/metrics".into(), &401.into()),
        "{line}"
    );
    server.stop().expect(0);
}

/// What the dashboard for operations asks for is told: each metric, with its kind, and the labels by which it is summed.
fn on_the_dashboard(text: &str) {
    let dashboard: Value =
        serde_json::from_str(include_str!("../../../../docs/grafana/operations.json")).unwrap();
    let targets =
        dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array());
    let questions: Vec<&str> = targets.flatten().filter_map(|target| target["expr"].as_str()).collect();
    assert!(questions.len() > 5, "{questions:?}");
    // Nothing was waited for or posted here, and there is no quota: of what has not been there is no line.
    let silent = ["service_wait_seconds_total", "webhook_requests_total", "quota_calls_left"];
    for question in questions {
        let (_, name) = question.split_once("atlas_").unwrap();
        let name = name.split(|letter: char| letter != '_' && !letter.is_ascii_lowercase()).next().unwrap();
        let kind = match name.strip_suffix("_total") {
            Some(counted) => format!("# TYPE atlas_{counted} counter"),
            None => format!("# TYPE atlas_{name} gauge"),
        };
        assert!(
            text.lines().any(|line| line == kind) || silent.contains(&name),
            "{question}: no {kind} in\n{text}"
        );
        assert_eq!(question.contains("rate("), name.ends_with("_total"), "{question}");
        let by = question.split_once("by (").and_then(|(_, by)| by.split_once(')'));
        let labels: Vec<&str> = by.map(|(by, _)| by.split(", ").collect()).unwrap_or_default();
        for line in text.lines().filter(|line| line.starts_with(&format!("atlas_{name}{{"))) {
            assert!(labels.iter().all(|label| line.contains(&format!("{label}=\""))), "{question}: {line}");
        }
    }
}
