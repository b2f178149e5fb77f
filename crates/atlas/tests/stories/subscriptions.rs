//! Subscribing at the services: what is there is looked at first, so that nothing is doubled, whatever happens meanwhile.

use std::collections::BTreeSet;

use atlas_twin::{Dialect, Fault, Faults, Options, Twin};
use serde_json::{Value, json};

use crate::webhooks::{Server, target};
use crate::world::{Desk, Engine, ask, engines, execute, number, start};

/// A desk with an account at each service, synced so far that the campaigns are known.
fn desk(engine: Engine, twin: &Twin) -> Desk {
    let desk = Desk::with_source(engine, twin);
    let origin = twin.origin();
    for platform in ["replyio", "phoneburner"] {
        let add = [
            "source",
            "add",
            platform,
            "--name",
            platform,
            "--base-url",
            &origin,
            "--api-key-stdin",
            "--set",
            "pace=off",
            "--no-test",
        ];
        desk.run_with(&add, "twin-key\n").expect(0);
    }
    desk.run(&["sync", "acme"]).expect(0);
    desk
}

/// What is subscribed at SmartLead and at Reply.io: about what, for which events, where to.
fn subscribed(twin: &Twin, dialect: Dialect) -> (Vec<Value>, Vec<Value>) {
    let campaigns = twin.account().campaigns.into_iter();
    let lists = campaigns.map(|one| ask(twin, &format!("/api/v1/campaigns/{}/webhooks", one.id)));
    let at_reply = match dialect {
        Dialect::Live => ask(twin, "/api/v2/webhooks"),
        Dialect::Requirement => ask(twin, "/v3/webhooks")["items"].take(),
    };
    (lists.flat_map(|list| list.as_array().unwrap().clone()).collect(), at_reply.as_array().unwrap().clone())
}

fn register(desk: &Desk, name: &str) -> Value {
    desk.run(&["webhook", "register", name, "--json"]).expect(0).json()
}

fn counts(told: &Value) -> [u64; 4] {
    ["made", "renewed", "removed", "unchanged"].map(|name| told[name].as_u64().unwrap())
}

#[test]
fn registered_once_however_often_it_is_asked_for() {
    for engine in engines() {
        for dialect in [Dialect::Live, Dialect::Requirement] {
            let twin = start(Options { dialect, campaigns: 5, ..Options::default() });
            let desk = desk(engine, &twin);
            assert_eq!(counts(&register(&desk, "acme")), [5, 0, 0, 0]);
            let without = || {
                desk.run(&["status", "--json"]).expect(0).json()[0]["deliveries"]["campaigns_without"].take()
            };
            // As if one had been begun since.
            let newest = "(SELECT MIN(external_id) FROM campaigns WHERE status = 'active')";
            let begin = format!("DELETE FROM webhook_subscriptions WHERE campaign_id = {newest}");
            assert_eq!(without(), 0);
            execute(&desk.url, &[begin]);
            assert_eq!(without(), 1);
            assert!(desk.run(&["status"]).expect(0).out.contains("1 campaigns run without one"));
            let checked = desk.run(&["doctor"]);
            let told =
                [&checked.out, &checked.err].map(|text| text.contains("atlas webhook register makes them"));
            assert!(told.contains(&true), "{checked:?}");
            assert_eq!(counts(&register(&desk, "acme")), [0, 0, 0, 5]);
            assert_eq!(without(), 0);
            assert_eq!(counts(&register(&desk, "replyio")), [9, 0, 0, 0]);
            assert_eq!(counts(&register(&desk, "replyio")), [0, 0, 0, 1]);
            let first = target(&desk, "acme", &[]);
            let (campaigns, events) = subscribed(&twin, dialect);
            assert_eq!((campaigns.len(), events.len()), (5, 9));
            assert!(campaigns.iter().all(|one| one["webhook_url"].as_str().unwrap().ends_with(&first)));
            assert!(campaigns.iter().all(|one| one["event_types"].as_array().unwrap().len() == 7));

            // A token that was replaced: nobody posts to the former address any more.
            let newer = [target(&desk, "acme", &["--rotate"]), target(&desk, "replyio", &["--rotate"])];
            assert_eq!(counts(&register(&desk, "acme")), [0, 5, 0, 0]);
            assert_eq!(counts(&register(&desk, "replyio")), [0, 9, 9, 0]);
            let (campaigns, events) = subscribed(&twin, dialect);
            assert_eq!((campaigns.len(), events.len()), (5, 9));
            assert!(campaigns.iter().all(|one| one["webhook_url"].as_str().unwrap().ends_with(&newer[0])));
            assert!(events.iter().all(|one| one["url"].as_str().unwrap().ends_with(&newer[1])));

            // What the service has switched off is switched on.
            twin.switch_off_webhooks();
            assert_eq!(counts(&register(&desk, "replyio")), [0, 9, 0, 0]);
            assert_eq!(counts(&register(&desk, "replyio")), [0, 0, 0, 1]);
        }
    }
}

