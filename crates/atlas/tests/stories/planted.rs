//! Lessons that lie in the twin's account, all the way: synced and posted, drawn, and read as people read them.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{Options, Planted, Trouble, Twin};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::back_fill::deliver;
use crate::lessons::{findings, with};
use crate::syncs::sync;
use crate::world::{Desk, MORNING, assert_same, engines, soak, start};

/// What the service posts, by the name of the event, since a time.
fn posted(twin: &Twin, names: &[&str], since: Timestamp) -> Vec<Value> {
    let campaigns = twin.account().campaigns;
    let all = campaigns.iter().flat_map(|campaign| twin.posted(campaign.id));
    let is_meant = |(at, body): &(Timestamp, Value)| {
        *at >= since && names.iter().any(|name| body["event_type"] == *name)
    };
    let mut posted: Vec<_> = all.filter(is_meant).collect();
    posted.sort_by_key(|(at, _)| *at);
    posted.into_iter().map(|(_, body)| body).collect()
}

/// Replies and the last week's mails are posted, the rest is asked for.
fn fill(desk: &Desk, twin: &Twin) {
    desk.run(&["source", "set", "acme", "backfill_days=120"]).expect(0);
    deliver(desk, &posted(twin, &["EMAIL_REPLY"], Timestamp::UNIX_EPOCH));
    assert_eq!(sync(desk)["problems"], 0);
    // By now the mailboxes are known.
    let morning: Timestamp = MORNING.parse().unwrap();
    deliver(desk, &posted(twin, &["EMAIL_SENT", "EMAIL_BOUNCE"], morning - (7 * 24).hours()));
    // A mailbox that fails once may be in a moment's trouble.
    sync(desk);
    desk.run(&["analyze"]).expect(0);
}

#[test]
fn what_lies_in_an_account_is_found_and_nothing_else() {
    let seed = soak("ATLAS_SOAK_LESSONS_SEED", 3);
    let twin = start(Options { seed, campaigns: 0, lessons: true, ..Options::default() });
    let planted = twin.planted().unwrap();
    let mut dumps = Vec::new();
    for engine in engines() {
        let desk = Desk::with_source(engine, &twin);
        fill(&desk, &twin);
        the_question_is_found_and_the_postscript_is_not(&desk, &planted);
        what_fades_is_told_from_what_does_not(&desk, &planted);
        each_trouble_is_an_alert(&desk, &twin, &planted);
        replies_are_known(&desk, &planted);
        let again = desk.run(&["analyze", "--json"]).expect(0).json();
        assert!(again.as_array().unwrap().iter().all(|one| one["changed"] == 0), "{again}");
        dumps.push(findings(&desk));
    }
    for dump in &dumps {
        assert_same(&dumps[0], dump, "another database");
    }
}

fn the_question_is_found_and_the_postscript_is_not(desk: &Desk, planted: &Planted) {
    let patterns = desk.run(&["report", "patterns", "--json"]).expect(0).json();
    let of = |feature| with(&patterns, &[("scope", "all"), ("feature", feature), ("level", "true")]);
    let question = of("subject_is_question");
    assert_eq!(question["verdict"], "better", "{question}");
    let number = |line: &Value, name: &str| line[name].as_f64().unwrap();
    let (low, high) = (number(&question, "odds_ratio_low"), number(&question, "odds_ratio_high"));
    assert!(low < planted.question_lift && planted.question_lift < high, "{question}");
    // Told without its campaigns the postscript looks as good as the question.
    let postscript = of("has_postscript");
    let rate = |side: &str| {
        number(&postscript, &format!("replied_{side}")) / number(&postscript, &format!("delivered_{side}"))
    };
    assert!(rate("with") / rate("without") > 1.2, "{postscript}");
    for line in patterns.as_array().unwrap() {
        let is_found = ["verdict", "positive_verdict"]
            .iter()
            .any(|name| ["better", "worse"].map(Value::from).contains(&line[*name]));
        assert!(line["feature"] == "subject_is_question" || !is_found, "{line}");
    }
}

fn what_fades_is_told_from_what_does_not(desk: &Desk, planted: &Planted) {
    let variants = desk.run(&["report", "variants", "--json"]).expect(0).json();
    let mut steady = 0;
    for line in variants.as_array().unwrap() {
        let ends_with = |id: u64| line["variant_id"].as_str().unwrap().ends_with(&format!(":{id}"));
        if ends_with(planted.fading.variant_id) {
            let number = |name: &str| line[name].as_f64();
            let (low, high) = (number("half_life_low").unwrap(), number("half_life_high").unwrap());
            assert!(["declining", "exhausted"].map(Value::from).contains(&line["decay_status"]), "{line}");
            assert!(low < planted.fading.half_life_weeks && planted.fading.half_life_weeks < high, "{line}");
            assert!(low > 3.0 && high < 15.0, "{line}");
            continue;
        }
        assert!(["stable", "insufficient_data"].map(Value::from).contains(&line["decay_status"]), "{line}");
        steady +=
            usize::from(planted.steady.iter().any(|id| ends_with(*id)) && line["decay_status"] == "stable");
    }
    assert_eq!(steady, planted.steady.len());
}

