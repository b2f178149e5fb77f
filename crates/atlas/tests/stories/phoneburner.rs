//! PhoneBurner: the team's calls with each member's own key, once each; what is missing is said; a sign-in that renews
//! itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use atlas_store::Store;
use atlas_twin::phoneburner::{Account, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};
use atlas_twin::{Dialect, Halt, MemberTokens, Options, PhoneBurner, Twin};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::webhooks::{Server, target};
use crate::world::{Desk, Done, Engine, assert_same, block_on, engines, finish, number, start};

/// The account's own label that nobody else knows.
const OWN_LABEL: &str = "dispositions=Language Barrier=connected";

fn twin(dialect: Dialect, member_tokens: MemberTokens) -> Twin {
    with(dialect, PhoneBurner { member_tokens, ..small() })
}

fn small() -> PhoneBurner {
    PhoneBurner { members: 3, contacts: 60, call_days: 130, ..PhoneBurner::default() }
}

fn with(dialect: Dialect, phoneburner: PhoneBurner) -> Twin {
    start(Options { dialect, campaigns: 2, phoneburner, ..Options::default() })
}

fn add(desk: &Desk, twin: &Twin, more: &[&str], lines: &str) -> Done {
    let origin = twin.origin();
    let mut args = vec!["source", "add", "phoneburner", "--name", "calls", "--base-url", &origin];
    args.extend(["--set", "pace=off", "--set", OWN_LABEL]);
    args.extend(more);
    desk.run_with(&args, lines)
}

fn desk_with_source(engine: Engine, twin: &Twin) -> Desk {
    let desk = Desk::new(engine);
    add(&desk, twin, &["--api-key-stdin", "--no-test"], "twin-key\n").expect(0);
    desk
}

fn desk_signed_in(engine: Engine, twin: &Twin) -> Desk {
    let desk = Desk::new(engine);
    // One line a flag, in the order of the flags.
    let flags = ["--refresh-token-stdin", "--client-id", CLIENT_ID, "--client-secret-stdin", "--no-test"];
    add(&desk, twin, &flags, &format!("{REFRESH_TOKEN}\n{CLIENT_SECRET}\n")).expect(0);
    desk
}

fn sync(desk: &Desk) -> Value {
    desk.run(&["sync", "--json"]).expect(0).json()[0].clone()
}

fn problems(desk: &Desk) -> Vec<Value> {
    let status = desk.run(&["status", "--json"]).expect(0).json();
    status[0]["problems"].as_array().unwrap().clone()
}

type Row = BTreeMap<String, String>;

/// The rows of a table in a dump, texts without their quotes.
fn rows(dump: &str, table: &str) -> Vec<Row> {
    let lines = dump.lines().filter_map(|line| line.strip_prefix(&format!("{table} 1 ")));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let mut row = Row::new();
    let mut rest = line;
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = if value.starts_with(['"', '{', '[']) {
            let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
            let read = values.next().unwrap().unwrap();
            let text = read.as_str().map_or_else(|| read.to_string(), str::to_owned);
            (text, &value[values.byte_offset()..])
        } else {
            let end = value.find(' ').unwrap_or(value.len());
            (value[..end].to_owned(), &value[end..])
        };
        row.insert(name.trim().to_owned(), value);
        rest = after;
    }
    row
}

fn by<'a>(rows: &'a [Row], name: &str) -> BTreeMap<&'a str, &'a Row> {
    rows.iter().map(|row| (row[name].as_str(), row)).collect()
}

fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn told<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name).map(String::as_str)
}

