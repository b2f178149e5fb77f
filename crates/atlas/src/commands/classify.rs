//! `atlas classify`: what replies want, line by line, without a database.

use std::io::{BufRead, stdin};

use atlas_insight::replies::{Model, Reply, sort};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::{ClassifyArgs, ClassifyMethod};
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

/// A line of standard input.
#[derive(Deserialize)]
struct Line {
    text: String,
    subject: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// A line that cannot be read is answered by an error in its place, so that answers stay beside their questions.
pub(crate) fn run(args: &ClassifyArgs, printer: Printer) -> Result<Exit, Failure> {
    let model = Model::embedded();
    if model.is_none() && args.method == ClassifyMethod::Embedded {
        return Err(Failure::new("this program was built without a model of replies")
            .hint("cargo xtask train-replies, then build it again"));
    }
    let mut exit = Exit::Done;
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(&line) {
            Ok(line) => printer.line(json!(sorted(&line, model.as_ref())).to_string()),
            Err(error) => {
                exit = Exit::Error;
                printer.line(json!({"error": format!("this line cannot be read: {error}")}).to_string());
            }
        }
    }
    Ok(exit)
}

fn sorted(line: &Line, model: Option<&Model>) -> atlas_insight::replies::Sorted {
    let headers: Vec<(String, String)> = line
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let reply =
        Reply { text: &line.text, subject: line.subject.as_deref(), headers: &headers, received_on: None };
    sort(&reply, model)
}