fn each_trouble_is_an_alert(desk: &Desk, twin: &Twin, planted: &Planted) {
    let mailboxes = twin.account().mailboxes;
    let mut wanted = BTreeSet::new();
    for (address, trouble) in &planted.troubles {
        let id = mailboxes.iter().find(|one| one.address == *address).unwrap().id.to_string();
        let domain = address.rsplit('@').next().unwrap().to_owned();
        let mut want = |subject: String, kind: &str| wanted.insert(format!("{subject} {kind}"));
        match trouble {
            Trouble::Smtp => _ = want(id, "smtp_failure"),
            Trouble::Imap => _ = want(id, "imap_failure"),
            Trouble::Spam => _ = (want(id.clone(), "spam_share"), want(id, "warmup_reputation")),
            Trouble::Bounces => {
                for subject in [id, domain, planted.bouncing_campaign.to_string()] {
                    want(subject, "bounce_rate");
                }
            }
        }
    }
    let alerts = desk.run(&["report", "alerts", "--json"]).expect(0).json();
    // The campaign whose copy wears off falls indeed, in some weeks loudly enough to be told.
    let wears_off = planted.fading.campaign_id.to_string();
    let is_wearing_off =
        |alert: &&Value| alert["kind"] == "reply_rate_falling" && alert["subject_id"] == wears_off;
    let found: BTreeSet<String> = alerts
        .as_array()
        .unwrap()
        .iter()
        .filter(|alert| !is_wearing_off(alert))
        .inspect(|alert| {
            assert_eq!((&alert["level"], &alert["resolved_at"]), (&json!("critical"), &Value::Null))
        })
        .map(|alert| format!("{} {}", alert["subject_id"].as_str().unwrap(), alert["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(found, wanted);
    let clients: BTreeSet<&str> =
        alerts.as_array().unwrap().iter().filter_map(|alert| alert["client_name"].as_str()).collect();
    assert!(clients.len() > 1, "{alerts}");
    for client in clients {
        let theirs = desk.run(&["report", "alerts", "--client", client, "--json"]).expect(0).json();
        let wanted = alerts.as_array().unwrap().iter().filter(|alert| alert["client_name"] == client);
        assert_eq!(theirs, wanted.cloned().collect::<Value>(), "{client}");
    }
}

/// What is promised of replies: of nine classes, and of those that no person looks at.
fn replies_are_known(desk: &Desk, planted: &Planted) {
    assert!(planted.replies.len() >= 2000, "{}", planted.replies.len());
    let told = desk.run(&["export", "email_activities", "--format", "jsonl"]).expect(0).out;
    let told = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: BTreeMap<String, (String, bool)> = told
        .filter(|row| row["event"] == "replied")
        .map(|row| {
            let word = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{row}")).to_owned();
            (word("message_id"), (word("reply_category"), row["needs_review"] == true))
        })
        .collect();
    assert_eq!(told.len(), planted.replies.len());
    let classes: BTreeSet<&str> = planted.replies.iter().map(|reply| reply.intent).collect();
    let pairs: Vec<(&str, &str, bool)> = planted
        .replies
        .iter()
        .map(|reply| {
            let (category, needs_review) = &told[&reply.message_id];
            (reply.intent, category.as_str(), *needs_review)
        })
        .collect();
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    let count = |is: &dyn Fn(&(&str, &str, bool)) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let f1 = classes.iter().map(|class| {
        let hits = count(&|pair| pair.0 == *class && pair.1 == *class);
        let (taken, are) = (count(&|pair| pair.1 == *class), count(&|pair| pair.0 == *class));
        eprintln!("{class}: precision {:.3}, recall {:.3} of {are}", share(hits, taken), share(hits, are));
        share(2 * hits, are + taken)
    });
    let macro_f1 = f1.sum::<f64>() / classes.len() as f64;
    let sure = count(&|pair| !pair.2);
    let right = share(count(&|pair| !pair.2 && pair.0 == pair.1), sure);
    eprintln!(
        "macro-F1 {macro_f1:.3}; {:.3} need no review, {right:.3} of them are right",
        share(sure, pairs.len())
    );
    assert!(macro_f1 >= 0.86 && right >= 0.95 && share(sure, pairs.len()) >= 0.75);
}
