//! Figures of a period: what the days hold, no more and no less, and said where they do not hold all.

use atlas_model::{Period, wilson};
use atlas_store::{CampaignOrder, Filter, Store};
use atlas_twin::{CampaignFigures, DayFigures, DaySeries, Dialect, Options, Twin};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::syncs::sync;
use crate::world::{Desk, Engine, block_on, engines, execute, number, start, twin};

type OfDay = fn(&DayFigures) -> u64;

const FIGURES: [(&str, &str, OfDay); 3] = [
    ("total_sent", "emails_sent", |day| day.sent),
    ("total_replied", "emails_replied", |day| day.replied),
    ("total_bounced", "emails_bounced", |day| day.bounced),
];

fn truth(campaign: &CampaignFigures, from: Date, to: Date, of: OfDay) -> u64 {
    campaign.days.iter().filter(|day| (from..=to).contains(&day.date)).map(of).sum()
}

fn report(desk: &Desk, what: &str, from: Date, to: Date) -> Value {
    let (from, to) = (from.to_string(), to.to_string());
    desk.run(&["report", what, "--from", &from, "--to", &to, "--json"]).expect(0).json()
}

fn sum(lines: &Value, name: &str) -> i64 {
    lines.as_array().unwrap().iter().filter_map(|line| line[name].as_i64()).sum()
}

/// The first five campaigns in an order.
fn ranked(desk: &Desk, from: Date, to: Date, order: CampaignOrder) -> Vec<String> {
    let filter = Filter { period: Some(Period { from, to }), ..Filter::default() };
    let lines = block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let lines = store.report_first_campaigns(&filter, order, Some(5)).await.unwrap();
        store.close().await;
        lines
    });
    lines.into_iter().map(|line| line.campaign_id).collect()
}

fn by_hand_ranked(campaigns: &Value, order: CampaignOrder) -> Vec<String> {
    let mut all: Vec<(f64, &str)> = Vec::new();
    for line in campaigns.as_array().unwrap() {
        let part = |name: &str| line[format!("reply_rate_{name}")].as_i64();
        let parts = part("numerator").zip(part("denominator")).filter(|(_, sent)| *sent >= 100);
        let rate = parts.and_then(|(hits, sent)| wilson(hits, sent));
        let place = rate.map_or(f64::INFINITY, |rate| match order {
            CampaignOrder::BestReplyRate => -rate.low,
            _ => rate.high,
        });
        all.push((place, line["campaign_id"].as_str().unwrap()));
    }
    all.sort_by(|one, two| one.0.total_cmp(&two.0).then(one.1.cmp(two.1)));
    all.into_iter().take(5).map(|(_, id)| id.to_owned()).collect()
}

