//! Keeps the house: arrows between rooms, heavy dependencies behind their doors, files in order.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Every room and what it may see: docs/architecture.md as data. `atlas-model` is the package of room `model`.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("vendor", &["model"]),
    ("store", &["model"]),
    ("sync", &["model", "vendor", "store"]),
    ("insight", &["model"]),
    ("worker", &["model", "vendor", "store", "sync", "insight"]),
    ("web", &["model", "vendor", "store", "insight"]),
    ("twin", &["model"]),
    ("atlas", &["model", "vendor", "store", "sync", "insight", "worker", "web"]),
    ("xtask", &[]),
];

/// What only these rooms' tests may use, beside what they may see anyway; other tests are free.
const TWIN_IS_FOR_TESTS_OF: &[&str] = &["atlas"];

/// Heavy dependencies and the rooms that may have them; what only tests use is free.
const DOORS: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("reqwest", &["sync"]),
    ("ammonia", &["web"]),
    ("axum", &["web", "twin"]),
    ("rust-embed", &["web"]),
    ("argon2", &["store"]),
    ("parquet", &["web", "atlas"]),
    ("clap", &["atlas", "twin", "xtask"]),
    ("indicatif", &["atlas"]),
    ("comfy-table", &["atlas"]),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "common", "helpers", "manager"];

const LONGEST_FILE: usize = 600;

#[test]
fn arrows_between_rooms_are_as_drawn() {
    let wrong = manifests().iter().flat_map(|(room, manifest)| wrong_arrows(room, manifest)).collect();
    assert_house_in_order(wrong);
}

#[test]
fn heavy_dependencies_stand_behind_their_doors() {
    let wrong = manifests().iter().flat_map(|(room, manifest)| wrong_doors(room, manifest)).collect();
    assert_house_in_order(wrong);
}

#[test]
fn files_are_named_introduced_and_short() {
    assert_house_in_order(all_sources().iter().flat_map(untidy).collect());
}

#[test]
fn only_the_store_speaks_sql() {
    assert_house_in_order(all_sources().iter().filter(|file| !may_speak_sql(file)).flat_map(sql).collect());
}

#[test]
fn every_vendor_lists_its_endpoints() {
    let vendors = folders(&root().join("crates/vendor/src"));
    assert_house_in_order(vendors.iter().flat_map(|vendor| unlisted_endpoints(vendor)).collect());
}

// Each check can fail.

#[test]
fn an_arrow_against_the_drawing_is_found() {
    let check = |room, manifest: &str| wrong_arrows(room, &manifest.parse().unwrap());

    let wrong = check("vendor", "[dependencies]\natlas-store.workspace = true\natlas-model.workspace = true");
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("`vendor` may not see `store`"), "{wrong:?}");

    let hidden =
        "[target.'cfg(unix)'.dependencies]\nstore = { package = \"atlas-store\", path = \"../store\" }";
    assert_eq!(check("web", hidden), [""; 0]);
    assert_eq!(check("model", hidden).len(), 1);
    assert_eq!(check("model", "[build-dependencies]\natlas-vendor.workspace = true").len(), 1);
    assert_eq!(check("atlas", "[dependencies]\natlas-twin.workspace = true").len(), 1);
    assert_eq!(check("store", "[dependencies]\natlas.workspace = true").len(), 1);
    assert!(check("cellar", "")[0].contains("draw its arrows in this table"));
    assert!(check("atlas", "[dependencies]\natlas-cellar.workspace = true")[0].contains("draw its arrows"));
}

#[test]
fn only_the_story_tests_may_use_the_twin() {
    let manifest: Table = "[dev-dependencies]\natlas-twin.workspace = true".parse().unwrap();
    assert_eq!(wrong_arrows("atlas", &manifest), [""; 0]);
    assert_eq!(wrong_arrows("sync", &manifest).len(), 1);
    let manifest: Table = "[dev-dependencies]\natlas-store.workspace = true".parse().unwrap();
    assert_eq!(wrong_arrows("vendor", &manifest), [""; 0]);
}

#[test]
fn a_heavy_dependency_in_the_wrong_room_is_found() {
    let manifest: Table = "[dependencies]\nsqlx.workspace = true\nserde.workspace = true".parse().unwrap();
    assert_eq!(wrong_doors("store", &manifest), [""; 0]);
    assert_eq!(wrong_doors("sync", &manifest).len(), 1);
    let renamed: Table = "[dependencies]\nhttp = { package = \"reqwest\", version = \"1\" }".parse().unwrap();
    assert_eq!(wrong_doors("web", &renamed).len(), 1);
    let in_tests: Table = "[dev-dependencies]\nreqwest.workspace = true".parse().unwrap();
    assert_eq!(wrong_doors("web", &in_tests), [""; 0]);
}

