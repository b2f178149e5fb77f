//! Events: posted to the running server in any order and more than once, while a sync runs, they are counted once.

use atlas_model::Period;
use atlas_store::{Filter, Store};
use atlas_twin::{Dialect, Twin};
use fastrand::Rng;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::running::until;
use crate::webhooks::{Server, target};
use crate::world::{Desk, ask, assert_same, block_on, engines, finish, number, twin};

/// What happens to some leads of the account's campaigns, each fact under two names.
fn facts(twin: &Twin) -> Vec<[Value; 2]> {
    let campaigns = ask(twin, "/api/v1/campaigns");
    let ids: Vec<&Value> = campaigns.as_array().unwrap().iter().map(|campaign| &campaign["id"]).collect();
    let mailboxes = twin.account().mailboxes;
    let mut facts = Vec::new();
    for lead in 0..40 {
        // Every other mail is of a mailbox that the account has.
        let mailbox =
            if lead % 2 == 0 { "sal@post.test" } else { &mailboxes[lead % mailboxes.len()].address };
        let mail = json!({"campaign_id": ids[lead % ids.len()], "stats_id": format!("s-{lead}"), "sequence_number": 1,
            "sl_email_lead_id": 70_000 + lead, "to_email": format!("lead{lead}@firm.test"), "from_email": mailbox});
        let mut tell = |names: [&str; 2], time: &str, hour: usize| {
            facts.push(names.map(|name| {
                let mut body = mail.clone();
                body["event_type"] = name.into();
                body[time] = format!("2026-11-01T{hour:02}:{lead:02}:00Z").into();
                body["reply_message"] =
                    json!({"message_id": format!("<r-{lead}-{hour}@firm.test>"), "text": "Gladly"});
                body
            }));
        };
        tell(["EMAIL_SENT", "FIRST_EMAIL_SENT"], "time_sent", 8);
        if lead % 2 == 0 {
            tell(["EMAIL_OPEN", "OPEN"], "time_opened", 9);
        }
        if lead % 4 == 0 {
            tell(["EMAIL_REPLY", "REPLY"], "time_replied", if lead == 0 { 11 } else { 10 });
            tell(["EMAIL_REPLY", "REPLY"], "time_replied", 12);
        }
    }
    facts
}

/// The answers of the first day, the deliveries as given, all of them understood.
fn dump_of(desk: &Desk, deliveries: &[Value], is_sync_beside: bool) -> String {
    // What the service itself tells of single events is another story.
    desk.run(&["source", "set", "acme", "sync_activities=false", "--client", "Acme"]).expect(0);
    let address = target(desk, "acme", &[]);
    let server = Server::start(desk);
    if !is_sync_beside {
        desk.run(&["sync"]).expect(0);
    }
    let post = |deliveries: &[Value]| {
        for body in deliveries {
            assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
        }
    };
    let (before, beside) = deliveries.split_at(if is_sync_beside { deliveries.len() / 3 } else { 0 });
    post(before);
    // These are counted before it is known which mailboxes there are.
    let pending = "SELECT s.delivery_id - COALESCE(MAX(p.up_to), 0) FROM sync_state AS s LEFT JOIN projected AS p \
                   ON p.source_id = s.source_id GROUP BY s.delivery_id";
    let all_is_understood = || number(&desk.url, pending).unwrap_or_default() == 0;
    until("what was posted is understood", all_is_understood);
    let sync = is_sync_beside.then(|| desk.spawn(&["sync"]));
    post(beside);
    if let Some(sync) = sync {
        finish(sync).expect(0);
    }
    until("the rest is understood too", all_is_understood);
    server.stop().expect(0);
    // As they were counted one after the other; a replay adds everything up anew.
    desk.run(&["db", "check"]).expect(0);
    desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
    let journey = desk.run(&["report", "journey", "--json"]).expect(0).json();
    assert_eq!(journey["total"]["time_to_first_reply"], 7200.0, "the median, of first replies: {journey}");
    let [all, of_client] = [None, Some("Acme".to_owned())].map(|client| mails(desk, client));
    assert_eq!(all.iter().filter_map(|line| line["sent"].as_i64()).sum::<i64>(), 20);
    assert_eq!(all, of_client, "the sums of mailboxes are those of the single mails of their client");
    desk.dump()
}

/// What mailboxes sent on the day.
fn mails(desk: &Desk, client: Option<String>) -> Vec<Value> {
    let day = Date::constant(2026, 11, 1);
    let filter = Filter { period: Some(Period { from: day, to: day }), client, ..Filter::default() };
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let lines = store.report_accounts(&filter).await.unwrap();
        store.close().await;
        lines.iter().map(|line| json!(line)).collect()
    })
}

#[test]
fn counted_once_in_any_order_beside_a_sync() {
    let twin = twin(Dialect::Live, 6);
    let facts = facts(&twin);
    let ordered: Vec<Value> = facts.iter().map(|[told, _]| told.clone()).collect();
    let mut rng = Rng::with_seed(11);
    let mut shuffled = ordered.clone();
    for tellings in &facts {
        if rng.u8(..5) == 0 {
            shuffled.push(tellings[rng.usize(..2)].clone());
        }
    }
    rng.shuffle(&mut shuffled);
    let mut dumps = Vec::new();
    for engine in engines() {
        dumps.push(dump_of(&Desk::with_source(engine, &twin), &ordered, false));
        dumps.push(dump_of(&Desk::with_source(engine, &twin), &shuffled, true));
    }
    for dump in &dumps {
        assert_same(&dumps[0], dump, "another order, another database");
    }
    let events = dumps[0].lines().filter(|line| line.starts_with("email_activities"));
    assert_eq!(events.count(), facts.len());
    let of_leads = |line: &&str| line.starts_with("email_activities") && line.contains(" counts_lead=true");
    let replies = dumps[0].lines().filter(of_leads).filter(|line| line.contains("event=\"replied\""));
    assert_eq!(replies.count(), 10, "a second reply of a lead is a message");
}
