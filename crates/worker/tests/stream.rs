//! A stream of deliveries in any order, with repeats, under all names: the database is the one of the ordered stream in
//! which everything is told once, on both databases; counting anew, and understanding anew, change nothing.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops there")]

use std::collections::BTreeSet;

use atlas_model::{Clock, Platform, Secret, Settings};
use atlas_store::{NewSource, Part, Source, Store, Vault};
use atlas_sync::replay;
use atlas_worker::{Drained, drain, drain_all};
use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sqlx::Connection;

const NOW: &str = "2026-11-20T08:00:00Z";

/// A database with a source of each service.
struct Desk {
    store: Store,
    url: String,
    sources: Vec<Source>,
    _dir: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "where the tests' database is")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn clock() -> Clock {
    Clock::starting_at(NOW.parse().unwrap())
}

/// The databases there are: a file, and PostgreSQL where it is.
async fn desks(story: &str) -> Vec<Desk> {
    let mut desks = vec![Desk::open(None).await];
    match environment("ATLAS_TEST_POSTGRES_URL") {
        None => eprintln!("SKIPPED on PostgreSQL: set ATLAS_TEST_POSTGRES_URL, or run `cargo xtask test`"),
        Some(server) => {
            let name = format!("stream_{}_{story}_{}", std::process::id(), desks.len());
            let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
            let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::query(create).execute(&mut connection).await.unwrap();
            let (before, _) = server.rsplit_once('/').unwrap();
            desks.push(Desk::open(Some(format!("{before}/{name}"))).await);
        }
    }
    desks
}

impl Desk {
    async fn open(url: Option<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = url.unwrap_or_else(|| format!("sqlite://{}", dir.path().join("atlas.db").display()));
        let store = Store::open(&url).await.unwrap();
        let vault = Vault::new(&Vault::new_key().unwrap()).unwrap();
        let mut sources = Vec::new();
        for platform in Platform::ALL {
            let new = NewSource {
                platform,
                name: platform.as_str().to_owned(),
                client: None,
                base_url: None,
                is_public_only: false,
                time_zone: "America/New_York".to_owned(),
                settings: Settings::new(platform, Default::default()),
            };
            let secret = Secret::new("a key");
            sources.push(
                store.add_source(&new, &secret, &vault, ("story", NOW.parse().unwrap())).await.unwrap(),
            );
        }
        Self { store, url, sources, _dir: dir }
    }

    /// Puts deliveries into the journal, behind those that are there.
    async fn receive(&self, deliveries: &[(Platform, Value)]) {
        let bytes = |body: &Value| zstd::encode_all(body.to_string().as_bytes(), 1).unwrap();
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let is_postgres = self.url.starts_with("postgres");
        let mut statements = Vec::new();
        for (platform, body) in deliveries {
            let id = self.sources.iter().find(|source| source.platform == *platform).unwrap().id;
            let blob = hex(bytes(body));
            let blob = if is_postgres { format!("'\\x{blob}'::bytea") } else { format!("x'{blob}'") };
            let now = "'2026-11-20T08:00:00.000000Z'";
            statements
                .push(format!("UPDATE sync_state SET journal_id = journal_id + 1, delivery_id = journal_id + 1 WHERE source_id = {id}"));
            statements.push(format!(
                "INSERT INTO journal (source_id, id, kind, endpoint, params, read_at, last_seen_at, hash, body, state) \
                 SELECT {id}, journal_id, 'delivery', 'webhook', '{{}}', {now}, {now}, '', {blob}, 'done' \
                 FROM sync_state WHERE source_id = {id}"
            ));
        }
        self.execute(&statements).await;
    }

    async fn execute(&self, statements: &[String]) {
        let all = sqlx::AssertSqlSafe(format!("BEGIN; {}; COMMIT", statements.join(";\n")));
        if self.url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(all).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(all).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }

    async fn drain(&self) -> Drained {
        drain_all(&self.store, clock(), None).await.unwrap()
    }

    /// As it is once people are worked out too.
    async fn dump(&self) -> String {
        for source in &self.sources {
            self.store.settle_people(source.id, None).await.unwrap();
        }
        self.store.dump().await.unwrap()
    }

    /// The sum of a figure over the lines of a table.
    async fn sum(&self, source: usize, table: &str, column: &str) -> i64 {
        let begin = format!("{table} {} ", self.sources[source].id);
        let dump = self.dump().await;
        let of =
            |line: &str| line.split(&format!(" {column}=")).nth(1)?.split(' ').next()?.parse::<i64>().ok();
        dump.lines().filter(|line| line.starts_with(&begin)).filter_map(of).sum()
    }
}

