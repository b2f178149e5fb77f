//! Every line of the specification by value: what the service answered at its path is what its column holds.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{Account, Dialect, Twin};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row};

use crate::syncs::sync;
use crate::world::{Desk, ask, block_on, engines, twin};

const LINES: &str = include_str!("../../../vendor/tests/data/requirement_fields.tsv");

/// Services that no section is of yet. One that has a section and stands here fails.
const TO_COME: [&str; 2] = ["Reply.io", "PhoneBurner"];

/// A section of the specification: what is asked, and where what is answered must be found.
struct Section {
    /// The service and the title.
    place: &'static str,
    /// Each call, and the campaign that it is about.
    calls: fn(&Account) -> Vec<(String, String)>,
    /// The records of an answer.
    records: fn(Value) -> Vec<Value>,
    /// Tables, and for each the columns by which a record's row is found, with their paths in the record;
    /// [`CAMPAIGN`] for the campaign that was asked about.
    rows: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

const CAMPAIGN: &str = "(campaign)";

const SECTIONS: &[Section] = &[
    Section {
        place: "SmartLead/Campaigns List",
        calls: |_| once("/campaigns"),
        records: list,
        rows: &[("campaigns", &[("external_id", "id")])],
    },
    Section {
        place: "SmartLead/Campaign Analytics",
        calls: |account| each_campaign(account, "/analytics"),
        records: |answer| vec![answer],
        rows: &[
            ("campaigns", &[("external_id", CAMPAIGN)]),
            ("enrollment_snapshots", &[("campaign_id", CAMPAIGN)]),
        ],
    },
    Section {
        place: "SmartLead/Campaign Analytics by Date",
        calls: months,
        records: list,
        rows: &[("daily_metrics", &[("campaign_id", CAMPAIGN), ("date", "date")])],
    },
    Section {
        place: "SmartLead/Campaign Sequences (Email Templates)",
        calls: |account| each_campaign(account, "/sequences"),
        records: variants,
        rows: &[(
            "campaign_variants",
            &[("campaign_id", CAMPAIGN), ("step_number", "seq_number"), ("variant_label", "variant_label")],
        )],
    },
    Section {
        place: "SmartLead/Lead Categories",
        calls: |_| once("/leads/fetch-categories"),
        records: list,
        rows: &[("lead_categories", &[("external_id", "id")])],
    },
    Section {
        place: "SmartLead/Campaign Leads (Optional - Disabled by Default)",
        calls: |account| each_campaign(account, "/leads?offset=0&limit=100"),
        records: list,
        rows: &[
            ("contacts", &[("external_lead_id", "id")]),
            ("companies", &[("external_lead_id", "id")]),
            ("enrollments", &[("campaign_id", CAMPAIGN), ("external_lead_id", "id")]),
        ],
    },
    Section {
        place: "SmartLead/Email Accounts",
        calls: |_| once("/email-accounts?offset=0&limit=100"),
        records: list,
        rows: &[("email_accounts", &[("external_id", "id")])],
    },
];

/// Lines without a column of which the value is kept all the same.
const KEPT: &[(&str, &str)] =
    &[("SmartLead/Campaign Leads (Optional - Disabled by Default)/lead_category", "enrollments.category")];

/// Columns whose words are kept in lower case.
const LOWER: &[&str] = &[
    "campaigns.status",
    "contacts.sequence_status",
    "contacts.email_status",
    "email_accounts.warmup_status",
    "email_accounts.account_type",
];

/// Words that are translated.
const WORDS: &[(&str, &str, &str)] = &[
    ("contacts.sequence_status", "started", "not_started"),
    ("contacts.sequence_status", "inprogress", "in_progress"),
];

fn once(path: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), String::new())]
}

fn each_campaign(account: &Account, what: &str) -> Vec<(String, String)> {
    let ids = account.campaigns.iter().map(|campaign| campaign.id.to_string());
    ids.map(|id| (format!("/campaigns/{id}{what}"), id)).collect()
}

/// A year of days of each campaign, 29 at a time.
fn months(account: &Account) -> Vec<(String, String)> {
    let windows = (0..13)
        .map(|window| (account.today - (window * 29 + 28).days(), account.today - (window * 29).days()));
    let asked = windows.map(|(from, to)| format!("/analytics-by-date?start_date={from}&end_date={to}"));
    asked.flat_map(|what| each_campaign(account, &what)).collect()
}

