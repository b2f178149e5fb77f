//! Deliveries: what is answered 200 is kept, once, whatever happens then; the rest is refused and costs nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::sync::mpsc;

use atlas_model::{Platform, Secret, Settings};
use atlas_store::{NewSource, Store, Vault};
use serde_json::{Value, json};

use crate::running::until;
use crate::storage::SmallDisk;
use crate::world::{Desk, Done, Engine, MORNING, block_on, engines, execute, finish, while_held};

const SMARTLEAD: &str = "/functions/v1/smartlead-webhook";

/// A running server.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// What it says, line by line.
    said: mpsc::Receiver<String>,
}

impl Server {
    pub(crate) fn start(desk: &Desk) -> Self {
        Self::start_with(desk, &["--no-sync"])
    }

    pub(crate) fn start_with(desk: &Desk, more: &[&str]) -> Self {
        let mut child = desk.spawn(&[&["serve", "--listen", "127.0.0.1:0"], more].concat());
        let err = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = mpsc::channel();
        std::thread::spawn(move || err.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut server = Self { child, address: String::new(), said };
        server.address = server.hear("listening on http://").rsplit('/').next().unwrap().to_owned();
        server
    }

    /// Waits until it says a line with these words.
    pub(crate) fn hear(&self, words: &str) -> String {
        self.said
            .iter()
            .find(|line| line.contains(words))
            .unwrap_or_else(|| panic!("it never said '{words}'"))
    }

    pub(crate) fn post(&self, target: &str, body: &[u8]) -> Answer {
        Line::open(&self.address).post(target, "", body).unwrap()
    }

    /// Posts until the answer is this: what another process changed is known after a moment.
    fn post_until(&self, status: u16, target: &str, body: &[u8]) {
        while self.post(target, body).status != status {}
    }

    fn get(&self, target: &str) -> u16 {
        let mut line = Line::open(&self.address);
        line.send(format!("GET {target} HTTP/1.1\r\nHost: atlas\r\n\r\n").as_bytes()).unwrap();
        line.answer().unwrap().status
    }

    pub(crate) fn terminate(&self) {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
    }

    pub(crate) fn stop(self) -> Done {
        self.terminate();
        finish(self.child)
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

/// A connection that is kept.
pub(crate) struct Line(BufReader<TcpStream>);

impl Line {
    pub(crate) fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    pub(crate) fn post(&mut self, target: &str, more: &str, body: &[u8]) -> std::io::Result<Answer> {
        self.ask("POST", target, more, body)
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        more: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut request = head(target, more, body.len()).replacen("POST", method, 1).into_bytes();
        request.extend_from_slice(body);
        self.send(&request)?;
        self.answer()
    }

    /// The status and text of a page.
    pub(crate) fn page(&mut self, target: &str, more: &str) -> (u16, String) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: atlas\r\n{more}Connection: close\r\n\r\n");
        self.send(request.as_bytes()).unwrap();
        let mut whole = String::new();
        self.0.read_to_string(&mut whole).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body: serde_json::from_slice(&body).unwrap_or_default(), bytes: body })
    }
}

fn head(target: &str, more: &str, length: usize) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: atlas\r\n{more}Content-Length: {length}\r\n\r\n")
}

/// A desk with an account at each service.
pub(crate) fn desk(engine: Engine) -> Desk {
    let desk = Desk::new(engine);
    add_sources(&desk);
    desk
}

pub(crate) fn add_sources(desk: &Desk) {
    desk.run(&["db", "migrate"]).expect(0);
    let key = Vault::new_key().unwrap();
    desk.set("ATLAS_SECRET_KEY", key.expose());
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let vault = Vault::new(&key).unwrap();
        for platform in Platform::ALL {
            let new = NewSource {
                platform,
                name: format!("acme-{platform}"),
                client: None,
                base_url: Some("http://127.0.0.1:9".to_owned()),
                is_public_only: false,
                time_zone: "UTC".to_owned(),
                settings: Settings::new(platform, BTreeMap::new()),
            };
            store
                .add_source(&new, &Secret::new("key"), &vault, ("story", MORNING.parse().unwrap()))
                .await
                .unwrap();
        }
        store.close().await;
    });
}

