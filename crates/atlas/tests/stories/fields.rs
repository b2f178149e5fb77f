//! Every line of the specification by value: what the service answered at its path is what its column holds.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::Platform;
use atlas_twin::{Dialect, Options, PhoneBurner, Twin};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row};

use crate::three_services::desk_of_all;
use crate::world::{Desk, ask, block_on, engines, start};

const LINES: &str = include_str!("../../../vendor/tests/data/requirement_fields.tsv");

/// A section of the specification: what is asked, and where what is answered must be found.
struct Section {
    /// The service and the title.
    place: &'static str,
    /// Each call, and the campaign that it is about.
    calls: fn(&Twin) -> Vec<(String, String)>,
    /// The records of an answer.
    records: fn(Value) -> Vec<Value>,
    /// Tables, and for each the columns by which a record's row is found, with their paths in the record;
    /// [`CAMPAIGN`] for the campaign that was asked about. Where an array becomes rows, the last column tells them apart.
    rows: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

const CAMPAIGN: &str = "(campaign)";

const SECTIONS: &[Section] = &[
    Section {
        place: "SmartLead/Campaigns List",
        calls: |_| once("/api/v1/campaigns"),
        records: list,
        rows: &[("campaigns", &[("external_id", "id")])],
    },
    Section {
        place: "SmartLead/Campaign Analytics",
        calls: |twin| each_campaign(twin, "/analytics"),
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
        calls: |twin| each_campaign(twin, "/sequences"),
        records: variants,
        rows: &[(
            "campaign_variants",
            &[("campaign_id", CAMPAIGN), ("step_number", "seq_number"), ("variant_label", "variant_label")],
        )],
    },
    Section {
        place: "SmartLead/Lead Categories",
        calls: |_| once("/api/v1/leads/fetch-categories"),
        records: list,
        rows: &[("lead_categories", &[("external_id", "id")])],
    },
    Section {
        place: "SmartLead/Campaign Leads (Optional - Disabled by Default)",
        calls: |twin| each_campaign(twin, "/leads?offset=0&limit=100"),
        records: list,
        rows: &[
            ("contacts", &[("external_lead_id", "id")]),
            ("companies", &[("external_lead_id", "id")]),
            ("enrollments", &[("campaign_id", CAMPAIGN), ("external_lead_id", "id")]),
        ],
    },
    Section {
        place: "SmartLead/Email Accounts",
        calls: |_| once("/api/v1/email-accounts?offset=0&limit=100"),
        records: list,
        rows: &[("email_accounts", &[("external_id", "id")])],
    },
    Section {
        place: "Reply.io/Sequences (Campaigns)",
        calls: |_| once("/v3/sequences?top=100&skip=0"),
        records: list,
        rows: &[("campaigns", &[("external_id", "id")]), ("sequences", &[("campaign_id", "id")])],
    },
    Section {
        place: "Reply.io/Sequence Steps (Email Templates)",
        // The same under the names of the other path.
        calls: |twin| [each_sequence(twin, "/steps"), each_sequence(twin, "/emails")].concat(),
        records: list,
        rows: &[("campaign_variants", &[("campaign_id", CAMPAIGN), ("external_id", "id")])],
    },
    Section {
        place: "Reply.io/Email Accounts",
        calls: |_| once("/v3/emailAccounts"),
        records: list,
        rows: &[("email_accounts", &[("external_id", "id|emailAccountId")])],
    },
    Section {
        place: "Reply.io/Global Statistics",
        calls: |_| once("/v3/statistics"),
        records: |answer| vec![answer],
        rows: &[("data_sources", &[])],
    },
    Section {
        place: "Reply.io/Sequence Statistics",
        calls: |twin| each_sequence(twin, "/statistics"),
        records: |answer| vec![answer],
        rows: &[("campaigns", &[("external_id", CAMPAIGN)])],
    },
    Section {
        place: "Reply.io/People (Contacts)",
        calls: people,
        records: list,
        rows: &[("contacts", &[("external_lead_id", "id")]), ("companies", &[("external_lead_id", "id")])],
    },
    Section {
        place: "PhoneBurner/Team Members",
        calls: |_| once("/rest/1/members"),
        records: list,
        rows: &[("profiles", &[("external_id", "user_id|member_user_id")])],
    },
    Section {
        place: "PhoneBurner/Contacts",
        calls: |_| once("/rest/1/contacts?page=1&page_size=100"),
        records: list,
        rows: &[
            ("contacts", &[("external_lead_id", "contact_user_id|contact_id")]),
            ("companies", &[("external_lead_id", "contact_user_id|contact_id")]),
        ],
    },
    Section {
        place: "PhoneBurner/Dial Sessions",
        calls: weeks,
        records: list,
        rows: &[
            ("call_sessions", &[("external_id", "dialsession_id")]),
            ("call_activities", &[("session_id", "dialsession_id"), ("external_id", "call_id")]),
        ],
    },
    Section {
        place: "PhoneBurner/Contact Activities",
        calls: activities,
        records: calls_among,
        rows: &[("call_activities", &[("origin", "origin"), ("external_id", "activity_id")])],
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
    ("contacts.sequence_status", "new", "not_started"),
    ("contacts.sequence_status", "active", "in_progress"),
    ("contacts.sequence_status", "outofoffice", "out_of_office"),
    ("contacts.sequence_status", "finished", "completed"),
    ("contacts.sequence_status", "bounced", "blocked"),
    ("contacts.sequence_status", "optedout", "unsubscribed"),
    ("campaigns.status", "new", "draft"),
    ("campaigns.status", "finished", "completed"),
];

fn once(path: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), String::new())]
}