#[test]
fn a_period_is_the_sum_of_its_days() {
    for engine in engines() {
        for dialect in [Dialect::Requirement, Dialect::Live] {
            let day_series = DaySeries::Filtered;
            let twin = start(Options { dialect, day_series, campaigns: 40, ..Options::default() });
            let desk = Desk::with_source(engine, &twin);
            desk.run(&["source", "set", "acme", "backfill_days=600"]).expect(0);
            sync(&desk);
            let account = twin.account();
            let today = account.today;
            let spans =
                [(today - 29.days(), today), (today - 200.days(), today - 100.days()), (today, today)];
            for (from, to) in spans {
                let what = format!("{engine:?} {dialect:?} {from} to {to}");
                let campaigns = report(&desk, "campaigns", from, to);
                for campaign in &account.campaigns {
                    let id = campaign.id.to_string();
                    let lines = campaigns.as_array().unwrap();
                    let line = lines.iter().find(|line| line["campaign_id"] == id.as_str()).unwrap();
                    for (name, _, of) in FIGURES {
                        assert_eq!(
                            line[name].as_u64(),
                            Some(truth(campaign, from, to, of)),
                            "{what} {name}: {line}"
                        );
                        assert_eq!(line[format!("{name}_known")], 1, "{what} {name}: {line}");
                    }
                    assert_eq!(line["campaigns_not_covered"], 0, "{what}: {line}");
                    let (sent, bounced) =
                        (line["total_sent"].as_f64().unwrap(), line["total_bounced"].as_f64().unwrap());
                    let rate =
                        (sent > bounced).then(|| line["total_replied"].as_f64().unwrap() / (sent - bounced));
                    assert_eq!(line["reply_rate"].as_f64(), rate, "{what}: {line}");
                }
                for order in [CampaignOrder::BestReplyRate, CampaignOrder::WorstReplyRate] {
                    assert_eq!(
                        ranked(&desk, from, to, order),
                        by_hand_ranked(&campaigns, order),
                        "{what} {order:?}"
                    );
                }
                // Campaigns, clients, sources and the total are sums of the same days.
                let (clients, overview) =
                    (report(&desk, "clients", from, to), report(&desk, "overview", from, to));
                for (name, column, of) in FIGURES {
                    let expected =
                        account.campaigns.iter().map(|campaign| truth(campaign, from, to, of)).sum::<u64>();
                    let expected = i64::try_from(expected).unwrap();
                    let by_hand = format!(
                        "SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM daily_metrics \
                         WHERE date >= '{from}' AND date <= '{to}'"
                    );
                    assert_eq!(number(&desk.url, &by_hand), Some(expected), "{what} {name}");
                    assert_eq!(sum(&campaigns, name), expected, "{what} {name}");
                    assert_eq!(sum(&clients, name), expected, "{what} {name}");
                    assert_eq!(sum(&overview["sources"], name), expected, "{what} {name}");
                    assert_eq!(overview["total"][name], expected, "{what} {name}");
                    assert_eq!(
                        overview["total"][format!("{name}_known")],
                        account.campaigns.len(),
                        "{what} {name}"
                    );
                }
                for part in ["numerator", "denominator"].map(|part| format!("reply_rate_{part}")) {
                    assert_eq!(
                        sum(&campaigns, &part),
                        overview["total"][&part].as_i64().unwrap(),
                        "{what} {part}"
                    );
                }
            }
            // All days together are the lifetime, where the service counts e-mails.
            let all = report(&desk, "overview", "2020-01-01".parse().unwrap(), today);
            let lifetime = desk.run(&["report", "--json"]).expect(0).json();
            assert_eq!(all["total"]["total_sent"], lifetime["total"]["total_sent"]);
            assert_eq!(lifetime["period"], Value::Null);
        }
    }
}

/// An account whose campaigns are older than the days that are read.
fn old_account(engine: Engine) -> (Twin, Desk) {
    let twin = start(Options { dialect: Dialect::Requirement, campaigns: 40, ..Options::default() });
    let desk = Desk::with_source(engine, &twin);
    desk.run(&["source", "set", "acme", "backfill_days=29"]).expect(0);
    sync(&desk);
    (twin, desk)
}

