//! Who may look and change: nobody without being asked who they are, a client's own people at nothing but their client.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use atlas_twin::Dialect;
use jiff::ToSpan;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::three_services::{desk_of_all, small, sync};
use crate::webhooks::{Answer, Line, Server};
use crate::world::{Desk, Engine, engines, start};

/// Who a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Everybody, signed in or not.
    All,
    /// Whoever may look; it tells those who see one client of that client alone.
    Readers,
    /// Whoever sees all clients.
    Insiders,
    /// Whoever may change something.
    Writers,
    /// Whoever says who may do what.
    Admins,
}

/// Every route of the API's document. A new one has to be entered here.
const ROUTES: &[(&str, &str, For)] = &[
    ("get", "/api/v1/alerts", For::Insiders),
    ("get", "/api/v1/alerts/{id}", For::Insiders),
    ("post", "/api/v1/alerts/{id}/acknowledgement", For::Writers),
    ("delete", "/api/v1/alerts/{id}/acknowledgement", For::Writers),
    ("get", "/api/v1/analyses", For::Insiders),
    ("get", "/api/v1/audit-log", For::Admins),
    ("get", "/api/v1/calls", For::Readers),
    ("get", "/api/v1/calls/heatmap", For::Readers),
    ("get", "/api/v1/calls/list", For::Readers),
    ("get", "/api/v1/calls/sessions", For::Readers),
    ("get", "/api/v1/campaigns", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/client", For::Insiders),
    ("put", "/api/v1/campaigns/{source}/{id}/client", For::Writers),
    ("get", "/api/v1/campaigns/{source}/{id}/enrollment", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/heatmap", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/mailboxes", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/replies", For::Readers),
    ("post", "/api/v1/campaigns/{source}/{id}/replies/{event_key}/correction", For::Writers),
    ("delete", "/api/v1/campaigns/{source}/{id}/replies/{event_key}/correction", For::Writers),
    ("get", "/api/v1/campaigns/{source}/{id}/replies/{event_key}/thread", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/replies/{event_key}/thread/page", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/series", For::Readers),
    ("get", "/api/v1/campaigns/{source}/{id}/variants", For::Readers),
    ("get", "/api/v1/clients", For::Readers),
    ("get", "/api/v1/client-names", For::Insiders),
    ("post", "/api/v1/client-names", For::Writers),
    ("get", "/api/v1/client-rules", For::Insiders),
    ("post", "/api/v1/client-rules", For::Writers),
    ("delete", "/api/v1/client-rules/{id}", For::Writers),
    ("get", "/api/v1/clients/{client}/report", For::Readers),
    ("get", "/api/v1/clients/{client}/targets", For::Readers),
    ("patch", "/api/v1/clients/{client}/targets", For::Writers),
    ("get", "/api/v1/domains", For::Readers),
    ("get", "/api/v1/events", For::Insiders),
    ("get", "/api/v1/explain", For::Readers),
    ("post", "/api/v1/forget", For::Admins),
    ("get", "/api/v1/funnel", For::Readers),
    ("get", "/api/v1/glossary", For::Readers),
    ("get", "/api/v1/heatmap", For::Readers),
    ("get", "/api/v1/journey", For::Readers),
    ("get", "/api/v1/journey/duplicates", For::Readers),
    ("get", "/api/v1/journey/people", For::Readers),
    ("get", "/api/v1/mailboxes", For::Readers),
    ("get", "/api/v1/mapping", For::Readers),
    ("get", "/api/v1/me", For::Readers),
    ("get", "/api/v1/messages", For::Readers),
    ("get", "/api/v1/needs-attention", For::Readers),
    ("get", "/api/v1/notice-targets", For::Insiders),
    ("post", "/api/v1/notice-targets", For::Writers),
    ("delete", "/api/v1/notice-targets/{id}", For::Writers),
    ("post", "/api/v1/notice-targets/{id}/test", For::Writers),
    ("get", "/api/v1/outcomes", For::Readers),
    ("post", "/api/v1/outcomes", For::Writers),
    ("delete", "/api/v1/outcomes/{id}", For::Writers),
    ("get", "/api/v1/overview", For::Readers),
    ("get", "/api/v1/owners", For::Readers),
    ("get", "/api/v1/patterns", For::Readers),
    ("get", "/api/v1/reconciliation", For::Insiders),
    ("get", "/api/v1/replies", For::Readers),
    ("get", "/api/v1/replies/intents", For::Readers),
    ("get", "/api/v1/series", For::Readers),
    ("delete", "/api/v1/session", For::Readers),
    ("get", "/api/v1/session", For::All),
    ("post", "/api/v1/session", For::All),
    ("post", "/api/v1/session/first", For::All),
    ("get", "/api/v1/share-links", For::Writers),
    ("post", "/api/v1/share-links", For::Writers),
    ("delete", "/api/v1/share-links/{id}", For::Writers),
    ("get", "/api/v1/sources", For::Insiders),
    ("post", "/api/v1/sources", For::Writers),
    ("post", "/api/v1/sources/import", For::Writers),
    ("get", "/api/v1/sources/{name}", For::Insiders),
    ("patch", "/api/v1/sources/{name}", For::Writers),
    ("delete", "/api/v1/sources/{name}", For::Writers),
    ("post", "/api/v1/sources/{name}/archive", For::Writers),
    ("get", "/api/v1/sources/{name}/deliveries", For::Insiders),
    ("get", "/api/v1/sources/{name}/deliveries/failed", For::Insiders),
    ("get", "/api/v1/sources/{name}/labels", For::Insiders),
    ("patch", "/api/v1/sources/{name}/labels", For::Writers),
    ("get", "/api/v1/sources/{name}/problems", For::Insiders),
    ("get", "/api/v1/sources/{name}/progress", For::Insiders),
    ("get", "/api/v1/sources/{name}/quota", For::Insiders),
    ("get", "/api/v1/sources/{name}/runs", For::Insiders),
    ("post", "/api/v1/sources/{name}/replay", For::Writers),
    ("get", "/api/v1/sources/{name}/requests", For::Insiders),
    ("get", "/api/v1/sources/{name}/requests/{id}", For::Insiders),
    ("post", "/api/v1/sources/{name}/sync", For::Writers),
    ("post", "/api/v1/sources/{name}/test", For::Writers),
    ("get", "/api/v1/sources/{name}/webhook", For::Admins),
    ("post", "/api/v1/sources/{name}/webhook", For::Admins),
    ("post", "/api/v1/sources/{name}/webhook/test", For::Writers),
    ("get", "/api/v1/thresholds", For::Insiders),
    ("patch", "/api/v1/thresholds", For::Writers),
    ("get", "/api/v1/tokens", For::Admins),
    ("post", "/api/v1/tokens", For::Admins),
    ("delete", "/api/v1/tokens/{id}", For::Admins),
    ("get", "/api/v1/users", For::Admins),
    ("post", "/api/v1/users", For::Admins),
    ("delete", "/api/v1/users/{email}", For::Admins),
    ("get", "/api/v1/variants", For::Readers),
    ("get", "/api/v1/variants/{source}/{id}", For::Readers),
    ("get", "/api/v1/variants/{source}/{id}/page", For::Readers),
];

/// What somebody sends along.
pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {}\r\n", token.trim())
}

pub(crate) fn ask(server: &Server, method: &str, path: &str, more: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let more = format!("{more}Content-Type: application/json\r\n");
    Line::open(&server.address).ask(method, path, &more, body.as_bytes()).unwrap()
}

pub(crate) fn get(server: &Server, path: &str, more: &str) -> Answer {
    ask(server, "GET", path, more, &Value::Null)
}

/// A table of Parquet as it was answered.
fn table_of(desk: &Desk, answer: &Answer) -> SerializedFileReader<std::fs::File> {
    let file = desk.dir.path().join("table.parquet");
    std::fs::write(&file, &answer.bytes).unwrap();
    SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap()
}

/// Events as a listener hears them who heard this one last, up to one of this kind about this source: id, kind and state.
pub(crate) fn listen(server: &Server, more: &str, last: Option<&str>, up_to: [&str; 2]) -> Vec<[String; 3]> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: atlas\r\n{more}{last}\r\n").unwrap();
    let (mut events, mut event) = (Vec::new(), [const { String::new() }; 3]);
    for line in BufReader::new(stream).lines().map(Result::unwrap) {
        for (place, name) in ["id: ", "event: ", "data: "].into_iter().enumerate() {
            if let Some(text) = line.strip_prefix(name) {
                text.clone_into(&mut event[place]);
            }
        }
        if event.iter().all(|part| !part.is_empty()) {
            events.push(std::mem::take(&mut event));
        }
        let [kind, source] = up_to;
        if events
            .last()
            .is_some_and(|[_, told, state]| told == kind && state.contains(&format!("\"{source}\"")))
        {
            break;
        }
    }
    events
}