fn each_campaign(twin: &Twin, what: &str) -> Vec<(String, String)> {
    let ids = twin.account().campaigns.into_iter().map(|campaign| campaign.id.to_string());
    ids.map(|id| (format!("/api/v1/campaigns/{id}{what}"), id)).collect()
}

/// A year of days of each campaign, 29 at a time.
fn months(twin: &Twin) -> Vec<(String, String)> {
    let today = twin.account().today;
    let windows = (0..13).map(|window| (today - (window * 29 + 28).days(), today - (window * 29).days()));
    let asked = windows.map(|(from, to)| format!("/analytics-by-date?start_date={from}&end_date={to}"));
    asked.flat_map(|what| each_campaign(twin, &what)).collect()
}

fn each_sequence(twin: &Twin, what: &str) -> Vec<(String, String)> {
    let ids = twin.reply_account().sequences.into_iter().map(|sequence| sequence.id.to_string());
    ids.map(|id| (format!("/v3/sequences/{id}{what}"), id)).collect()
}

fn people(twin: &Twin) -> Vec<(String, String)> {
    let ids = twin.reply_account().sequences.into_iter().map(|sequence| sequence.id.to_string());
    ids.map(|id| (format!("/v3/people?sequenceId={id}&top=1000&skip=0"), id)).collect()
}

/// The sessions of the last ten weeks, a week at a time.
fn weeks(twin: &Twin) -> Vec<(String, String)> {
    let today = twin.account().today;
    let windows = (0..10).map(|week| (today - (week * 7 + 6).days(), today - (week * 7).days()));
    let asked =
        |(from, to)| format!("/rest/1/dialsession?page=1&page_size=50&date_start={from}&date_end={to}");
    windows.flat_map(|window| once(&asked(window))).collect()
}

fn activities(twin: &Twin) -> Vec<(String, String)> {
    let ids = twin.phoneburner().contacts.into_iter().map(|contact| contact.id);
    let asked = |id| format!("/rest/1/contacts/{id}/activities?page=1&page_size=100&days=180");
    ids.flat_map(|id| once(&asked(id))).collect()
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
            let mut record = step;
            record["sequence_variants"] = 1.into();
            records.push(record);
        }
    }
    records
}

/// The calls among a contact's activities, with the series of numbers that theirs are of.
fn calls_among(answer: Value) -> Vec<Value> {
    let mut records = list(answer);
    records.retain(|record| text(&record["activity"]).contains("Call"));
    records.iter_mut().for_each(|record| record["origin"] = "activity".into());
    records
}

/// The value at a path with dots.
fn at<'a>(record: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(record, |value, name| &value[name])
}

/// What is told under one of these paths.
fn told<'a>(record: &'a Value, paths: &str) -> &'a Value {
    paths.split('|').map(|path| at(record, path)).find(|told| !told.is_null()).unwrap_or(&Value::Null)
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
        "number" => value.as_f64().map_or_else(|| text(value), |number| number.to_string()),
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

/// A source's rows of the tables that are named; a company stands once for each contact that is of it.
fn tables(desk: &Desk, source: usize) -> Tables {
    let names: BTreeSet<&str> =
        SECTIONS.iter().flat_map(|section| section.rows).map(|(name, _)| *name).collect();
    let of_source = |name: &str| {
        let id = if name == "data_sources" { "id" } else { "source_id" };
        let mut rows = rows(&desk.url, name);
        rows.retain(|row| row[id] == source);
        (name.to_owned(), rows)
    };
    let mut tables: Tables = names.into_iter().map(of_source).collect();
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
    let calls = (section.calls)(twin);
    let answer = |(path, campaign): (String, String)| {
        let records = (section.records)(ask(twin, &path));
        records.into_iter().map(move |record| (record, campaign.clone())).collect::<Vec<_>>()
    };
    let mut answers: Vec<_> = calls.into_iter().flat_map(answer).collect();
    // A person in several sequences has the state of the one that began last.
    answers.sort_by_key(|(record, _)| std::cmp::Reverse(plain(&record["addedAt"], "datetime")));
    let mut seen = BTreeSet::new();
    answers.retain(|(record, _)| record["addedAt"].is_null() || seen.insert(text(&record["id"])));
    answers
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
    let part =
        |path: &str| if path == CAMPAIGN { Some(campaign.clone()) } else { plain(told(record, path), "") };
    columns.iter().map(|(_, path)| part(path)).collect()
}

