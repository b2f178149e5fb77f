//! Lessons: what was planted in an account is found, nothing else is, on both databases alike and however often.

use atlas_store::Store;
use atlas_twin::{Dialect, Options};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::access::{ask, bearer, get};
use crate::running::until;
use crate::webhooks::{Server, target};
use crate::world::{Desk, assert_same, block_on, engines, execute, number, start, twin};

/// Rows of an account, as statements.
#[derive(Default)]
struct Account {
    statements: Vec<String>,
    events: Vec<String>,
    mails: u32,
    /// Columns that the events have beside the usual ones.
    columns: &'static str,
}

impl Account {
    fn campaign(&mut self, id: &str) {
        self.statements.push(format!(
            "INSERT INTO campaigns (source_id, external_id, name, status, last_synced_at) \
             VALUES (1, '{id}', 'Campaign {id}', 'active', '2026-11-02T08:00:00.000000Z')"
        ));
    }

    fn template(&mut self, campaign: &str, id: &str, subject: &str, body: &str) {
        self.statements.push(format!(
            "INSERT INTO campaign_variants (source_id, external_id, campaign_id, step_number, subject_line, body_html, \
             body_plain, is_deleted) VALUES (1, '{id}', '{campaign}', 1, '{subject}', '<p>{body}</p>', '{body}', FALSE)"
        ));
    }

    /// Mails of a day, so many of which are answered a day later.
    fn mails(&mut self, campaign: &str, variant: &str, day: Date, sent: u32, replied: u32) {
        for number in 0..sent {
            self.mails += 1;
            let mail = self.mails;
            self.event(campaign, variant, mail, "sent", day);
            if number < replied {
                self.event(campaign, variant, mail, "replied", day + 1.day());
            }
        }
    }

    fn event(&mut self, campaign: &str, variant: &str, mail: u32, event: &str, day: Date) {
        let text = if event == "replied" { "'Sounds good, send me your prices.'" } else { "NULL" };
        self.events.push(format!(
            "(1, '{campaign}', '{event}-{mail}', '{event}', '{day}T10:00:00.000000Z', '{day}', 10, 'lead-{mail}', \
             '{variant}', 1, 'mail-{mail}', {text}, TRUE, TRUE, FALSE, 'webhook')"
        ));
    }

    fn write(mut self, url: &str) {
        for events in self.events.chunks(500) {
            self.statements.push(format!(
                "INSERT INTO email_activities (source_id, campaign_id, event_key, event, occurred_at, metric_date, \
                 hour_of_day, contact_id, variant_id, step_number, sent_id, body_plain, counts_message, counts_lead, \
                 counts_positive, via{}) VALUES {}",
                self.columns,
                events.join(", ")
            ));
        }
        // As every transaction of the program notes it.
        self.statements.push("UPDATE campaign_changes SET changes = changes + 1".to_owned());
        self.statements.push(
            "INSERT INTO campaign_changes SELECT DISTINCT source_id, campaign_id, 1 FROM email_activities WHERE true \
             ON CONFLICT DO NOTHING"
                .to_owned(),
        );
        execute(url, &self.statements);
    }
}

const BODY: &str = "Hello {{first_name}},\n\nyour planners lose a day a week to paper. We put the plan on their \
                    phones, and most of them are at home by five again.\n\nIs that worth a look?\n\nBest regards,\nKim";

