//! Figures: every report tells the same on both databases, and what is taken apart adds up again.

use std::collections::BTreeMap;

use atlas_model::{Period, Platform};
use atlas_store::{
    CallsBy, Filter, Granularity, GroupBy, PeopleBy, RepliesWanted, Store, Verdict, exportable,
};
use atlas_twin::{Dialect, Options, PhoneBurner};
use jiff::{Timestamp, ToSpan};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Row;
use serde_json::{Map, Value, json};

use crate::three_services::desk_of_all;
use crate::world::{Desk, Engine, MORNING, block_on, engines, execute, number, start};

/// A desk that has everything there is to report on, single events and replies among it.
fn full_desk(engine: Engine, twin: &atlas_twin::Twin) -> Desk {
    let desk = desk_of_all(engine, twin);
    desk.run(&["source", "set", "smartlead", "sync_activities=true"]).expect(0);
    desk.run(&["sync"]).expect(0);
    desk
}

fn account() -> Options {
    let phoneburner = PhoneBurner { members: 2, contacts: 15, call_days: 40, ..PhoneBurner::default() };
    Options {
        dialect: Dialect::Live,
        campaigns: 8,
        leads_per_campaign: Some(8),
        reply_sequences: 5,
        reply_mailboxes: 3,
        reply_people: 8,
        phoneburner,
        ..Options::default()
    }
}

/// A person's word on the newest reply, and on the oldest.
async fn correct_two(store: &Store, now: Timestamp) {
    let wanted = RepliesWanted { limit: 10_000, ..RepliesWanted::default() };
    let replies = store.report_replies(&Filter::default(), &wanted).await.unwrap();
    for reply in [replies.first().unwrap(), replies.last().unwrap()] {
        let key = (reply.source_id, reply.campaign_id.as_str(), reply.event_key.as_str());
        let verdict = Verdict { reply_category: "referral", sentiment: "neutral", is_positive: false };
        assert!(store.correct_reply(key, verdict, ("story", now)).await.unwrap());
    }
}