#[test]
fn every_route_refuses_whom_it_is_not_for() {
    let desk = Desk::new(Engine::Sqlite);
    let token = |args: &[&str]| desk.run(&[&["token", "create"], args].concat()).expect(0).out;
    let (reader, writer) = (token(&["looks"]), token(&["changes", "--scope", "write"]));
    let server = Server::start(&desk);
    let link = json!({"client": "Acme"});
    let link = ask(&server, "POST", "/api/v1/share-links", &bearer(&writer), &link);
    let share = link.body["url"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();

    let document = get(&server, "/api/v1/openapi.json", "").body;
    let mut told = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        told.extend(operations.as_object().unwrap().keys().map(|method| (method.as_str(), path.as_str())));
    }
    let mut known: Vec<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
    told.sort_unstable();
    known.sort_unstable();
    assert_eq!(
        told, known,
        "a route of the document is missing in the table of this test, or the other way round"
    );

    for (method, path, whom) in ROUTES {
        let parts = [
            ("{source}", "acme"),
            ("{name}", "acme"),
            ("{id}", "1"),
            ("{email}", "a@b.c"),
            ("{event_key}", "e"),
            ("{client}", "Acme"),
        ];
        let path = parts.iter().fold((*path).to_owned(), |path, (part, value)| path.replace(part, value));
        let status = |more: &str| ask(&server, &method.to_uppercase(), &path, more, &Value::Null).status;
        let is_refused = |token: &str| status(&bearer(token)) == 403;
        let what = format!("{method} {path}");
        assert_eq!(status("") == 401, *whom != For::All, "{what}: without a session");
        assert_eq!(status(&bearer("made-up")) == 401, *whom != For::All, "{what}: with a made-up token");
        let is_closed = |least: &[For]| least.contains(whom);
        assert_eq!(
            is_refused(&share),
            is_closed(&[For::Insiders, For::Writers, For::Admins]),
            "{what}: by link"
        );
        assert_eq!(is_refused(&reader), is_closed(&[For::Writers, For::Admins]), "{what}: read token");
        assert_eq!(is_refused(&writer), is_closed(&[For::Admins]), "{what}: write token");
    }
    server.stop().expect(0);
}

