//! A fresh machine: questions with flags for answers, and many sources from one file.

use std::fs;

use atlas_twin::{Dialect, Twin};
use serde_json::{Value, json};

use crate::access::{ask, bearer};
use crate::webhooks::Server;
use crate::world::{Desk, Done, Engine, engines, execute, twin};

fn sources(desk: &Desk) -> Vec<Value> {
    desk.run(&["source", "list", "--json"]).expect(0).json().as_array().unwrap().clone()
}

fn import(desk: &Desk, text: &str, more: &[&str]) -> Done {
    fs::write(desk.dir.path().join("accounts.csv"), text).unwrap();
    desk.run(&[&["source", "import", "accounts.csv"], more].concat())
}

/// A file with three accounts at the twin, in the order and spelling of somebody's spreadsheet.
fn three(twin: &Twin) -> String {
    let origin = twin.origin();
    format!(
        "\u{feff}Name,Client,PLATFORM,Key Env,zone,base_url,pace,sync_leads\r\n\
         north,\"Acme, Inc\",smartlead,NORTH_KEY,Europe/Berlin,{origin},off,true\r\n\
         south,,SmartLead,SOUTH_KEY,,{origin},off,\r\n\
         west,Umbrella,smartlead,NORTH_KEY,,{origin},off,\r\n\
         ,,,,,,,\r\n"
    )
}

#[test]
fn many_sources_from_a_file() {
    for engine in engines() {
        let twin = twin(Dialect::Live, 5);
        let desk = Desk::new(engine);
        desk.set("NORTH_KEY", "twin-key");
        desk.set("SOUTH_KEY", "twin-key");
        let text = three(&twin);
        let done = import(&desk, &text, &["--json"]).expect(0);
        assert_eq!(done.json()["stored"], 3, "{done:?}");
        let stored = sources(&desk);
        let north = stored.iter().find(|source| source["name"] == "north").unwrap();
        assert_eq!((&north["client"], &north["time_zone"]), (&"Acme, Inc".into(), &"Europe/Berlin".into()));
        assert_eq!(
            (&north["settings"]["sync_leads"], &north["settings"]["pace"]),
            (&"true".into(), &"off".into())
        );
        desk.run(&["sync"]).expect(0);

        // A repeat is harmless, also where the keys are gone, and a new line is taken in.
        let before = desk.dump();
        desk.set("SOUTH_KEY", "");
        twin.clear_requests();
        let again = import(&desk, &text, &[]).expect(0);
        assert_eq!(again.out.matches("skipped").count(), 3, "{}", again.out);
        assert_eq!((desk.dump(), twin.requests().len()), (before, 0));
        let more =
            text.replace("\r\n,,,", &format!("\r\neast,,smartlead,NORTH_KEY,,{},off,\r\n,,,", twin.origin()));
        assert_eq!(import(&desk, &more, &["--json"]).expect(0).json()["stored"], 1);

        // What is stored otherwise is not changed behind anybody's back.
        let done = import(&desk, &text.replace("Umbrella", "Parasol"), &[]).expect(2);
        assert!(
            done.err.contains("line 4, column client") && done.err.contains("source set west"),
            "{}",
            done.err
        );
        assert_eq!(sources(&desk).len(), 4);
    }
}

#[test]
fn a_bad_line_stores_nothing() {
    let twin = twin(Dialect::Live, 3);
    let desk = Desk::new(Engine::Sqlite);
    desk.set("NORTH_KEY", "twin-key");
    desk.set("SOUTH_KEY", "twin-key");
    let good = three(&twin);
    let check = |text: &str, says: &[&str]| {
        let done = import(&desk, text, &[]).expect(2);
        says.iter().for_each(|says| assert!(done.err.contains(says), "{says} is not in: {}", done.err));
        assert_eq!((twin.requests().len(), sources(&desk).len()), (0, 0), "{text}");
    };
    check(
        &good.replace("Europe/Berlin", "Mars/Crater"),
        &["line 2, column time_zone", "Mars/Crater", "hint"],
    );
    check(
        &good.replace("south,,SmartLead", "north,,MailChimp").replace(",off,true", ",off,maybe"),
        &["line 2, column sync_leads", "true or false", "line 3, column platform", "smartlead", "2 lines"],
    );
    check(&good.replace("south,", "north,"), &["line 3, column name", "north"]);
    check(&good.replace(&twin.origin(), "http://example.com"), &["line 2, column base_url", "https"]);
    check(&good.replace("SOUTH_KEY", "OTHER_KEY"), &["line 3, column key_env", "not set"]);
    check(&good.replace("SOUTH_KEY", ""), &["line 3, column key_env", "ATLAS_API_KEY"]);
    check(&good.replace("south,,", "south,"), &["line 3", "7 cells"]);
    check(&good.replace("sync_leads", "synch_leads"), &["line 1", "'synch_leads'", "sync_leads"]);
    check(&good.replace("PLATFORM", "client"), &["two columns client"]);
    check("name;zone\nx;UTC\n", &["column platform is missing"]);
    check("", &["column platform is missing"]);

    // A key in the file is refused, wherever it stands, and not repeated.
    for text in [good.replace("Key Env", "API key"), good.replace("SOUTH_KEY", "5e1f-live_key")] {
        let done = import(&desk, &text, &[]).expect(2);
        assert!(done.err.contains("keys never stand in files") && !done.err.contains("5e1f"), "{}", done.err);
    }
    assert!(desk.run(&["source", "import", "nowhere.csv"]).expect(2).err.contains("nowhere.csv"));
}