/// Every report for a filter, as one document.
async fn all(store: &Store, filter: &Filter, now: Timestamp) -> Value {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    let groupings = [GroupBy::None, GroupBy::Client, GroupBy::Platform, GroupBy::Source, GroupBy::Campaign];
    put("campaigns", json!(store.report_campaigns(filter).await.unwrap()));
    for by in groupings {
        put(&format!("groups {by:?}"), json!(store.report_groups_and_calls(filter, by).await.unwrap()));
    }
    for granularity in [Granularity::Day, Granularity::Week, Granularity::Month] {
        for by in groupings {
            let series = store.report_series(filter, granularity, by).await.unwrap();
            put(&format!("series {granularity:?} {by:?}"), json!(series));
        }
    }
    put("variants", json!(store.report_variants(filter).await.unwrap()));
    put("heatmap", json!(store.report_heatmap(filter, GroupBy::None).await.unwrap()));
    put("call heatmap", json!(store.report_call_heatmap(filter, CallsBy::Total).await.unwrap()));
    put("accounts", json!(store.report_accounts(filter).await.unwrap()));
    put("domains", json!(store.report_domains(filter).await.unwrap()));
    put("duplicates", json!(store.report_duplicates(filter, 50).await.unwrap()));
    put("funnel", json!(store.report_funnel(filter, GroupBy::None).await.unwrap()));
    put("attention", json!(store.needs_attention(filter, now).await.unwrap()));
    put("reconciliation", json!(store.report_reconciliation(filter).await.unwrap()));
    for by in [CallsBy::Total, CallsBy::Caller, CallsBy::Hour, CallsBy::Disposition] {
        put(&format!("calls {by:?}"), json!(store.report_calls(filter, by).await.unwrap()));
    }
    for by in [PeopleBy::Total, PeopleBy::Client, PeopleBy::Platform, PeopleBy::Source, PeopleBy::Campaign] {
        put(&format!("journey {by:?}"), json!(store.report_journey(filter, by).await.unwrap()));
    }
    let mut wanted = RepliesWanted { limit: 3, ..RepliesWanted::default() };
    let mut replies = Vec::new();
    loop {
        let page = store.report_replies(filter, &wanted).await.unwrap();
        wanted.after = page.last().map(|reply| reply.cursor());
        replies.extend(page);
        if wanted.after.is_none() {
            break;
        }
    }
    let whole = RepliesWanted { limit: 10_000, ..RepliesWanted::default() };
    let at_once = store.report_replies(filter, &whole).await.unwrap();
    assert_eq!(json!(replies), json!(at_once), "pages are the whole, in its order");
    let mut counted: BTreeMap<Option<String>, [i64; 3]> = BTreeMap::new();
    for reply in &at_once {
        let of_intent = counted.entry(reply.reply_category.clone()).or_default();
        let is_told = reply.classified_by.is_some() && reply.version.is_none();
        for (count, is_so) in
            of_intent.iter_mut().zip([true, is_told, reply.needs_review.unwrap_or_default()])
        {
            *count += i64::from(is_so);
        }
    }
    for by in groupings {
        let intents = store.report_intents(filter, by).await.unwrap();
        let mut told: BTreeMap<Option<String>, [i64; 3]> = BTreeMap::new();
        for line in &intents {
            let of_intent = told.entry(line.reply_category.clone()).or_default();
            for (sum, count) in of_intent.iter_mut().zip([line.replies, line.told, line.needs_review]) {
                *sum += count;
            }
        }
        assert_eq!(told, counted, "replies by what they want are those that there are, by {by:?}");
        put(&format!("intents {by:?}"), json!(intents));
    }
    if let Some(reply) = replies.first() {
        let thread = store.reply_thread(reply.source_id, &reply.campaign_id, &reply.event_key).await.unwrap();
        assert!(thread.iter().any(|message| message.event_key == reply.event_key));
        put("thread", json!(thread));
        let campaign = (reply.source_id, reply.campaign_id.as_str());
        let enrollment = store.report_enrollment(campaign, filter.period).await.unwrap();
        put("enrollment", json!(enrollment));
    }
    put("replies", json!(replies));
    Value::Object(all)
}

/// Lines as text without when they were read, in one order: the two databases do not sort text alike.
fn sorted(value: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let mut line = line.clone();
        for name in ["last_synced_at", "oldest_figure_at", "newest_figure_at"] {
            line.as_object_mut().and_then(|fields| fields.remove(name));
        }
        line.to_string()
    };
    let mut lines: Vec<String> = match value {
        Value::Array(lines) => lines.iter().map(line).collect(),
        Value::Object(parts) => parts.values().flat_map(sorted).collect(),
        other => vec![other.to_string()],
    };
    lines.sort_unstable();
    lines
}

fn sum(points: &Value, name: &str) -> i64 {
    points.as_array().unwrap().iter().filter_map(|point| point[name].as_i64()).sum()
}

