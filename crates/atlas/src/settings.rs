//! What holds: flags over environment over `./atlas.toml` over the user's `atlas.toml` over defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use atlas_model::Secret;
use etcetera::BaseStrategy;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::Cli;
use crate::exit::Failure;

/// A setting of the program.
pub(crate) struct Definition {
    pub(crate) key: &'static str,
    pub(crate) environment: &'static str,
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
    pub(crate) is_secret: bool,
}

const fn define(
    key: &'static str,
    environment: &'static str,
    default: &'static str,
    about: &'static str,
) -> Definition {
    Definition { key, environment, default, about, is_secret: false }
}

/// Every setting of the program. A default in angle brackets is worked out.
pub(crate) const DEFINITIONS: &[Definition] = &[
    define("database", "ATLAS_DATABASE_URL", "<sqlite file atlas.db in the data dir>", "Where the data is."),
    define(
        "data_dir",
        "ATLAS_DATA_DIR",
        "<the platform's data dir for atlas>",
        "Folder for the database and the key.",
    ),
    Definition {
        is_secret: true,
        ..define("secret_key", "ATLAS_SECRET_KEY", "", "Key for stored credentials: 32 bytes in base64.")
    },
    define(
        "secret_key_file",
        "ATLAS_SECRET_KEY_FILE",
        "<secret.key in the data dir>",
        "File with that key; made with mode 0600 when it is missing.",
    ),
    define("listen", "ATLAS_LISTEN", "127.0.0.1:8642", "Where `atlas serve` listens."),
    define(
        "public_url",
        "ATLAS_PUBLIC_URL",
        "<http:// and the listen address>",
        "How the services reach it: stands in the addresses of webhooks.",
    ),
    define("log", "ATLAS_LOG", "info", "error, warn, info, debug or trace."),
    define(
        "metrics_open",
        "ATLAS_METRICS_OPEN",
        "false",
        "`true`: everybody may read `/metrics`; else whoever is on this machine, where `listen` is a loopback address, and \
         whoever has a token.",
    ),
    define(
        "llm_use",
        "ATLAS_LLM_USE",
        "never",
        "never, uncertain or all: of which replies a language model is asked. Their texts go to it.",
    ),
    define(
        "llm_url",
        "ATLAS_LLM_URL",
        "",
        "Where: the whole address, as https://api.openai.com/v1/chat/completions.",
    ),
    define("llm_api", "ATLAS_LLM_API", "openai", "openai (and whatever speaks like it) or anthropic."),
    define("llm_model", "ATLAS_LLM_MODEL", "", "The model's name there."),
    Definition { is_secret: true, ..define("llm_key", "ATLAS_LLM_KEY", "", "Its key, if it takes one.") },
    define(
        "llm_calls_per_day",
        "ATLAS_LLM_CALLS_PER_DAY",
        "1000",
        "So often it is asked at most, from midnight UTC.",
    ),
    define("llm_timeout_s", "ATLAS_LLM_TIMEOUT_S", "30", "So long an answer may take."),
    define("log_format", "ATLAS_LOG_FORMAT", "text", "text or json."),
    define(
        "now",
        "ATLAS_NOW",
        "",
        "The time, for tests: an instant from which the clock runs on. Obeyed only where every source's base URL is a \
         loopback address.",
    ),
];

/// A value and where it was set.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: String,
}

/// All settings of the program.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, Value>,
    /// What holds without flags.
    standing: BTreeMap<&'static str, Value>,
    api_key: Option<Secret>,
    user_file: PathBuf,
}

impl Settings {
    pub(crate) fn load(cli: &Cli) -> Result<Self, Failure> {
        let home = etcetera::choose_base_strategy().map_err(|_| {
            Failure::new("this machine has no home folder").hint("set HOME, or ATLAS_DATA_DIR")
        })?;
        let user_file = home.config_dir().join("atlas").join("atlas.toml");
        let files = [PathBuf::from("atlas.toml"), user_file.clone()];
        let files = files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let data_dir = home.data_dir().join("atlas");
        Ok(Self {
            values: resolve(Some(cli), &files, &data_dir),
            standing: resolve(None, &files, &data_dir),
            api_key: variable("ATLAS_API_KEY"),
            user_file,
        })
    }

    /// The same with another database, as it was answered.
    pub(crate) fn with_database(mut self, url: String) -> Self {
        self.values.insert("database", Value { text: url, origin: "answer".into() });
        self
    }