#[test]
fn keys_that_are_refused_cost_their_own_lines() {
    let twin = twin(Dialect::Live, 3);
    let desk = Desk::new(Engine::Sqlite);
    desk.set("NORTH_KEY", "twin-key");
    desk.set("SOUTH_KEY", "wrong");
    let text = three(&twin);
    let some = import(&desk, &text, &[]).expect(3);
    assert!(some.out.contains("refused") && some.err.contains("2 stored"), "{some:?}");
    assert_eq!(sources(&desk).len(), 2);
    // What is right now is added, what was stored is skipped.
    desk.set("SOUTH_KEY", "twin-key");
    let rest = import(&desk, &text, &["--json"]).expect(0).json();
    assert_eq!((&rest["stored"], &rest["skipped"]), (&1.into(), &2.into()));

    let other = Desk::new(Engine::Sqlite);
    other.set("NORTH_KEY", "wrong");
    other.set("SOUTH_KEY", "wrong");
    import(&other, &text, &[]).expect(4);
    assert_eq!(sources(&other).len(), 0);
    let unasked = other.run_with(&["source", "import", "-", "--no-test", "--json"], &text).expect(0);
    assert_eq!(unasked.json()["stored"], 3);
}

/// A desk on which no database is set, as on a fresh machine.
fn fresh(engine: Engine) -> (Desk, String) {
    let desk = Desk::new(engine);
    let url = desk.url.clone();
    desk.set("ATLAS_DATABASE_URL", "");
    (desk, url)
}

fn user_file(desk: &Desk) -> Option<String> {
    let name = ".config/atlas/atlas.toml";
    fs::read_to_string(desk.dir.path().join(name)).ok()
}

#[test]
fn set_up_without_a_terminal() {
    for engine in engines() {
        let twin = twin(Dialect::Live, 5);
        let (desk, url) = fresh(engine);
        let origin = twin.origin();
        let args = [
            "init",
            "--database",
            &url,
            "--time-zone",
            "Europe/Berlin",
            "--platform",
            "smartlead",
            "--name",
            "acme",
            "--client",
            "Umbrella",
            "--api-key-stdin",
            "--base-url",
            &origin,
            "--set",
            "pace=off",
        ];
        let done = desk.run_with(&args, "twin-key\n").expect(0);
        assert!(
            done.err.contains("Next: atlas sync") && done.err.contains("atlas report overview"),
            "{}",
            done.err
        );
        assert!(done.err.contains("5 records") && !done.err.contains("twin-key"), "{}", done.err);
        assert_eq!(user_file(&desk), Some(format!("database = \"{url}\"\n")));
        // Every command finds what was set up, without a flag.
        desk.run(&["sync"]).expect(0);
        let source = desk.run(&["source", "show", "acme", "--json"]).expect(0).json();
        assert_eq!((&source["time_zone"], &source["client"]), (&"Europe/Berlin".into(), &"Umbrella".into()));
        assert_eq!(
            desk.run(&["report", "campaigns", "--json"]).expect(0).json().as_array().unwrap().len(),
            5
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = fs::metadata(desk.dir.path().join(".config/atlas/atlas.toml")).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600, "a URL may hold a password");
        }
        // Again: the same database is fine, the name is taken.
        desk.run(&["init", "--database", &url, "--no-source"]).expect(0);
        assert!(desk.run_with(&args, "twin-key\n").expect(1).err.contains("already"));
        assert_eq!(user_file(&desk), Some(format!("database = \"{url}\"\n")));
    }
}