/// A question in the subject is answered 1.5 times as often. A postscript is worth nothing, but stands mostly in the
/// campaigns that are answered more anyway. One template of an old campaign halves every six weeks, the others do not.
fn planted() -> Account {
    let mut account = Account::default();
    for number in 0..8_u32 {
        let campaign = format!("c{number}");
        account.campaign(&campaign);
        let is_warm = number < 4;
        for has_question in [false, true] {
            for has_postscript in [false, true] {
                let variant = format!("{campaign}-{has_question}-{has_postscript}");
                let subject = if has_question { "Plan for shifts?" } else { "Plan for shifts." };
                let body = if has_postscript {
                    format!("{BODY}\nPS: it runs on any phone.")
                } else {
                    BODY.to_owned()
                };
                account.template(&campaign, &variant, subject, &body);
                let sent = if has_postscript == is_warm { 240 } else { 80 };
                let percent = if is_warm { 10 } else { 5 } * if has_question { 3 } else { 2 };
                account.mails(&campaign, &variant, date(2026, 8, 3), sent, sent * percent / 200);
            }
        }
    }
    account.statements.push(
        "INSERT INTO email_accounts (source_id, external_id, from_email, warmup_enabled, warmup_reputation) \
         VALUES (1, 'weak', 'weak@weak.test', TRUE, 70)"
            .to_owned(),
    );
    account.campaign("old");
    for name in ["fading", "steady-1", "steady-2"] {
        account.template("old", name, "Your plan", BODY);
        let mut owed = 0.0;
        for week in 0..14_i32 {
            for day in 0..5 {
                let rate = if name == "fading" { 0.2 * 0.5_f64.powf(f64::from(week) / 6.0) } else { 0.1 };
                owed += 20.0 * rate;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 20")]
                let replied = owed as u32;
                owed -= f64::from(replied);
                account.mails("old", name, date(2026, 7, 6) + (7 * week + day).days(), 20, replied);
            }
        }
    }
    account
}

pub(crate) fn findings(desk: &Desk) -> String {
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let dump = store.dump_findings().await.unwrap();
        store.close().await;
        dump
    })
}

/// The findings, and the alerts without what tells when.
fn drawn(desk: &Desk) -> String {
    let alerts = desk.run(&["report", "alerts", "--json"]).expect(0).json();
    let alerts = alerts.as_array().unwrap().iter();
    let alerts =
        alerts.map(|one| ["subject_id", "kind", "level", "evidence"].map(|name| one[name].to_string()));
    findings(desk) + &alerts.map(|one| one.join(" ") + "\n").collect::<String>()
}

