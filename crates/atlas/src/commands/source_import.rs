//! `atlas source import`: many sources from a CSV file, all lines checked before anything is stored.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use atlas_model::{Platform, SETTINGS, Secret, Settings as SourceSettings, setting};
use atlas_store::{NewSource, Source};
use atlas_sync::ProbeResult;
use atlas_vendor::{account, service};
use csv::StringRecord;
use serde_json::json;

use super::source_new::{check_probes, probe_new, store};
use crate::cli::ImportArgs;
use crate::exit::{Exit, Failure};
use crate::settings::variable;
use crate::workspace::Workspace;

/// The columns beside the settings of a source, and other names for them.
const COLUMNS: &[(&str, &[&str])] = &[
    ("platform", &[]),
    ("name", &[]),
    ("client", &[]),
    ("time_zone", &["zone", "timezone"]),
    ("key_env", &["api_key_env"]),
    ("base_url", &[]),
];

/// What people call a column with keys in it.
const KEYS: &[&str] = &["key", "api_key", "apikey", "token", "access_token", "secret", "password"];

/// A line of the file that is right.
struct Line {
    number: u64,
    new: NewSource,
    /// The key; none where the source is stored already.
    key: Option<Secret>,
}

/// What is wrong in a line.
struct Wrong {
    line: u64,
    column: String,
    failure: Failure,
}

/// What became of a line.
struct Outcome {
    line: u64,
    platform: Platform,
    name: String,
    result: &'static str,
    detail: String,
}

pub(crate) async fn run(args: &ImportArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let lines = read_lines(args, workspace).await?;
    let mut outcomes = Vec::new();
    for line in lines {
        let (result, detail) = take_in(&line, args.no_test, workspace).await?;
        let NewSource { platform, name, .. } = line.new;
        outcomes.push(Outcome { line: line.number, platform, name, result, detail });
    }
    Ok(summary(&outcomes, args.json, workspace))
}

/// Probes and stores one source. A service's refusal is this line's own; a database that fails ends the import.
async fn take_in(
    line: &Line,
    is_untested: bool,
    workspace: &Workspace,
) -> Result<(&'static str, String), Failure> {
    let Some(key) = &line.key else {
        return Ok(("skipped", "stored already; its key was not compared".to_owned()));
    };
    let mut detail = String::new();
    if !is_untested {
        workspace.printer.note(format!("asking {} for '{}' …", line.new.platform.title(), line.new.name));
        let service = service(line.new.platform);
        let checked = match probe_new(&line.new, key, workspace).await {
            Ok(probes) => check_probes(&probes, service).map(|()| probes),
            Err(failure) => Err(failure),
        };
        match checked {
            Err(failure) => {
                let result = if failure.exit == Exit::Refused { "refused" } else { "failed" };
                return Ok((result, failure.message));
            }
            Ok(probes) => {
                let is_needed = |name| service.endpoint(name).is_some_and(|endpoint| !endpoint.is_optional);
                let bad = probes.iter().filter(|probe| match probe.result {
                    ProbeResult::Absent(_) => is_needed(probe.endpoint),
                    ProbeResult::Fails(_) => true,
                    _ => false,
                });
                let bad = bad.map(|probe| format!("{}: {}", probe.title, probe.result.in_words().0));
                detail = bad.collect::<Vec<_>>().join(", ");
            }
        }
    }
    store(&line.new, key, workspace).await?;
    Ok(("stored", detail))
}

fn summary(outcomes: &[Outcome], is_json: bool, workspace: &Workspace) -> Exit {
    let printer = workspace.printer;
    let count = |result: &str| outcomes.iter().filter(|outcome| outcome.result == result).count();
    let (stored, skipped) = (count("stored"), count("skipped"));
    let (refused, failed) = (count("refused"), count("failed"));
    if is_json {
        let line = |outcome: &Outcome| {
            let Outcome { line, platform, name, result, detail } = outcome;
            json!({"line": line, "platform": platform, "name": name, "result": result, "detail": detail})
        };
        printer.json(&json!({"lines": outcomes.iter().map(line).collect::<Vec<_>>(), "stored": stored,
                             "skipped": skipped, "refused": refused, "failed": failed}));
    } else {
        let row = |outcome: &Outcome| {
            vec![
                outcome.line.to_string(),
                outcome.name.clone(),
                outcome.platform.title().to_owned(),
                outcome.result.to_owned(),
                outcome.detail.clone(),
            ]
        };
        printer.table(&["Line", "Name", "Platform", "Result", ""], &[0], outcomes.iter().map(row).collect());
    }
    printer.note(format!(
        "{stored} stored, {skipped} there already, {refused} refused, {failed} without an answer"
    ));
    if refused + failed > 0 {
        printer.note("hint: put right what was refused and import the file again; what is stored is skipped");
    } else {
        printer.note("Next: atlas sync");
    }
    match refused + failed {
        0 => Exit::Done,
        bad if bad < outcomes.len() => Exit::SomeFailed,
        _ if failed == 0 => Exit::Refused,
        _ => Exit::Error,
    }
}

