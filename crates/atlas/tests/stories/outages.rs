//! The server is killed, or its database restarted, while deliveries come in: what was answered 200 is kept once, and the
//! figures are those of a day on which nothing happened.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, mpsc};

use fastrand::Rng;
use serde_json::json;

use crate::webhooks::{Line, Server, add_sources, desk, kept, target};
use crate::world::{Desk, Engine, assert_same, engines, environment, for_each, is_ci, soak};

/// Connections that post at a time.
const SENDERS: usize = 8;
/// Events that each of them posts if nothing happens.
const EVENTS: usize = 200;

pub(crate) fn event(id: usize) -> Vec<u8> {
    let at = format!("2026-11-02T08:{:02}:{:02}Z", id / 60 % 60, id % 60);
    let (name, reply) = match id % 5 {
        0 => ("EMAIL_REPLY", json!({"message_id": format!("<r{id}@firm.test>"), "text": "Gladly"})),
        1 | 2 => ("EMAIL_OPEN", json!(null)),
        _ => ("EMAIL_SENT", json!(null)),
    };
    json!({"event_type": name, "stats_id": format!("s{id}"), "event_id": id, "campaign_id": id % 7, "event_timestamp":
        at, "sl_email_lead_id": 1 + id % 90, "to_email": format!("lead{}@firm.test", id % 90), "reply_message": reply})
    .to_string()
    .into_bytes()
}

/// Posts events over many connections; when so many are answered, something happens. Which were answered 200. Who is
/// patient sends again what was answered 503.
fn load(
    address: &str,
    mail: &str,
    seed: u64,
    enough: usize,
    is_patient: bool,
    happens: impl FnOnce(),
) -> Vec<usize> {
    let (answered, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (sender, reached) = mpsc::channel();
    std::thread::scope(|scope| {
        for number in 0..SENDERS {
            let (sender, answered, acknowledged) = (sender.clone(), &answered, &acknowledged);
            scope.spawn(move || {
                let mut rng = Rng::with_seed(seed * 100 + number as u64);
                let mut line = Line::open(address);
                for place in 0..EVENTS {
                    // Now and then somebody else's, or one that was sent before.
                    let id = match rng.u8(..5) {
                        0 => rng.usize(..SENDERS * EVENTS),
                        _ => place * SENDERS + number,
                    };
                    loop {
                        let Ok(answer) = line.post(mail, "", &event(id)) else { return };
                        if answer.status == 503 && is_patient {
                            continue;
                        }
                        assert_eq!(answer.status, 200);
                        break;
                    }
                    acknowledged.lock().unwrap().push(id);
                    if answered.fetch_add(1, Ordering::Relaxed) + 1 == enough {
                        sender.send(()).unwrap();
                    }
                }
            });
        }
        reached.recv().unwrap();
        happens();
    });
    acknowledged.into_inner().unwrap()
}

/// Each of those is in the journal, and nothing is there twice.
fn assert_kept(desk: &Desk, acknowledged: &[usize], what: &str) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for body in kept(desk, 1) {
        let id = body["event_id"].as_u64().and_then(|id| usize::try_from(id).ok()).unwrap();
        *counts.entry(id).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == 1), "{what}: {counts:?}");
    for id in acknowledged {
        assert!(counts.contains_key(id), "{what}: {id} was answered 200 and is gone");
    }
}

/// Whoever got no answer sends again, and so does whoever got one; then everything is understood.
fn everything_again(desk: &Desk, mail: &str) -> String {
    let server = Server::start(desk);
    let mut line = Line::open(&server.address);
    for page in (0..SENDERS * EVENTS).collect::<Vec<_>>().chunks(100) {
        let list: Vec<String> = page.iter().map(|id| String::from_utf8(event(*id)).unwrap()).collect();
        let answer = line.post(mail, "", format!("[{}]", list.join(",")).as_bytes()).unwrap();
        assert_eq!(answer.body, json!({"received": 100}));
    }
    server.stop().expect(0);
    // What the server had no time for is understood by whoever comes next.
    desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
    assert_eq!(kept(desk, 1).len(), SENDERS * EVENTS);
    desk.run(&["db", "check"]).expect(0);
    desk.dump()
}

/// The figures of a day on which nothing happened; the same on every database.
fn undisturbed() -> &'static str {
    static DUMP: OnceLock<String> = OnceLock::new();
    DUMP.get_or_init(|| {
        let desk = desk(Engine::Sqlite);
        let mail = target(&desk, "acme-smartlead", &[]);
        let dump = everything_again(&desk, &mail);
        assert!(dump.contains("\nhourly_metrics") && dump.contains(" counts_lead=true"), "{dump}");
        dump
    })
}

#[test]
fn what_was_answered_200_is_kept_once_whenever_the_server_is_killed() {
    let (kills, first) = (soak("ATLAS_SOAK_KILLS", 5), soak("ATLAS_SOAK_SEED", 0));
    for engine in engines() {
        for_each(kills, |number| {
            let seed = first + number;
            let desk = desk(engine);
            let mail = target(&desk, "acme-smartlead", &[]);
            let server = Server::start(&desk);
            let (address, enough) =
                (server.address.clone(), Rng::with_seed(seed).usize(1..SENDERS * EVENTS / 2));
            let acknowledged = load(&address, &mail, seed, enough, false, || server.kill());
            let what = format!("{engine:?}, seed {seed}, killed after {enough} answers");
            assert_kept(&desk, &acknowledged, &what);
            assert_same(undisturbed(), &everything_again(&desk, &mail), &what);
            eprintln!(
                "{what}: all {} that were answered 200 are there, and the figures are right",
                acknowledged.len()
            );
        });
    }
}

#[test]
fn a_database_that_is_restarted_in_the_middle_loses_nothing() {
    let (Some(url), Some(restart)) =
        (environment("ATLAS_TEST_RESTART_URL"), environment("ATLAS_TEST_RESTART"))
    else {
        assert!(
            !is_ci(),
            "CI without a PostgreSQL that may be restarted: run the tests with `cargo xtask test`"
        );
        eprintln!("SKIPPED: needs a PostgreSQL that may be restarted; run `cargo xtask test`");
        return;
    };
    // One after the other: they share the cluster.
    let (restarts, first) = (soak("ATLAS_SOAK_RESTARTS", 1), soak("ATLAS_SOAK_SEED", 0));
    for seed in first..first + restarts {
        let desk = Desk::in_cluster(&url);
        add_sources(&desk);
        let mail = target(&desk, "acme-smartlead", &[]);
        let server = Server::start(&desk);
        let enough = Rng::with_seed(seed).usize(1..SENDERS * EVENTS / 2);
        let address = server.address.clone();
        let acknowledged = load(&address, &mail, seed, enough, true, || {
            assert!(Command::new("sh").args(["-c", &restart]).status().unwrap().success());
        });
        assert_eq!(acknowledged.len(), SENDERS * EVENTS, "it goes on by itself");
        let what = format!("seed {seed}, restarted after {enough} answers");
        assert_kept(&desk, &acknowledged, &what);
        server.stop().expect(0);
        assert_same(undisturbed(), &everything_again(&desk, &mail), &what);
        eprintln!(
            "{what}: all {} that were answered 200 are there, and the figures are right",
            acknowledged.len()
        );
    }
}
