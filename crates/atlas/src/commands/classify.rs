//! `atlas classify`: what replies want, line by line, without a database.

use std::io::{BufRead, stdin};
use std::time::Duration;

use atlas_insight::asking::Dialect;
use atlas_insight::replies::{Model, Reply, sort};
use atlas_model::Secret;
use atlas_worker::{LanguageModel, Memory, Use};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::cli::{ClassifyArgs, ClassifyMethod};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;
use crate::settings::Settings;

/// A line of standard input.
#[derive(Deserialize)]
struct Line {
    text: String,
    subject: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// A line that cannot be read is answered by an error in its place, so that answers stay beside their questions.
pub(crate) async fn run(args: &ClassifyArgs, settings: &Settings, printer: Printer) -> Result<Exit, Failure> {
    let model = Model::embedded();
    if model.is_none() && args.method == ClassifyMethod::Embedded {
        return Err(Failure::new("this program was built without a model of replies")
            .hint("cargo xtask train-replies, then build it again"));
    }
    let asked = match args.method {
        ClassifyMethod::Embedded => None,
        ClassifyMethod::Auto => language_model(settings)?,
        ClassifyMethod::Llm => Some(LanguageModel { use_for: Use::All, ..set_model(settings)? }),
    };
    let memory = Memory::of_run();
    let mut exit = Exit::Done;
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(&line) {
            Ok(line) => {
                let answer = sorted(&line, model.as_ref(), asked.as_ref(), &memory).await?;
                if answer.get("llm_error").is_some() {
                    exit = Exit::Error;
                }
                printer.line(answer.to_string());
            }
            Err(error) => {
                exit = Exit::Error;
                printer.line(json!({"error": format!("this line cannot be read: {error}")}).to_string());
            }
        }
    }
    Ok(exit)
}

async fn sorted(
    line: &Line,
    model: Option<&Model>,
    asked: Option<&LanguageModel>,
    memory: &Memory<'_>,
) -> Result<Value, Failure> {
    let headers: Vec<(String, String)> = line
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let reply =
        Reply { text: &line.text, subject: line.subject.as_deref(), headers: &headers, received_on: None };
    let found = sort(&reply, model);
    let is_wanted = |asked: &&LanguageModel| {
        !found.method.starts_with("rules:") && (asked.use_for == Use::All || found.needs_review)
    };
    let Some(asked) = asked.filter(is_wanted) else { return Ok(json!(found)) };
    Ok(match asked.sort(memory, &reply).await? {
        Ok(said) => json!(said),
        Err(why) => {
            let mut found = json!(found);
            found["llm_error"] = why.reason().into();
            found
        }
    })
}

/// The language model that is set, if it is to be asked at all.
pub(crate) fn language_model(settings: &Settings) -> Result<Option<LanguageModel>, Failure> {
    match settings.text("llm_use") {
        "never" => Ok(None),
        "uncertain" | "all" => set_model(settings).map(Some),
        other => Err(Failure::usage(format!("ATLAS_LLM_USE={other} is none of never, uncertain, all"))),
    }
}

fn set_model(settings: &Settings) -> Result<LanguageModel, Failure> {
    let (address, name) = (settings.text("llm_url"), settings.text("llm_model"));
    let is_address = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_address || name.is_empty() {
        return Err(Failure::usage("no language model is set").hint(
            "ATLAS_LLM_URL is its whole address, as http://localhost:11434/v1/chat/completions, ATLAS_LLM_MODEL its name",
        ));
    }
    let dialect = match settings.text("llm_api") {
        "openai" => Dialect::OpenAi,
        "anthropic" => Dialect::Anthropic,
        other => {
            return Err(Failure::usage(format!("ATLAS_LLM_API={other} is neither openai nor anthropic")));
        }
    };
    let number = |key: &str| {
        let number = settings.text(key).parse::<u32>().ok().filter(|number| *number > 0);
        number.ok_or_else(|| Failure::usage(format!("{key} is a number above 0")))
    };
    Ok(LanguageModel {
        dialect,
        address: Secret::new(address),
        name: name.to_owned(),
        key: Some(Secret::new(settings.text("llm_key"))).filter(|key| !key.is_empty()),
        use_for: if settings.text("llm_use") == "all" { Use::All } else { Use::Uncertain },
        calls_per_day: number("llm_calls_per_day")?.into(),
        timeout: Duration::from_secs(number("llm_timeout_s")?.into()),
    })
}
