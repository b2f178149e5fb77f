//! Faults break connections for real, halts come at their moment, and the log tells it all.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use atlas_twin::{Fault, Faults, Halt, Options};
use tokio::time::timeout;

use crate::http::{Reply, ask, get};
use crate::start;

const LIST: &str = "/api/v1/campaigns?api_key=twin-key";

const PATIENCE: Duration = Duration::from_secs(5);

fn only(kind: Fault) -> Option<Faults> {
    Some(Faults { seed: 4, share: 1.0, kinds: vec![kind], stall: Duration::from_millis(50) })
}

fn promised(reply: &Reply) -> usize {
    reply.header("content-length").unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_fault_is_what_it_says() {
    // Large and small, so that an answer is cut in one piece and in many.
    for campaigns in [2, 480] {
        let twin = start(Options { campaigns, ..Options::default() }).await;
        for kind in Fault::ALL {
            twin.set_faults(only(kind));
            for _ in 0..3 {
                let reply = ask(&twin.origin(), "GET", LIST);
                match (kind, reply) {
                    (Fault::TooMany, Ok(reply)) => assert_eq!(reply.status, 429),
                    (Fault::ServerError, Ok(reply)) => assert!([500, 502, 503].contains(&reply.status)),
                    (Fault::Stall, Err(error)) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof),
                    (Fault::Reset, Err(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
                    (Fault::Truncated, Ok(reply)) => {
                        assert_eq!((reply.status, reply.body.len()), (200, promised(&reply) / 2));
                    }
                    (Fault::Html, Ok(reply)) => assert!(reply.status == 200 && reply.body.starts_with('<')),
                    (Fault::Empty, Ok(reply)) => assert!(reply.status == 200 && reply.body.len() <= 2),
                    (kind, reply) => panic!("{kind:?} ended in {:?}", reply.map(|reply| reply.head)),
                }
            }
            let fourth = ask(&twin.origin(), "GET", LIST).unwrap();
            assert_eq!(
                (fourth.status, fourth.body.len()),
                (200, promised(&fourth)),
                "three in a row at most"
            );
        }
        twin.set_faults(None);
        assert!((0..9).all(|_| ask(&twin.origin(), "GET", LIST).unwrap().status == 200));
    }
}

#[tokio::test]
async fn the_same_seed_fails_the_same_requests() {
    let log = async || {
        let twin = start(Options { campaigns: 2, ..Options::default() }).await;
        let kinds = Fault::ALL.to_vec();
        twin.set_faults(Some(Faults { seed: 9, share: 0.4, kinds, stall: Duration::from_millis(5) }));
        for number in 0..60 {
            let _ = ask(
                &twin.origin(),
                "GET",
                &format!("/api/v1/campaigns/{}/analytics?api_key=twin-key", number % 7),
            );
        }
        twin.requests()
    };
    let (one, other) = (log().await, log().await);
    let told = |log: &[atlas_twin::Request]| -> Vec<_> {
        log.iter()
            .map(|request| (request.number, request.path.clone(), request.status, request.fault))
            .collect()
    };
    assert_eq!(told(&one), told(&other));
    let failed = one.iter().filter(|request| request.fault.is_some()).count();
    assert!((12..=36).contains(&failed), "{failed} of 60");
    assert!(one.is_sorted_by_key(|request| request.at));
    assert!(one.iter().all(|request| request.query.is_empty()), "the key is nowhere");
}

#[tokio::test]
async fn halts_come_at_their_moment() {
    let twin = start(Options { campaigns: 4, ..Options::default() }).await;
    let after = twin.halt_at(1, Halt::AfterAnswer);
    let mut before = twin.halt_at(2, Halt::BeforeAnswer);
    assert_eq!(get(&twin, "/campaigns").status, 200);
    assert_eq!(get(&twin, "/campaigns").status, 200);
    timeout(PATIENCE, after).await.unwrap().unwrap();
    assert!(before.try_recv().is_err(), "the third has not come");

    let origin = twin.origin();
    let asking = thread::spawn(move || ask(&origin, "GET", LIST).map(|reply| reply.status));
    timeout(PATIENCE, before).await.unwrap().unwrap();
    assert_eq!(get(&twin, "/campaigns").status, 200, "others are answered meanwhile");
    assert!(!asking.is_finished(), "it is held");
    assert_eq!(twin.requests().iter().map(|request| request.status).collect::<Vec<_>>(), [200, 200, 0, 200]);
    drop(twin);
    assert!(asking.join().unwrap().is_err(), "until the connection goes");
}

#[tokio::test]
async fn a_dropped_twin_breaks_its_connections() {
    let twin = start(Options { campaigns: 1, ..Options::default() }).await;
    let address = twin.origin().trim_start_matches("http://").to_owned();
    let mut open = std::net::TcpStream::connect(&address).unwrap();
    assert_eq!(get(&twin, "/campaigns").status, 200);
    drop(twin);
    assert!(matches!(std::io::Read::read(&mut open, &mut [0]), Ok(0) | Err(_)));
    assert_eq!(std::net::TcpStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_limit_holds_and_is_told() {
    let twin = start(Options { campaigns: 1, rate_limit: 3, ..Options::default() }).await;
    let replies: Vec<_> = (0..4).map(|_| get(&twin, "/campaigns")).collect();
    let remaining: Vec<_> =
        replies.iter().map(|reply| reply.header("x-ratelimit-remaining").unwrap()).collect();
    assert_eq!(remaining, ["2", "1", "0", "0"]);
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200, 200, 200, 429]);
    let wait: u64 = replies[3].header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[tokio::test]
async fn it_is_driven_over_http_too() {
    let twin = start(Options { campaigns: 5, ..Options::default() }).await;
    let today = twin.account().today;
    let control = |method: &str, path: &str| ask(&twin.origin(), method, &format!("/_twin/{path}")).unwrap();
    assert_eq!(control("POST", "advance?days=2").status, 200);
    assert_eq!(twin.account().today, today.saturating_add(jiff::ToSpan::days(2)));
    let account = control("GET", "account").json();
    assert_eq!(account, serde_json::to_value(twin.account()).unwrap());

    assert_eq!(control("POST", "faults?share=1&kinds=html").status, 200);
    assert!(get(&twin, "/campaigns").body.starts_with('<'));
    assert_eq!(control("POST", "faults?share=0").status, 200);
    assert_eq!(get(&twin, "/campaigns").status, 200);
    for wrong in ["faults?share=2", "faults?share=0.1&kinds=fire", "advance?days=0", "advance?days=x"] {
        assert_eq!(control("POST", wrong).status, 400, "{wrong}");
    }
    let log = control("GET", "log").json();
    assert_eq!(log.as_array().map(Vec::len), Some(2), "the control routes are not in it");
    assert_eq!((&log[0]["fault"], &log[1]["status"]), (&"html".into(), &200.into()));
}