#[test]
fn a_period_says_what_its_days_do_not_know() {
    for engine in engines() {
        let (twin, desk) = old_account(engine);
        let account = twin.account();
        let (from, to) = (account.today - 400.days(), account.today);
        let campaigns = report(&desk, "campaigns", from, to);
        let mut cut_off = 0;
        for campaign in &account.campaigns {
            let id = campaign.id.to_string();
            let line =
                campaigns.as_array().unwrap().iter().find(|line| line["campaign_id"] == id.as_str()).unwrap();
            let older = campaign.days.iter().any(|day| day.sent > 0 && day.date < account.today - 28.days());
            cut_off += i64::from(older);
            assert_eq!(line["total_sent_known"], i64::from(!older), "{engine:?}: {line}");
            let read = truth(campaign, account.today - 28.days(), to, |day| day.sent);
            let is_nothing_known = older && read == 0;
            assert_eq!(
                line["total_sent"].as_u64(),
                (!is_nothing_known).then_some(read),
                "unknown is not 0: {line}"
            );
        }
        assert!(cut_off > 0);
        let total = report(&desk, "overview", from, to)["total"].clone();
        assert_eq!(total["campaigns_not_covered"], cut_off);
        let coming = report(&desk, "overview", to + 400.days(), to + 430.days())["total"].clone();
        assert_eq!(
            (&coming["total_sent"], &coming["total_sent_known"]),
            (&Value::Null, &Value::from(0)),
            "what has not been yet is unknown, not 0: {coming}"
        );
        let (from, to) = (from.to_string(), to.to_string());
        let shown = desk.run(&["report", "overview", "--from", &from, "--to", &to]).expect(0);
        assert!(shown.out.contains("≥ "), "{}", shown.out);
        assert!(shown.err.contains("reaches before the stored days"), "{}", shown.err);
        let inside = (account.today - 20.days()).to_string();
        let shown = desk.run(&["report", "overview", "--from", &inside]).expect(0);
        assert!(
            !shown.out.contains('≥') && !shown.err.contains("before the stored"),
            "{}\n{}",
            shown.out,
            shown.err
        );

        // A day that does not know its bounces, and one that is estimated.
        let busiest = report(&desk, "campaigns", inside.parse().unwrap(), account.today)[0].clone();
        let id = busiest["campaign_id"].as_str().unwrap();
        let first = format!(
            "(SELECT MIN(date) FROM daily_metrics WHERE campaign_id = '{id}' AND date >= '{inside}')"
        );
        let holes = ["emails_bounced = NULL", "is_estimated = true"].map(|hole| {
            format!("UPDATE daily_metrics SET {hole} WHERE campaign_id = '{id}' AND date = {first}")
        });
        let sent =
            format!("SELECT emails_sent FROM daily_metrics WHERE campaign_id = '{id}' AND date = {first}");
        let lost = number(&desk.url, &sent).unwrap();
        execute(&desk.url, &holes);
        // What was added up before is noticed, and added up anew when it is not what this program added up.
        let done = desk.run(&["db", "check"]).expect(1);
        assert!(
            done.out.contains("FAIL  added-up figures") && done.out.contains("campaign_months"),
            "{}",
            done.out
        );
        execute(&desk.url, &["UPDATE serials SET last = 0 WHERE name = 'rollups'".to_owned()]);
        desk.run(&["db", "check"]).expect(0);
        let line = report(&desk, "campaigns", inside.parse().unwrap(), account.today)[0].clone();
        assert_eq!(
            (&line["total_sent"], &line["total_sent_known"]),
            (&busiest["total_sent"], &Value::from(1))
        );
        assert_eq!(
            (&line["total_bounced_known"], &line["total_delivered_known"]),
            (&Value::from(0), &Value::from(0))
        );
        let below = |line: &Value| line["bounce_rate_denominator"].as_i64().unwrap();
        assert_eq!(
            below(&line),
            below(&busiest) - lost,
            "numerator and denominator are of the same days: {line}"
        );
        assert_eq!(line["days_estimated"], 1);
        let shown = desk.run(&["report", "campaign", id, "--from", &inside]).expect(0);
        assert!(shown.out.contains("≥ ~ ") && shown.err.contains("~: 1 of"), "{}\n{}", shown.out, shown.err);

        for wrong in [
            ["--from", "2026-10-32"],
            ["--from", "yesterday"],
            ["--to", "12"],
            ["--from", "2026-11-01T00:00"],
        ] {
            let done = desk.run(&[&["report", "campaigns"][..], &wrong].concat()).expect(2);
            assert!(done.err.contains("is no day") && done.err.contains("hint: "), "{}", done.err);
        }
        let done = desk.run(&["report", "--from", "2026-10-02", "--to", "2026-10-01"]).expect(2);
        assert!(done.err.contains("is after"), "{}", done.err);
    }
}