/// Every line, checked; what is wrong is told line by line, and then nothing is stored.
async fn read_lines(args: &ImportArgs, workspace: &Workspace) -> Result<Vec<Line>, Failure> {
    let text = read_text(&args.file)?;
    let is_semicolon = text.lines().next().is_some_and(|first| first.contains(';') && !first.contains(','));
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.delimiter(if is_semicolon { b';' } else { b',' }).trim(csv::Trim::All).flexible(true);
    let mut reader = reader.from_reader(text.as_bytes());
    let bad = |error: csv::Error| Failure::usage(format!("{} is no CSV: {error}", args.file));
    let columns = columns(reader.headers().map_err(bad)?)?;
    let stored = workspace.store.sources().await?;
    let (mut lines, mut wrong): (Vec<Line>, Vec<Wrong>) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let number = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        match read_line(&record, &columns, &stored, workspace) {
            Ok((new, _)) if lines.iter().any(|line| line.new.name == new.name) => {
                let failure = Failure::usage(format!("another line is named '{}' too", new.name));
                wrong.push(Wrong { line: number, column: "name".to_owned(), failure });
            }
            Ok((new, key)) => lines.push(Line { number, new, key }),
            Err((column, failure)) => wrong.push(Wrong { line: number, column, failure }),
        }
    }
    if !wrong.is_empty() {
        for Wrong { line, column, failure } in &wrong {
            workspace.printer.note(format!("line {line}, column {column}: {}", failure.message));
            failure.hint.lines().for_each(|hint| workspace.printer.note(format!("  hint: {hint}")));
        }
        let lines =
            if wrong.len() == 1 { "a line is".to_owned() } else { format!("{} lines are", wrong.len()) };
        return Err(Failure::usage(format!("{lines} wrong, so nothing was stored"))
            .hint("put it right and import the file again"));
    }
    if lines.is_empty() {
        return Err(Failure::usage(format!("{} has no line below its header", args.file)));
    }
    Ok(lines)
}

fn read_text(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(file).map_err(|error| Failure::usage(format!("{file} cannot be read: {error}")))?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{file} is no UTF-8 text")).hint("save it as CSV in UTF-8"))?;
    // Spreadsheets put a mark in front, and end lines with two characters, which the reader counts as it likes.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n"))
}

/// The column at each place, by the name that it has here.
fn columns(header: &StringRecord) -> Result<Vec<String>, Failure> {
    let settings = SETTINGS.iter().map(|setting| setting.key);
    let known = COLUMNS.iter().map(|(name, _)| *name).chain(settings).collect::<Vec<_>>().join(", ");
    let mut columns: Vec<String> = Vec::new();
    for title in header {
        let title = title.to_lowercase().replace([' ', '-'], "_");
        if KEYS.contains(&title.as_str()) {
            return Err(Failure::usage(format!(
                "line 1, column {title}: keys never stand in files, where everybody may read and copy them"
            ))
            .hint(
                "put each key into an environment variable, and that variable's name into a column key_env; \
                 then take this column out",
            ));
        }
        let named = COLUMNS.iter().find(|(name, others)| *name == title || others.contains(&title.as_str()));
        let name = match named {
            Some((name, _)) => (*name).to_owned(),
            None if setting(&title).is_some() => title,
            None => {
                return Err(Failure::usage(format!("line 1: there is no column '{title}'"))
                    .hint(format!("there are: {known}")));
            }
        };
        if columns.contains(&name) {
            return Err(Failure::usage(format!("line 1: there are two columns {name}")));
        }
        columns.push(name);
    }
    for needed in ["platform", "name"] {
        if !columns.iter().any(|column| column == needed) {
            return Err(Failure::usage(format!("line 1: the column {needed} is missing"))
                .hint(format!("the first line names the columns, of these: {known}")));
        }
    }
    Ok(columns)
}