#[test]
fn an_untidy_file_is_found() {
    let check = |name: &str, text: &str| untidy(&Source { path: PathBuf::from(name), text: text.to_owned() });

    assert_eq!(check("crates/store/src/lease.rs", "//! Who may sync.\n"), [""; 0]);
    assert!(check("crates/store/src/lease.rs", "use std::fs;\n")[0].contains("opens without"));
    assert!(check("crates/store/src/lease.rs", "//!\n")[0].contains("opens without"));
    assert!(check("crates/store/src/utils.rs", "//! Things.\n")[0].contains("`utils`"));
    assert!(check("crates/store/src/helpers/mod.rs", "//! Things.\n")[0].contains("`helpers`"));
    assert!(
        check("crates/store/src/lease.rs", "//! Things.\npub(crate) mod common {\n")[0].contains("`common`")
    );
    assert!(check("crates/store/src/lease.rs", &"//! Long.\n".repeat(601))[0].contains("601 lines"));
}

#[test]
fn sql_outside_the_store_is_found() {
    let check =
        |text: &str| sql(&Source { path: PathBuf::from("crates/web/src/lib.rs"), text: text.to_owned() });

    assert_eq!(check("//! Please select one, UPDATE often, SET rarely.\n").len(), 1);
    assert_eq!(check("//! Selects.\nlet a = \"UPDATE \";\nlet b = \" SET \";\n"), [""; 0]);
    for statement in ["SELECT 1", "INSERT INTO t", "DELETE FROM t", "UPDATE t SET a = 1"] {
        let found = check(&format!("//! First line.\nlet statement = \"{statement}\";\n"));
        assert!(found.len() == 1 && found[0].starts_with("crates/web/src/lib.rs:2 "), "{found:?}");
    }

    let free = |path: &str| may_speak_sql(&Source { path: PathBuf::from(path), text: String::new() });
    assert!(free("crates/store/src/journal.rs") && free("crates/atlas/tests/story.rs"));
    assert!(!free("crates/web/src/lib.rs") && !free("xtask/src/main.rs"));
}

#[test]
fn an_unlisted_endpoint_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| fs::write(dir.path().join(file), text).unwrap();
    write("campaigns.rs", "//! A.\npub const ENDPOINT: Endpoint = Endpoint {};\n");
    write("leads.rs", "//! B.\npub(crate) const ENDPOINT: Endpoint = Endpoint {};\n");
    write("webhook.rs", "//! C.\npub const FAMILY: &str = \"w\";\n");
    assert_eq!(unlisted_endpoints(dir.path()).len(), 2, "no mod.rs lists nothing");

    write(
        "mod.rs",
        "//! D.\nconst ALL: &[&Endpoint] = &[&old_campaigns::ENDPOINT, &self::leads::ENDPOINT];\n",
    );
    let unlisted = unlisted_endpoints(dir.path());
    assert!(unlisted.len() == 1 && unlisted[0].contains("`&campaigns::ENDPOINT`"), "{unlisted:?}");

    write("mod.rs", "//! D.\nconst ALL: &[Endpoint] = &[campaigns::ENDPOINT,\n  // leads::ENDPOINT,\n];\n");
    assert_eq!(unlisted_endpoints(dir.path()).len(), 1);
}

fn assert_house_in_order(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "the house is not in order:\n\n{}\n", wrong.join("\n"));
}

// What is checked.

struct Source {
    /// From the repository's root.
    path: PathBuf,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every room with its Cargo.toml.
fn manifests() -> Vec<(String, Table)> {
    let mut rooms = folders(&root().join("crates"));
    rooms.push(root().join("xtask"));
    let parse = |room: PathBuf| {
        let file = room.join("Cargo.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let manifest = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (name_of(&room).to_owned(), manifest)
    };
    rooms.into_iter().map(parse).collect()
}

/// Every .rs file of every crate, its tests and its build script.
fn all_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["crates", "xtask"] {
        collect_sources(&root().join(folder), &mut sources);
    }
    assert!(!sources.is_empty(), "no .rs file found; has the repository moved since this was built?");
    sources
}

fn collect_sources(folder: &Path, sources: &mut Vec<Source>) {
    for path in entries(folder) {
        let skipped = name_of(&path).starts_with('.') || name_of(&path) == "node_modules";
        if path.is_dir() && !skipped {
            collect_sources(&path, sources);
        } else if is_rust(&path) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root()).map_or_else(|_| path.clone(), Path::to_owned);
            sources.push(Source { path, text });
        }
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    entries(parent).into_iter().filter(|path| path.is_dir()).collect()
}

/// What is in a folder, in order; nothing where there is no folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn is_rust(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("rs"))
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

// The checks: each returns what is wrong and what to do about it.

fn wrong_arrows(room: &str, manifest: &Table) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return vec![format!(
            "crate `{room}` is unknown: draw its arrows in this table (ARROWS in {})",
            file!()
        )];
    };
    let mut wrong = Vec::new();
    for seen in packages(manifest, &["dependencies", "build-dependencies"]).iter().filter_map(|p| room_of(p))
    {
        if !ARROWS.iter().any(|(name, _)| *name == seen) {
            wrong.push(format!("`{room}` sees an unknown crate `{seen}`: draw its arrows in {}", file!()));
        } else if !allowed.contains(&seen) {
            wrong.push(format!(
                "`{room}` may not see `{seen}`: move the code to a room that may, or hand it in as an argument; \
                 arrows are drawn in {}",
                file!()
            ));
        }
    }
    let for_tests = packages(manifest, &["dev-dependencies"]);
    if for_tests.iter().any(|package| package == "atlas-twin") && !TWIN_IS_FOR_TESTS_OF.contains(&room) {
        wrong.push(format!(
            "tests of `{room}` use the twin: only the story tests in crates/atlas/tests do, move the test there"
        ));
    }
    wrong
}

