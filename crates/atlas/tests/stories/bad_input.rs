//! Bad input: a clear error that says what to do, and nothing half-written.

use atlas_twin::Dialect;

use crate::world::{Desk, Engine, block_on, engines, twin};

#[test]
fn a_wrong_key() {
    let twin = twin(Dialect::Live, 5);
    twin.set_api_key("another-key");
    let desk = Desk::new(Engine::Sqlite);
    let done = desk.add_source(&twin, &["--set", "pace=off"]).expect(4);
    assert!(done.err.contains("refused") && done.err.contains("API"), "{}", done.err);
    assert_eq!(desk.run(&["source", "list", "--json"]).expect(0).json().as_array().unwrap().len(), 0);

    // A key that was good and is not any more: the calls stay pending, a new key goes on.
    desk.add_source(&twin, &["--set", "pace=off", "--no-test"]).expect(0);
    let done = desk.run(&["sync"]).expect(4);
    assert!(done.err.contains("atlas source set"), "{}", done.err);
    desk.run_with(&["source", "set", "acme", "--api-key-stdin"], "another-key\n").expect(0);
    desk.run(&["sync"]).expect(0);
}

#[test]
fn what_was_typed_wrong() {
    let desk = Desk::new(Engine::Sqlite);
    let check = |args: &[&str], code: i32, says: &str| {
        let done = desk.run_with(args, "some-key\n");
        assert_eq!(done.code, Some(code), "{args:?}: {done:?}");
        assert!(done.err.contains(says), "{args:?} says: {}", done.err);
        assert!(!done.err.contains("some-key"), "{args:?} tells the key");
    };
    check(&["sync"], 1, "atlas source add");
    check(&["sync", "nobody"], 2, "no source named 'nobody'");
    check(&["report", "overview"], 1, "atlas source add");
    check(&["report", "nonsense"], 2, "possible values");
    check(&["mapping", "campaigns.nonsense"], 2, "nothing is mapped");
    check(&["--database", "mysql://x", "status"], 2, "sqlite:///path");
    check(&["--database", "postgres://nobody@127.0.0.1:1/none", "status"], 1, "is the database running");
    let add = ["source", "add", "smartlead", "--name", "acme", "--api-key-stdin", "--no-test"];
    let with = |more: &[&'static str]| [&add[..], more].concat();
    check(
        &["source", "add", "mailchimp", "--name", "x", "--no-test"],
        2,
        "smartlead, replyio or phoneburner",
    );
    check(&with(&["--base-url", "http://example.com"]), 2, "https");
    check(&with(&["--base-url", "https://example.com/api"]), 2, "paths stay");
    check(&with(&["--time-zone", "Mars/Crater"]), 2, "time zone");
    check(&with(&["--set", "pase=off"]), 2, "no setting 'pase'");
    check(&with(&["--set", "batch_size=many"]), 2, "a whole number");
    check(&["source", "add", "smartlead", "--name", "x", "--no-test"], 2, "--api-key-stdin");
    check(&add, 0, "stored 'acme'");
    check(&add, 1, "already");
    check(&["source", "set", "acme", "time_zone=Mars/Crater"], 2, "time zone");
    check(&["source", "set", "acme", "time_zone=Europe/Berlin", "batch_size=20"], 0, "changed");
    assert_eq!(desk.run(&["source", "show", "acme", "--json"]).json()["time_zone"], "Europe/Berlin");
    check(&["source", "remove", "acme"], 2, "--yes");
    check(&["source", "remove", "acme", "--yes"], 0, "removed");
}

#[test]
fn a_database_from_the_future() {
    for engine in engines() {
        let desk = Desk::new(engine);
        desk.run(&["status"]).expect(0);
        block_on(async {
            let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                          VALUES (9999, 'later', true, '', 0)";
            if desk.url.starts_with("sqlite:") {
                let pool = sqlx::SqlitePool::connect(&desk.url).await.unwrap();
                sqlx::query(insert).execute(&pool).await.unwrap();
                pool.close().await;
            } else {
                let pool = sqlx::PgPool::connect(&desk.url).await.unwrap();
                sqlx::query(insert).execute(&pool).await.unwrap();
                pool.close().await;
            }
        });
        let done = desk.run(&["status"]).expect(1);
        assert!(done.err.contains("newer Atlas"), "{}", done.err);
    }
}

#[test]
fn a_file_that_is_no_database() {
    let desk = Desk::new(Engine::Sqlite);
    std::fs::write(desk.dir.path().join("atlas.db"), "this is a letter, not a database".repeat(200)).unwrap();
    let done = desk.run(&["status"]).expect(1);
    assert!(done.err.contains("no SQLite database"), "{}", done.err);
    let left = std::fs::read_to_string(desk.dir.path().join("atlas.db")).unwrap();
    assert!(left.starts_with("this is a letter"), "it was overwritten");
}

#[test]
fn another_encryption_key() {
    let twin = twin(Dialect::Live, 3);
    let desk = Desk::with_source(Engine::Sqlite, &twin);
    std::fs::remove_file(desk.data_dir().join("secret.key")).unwrap();
    let done = desk.run(&["sync"]).expect(1);
    assert!(done.err.contains("ATLAS_SECRET_KEY"), "{}", done.err);
    let doctor = desk.run(&["doctor"]).expect(1);
    assert!(doctor.out.contains("FAIL"), "{}", doctor.out);
}

#[test]
fn the_time_is_only_set_on_this_machine() {
    let desk = Desk::new(Engine::Sqlite);
    let args = ["source", "add", "smartlead", "--name", "far", "--no-test", "--api-key-stdin"];
    desk.run_with(&args, "k\n").expect(0);
    let done = desk.run(&["status"]).expect(0);
    assert!(done.err.contains("ATLAS_NOW is not obeyed"), "{}", done.err);
}