type Checked = Result<(NewSource, Option<Secret>), (String, Failure)>;

/// A line as a source with its key, or the column that is wrong.
fn read_line(record: &StringRecord, columns: &[String], stored: &[Source], workspace: &Workspace) -> Checked {
    let at = |column: &str| {
        let column = column.to_owned();
        move |failure: Failure| (column, failure)
    };
    if record.len() != columns.len() {
        let message = format!("{} cells where the first line has {}", record.len(), columns.len());
        let hint = "put text that holds the separator in quotes";
        return Err(at("1 and on")(Failure::usage(message).hint(hint)));
    }
    let cells: BTreeMap<&str, &str> = columns.iter().map(String::as_str).zip(record).collect();
    let cell = |column: &str| cells.get(column).copied().filter(|text| !text.is_empty());
    let platform: Platform =
        cell("platform").unwrap_or_default().parse().map_err(Failure::usage).map_err(at("platform"))?;
    let service = service(platform);
    let name = account::name(cell("name").unwrap_or_default()).map_err(Failure::from);
    let name = name.map_err(|failure| failure.hint("write a name into every line")).map_err(at("name"))?;
    let time_zone = cell("time_zone").unwrap_or(service.time_zone).to_owned();
    let time_zone = account::zone(&time_zone).map_err(Failure::from).map_err(at("time_zone"))?;
    let base_url = cell("base_url").map(account::origin).transpose();
    let base_url = base_url.map_err(Failure::from).map_err(at("base_url"))?;
    let mut settings = SourceSettings::new(platform, BTreeMap::new());
    for (column, text) in cells.iter().filter(|(column, text)| setting(column).is_some() && !text.is_empty())
    {
        settings.set(column, text).map_err(Failure::usage).map_err(at(column))?;
    }
    account::pace(&settings, base_url.as_deref()).map_err(Failure::from).map_err(at("pace"))?;
    let client = cell("client").map(str::to_owned);
    let new = NewSource { platform, name, client, base_url, is_public_only: false, time_zone, settings };
    if let Some(known) = stored.iter().find(|source| source.name == new.name) {
        return match difference(&new, known) {
            None => Ok((new, None)),
            Some(column) => {
                let message = format!("'{}' is stored already, with another {column}", new.name);
                let hint =
                    format!("change it by itself: atlas source set {} …; or take the line out", new.name);
                Err(at(column)(Failure::usage(message).hint(hint)))
            }
        };
    }
    let key = key(cell("key_env"), workspace).map_err(at("key_env"))?;
    Ok((new, Some(key)))
}

/// The first column in which a line is not what is stored.
fn difference(new: &NewSource, known: &Source) -> Option<&'static str> {
    let differs = [
        ("platform", new.platform != known.platform),
        ("client", new.client != known.client),
        ("time_zone", new.time_zone != known.time_zone),
        ("base_url", new.base_url != known.base_url),
    ];
    let own = differs.iter().find(|(_, differs)| *differs).map(|(column, _)| *column);
    own.or_else(|| {
        let mut keys = SETTINGS.iter().map(|setting| setting.key);
        keys.find(|key| new.settings.given().get(*key) != known.settings.given().get(*key))
    })
}

/// The key from the variable that a line names. What stands in the cell is not repeated: it may be the key itself.
fn key(name: Option<&str>, workspace: &Workspace) -> Result<Secret, Failure> {
    let Some(name) = name else {
        return workspace.settings.api_key().ok_or_else(|| {
            Failure::usage("no variable is named, and ATLAS_API_KEY is not set")
                .hint("put the account's key into an environment variable, and its name here")
        });
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !name.chars().all(is_letter) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Failure::usage("this is no name of an environment variable").hint(
            "keys never stand in files: put the key into a variable such as ACME_KEY, and ACME_KEY here",
        ));
    }
    variable(name).ok_or_else(|| {
        Failure::usage("the environment variable that is named here is not set")
            .hint("set it for this command: NAME=… atlas source import FILE.csv")
    })
}
