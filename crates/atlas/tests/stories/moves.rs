//! Backups, copies, checks: what arrives is what was there, and nothing is overwritten unasked.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use atlas_twin::{Dialect, Halt, Twin};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use crate::interruptions::{CAMPAIGNS, undisturbed};
use crate::world::{Desk, Engine, assert_same, block_on, engines, number, twin};

/// A synced desk that has every kind of row.
fn synced(engine: Engine, twin: &Twin) -> Desk {
    let desk = Desk::new(engine);
    let more =
        ["--set", "pace=off", "--set", "sync_leads=true", "--set", "monthly_quota=100000", "--no-test"];
    desk.add_source(twin, &more).expect(0);
    desk.run(&["sync"]).expect(0);
    desk
}

fn sqlite(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Changes a SQLite file behind the program's back.
fn tamper(url: &str, statement: &str) {
    block_on(async {
        let options = SqliteConnectOptions::from_str(url).unwrap().foreign_keys(false);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
        connection.close().await.unwrap();
    });
}

/// Every cell of a SQLite file but for the leases, exact to the last bit and type.
fn cells(url: &str) -> String {
    block_on(async {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let tables = "SELECT m.name, group_concat('quote(' || c.name || ')', ' || char(10) || ') \
                      FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' \
                      AND m.name NOT IN ('leases', '_sqlx_migrations') GROUP BY m.name ORDER BY m.name";
        let mut text = String::new();
        for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
            let (name, columns): (String, String) = (table.get(0), table.get(1));
            let rows = AssertSqlSafe(format!("SELECT {columns} FROM {name} ORDER BY 1"));
            for row in sqlx::query(rows).fetch_all(&mut connection).await.unwrap() {
                text.push_str(&format!("{name}\n{}\n", row.get::<String, _>(0)));
            }
        }
        connection.close().await.unwrap();
        text
    })
}

#[test]
fn a_database_moves_to_a_server_and_back_and_goes_on() {
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = synced(Engine::Sqlite, &twin);
    let expected = desk.dump();
    assert!(expected.contains("\nenrollments ") && expected.contains("\ncontacts "), "{expected}");
    let status = desk.run(&["status", "--json"]).expect(0).out;
    let back = sqlite(&desk.dir.path().join("back.db"));
    let mut stops: Vec<String> = engines()
        .into_iter()
        .map(|engine| Desk::new(engine).url)
        .filter(|url| !url.starts_with("sqlite"))
        .collect();
    stops.push(back.clone());
    let mut from = desk.url.clone();
    for to in stops.clone() {
        let copied = desk.run(&["--database", &from, "db", "copy", "--to", &to, "--json"]).expect(0);
        assert!(copied.err.contains("ATLAS_SECRET_KEY"), "{}", copied.err);
        let tables = copied.json()["tables"].as_array().unwrap().clone();
        let serials = number(&desk.url, "SELECT COUNT(*) FROM serials").unwrap();
        for (name, rows) in [("campaigns", CAMPAIGNS as i64), ("data_sources", 1), ("serials", serials)] {
            let table = tables.iter().find(|table| table["table"] == name).unwrap();
            assert_eq!(table["rows"], rows, "{name}");
        }
        assert!(tables.iter().all(|table| table["table"] != "leases"));
        assert_same(&expected, &desk.dump_of(&to), &to);
        assert_same(&status, &desk.run(&["--database", &to, "status", "--json"]).expect(0).out, "status");
        desk.run(&["--database", &to, "db", "check"]).expect(0);
        let again = desk.run(&["--database", &from, "db", "copy", "--to", &to]).expect(1);
        assert!(again.err.contains("holds data already (acme)"), "{}", again.err);
        from = to;
    }
    assert_same(&cells(&desk.url), &cells(&back), "every cell after the way there and back");
    for url in &stops {
        let done = desk.run(&["--database", url, "sync", "--json"]).expect(0).json();
        assert_eq!((&done[0]["outcome"], &done[0]["rows_changed"]), (&"done".into(), &0.into()), "{done}");
        assert_same(&expected, &desk.dump_of(url), "synced on");
    }
}

#[test]
fn a_backup_in_the_middle_of_a_sync_goes_on_to_the_same_end() {
    for engine in engines() {
        let expected = undisturbed(engine, Dialect::Live);
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        let file = desk.dir.path().join("backup.db");
        let name = file.to_str().unwrap();
        let halted = twin.halt_at(12, Halt::AfterAnswer);
        let mut child = desk.spawn(&["sync"]);
        block_on(halted).unwrap();
        let done = desk.run(&["db", "backup", name, "--json"]).expect(0).json();
        assert_eq!(done["bytes"], fs::metadata(&file).unwrap().len());
        assert!(child.try_wait().unwrap().is_none(), "the sync is still at it");
        child.kill().unwrap();
        child.wait().unwrap();
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777,
            0o600
        );
        let taken = desk.run(&["db", "backup", name]).expect(1);
        assert!(taken.err.contains("is there already"), "{}", taken.err);

        let other = Desk::new(engine);
        let new = &other.url;
        let before = fs::read(&file).unwrap();
        desk.run(&["--database", new, "db", "restore", name]).expect(0);
        assert!(before == fs::read(&file).unwrap(), "a backup is not changed by being restored");
        assert_eq!(strays(&desk), [""; 0]);
        desk.run(&["--database", new, "db", "check"]).expect(0);
        let status = desk.run(&["--database", new, "status", "--json"]).expect(0).json();
        assert!(status[0]["pending"].as_u64() > Some(0), "in the middle: {status}");
        desk.run(&["--database", new, "sync"]).expect(0);
        assert_same(&expected, &desk.dump_of(new), "restored and gone on");
    }
}