#[track_caller]
fn assert_same(expected: &str, found: &str, what: &str) {
    let (left, right): (BTreeSet<&str>, BTreeSet<&str>) =
        (expected.lines().collect(), found.lines().collect());
    let missing: Vec<_> = left.difference(&right).take(5).collect();
    let more: Vec<_> = right.difference(&left).take(5).collect();
    assert!(expected == found, "{what}: missing {missing:#?}, more {more:#?}");
}

/// One fact with every way in which it is told.
type Fact = (Platform, Vec<Value>);

fn at(minutes: i64) -> String {
    let start: Timestamp = "2026-10-05T07:00:00Z".parse().unwrap();
    start.checked_add(minutes.minutes()).unwrap().to_string()
}

fn with(base: &Value, more: Value) -> Value {
    let mut body = base.clone();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The same event under other names, as another subscription tells it.
fn named(base: &Value, names: &[&str], path: &str) -> Vec<Value> {
    let one = |(number, name): (usize, &&str)| {
        let mut body = base.clone();
        match path {
            "event" => body["event"]["type"] = (*name).into(),
            path => body[path] = (*name).into(),
        }
        with(&body, json!({"webhook_id": number, "subscription_id": number}))
    };
    names.iter().enumerate().map(one).collect()
}

/// What happens to a lead of a campaign at SmartLead.
fn smartlead(lead: i64, facts: &mut Vec<Fact>) {
    let mut add = |bodies| facts.push((Platform::SmartLead, bodies));
    let (campaign, start) = (610_000 + lead % 3, lead * 37);
    let email = format!("lead{lead}@firm{}.test", lead % 7);
    for step in 1..=2 {
        let sent = at(start + step * 2_880);
        let mail = json!({"campaign_id": campaign, "campaign_name": format!("Campaign {campaign}"),
            "stats_id": format!("s-{lead}-{step}"), "sl_email_lead_id": lead.to_string(), "sl_email_lead_map_id": lead + 900,
            "from_email": "sal@post.test", "to_email": email, "to_name": format!("Ida Falk{lead}"), "sequence_number": step,
            "subject": "Your docks", "time_sent": sent, "event_timestamp": sent,
            "sent_message": {"message_id": format!("<s-{lead}-{step}@post.test>"), "text": "Hello"}});
        let mail = |more| with(&mail, more);
        let mut told = named(&mail(json!({})), &["EMAIL_SENT", "FIRST_EMAIL_SENT"], "event_type");
        if lead % 3 == 0 {
            // Only one telling knows the mailbox by its number, the other one by its address or not at all.
            told[0]["email_account_id"] = 7.into();
            if lead % 2 == 0 {
                told[1]["from_email"] = Value::Null;
            }
        }
        add(told);
        for open in 0..lead % 3 {
            let opened = json!({"time_opened": at(start + step * 2_880 + 5 + open * 700)});
            add(named(&mail(opened), &["EMAIL_OPEN", "OPEN"], "event_type"));
        }
        if lead % 5 == 0 {
            let clicked = json!({"time_clicked": at(start + step * 2_880 + 9), "link_clicked": ["https://post.test/a"]});
            add(named(&mail(clicked), &["EMAIL_LINK_CLICK", "CLICK"], "event_type"));
        }
        if lead % 4 == 0 {
            let replied = at(start + step * 2_880 + 600 - step * 1_000);
            let message = json!({"message_id": format!("<r-{lead}-{step}@firm.test>"), "text": "Call me", "time": replied});
            let reply = json!({"time_replied": replied, "reply_message": message, "sl_lead_email": email});
            add(named(&mail(reply), &["EMAIL_REPLY", "REPLY", "EMAIL_REPLIED"], "event_type"));
        }
        if lead % 11 == 3 && step == 1 {
            let bounced = json!({"bounce_message": {"time": at(start + 2_890), "text": "no such user"}});
            add(named(&mail(bounced), &["EMAIL_BOUNCE", "BOUNCE"], "event_type"));
        }
    }
    for (place, name) in ["Interested", "Not Interested", "Out Of Office"].iter().enumerate() {
        if lead % 8 == 4 * i64::try_from(place).unwrap() % 8 {
            let sorted = json!({"campaign_id": campaign, "lead_id": lead, "lead_email": email,
                "event_timestamp": at(start + 7_000 + i64::try_from(place).unwrap()), "lead_category": {"new_name": name},
                "lastReply": {"message_id": format!("<r-{lead}-1@firm.test>")}});
            add(named(&sorted, &["LEAD_CATEGORY_UPDATED"], "event_type"));
        }
    }
    if lead % 9 == 2 {
        // Without any id: whom it is about is known by the address alone.
        let gone = json!({"campaign_id": campaign, "lead_email": email.to_uppercase(), "event_timestamp": at(start + 9_000)});
        add(named(&gone, &["LEAD_UNSUBSCRIBED", "UNSUBSCRIBED"], "event_type"));
    }
    if lead % 10 == 6 {
        // The short form of the specification.
        let short = json!({"campaign_id": campaign, "lead_id": lead, "email": email, "event_timestamp": at(start + 9_500),
            "sequence_number": 2, "reply_text": "Later"});
        add(named(&short, &["REPLY", "EMAIL_REPLY"], "event_type"));
    }
}

/// The same at Reply.io.
fn replyio(lead: i64, facts: &mut Vec<Fact>) {
    let mut add = |bodies| facts.push((Platform::ReplyIo, bodies));
    let (start, person) = (lead * 41, 7_000 + lead);
    let event = |name: &str, minutes: i64| json!({"type": name, "date": at(start + minutes)});
    let base = json!({"contact_fields": {"id": person, "email": format!("p{lead}@firm.test"), "company": "Firm"},
        "sequence_fields": {"id": 5_500 + lead % 2, "name": "Docks", "step_number": lead % 6}, "email_account_id": 41,
        "sent_email_id": 88_000 + lead});
    let tell = |name: &str, minutes: i64, more: Value| {
        with(&with(&base, json!({"event": event(name, minutes)})), more)
    };
    let sent = tell("", 0, json!({"sent_email_date": at(start), "sent_email_variant": "A"}));
    add(named(&sent, &["email_sent", "EmailSent", "email.sent"], "event"));
    for opens in 1..=lead % 3 {
        let opened = tell("", 10 * opens, json!({"opens_count": opens}));
        add(named(&opened, &["email_opened", "email.opened"], "event"));
    }
    if lead % 3 == 0 {
        let replied = tell(
            "",
            900,
            json!({"reply_date": at(start + 899), "reply_message_id": format!("<p-{lead}>"),
            "reply_reason": if lead % 2 == 0 { "EmailDetected" } else { "MarkedByUser" }, "reply_text": "Gern"}),
        );
        let mut tellings = named(&replied, &["email_replied", "email.replied", "EmailReplied"], "event");
        // The shape of its early log tells less.
        tellings.push(json!({"event": event("email_replied", 900), "payload": {"contact": {"id": person},
            "sequence": {"id": 5_500 + lead % 2, "stepNumber": lead % 6},
            "data": {"replyMessageId": format!("<p-{lead}>"), "replyDate": at(start + 899)}}}));
        add(tellings);
        let sorted = tell(
            "",
            950,
            json!({"category_name": "Meeting Booked", "reply_message_id": format!("<p-{lead}>")}),
        );
        add(named(&sorted, &["reply_categorized", "ReplyCategorized"], "event"));
    }
    match lead % 7 {
        1 => add(named(
            &tell("", 30, json!({"bounce_type": "Hard"})),
            &["email_bounced", "email.bounced"],
            "event",
        )),
        2 => add(named(
            &tell("", 40, json!({"sequence_fields": {}})),
            &["contact_opted_out", "contact.optedOut"],
            "event",
        )),
        3 => add(named(&tell("", 50, json!({})), &["contact.interested"], "event")),
        4 => add(named(&tell("", 60, json!({"reply_message_id": "<oof>"})), &["email_auto_reply"], "event")),
        5 => add(named(
            &tell("", 70, json!({"finish_reason": 0})),
            &["contact_finished", "ContactFinished"],
            "event",
        )),
        _ => {}
    }
}

/// A call at PhoneBurner: its beginning, its end, and an end that was corrected.
fn phoneburner(call: i64, facts: &mut Vec<Fact>) {
    let mut add = |bodies| facts.push((Platform::PhoneBurner, bodies));
    let contact = json!({"user_id": 1_300 + call % 20, "phone": format!("61255501{:02}", call % 20), "first_name": "Ruth"});
    let start = format!("2026-10-{:02} 09:{:02}:00", 5 + call % 20, call % 60);
    let begin = json!({"event_type": "call_begin", "call_id": 30_000 + call, "start_time": start, "contact": contact});
    add(vec![begin.clone()]);
    let end = json!({"event_type": "call_end", "ds_id": 47 + call % 3, "end_time": start.replace(":00", ":31"),
        "duration": 31, "status": "No Answer", "agent": {"user_id": 8_155, "first_name": "Sal"}});
    add(vec![with(&begin, end.clone()), with(&begin, with(&end, json!({"event_type": "api_calldone"})))]);
    if call % 4 == 0 {
        let later =
            json!({"end_time": start.replace(":00", ":45"), "duration": 45, "status": "Set Appointment"});
        add(vec![with(&begin, with(&end, later))]);
    }
    if call % 25 == 0 {
        add(vec![json!({"event_type": "email_unsubscribe", "contact": contact})]);
    }
}

fn facts() -> Vec<Fact> {
    let mut facts = Vec::new();
    for lead in 1..=60 {
        smartlead(lead, &mut facts);
        replyio(lead, &mut facts);
        phoneburner(lead, &mut facts);
    }
    facts
}

#[tokio::test]
async fn any_order_and_any_repeat_give_the_same() {
    let facts = facts();
    let ordered: Vec<_> = facts.iter().map(|(platform, told)| (*platform, told[0].clone())).collect();
    let mut shuffled = ordered.clone();
    let mut rng = Rng::with_seed(5);
    // One in five comes twice: the same again, or as another subscription tells it.
    for (platform, told) in &facts {
        if rng.u8(..5) == 0 {
            shuffled.push((*platform, told[rng.usize(..told.len())].clone()));
        }
    }
    rng.shuffle(&mut shuffled);
    assert!(shuffled.len() > ordered.len() * 11 / 10);
    let mut dumps = Vec::new();
    for desk in desks("order").await {
        desk.receive(&ordered).await;
        let drained = desk.drain().await;
        assert_eq!(drained, Drained { done: ordered.len() as u64, failed: 0 });
        dumps.push(desk.dump().await);
    }
    for desk in desks("shuffle").await {
        // In many batches, as they come.
        for part in shuffled.chunks(173) {
            desk.receive(part).await;
            desk.drain().await;
        }
        dumps.push(desk.dump().await);
        assert_eq!(desk.drain().await, Drained::default(), "nothing waits any more");
        recounted_and_replayed(&desk, &dumps[0]).await;
        true_to_the_facts(&desk).await;
    }
    for dump in &dumps {
        assert_same(&dumps[0], dump, "another order, another database");
    }
}

async fn recounted_and_replayed(desk: &Desk, expected: &str) {
    let zone = TimeZone::get("America/New_York").unwrap();
    for source in &desk.sources {
        desk.store.recount_events(source.id, &zone, 50).await.unwrap();
    }
    assert_same(expected, &desk.dump().await, "counted anew");
    for source in desk.sources.iter().filter(|source| source.platform != Platform::ReplyIo) {
        for is_failed_only in [false, true] {
            replay(&desk.store, source, Part { since: None, is_failed_only }, clock(), &|_| {})
                .await
                .unwrap();
        }
    }
    assert_same(expected, &desk.dump().await, "understood anew");
    // In another zone events are on other days; back again they are where they were.
    let mut moved = desk.sources[0].clone();
    moved.time_zone = "Asia/Tokyo".to_owned();
    desk.store.update_source(&moved, "source changed", ("story", NOW.parse().unwrap())).await.unwrap();
    assert_ne!(expected, desk.dump().await);
    desk.store
        .update_source(&desk.sources[0], "source changed", ("story", NOW.parse().unwrap()))
        .await
        .unwrap();
    assert_same(expected, &desk.dump().await, "back in the old zone");
}

/// The sums are those of the facts, counted by hand.
async fn true_to_the_facts(desk: &Desk) {
    let leads = |which: fn(i64) -> bool| i64::try_from((1..=60).filter(|lead| which(*lead)).count()).unwrap();
    for (column, expected) in [
        ("emails_sent", 120),
        ("emails_opened", 2 * (leads(|lead| lead % 3 == 1) + 2 * leads(|lead| lead % 3 == 2))),
        ("unique_opens", leads(|lead| lead % 3 != 0)),
        ("emails_clicked", 2 * leads(|lead| lead % 5 == 0)),
        ("emails_bounced", leads(|lead| lead % 11 == 3)),
        ("emails_unsubscribed", leads(|lead| lead % 9 == 2)),
    ] {
        assert_eq!(desk.sum(0, "daily_metrics", column).await, expected, "{column}");
    }
    assert_eq!(desk.sum(0, "mailbox_days", "emails_sent").await, 120);
    assert_eq!(desk.sum(0, "mailbox_days", "emails_bounced").await, leads(|lead| lead % 11 == 3));
    // Every fourth answers both mails, every tenth once more; every eighth's first answer was an absence note.
    let replies = leads(|lead| lead % 4 == 0 || lead % 10 == 6);
    assert_eq!(desk.sum(0, "daily_metrics", "emails_replied").await, replies);
    assert_eq!(desk.sum(0, "hourly_metrics", "emails_replied").await, replies);
    let absences = leads(|lead| lead % 8 == 0);
    let messages = 2 * leads(|lead| lead % 4 == 0) + leads(|lead| lead % 10 == 6) - absences;
    assert_eq!(desk.sum(0, "daily_metrics", "reply_messages").await, messages);
    assert_eq!(desk.sum(0, "daily_metrics", "positive_replies").await, leads(|lead| lead % 8 == 0));
    assert_eq!(desk.sum(1, "daily_metrics", "emails_sent").await, 60);
    assert_eq!(
        desk.sum(1, "daily_metrics", "emails_replied").await,
        leads(|lead| lead % 6 == 0),
        "those that it saw itself"
    );
    assert_eq!(
        desk.sum(1, "daily_metrics", "positive_replies").await,
        leads(|lead| lead % 3 == 0 || lead % 7 == 3)
    );
    let dump = desk.dump().await;
    let calls = dump.lines().filter(|line| line.starts_with("call_activities"));
    let (calls, set): (Vec<&str>, Vec<&str>) = calls.partition(|line| line.contains("No Answer"));
    assert_eq!((calls.len(), set.len()), (45, 15));
}

#[tokio::test]
async fn what_cannot_be_understood_stays_and_holds_up_nothing() {
    for desk in desks("poison").await {
        let good = |lead: i64| {
            json!({"event_type": "EMAIL_SENT", "campaign_id": 1, "stats_id": format!("s{lead}"), "sl_email_lead_id": lead,
                "from_email": "sal@post.test", "to_email": format!("l{lead}@firm.test"), "time_sent": "2026-11-01T09:00:00Z"})
        };
        let far = json!({"event_type": "EMAIL_OPEN", "campaign_id": 1, "stats_id": "s", "time_opened": "9999-01-01T00:00:00Z"});
        let mut farther = far.clone();
        farther["time_opened"] = json!("9999-12-31T23:59:59Z");
        let new = json!({"event_type": "EMAIL_SOMETHING_NEW", "campaign_id": 1});
        let status = json!({"event_type": "CAMPAIGN_STATUS_CHANGED", "campaign_id": 1});
        let half = json!([good(2), {"event_type": "EMAIL_SENT"}]);
        let all = [good(1), far, farther, new, half, status, json!("text"), good(3)];
        desk.receive(&all.map(|body| (Platform::SmartLead, body))).await;
        let drained = drain(&desk.store, &desk.sources[0], clock(), None).await.unwrap();
        assert_eq!(drained, Drained { done: 3, failed: 5 });
        assert_eq!(desk.sum(0, "daily_metrics", "emails_sent").await, 3);
        // Once more, since a later version may know more: this one does not.
        let part = Part { since: None, is_failed_only: true };
        let replayed = replay(&desk.store, &desk.sources[0], part, clock(), &|_| {}).await.unwrap();
        assert_eq!(replayed.deliveries, 5);
        assert_eq!(desk.sum(0, "daily_metrics", "emails_sent").await, 3);
        let expected = desk.dump().await;
        // What an older version made of a delivery is taken back, with what others of its person counted for.
        desk.execute(&[
            "UPDATE email_activities SET event_key = 'old', event = 'replied', told_in = 5, counts_lead = TRUE \
             WHERE contact_id = '2'"
                .to_owned(),
            "UPDATE daily_observations SET emails_sent = 2, reply_messages = 1, emails_replied = 1 \
             WHERE witness = 'events'"
                .to_owned(),
            "UPDATE hourly_metrics SET emails_sent = 2, emails_replied = 1".to_owned(),
            "UPDATE source_hours SET emails_sent = 2, emails_replied = 1".to_owned(),
            "UPDATE mailbox_days SET emails_sent = 2".to_owned(),
            "UPDATE mailbox_months SET emails_sent = 2".to_owned(),
        ])
        .await;
        replay(&desk.store, &desk.sources[0], part, clock(), &|_| {}).await.unwrap();
        assert_same(&expected, &desk.dump().await, "understood anew");
    }
}
