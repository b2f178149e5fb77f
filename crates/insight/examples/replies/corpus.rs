//! The corpus: `*.tsv` with the columns voice, language, class, subject, text; line breaks in a text are `\n`. And what
//! people corrected, as Atlas exports it.

use std::collections::BTreeSet;
use std::path::Path;

use atlas_insight::replies::Intent;
use serde_json::Value;

/// A reply that somebody wrote.
pub(crate) struct Line {
    pub(crate) voice: String,
    pub(crate) language: String,
    pub(crate) intent: Intent,
    pub(crate) subject: String,
    pub(crate) text: String,
}

pub(crate) fn read(folder: &Path) -> Result<Vec<Line>, String> {
    let at = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .map_err(|error| at(folder, error))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "tsv"))
        .collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| at(&file, error))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if number == 0 && line.starts_with("voice\t") {
                continue;
            }
            let bad = |what: &str| format!("{} line {}: {what}", file.display(), number + 1);
            let parts: Vec<&str> = line.split('\t').collect();
            let [voice, language, class, subject, text] = parts[..] else {
                return Err(bad("not five columns"));
            };
            let intent = Intent::named(class).ok_or_else(|| bad(&format!("there is no class '{class}'")))?;
            lines.push(Line {
                voice: voice.to_owned(),
                language: language.to_owned(),
                intent,
                subject: subject.to_owned(),
                text: text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\"),
            });
        }
    }
    if lines.is_empty() { Err(format!("no line in {}", folder.display())) } else { Ok(lines) }
}

/// Corrections as `atlas export report_corrections --format jsonl` writes them: together they are one voice.
pub(crate) fn read_corrections(file: &Path) -> Result<Vec<Line>, String> {
    let bad = |number: usize, what: &str| format!("{} line {number}: {what}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let read = |(number, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).map_err(|_| bad(number, "no JSON"))?;
        let word = |name: &str| row[name].as_str();
        let class = word("reply_category").ok_or_else(|| bad(number, "no reply_category"))?;
        Ok(Line {
            voice: "corrections".to_owned(),
            language: "?".to_owned(),
            intent: Intent::named(class)
                .ok_or_else(|| bad(number, &format!("there is no class '{class}'")))?,
            subject: word("subject").unwrap_or_default().to_owned(),
            text: word("body_plain").ok_or_else(|| bad(number, "no body_plain"))?.to_owned(),
        })
    };
    (1..).zip(text.lines()).map(read).collect()
}

pub(crate) fn voices(lines: &[Line]) -> Vec<&str> {
    let voices: BTreeSet<&str> = lines.iter().map(|line| line.voice.as_str()).collect();
    voices.into_iter().collect()
}
