//! A database in one file: written whole or not at all, checked before it is believed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::check;
use crate::db::{Flavour, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::transfer::{Copied, Onto};

/// A backup that was written.
#[derive(Debug)]
pub struct Kept {
    /// How large the file is.
    pub bytes: u64,
    /// Tables and columns that are not Atlas's and could not be taken along.
    pub left_out: Vec<String>,
}

impl Store {
    /// Writes one moment of the database into a new SQLite file. Told are rows done and rows in all.
    pub async fn backup(&self, file: &Path, tell: &dyn Fn(u64, u64)) -> Result<Kept> {
        let file = absolute(file)?;
        if file.exists() {
            return Err(Error::new(
                ErrorKind::Taken,
                format!("{} is there already", file.display()),
                "nothing is overwritten: choose another name",
            ));
        }
        let mut name = file.clone().into_os_string();
        name.push(".part");
        let part = Part::new(PathBuf::from(name))?;
        let left_out = match self.flavour() {
            Flavour::Sqlite => {
                self.vacuum_into(&part).await?;
                Vec::new()
            }
            Flavour::Postgres => {
                let to = Self::open_file(&part.path).await?;
                let copied = self.copy_to(&to, Onto::Empty, tell).await;
                to.close().await;
                copied?.left_out
            }
        };
        let bytes = part.sync()?;
        fs::rename(&part.path, &file).map_err(|error| cannot(&file, &error))?;
        sync_folder(&file)?;
        // Under its own name now.
        part.keep();
        Ok(Kept { bytes, left_out })
    }

    /// Copies a backup into this database. `scratch` is where a copy of the file may stand meanwhile: the file itself
    /// is not touched, not even to bring its schema up to date.
    pub async fn restore(
        &self,
        file: &Path,
        scratch: &Path,
        onto: Onto<'_>,
        tell: &dyn Fn(u64, u64),
    ) -> Result<Copied> {
        let file = absolute(file)?;
        let part = Part::new(absolute(scratch)?)?;
        let backup = Self::read_file(&file).await.map_err(|error| no_backup(&file, &error.message))?;
        let read = backup.prove_and_copy(&file, &part).await;
        backup.close().await;
        read?;
        let copy = Self::open_file(&part.path)
            .await
            .map_err(|error| Error { message: format!("{}: {}", file.display(), error.message), ..error })?;
        let copied = copy.copy_to(self, onto, tell).await;
        copy.close().await;
        copied
    }

    async fn prove_and_copy(&self, file: &Path, to: &Part) -> Result<()> {
        let sql = "SELECT name FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'data_sources')";
        let known = self.fetch(sql, []).await.map_err(|error| no_backup(file, &error.message))?;
        if known.len() != 2 {
            return Err(no_backup(file, "Atlas's tables are not in it"));
        }
        let wrong = match check::damage(&mut self.snapshot().await?).await {
            Ok(wrong) => wrong,
            Err(error) => vec![error.message],
        };
        if let Some(first) = wrong.first() {
            return Err(no_backup(file, first));
        }
        self.vacuum_into(to).await
    }

    /// Keeps what is there now beside its file, under a name with the time; nothing to do on a server.
    pub(crate) async fn keep_beside(&self, now: Timestamp) -> Result<Option<Part>> {
        let Some(file) = self.file() else { return Ok(None) };
        let mut name = absolute(&file)?.into_os_string();
        name.push(now.strftime(".before-restore-%Y%m%dT%H%M%SZ").to_string());
        let part = Part::new(PathBuf::from(name))?;
        self.vacuum_into(&part).await?;
        part.sync()?;
        sync_folder(&part.path)?;
        Ok(Some(part))
    }

    async fn vacuum_into(&self, part: &Part) -> Result<()> {
        let path = part.path.to_str().ok_or_else(|| {
            let message = format!("{} cannot be written in UTF-8", part.path.display());
            Error::new(ErrorKind::Other, message, "choose another name")
        })?;
        self.fetch("VACUUM INTO $1", [path.into()]).await?;
        Ok(())
    }
}

/// A file in the making: removed again unless it is kept.
pub(crate) struct Part {
    path: PathBuf,
    is_kept: bool,
}

impl Part {
    /// Makes it, empty, for this user alone.
    fn new(path: PathBuf) -> Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(Self { path, is_kept: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::new(
                ErrorKind::Taken,
                format!("{} is there already", path.display()),
                "another process may be writing it; if not, it broke off: remove the file and try again",
            )),
            Err(error) => Err(cannot(&path, &error)),
        }
    }

    /// Makes sure that it is on the disk; how large it is.
    fn sync(&self) -> Result<u64> {
        let sync = || {
            let file = fs::OpenOptions::new().write(true).open(&self.path)?;
            file.sync_all()?;
            Ok(file.metadata()?.len())
        };
        sync().map_err(|error| cannot(&self.path, &error))
    }

    pub(crate) fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_kept {
            // Whatever could not be removed is named when it is in the way.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A rename is on the disk when its folder is. Only Unix lets a folder be opened.
fn sync_folder(file: &Path) -> Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| cannot(folder, &error)),
        _ => Ok(()),
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| cannot(path, &error))
}

fn no_backup(file: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Other,
        format!("{} is no sound backup of Atlas: {why}", file.display()),
        "nothing was changed; take another file that was written by: atlas db backup FILE",
    )
}

fn cannot(path: &Path, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull => ErrorKind::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        _ => ErrorKind::Other,
    };
    let hint = "does the folder exist, may this user write to it, and is there space left?";
    Error::new(kind, format!("{}: {error}", path.display()), hint)
}
