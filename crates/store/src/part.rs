//! A file in the making, beside the name that it gets when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::db::Store;
use crate::error::{Error, ErrorKind, Result};

/// A file in the making: removed again unless it is kept.
pub(crate) struct Part {
    path: PathBuf,
    is_kept: bool,
}

impl Part {
    /// Makes it, empty, for this user alone.
    pub(crate) fn new(path: PathBuf) -> Result<Self> {
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
    pub(crate) fn sync(&self) -> Result<u64> {
        let sync = || {
            let file = fs::OpenOptions::new().write(true).open(&self.path)?;
            file.sync_all()?;
            Ok(file.metadata()?.len())
        };
        sync().map_err(|error| cannot(&self.path, &error))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// It stays; where it is.
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
pub(crate) fn sync_folder(file: &Path) -> Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) => fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| cannot(folder, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| cannot(path, &error))
}

impl Store {
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

    /// Writes one moment of a SQLite database into it.
    pub(crate) async fn vacuum_into(&self, part: &Part) -> Result<()> {
        let path = part.path.to_str().ok_or_else(|| {
            let message = format!("{} cannot be written in UTF-8", part.path.display());
            Error::new(ErrorKind::Other, message, "choose another name")
        })?;
        self.fetch("VACUUM INTO $1", [path.into()]).await?;
        Ok(())
    }
}

pub(crate) fn cannot(path: &Path, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull => ErrorKind::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        _ => ErrorKind::Other,
    };
    let hint = "does the folder exist, may this user write to it, and is there space left?";
    Error::new(kind, format!("{}: {error}", path.display()), hint)
}