/// A view as CSV, JSON lines and Parquet is the same rows, and adds up to the same.
fn exports(desk: &Desk, days: &Value) {
    execute(&desk.url, &["UPDATE campaigns SET name = '=HYPERLINK(1);\"=2' WHERE source_id = 1".to_owned()]);
    let csv = desk.run(&["export", "days"]).expect(0).out;
    assert!(csv.contains("'=HYPERLINK(1);\"\"'=2"), "text that a spreadsheet would run is defused");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|name| name == "emails_sent").unwrap();
    let of_csv: Vec<Option<i64>> = reader.records().map(|row| row.unwrap()[place].parse().ok()).collect();
    let lines = desk.run(&["export", "report_days", "--format", "jsonl"]).expect(0).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_lines: Vec<Option<i64>> = lines.iter().map(|line| line["emails_sent"].as_i64()).collect();
    let file = desk.dir.path().join("days.parquet");
    desk.run(&["export", "days", "--format", "parquet", "--out", file.to_str().unwrap()]).expect(0);
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let rows: Vec<Row> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let cell = |row: &Row, name: &str| {
        row.get_column_iter().find(|(column, _)| *column == name).map(|(_, field)| field.to_string()).unwrap()
    };
    let of_file: Vec<Option<i64>> = rows.iter().map(|row| cell(row, "emails_sent").parse().ok()).collect();
    assert_eq!((&of_csv, &of_lines), (&of_lines, &of_file));
    assert_eq!(of_file.iter().flatten().sum::<i64>(), sum(days, "total_sent"));
    for (row, line) in rows.iter().zip(&lines) {
        assert!(cell(row, "date").starts_with(line["date"].as_str().unwrap()), "{line}");
    }
    let wrong = desk.run(&["export", "users"]).expect(2);
    assert!(wrong.err.contains("report_campaigns"), "{}", wrong.err);
}

/// Every statement of the dashboards for Grafana, as Grafana fills it in, and of the page on Metabase.
fn in_pages() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(include_str!("../../../../docs/grafana/figures.json")).unwrap();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let targets = list(&dashboard["panels"]).into_iter().flat_map(|panel| list(&panel["targets"]));
    let variables = list(&dashboard["templating"]["list"]).into_iter();
    let told = targets.map(|target| target["rawSql"].clone()).chain(
        variables.filter(|variable| variable["type"] == "query").map(|variable| variable["query"].clone()),
    );
    let filled = |sql: Value| {
        let sql = sql.as_str().unwrap().replace("${client:sqlstring}", "'Acme', 'It''s'");
        let sql = sql.replace("$__timeFrom()", "'2026-08-01T00:00:00Z'::timestamptz");
        sql.replace("$__timeTo()", "'2026-11-28T00:00:00Z'::timestamptz")
    };
    let page = include_str!("../../../../docs/metabase.md").split("```sql").skip(1);
    let questions =
        page.map(|text| text.split("```").next().unwrap().trim().trim_end_matches(';').to_owned());
    told.map(filled).chain(questions).collect()
}

/// A role that may read views and nothing else, also after a new version has made the views anew.
fn readers(desk: &Desk, engine: Engine) {
    let role = format!("reader_{}", std::process::id());
    let grant = ["db", "grant-readonly", &role];
    if engine == Engine::Sqlite {
        let refused = desk.run(&grant).expect(2);
        assert!(refused.err.contains("no roles"), "{}", refused.err);
        return;
    }
    desk.run(&grant).expect(0);
    desk.run(&grant).expect(0);
    let may = |table: &str| {
        let sql =
            format!("SELECT CAST(CAST(has_table_privilege('{role}', '{table}', 'SELECT') AS INT) AS BIGINT)");
        number(&desk.url, &sql)
    };
    // What somebody made on top stays.
    execute(&desk.url, &["CREATE VIEW own AS SELECT source_id FROM report_days".to_owned()]);
    for _ in 0..2 {
        let rights = ["report_days", "report_glossary", "contacts", "data_sources"].map(may);
        assert_eq!(rights, [Some(1), Some(1), Some(0), Some(0)]);
        execute(&desk.url, &["UPDATE serials SET last = 0 WHERE name = 'views'".to_owned()]);
        desk.run(&["db", "migrate"]).expect(0);
        assert!(number(&desk.url, "SELECT COUNT(*) FROM own") > Some(0));
    }
    let explained =
        "SELECT COUNT(*) FROM report_glossary WHERE view_name = 'report_days' AND formula IS NOT NULL";
    assert!(number(&desk.url, explained) > Some(10));
    let comments = "SELECT COUNT(*) FROM information_schema.columns WHERE table_name LIKE 'report\\_%' \
                    AND col_description(CAST(table_name AS regclass), \
                    ordinal_position) IS NULL";
    assert_eq!(number(&desk.url, comments), Some(0), "every column of every view is explained");
    // What the pages for BI tools ask is asked by somebody with that role alone.
    let asked = in_pages();
    assert!(asked.len() > 15, "{asked:?}");
    let as_reader = [format!("SET ROLE {role}")].into_iter().chain(asked).collect::<Vec<_>>();
    execute(&desk.url, &as_reader);
    execute(&desk.url, &[format!("DROP OWNED BY {role}"), format!("DROP ROLE {role}")]);
}

