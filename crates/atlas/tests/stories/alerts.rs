//! Alerts by what brings them about: each kind opens where something is wrong, tells its numbers, and is over when that is.

use std::collections::BTreeMap;

use atlas_twin::{Options, Status};
use serde_json::{Value, json};

use crate::syncs::sync;
use crate::webhooks::{Server, target};
use crate::world::{Desk, assert_same, engines, execute, start};

/// Kind and subject of each alert that stands, and its level.
type Standing = BTreeMap<(String, String), String>;

fn standing(desk: &Desk) -> Standing {
    desk.run(&["analyze", "alerts"]).expect(0);
    let alerts = desk.run(&["report", "alerts", "--json"]).expect(0).json();
    let mut standing = Standing::new();
    for alert in alerts.as_array().unwrap().iter().filter(|alert| alert["resolved_at"].is_null()) {
        let word = |name: &str| alert[name].as_str().unwrap().to_owned();
        assert!(alert["evidence"].as_object().is_some_and(|numbers| !numbers.is_empty()), "{alert}");
        assert!(!word("advice").is_empty() && word("opened_at") <= word("updated_at"), "{alert}");
        let is_new = standing.insert((word("kind"), word("subject_id")), word("level")).is_none();
        assert!(is_new, "opened twice: {alert}");
    }
    standing
}

/// What stands of these kinds, a line each.
fn of(desk: &Desk, kinds: &[&str]) -> String {
    let lines = standing(desk).into_iter().filter(|((kind, _), _)| kinds.contains(&kind.as_str()));
    lines.map(|((kind, subject), level)| format!("{kind} {subject} {level}\n")).collect()
}

/// A mail of a campaign is posted, which went out then.
fn post(desk: &Desk, campaign: u64, at: &str) {
    let address = target(desk, "acme", &[]);
    let server = Server::start(desk);
    let body = json!({"event_type": "EMAIL_SENT", "campaign_id": campaign, "stats_id": at, "sl_email_lead_id": 1,
        "to_email": "ada@firm.test", "sequence_number": 1, "time_sent": at});
    assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
    server.stop().expect(0);
    desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
}

#[test]
fn each_kind_opens_and_is_over() {
    for engine in engines() {
        let twin = start(Options { campaigns: 4, mails_per_campaign: Some(400), ..Options::default() });
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["source", "set", "acme", "backfill_days=600"]).expect(0);
        sync(&desk);
        let source = desk.run(&["source", "show", "acme", "--json"]).expect(0).json()["id"].to_string();
        let of_source = |kind: &str, level: &str| format!("{kind} {source} {level}\n");
        let set = |args: &[&str]| drop(desk.run(&[&["source", "set", "acme"], args].concat()).expect(0));

        // The key is refused, and taken again.
        desk.run_with(&["source", "set", "acme", "--api-key-stdin"], "another\n").expect(0);
        desk.run(&["sync"]).expect(4);
        assert_same(
            &of(&desk, &["credentials_refused"]),
            &of_source("credentials_refused", "critical"),
            "refused",
        );
        desk.run_with(&["source", "set", "acme", "--api-key-stdin"], "twin-key\n").expect(0);
        sync(&desk);
        assert_same(&of(&desk, &["credentials_refused"]), "", "taken again");

        // The month's calls are used up, or nearly.
        set(&["monthly_quota=1"]);
        assert_same(&of(&desk, &["quota"]), &of_source("quota", "critical"), "used up");
        set(&["monthly_quota=100000"]);
        assert_same(&of(&desk, &["quota"]), "", "enough is left");

        // No sync and no delivery for a day, then for three, while campaigns go on.
        let campaigns = twin.account().campaigns;
        let mut active = campaigns.iter().filter(|one| one.status == Status::Active).map(|one| one.id);
        let (one, other) = (active.next().unwrap(), active.next().unwrap());
        post(&desk, one, "2026-11-02T09:30:00Z");
        desk.jump(27 * 60);
        assert_same(&of(&desk, &["stale_sync"]), &of_source("stale_sync", "warning"), "a day without a sync");
        desk.jump(48 * 60);
        assert_same(&of(&desk, &["stale_sync"]), &of_source("stale_sync", "critical"), "three days");
        let both = &["stale_sync", "webhook_silence"];
        twin.advance(3);
        sync(&desk);
        assert_same(
            &of(&desk, both),
            &of_source("webhook_silence", "warning"),
            "mails go out, no delivery comes",
        );
        post(&desk, other, "2026-11-05T12:00:00Z");
        let silent = format!("webhook_silence {one} warning\n");
        assert_same(&of(&desk, both), &silent, "one has come, of another campaign");
        post(&desk, one, "2026-11-05T12:00:00Z");
        assert_same(&of(&desk, both), "", "and of this one");

        mailboxes_and_campaigns(&desk);
    }
}