pub(crate) fn with(lines: &Value, pairs: &[(&str, &str)]) -> Value {
    let is_it = |line: &&Value| pairs.iter().all(|(name, value)| line[*name] == *value);
    lines.as_array().unwrap().iter().find(is_it).cloned().unwrap_or_default()
}

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    let twin = twin(Dialect::Live, 1);
    let mut dumps = Vec::new();
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        planted().write(&desk.url);
        let learned = desk.run(&["analyze", "features", "patterns", "decay", "--json"]).expect(0).json();
        assert!(learned.as_array().unwrap().iter().all(|one| one["changed"].as_u64() > Some(0)), "{learned}");

        let patterns = desk.run(&["report", "patterns", "--json"]).expect(0).json();
        let question =
            with(&patterns, &[("scope", "all"), ("feature", "subject_is_question"), ("level", "true")]);
        assert_eq!(question["verdict"], "better", "{question}");
        assert!((question["lift"].as_f64().unwrap() - 1.5).abs() < 0.05, "{question}");
        let postscript = with(&patterns, &[("scope", "all"), ("feature", "has_postscript")]);
        assert_ne!(postscript, Value::Null);
        for line in patterns.as_array().unwrap() {
            let is_planted = line["feature"] == "subject_is_question";
            let is_found = ["better", "worse"].map(Value::from).contains(&line["verdict"]);
            assert!(is_planted || !is_found, "{line}");
        }

        let variants = desk.run(&["report", "variants", "--json"]).expect(0).json();
        let fading = with(&variants, &[("variant_id", "fading")]);
        assert_eq!(fading["decay_status"], "declining", "{fading}");
        assert!((fading["half_life_weeks"].as_f64().unwrap() - 6.0).abs() < 1.2, "{fading}");
        for name in ["steady-1", "steady-2"] {
            assert_eq!(with(&variants, &[("variant_id", name)])["decay_status"], "stable");
        }
        assert_eq!(with(&variants, &[("variant_id", "c0-true-true")])["decay_status"], "insufficient_data");

        desk.run(&["analyze"]).expect(0);
        let dump = drawn(&desk);
        assert!(dump.contains("warmup_reputation") && dump.contains("\nreply "), "{dump}");
        let again = desk.run(&["analyze", "--json"]).expect(0).json();
        assert!(again.as_array().unwrap().iter().all(|one| one["changed"] == 0), "{again}");
        assert_same(&dump, &drawn(&desk), "drawn again");

        // Killed wherever it is within each of them, and run again.
        for lesson in ["features", "replies", "patterns", "decay", "alerts"] {
            forget_findings(&desk);
            let mut child = desk.spawn(&["analyze"]);
            let begun = format!("SELECT COUNT(*) FROM analyses WHERE name = '{lesson}' AND state <> 'due'");
            while number(&desk.url, &begun) == Some(0) && child.try_wait().unwrap().is_none() {}
            child.kill().unwrap();
            child.wait().unwrap();
            desk.run(&["analyze"]).expect(0);
            assert_same(&dump, &drawn(&desk), &format!("killed within {lesson}"));
        }
        // Killed between two transactions of one of them: some findings are written, the others are not.
        let half = |table: &str, key: &str| format!("DELETE FROM {table} WHERE {key} < 'e'");
        let mut killed = vec!["UPDATE analyses SET state = 'running' WHERE name = 'features'".to_owned()];
        killed.extend([
            half("campaign_variant_features", "variant_id"),
            half("variant_figures", "variant_id"),
            half("copy_patterns", "feature"),
            "DELETE FROM variant_decay".to_owned(),
        ]);
        execute(&desk.url, &killed);
        desk.run(&["analyze"]).expect(0);
        assert_same(&dump, &drawn(&desk), "killed between two transactions of one of them");
        desk.run(&["report", "variants", "--from", "2026-10-01"]).expect(2);
        dumps.push(dump);
        dumps.push(a_day_later_it_is_as_from_nothing(&desk));
    }
    for (place, dump) in dumps.iter().enumerate() {
        assert_same(&dumps[place % 2], dump, "another database");
    }
}

fn forget_findings(desk: &Desk) {
    let tables = [
        "campaign_counts",
        "campaign_variant_features",
        "variant_figures",
        "variant_priors",
        "copy_patterns",
        "variant_decay",
        "deliverability_alerts",
    ];
    let mut anew: Vec<String> = tables.iter().map(|table| format!("DELETE FROM {table}")).collect();
    anew.push("UPDATE analyses SET state = 'due'".to_owned());
    anew.push("UPDATE email_activities SET classified_by = NULL, reply_category = NULL".to_owned());
    execute(&desk.url, &anew);
}

/// A day on which mails go out and are answered, a text changes, and what was told of a campaign goes.
fn a_day_later_it_is_as_from_nothing(desk: &Desk) -> String {
    let mut day = Account { mails: 100_000, ..Account::default() };
    day.mails("c0", "c0-true-true", date(2026, 10, 5), 60, 9);
    day.mails("old", "steady-1", date(2026, 10, 12), 20, 1);
    day.statements.push(
        "UPDATE campaign_variants SET subject_line = 'Plans!' WHERE external_id = 'c1-true-false'".to_owned(),
    );
    day.statements.push("DELETE FROM email_activities WHERE campaign_id = 'c7'".to_owned());
    day.write(&desk.url);
    desk.run(&["analyze"]).expect(0);
    let later = drawn(desk);
    assert!(!later.contains("variant_figures 1 variant_id=\"c7-"), "{later}");
    forget_findings(desk);
    desk.run(&["analyze"]).expect(0);
    assert_same(&later, &drawn(desk), "drawn from nothing");
    later
}

