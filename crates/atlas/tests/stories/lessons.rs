//! Lessons: what was planted in an account is found, nothing else is, on both databases alike and however often.

use atlas_store::Store;
use atlas_twin::Dialect;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::Value;

use crate::world::{Desk, assert_same, block_on, engines, execute, twin};

/// Rows of an account, as statements.
#[derive(Default)]
struct Account {
    statements: Vec<String>,
    events: Vec<String>,
    mails: u32,
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
        self.events.push(format!(
            "(1, '{campaign}', '{event}-{mail}', '{event}', '{day}T10:00:00.000000Z', '{day}', 10, 'lead-{mail}', \
             '{variant}', 1, 'mail-{mail}', 'webhook', TRUE, TRUE, FALSE)"
        ));
    }

    fn write(mut self, url: &str) {
        for events in self.events.chunks(500) {
            self.statements.push(format!(
                "INSERT INTO email_activities (source_id, campaign_id, event_key, event, occurred_at, metric_date, \
                 hour_of_day, contact_id, variant_id, step_number, sent_id, via, counts_message, counts_lead, \
                 counts_positive) VALUES {}",
                events.join(", ")
            ));
        }
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

fn findings(desk: &Desk) -> String {
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let dump = store.dump_findings().await.unwrap();
        store.close().await;
        dump
    })
}

fn with(lines: &Value, pairs: &[(&str, &str)]) -> Value {
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
        let learned = desk.run(&["analyze", "--json"]).expect(0).json();
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

        let dump = findings(&desk);
        let again = desk.run(&["analyze", "--json"]).expect(0).json();
        assert!(again.as_array().unwrap().iter().all(|one| one["changed"] == 0), "{again}");
        assert_same(&dump, &findings(&desk), "drawn again");

        // A process that was killed between two transactions has written some findings, and not the others.
        let half = |table: &str, key: &str| format!("DELETE FROM {table} WHERE {key} < 'e'");
        let mut killed = vec!["UPDATE analyses SET state = 'running' WHERE name = 'features'".to_owned()];
        killed.extend([half("campaign_variant_features", "variant_id"), half("copy_patterns", "feature")]);
        killed.push("DELETE FROM variant_decay".to_owned());
        execute(&desk.url, &killed);
        desk.run(&["analyze"]).expect(0);
        assert_same(&dump, &findings(&desk), "after a kill");
        desk.run(&["report", "variants", "--from", "2026-10-01"]).expect(2);
        dumps.push(dump);
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