/// Files that a command left behind.
fn strays(desk: &Desk) -> Vec<String> {
    let folders = [desk.dir.path().to_owned(), desk.data_dir()];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".part") || name.starts_with("backup.db-")).collect()
}

#[test]
fn a_restore_overwrites_nothing_unasked() {
    for engine in engines() {
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = synced(engine, &twin);
        desk.in_real_time();
        let file = desk.dir.path().join("backup.db");
        let restore = ["db", "restore", file.to_str().unwrap(), "--replace"];
        desk.run(&["db", "backup", restore[2]]).expect(0);
        let backed_up = desk.dump();
        twin.advance(1);
        desk.run(&["sync"]).expect(0);
        let before = desk.dump();
        assert_ne!(backed_up, before);

        let refused = desk.run(&restore[..3]).expect(1);
        assert!(refused.err.contains("(acme)") && refused.err.contains("--replace"), "{}", refused.err);
        let halted = twin.halt_at(0, Halt::BeforeAnswer);
        let mut child = desk.spawn(&["sync"]);
        block_on(halted).unwrap();
        let held = desk.run(&restore).expect(6);
        assert!(held.err.contains("another process is syncing 'acme'"), "{}", held.err);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_same(&before, &desk.dump(), "nothing was changed");
        assert_eq!(strays(&desk), [""; 0]);

        let done = desk.run(&[&restore[..], &["--json"]].concat()).expect(0).json();
        assert_same(&backed_up, &desk.dump(), "replaced");
        assert_eq!(engine == Engine::Sqlite, done["kept"].is_string(), "{done}");
        if let Some(kept) = done["kept"].as_str() {
            assert_same(&before, &desk.dump_of(&format!("sqlite://{kept}")), "what was kept");
        }
    }
}

#[test]
fn what_is_no_sound_backup_is_refused() {
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = synced(Engine::Sqlite, &twin);
    let good = desk.dir.path().join("good.db");
    desk.run(&["db", "backup", good.to_str().unwrap()]).expect(0);
    let bytes = fs::read(&good).unwrap();
    let new = sqlite(&desk.dir.path().join("new.db"));
    let refuse = |name: &str, why: &str| {
        let file = desk.dir.path().join(name);
        let done = desk.run(&["--database", &new, "db", "restore", file.to_str().unwrap()]).expect(1);
        assert!(done.err.contains(why), "{name}: {}", done.err);
        assert_eq!(desk.dump_of(&new), "", "{name}");
        assert_eq!(strays(&desk), [""; 0]);
    };
    let write = |name: &str, bytes: &[u8]| fs::write(desk.dir.path().join(name), bytes).unwrap();

    let middle = bytes.len() / 2;
    let scratched = [&bytes[..middle], &[0x5a; 8192][..], &bytes[middle + 8192..]].concat();
    write("scratched.db", &scratched);
    refuse("scratched.db", "is no sound backup of Atlas");
    write("cut.db", &bytes[..bytes.len() * 3 / 4]);
    refuse("cut.db", "is no sound backup of Atlas");
    write("words.db", b"This is a letter, not a database, although it is long enough to be one. ");
    refuse("words.db", "is no sound backup of Atlas");
    write("empty.db", b"");
    refuse("empty.db", "is no sound backup of Atlas");
    refuse("missing.db", "is no sound backup of Atlas");
    write("newer.db", &bytes);
    tamper(
        &sqlite(&desk.dir.path().join("newer.db")),
        "INSERT INTO _sqlx_migrations SELECT 999999, description, installed_on, success, checksum, execution_time \
         FROM _sqlx_migrations WHERE version = 1",
    );
    refuse("newer.db", "newer Atlas");
    // The same way, undamaged.
    desk.run(&["--database", &new, "db", "restore", good.to_str().unwrap()]).expect(0);
    assert_same(&desk.dump(), &desk.dump_of(&new), "restored");
}

#[test]
fn a_check_finds_what_is_wrong() {
    let twin = twin(Dialect::Live, CAMPAIGNS);
    let desk = synced(Engine::Sqlite, &twin);
    let migrated = desk.run(&["db", "migrate", "--json"]).expect(0).json();
    assert!(migrated["schema"].as_i64() >= Some(2), "{migrated}");
    let check = || {
        let done = desk.run(&["db", "check", "--json"]);
        let checks = done.json().as_array().unwrap().clone();
        let wrong = checks.iter().filter(|check| check["ok"] == false);
        (done.code, wrong.map(|check| check["detail"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(check(), (Some(0), Vec::new()));
    tamper(&desk.url, "UPDATE campaigns SET reply_rate = reply_rate / 2 WHERE reply_rate > 0");
    let (code, wrong) = check();
    assert!(
        code == Some(1) && wrong.len() == 1 && wrong[0].starts_with("campaigns.reply_rate "),
        "{wrong:?}"
    );
    desk.run(&["sync", "--full"]).expect(0);
    assert_eq!(check(), (Some(0), Vec::new()), "the hint helps");
    tamper(&desk.url, "UPDATE journal SET hash = 'x' WHERE id = 7");
    tamper(&desk.url, "UPDATE journal SET body = x'00' WHERE id = 9");
    tamper(&desk.url, "UPDATE contacts SET company_id = 'nobody' WHERE company_id IS NOT NULL");
    let (code, wrong) = check();
    assert!(code == Some(1) && wrong.len() == 2, "{wrong:?}");
    assert!(wrong[0].contains("of contacts refer to rows of companies that are not there"), "{wrong:?}");
    assert!(wrong[1].contains("answer 7 ") && wrong[1].contains("answer 9 "), "{wrong:?}");
}
