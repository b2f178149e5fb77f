//! Alerts are told: once each, until they are heard, and when they are over; nowhere that they may not go.

use atlas_twin::Dialect;
use serde_json::{Value, json};

use crate::access::{ask, bearer};
use crate::ear::Ear;
use crate::webhooks::Server;
use crate::world::{Desk, engines, execute, twin};

#[test]
fn alerts_are_told_until_they_are_heard() {
    let twin = twin(Dialect::Live, 1);
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        // The pager is away the first time.
        let pager = Ear::start(|number, _| (if number == 1 { 503 } else { 200 }, String::new()));
        let chat = Ear::start(|_, _| (200, "ok".to_owned()));
        let add = |args: &[&str], ear: &Ear| {
            desk.run_with(
                &[&["alert", "target", "add"], args].concat(),
                &format!("{}/hook/s3cret", ear.address),
            )
        };
        let secret = add(&["pager", "webhook", "--critical"], &pager).expect(0).out;
        assert!(secret.trim().len() > 40, "{secret}");
        add(&["ops", "slack"], &chat).expect(0);
        add(&["ops", "slack"], &chat).expect(1);

        execute(
            &desk.url,
            &["INSERT INTO email_accounts (source_id, external_id, from_email, warmup_enabled, warmup_reputation) \
               VALUES (1, 'a', 'a<b@weak.test', TRUE, 70), (1, 'b', 'b@weak.test', TRUE, 85)"
                .to_owned()],
        );
        desk.run(&["analyze", "alerts"]).expect(0);
        let said = chat.take();
        let text = said[0].body["text"].as_str().unwrap();
        assert_eq!((said.len(), text.lines().count()), (1, 2), "{text}");
        assert!(text.contains("*critical* mailbox a&lt;b@weak.test (acme): warmup reputation"), "{text}");
        let targets = desk.run(&["alert", "target", "list", "--json"]).expect(0).json();
        let (ops, away) = (&targets[0], &targets[1]);
        assert_eq!((&ops["waiting"], &away["waiting"]), (&json!(0), &json!(1)), "{targets}");
        assert_eq!(away["reason"], "answered 503");
        assert!(!targets.to_string().contains("s3cret"), "{targets}");

        // Tried again, told once.
        desk.run(&["analyze", "alerts"]).expect(0);
        desk.run(&["analyze", "alerts"]).expect(0);
        let heard = pager.take();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert_eq!(heard[0].body, heard[1].body, "the same notice under the same number");
        let notice = &heard[1].body["notices"][0];
        assert_eq!((&notice["what"], &notice["alert"]["subject_id"]), (&json!("opened"), &json!("a")));
        assert!(heard[1].head.contains("atlas-signature: t=17"), "{}", heard[1].head);
        assert!(chat.take().is_empty());

        // It gets worse, and is over.
        let reputation = |value: i64| {
            execute(&desk.url, &[format!("UPDATE email_accounts SET warmup_reputation = {value}")]);
            desk.run(&["analyze", "alerts"]).expect(0);
        };
        let whats = |ear: &Ear| {
            let heard = ear.take();
            let all =
                heard.iter().flat_map(|one| one.body["notices"].as_array().cloned().unwrap_or_default());
            all.map(|one| format!("{} {}", one["alert"]["subject_id"], one["what"])).collect::<Vec<_>>()
        };
        reputation(60);
        assert_eq!(whats(&pager), ["\"b\" \"critical\""]);
        let trends = || {
            let alerts = desk.run(&["report", "alerts", "--json"]).expect(0).json();
            alerts.as_array().unwrap().iter().map(|alert| alert["trend"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(trends(), ["rising", "rising"]);
        desk.run(&["analyze", "alerts"]).expect(0);
        assert_eq!(trends(), ["rising", "rising"], "looked at again, within a day");
        desk.jump(24 * 60);
        reputation(60);
        assert_eq!(trends(), ["steady", "steady"], "as it was a day ago");
        assert!(whats(&pager).is_empty());
        reputation(99);
        let mut over = whats(&pager);
        over.sort();
        assert_eq!(over, ["\"a\" \"resolved\"", "\"b\" \"resolved\""]);
        assert!(chat.take().last().unwrap().body["text"].as_str().unwrap().contains("*resolved*"));
        desk.run(&["alert", "target", "test", "pager"]).expect(0);
        assert_eq!(pager.take()[0].body["test"], true);

        from_afar(&desk, &targets[1]["id"].to_string(), &pager);
    }
}

/// Over HTTP nobody is told within a private network; whom somebody added at the machine itself may be tried.
fn from_afar(desk: &Desk, pager_id: &str, pager: &Ear) {
    let writer = bearer(&desk.run(&["token", "create", "ops", "--scope", "write"]).expect(0).out);
    let server = Server::start(desk);
    for address in
        ["https://127.0.0.1/x", "http://1.1.1.1/x", "https://169.254.169.254/latest", "https://u@1.1.1.1/"]
    {
        let new = json!({"name": "in", "kind": "webhook", "address": address});
        assert_eq!(ask(&server, "POST", "/api/v1/notice-targets", &writer, &new).status, 422, "{address}");
    }
    let new = json!({"name": "out", "kind": "webhook", "address": "https://1.1.1.1/x"});
    let added = ask(&server, "POST", "/api/v1/notice-targets", &writer, &new);
    assert_eq!((added.status, &added.body["target"]["host"]), (201, &json!("1.1.1.1")));
    let test =
        |id: &str| ask(&server, "POST", &format!("/api/v1/notice-targets/{id}/test"), &writer, &Value::Null);
    assert_eq!(test(pager_id).body, json!({"is_told": true, "reason": null}));
    assert_eq!(pager.take()[0].body["test"], true);
    assert_eq!(test("99").status, 404);
    let path = format!("/api/v1/notice-targets/{}", added.body["target"]["id"]);
    assert_eq!(ask(&server, "DELETE", &path, &writer, &Value::Null).status, 204);
    server.stop().expect(0);
}