#[test]
fn a_service_that_fails_in_the_middle_gets_nothing_twice() {
    for seed in 0..6 {
        let twin = start(Options { campaigns: 5, seed, ..Options::default() });
        let desk = desk(Engine::Sqlite, &twin);
        // A truncated answer is one to a request that took effect.
        let kinds = vec![Fault::Truncated, Fault::Reset, Fault::ServerError];
        let stall = std::time::Duration::from_millis(10);
        twin.set_faults(Some(Faults { seed, share: 0.4, kinds, stall }));
        for name in ["acme", "replyio"] {
            // Where a service fails too often it says so, and goes on the next time.
            while desk.run(&["webhook", "register", name]).code != Some(0) {}
        }
        twin.set_faults(None);
        let (campaigns, events) = subscribed(&twin, Dialect::Live);
        let names: BTreeSet<&str> = events.iter().map(|one| one["event"].as_str().unwrap()).collect();
        assert_eq!((campaigns.len(), events.len(), names.len()), (5, 9, 9), "seed {seed}");
    }
}

#[test]
fn what_it_cannot_do_it_says() {
    let twin = start(Options { campaigns: 3, ..Options::default() });
    let desk = desk(Engine::Sqlite, &twin);
    let by_hand = desk.run(&["webhook", "register", "phoneburner", "--json"]).expect(0).json();
    assert_eq!(by_hand.as_array().unwrap().len(), 7);
    assert!(by_hand[1]["url"].as_str().unwrap().ends_with("&event=call_end"), "{by_hand}");

    // Somebody else's, and what a person added, stay.
    let theirs = json!({"id": null, "name": "Zap", "webhook_url": "https://hooks.example/1",
        "event_types": ["EMAIL_REPLY"], "categories": ["Interested"]});
    let campaign = twin.account().campaigns[0].id;
    tell(&twin, &format!("/api/v1/campaigns/{campaign}/webhooks"), &theirs);
    register(&desk, "acme");
    assert_eq!(subscribed(&twin, Dialect::Live).0.len(), 4);

    twin.set_api_key("another");
    for name in ["acme", "replyio"] {
        let refused = desk.run(&["webhook", "register", name]).expect(4);
        assert!(refused.err.contains("the key was refused"), "{}", refused.err);
        assert!(refused.err.contains(&format!("atlas source set {name} --api-key-stdin")), "{}", refused.err);
    }
    // A service elsewhere cannot reach an address of this machine.
    desk.run(&["source", "set", "acme", "--set", "pace=standard", "--base-url", ""]).expect(0);
    let refused = desk.run(&["webhook", "register", "acme"]).expect(2);
    assert!(refused.err.contains("ATLAS_PUBLIC_URL=https://"), "{}", refused.err);
}

#[test]
fn what_subscribed_services_post_is_taken_and_understood() {
    for engine in engines() {
        let twin = start(Options { campaigns: 12, ..Options::default() });
        let desk = desk(engine, &twin);
        let server = Server::start(&desk);
        desk.set("ATLAS_PUBLIC_URL", &format!("http://{}", server.address));
        register(&desk, "acme");
        register(&desk, "replyio");
        let calls = desk.run(&["webhook", "url", "phoneburner"]).expect(0).out;
        let calls = calls.trim().replace('?', "%3F").replace('=', "%3D");
        let day = "from=2026-11-02T00:00:00Z&until=2026-11-02T09:00:00Z&mails=80&seed=5";
        let told = tell(&twin, &format!("/_twin/play?{day}&calls_to={calls}"), &json!(null));
        assert!(told["posted"].as_u64().unwrap() > 200 && told["posted"] == told["taken"], "{told}");
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        for (source, events) in
            desk.run(&["status", "--json"]).expect(0).json().as_array().unwrap().iter().zip([80, 80, 20])
        {
            let deliveries = &source["deliveries"];
            assert!(deliveries["received"].as_u64().unwrap() >= events, "{deliveries}");
            assert_eq!(
                (&deliveries["pending"], &deliveries["failed"]),
                (&json!(0), &json!(0)),
                "{deliveries}"
            );
        }
        let count = |what: &str| number(&desk.url, &format!("SELECT COUNT(*) FROM {what}")).unwrap();
        assert_eq!(count("email_activities WHERE event = 'sent' AND via = 'webhook' AND source_id = 1"), 80);
        assert_eq!(count("email_activities WHERE event = 'sent' AND via = 'webhook' AND source_id = 2"), 80);
        assert_eq!(count("call_activities WHERE ended_at IS NOT NULL"), 20);
    }
}

/// Posts past the program, as another program with the same key would.
fn tell(twin: &Twin, path: &str, body: &Value) -> Value {
    use std::io::{Read, Write};
    let origin = twin.origin();
    let host = origin.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let request = format!(
        "POST {path}{}api_key=twin-key HTTP/1.1\r\nHost: {host}\r\nUser-Agent: story\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        if path.contains('?') { "&" } else { "?" },
        body.len()
    );
    let mut line = std::net::TcpStream::connect(host).unwrap();
    line.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