/// Whatever writes to events, and whoever's word it is: what is counted then is what a count from nothing comes to. What nobody
/// wrote to is not counted again. What is posted needs no sync to be sorted.
#[test]
fn what_changes_is_counted_again_and_nothing_else() {
    let twin = start(Options { campaigns: 3, mails_per_campaign: Some(60), ..Options::default() });
    let mut dumps = Vec::new();
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["source", "set", "acme", "backfill_days=400"]).expect(0);
        desk.run(&["sync"]).expect(0);
        let writer = bearer(&desk.run(&["token", "create", "reviews", "--scope", "write"]).expect(0).out);
        let address = target(&desk, "acme", &[]);
        let counted = |deed: &str| {
            desk.run(&["analyze", "patterns", "decay"]).expect(0);
            let found = findings(&desk);
            execute(&desk.url, &["DELETE FROM campaign_counts".to_owned()]);
            desk.run(&["analyze", "patterns", "decay"]).expect(0);
            assert_same(&findings(&desk), &found, &format!("{engine:?}, {deed}"));
            found
        };
        let mut before = counted("synced");
        let mut is_counted_anew = |deed: &str| {
            let now = counted(deed);
            assert!(now != before, "{engine:?}, {deed}");
            before = now;
        };

        let server = Server::start(&desk);
        let replies = || get(&server, "/api/v1/replies?limit=500", &writer).body["data"].clone();
        let campaign = replies()[0]["campaign_id"].as_str().unwrap().to_owned();
        let posted = |lead: usize| {
            let mut body = reply("EMAIL_REPLY", lead, "Re: plan", "Sounds good, send me your prices.");
            body["campaign_id"] = campaign.parse::<i64>().unwrap().into();
            body.to_string().into_bytes()
        };
        assert_eq!(server.post(&address, &posted(1)).status, 200);
        let ours = || with(&replies(), &[("body_plain", "Sounds good, send me your prices.")]);
        until("what was posted is sorted without a sync", || ours()["reply_category"] == "interested");
        is_counted_anew("a reply is posted");
        // One of which the template is known.
        let lines = replies();
        let known = lines.as_array().unwrap().iter().find(|line| line["variant_id"].is_string()).unwrap();
        let key = known["event_key"]
            .as_str()
            .unwrap()
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<String>();
        let of = known["campaign_id"].as_str().unwrap();
        let path = format!("/api/v1/campaigns/acme/{of}/replies/{key}/correction");
        let answered = || {
            let lines = get(&server, "/api/v1/variants?limit=500", &writer).body["data"].clone();
            with(&lines, &[("variant_id", known["variant_id"].as_str().unwrap())])["replied"].clone()
        };
        let (before, absent) = (answered(), json!({"reply_category": "out_of_office"}));
        assert_eq!(ask(&server, "POST", &path, &writer, &absent).status, 200);
        until("what a person said is counted by itself", || answered() != before);
        is_counted_anew("a person says what it is");
        assert_eq!(ask(&server, "DELETE", &path, &writer, &Value::Null).status, 200);
        is_counted_anew("a person takes that back");
        server.stop().expect(0);
        desk.run(&["source", "set", "acme", "--time-zone", "Pacific/Kiritimati"]).expect(0);
        is_counted_anew("another time zone");
        desk.run(&["forget", "lead1@firm.test"]).expect(0);
        counted("somebody is forgotten");
        desk.run(&["replay"]).expect(0);
        counted("gone through once more");

        // Of all campaigns something else is noted than they came to, and one is written to.
        execute(&desk.url, &["UPDATE campaign_counts SET templates = '{}'".to_owned()]);
        let server = Server::start(&desk);
        assert_eq!(server.post(&address, &posted(2)).status, 200);
        server.stop().expect(0);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        desk.run(&["analyze", "patterns"]).expect(0);
        let figures = findings(&desk);
        let mut figures = figures.lines().filter(|line| line.starts_with("variant_figures ")).peekable();
        assert!(figures.peek().is_some());
        assert!(figures.all(|line| line.contains(&format!("campaign_id=\"{campaign}\""))), "{engine:?}");
        execute(&desk.url, &["DELETE FROM campaign_counts".to_owned()]);
        dumps.push(counted("at the end"));
    }
    for dump in &dumps {
        assert_same(&dumps[0], dump, "another database");
    }
}