/// The records of a list, whatever it is wrapped in.
fn list(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(records) => records,
        Value::Object(fields) => {
            fields.into_iter().find_map(|(_, value)| value.as_array().cloned()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// A step, or each of its variants, which is known by the step's number and its own mark.
fn variants(answer: Value) -> Vec<Value> {
    let mut records = Vec::new();
    for step in list(answer) {
        let all = step["sequence_variants"].as_array().cloned().unwrap_or_default();
        records.extend(all.iter().map(|variant| {
            let mut record = variant.clone();
            record["seq_id"] =
                format!("{}:{}", text(&step["seq_id"]), text(&variant["variant_label"])).into();
            record["sequence_variants"] = all.len().into();
            record
        }));
        if all.is_empty() {
            records.push(step);
        }
    }
    records
}

/// The value at a path with dots.
fn at<'a>(record: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(record, |value, name| &value[name])
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as it is compared: unknown and blank are the same, a number is its digits.
fn plain(value: &Value, kind: &str) -> Option<String> {
    if value.is_null() || value == "" {
        return None;
    }
    Some(match kind {
        "boolean" => (value == &Value::Bool(true) || value == 1).to_string(),
        "datetime" => text(value).parse::<Timestamp>().unwrap().to_string(),
        "object" if value.is_string() => serde_json::from_str::<Value>(&text(value)).unwrap().to_string(),
        _ => text(value),
    })
}

/// What a column must hold where the service told this.
fn wanted(told: &Value, kind: &str, to: &str) -> Option<String> {
    let told = plain(told, kind)?;
    let told = if LOWER.contains(&to) { told.to_lowercase() } else { told };
    let word = WORDS.iter().find(|(column, word, _)| *column == to && *word == told);
    Some(word.map_or(told, |(_, _, ours)| (*ours).to_owned()))
}

type Tables = BTreeMap<String, Vec<Value>>;

/// The rows of the tables that are named; a company stands once for each contact that is of it.
fn tables(desk: &Desk) -> Tables {
    let names: BTreeSet<&str> =
        SECTIONS.iter().flat_map(|section| section.rows).map(|(name, _)| *name).collect();
    let mut tables: Tables = names.into_iter().map(|name| (name.to_owned(), rows(&desk.url, name))).collect();
    let companies = tables.remove("companies").unwrap();
    let of_contacts = tables["contacts"].iter().filter_map(|contact| {
        let company = companies.iter().find(|company| company["external_id"] == contact["company_id"])?;
        let mut company = company.clone();
        company["external_lead_id"] = contact["external_lead_id"].clone();
        Some(company)
    });
    let of_contacts = of_contacts.collect();
    tables.insert("companies".to_owned(), of_contacts);
    tables
}

/// A table's rows as the database has them.
fn rows(url: &str, table: &str) -> Vec<Value> {
    let parsed = |text: String| serde_json::from_str(&text).unwrap();
    block_on(async {
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            let sql = AssertSqlSafe(format!("SELECT CAST(to_jsonb(t) AS TEXT) FROM {table} AS t"));
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            return rows.iter().map(|row| parsed(row.get(0))).collect();
        }
        let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
        let columns = AssertSqlSafe(format!(
            "SELECT group_concat('''' || name || ''', ' || name) FROM pragma_table_info('{table}')"
        ));
        let columns: String = sqlx::query(columns).fetch_one(&mut connection).await.unwrap().get(0);
        let sql = AssertSqlSafe(format!("SELECT json_object({columns}) FROM {table}"));
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| parsed(row.get(0))).collect()
    })
}

/// The value in a column, or at a path within a column of JSON.
fn stored(row: &Value, column: &str) -> Value {
    let (column, path) = column.split_once('.').unwrap_or((column, ""));
    let value = match (&row[column], path) {
        (Value::String(text), path) if !path.is_empty() => serde_json::from_str(text).unwrap(),
        (value, _) => value.clone(),
    };
    if path.is_empty() { value } else { value[path].clone() }
}

/// What is asked of the service in a section: each record, with the campaign that it is about.
fn answers(section: &Section, twin: &Twin) -> Vec<(Value, String)> {
    let calls = (section.calls)(&twin.account());
    let answer = |(path, campaign): (String, String)| {
        let records = (section.records)(ask(twin, &path));
        records.into_iter().map(move |record| (record, campaign.clone())).collect::<Vec<_>>()
    };
    calls.into_iter().flat_map(answer).collect()
}

/// By what a row is found: each column's value, as it is compared.
type Key = Vec<Option<String>>;

/// The rows of a table by their keys.
fn by_key<'a>(rows: &'a [Value], columns: &[(&str, &str)]) -> BTreeMap<Key, Vec<&'a Value>> {
    let mut found: BTreeMap<Key, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        found
            .entry(columns.iter().map(|(column, _)| plain(&row[*column], "")).collect())
            .or_default()
            .push(row);
    }
    found
}

