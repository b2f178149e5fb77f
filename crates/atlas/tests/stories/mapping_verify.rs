//! What the service really answered, held against the mapping: everything that came is told, no value is.

use atlas_twin::Dialect;
use serde_json::Value;

use crate::world::{Desk, Engine, engines, twin};

const REQUIREMENT: &str = include_str!("../../../vendor/tests/data/requirement_fields.tsv");

fn endpoint<'a>(verified: &'a Value, title: &str) -> &'a Value {
    let endpoints = verified[0]["endpoints"].as_array().unwrap();
    endpoints.iter().find(|endpoint| endpoint["title"] == title).unwrap()
}

/// In how many records a path of the table came.
fn came(endpoint: &Value, path: &str) -> Option<u64> {
    let paths =
        endpoint["fields"].as_array().unwrap().iter().flat_map(|field| field["paths"].as_array().unwrap());
    paths.filter(|seen| seen["path"] == path).filter_map(|seen| seen["records"].as_u64()).max()
}

fn unknown(endpoint: &Value) -> Vec<&str> {
    let unknown = endpoint["unknown"].as_array().unwrap().iter();
    unknown.map(|path| path["path"].as_str().unwrap()).collect()
}

#[test]
fn what_the_service_really_answers_and_no_value_of_it() {
    for engine in engines() {
        let twin = twin(Dialect::Live, 30);
        let desk = Desk::with_source(engine, &twin);
        let before = desk.run(&["mapping", "verify"]).expect(0);
        assert_eq!(before.out.matches("never asked").count(), 18, "{}", before.out);
        desk.run(&["source", "set", "acme", "sync_leads=true", "--client", "Umbrella"]).expect(0);
        desk.run(&["sync"]).expect(0);

        let json = desk.run(&["mapping", "verify", "acme", "--json"]).expect(0);
        let verified = json.json();
        let campaigns = endpoint(&verified, "Campaigns List");
        assert_eq!(campaigns["records"], 30);
        assert_eq!(came(campaigns, "name"), Some(30));
        assert_eq!(
            (came(campaigns, "timezone"), came(campaigns, "scheduler_cron_value.tz")),
            (Some(0), Some(28))
        );
        assert!(unknown(campaigns).contains(&"campaign_activity_logs"), "{campaigns:#}");
        let analytics = endpoint(&verified, "Campaign Analytics");
        assert_eq!(analytics["answers"], 30, "the latest of each campaign");
        assert!(unknown(analytics).contains(&"campaign_lead_stats.revenue"), "{analytics:#}");
        assert!(!unknown(analytics).contains(&"client_name"), "a formula names it: {analytics:#}");
        let leads = endpoint(&verified, "Campaign Leads (Optional - Disabled by Default)");
        assert_eq!(
            unknown(leads),
            ["lead.location"],
            "neither what is custom and mapped nor clients by number"
        );
        let categories = endpoint(&verified, "Lead Categories");
        let color =
            categories["fields"].as_array().unwrap().iter().find(|field| field["from"] == "color").unwrap();
        assert_eq!(color["came"], false);

        // The day after, the latest answers are looked at, not all of them.
        twin.advance(1);
        desk.next_day();
        desk.run(&["sync"]).expect(0);
        let again = desk.run(&["mapping", "verify", "--json"]).expect(0).json();
        assert_eq!(endpoint(&again, "Campaign Analytics")["answers"], twin.account().campaigns.len());

        let table = desk.run(&["mapping", "verify"]).expect(0);
        assert!(table.out.contains("    campaign_activity_logs in "), "{}", table.out);
        assert!(table.out.contains("    color → lead_categories.color"), "{}", table.out);
        let said = format!("{}{}{}{}", json.out, json.err, table.out, table.err);
        assert_no_value(&desk, &said);
    }
}

/// No text that stands in the database stands in what was said, but for the words of the tables themselves.
#[track_caller]
fn assert_no_value(desk: &Desk, said: &str) {
    let dump = desk.dump();
    let own = ["email_accounts.", "contacts.", "campaigns.", "campaign_variants.", "companies."];
    let values = |column: &str| -> Vec<String> {
        let mark = format!(" {column}=\"");
        let values =
            dump.lines().filter_map(|line| Some(line.split_once(&mark)?.1.split_once('"')?.0.to_owned()));
        values
            .filter(|value| value.len() > 3 && !own.iter().any(|own| own.contains(value.as_str())))
            .collect()
    };
    let mut checked = 0;
    for column in
        ["email", "name", "first_name", "last_name", "from_email", "subject_line", "body_plain", "phone"]
    {
        for value in values(column) {
            assert!(!said.contains(&value), "{column} {value} was told");
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked} values");
    assert!(!said.contains("acme") && !said.contains("Umbrella") && !said.contains("127.0.0.1"), "{said}");
}

#[test]
fn what_the_requirement_requires_came() {
    let twin = twin(Dialect::Requirement, 30);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    desk.run(&["source", "set", "acme", "sync_leads=true"]).expect(0);
    desk.run(&["sync"]).expect(0);
    let verified = desk.run(&["mapping", "verify", "--json"]).expect(0).json();
    let titles: Vec<&Value> =
        verified[0]["endpoints"].as_array().unwrap().iter().map(|endpoint| &endpoint["title"]).collect();
    let mut checked = 0;
    for line in REQUIREMENT.lines().filter(|line| line.starts_with("SmartLead\t")) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (title, path, is_required) = (cells[1], cells[3], cells[7] == "yes");
        // What is still to come is listed by a test of the vendors' room.
        if is_required && titles.iter().any(|known| *known == title) {
            assert!(came(endpoint(&verified, title), path) > Some(0), "{title}: {path}");
            checked += 1;
        }
    }
    assert!(checked >= 17, "{checked} required fields");
    let totals = endpoint(&verified, "All Campaigns' Totals");
    assert_eq!(totals["answers"], 0, "this dialect lacks it");
    assert!(totals["absent_until"].is_string(), "{totals}");
    let table = desk.run(&["mapping", "verify"]).expect(0).out;
    assert!(table.contains("All Campaigns' Totals: asked, and the service has none of it"), "{table}");
}

#[test]
fn the_mapping_itself_needs_no_database() {
    let desk = Desk::new(Engine::Sqlite);
    desk.set("ATLAS_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    desk.run(&["mapping", "smartlead", "--json"]).expect(0);
    desk.run(&["mapping", "campaigns.total_sent"]).expect(0);
    assert!(desk.run(&["completions", "bash"]).expect(0).out.contains("--no-continue"));
    let pages = desk.dir.path().join("man1");
    desk.run(&["man", pages.to_str().unwrap()]).expect(0);
    assert!(pages.join("atlas-source-add.1").exists());
    desk.run(&["mapping", "verify"]).expect(1);
    desk.set("ATLAS_DATABASE_URL", &desk.url);
    assert!(desk.run(&["mapping", "verify"]).expect(0).err.contains("atlas source add"));
    assert!(desk.run(&["mapping", "verify", "nobody"]).expect(2).err.contains("no source named"));
}
