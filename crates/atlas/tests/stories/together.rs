//! Two servers and two workers share one PostgreSQL and die again and again: each source is synced by one of them at its
//! pace, nothing is lost and nothing is there twice.

use std::collections::BTreeMap;
use std::process::Child;

use atlas_twin::{Dialect, Twin};
use fastrand::Rng;

use crate::outages::event;
use crate::pace::assert_paced;
use crate::running::{signal, until};
use crate::webhooks::{Line, Server, kept, target};
use crate::world::{Desk, Engine, assert_same, engines, finish, number, soak, twin};

/// Sources that are synced; one more only receives.
const SOURCES: usize = 3;
const INBOX: i64 = SOURCES as i64 + 1;
/// Events that are posted between one death and the next.
const POSTED: usize = 20;
/// Calls that the services get between one death and the next, at two a second or so.
const CALLS: usize = 4;

/// Accounts of three services, each at its standard pace, and one that only receives.
fn accounts(engine: Engine) -> (Desk, Vec<Twin>, String) {
    let desk = Desk::new(engine);
    desk.in_real_time();
    let twins: Vec<Twin> = (0..SOURCES).map(|_| twin(Dialect::Live, 3)).collect();
    let more =
        ["--no-test", "--api-key-stdin", "--set", "sync_activities=false", "--set", "schedule=every 3s"];
    for (number, twin) in twins.iter().enumerate() {
        let (name, origin) = (format!("acme-{number}"), twin.origin());
        let add = ["source", "add", "smartlead", "--name", &name, "--base-url", &origin];
        desk.run_with(&[&add[..], &more[..]].concat(), "twin-key\n").expect(0);
    }
    let add = ["source", "add", "smartlead", "--name", "inbox", "--base-url", "http://127.0.0.1:9"];
    desk.run_with(&[&add[..], &more[..]].concat(), "twin-key\n").expect(0);
    desk.run(&["source", "archive", "inbox"]).expect(0);
    let mail = target(&desk, "inbox", &[]);
    (desk, twins, mail)
}

enum Process {
    Serve(Server),
    Worker(Child),
}

impl Process {
    fn start(desk: &Desk, number: usize) -> Self {
        match number {
            0 | 1 => Self::Serve(Server::start_with(desk, &[])),
            _ => Self::Worker(desk.spawn(&["--log", "error", "worker"])),
        }
    }

    /// Told to end, it does so in order.
    fn stop(self) {
        match self {
            Self::Serve(server) => drop(server.stop().expect(0)),
            Self::Worker(worker) => {
                signal(&worker, "-TERM");
                finish(worker).expect(0);
            }
        }
    }

    fn kill(self) {
        match self {
            Self::Serve(server) => server.kill(),
            Self::Worker(mut worker) => {
                worker.kill().unwrap();
                worker.wait().unwrap();
            }
        }
    }
}

/// Posts events to one of the servers, again where no answer came.
fn post(processes: &[Option<Process>], mail: &str, round: usize) {
    let events: Vec<String> =
        (round * POSTED..(round + 1) * POSTED).map(|id| String::from_utf8(event(id)).unwrap()).collect();
    let body = format!("[{}]", events.join(","));
    let servers = processes.iter().flatten().filter_map(|process| match process {
        Process::Serve(server) => Some(server),
        Process::Worker(_) => None,
    });
    let is_kept = servers.cycle().take(100).any(|server| {
        Line::open(&server.address).post(mail, "", body.as_bytes()).is_ok_and(|answer| answer.status == 200)
    });
    assert!(is_kept, "no server takes deliveries");
}

/// What there is after everybody has ended in order.
fn end(desk: &Desk, deaths: usize) -> String {
    desk.run(&["sync"]).expect(0);
    // What the servers had no time for is understood by whoever comes next.
    desk.run(&["replay", "inbox", "--since", "2100-01-01"]).expect(0);
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    kept(desk, INBOX)
        .iter()
        .for_each(|body| *counts.entry(body["event_id"].as_u64().unwrap()).or_default() += 1);
    assert!(counts.len() == deaths * POSTED && counts.values().all(|count| *count == 1), "{counts:?}");
    desk.run(&["db", "check"]).expect(0);
    desk.dump()
}

fn undisturbed(deaths: usize) -> String {
    let (desk, _twins, mail) = accounts(Engine::Sqlite);
    let server = Some(Process::Serve(Server::start(&desk)));
    let processes = [server];
    (0..deaths).for_each(|round| post(&processes, &mail, round));
    processes.into_iter().flatten().for_each(Process::stop);
    end(&desk, deaths)
}

#[test]
fn each_source_is_synced_by_one_of_many_whoever_dies() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let deaths = usize::try_from(soak("ATLAS_SOAK_DEATHS", 5)).unwrap();
    let seed = soak("ATLAS_SOAK_SEED", 0);
    let mut rng = Rng::with_seed(seed);
    let (desk, twins, mail) = accounts(Engine::Postgres);
    let mut processes: Vec<_> = (0..4).map(|number| Some(Process::start(&desk, number))).collect();
    let calls = || twins.iter().map(|twin| twin.requests().len()).sum::<usize>();
    for round in 0..deaths {
        post(&processes, &mail, round);
        let before = calls();
        until("services are called", || calls() >= before + CALLS);
        let number = rng.usize(..processes.len());
        let process = processes[number].take().unwrap();
        // Every fourth is told to end, the others are not.
        if rng.u8(..4) == 0 {
            process.stop()
        } else {
            process.kill()
        }
        processes[number] = Some(Process::start(&desk, number));
    }
    let ask = |sql: &str| number(&desk.url, sql).unwrap();
    let last = ask("SELECT CAST(SUM(run_id) AS BIGINT) FROM sync_state");
    until("each source is synced after the last death", || {
        ask("SELECT CAST(SUM(run_id) AS BIGINT) FROM sync_state") > last
            && ask("SELECT COUNT(DISTINCT source_id) FROM sync_runs WHERE outcome = 'done'") == SOURCES as i64
    });
    processes.into_iter().flatten().for_each(Process::stop);

    let what = format!("seed {seed}, {deaths} deaths");
    for twin in &twins {
        assert_paced(&twin.requests());
    }
    let pairs = "FROM sync_runs AS a JOIN sync_runs AS b ON b.source_id = a.source_id AND b.id = a.id + 1";
    let overlaps = ask(&format!("SELECT COUNT(*) {pairs} WHERE a.ended_at > b.started_at"));
    assert_eq!(overlaps, 0, "{what}: two at one source");
    assert_eq!(ask("SELECT COUNT(*) FROM leases"), 0, "{what}: all is given back");
    let runs = ask("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'done'");
    let late = ask(&format!(
        "SELECT CAST(MAX(EXTRACT(EPOCH FROM b.started_at - COALESCE(a.ended_at, a.started_at)) * 1000) AS BIGINT) {pairs}"
    ));
    eprintln!("{what}: {runs} syncs to their end, {} calls, no pause above {late} ms", calls());
    assert_same(&undisturbed(deaths), &end(&desk, deaths), &what);
}
