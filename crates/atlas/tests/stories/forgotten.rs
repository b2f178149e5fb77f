//! A person who asked to be forgotten: gone from tables, journal and file; counts stay; nothing brings them back.

use atlas_twin::Dialect;
use serde_json::{Value, json};
use sqlx::{Connection, Row, SqliteConnection};

use crate::access::{ask, get};
use crate::clients::desk_of_two;
use crate::three_services::small;
use crate::webhooks::{Server, target};
use crate::world::{Desk, assert_same, block_on, engines, start};

/// How often the words stand in the whole database: in its tables, which a backup holds as text, and in what the journal
/// holds compressed.
fn traces(desk: &Desk, words: &[String]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whole.db");
    desk.run(&["db", "backup", file.to_str().unwrap()]).expect(0);
    let bodies = block_on(async {
        let mut connection =
            SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let rows = sqlx::query("SELECT body FROM journal WHERE length(body) > 0")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        rows.iter().map(|row| zstd::decode_all(row.get::<&[u8], _>(0)).unwrap()).collect::<Vec<_>>()
    });
    let count = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        words.iter().map(|word| text.matches(&word.to_lowercase()).count()).sum::<usize>()
    };
    count(&std::fs::read(&file).unwrap()) + bodies.iter().map(|body| count(body)).sum::<usize>()
}

/// The first user, signed in.
fn admin(server: &Server) -> String {
    let link = server.hear("/sign-in?first=");
    let user = json!({"token": link.rsplit('=').next().unwrap(), "email": "ada@atlas.test", "password": "correct horse"});
    let answer = ask(server, "POST", "/api/v1/session/first", "", &user);
    let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("Cookie: {}\r\nX-Atlas-Request: 1\r\n", cookie.split(';').next().unwrap())
}

fn lines(desk: &Desk, table: &str) -> Vec<Value> {
    let out = desk.run(&["export", table, "--format", "jsonl"]).expect(0).out;
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_person_is_forgotten_and_does_not_come_back() {
    let twin = start(small(Dialect::Live));
    for engine in engines() {
        let desk = desk_of_two(engine, &twin);
        // Somebody who replied, whose name nobody else has.
        let (contacts, events) = (lines(&desk, "contacts"), lines(&desk, "email_activities"));
        let name = |one: &Value| {
            format!("{} {}", one["first_name"].as_str().unwrap(), one["last_name"].as_str().unwrap())
        };
        let is_named = |one: &&Value| one["first_name"].is_string() && one["last_name"].is_string();
        let named: Vec<&Value> = contacts.iter().filter(is_named).collect();
        let has_replied = |one: &Value| {
            events
                .iter()
                .any(|event| event["event"] == "replied" && event["contact_id"] == one["external_lead_id"])
        };
        let person = named.iter().find(|one| {
            let namesakes = named.iter().filter(|other| name(other) == name(one)).count();
            let leads = contacts.iter().filter(|other| other["email"] == one["email"]).count();
            namesakes == 1 && leads == 1 && one["email"].is_string() && has_replied(one)
        });
        let person = person.unwrap();
        let (email, lead) =
            (person["email"].as_str().unwrap().to_owned(), person["external_lead_id"].as_str().unwrap());
        let words = [email.clone(), name(person)];
        assert!(traces(&desk, &words) > 3, "{engine:?} {words:?}");

        let figures = || {
            let report = |name: &str| desk.run(&["report", name, "--json"]).expect(0).json();
            (report("overview")["total"].clone(), report("campaigns"), report("variants"))
        };
        let before = figures();
        let people = desk.run(&["report", "journey", "--json"]).expect(0).json()["total"]["all"].clone();
        let whole = desk.dump();
        let tried = desk.run(&["forget", &email, "--dry-run", "--json"]).expect(0).json();
        assert_same(&whole, &desk.dump(), "a dry run changes nothing");
        let done = desk.run(&["forget", &email.to_uppercase(), "--json"]).expect(0).json();
        assert!(
            done["leads"] == 1 && done["events"].as_u64() > Some(0) && done["journal"].as_u64() > Some(0),
            "{done}"
        );
        for name in ["leads", "enrollments", "events", "calls", "outcomes", "journal"] {
            assert_eq!(tried[name], done[name], "{engine:?}: {name} as it was said before");
        }
        assert_eq!(traces(&desk, &words), 0, "{engine:?} {words:?}");
        assert_eq!(figures(), before, "{engine:?}: counts stay");
        assert_eq!(desk.run(&["report", "journey", "--json"]).expect(0).json()["total"]["all"], people);
        if let Some(file) = desk.url.strip_prefix("sqlite://") {
            let file = String::from_utf8_lossy(&std::fs::read(file).unwrap()).to_lowercase();
            assert!(words.iter().all(|word| !file.contains(&word.to_lowercase())), "in a page that is free");
        }

        // The services and whoever posts tell of them again; what was kept is gone through once more.
        let dump = desk.dump();
        desk.run(&["sync", "--full"]).expect(0);
        desk.run(&["replay"]).expect(0);
        assert_same(&dump, &desk.dump(), &format!("{engine:?} synced and replayed"));
        assert_eq!(traces(&desk, &words), 0, "{engine:?}: nothing of them is kept again");
        let address = target(&desk, "mails", &[]);
        let server = Server::start(&desk);
        let campaign =
            before.1.as_array().unwrap().iter().find(|line| line["source_name"] == "mails").unwrap();
        let body = json!({"event_type": "EMAIL_REPLY", "campaign_id": campaign["campaign_id"], "sl_email_lead_id": lead,
            "to_email": email, "to_name": name(person), "from_email": "sal@post.test", "stats_id": "s-1", "sequence_number": 1,
            "time_replied": "2026-11-02T08:00:00Z", "reply_message": {"message_id": "<r@x>", "text": "Gladly"}});
        assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
        let admin = admin(&server);
        let over_http = |body: Value| ask(&server, "POST", "/api/v1/forget", &admin, &body);
        let tried = over_http(json!({"email": email}));
        assert!(tried.status == 200 && tried.body["is_dry_run"] == true, "{tried:?}");
        let done = over_http(json!({"email": email, "dry_run": false}));
        assert!(done.status == 200 && done.body["stand_in"].is_string(), "{done:?}");
        assert_eq!(over_http(json!({"email": "nobody"})).status, 422);
        let log = get(&server, "/api/v1/audit-log", &admin).body;
        let deeds = log["data"].as_array().unwrap().iter().filter(|deed| deed["deed"] == "person forgotten");
        assert_eq!(deeds.count(), 2, "one by command, one over HTTP, and no dry run: {log}");
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        desk.run(&["replay", "--failed"]).expect(0);
        assert_same(&dump, &desk.dump(), &format!("{engine:?} delivered"));
        assert_eq!(traces(&desk, &words), 0, "{engine:?} {words:?}");

        // Again is harmless; what is ours is no lead's.
        assert_eq!(desk.run(&["forget", &email, "--json"]).expect(0).json()["events"], 0);
        let mailbox = lines(&desk, "email_accounts")[0]["from_email"].as_str().unwrap().to_owned();
        let refused = desk.run(&["forget", &mailbox]).expect(2);
        assert!(refused.err.contains("a mailbox that is read"), "{}", refused.err);
        assert_same(&dump, &desk.dump(), "forgotten again");
    }
}