/// Where a source's deliveries go: path and query of the address that is entered at the service.
pub(crate) fn target(desk: &Desk, name: &str, more: &[&str]) -> String {
    let args: Vec<&str> = ["webhook", "url", name].iter().chain(more).copied().collect();
    let told = desk.run(&args).expect(0);
    assert!(told.err.contains("no service reaches"), "{}", told.err);
    told.out.trim().strip_prefix("http://127.0.0.1:8642").unwrap().to_owned()
}

/// The bodies in a source's journal.
pub(crate) fn kept(desk: &Desk, source_id: i64) -> Vec<Value> {
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let kept = store.arrivals(source_id, 0, 1_000_000, false).await.unwrap();
        store.close().await;
        kept.iter().map(|delivery| serde_json::from_slice(&delivery.body).unwrap()).collect()
    })
}

fn event(id: usize) -> Vec<u8> {
    let at = format!("2026-11-02T09:{:02}:{:02}Z", id / 60 % 60, id % 60);
    json!({"event_type": "EMAIL_OPEN", "stats_id": id, "event_timestamp": at}).to_string().into_bytes()
}

#[test]
fn every_answer_means_what_it_says() {
    for engine in engines() {
        let desk = desk(engine);
        let mail = target(&desk, "acme-smartlead", &[]);
        let server = Server::start(&desk);
        assert_eq!((server.get("/healthz"), server.get("/readyz"), server.get(&mail)), (200, 200, 405));

        let answer = server.post(&mail, &event(1));
        assert_eq!((answer.status, &answer.body), (200, &json!({"received": 1})));
        assert_eq!(server.post(&mail, &event(1)).body, json!({"received": 1}), "a repeat");
        let list = format!("[{}]", [1, 2, 3].map(|id| String::from_utf8(event(id)).unwrap()).join(","));
        assert_eq!(server.post(&mail, list.as_bytes()).body, json!({"received": 3}));
        let wrapped = format!("{{\"body\": {}}}", String::from_utf8(event(3)).unwrap());
        assert_eq!(server.post(&mail, wrapped.as_bytes()).body, json!({"received": 1}));
        assert_eq!(kept(&desk, 1).len(), 3);
        let unheard = br#"{"event_type": "CAMPAIGN_PAINTED", "campaign_id": 999}"#;
        assert_eq!(server.post(&mail, unheard).status, 200);

        let shorter = &mail[..mail.len() - 1];
        for wrong in [SMARTLEAD, shorter, &format!("{mail}0"), &format!("{SMARTLEAD}?token=%ff&token=y")] {
            assert_eq!(server.post(wrong, &event(4)).status, 401);
        }
        let elsewhere = mail.replace("smartlead", "replyio");
        assert_eq!(server.post(&elsewhere, &event(4)).status, 401, "another service's route");
        server.hear("deliveries are refused (401)");
        let (_, figures) = Line::open(&server.address).page("/metrics", "");
        for (platform, refused) in [("smartlead", 4), ("replyio", 1)] {
            let line =
                format!("atlas_webhook_requests_total{{platform=\"{platform}\",status=\"401\"}} {refused}");
            assert!(figures.contains(&line), "{figures}");
        }
        for bad in ["", "{", "\"text\"", &"[".repeat(10_000), "{\"a\": 1e999}"] {
            let answer = server.post(&mail, bad.as_bytes());
            assert_eq!(answer.status, 400, "{bad:.20}");
            assert!(answer.body["error"].is_string(), "{bad:.20}");
        }
        // Refused for what its head says: not a byte of the body has been sent.
        let mut line = Line::open(&server.address);
        line.send(head(&mail, "", 8 * 1024 * 1024 + 1).as_bytes()).unwrap();
        assert_eq!(line.answer().unwrap().status, 413);
        assert_eq!(kept(&desk, 1).len(), 4);
        server.stop().expect(0);
    }
}