#[test]
fn people_sign_in_and_out() {
    for engine in engines() {
        let desk = Desk::new(engine);
        let server = Server::start(&desk);
        let link = server.hear("/sign-in?first=");
        let first = link.rsplit('=').next().unwrap();
        let user = json!({"token": first, "email": "Ada@Example.com", "password": "correct horse"});
        let cookie = |answer: &Answer| {
            let line = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
            assert!(line.contains("HttpOnly; SameSite=Lax"), "{line}");
            format!("Cookie: {}\r\n", line.split(';').next().unwrap())
        };

        // The link makes one user, and nobody else.
        let answer = ask(&server, "POST", "/api/v1/session/first", "", &user);
        assert_eq!(answer.status, 204, "{answer:?}");
        let ada = cookie(&answer);
        assert_eq!(ask(&server, "POST", "/api/v1/session/first", "", &user).status, 401);
        let me = get(&server, "/api/v1/me", &ada).body;
        assert_eq!((&me["name"], &me["level"]), (&json!("ada@example.com"), &json!("admin")));

        // A page of others can send the cookie, but it is not believed.
        let jo = json!({"email": "jo@acme.com", "role": "client-viewer", "client": "Acme", "password": "battery staple"});
        let foreign = format!("{ada}Origin: https://evil.example\r\n");
        assert_eq!(ask(&server, "POST", "/api/v1/users", &foreign, &jo).status, 403);
        assert_eq!(ask(&server, "POST", "/api/v1/users", &ada, &jo).status, 403);
        let own = format!("{ada}X-Atlas-Request: 1\r\n");
        assert_eq!(ask(&server, "POST", "/api/v1/users", &own, &jo).status, 201);
        assert_eq!(ask(&server, "POST", "/api/v1/users", &own, &jo).status, 409);

        // A link that is made at the machine signs in once, by its button, and is no cookie; what looks at it before, as
        // chats do, uses nothing up.
        let link = desk.run(&["user", "link", "Jo@acme.com"]).expect(0).out;
        let path = link.trim().strip_prefix("http://127.0.0.1:8642").unwrap();
        let by_link = format!("Cookie: atlas={}\r\n", path.rsplit('=').next().unwrap());
        assert_eq!(get(&server, "/api/v1/me", &by_link).status, 401);
        for _ in 0..2 {
            let page = get(&server, path, "");
            assert!(page.status == 200 && !page.head.contains("set-cookie"), "{page:?}");
        }
        let press = |more: &str| {
            let more = format!("Content-Type: application/x-www-form-urlencoded\r\n{more}");
            let (path, form) = path.split_once('?').unwrap();
            Line::open(&server.address).ask("POST", path, &more, form.as_bytes()).unwrap()
        };
        assert_eq!(press("Origin: https://evil.example\r\n").status, 403);
        let own_page = "X-Atlas-Request: 1\r\n";
        let answer = press(own_page);
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(get(&server, "/api/v1/me", &cookie(&answer)).body["name"], "jo@acme.com");
        assert_eq!(press(own_page).status, 401);
        desk.run(&["user", "link", "nobody@acme.com"]).expect(2);

        let sign_in = |email: &str, password: &str| {
            let who = json!({"email": email, "password": password});
            ask(&server, "POST", "/api/v1/session", "", &who)
        };
        assert_eq!(
            get(&server, "/api/v1/users", &cookie(&sign_in("jo@acme.com", "battery staple"))).status,
            403
        );
        assert_eq!(sign_in("nobody@acme.com", "battery staple").status, 401);
        let unfit = sign_in("no\0body@acme.com", "battery staple").status;
        assert!(unfit == 401 || unfit == 400, "{engine:?}: {unfit}");
        while sign_in("jo@acme.com", "wrong").status == 401 {}
        assert_eq!(sign_in("jo@acme.com", "battery staple").status, 429);
        assert_eq!(sign_in("ada@example.com", "correct horse").status, 204);

        // Who is removed, or signs out, is out at once.
        assert_eq!(ask(&server, "DELETE", "/api/v1/session", &own, &Value::Null).status, 204);
        assert_eq!(get(&server, "/api/v1/me", &ada).status, 401);
        let ada = cookie(&sign_in("ada@example.com", "correct horse"));
        let log = get(&server, "/api/v1/audit-log?limit=2", &ada).body;
        assert_eq!(log["data"][0]["deed"], "signed in", "{log}");
        let rest = format!("/api/v1/audit-log?cursor={}", log["next_cursor"].as_str().unwrap());
        let rest = get(&server, &rest, &ada).body;
        assert_eq!(rest["data"].as_array().unwrap().last().unwrap()["deed"], "user added", "{rest}");
        // Somebody stays who says who may do what.
        let own = format!("{ada}X-Atlas-Request: 1\r\n");
        let refused = ask(&server, "DELETE", "/api/v1/users/ada@example.com", &own, &Value::Null);
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(refused.body["hint"].as_str().unwrap().contains("atlas user add EMAIL --role admin"));
        let refused = desk.run(&["user", "remove", "ada@example.com"]).expect(2);
        assert!(refused.err.contains("the only admin") && refused.err.contains("user add"), "{refused:?}");
        assert_eq!(get(&server, "/api/v1/me", &ada).status, 200);
        let bo = json!({"email": "bo@example.com", "role": "admin", "password": "battery staple"});
        assert_eq!(ask(&server, "POST", "/api/v1/users", &own, &bo).status, 201);
        desk.run(&["user", "remove", "ada@example.com"]).expect(0);
        assert_eq!(get(&server, "/api/v1/me", &ada).status, 401);

        let done = server.stop().expect(0);
        let said = format!("{}{}", done.out, done.err);
        assert!(!said.contains("correct horse") && !said.contains(first), "{said}");
    }
}

