//! `cargo xtask bench webhooks`: how many deliveries a server keeps, how long a sender waits, what memory it takes.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wait4::Wait4;

use super::fresh::{self, Line};
use super::{Database, atlas, example, listening, mib, now, on_each, resident_mib};
use crate::spawn;

#[derive(clap::Args)]
pub(crate) struct WebhookArgs {
    /// How long it is sent to each server
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections, each of which sends the next event when the last one is answered
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Measure one database only
    #[arg(long, value_enum)]
    on: Option<Database>,
}

/// A text that makes an event of 700 bytes.
const LETTER: &str = "a made-up letter of the same old length a made-up letter of the same old length \
                      a made-up letter of the same old lengt";

/// A projector that is slow is not waited for.
const LONGEST_DRAIN: Duration = Duration::from_secs(60);
/// Between one look at its figures and the next.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A made-up key: 32 bytes in base64.
pub(super) const KEY: &str = "YXRsYXMgYmVuY2htYXJrIGtleSwgbm90IHNlY3JldCE=";

pub(super) fn run(args: &WebhookArgs) -> Result<()> {
    let build =
        ["build", "--release", "--package", "atlas", "--package", "atlas-store", "--package", "atlas-web"];
    let programs =
        ["--package", "atlas-twin", "--bins", "--example", "bare_intake", "--example", "answer_only"];
    spawn::run(spawn::cargo().args(build).args(programs))?;
    on_each(args.on, |database, dir, urls| measure(database, args, dir, urls))
}

fn measure(database: Database, args: &WebhookArgs, dir: &Path, [served, bare]: [&str; 2]) -> Result<()> {
    let ours = || -> Result<Command> {
        let mut ours = atlas(dir, served)?;
        ours.env("ATLAS_SECRET_KEY", KEY);
        Ok(ours)
    };
    let mut add = ours()?;
    add.args(["source", "add", "smartlead", "--name", "bench", "--no-test"]).env("ATLAS_API_KEY", "none");
    spawn::output(&mut add)?;
    let address = spawn::output(ours()?.args(["webhook", "url", "bench"]))?;
    let target = address.trim().strip_prefix("http://127.0.0.1:8642").context("no address")?.to_owned();

    println!(
        "\n{database:?}: {} connections, {} s each, events of {} B",
        args.connections,
        args.seconds,
        event(0).len()
    );
    println!(
        "                     events/s   p50 ms   p99 ms   max ms  server's peak MiB (after 1/4, 1/2, 3/4)"
    );
    let mut only = spawn::secluded(&example("answer_only")?, dir);
    only.env("ATLAS_SECRET_KEY", KEY).arg(served);
    load("without storing", only, &target, args)?;
    let mut serve = ours()?;
    serve.args(["serve", "--no-sync", "--listen", "127.0.0.1:0"]);
    let kept_per_s = load("atlas serve", serve, &target, args)?;

    let (waited, drain_s) = drained(&ours)?;
    println!(
        "{:<18}{:>11.0}  ({waited} events that waited became activities and figures)",
        "projector",
        waited / drain_s
    );
    fresh::measure(&ours, dir, &target, args.seconds)?;

    // Last: what its server tidies up afterwards is none of the others' business.
    let group = args.connections.to_string();
    let said = spawn::output(Command::new(example("bare_intake")?).args([served, bare, &group]))?;
    let bare_s: f64 = said.trim().parse().with_context(|| format!("bare_intake said: {said}"))?;
    let status = spawn::output(ours()?.args(["status", "--json"]))?;
    let status: Value = serde_json::from_str(&status)?;
    let kept = status[0]["deliveries"]["received"].as_f64().context("no deliveries in atlas status")?;
    println!("{:<18}{:>11.0}  ({group} rows a transaction)", "bare loop", kept / bare_s);
    println!("atlas serve / bare loop: {:.2}; {kept} deliveries in the journal", kept_per_s * bare_s / kept);
    Ok(())
}