/// The database against the account's truth, as far back as a first sync reads.
fn assert_true(desk: &Desk, account: &Account) {
    let dump = desk.dump();
    let since = "2026-08-06T00:00:00Z".parse::<Timestamp>().unwrap();
    let profiles = rows(&dump, "profiles");
    assert_eq!(profiles.len(), account.members.len());
    for member in &account.members {
        let profile = by(&profiles, "external_id")[member.id.to_string().as_str()];
        assert_eq!(told(profile, "first_name"), Some(member.first_name));
        assert_eq!(told(profile, "email"), Some(member.email.as_str()));
    }
    let stored = rows(&dump, "contacts");
    let contacts = by(&stored, "external_lead_id");
    let yesterday = account.today.yesterday().unwrap();
    let is_listed = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date() <= yesterday;
    for contact in account.contacts.iter().filter(|contact| is_listed(contact.added_at)) {
        let row = contacts[contact.id.to_string().as_str()];
        assert_eq!(told(row, "email"), contact.email.as_deref(), "{row:?}");
        assert_eq!(told(row, "phone"), contact.phone.as_deref(), "{row:?}");
        assert!(told(row, "company_id").is_some() || contact.company.is_none(), "{row:?}");
    }
    let (sessions, activities) = (rows(&dump, "call_sessions"), rows(&dump, "call_activities"));
    let sessions = by(&sessions, "external_id");
    let (calls, lines): (Vec<Row>, Vec<Row>) =
        activities.into_iter().partition(|row| row["origin"] == "call");
    let calls = by(&calls, "external_id");
    let wanted: Vec<_> = account.sessions.iter().filter(|session| session.started_at >= since).collect();
    assert!(wanted.iter().any(|session| session.calls.len() > 100), "one that has several pages");
    for session in &wanted {
        let row = sessions[session.id.to_string().as_str()];
        assert_eq!(told(row, "started_at"), Some(text(session.started_at).as_str()), "{row:?}");
        assert_eq!(told(row, "ended_at"), session.ended_at.map(text).as_deref(), "{row:?}");
        assert_eq!(told(row, "caller_user_id"), Some(session.member_id.to_string().as_str()));
        for call in &session.calls {
            let row = calls[call.id.to_string().as_str()];
            assert_eq!(told(row, "session_id"), Some(session.id.to_string().as_str()));
            assert_eq!(told(row, "caller_user_id"), Some(session.member_id.to_string().as_str()));
            let Some(details) = &call.details else {
                assert_eq!((told(row, "started_at"), told(row, "is_connected")), (None, None), "unknown");
                continue;
            };
            assert_eq!(told(row, "contact_id"), Some(details.contact_id.to_string().as_str()));
            assert_eq!(told(row, "started_at"), Some(text(details.started_at).as_str()), "{row:?}");
            assert_eq!(told(row, "ended_at"), Some(text(details.ended_at).as_str()), "{row:?}");
            assert_eq!(told(row, "duration_seconds"), Some(details.duration_s().to_string().as_str()));
            assert_eq!(told(row, "disposition"), Some(details.disposition));
            assert_eq!(told(row, "is_connected"), Some(details.is_connected.to_string().as_str()));
            assert_eq!(told(row, "is_voicemail"), Some(details.is_voicemail.to_string().as_str()));
            assert_eq!(told(row, "notes"), details.note);
            assert!(told(row, "disposition_normal").is_some_and(|normal| normal != "other"), "{row:?}");
        }
    }
    let lines = by(&lines, "external_id");
    let mut same = 0;
    for line in account.activities.iter().filter(|line| line.at >= since) {
        let row = lines.get(line.id.to_string().as_str());
        if let Some(call) = line.call_id {
            let row = row.unwrap_or_else(|| panic!("{line:?}"));
            // Another member may have called the same contact within the two minutes; one of the two it is.
            let near =
                told(row, "same_call_id").unwrap_or_else(|| panic!("call {call} counts twice: {row:?}"));
            assert_eq!(told(calls[near], "contact_id"), told(row, "contact_id"));
            same += 1;
        } else if let Some(row) = row {
            assert!((41..=44).contains(&line.kind), "no call: {line:?}");
            assert_eq!(told(row, "same_call_id"), None, "a call of its own: {line:?}");
        }
    }
    assert!(same > 100, "{same} calls are told twice and counted once");
}

#[test]
fn first_sync_then_nothing_new_then_a_day_on() {
    for dialect in [Dialect::Live, Dialect::Requirement] {
        let mut dumps: Vec<[String; 2]> = Vec::new();
        for engine in engines() {
            let twin = twin(dialect, MemberTokens::All);
            let desk = Desk::new(engine);
            let added = add(&desk, &twin, &["--api-key-stdin"], "twin-key\n").expect(0);
            assert!(added.err.contains("Team Members") && added.err.contains("3 records"), "{}", added.err);
            let first = sync(&desk);
            assert_eq!(first["outcome"], "done");
            assert_true(&desk, &twin.phoneburner());
            // As documented nobody's own key is told, and nothing tells how many calls there should be.
            let expected = if dialect == Dialect::Live { 0 } else { 1 };
            assert_eq!(problems(&desk).len(), expected, "{:#?}", problems(&desk));
            let after_first = desk.dump();
            twin.clear_requests();
            let again = sync(&desk);
            assert_eq!(again["rows_changed"], 0, "{again}");
            assert_same(&after_first, &desk.dump(), "nothing moved");
            assert!(twin.requests().len() < 40, "{} calls for nothing new", twin.requests().len());
            twin.advance(1);
            desk.next_day();
            assert!(sync(&desk)["rows_changed"].as_u64() > Some(0));
            assert_true(&desk, &twin.phoneburner());
            assert_eq!(problems(&desk).len(), expected, "{:#?}", problems(&desk));
            let after_day = desk.dump();
            desk.run(&["replay"]).expect(0);
            assert_same(&after_day, &desk.dump(), "understood once more");
            dumps.push([after_first, after_day]);
        }
        for other in dumps.iter().skip(1) {
            assert_same(&dumps[0][0], &other[0], "SQLite and PostgreSQL after the first sync");
            assert_same(&dumps[0][1], &other[1], "SQLite and PostgreSQL a day on");
        }
    }
}