#[test]
fn answers_are_tagged_and_guarded() {
    let desk = Desk::new(Engine::Sqlite);
    let token = bearer(&desk.run(&["token", "create", "looks"]).expect(0).out);
    let server = Server::start(&desk);
    let answer = get(&server, "/api/v1/glossary", &token);
    let line = |name: &str| answer.head.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let tag = line("etag: ").unwrap();
    assert_eq!(get(&server, "/api/v1/glossary", &format!("{token}If-None-Match: {tag}\r\n")).status, 304);
    let webhook = "/functions/v1/smartlead-webhook";
    for path in ["/api/v1/glossary", "/api/docs", "/healthz", "/sign-in", "/nowhere", webhook] {
        let head = get(&server, path, "").head;
        assert!(head.contains("frame-ancestors 'none'") && head.contains("nosniff"), "{path}: {head}");
        assert!(head.contains("script-src 'self';"), "{path}: {head}");
    }
    let refused = get(&server, "/api/v1/glossary?clinet=Acme", &token);
    assert!(refused.status == 400 && refused.head.contains("application/problem+json"), "{refused:?}");
    assert_eq!(refused.body["request_id"].as_str().unwrap().len(), 16, "{refused:?}");
    for path in ["/api/v1/campaigns?client=%00", "/api/v1/sources/%00"] {
        assert_eq!(get(&server, path, &token).status, 400, "{path}");
    }
    let csv = get(&server, "/api/v1/glossary", &format!("{token}Accept: text/csv\r\n")).head;
    assert!(csv.contains("content-type: text/csv"), "{csv}");
    // A list without a line is a table with columns all the same.
    for (kind, told) in [("text/csv", "occurred_on"), ("application/vnd.apache.parquet", "PAR1")] {
        let none = get(&server, "/api/v1/outcomes", &format!("{token}Accept: {kind}\r\n"));
        let text = String::from_utf8_lossy(&none.bytes).into_owned();
        assert!(text.contains(told) && text.contains("currency"), "{kind}: {text}");
    }
    // The same lines as a table for programs that reckon.
    let table =
        get(&server, "/api/v1/glossary", &format!("{token}Accept: application/vnd.apache.parquet\r\n"));
    let table = table_of(&desk, &table);
    let lines = answer.body["data"].as_array().unwrap().len();
    assert_eq!(table.metadata().file_metadata().num_rows(), i64::try_from(lines).unwrap());
    server.stop().expect(0);
}