    /// What was given for this run alone and would not hold in the next one, for the user's file. Something else that
    /// stands in the environment or in a file would win over it, or be lost.
    pub(crate) fn to_keep(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut keep = Vec::new();
        for key in ["database", "data_dir"] {
            let (Some(value), Some(standing)) = (self.values.get(key), self.standing.get(key)) else {
                continue;
            };
            let text = from_anywhere(key, &value.text);
            if !matches!(value.origin.as_str(), "flag" | "answer")
                || text == from_anywhere(key, &standing.text)
            {
                continue;
            }
            if standing.origin != "default" {
                let origin = &standing.origin;
                return Err(Failure::usage(format!(
                    "{origin} sets another {key} already, and stays as it is"
                ))
                .hint(format!(
                    "change or remove it there yourself, or leave {key} as it is and run init again"
                )));
            }
            keep.push((key, text));
        }
        Ok(keep)
    }

    /// The user's own file of settings.
    pub(crate) fn user_file(&self) -> &Path {
        &self.user_file
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |value| &value.text)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static Definition, &Value)> {
        DEFINITIONS.iter().filter_map(|definition| Some((definition, self.values.get(definition.key)?)))
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.text("data_dir"))
    }

    /// The API key from the environment, for `source add` and `source set`.
    pub(crate) fn api_key(&self) -> Option<Secret> {
        self.api_key.clone()
    }

    /// The instant at which the clock shall start, if one is set.
    pub(crate) fn now(&self) -> Result<Option<Timestamp>, Failure> {
        match self.text("now") {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Failure::usage(format!("ATLAS_NOW={text} is no instant"))
                    .hint("write it as 2026-11-02T09:00:00Z")
            }),
        }
    }
}

/// Every setting, with what was worked out in place of a default in angle brackets.
fn resolve(
    cli: Option<&Cli>,
    files: &[BTreeMap<String, Value>],
    data_dir: &Path,
) -> BTreeMap<&'static str, Value> {
    let mut values = BTreeMap::new();
    for definition in DEFINITIONS {
        let flag = cli.and_then(|cli| match definition.key {
            "database" => cli.database.clone(),
            "data_dir" => cli.data_dir.clone(),
            "log" => cli.log.clone(),
            _ => None,
        });
        let given = flag.map(|text| Value { text, origin: "flag".into() });
        let given = given.or_else(|| environment(definition.environment));
        let given = given.or_else(|| files.iter().find_map(|file| file.get(definition.key).cloned()));
        let default = || Value { text: definition.default.to_owned(), origin: "default".into() };
        values.insert(definition.key, given.unwrap_or_else(default));
    }
    let listen = values.get("listen").map(|value: &Value| format!("http://{}", value.text));
    let mut fill = |key: &str, with: &Path| {
        let value: &mut Value = values.get_mut(key)?;
        if value.origin == "default" {
            value.text = with.display().to_string();
        }
        Some(PathBuf::from(&value.text))
    };
    let data_dir = fill("data_dir", data_dir).unwrap_or_default();
    fill("public_url", Path::new(&listen.unwrap_or_default()));
    fill("secret_key_file", &data_dir.join("secret.key"));
    fill("database", Path::new(&format!("sqlite://{}", data_dir.join("atlas.db").display())));
    values
}

/// A path that means the same in another folder.
fn from_anywhere(key: &str, text: &str) -> String {
    let absolute = |path: &str| std::path::absolute(path).map(|path| path.display().to_string());
    let known = || text.to_owned();
    if key == "data_dir" {
        return absolute(text).unwrap_or_else(|_| known());
    }
    let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.contains(":memory:")) else {
        return known();
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    let (path, query) = path.find('?').map_or((path, ""), |at| path.split_at(at));
    absolute(path).map_or_else(|_| known(), |path| format!("sqlite://{path}{query}"))
}

/// A key that stands in a variable of the environment which the user named.
pub(crate) fn variable(name: &str) -> Option<Secret> {
    environment(name).map(|value| Secret::new(&value.text)).filter(|secret| !secret.is_empty())
}

/// The machine's time zone by its name, where it has one.
pub(crate) fn machine_zone() -> Option<String> {
    let zone = TimeZone::system();
    zone.iana_name().filter(|name| *name != "Etc/Unknown").map(str::to_owned)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment(name: &str) -> Option<Value> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(Value { text, origin: name.to_owned() })
}

/// Whether the user wants neither colour nor bars.
pub(crate) fn is_plain_wanted() -> bool {
    environment("NO_COLOR").is_some()
}

fn read(path: &Path) -> Result<BTreeMap<String, Value>, Failure> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(BTreeMap::new()) };
    let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| bad(error.message().to_owned()))?;
    let value = |(key, value): (String, toml::Value)| {
        if !DEFINITIONS.iter().any(|definition| definition.key == key) {
            let known: Vec<_> = DEFINITIONS.iter().map(|definition| definition.key).collect();
            return Err(
                bad(format!("there is no setting '{key}'")).hint(format!("there are: {}", known.join(", ")))
            );
        }
        let toml::Value::String(text) = value else {
            return Err(bad(format!("{key} takes a text in quotes")));
        };
        Ok((key, Value { text, origin: path.display().to_string() }))
    };
    table.into_iter().map(value).collect()
}
