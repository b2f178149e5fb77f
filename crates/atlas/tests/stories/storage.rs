//! A database that is full, cut off or held by somebody else: said clearly, and nothing is lost.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use atlas_twin::{Dialect, Halt};

use crate::interruptions::{CAMPAIGNS, undisturbed};
use crate::world::{
    Desk, Engine, assert_same, block_on, engines, execute, finish, for_each, number, twin, while_held,
};

/// How much room there is when a sync begins, from none to more than enough.
const ROOMS_KIB: [usize; 14] = [0, 4, 32, 48, 80, 112, 160, 256, 384, 512, 768, 1280, 2560, 16 * 1024];

/// A small file system; gone with this.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Needs the right to mount; without it there is none.
    pub(crate) fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let args = ["-t", "tmpfs", "-o", "size=24m", "tmpfs"];
        let mounted = Command::new("mount").args(args).arg(folder).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(folder.to_owned()))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Fills it up but for so much.
    pub(crate) fn leave(&self, bytes: usize) {
        let mut file = fs::File::create(self.ballast()).unwrap();
        let page = [0xa5; 4096];
        let full = loop {
            if let Err(error) = file.write_all(&page) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(bytes as u64)).unwrap();
    }

    pub(crate) fn clear(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be taken away now goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_at_any_write_loses_nothing() {
    let trial = tempfile::tempdir().unwrap();
    if SmallDisk::mount(&trial.path().join("disk")).is_none() {
        eprintln!("SKIPPED: a full disk needs the right to mount a tmpfs");
        return;
    }
    let expected = undisturbed(Engine::Sqlite, Dialect::Live);
    let (points, ends) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    for_each(ROOMS_KIB.len() as u64, |number| {
        let room = ROOMS_KIB[usize::try_from(number).unwrap()];
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let mut desk = Desk::new(Engine::Sqlite);
        let disk = SmallDisk::mount(&desk.dir.path().join("disk")).unwrap();
        desk.url = format!("sqlite://{}", disk.0.join("atlas.db").display());
        desk.add_source(&twin, &["--set", "pace=off", "--no-test"]).expect(0);
        disk.leave(room * 1024);
        let done = desk.run(&["sync"]);
        if done.code != Some(0) {
            assert_eq!(done.code, Some(1), "{room} KiB: {done:?}");
            assert!(done.err.contains("free some space"), "{room} KiB: {}", done.err);
            assert!(!done.err.contains("panicked"), "{room} KiB: {}", done.err);
            points.lock().unwrap().insert(twin.requests().len());
        }
        ends.lock().unwrap().insert((room, done.code));
        disk.clear();
        desk.run(&["db", "check"]).expect(0);
        desk.run(&["sync"]).expect(0);
        assert_same(&expected, &desk.dump(), &format!("{room} KiB"));
    });
    let (points, ends) = (points.into_inner().unwrap(), ends.into_inner().unwrap());
    eprintln!("{ends:?} after {points:?} calls");
    assert!(points.len() >= 5, "full after {points:?} calls");
    assert_eq!(ends.last(), Some(&(16 * 1024, Some(0))), "{ends:?}");
}

#[test]
fn a_connection_cut_by_the_server_loses_nothing() {
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'atlas'";
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let expected = undisturbed(engine, Dialect::Live);
        let cut_off = Mutex::new(0);
        for_each(16, |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let twin = twin(Dialect::Live, CAMPAIGNS);
            let desk = Desk::with_source(engine, &twin);
            let halted = twin.halt_at(rng.u64(0..40), Halt::AfterAnswer);
            let child = desk.spawn(&["sync"]);
            block_on(halted).unwrap();
            (0..rng.u8(1..12)).for_each(|_| execute(&desk.url, &[cut.to_owned()]));
            let done = finish(child);
            if done.code != Some(0) {
                assert_eq!(done.code, Some(1), "{done:?}");
                assert!(
                    done.err.contains("the database says") && done.err.contains("hint: "),
                    "{}",
                    done.err
                );
                assert!(!done.err.contains("panicked"), "{}", done.err);
                *cut_off.lock().unwrap() += 1;
            }
            desk.run(&["sync"]).expect(0);
            assert_same(&expected, &desk.dump(), &format!("seed {seed}"));
        });
        assert!(*cut_off.lock().unwrap() > 0, "no sync met the cut");
    }
}

#[test]
fn a_database_that_is_held_is_waited_for() {
    let engines = engines();
    for_each(engines.len() as u64, |number| {
        let engine = engines[usize::try_from(number).unwrap()];
        let expected = undisturbed(engine, Dialect::Live);
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        // For longer than anybody waits.
        let done = while_held(&desk.url, "journal", || desk.run(&["sync"])).expect(1);
        assert!(done.err.contains("another program holds the database"), "{}", done.err);
        // For as long as it takes to look what is there: readers wait for nobody.
        let child = while_held(&desk.url, "journal", || {
            let child = desk.spawn(&["sync"]);
            assert_readable(&desk);
            child
        });
        finish(child).expect(0);
        assert_same(&expected, &desk.dump(), &format!("{engine:?}"));
        if engine == Engine::Postgres {
            removal_waits_before_it_begins(&desk);
        }
    });
}

/// Whoever goes through all rows of a source waits for who writes under its lease without having touched any: else each
/// would wait for the other.
fn removal_waits_before_it_begins(desk: &Desk) {
    let removal = while_held(&desk.url, "leases", || {
        let removal = desk.spawn(&["source", "remove", "acme", "--yes"]);
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let write = ["SET lock_timeout = '1s'", "UPDATE campaigns SET name = name"].map(str::to_owned);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while number(&desk.url, waiting) == Some(0) {}
                execute(&desk.url, &write);
            });
        });
        removal
    });
    finish(removal).expect(0);
}

#[test]
fn a_sync_holds_up_no_reader() {
    for engine in engines() {
        let twin = twin(Dialect::Live, CAMPAIGNS);
        let desk = Desk::with_source(engine, &twin);
        for place in [0, 1, 9, 20] {
            let halted = twin.halt_at(place, Halt::AfterAnswer);
            // Full, so that there is enough to do even where the one before came to its end.
            let mut child = desk.spawn(&["sync", "--full"]);
            block_on(halted).unwrap();
            assert_readable(&desk);
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn assert_readable(desk: &Desk) {
    desk.run(&["status", "--json"]).expect(0);
    for report in ["overview", "campaigns", "accounts"] {
        desk.run(&["report", report]).expect(0);
    }
}

/// PostgreSQL plans the check of a foreign key while the tables are empty, and then takes any index that begins like the
/// key for as good as the key's own: each check would look through the whole source.
#[test]
fn keys_that_are_referred_to_are_found_by_their_own_index() {
    for engine in engines().into_iter().filter(|engine| *engine == Engine::Postgres) {
        let desk = Desk::new(engine);
        desk.run(&["source", "list"]).expect(0);
        let others = "SELECT COUNT(*) FROM pg_index AS i JOIN pg_index AS k ON k.indrelid = i.indrelid AND k.indisprimary \
                      WHERE NOT i.indisprimary AND i.indpred IS NULL AND i.indkey[0] = k.indkey[0] \
                      AND i.indrelid IN (SELECT confrelid FROM pg_constraint WHERE contype = 'f')";
        assert_eq!(number(&desk.url, others), Some(0));
    }
}