#[test]
fn every_report_is_the_same_on_both_databases_and_adds_up() {
    let twin = start(account());
    let mut told: Vec<Vec<Value>> = Vec::new();
    for engine in engines() {
        let desk = full_desk(engine, &twin);
        let today = twin.account().today;
        let now: Timestamp = MORNING.parse().unwrap();
        let period = Some(Period { from: today - 29.days(), to: today });
        let documents = block_on(async {
            let store = Store::open(&desk.url).await.unwrap();
            let campaign = store.report_campaigns(&Filter::default()).await.unwrap().swap_remove(0);
            correct_two(&store, now).await;
            let filters = [
                Filter::default(),
                Filter { period, ..Filter::default() },
                Filter { period, ..Filter::default() }.previous().unwrap(),
                Filter {
                    client: Some("acme".to_owned()),
                    platform: Some(Platform::SmartLead),
                    ..Filter::default()
                },
                Filter { source: Some("replyio".to_owned()), period, ..Filter::default() },
                Filter {
                    source: Some(campaign.source_name.clone()),
                    campaign: Some(campaign.campaign_id.clone()),
                    ..Filter::default()
                },
                Filter { status: Some("active".to_owned()), period, ..Filter::default() },
                Filter { client: Some("nobody".to_owned()), ..Filter::default() },
            ];
            let mut documents = Vec::new();
            for filter in &filters {
                documents.push(all(&store, filter, now).await);
            }
            let mut columns = Map::new();
            for name in exportable() {
                let told = store.export_columns(name).await.unwrap();
                assert!(!told.is_empty(), "{name}");
                columns.insert(name.to_owned(), json!(format!("{told:?}")));
            }
            documents.push(Value::Object(columns));
            store.close().await;
            documents
        });
        exports(&desk, &documents[0]["series Day None"]);
        readers(&desk, engine);
        for (place, whole) in documents.iter().enumerate().take(8) {
            for name in ["total_sent", "total_replied", "reply_rate_numerator", "reply_rate_denominator"] {
                let days = sum(&whole["series Day None"], name);
                for other in
                    ["Week None", "Month None", "Day Client", "Day Platform", "Week Source", "Month Campaign"]
                {
                    assert_eq!(
                        sum(&whole[format!("series {other}")], name),
                        days,
                        "{engine:?} {place} {name} {other}"
                    );
                }
                let total = sum(&whole["groups None"], name);
                for other in ["Client", "Platform", "Source", "Campaign"] {
                    assert_eq!(
                        sum(&whole[format!("groups {other}")], name),
                        total,
                        "{engine:?} {place} {name} {other}"
                    );
                }
                if place == 1 {
                    assert_eq!(days, total, "{engine:?}: the days of a period are the period's");
                }
            }
        }
        let empty = |name: &str| documents[0][name].as_array().is_none_or(Vec::is_empty);
        for name in
            ["campaigns", "variants", "heatmap", "call heatmap", "accounts", "domains", "replies", "funnel"]
        {
            assert!(!empty(name), "{engine:?}: nothing in {name}");
        }
        told.push(documents);
    }
    if let [one, two] = &told[..] {
        for (place, (one, two)) in one.iter().zip(two).enumerate() {
            for (name, value) in one.as_object().unwrap() {
                let (one, two) = (sorted(value), sorted(&two[name]));
                let other = one.iter().zip(&two).find(|(one, two)| one != two);
                assert!(one == two, "filter {place}: {name}: {other:?}");
            }
        }
    }
}