/// How many deliveries waited, and the seconds that a server which is sent nothing takes until the report tells of all of them,
/// of which each is another person's.
fn drained(ours: &impl Fn() -> Result<Command>) -> Result<(f64, f64)> {
    let status: Value = serde_json::from_str(&spawn::output(ours()?.args(["status", "--json"]))?)?;
    let told = |name: &str| status[0]["deliveries"][name].as_i64().context("no deliveries in atlas status");
    let (received, waited) = (told("received")?, told("pending")?);
    let token = spawn::output(ours()?.args(["token", "create", "drain"]))?;
    let mut serve = ours()?;
    serve
        .args(["serve", "--no-sync", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut server = serve.spawn()?;
    let began = now();
    // A report costs little; how many wait is counted one by one.
    let left = listening(&mut server).and_then(|address| {
        let mut line = Line::open(&address, token.trim())?;
        loop {
            let left = received - line.figure(4711, "2026-10-05", "total_opened")?;
            if left == 0 || began.elapsed() > LONGEST_DRAIN {
                return Ok(left);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    });
    let took_s = began.elapsed().as_secs_f64();
    server.kill()?;
    server.wait()?;
    Ok(((waited - left?) as f64, took_s))
}

/// Starts a server, sends to it, and prints how it went; events a second.
fn load(name: &str, mut command: Command, target: &str, args: &WebhookArgs) -> Result<f64> {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut server = command.spawn()?;
    let said = listening(&mut server);
    let sent = said.and_then(|address| send(&server, &address, target, args));
    server.kill()?;
    let used = server.wait4()?;
    let (mut waits, memory) = sent.with_context(|| format!("measuring {name}"))?;
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let per_s = waits.len() as f64 / args.seconds as f64;
    let quarter = |quarters: usize| memory.get(memory.len() * quarters / 4).copied().unwrap_or_default();
    println!(
        "{name:<18}{per_s:>11.0}{:>9.1}{:>9.1}{:>9.1}  {:.1} ({:.1}, {:.1}, {:.1})",
        at(0.5),
        at(0.99),
        at(1.0),
        mib(used.rusage.maxrss as f64),
        quarter(1),
        quarter(2),
        quarter(3),
    );
    Ok(per_s)
}

/// How long each answer took, and the server's memory on the way.
fn send(
    server: &Child,
    address: &str,
    target: &str,
    args: &WebhookArgs,
) -> Result<(Vec<Duration>, Vec<f64>)> {
    // One core is more than it takes; two would have to tell each other.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let until = now() + Duration::from_secs(args.seconds);
    runtime.block_on(async {
        let mut senders = JoinSet::new();
        for number in 0..args.connections {
            let (address, target) = (address.to_owned(), target.to_owned());
            senders.spawn(async move { one(&address, &target, number << 32, until).await });
        }
        let mut memory = Vec::new();
        while now() < until {
            memory.extend(resident_mib(server.id()));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut waits = Vec::new();
        while let Some(done) = senders.join_next().await {
            waits.extend(done??);
        }
        Ok((waits, memory))
    })
}

/// Sends what is made once but for its numbers, and looks at what is answered as it comes: what the sender takes, the server
/// lacks.
async fn one(address: &str, target: &str, first: usize, until: Instant) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let head =
        format!("POST {target} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", event(first).len());
    let (mut waits, mut request, mut answer) = (Vec::new(), String::new(), [0; 1024]);
    for number in first.. {
        if now() >= until {
            break;
        }
        request.clear();
        request.push_str(&head);
        write_event(&mut request, number)?;
        let began = now();
        stream.write_all(request.as_bytes()).await?;
        // Short answers come in one piece.
        let length = stream.read(&mut answer).await?;
        waits.push(began.elapsed());
        let answer = &answer[..length];
        if !answer.starts_with(b"HTTP/1.1 200") || !answer.ends_with(b"{\"received\":1}") {
            bail!("the server answered: {}", String::from_utf8_lossy(answer));
        }
    }
    Ok(waits)
}

/// An event like those of the service, each different, all of one length.
pub(super) fn event(number: usize) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _: fmt::Result = write_event(&mut text, number);
    text
}

fn write_event(text: &mut String, number: usize) -> fmt::Result {
    let (minute, second) = (number / 60 % 60, number % 60);
    write!(
        text,
        "{{\"stats_id\":\"{number:032x}\",\"from_email\":\"mailbox@sender.test\",\"to_email\":\"person-{number:016x}@receiver.test\",\
         \"to_name\":\"A Person\",\"time_opened\":\"2026-10-05T12:{minute:02}:{second:02}+00:00\",\
         \"event_timestamp\":\"2026-10-05T12:{minute:02}:{second:02}+00:00\",\"campaign_name\":\"A campaign\",\
         \"campaign_id\":4711,\"sequence_number\":1,\"subject\":\"A subject\",\"sl_email_lead_id\":\"{number:020}\",\
         \"campaign_status\":\"ACTIVE\",\"client_id\":null,\"sent_message_body\":\"{LETTER}\",\"secret_key\":\"not-a-secret\",\
         \"description\":\"person opened an e-mail\",\"webhook_id\":7,\"webhook_name\":\"Atlas\",\"event_type\":\"EMAIL_OPEN\"}}",
    )
}
