//! `atlas mapping`: where each column comes from.

use atlas_model::Platform;
use atlas_vendor::{Lineage, lineage};
use serde_json::json;

use crate::cli::MappingArgs;
use crate::exit::{Exit, Failure};
use crate::printer::Printer;

pub(crate) fn run(args: &MappingArgs, printer: Printer) -> Result<Exit, Failure> {
    let lines: Vec<Lineage> =
        lineage().into_iter().filter(|line| is_asked(line, args.what.as_deref())).collect();
    if lines.is_empty() {
        let what = args.what.as_deref().unwrap_or_default();
        let mut tables: Vec<String> =
            lineage().iter().filter_map(|line| Some(line.to.split_once('.')?.0.to_owned())).collect();
        tables.sort_unstable();
        tables.dedup();
        return Err(Failure::usage(format!("nothing is mapped to '{what}'")).hint(format!(
            "ask for a platform, a table ({}) or a column as table.column",
            tables.join(", ")
        )));
    }
    if args.json {
        let line = |line: &Lineage| {
            json!({"column": line.to, "platform": line.platform, "endpoint": line.title, "path": line.path,
                   "from": line.from, "kind": line.kind, "required": line.is_required,
                   "while_unknown": line.while_unknown})
        };
        printer.json(&lines.iter().map(line).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let row = |line: &Lineage| {
        let to = if line.to.is_empty() { "(not used)" } else { &line.to };
        let place = if line.path.is_empty() { line.title } else { &line.path };
        vec![
            to.to_owned(),
            line.platform.title().to_owned(),
            place.to_owned(),
            line.from.clone(),
            line.kind.to_owned(),
            remark(line),
        ]
    };
    printer.table(
        &["Column", "Platform", "Endpoint", "Field, in order", "Kind", ""],
        &[],
        lines.iter().map(row).collect(),
    );
    Ok(Exit::Done)
}

/// What else a reader should know about a source.
pub(crate) fn remark(line: &Lineage) -> String {
    match line.while_unknown {
        Some(guard) => format!("only while {guard} is unknown"),
        None if line.is_required => "required".to_owned(),
        None => String::new(),
    }
}

fn is_asked(line: &Lineage, what: Option<&str>) -> bool {
    let Some(what) = what else { return true };
    if let Ok(platform) = what.parse::<Platform>() {
        return line.platform == platform;
    }
    line.to == what || line.to.starts_with(&format!("{what}."))
}