fn wrong_doors(room: &str, manifest: &Table) -> Vec<String> {
    let packages = packages(manifest, &["dependencies", "build-dependencies"]);
    let wrong = DOORS
        .iter()
        .filter(|(name, rooms)| packages.iter().any(|package| package == name) && !rooms.contains(&room));
    let say = |(name, rooms): &(&str, &[&str])| {
        format!(
            "`{room}` depends on `{name}`, which stands behind the door of {rooms:?}: ask that room to do it"
        )
    };
    wrong.map(say).collect()
}

/// The packages that a manifest names in these sections, also under `[target.….…]` and also renamed.
fn packages(manifest: &Table, sections: &[&str]) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut packages = Vec::new();
    for part in std::iter::once(manifest).chain(targets) {
        let dependencies = sections.iter().filter_map(|section| part.get(*section)?.as_table());
        for (name, dependency) in dependencies.flatten() {
            let package = dependency.get("package").and_then(Value::as_str).unwrap_or(name);
            packages.push(package.to_owned());
        }
    }
    packages
}

/// `store` for `atlas-store`, `atlas` and `xtask` for themselves, nothing for a package of others.
fn room_of(package: &str) -> Option<&str> {
    match package {
        "atlas" | "xtask" => Some(package),
        _ => package.strip_prefix("atlas-"),
    }
}

fn untidy(file: &Source) -> Vec<String> {
    let path = file.path.display();
    let mut wrong = Vec::new();
    if file.text.strip_prefix("//! ").is_none_or(|rest| rest.starts_with(char::is_whitespace)) {
        wrong.push(format!("{path} opens without a `//! ` line: say in one sentence what the file is"));
    }
    let lines = file.text.lines().count();
    if lines > LONGEST_FILE {
        wrong.push(format!(
            "{path} has {lines} lines, {LONGEST_FILE} is the limit: split it by what it knows"
        ));
    }
    let inside: Vec<_> = file.text.lines().filter_map(declared_module).collect();
    for name in EMPTY_NAMES {
        let is_named = file.path.with_extension("").iter().any(|part| part == *name);
        if is_named || inside.contains(name) {
            wrong.push(format!("{path} has a module `{name}`: name it after what it knows"));
        }
    }
    wrong
}

/// `journal` in `pub(crate) mod journal {`.
fn declared_module(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| c.is_whitespace() || c == ';' || c == '{');
    let is_visibility = |word: &&str| word.is_empty() || word.starts_with("pub");
    let first = words.by_ref().find(|word| !is_visibility(word))?;
    if first == "mod" { words.next() } else { None }
}

fn may_speak_sql(file: &Source) -> bool {
    file.path.starts_with("crates/store") || file.path.iter().any(|part| part == "tests")
}

fn sql(file: &Source) -> Vec<String> {
    let is_sql = |line: &str| {
        let has = |words: &str| line.contains(words);
        has("SELECT ") || has("INSERT INTO") || has("DELETE FROM") || (has("UPDATE ") && has(" SET "))
    };
    let lines = (1..).zip(file.text.lines()).filter(|(_, line)| is_sql(line));
    let say = |(number, _)| {
        format!(
            "{}:{number} speaks SQL: give crates/store a function for it and call that",
            file.path.display()
        )
    };
    lines.map(say).collect()
}

/// A vendor's files with an ENDPOINT that its mod.rs does not name.
fn unlisted_endpoints(vendor: &Path) -> Vec<String> {
    let list = fs::read_to_string(vendor.join("mod.rs")).unwrap_or_default();
    let code = list.lines().filter(|line| !line.trim_start().starts_with("//"));
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let named: Vec<_> = code.flat_map(|line| line.split(|c| !is_path(c))).collect();

    let mut unlisted = Vec::new();
    for file in entries(vendor).into_iter().filter(|path| is_rust(path) && name_of(path) != "mod.rs") {
        let module = name_of(&file).trim_end_matches(".rs");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let is_endpoint = text.contains("pub const ENDPOINT:") || text.contains("pub(crate) const ENDPOINT:");
        let constant = format!("{module}::ENDPOINT");
        let is_listed =
            named.iter().any(|path| *path == constant || path.ends_with(&format!("::{constant}")));
        if is_endpoint && !is_listed {
            let vendor = name_of(vendor);
            unlisted.push(format!(
                "crates/vendor/src/{vendor}/{module}.rs has an ENDPOINT that no list holds: \
                 add `&{constant}` to the list in {vendor}/mod.rs"
            ));
        }
    }
    unlisted
}