#[test]
fn a_sync_draws_them_by_itself() {
    let twin = twin(Dialect::Live, 4);
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["sync"]).expect(0);
        let features =
            findings(&desk).lines().filter(|line| line.starts_with("campaign_variant_features")).count();
        let templates = desk.dump().lines().filter(|line| line.starts_with("campaign_variants ")).count();
        assert!(features > 0 && features == templates, "{features} of {templates}");
        let again = desk.run(&["analyze", "--json"]).expect(0).json();
        assert!(again.as_array().unwrap().iter().all(|one| one["changed"] == 0), "{again}");
    }
}

/// A reply under one of two names, so that it can be told twice.
pub(crate) fn reply(name: &str, lead: usize, subject: &str, text: &str) -> Value {
    json!({"event_type": name, "campaign_id": 1, "stats_id": format!("s-{lead}"), "sequence_number": 1,
        "sl_email_lead_id": 70_000 + lead, "to_email": format!("lead{lead}@firm.test"), "from_email": "sal@post.test",
        "time_replied": "2026-11-01T10:00:00Z", "subject": subject,
        "reply_message": {"message_id": format!("<r-{lead}@firm.test>"), "text": text}})
}

pub(crate) fn post(desk: &Desk, deliveries: &[Value]) {
    let address = target(desk, "acme", &[]);
    let server = Server::start(desk);
    for body in deliveries {
        assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
    }
    server.stop().expect(0);
    // What the server had no time for is understood by whoever comes next.
    desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
}

#[test]
fn replies_are_sorted_and_the_service_has_the_last_word() {
    let twin = twin(Dialect::Live, 1);
    let told = [
        ("Re: plan", "STOP", "unsubscribe"),
        (
            "Re: plan",
            "Bitte nehmen Sie mich aus dem Verteiler.\n\nAm 1.11.2026 schrieb Sal <sal@post.test>:\n> Hallo",
            "unsubscribe",
        ),
        ("Automatic reply: plan", "I am out of the office until 14 November.", "out_of_office"),
        ("Re: plan", "Je suis absent du bureau jusqu'au 12 novembre.", "out_of_office"),
        ("Undeliverable: plan", "550 no such user", "neutral"),
    ];
    let mut dumps = Vec::new();
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        let one = |(lead, (subject, text, _)): (usize, &(&str, &str, &str))| {
            reply("EMAIL_REPLY", lead, subject, text)
        };
        post(&desk, &told.iter().enumerate().map(one).collect::<Vec<_>>());
        let figures = desk.dump();
        desk.run(&["analyze", "replies"]).expect(0);
        assert_same(&figures, &desk.dump(), "what we make of replies is in no figure of the service's");
        let of = |category: &str| {
            let report = desk.run(&["report", "replies", "--json"]).expect(0).json();
            with(&report, &[("reply_category", category)])
        };
        for category in ["unsubscribe", "out_of_office", "neutral"] {
            let planted = told.iter().filter(|(.., planted)| *planted == category).count();
            assert_eq!(of(category)["replies"], planted, "{category}");
        }
        let found = findings(&desk);
        assert!(found.contains("\"2026-11-14\"") && found.contains("\"2026-11-12\""), "{found}");
        let again = desk.run(&["analyze", "replies", "--json"]).expect(0).json();
        assert_eq!(again[0]["changed"], 0, "{again}");

        let mut sorted = reply("REPLY", 0, "Re: plan", "STOP");
        sorted["reply_category"] = json!(1);
        post(&desk, &[sorted]);
        desk.run(&["analyze", "replies"]).expect(0);
        assert_eq!(of("interested")["told"], 1);
        assert_eq!(of("unsubscribe")["replies"], 1);
        a_person_corrects(&desk);
        dumps.push(findings(&desk));
    }
    for dump in &dumps {
        assert_same(&dumps[0], dump, "another database");
    }

    let lines = "{\"text\": \"Please take me off your list\"}\n{\"text\": 1}\n\
                 {\"text\": \"Received\", \"headers\": {\"Auto-Submitted\": \"auto-replied\"}}\n";
    let answers = Desk::new(engines()[0]).run_with(&["classify"], lines).expect(1).out;
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["reply_category"], "unsubscribe");
    assert!(answers[1]["error"].is_string());
    assert_eq!(answers[2]["reply_category"], "out_of_office");
}