#[test]
fn the_api_tells_what_the_command_line_tells() {
    let twin = start(small(Dialect::Live));
    for engine in engines() {
        let desk = desk_of_all(engine, &twin);
        sync(&desk);
        let token = desk.run(&["token", "create", "looks"]).expect(0).out;
        let stranger = desk.run(&["token", "create", "acme", "--client", "Acme"]).expect(0).out;
        let server = Server::start(&desk);
        let told = |path: &str| {
            let answer = get(&server, &format!("/api/v1/{path}"), &bearer(&token));
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            answer.body["data"].clone()
        };
        let today = twin.account().today;
        let (from, to) = ((today - 29.days()).to_string(), today.to_string());
        let days = format!("from={from}&to={to}");
        let report = |name: &str, more: &[&str]| {
            desk.run(&[&["report", name, "--json"], more].concat()).expect(0).json()
        };
        for (query, more) in [(String::new(), vec![]), (days, vec!["--from", &from, "--to", &to])] {
            let overview = report("overview", &more);
            assert_eq!(told(&format!("overview?{query}"))[0], overview["total"], "{engine:?} {query}");
            assert_eq!(
                told(&format!("overview?group_by=source&{query}")),
                overview["sources"],
                "{engine:?} {query}"
            );
            let campaigns = report("campaigns", &more);
            assert!(campaigns.as_array().is_some_and(|lines| lines.len() > 10), "{campaigns}");
            assert_eq!(told(&format!("campaigns?{query}")), campaigns, "{engine:?} {query}");
            // Page after page tells the same lines, each once.
            let (mut pages, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = format!("/api/v1/campaigns?limit=4&cursor={cursor}&{query}");
                let page = get(&server, &page, &bearer(&token)).body;
                pages.extend(page["data"].as_array().unwrap().clone());
                let Some(next) = page["next_cursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(Value::Array(pages), campaigns, "{engine:?} {query}");
        }
        assert_eq!(told("mailboxes?limit=1000"), report("accounts", &[]), "{engine:?}");
        let path = format!(
            "campaigns/smartlead/{}",
            told("campaigns?source=smartlead")[0]["campaign_id"].as_str().unwrap()
        );
        for path in
            [path.clone(), format!("{path}/variants"), format!("{path}/series"), format!("{path}/replies")]
        {
            let answer = get(&server, &format!("/api/v1/{path}"), &bearer(&token));
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
        // Who sees one client sees it, and no other by any name.
        let own = get(&server, "/api/v1/overview", &bearer(&stranger)).body;
        assert_eq!(own["data"], told("overview?client=acme"), "{engine:?}");
        assert_eq!(get(&server, "/api/v1/overview?client=Umbrella", &bearer(&stranger)).status, 403);
        for campaign in told("campaigns").as_array().unwrap() {
            let (source, id) =
                (campaign["source_name"].as_str().unwrap(), campaign["campaign_id"].as_str().unwrap());
            let seen = get(&server, &format!("/api/v1/campaigns/{source}/{id}"), &bearer(&stranger)).status;
            assert_eq!(seen, if campaign["client_name"] == "Acme" { 200 } else { 404 }, "{campaign}");
        }
        server.stop().expect(0);
    }
}

#[test]
fn outcomes_are_told_by_file_and_by_api_and_kept_once() {
    for engine in engines() {
        let desk = Desk::new(engine);
        let writer = bearer(&desk.run(&["token", "create", "crm", "--scope", "write"]).expect(0).out);
        let csv = "client,email,kind,occurred_on,value,currency\nAcme,Ada@Example.com,deal_won,2026-11-02,1200.5,EUR\n";
        desk.run_with(&["outcome", "import", "-"], csv).expect(0);
        desk.run_with(&["outcome", "import", "-"], csv).expect(0);
        desk.run_with(&["outcome", "import", "-"], &csv.replace("deal_won", "sold")).expect(2);
        let server = Server::start(&desk);
        let meeting = |client: &str, email: &str| {
            let one = json!({"client": client, "email": email, "kind": "meeting_held", "occurred_on": "2026-11-02"});
            ask(&server, "POST", "/api/v1/outcomes", &writer, &json!({"outcomes": [one]})).status
        };
        assert_eq!(
            (meeting("Acme", "b@c.d"), meeting("Umbrella", "b@c.d"), meeting("Acme", "b")),
            (204, 204, 422)
        );
        let told = get(&server, "/api/v1/outcomes?client=ACME&from=2026-11-01", &writer).body["data"].clone();
        let told = told.as_array().unwrap();
        let emails: Vec<_> = told.iter().map(|one| one["email"].as_str().unwrap()).collect();
        assert_eq!(emails, ["b@c.d", "ada@example.com"], "{engine:?}");
        assert_eq!((&told[1]["value"], &told[1]["occurred_on"]), (&json!(1200.5), &json!("2026-11-02")));
        let parquet = format!("{writer}Accept: application/vnd.apache.parquet\r\n");
        let table = table_of(&desk, &get(&server, "/api/v1/outcomes", &parquet));
        let row = table.get_row_iter(None).unwrap().next().unwrap().unwrap();
        let field = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1;
        assert!(matches!(field("occurred_on"), Field::Date(_)), "{row}");
        assert!(matches!(field("recorded_at"), Field::TimestampMicros(_)), "{row}");
        let targets = |targets: Value| {
            ask(&server, "PATCH", "/api/v1/clients/Acme/targets", &writer, &json!({"targets": targets}))
        };
        assert_eq!(targets(json!({"total_sent": 500, "reply_rate": 0.04})).status, 200);
        assert_eq!(targets(json!({"sales": 1})).status, 422);
        assert_eq!(
            targets(json!({"total_sent": null})).body["targets"],
            json!({"reply_rate": 0.04}),
            "{engine:?}"
        );
        server.stop().expect(0);
    }
}