/// Compares a line with every record that was answered; what is wrong, if anything is.
fn compare(
    line: &Line,
    section: &Section,
    answers: &[(Value, String)],
    tables: &Tables,
) -> Result<(), String> {
    let known = section.rows.iter().find(|(table, _)| *table == line.table);
    let (_, columns) = known.ok_or_else(|| format!("how is a row of {} found?", line.table))?;
    if line.column == "(multiple rows)" {
        return count_rows(line, &columns[..columns.len() - 1], answers, tables);
    }
    let rows = by_key(&tables[line.table], columns);
    // What a row holds, and what was told of it, nothing included: several records may tell of one company, or of one
    // person in several campaigns.
    let mut found: BTreeMap<String, (Option<String>, BTreeSet<Option<String>>)> = BTreeMap::new();
    for answer in answers {
        let to = format!("{}.{}", line.table, line.column);
        let told = wanted(told(&answer.0, line.path), line.kind, &to);
        let [row] = rows.get(&key(columns, answer)).map(Vec::as_slice).unwrap_or_default() else {
            if told.is_some() {
                return Err(format!("not one row for {}", answer.0));
            }
            continue;
        };
        let name = if line.table == "companies" { text(&row["external_id"]) } else { row.to_string() };
        let held = plain(&stored(row, line.column), line.kind);
        found.entry(name).or_insert((held, BTreeSet::new())).1.insert(told);
    }
    if let Some((held, told)) = found.values().find(|(held, told)| !told.contains(held)) {
        return Err(format!("the service told {told:?}, the database holds {held:?}"));
    }
    let is_held = found.values().any(|(held, _)| held.is_some());
    if is_held { Ok(()) } else { Err("no value was told and held".to_owned()) }
}

/// An array that becomes rows: as many as it is long, or as the record says.
fn count_rows(
    line: &Line,
    columns: &[(&str, &str)],
    answers: &[(Value, String)],
    tables: &Tables,
) -> Result<(), String> {
    let rows = by_key(&tables[line.table], columns);
    for answer in answers {
        let array = at(&answer.0, line.path);
        let told = array.as_array().map_or_else(|| array.as_u64(), |array| Some(array.len() as u64));
        let held = rows.get(&key(columns, answer)).map_or(0, Vec::len) as u64;
        if told != Some(held) {
            return Err(format!("{held} rows for {}", answer.0));
        }
    }
    if answers.is_empty() { Err("nothing was told".to_owned()) } else { Ok(()) }
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
    assert_eq!(LINES.lines().skip(1).count(), 166, "lines of the specification");
    for engine in engines() {
        let dialect = Dialect::Requirement;
        let phoneburner = PhoneBurner { members: 3, contacts: 60, call_days: 90, ..PhoneBurner::default() };
        let (campaigns, reply_sequences, reply_people) = (30, 14, 20);
        let twin = start(Options {
            dialect,
            campaigns,
            reply_sequences,
            reply_people,
            phoneburner,
            ..Options::default()
        });
        let desk = desk_of_all(engine, &twin);
        desk.run(&["source", "set", "smartlead", "sync_leads=true", "backfill_days=400"]).expect(0);
        desk.run(&["sync"]).expect(0);
        let by_source = (1..).zip(Platform::ALL);
        let tables: BTreeMap<&str, Tables> =
            by_source.map(|(source, platform)| (platform.title(), tables(&desk, source))).collect();
        let answers: BTreeMap<&str, _> =
            SECTIONS.iter().map(|section| (section.place, answers(section, &twin))).collect();
        let (mut compared, mut wrong) = (0, Vec::new());
        for line in lines() {
            let section = SECTIONS.iter().find(|section| section.place == line.place);
            let section = section.unwrap_or_else(|| panic!("{}: nothing is asked for it", line.name));
            let (platform, _) = line.place.split_once('/').unwrap();
            if let Err(why) = compare(&line, section, &answers[section.place], &tables[platform]) {
                wrong.push(format!("{} → {}.{}: {why}", line.name, line.table, line.column));
            }
            compared += 1;
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(compared, 159 + KEPT.len(), "lines with a column");
    }
}