/// A person's word stands over the service's and ours, through a replay and another telling of the reply.
fn a_person_corrects(desk: &Desk) {
    let writer = bearer(&desk.run(&["token", "create", "reviews", "--scope", "write"]).expect(0).out);
    let server = Server::start(desk);
    let told = |query: &str| get(&server, &format!("/api/v1/replies?{query}"), &writer).body["data"].clone();
    let of_service = told("intent=interested&method=service");
    let of_rule = told("intent=out_of_office&method=rules&needs_review=false");
    let correct = |reply: &Value, category: &str| {
        let key = reply["event_key"].as_str().unwrap().bytes().map(|byte| format!("%{byte:02x}"));
        let path = format!("/api/v1/campaigns/acme/1/replies/{}/correction", key.collect::<String>());
        ask(&server, "POST", &path, &writer, &json!({"reply_category": category}))
    };
    assert_eq!(correct(&of_rule[0], "angry").status, 422);
    for (reply, category) in [(&of_service[0], "not_now"), (&of_rule[0], "question")] {
        let answer = correct(reply, category);
        assert_eq!(answer.status, 200, "{answer:?}");
        let line = &answer.body;
        assert_eq!((&line["reply_category"], &line["classified_by"]), (&json!(category), &json!("person")));
        assert_eq!(
            (&line["corrected_by"], &line["sorted_as"]),
            (&json!("reviews"), &reply["reply_category"])
        );
    }
    server.stop().expect(0);
    let figures = desk.dump();
    desk.run(&["replay"]).expect(0);
    desk.run(&["analyze"]).expect(0);
    assert_same(&figures, &desk.dump(), "the service's figures are untouched");
    // Another telling takes the place of one.
    let again =
        "UPDATE email_activities SET event_key = 'again' WHERE event = 'replied' AND body_plain = 'STOP'";
    execute(&desk.url, &[again.to_owned()]);
    desk.run(&["analyze", "replies"]).expect(0);
    let kept = desk.run(&["export", "report_corrections", "--format", "jsonl"]).expect(0).out;
    let mut kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    kept.sort_by_key(|line| line["reply_category"].to_string());
    let kept: Vec<_> =
        kept.iter().map(|line| (line["reply_category"].as_str(), line["body_plain"].as_str())).collect();
    let text = of_rule[0]["body_plain"].as_str();
    assert_eq!(kept, [(Some("not_now"), Some("STOP")), (Some("question"), text)]);
    let report = desk.run(&["report", "replies", "--json"]).expect(0).json();
    assert_eq!(with(&report, &[("reply_category", "question")])["replies"], 1, "{report}");
}

