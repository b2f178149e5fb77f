//! What most commands need: the database, the key for credentials, the clock.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;

use atlas_model::{Clock, Secret, SourceId};
use atlas_store::{Source, Store, Vault};
use atlas_vendor::account::is_loopback;
use jiff::Timestamp;
use url::Url;

use crate::cli::Selection;
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

    /// Who changes something from a terminal, and when.
    pub(crate) fn by(&self) -> (&'static str, Timestamp) {
        ("command line", self.clock.now())
    }

    /// How people reach a server that listens here: as it is set, else by the address itself, whose port may be any.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> String {
        self.set_public_url().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// The same where somebody has set it.
    pub(crate) fn set_public_url(&self) -> Option<String> {
        let set = self.settings.values().find(|(definition, _)| definition.key == "public_url");
        let (_, value) = set.filter(|(_, value)| value.origin != "default")?;
        Some(value.text.trim_end_matches('/').to_owned())
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

    /// The sources of those names, or all; of them those that are used for the client, if one is named.
    pub(crate) async fn selected(&self, selection: &Selection) -> Result<Vec<Source>, Failure> {
        let all = self.store.sources().await?;
        let mut selected = Vec::new();
        for name in &selection.names {
            match all.iter().find(|source| source.name == *name) {
                Some(source) if selected.iter().any(|known: &Source| known.id == source.id) => {}
                Some(source) => selected.push(source.clone()),
                None => return Err(self.unknown(name).await?),
            }
        }
        if selection.names.is_empty() {
            selected = all;
        }
        if let Some(client) = &selection.client {
            let used = self.used_for(client).await?;
            selected.retain(|source| used.contains(&source.id));
            if selected.is_empty() {
                let names = selection.names.join(", ");
                return Err(Failure::usage(format!("{names}: not used for the client '{client}'")));
            }
        }
        Ok(selected)
    }

    /// The only source that is selected.
    pub(crate) async fn selected_one(&self, selection: &Selection) -> Result<Source, Failure> {
        let mut selected = self.selected(selection).await?;
        match selected.len() {
            1 => Ok(selected.remove(0)),
            0 => Err(Failure::usage("there is no source yet").hint(no_source_hint())),
            _ => {
                let names: Vec<String> = selected.into_iter().map(|source| source.name).collect();
                Err(Failure::usage("this shows one source at a time")
                    .hint(format!("name one of: {}", names.join(", "))))
            }
        }
    }

    /// The sources that are used for a client, as a whole or for some of their campaigns.
    pub(crate) async fn used_for(&self, client: &str) -> Result<Vec<SourceId>, Failure> {
        let clients = self.store.clients().await?;
        let is_it = |name: &str| name.to_lowercase() == client.to_lowercase();
        let used: Vec<SourceId> =
            clients.iter().filter(|(name, _)| is_it(name)).map(|(_, source_id)| *source_id).collect();
        if !used.is_empty() {
            return Ok(used);
        }
        if self.store.client_named(client).await?.is_some() {
            return Ok(Vec::new());
        }
        let mut names: Vec<String> = clients.into_iter().map(|(name, _)| name).collect();
        names.dedup();
        let hint = if names.is_empty() {
            "no client is known yet: a sync brings them, or atlas source set NAME --client CLIENT".to_owned()
        } else {
            format!("there is: {}", names.join(", "))
        };
        Err(Failure::usage(format!("there is no client named '{client}'")).hint(hint))
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
    let store = Store::open(url).await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("{} ({})", failure.message, masked(url)), ..failure }
    })?;
    store.take_in_what_is_beside().await;
    Ok(store)
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