#[test]
fn short_budgets_end_in_the_same_database_and_no_key_is_kept() {
    for engine in engines() {
        let twin = twin(Dialect::Live, MemberTokens::All);
        let whole = desk_with_source(engine, &twin);
        sync(&whole);
        let desk = desk_with_source(engine, &twin);
        let mut slices = 0;
        loop {
            let done = desk.run(&["sync", "--time-budget", "0", "--no-continue", "--json"]);
            slices += 1;
            match done.code {
                Some(0) => break,
                Some(5) if slices < 400 => {}
                _ => panic!("{done:?}"),
            }
            if slices > 25 {
                // Every process asks for the members' keys anew; this one may go on to the end.
                sync(&desk);
                break;
            }
        }
        assert_same(&whole.dump(), &desk.dump(), "in slices and whole");
        let answers = block_on(async {
            let store = Store::open(&desk.url).await.unwrap();
            let answers = store.latest_answers(1, "members", 10).await.unwrap();
            store.close().await;
            answers
        });
        let answers: String = answers.iter().map(|body| String::from_utf8_lossy(body)).collect();
        assert!(answers.contains("\"access\":\"token\"") && !answers.contains("twin-member"), "{answers}");
    }
}

#[test]
fn what_the_service_counts_and_is_not_here_is_said() {
    for (engine, tokens) in engines().into_iter().zip([MemberTokens::OneRefused, MemberTokens::OneExpired]) {
        let twin = twin(Dialect::Live, tokens);
        let desk = desk_with_source(engine, &twin);
        let done = sync(&desk);
        assert_eq!(done["outcome"], "done", "the others go on");
        let account = twin.phoneburner();
        let last = account.members.last().unwrap().id.to_string();
        let dump = desk.dump();
        let calls = rows(&dump, "call_activities");
        let of =
            |member: &str| calls.iter().filter(|row| told(row, "caller_user_id") == Some(member)).count();
        assert_eq!(of(&last), 0);
        assert!(account.members[..2].iter().all(|member| of(&member.id.to_string()) > 50));
        let problems = problems(&desk);
        let missing: Vec<_> = problems.iter().filter(|problem| problem["path"] == "calls").collect();
        assert!(missing.len() > 1, "{problems:#?}");
        for problem in missing {
            assert!(problem["record"].as_str().unwrap().starts_with(&format!("member {last} from ")));
            let message = problem["message"].as_str().unwrap();
            assert!(
                message.starts_with("the service says ") && message.ends_with(", 0 are here"),
                "{message}"
            );
        }
        let status = desk.run(&["status"]).expect(0);
        assert!(status.out.contains("calls, 0 are here"), "{}", status.out);
        let is_said = match tokens {
            MemberTokens::OneRefused => status.out.contains(&format!("member {last} is left out")),
            _ => status.out.contains("their own key is out of date"),
        };
        assert!(is_said, "{}", status.out);

        // The calls among the contacts' activities are there all the same, each of them once.
        let open = |row: &&Row| row["origin"] == "activity" && !row.contains_key("same_call_id");
        assert!(calls.iter().filter(open).count() > 50);
    }
}

#[test]
fn a_sign_in_renews_itself() {
    for (engine, no_refresh_route) in engines().into_iter().zip([false, true]) {
        let twin = with(Dialect::Live, PhoneBurner { no_refresh_route, ..small() });
        let desk = desk_signed_in(engine, &twin);
        sync(&desk);
        // Each refresh token is good for one refresh: the new one must have been stored.
        for round in 0..2 {
            twin.expire_tokens();
            twin.clear_requests();
            assert_eq!(sync(&desk)["outcome"], "done", "round {round}");
            let asked: Vec<_> =
                twin.requests().into_iter().filter(|request| request.path.starts_with("/oauth")).collect();
            let path = if no_refresh_route { "/oauth/accesstoken" } else { "/oauth/refreshtoken" };
            assert_eq!(asked.len(), 1, "the route that worked is remembered: {asked:?}");
            assert_eq!((asked[0].path.as_str(), asked[0].status), (path, 200));
        }
        // Less than a day before its end it is renewed before it is refused.
        (0..6).for_each(|_| desk.next_day());
        desk.next_day();
        twin.clear_requests();
        assert_eq!(sync(&desk)["outcome"], "done");
        let requests = twin.requests();
        assert!(requests.iter().all(|request| request.status != 401), "{requests:?}");
        assert!(requests[0].path.starts_with("/oauth"), "{requests:?}");
    }
}

