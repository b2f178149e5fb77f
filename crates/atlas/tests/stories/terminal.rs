//! What people and scripts see: streams, secrets, reports, lineage.

use std::fs;
use std::path::Path;

use atlas_twin::Dialect;
use serde_json::Value;

use crate::world::{Desk, Engine, twin};

/// Whether a file below the folder holds the text.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn the_key_is_nowhere() {
    let twin = twin(Dialect::Live, 5);
    let desk = Desk::new(Engine::Sqlite);
    desk.set("ATLAS_LOG", "trace");
    let mut said = desk.add_source(&twin, &["--set", "pace=off"]).expect(0).err;
    for args in [&["sync"][..], &["source", "show", "acme"], &["config"], &["doctor"], &["status", "--json"]]
    {
        let done = desk.run(args).expect(0);
        said.push_str(&done.out);
        said.push_str(&done.err);
    }
    drop(twin);
    said.push_str(&desk.run(&["sync"]).expect(1).err);
    assert!(!said.contains("twin-key"), "{said}");
    assert!(!holds(desk.dir.path(), "twin-key"), "a file holds the key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&desk.data_dir().join("secret.key")), 0o600);
        assert_eq!(mode(&desk.data_dir()), 0o700);
    }
}

#[test]
fn reports_and_where_their_numbers_come_from() {
    let twin = twin(Dialect::Live, 60);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    desk.run(&["sync"]).expect(0);

    let account = twin.account();
    let overview = desk.run(&["report", "overview", "--json"]).expect(0).json();
    let total = &overview["total"];
    let sum = |of: fn(&atlas_twin::CampaignFigures) -> u64| account.campaigns.iter().map(of).sum::<u64>();
    assert_eq!(total["total_sent"], sum(|campaign| campaign.sent));
    assert_eq!(total["total_replied"], sum(|campaign| campaign.replied));
    let (above, below) = (&total["reply_rate_numerator"], &total["reply_rate_denominator"]);
    assert_eq!(total["reply_rate"].as_f64(), Some(above.as_f64().unwrap() / below.as_f64().unwrap()));
    let own = account.campaigns.iter().filter(|campaign| campaign.parent_campaign_id.is_none()).count();
    assert_eq!(total["campaigns"], own, "a sub-sequence is no campaign of its own");

    let clients = desk.run(&["report", "clients", "--json"]).expect(0).json();
    let by_client: u64 =
        clients.as_array().unwrap().iter().filter_map(|line| line["total_sent"].as_u64()).sum();
    assert_eq!(by_client, sum(|campaign| campaign.sent));
    let name = clients[0]["label"].as_str().unwrap();
    let one = desk.run(&["report", "campaigns", "--client", name, "--json"]).expect(0).json();
    assert!(one.as_array().unwrap().iter().all(|line| line["client_name"] == name));

    let table = desk.run(&["report", "campaigns"]).expect(0);
    assert!(table.out.contains('–') && !table.out.contains('\u{1b}'), "{}", table.out);
    assert!(!table.out.contains("Opened") && table.err.contains("Lifetime figures"), "{}", table.err);
    let csv = desk.run(&["report", "campaigns", "--format", "csv"]).expect(0);
    assert_eq!(csv.out.lines().count(), 61);

    let lineage = desk.run(&["mapping", "campaigns.total_replied", "--json"]).expect(0).json();
    let sources: Vec<&Value> = lineage.as_array().unwrap().iter().map(|line| &line["from"]).collect();
    assert!(sources.contains(&&Value::from("reply_count")), "{lineage}");
}

#[test]
fn a_dry_run_says_and_does_nothing() {
    let twin = twin(Dialect::Live, 40);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    desk.run(&["sync"]).expect(0);
    desk.next_day();
    twin.clear_requests();
    let plan = desk.run(&["sync", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(twin.requests().len(), 0);
    let planned = plan[0]["calls"].as_u64().unwrap();
    desk.run(&["sync"]).expect(0);
    assert_eq!(twin.requests().len() as u64, planned, "the plan was kept");
}

#[test]
fn settings_say_where_they_were_set() {
    let desk = Desk::new(Engine::Sqlite);
    fs::write(desk.dir.path().join("atlas.toml"), "log = \"warn\"\nlog_format = \"json\"\n").unwrap();
    desk.set("ATLAS_LOG", "error");
    let config = desk.run(&["--log", "debug", "config", "--json"]).expect(0).json();
    let origin = |key: &str| {
        let line = config.as_array().unwrap().iter().find(|line| line["key"] == key).unwrap();
        (line["value"].as_str().unwrap().to_owned(), line["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(origin("log"), ("debug".to_owned(), "flag".to_owned()));
    assert_eq!(origin("log_format"), ("json".to_owned(), "atlas.toml".to_owned()));
    assert_eq!(origin("database").1, "ATLAS_DATABASE_URL");
    fs::write(desk.dir.path().join("atlas.toml"), "databse = \"x\"\n").unwrap();
    let done = desk.run(&["config"]).expect(2);
    assert!(done.err.contains("no setting 'databse'"), "{}", done.err);
}