#[test]
fn alerts_open_once_and_resolve_by_themselves() {
    let twin = twin(Dialect::Live, 1);
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        let mut account = Account::default();
        let mailbox = |id: &str, smtp: &str, reputation: i64| {
            format!(
                "INSERT INTO email_accounts (source_id, external_id, from_email, is_smtp_success, smtp_failure_error, \
                 warmup_enabled, warmup_reputation) VALUES (1, '{id}', '{id}@{id}.test', {smtp}, '535', TRUE, {reputation})"
            )
        };
        account.statements.extend([
            mailbox("bad", "FALSE", 100),
            mailbox("weak", "TRUE", 70),
            mailbox("good", "TRUE", 99),
        ]);
        account.campaign("c");
        for number in 0..900 {
            let sender = if number % 3 == 0 { "bad" } else { "good" };
            account.event("c", "v", number, "sent", date(2026, 10, 30));
            if number % 3 == 0 && number < 90 || number == 100 {
                account.event("c", "v", number, "bounced", date(2026, 10, 30));
            }
            let named =
                account.events.iter_mut().rev().take(2).filter(|row| row.contains(&format!("-{number}'")));
            named.for_each(|row| {
                *row = row.replace("'webhook'", &format!("'webhook', '{sender}', '{sender}@{sender}.test'"))
            });
        }
        account.columns = ", email_account_id, from_email";
        account.write(&desk.url);
        let read_at = |at: &str| {
            let sql = format!("UPDATE data_sources SET last_sync_at = '2026-11-02T{at}:00.000000Z'");
            execute(&desk.url, &[sql]);
            desk.run(&["analyze", "alerts"]).expect(0);
            let alerts = desk.run(&["report", "alerts", "--json"]).expect(0).json();
            let alerts = alerts.as_array().unwrap().iter().map(|alert| {
                let word = |name: &str| alert[name].as_str().unwrap().to_owned();
                let is_over = if alert["resolved_at"].is_null() { "" } else { " resolved" };
                format!("{} {} {}{is_over}", word("subject_id"), word("kind"), word("level"))
            });
            let mut alerts: Vec<String> = alerts.collect();
            alerts.sort();
            alerts
        };
        let first =
            ["bad bounce_rate critical", "bad.test bounce_rate critical", "weak warmup_reputation critical"];
        assert_eq!(read_at("09:10"), first, "one failure may be a moment's trouble");
        assert_eq!(read_at("09:10"), first, "the same reading is no second failure");
        let second = [first[0], "bad smtp_failure critical", first[1], first[2]];
        assert_eq!(read_at("09:20"), second);
        // What it fails in now is another thing, and that for the first time.
        let healed = "UPDATE email_accounts SET is_smtp_success = TRUE, warmup_reputation = 95, \
                      is_imap_success = external_id <> 'bad', imap_failure_error = 'refused'";
        execute(&desk.url, &[healed.to_owned()]);
        let third = [
            first[0],
            "bad smtp_failure critical resolved",
            first[1],
            "weak warmup_reputation critical resolved",
        ];
        assert_eq!(read_at("09:30"), third);

        // What somebody takes note of, and from when on it is one at all.
        let writer = bearer(&desk.run(&["token", "create", "ops", "--scope", "write"]).expect(0).out);
        let server = Server::start(&desk);
        let standing = || {
            let alerts = get(&server, "/api/v1/alerts?standing=true&scope=mailbox", &writer).body;
            alerts["data"].as_array().unwrap().clone()
        };
        let path = format!("/api/v1/alerts/{}/acknowledgement", standing()[0]["alert_id"]);
        let noted = ask(&server, "POST", &path, &writer, &Value::Null).body;
        assert_eq!((&noted["acknowledged_by"], &noted["kind"]), (&json!("ops"), &json!("bounce_rate")));
        let id = noted["alert_id"].to_string();
        desk.run(&["alert", "acknowledge", &id]).expect(0);
        let first = get(&server, "/api/v1/alerts?acknowledged=true", &writer).body["data"].clone();
        assert_eq!(first, json!([noted]), "whoever was first stays");
        assert_eq!(ask(&server, "DELETE", &path, &writer, &Value::Null).body["acknowledged_by"], Value::Null);
        let set = |thresholds: Value| {
            ask(&server, "PATCH", "/api/v1/thresholds", &writer, &json!({"thresholds": thresholds})).status
        };
        for wrong in [json!({"bounces": 1}), json!({"bounce_rate_warning": 0.5}), json!({"least_sent": 0})] {
            assert_eq!(set(wrong.clone()), 422, "{wrong}");
        }
        assert_eq!(set(json!({"bounce_rate_critical": 0.9, "bounce_rate_warning": 0.8})), 200);
        server.stop().expect(0);
        let left: Vec<String> =
            read_at("09:40").into_iter().filter(|alert| !alert.ends_with("resolved")).collect();
        assert_eq!(left, ["bad imap_failure critical"], "the second time in a row");
    }
}
