//! A throw-away PostgreSQL cluster: programs found or installed, started on a free port, gone afterwards.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::minder::Minder;
use crate::{install, spawn};

const OLDEST: u32 = 14;

/// Folders of programs, `*` for a version; where there are several versions the newest comes first.
const PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
];

/// A running cluster; stopped and removed when this is dropped, or when our process is gone.
pub(crate) struct Cluster {
    pub(crate) url: String,
    pub(crate) version: u32,
    /// For a shell: ends every connection at once, as a power cut does, and starts it again.
    pub(crate) restart: String,
    _minder: Minder,
}

impl Cluster {
    /// Finds or installs the programs and starts a cluster on a free port of 127.0.0.1.
    pub(crate) fn start() -> Result<Cluster> {
        if cfg!(not(unix)) {
            bail!("a throw-away PostgreSQL needs Unix; set ATLAS_TEST_POSTGRES_URL to a database for tests");
        }
        let (bin, version) = find_or_install()?;
        let user = unprivileged_user()?;
        // Not $TMPDIR: root's may be closed to the unprivileged user, and a socket's path has to be short.
        let folder = tempfile::Builder::new().prefix("atlas-postgres-").tempdir_in("/tmp")?;
        if let Some(user) = &user {
            spawn::run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        // From here on the minder removes it.
        let folder = folder.keep();
        let data = folder.join("data");
        let program = |name: &str| -> Result<Command> {
            let mut program = as_user(user.as_deref(), &bin.join(name))?;
            program.current_dir(&folder).arg("--pgdata").arg(&data);
            Ok(program)
        };
        let minder = stop_and_remove(&folder, program("pg_ctl")?)?;

        let settings = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        spawn::output(program("initdb")?.args(settings))?;
        let port = free_port()?;
        configure(&data, &folder, port)?;
        let log = folder.join("log");
        let started =
            spawn::output(program("pg_ctl")?.args(["start", "--wait", "--silent", "--log"]).arg(&log));
        if let Err(error) = started {
            bail!("{error:#}\n{}", fs::read_to_string(&log).unwrap_or_default());
        }
        let mut restart = program("pg_ctl")?;
        restart.args(["restart", "--mode=immediate", "--wait", "--silent", "--log"]).arg(&log);
        Ok(Cluster {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            version,
            restart: format!("cd {} && {}", quoted(folder.as_os_str()), shell_line(&restart)),
            _minder: minder,
        })
    }
}

fn stop_and_remove(folder: &Path, mut pg_ctl: Command) -> Result<Minder> {
    pg_ctl.args(["stop", "--mode=fast"]);
    let words = [folder.as_os_str(), pg_ctl.get_program()].into_iter().chain(pg_ctl.get_args());
    Minder::start(r#"folder=$1; shift; cd "$folder"; "$@"; cd /; rm -rf "$folder""#, words)
}

/// A command as a shell reads it.
fn shell_line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))
}

fn configure(data: &Path, folder: &Path, port: u16) -> Result<()> {
    let folder = folder.display().to_string().replace('\'', "''");
    let mut file = OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
    writeln!(file, "listen_addresses = '127.0.0.1'")?;
    writeln!(file, "port = {port}")?;
    writeln!(file, "unix_socket_directories = '{folder}'")?;
    writeln!(file, "max_connections = 200")?;
    Ok(())
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Who runs the server: nobody else but us, except that it refuses root.
fn unprivileged_user() -> Result<Option<String>> {
    if !install::we_are_root()? {
        return Ok(None);
    }
    let postgres_exists = spawn::output(Command::new("id").args(["-u", "postgres"])).is_ok();
    Ok(Some(if postgres_exists { "postgres" } else { "nobody" }.to_owned()))
}

fn as_user(user: Option<&str>, program: &Path) -> Result<Command> {
    let mut command = match user {
        None => Command::new(program),
        Some(user) => {
            let group = spawn::output(Command::new("id").args(["-g", user]))?;
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", group.trim(), "--clear-groups", "--"]).arg(program);
            command
        }
    };
    // PGPORT, PGDATA and the like are about the user's own servers.
    spawn::hide(&mut command, &["PG"]);
    Ok(command)
}

fn find_or_install() -> Result<(PathBuf, u32)> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !install::can_install()? {
        bail!(
            "no PostgreSQL {OLDEST} or later found; install it (`sudo apt-get install postgresql`, \
             `brew install postgresql`) or set ATLAS_TEST_POSTGRES_URL to a database for tests"
        );
    }
    println!("PostgreSQL: none found, installing it with apt-get");
    install::install("postgresql")?;
    find().with_context(|| format!("apt-get installed no PostgreSQL {OLDEST} or later; install one by hand"))
}

fn find() -> Option<(PathBuf, u32)> {
    let told = spawn::output(Command::new("pg_config").arg("--bindir")).ok();
    let told = told.map(|folder| PathBuf::from(folder.trim()));
    let places = PLACES.iter().flat_map(|place| expand(place));
    told.into_iter().chain(places).find_map(|bin| usable(&bin).map(|version| (bin, version)))
}

/// The version of a folder's programs, when they are all there and not too old.
fn usable(bin: &Path) -> Option<u32> {
    if !["initdb", "pg_ctl"].iter().all(|program| bin.join(program).exists()) {
        return None;
    }
    let told = spawn::output(Command::new(bin.join("postgres")).arg("--version")).ok()?;
    major_version(&told).filter(|version| *version >= OLDEST)
}

/// 15 from `postgres (PostgreSQL) 15.13 (Debian 15.13-1)`, 18 from `postgres (PostgreSQL) 18beta1`.
fn major_version(told: &str) -> Option<u32> {
    number(told.split_once("(PostgreSQL)")?.1)
}

/// The first number in a text.
fn number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

/// The folders that a place stands for, the highest version first.
fn expand(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else {
        return vec![PathBuf::from(place)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut versions: Vec<_> = names.filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())).collect();
    versions.sort_by_key(|version| std::cmp::Reverse(number(version)));
    versions.iter().map(|version| PathBuf::from(format!("{before}{version}{after}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_every_kind_of_build() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres 15"), None);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["postgresql", "postgresql@9", "postgresql@16", "postgresql@14", "mysql"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let place = format!("{}/postgresql*/bin", dir.path().display());
        let found: Vec<_> = expand(&place).iter().map(|path| path.display().to_string()).collect();
        let names = ["postgresql@16", "postgresql@14", "postgresql@9", "postgresql"];
        assert_eq!(found, names.map(|name| format!("{}/{name}/bin", dir.path().display())));
    }
}