#[test]
fn odd_bodies_are_kept_without_secrets_and_spoil_nothing() {
    for engine in engines() {
        let desk = desk(engine);
        let routes = Platform::ALL.map(|platform| target(&desk, &format!("acme-{platform}"), &[]));
        let server = Server::start(&desk);
        let large = format!(
            "{{\"event_type\": \"EMAIL_REPLY\", \"text\": \"{}\"}}",
            "x".repeat(8 * 1024 * 1024 - 100)
        );
        let odd: [&[u8]; 9] = [
            b"{}",
            b"[]",
            b"[1, null, [[]], \"x\", {\"event\": 7}]",
            br#"{"event_type": "EMAIL_REPLY", "text": "a\u0000b \ud83d", "campaign_id": 18446744073709551616}"#,
            b"{\"event_type\": \"EMAIL_REPLY\", \"text\": \"\xff\xfe\"}",
            br#"{"event_type": "EMAIL_REPLY", "event_type": "OPEN", "event_timestamp": "9999-12-31T23:59:59Z"}"#,
            br#"{"event_type": {"a": []}, "event_id": {}, "event_timestamp": -1e300, "call_id": false, "body": "{"}"#,
            br#"{"event": {"id": " ", "date": 3, "type": []}, "secret_key": "s3cret", "api-key": ["s3cret"]}"#,
            large.as_bytes(),
        ];
        for (source, route) in (1..).zip(&routes) {
            let (_, token) = route.split_once("token=").unwrap();
            let told = json!({"webhook_url": route, "note": format!("see {token}!"), "event_id": "told"})
                .to_string();
            for body in odd.iter().copied().chain([told.as_bytes()]) {
                let answer = server.post(&format!("{route}&event=odd%00%0aname"), body);
                assert_eq!(
                    answer.status,
                    200,
                    "{answer:?} {}",
                    String::from_utf8_lossy(&body[..body.len().min(80)])
                );
            }
            let mut text = String::new();
            let bodies = kept(&desk, source);
            bodies.iter().for_each(|body| write!(text, "{body}").unwrap());
            assert_eq!(bodies.len(), 13, "{engine:?} {route}");
            assert!(!text.contains("s3cret") && !text.contains(token), "{engine:?} {route}");
        }
        server.stop().expect(0);
    }
}

#[test]
fn a_secret_is_demanded_where_one_is_set() {
    let desk = desk(Engine::Sqlite);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    let with = |secret: &str| json!({"event_id": secret, "secret_key": secret}).to_string().into_bytes();
    assert_eq!(server.post(&mail, &with("wrong")).status, 200);
    desk.run_with(&["webhook", "secret", "acme-smartlead"], "right\n").expect(0);
    server.post_until(401, &mail, &with("wrong"));
    assert_eq!(server.post(&mail, &with("right")).status, 200);
    desk.run(&["webhook", "secret", "acme-smartlead", "--remove"]).expect(0);
    server.post_until(200, &mail, &with("wrong"));
    desk.run_with(&["webhook", "secret", "acme-replyio"], "right\n").expect(2);
    server.stop().expect(0);
}

#[test]
fn a_token_is_replaced_without_a_gap() {
    for engine in engines() {
        let desk = desk(engine);
        let former = target(&desk, "acme-smartlead", &[]);
        assert_eq!(target(&desk, "acme-smartlead", &[]), former);
        let server = Server::start(&desk);
        let newer = target(&desk, "acme-smartlead", &["--rotate"]);
        assert_eq!(server.post(&newer, &event(1)).status, 200, "known at once");
        assert_eq!(server.post(&former, &event(2)).status, 200);
        server.stop().expect(0);

        desk.jump(6 * 1440);
        let server = Server::start(&desk);
        assert_eq!(server.post(&former, &event(3)).status, 200);
        server.stop().expect(0);

        desk.jump(2 * 1440);
        let server = Server::start(&desk);
        assert_eq!(server.post(&former, &event(4)).status, 401);
        assert_eq!(server.post(&newer, &event(4)).status, 200);
        assert_eq!(target(&desk, "acme-smartlead", &[]), newer);
        server.stop().expect(0);
        assert_eq!(kept(&desk, 1).len(), 4);
    }
}

