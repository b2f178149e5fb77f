//! `atlas config`: every setting with its value and where it was set.

use serde_json::json;

use crate::cli::JsonArgs;
use crate::exit::Exit;
use crate::printer::{Printer, UNKNOWN};
use crate::settings::{Definition, Settings, Value};
use crate::workspace::masked;

pub(crate) fn run(args: &JsonArgs, settings: &Settings, printer: Printer) -> Exit {
    if args.json {
        let line = |(definition, value): (&Definition, &Value)| {
            json!({"key": definition.key, "value": shown(definition, value), "origin": value.origin,
                   "environment": definition.environment})
        };
        printer.json(&settings.values().map(line).collect::<Vec<_>>());
    } else {
        let row = |(definition, value): (&Definition, &Value)| {
            let text = shown(definition, value);
            let text = if text.is_empty() { UNKNOWN.to_owned() } else { text };
            vec![definition.key.to_owned(), text, value.origin.clone(), definition.environment.to_owned()]
        };
        printer.table(
            &["Setting", "Value", "From", "Environment"],
            &[],
            settings.values().map(row).collect(),
        );
    }
    Exit::Done
}

fn shown(definition: &Definition, value: &Value) -> String {
    match (definition.is_secret, value.text.is_empty()) {
        (true, false) => "[redacted]".to_owned(),
        _ => masked(&value.text),
    }
}