#[test]
fn set_up_with_defaults_writes_no_file() {
    let (desk, _) = fresh(Engine::Sqlite);
    desk.set("TZ", "Asia/Tokyo");
    desk.set("ATLAS_API_KEY", "some-key");
    desk.run(&["init", "--platform", "smartlead", "--name", "acme", "--no-test"]).expect(0);
    assert!(desk.data_dir().join("atlas.db").exists() && user_file(&desk).is_none());
    assert_eq!(sources(&desk)[0]["time_zone"], "Asia/Tokyo", "the machine's");
}

#[test]
fn set_up_says_which_flag_is_missing() {
    let (desk, url) = fresh(Engine::Sqlite);
    let check = |args: &[&str], says: &[&str]| {
        let done = desk.run(args).expect(2);
        says.iter().for_each(|says| assert!(done.err.contains(says), "{args:?} says: {}", done.err));
        assert!(!desk.data_dir().exists() && user_file(&desk).is_none(), "{args:?} made something");
    };
    check(&["init"], &["takes --name and --platform and --api-key-stdin\n", "--no-source"]);
    check(&["init", "--name", "acme"], &["takes --platform and --api-key-stdin\n"]);
    check(&["init", "--api-key-stdin"], &["takes --name and --platform\n"]);
    let smartlead = ["init", "--platform", "smartlead", "--name", "acme", "--api-key-stdin"];
    check(&smartlead, &["API key is empty"]);
    check(&[&smartlead[..], &["--time-zone", "Mars/Crater"]].concat(), &["time zone"]);
    check(&["init", "--no-source", "--name", "acme"], &["cannot be used with"]);
    check(&["init", "--no-source", "--database", "mysql://x"], &["sqlite:///path"]);

    // What is set elsewhere is never overwritten, and would win: so it must be the same.
    let folder = desk.dir.path().join(".config/atlas");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("atlas.toml"), "# mine\nlog = \"warn\"").unwrap();
    desk.run(&["init", "--no-source", "--database", &url]).expect(0);
    let kept = format!("# mine\nlog = \"warn\"\ndatabase = \"{url}\"\n");
    assert_eq!(user_file(&desk), Some(kept.clone()));
    let done = desk.run(&["init", "--no-source", "--database", "sqlite://other.db"]).expect(2);
    assert!(
        done.err.contains("atlas.toml sets another database") && done.err.contains("hint"),
        "{}",
        done.err
    );
    assert_eq!(user_file(&desk), Some(kept));
    assert!(!desk.dir.path().join("other.db").exists());
    desk.set("ATLAS_DATABASE_URL", &url);
    let done = desk.run(&["init", "--no-source", "--database", "sqlite://other.db"]).expect(2);
    assert!(done.err.contains("ATLAS_DATABASE_URL sets another"), "{}", done.err);
}

#[test]
fn an_address_said_over_http_is_never_followed_inside() {
    for engine in engines() {
        let twin = twin(Dialect::Live, 3);
        let desk = Desk::new(engine);
        let writer = bearer(&desk.run(&["token", "create", "ops", "--scope", "write"]).expect(0).out);
        let server = Server::start(&desk);
        let new = json!({"platform": "smartlead", "name": "afar", "api_key": "twin-key", "base_url": "https://1.1.1.1"});
        assert_eq!(ask(&server, "POST", "/api/v1/sources", &writer, &new).status, 201);
        // What it was called leads here from now on.
        let here = twin.origin().replace("127.0.0.1", "localhost");
        execute(&desk.url, &[format!("UPDATE data_sources SET base_url = '{here}'")]);
        // A change of something else makes it no better.
        let change = json!({"client": "Acme", "base_url": here, "settings": {"backfill_days": "30"}});
        assert_eq!(ask(&server, "PATCH", "/api/v1/sources/afar", &writer, &change).status, 200);
        server.stop().expect(0);
        desk.run(&["sync", "afar", "--time-budget", "0", "--no-continue"]).expect(5);
        let tested = desk.run(&["source", "test", "afar"]).expect(1);
        assert!(tested.out.contains("the address leads into a private network"), "{}", tested.out);
        assert_eq!(twin.requests().len(), 0, "{engine:?}");

        // Whoever is at the machine may mean it.
        desk.run(&["source", "set", "afar", "--base-url", &here, "pace=off"]).expect(0);
        desk.run(&["sync", "afar"]).expect(0);
    }
}