#[test]
fn a_refused_renewal_says_how_to_sign_in_again() {
    let twin = with(Dialect::Live, small());
    let desk = desk_signed_in(Engine::Sqlite, &twin);
    sync(&desk);
    let before = desk.dump();
    twin.expire_tokens();
    twin.refuse_refresh(true);
    let refused = desk.run(&["sync"]).expect(4);
    assert!(refused.err.contains("atlas source connect calls"), "{}", refused.err);
    assert!(!refused.err.contains("twin-refresh") && !refused.err.contains("twin-access"), "{}", refused.err);
    assert_same(&before, &desk.dump(), "nothing is lost");

    twin.refuse_refresh(false);
    let mut connecting = desk.spawn(&["source", "connect", "calls", "--port", "0"]);
    let mut address = String::new();
    BufReader::new(connecting.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
    let back = browse(address.trim());
    let location = back.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().trim().to_owned();
    let (callback, _) = location.split_once("state=").unwrap();
    assert!(browse(&format!("{callback}state=another")).starts_with("HTTP/1.1 404"), "not our sign-in");
    assert!(browse(&location).contains("Signed in"));
    finish(connecting).expect(0);
    assert_eq!(sync(&desk)["outcome"], "done");
}

#[test]
fn two_processes_renew_once() {
    let twin = with(Dialect::Live, small());
    let desk = desk_signed_in(Engine::Sqlite, &twin);
    desk.in_real_time();
    twin.expire_tokens();
    twin.clear_requests();
    // The first request is refused, the second renews: while it is under way another process comes.
    let renewing = twin.halt_at(1, Halt::BeforeAnswer);
    let mut first = desk.spawn(&["sync"]);
    block_on(renewing).unwrap();
    desk.run(&["sync"]).expect(6);
    let asked = twin.requests().into_iter().filter(|request| request.path.starts_with("/oauth")).count();
    assert_eq!(asked, 1, "{:?}", twin.requests());
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(sync(&desk)["outcome"], "done", "the service had not answered, so the old token was good");
}

/// Asks as a browser does, without following where it is sent.
fn browse(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: story\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_call_known_by_its_crm_id_and_somebody_who_wants_no_calls() {
    let twin = twin(Dialect::Live, MemberTokens::All);
    for engine in engines() {
        let desk = desk_with_source(engine, &twin);
        let address = target(&desk, "calls", &[]);
        let server = Server::start(&desk);
        let post = |body: Value| assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
        let softphone = |place: u64| {
            json!({"status": "Connected", "duration": 41, "start_time": "2026-11-01 15:22:10",
                "end_time": "2026-11-01 15:22:51", "call_id": format!("uuid-{place}"),
                "contact": {"crm_name": "pipeline", "crm_id": (90_045_512 + place).to_string()}})
        };
        // Half of the calls come before anybody knows the contacts, half after.
        (0..10).for_each(|place| post(softphone(place)));
        sync(&desk);
        (10..20).for_each(|place| post(softphone(place)));
        let called = "SELECT COUNT(*) FROM call_activities AS a WHERE a.external_id LIKE 'uuid-%' AND ";
        let theirs = "(SELECT MIN(c.external_lead_id) FROM contacts AS c WHERE c.crm_id = a.crm_id)";
        let lead = "SELECT CAST(MIN(external_lead_id) AS BIGINT) FROM contacts WHERE NOT do_not_call";
        let lead = number(&desk.url, lead).unwrap();
        post(json!({"status": "DNC", "start_time": "2026-11-01 16:00:00", "end_time": "2026-11-01 16:00:09",
            "call_id": 77, "contact": {"user_id": lead}}));
        // Of another one only the number is told, who is known from an earlier call alone.
        for (call, contact, status) in [
            (78, json!({"user_id": 990_001, "phone": "6125550163"}), "Connected"),
            (79, json!({"crm_id": "1", "phone": "+1 612-555-0163"}), "DNC"),
        ] {
            post(
                json!({"status": status, "start_time": "2026-11-01 16:10:00", "end_time": "2026-11-01 16:10:09",
                "call_id": call, "contact": contact}),
            );
        }
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        let found = number(&desk.url, &format!("{called} a.contact_id = {theirs}")).unwrap();
        let missing = number(&desk.url, &format!("{called} a.contact_id IS NULL AND {theirs} IS NOT NULL"));
        assert!(found > 10 && missing == Some(0), "{engine:?}: {found} found, {missing:?} not");
        for lead in [lead, 990_001] {
            let flag =
                format!("SELECT COUNT(*) FROM contacts WHERE do_not_call AND external_lead_id = '{lead}'");
            assert_eq!(number(&desk.url, &flag), Some(1), "{engine:?}: {lead} wants no calls");
        }
        let account = twin.phoneburner();
        let told = "SELECT COUNT(*) FROM contacts WHERE do_not_call IS NOT NULL";
        assert_eq!(number(&desk.url, told), Some(account.contacts.len() as i64 + 1), "{engine:?}");
    }
}