fn key(columns: &[(&str, &str)], (record, campaign): &(Value, String)) -> Key {
    let told =
        |path: &str| if path == CAMPAIGN { Some(campaign.clone()) } else { plain(at(record, path), "") };
    columns.iter().map(|(_, path)| told(path)).collect()
}

/// Compares a line with every record that was answered; how many values were told and are there.
fn compare(line: &Line, section: &Section, answers: &[(Value, String)], tables: &Tables) -> usize {
    let known = section.rows.iter().find(|(table, _)| *table == line.table);
    let (_, columns) =
        known.unwrap_or_else(|| panic!("{}: how is a row of {} found?", line.name, line.table));
    if line.column == "(multiple rows)" {
        return count_rows(line, &columns[..columns.len() - 1], answers, tables);
    }
    let rows = by_key(&tables[line.table], columns);
    // What a row holds, and what was told of it: several records may tell of one company.
    let mut found: BTreeMap<String, (Option<String>, BTreeSet<String>)> = BTreeMap::new();
    for answer in answers {
        let told = line.path.split('|').map(|path| at(&answer.0, path)).find(|told| !told.is_null());
        let told = told.and_then(|told| wanted(told, line.kind, &format!("{}.{}", line.table, line.column)));
        let [row] = rows.get(&key(columns, answer)).map(Vec::as_slice).unwrap_or_default() else {
            assert_eq!(told, None, "{}: not one row for {}", line.name, answer.0);
            continue;
        };
        let name = if line.table == "companies" { text(&row["external_id"]) } else { row.to_string() };
        let held = plain(&stored(row, line.column), line.kind);
        found.entry(name).or_insert((held, BTreeSet::new())).1.extend(told);
    }
    for (held, told) in found.values() {
        let is_told = held.as_ref().map_or(told.is_empty(), |held| told.contains(held));
        assert!(is_told, "{}: the service told {told:?}, the database holds {held:?}", line.name);
    }
    found.values().filter(|(held, _)| held.is_some()).count()
}

/// An array that becomes rows: as many as it is long, and one where it is empty.
fn count_rows(line: &Line, columns: &[(&str, &str)], answers: &[(Value, String)], tables: &Tables) -> usize {
    let rows = by_key(&tables[line.table], columns);
    for answer in answers {
        let told = at(&answer.0, line.path).as_u64().unwrap_or(1);
        assert_eq!(rows[&key(columns, answer)].len() as u64, told, "{}: {}", line.name, answer.0);
    }
    answers.len()
}

/// A line of the specification.
struct Line<'a> {
    name: String,
    place: String,
    path: &'a str,
    kind: &'a str,
    table: &'a str,
    column: &'a str,
}

/// The lines that name a column, or whose value is kept in one.
fn lines() -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in LINES.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [platform, section, _, path, kind, table, column, ..] = cells[..] else { panic!("{line}") };
        if TO_COME.contains(&platform) {
            continue;
        }
        let place = format!("{platform}/{section}");
        let name = format!("{place}/{path}");
        let kept = KEPT.iter().find(|(line, _)| *line == name).and_then(|(_, to)| to.split_once('.'));
        let (table, column) = kept.unwrap_or((table, column));
        if !table.is_empty() {
            lines.push(Line { name, place, path, kind, table, column });
        }
    }
    lines
}

#[test]
fn every_line_of_the_specification_by_value() {
    let is_to_come = |section: &Section| TO_COME.iter().any(|platform| section.place.starts_with(platform));
    assert!(!SECTIONS.iter().any(is_to_come), "a service is here: take it off the list");
    for engine in engines() {
        let twin = twin(Dialect::Requirement, 30);
        let desk = Desk::with_source(engine, &twin);
        desk.run(&["source", "set", "acme", "sync_leads=true", "backfill_days=400"]).expect(0);
        assert_eq!(sync(&desk)["problems"], 0);
        let tables = tables(&desk);
        let answers: BTreeMap<&str, _> =
            SECTIONS.iter().map(|section| (section.place, answers(section, &twin))).collect();
        let mut compared = 0;
        for line in lines() {
            let section = SECTIONS.iter().find(|section| section.place == line.place);
            let section = section.unwrap_or_else(|| panic!("{}: nothing is asked for it", line.name));
            let values = compare(&line, section, &answers[section.place], &tables);
            assert!(values > 0, "{}: no value was told and held", line.name);
            compared += 1;
        }
        assert_eq!(compared, 84, "lines with a column");
    }
}