/// What stands in the database is as if the service had told it; the next sync brings what it tells indeed.
fn mailboxes_and_campaigns(desk: &Desk) {
    let told = |statements: &[&str]| {
        execute(&desk.url, &statements.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let mailbox = "(SELECT MIN(external_id) FROM email_accounts)";
    let kinds = ["imap_failure", "over_limit", "smtp_failure", "spam_share", "warmup_reputation"];
    let before = of(desk, &kinds);
    told(&[&format!(
        "UPDATE email_accounts SET is_smtp_success = FALSE, smtp_failure_error = '535', is_imap_success = FALSE, \
             imap_failure_error = 'refused', message_per_day = 10, daily_sent_count = 11, warmup_enabled = TRUE, \
             warmup_reputation = 85, total_spam_count = 40, warmup_sent_count = 200 WHERE external_id = {mailbox}"
    )]);
    let once = of(desk, &kinds);
    told(&["UPDATE data_sources SET last_sync_at = '2026-11-05T21:00:00.000000Z'"]);
    let twice = of(desk, &kinds);
    let new = |now: &str, then: &str| -> Vec<String> {
        let lines = now.lines().filter(|line| !then.contains(line));
        lines.map(|line| line.split(' ').step_by(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(
        new(&once, &before),
        ["over_limit warning", "spam_share critical", "warmup_reputation warning"]
    );
    assert_eq!(
        new(&twice, &once),
        ["imap_failure critical", "smtp_failure critical"],
        "the second time in a row"
    );
    desk.run(&["source", "archive", "acme"]).expect(0);
    assert_eq!(of(desk, &kinds), "", "nobody is to act on what is put away");
    desk.run(&["source", "archive", "acme", "--undo"]).expect(0);

    // A campaign whose mails come back, whose replies fall, and of whose mails too few are held.
    let kinds = ["bounce_rate", "events_missing", "reply_rate_falling"];
    let before = of(desk, &kinds);
    let day = |date: &str, sent: u32, replied: u32, bounced: u32| {
        format!(
            "INSERT INTO daily_metrics (source_id, campaign_id, date, emails_sent, emails_replied, emails_bounced, is_estimated) \
             SELECT source_id, 'bad', '{date}', {sent}, {replied}, {bounced}, FALSE FROM campaigns WHERE external_id = 'bad'"
        )
    };
    let campaign = |id: &str, read_from: &str| {
        format!(
            "INSERT INTO campaigns (source_id, external_id, name, status, total_sent, started_at, activities_read_from, last_synced_at) \
             SELECT MIN(id), '{id}', 'Bad', 'active', 5000, '2026-10-01T08:00:00.000000Z', '{read_from}', \
             '2026-11-02T08:00:00.000000Z' FROM data_sources"
        )
    };
    told(&[
        &campaign("bad", "2026-09-01"),
        // Not all of whose mails were asked for.
        &campaign("part", "2026-10-20"),
        // Before the 28 days, the last of them, and in the week.
        &day("2026-10-01", 40_000, 0, 0),
        &day("2026-10-29", 4000, 160, 0),
        &day("2026-11-03", 1000, 10, 60),
    ]);
    let now = of(desk, &kinds);
    assert!(!now.contains(" part "), "{now}");
    let bad: String =
        now.lines().filter(|line| line.contains(" bad ")).map(|line| format!("{line}\n")).collect();
    let expected = "bounce_rate bad critical\nevents_missing bad warning\nreply_rate_falling bad warning\n";
    assert_same(&bad, expected, "a campaign in trouble");
    // Over its life 4 % bounce: the overview names it from the same threshold on.
    told(&["UPDATE campaigns SET total_bounced = 200 WHERE external_id = 'bad'"]);
    let is_named = || {
        let overview = desk.run(&["report", "overview", "--json"]).expect(0).json();
        let attention = overview["needs_attention"].as_array().unwrap().iter();
        attention.filter(|one| one["kind"] == "bouncing" && one["link"]["id"] == "bad").count() == 1
    };
    let limit = |text: &str| drop(desk.run(&["alert", "thresholds", text]).expect(0));
    assert!(is_named());
    limit("bounce_rate_critical=0.05");
    assert!(!is_named(), "nobody is to hear of it below 5 %");
    limit("bounce_rate_critical=");
    told(&[
        "UPDATE daily_metrics SET emails_bounced = 0, emails_replied = 40 WHERE campaign_id = 'bad' AND date = '2026-11-03'",
        "UPDATE campaigns SET total_sent = 0 WHERE external_id IN ('bad', 'part')",
    ]);
    assert_same(&of(desk, &kinds), &before, "out of trouble");
    let resolved = desk.run(&["report", "alerts", "--json"]).expect(0).json();
    let resolved = resolved.as_array().unwrap().iter().filter(|alert| alert["resolved_at"] != Value::Null);
    assert!(resolved.filter(|alert| alert["subject_id"] == "bad").count() == 3);
    sync(desk);
    // As on a weekend: no delivery for a day, nor a mail that one could tell of.
    desk.jump(25 * 60);
    assert_same(&of(desk, &["webhook_silence"]), "", "nothing went out");
}