#[test]
fn a_request_that_has_begun_is_finished() {
    let desk = desk(Engine::Sqlite);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    let body = event(1);
    let mut line = Line::open(&server.address);
    line.send(head(&mail, "", body.len()).as_bytes()).unwrap();
    line.send(&body[..20]).unwrap();
    // An answer on another connection that came later: the first one's head has been read.
    assert_eq!(server.get("/healthz"), 200);
    server.terminate();
    server.hear("stopping");
    line.send(&body[20..]).unwrap();
    assert_eq!(line.answer().unwrap().status, 200);
    finish(server.child).expect(0);
    assert_eq!(kept(&desk, 1).len(), 1);
}

#[test]
fn a_database_that_cannot_take_it_means_503() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let desk = desk(Engine::Postgres);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    assert_eq!(server.post(&mail, &event(1)).status, 200);
    let refused = while_held(&desk.url, "journal", || server.post(&mail, &event(2)));
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    server.post_until(200, &mail, &event(2));
    let (before, name) = desk.url.rsplit_once('/').unwrap();
    let server_url = format!("{before}/postgres");
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let allow = |is_allowed| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {is_allowed}");
    execute(&server_url, &[allow(false)]);
    execute(&server_url, &[cut]);
    assert_eq!(server.post(&mail, &event(3)).status, 503);
    assert_eq!((server.get("/healthz"), server.get("/readyz")), (200, 503));
    execute(&server_url, &[allow(true)]);
    server.post_until(200, &mail, &event(3));
    assert_eq!(server.get("/readyz"), 200);
    server.stop().expect(0);
    assert_eq!(kept(&desk, 1).len(), 3);
}

/// A replay, or another program, may hold a file's only writer for minutes.
#[test]
fn what_comes_while_a_file_is_held_is_kept_beside_it() {
    let desk = desk(Engine::Sqlite);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    while_held(&desk.url, "journal", || {
        for id in [1, 2, 2] {
            assert_eq!(server.post(&mail, &event(id)).status, 200);
        }
    });
    until("the server takes them in", || kept(&desk, 1).len() == 2);
    // One that is killed cannot: whoever opens the database next does.
    while_held(&desk.url, "journal", || {
        assert_eq!(server.post(&mail, &event(3)).status, 200);
        server.kill();
    });
    assert_eq!(kept(&desk, 1).len(), 2);
    let status = desk.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status[0]["deliveries"]["received"], 4, "{status}");
    assert_eq!(kept(&desk, 1).len(), 3);
}

#[test]
fn a_full_disk_means_503_and_what_was_answered_stays() {
    let mut desk = Desk::new(Engine::Sqlite);
    let Some(disk) = SmallDisk::mount(&desk.dir.path().join("disk")) else {
        eprintln!("SKIPPED: a full disk needs the right to mount a tmpfs");
        return;
    };
    desk.url = format!("sqlite://{}", disk.folder().join("atlas.db").display());
    add_sources(&desk);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    disk.leave(64 * 1024);
    let taken = (0..10_000).take_while(|id| server.post(&mail, &event(*id)).status == 200).count();
    let refused = server.post(&mail, &event(taken));
    assert!(refused.status == 503 && refused.head.contains("retry-after: "), "{refused:?}");
    disk.clear();
    server.post_until(200, &mail, &event(taken));
    server.stop().expect(0);
    desk.run(&["db", "check"]).expect(0);
    assert_eq!(kept(&desk, 1).len(), taken + 1);
}

#[test]
fn bodies_that_are_on_their_way_have_a_limit() {
    let desk = desk(Engine::Sqlite);
    let mail = target(&desk, "acme-smartlead", &[]);
    let server = Server::start(&desk);
    let full = 8 * 1024 * 1024;
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..8 {
        let mut line = Line::open(&server.address);
        line.send(head(&mail, "Expect: 100-continue\r\n", full).as_bytes()).unwrap();
        assert_eq!(line.answer().unwrap().status, 100, "there is room");
        lines.push(line);
    }
    let refused = server.post(&mail, &event(1));
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    drop(lines);
    server.post_until(200, &mail, &event(1));
    server.stop().expect(0);
}
