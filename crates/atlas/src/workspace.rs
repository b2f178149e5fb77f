//! What most commands need: the database, the key for credentials, the clock.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use atlas_model::{Clock, Secret};
use atlas_store::{Source, Store, Vault};
use url::{Host, Url};

use crate::exit::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

/// The open database and the time.
pub(crate) struct Workspace {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) printer: Printer,
}

impl Workspace {
    pub(crate) async fn open(settings: Settings, printer: Printer) -> Result<Self, Failure> {
        let url = settings.text("database");
        if url.starts_with("sqlite:") {
            make_data_dir(&settings.data_dir())?;
        }
        let store = open_store(url).await?;
        let clock = match settings.now()? {
            None => Clock::real(),
            Some(now)
                if store.sources().await?.iter().all(|source| is_loopback(source.base_url.as_deref())) =>
            {
                Clock::starting_at(now)
            }
            Some(_) => {
                printer.note("ATLAS_NOW is not obeyed: not every source's base URL is a loopback address");
                Clock::real()
            }
        };
        Ok(Self { store, clock, settings, printer })
    }

    /// The key for credentials; made and kept in the data dir when there is none yet.
    pub(crate) fn vault(&self) -> Result<Vault, Failure> {
        let given = self.settings.text("secret_key");
        if !given.is_empty() {
            return Ok(Vault::new(&Secret::new(given))?);
        }
        let path = Path::new(self.settings.text("secret_key_file"));
        let cannot = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
        match fs::read_to_string(path) {
            Ok(text) => Ok(Vault::new(&Secret::new(&text))?),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    make_data_dir(folder)?;
                }
                let key = Vault::new_key()?;
                write_private(path, key.expose()).map_err(cannot)?;
                Ok(Vault::new(&key)?)
            }
            Err(error) => Err(cannot(error)),
        }
    }

    /// The source of that name, or an error that names those there are.
    pub(crate) async fn source(&self, name: &str) -> Result<Source, Failure> {
        match self.store.source(name).await? {
            Some(source) => Ok(source),
            None => Err(self.unknown(name).await?),
        }
    }

    /// The sources of those names, or all.
    pub(crate) async fn named(&self, names: &[String]) -> Result<Vec<Source>, Failure> {
        let all = self.store.sources().await?;
        if names.is_empty() {
            return Ok(all);
        }
        let mut named = Vec::new();
        for name in names {
            match all.iter().find(|source| source.name == *name) {
                Some(source) if named.iter().any(|known: &Source| known.id == source.id) => {}
                Some(source) => named.push(source.clone()),
                None => return Err(self.unknown(name).await?),
            }
        }
        Ok(named)
    }

    async fn unknown(&self, name: &str) -> Result<Failure, Failure> {
        let names: Vec<String> = self.store.sources().await?.into_iter().map(|source| source.name).collect();
        let hint = if names.is_empty() {
            no_source_hint().to_owned()
        } else {
            format!("there is: {}", names.join(", "))
        };
        Ok(Failure::usage(format!("there is no source named '{name}'")).hint(hint))
    }
}

/// Opens a database; an error names it.
pub(crate) async fn open_store(url: &str) -> Result<Store, Failure> {
    Store::open(url).await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("{} ({})", failure.message, masked(url)), ..failure }
    })
}

/// What to do when nothing is stored yet.
pub(crate) const fn no_source_hint() -> &'static str {
    "add one: atlas source add smartlead --name NAME"
}

/// The data dir holds people's data and a key: nobody else's business.
pub(crate) fn make_data_dir(folder: &Path) -> Result<(), Failure> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Failure::new(format!("the folder {} cannot be made: {error}", folder.display()))
            .hint("set ATLAS_DATA_DIR to a folder that this user may write to")
    })
}

pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// Whether an origin is on this machine; a service's own is not.
pub(crate) fn is_loopback(origin: Option<&str>) -> bool {
    let Some(url) = origin.and_then(|origin| Url::parse(origin).ok()) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A URL without its password.
pub(crate) fn masked(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // Only URLs that cannot have a password refuse this.
            let _ = parsed.set_password(Some("redacted"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}
