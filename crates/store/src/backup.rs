//! A database in one file: written whole or not at all, checked before it is believed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check;
use crate::db::{Flavour, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::part::{Part, absolute, cannot, sync_folder};
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
                let to = Self::open_file(part.path()).await?;
                let copied = self.copy_to(&to, Onto::Empty, tell).await;
                to.close().await;
                copied?.left_out
            }
        };
        let bytes = part.sync()?;
        fs::rename(part.path(), &file).map_err(|error| cannot(&file, &error))?;
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
        let copy = Self::open_file(part.path())
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
}

fn no_backup(file: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Other,
        format!("{} is no sound backup of Atlas: {why}", file.display()),
        "nothing was changed; take another file that was written by: atlas db backup FILE",
    )
}