#[test]
fn one_campaign_with_everything_that_is_stored_of_it() {
    for engine in engines() {
        let twin =
            start(Options { dialect: Dialect::Live, campaigns: 40, quirks: true, ..Options::default() });
        let desk = Desk::with_source(engine, &twin);
        sync(&desk);
        let account = twin.account();
        let even = account.campaigns.iter().filter(|campaign| campaign.quirk.is_none());
        let campaign = even.max_by_key(|campaign| (campaign.sent, campaign.id)).unwrap();
        let id = campaign.id.to_string();
        let whole = desk.run(&["report", "campaign", &id, "--json"]).expect(0).json();
        assert_eq!(whole["campaign"]["total_sent"], campaign.sent);
        assert_eq!(whole["lead_states"]["total_leads"].as_u64(), Some(campaign.leads.total), "{whole}");
        assert!(
            whole["days"].as_array().unwrap().len() > 5 && !whole["steps"].as_array().unwrap().is_empty()
        );
        let shown = desk.run(&["report", "campaign", &id]).expect(0).out;
        let subject = whole["steps"][0]["subject_line"].as_str().unwrap();
        for text in [campaign.name.as_str(), "Leads on", "in progress", subject, "▁", "█"] {
            assert!(shown.contains(text), "{text} in {shown}");
        }
        // CSV tells every value that JSON tells.
        let csv = desk.run(&["report", "campaign", &id, "--format", "csv"]).expect(0).out;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows = reader.records().map(Result::unwrap).count();
        let fields = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
        let lists = ["steps", "days", "problems"]
            .map(|part| whole[part].as_array().unwrap().iter().map(fields).sum::<usize>());
        assert_eq!(
            rows,
            fields(&whole["campaign"]) + fields(&whole["lead_states"]) + lists.iter().sum::<usize>()
        );

        // Its problems are its own.
        let odd = account
            .campaigns
            .iter()
            .find(|campaign| campaign.quirk == Some(atlas_twin::Quirk::NoBounceCount))
            .unwrap();
        let problems =
            |id: &str| desk.run(&["report", "campaign", id, "--json"]).expect(0).json()["problems"].clone();
        assert!(problems(&odd.id.to_string()).to_string().contains("bounce_count"));
        assert_eq!(problems(&id), Value::Array(Vec::new()));

        // By name: a part that only one has, and one that many have.
        let found =
            desk.run(&["report", "campaign", &campaign.name.to_uppercase(), "--json"]).expect(0).json();
        assert_eq!(found["campaign"]["campaign_id"], id.as_str());
        let many = desk.run(&["report", "campaign", "e"]).expect(2);
        assert!(many.err.contains("fits ") && many.err.contains("client "), "{}", many.err);
        assert!(
            desk.run(&["report", "campaign", "no such name"]).expect(2).err.contains("there is no campaign")
        );
        desk.run(&["report", "campaign"]).expect(2);
        desk.run(&["report", "campaigns", "7"]).expect(2);
    }
}

#[test]
fn sources_are_chosen_by_client() {
    let (one, other) = (twin(Dialect::Requirement, 5), twin(Dialect::Requirement, 5));
    let desk = Desk::new(Engine::Sqlite);
    desk.add_source(&one, &["--set", "pace=off", "--no-test", "--client", "Acme"]).expect(0);
    let (origin, more) =
        (other.origin(), ["--no-test", "--api-key-stdin", "--set", "pace=off", "--client", "Umbrella"]);
    let add = ["source", "add", "smartlead", "--name", "bravo", "--base-url", &origin];
    desk.run_with(&[&add[..], &more[..]].concat(), "twin-key\n").expect(0);

    desk.run(&["sync", "--client", "umbrella"]).expect(0);
    assert!(one.requests().is_empty() && !other.requests().is_empty(), "one client's source alone");
    let names = |args: &[&str]| -> Vec<String> {
        let lines = desk.run(args).expect(0).json();
        let name = |line: &Value| line["source"].as_str().or(line["name"].as_str()).unwrap().to_owned();
        lines.as_array().unwrap().iter().map(name).collect()
    };
    for command in [&["status"][..], &["source", "list"], &["replay"]] {
        assert_eq!(names(&[command, &["--client", "Umbrella", "--json"]].concat()), ["bravo"], "{command:?}");
        assert_eq!(names(&[command, &["--json"]].concat()), ["acme", "bravo"], "{command:?}");
    }
    let shown = desk.run(&["source", "show", "--client", "Acme", "--json"]).expect(0).json();
    assert_eq!(shown["name"], "acme");
    let verified = desk.run(&["mapping", "verify", "--client", "Acme", "--json"]).expect(0).json();
    assert_eq!(verified.as_array().unwrap().len(), 1);
    desk.run(&["status", "acme", "--client", "Umbrella"]).expect(2);
    desk.run(&["source", "show"]).expect(2);
    for command in [&["sync"][..], &["status"], &["report", "clients"]] {
        let done = desk.run(&[command, &["--client", "Nobody"]].concat()).expect(2);
        assert!(
            done.err.contains("no client named 'Nobody'") && done.err.contains("Umbrella"),
            "{}",
            done.err
        );
    }
}
