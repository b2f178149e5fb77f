//! The text that somebody wrote now: without the thread below it, the signature, and what programs add.

use super::phrases::{self, CLOSINGS, DISCLAIMERS, FOOTERS, FORWARDED, HEADER_NAMES, WROTE};

/// A header block of a quoted mail has at least so many named lines, and no more lines between the first and the last.
const HEADER_LINES: usize = 2;
const HEADER_REACH: usize = 5;

/// A signature has at most so many lines, and a name behind its closing so many words.
const LONGEST_SIGNATURE: usize = 10;
const LONGEST_NAME: usize = 4;

/// What was written now. Where nothing is left (somebody answered inside the quote) it is the text without marks.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{a0}', " ");
    let lines: Vec<&str> = text.lines().collect();
    let end = (0..lines.len()).find(|at| ends(&lines, *at)).unwrap_or(lines.len());
    let kept = lines[..end].iter().filter(|line| !line.trim_start().starts_with(['>', '|']));
    let kept: Vec<&str> = kept.map(|line| line.trim_end()).collect();
    let kept = kept[..signature(&kept)].join("\n");
    let kept = kept.trim();
    if kept.chars().any(char::is_alphanumeric) || !text.contains('>') {
        return kept.to_owned();
    }
    let bare = lines.iter().map(|line| line.trim_start_matches(['>', '|', ' ']));
    bare.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Where a closing line in the last lines of a text begins its signature, else its end.
fn signature(lines: &[&str]) -> usize {
    let is_closing = |line: &str| {
        let lower = line.trim().to_lowercase();
        // A name follows, if anything: "Cheers but no thanks" closes nothing.
        phrases::of(CLOSINGS).filter_map(|closing| lower.strip_prefix(closing)).any(|rest| {
            let named = words(rest).count();
            !rest.starts_with(char::is_alphanumeric)
                && named <= LONGEST_NAME
                && words(line).rev().take(named).all(|word| !word.starts_with(char::is_lowercase))
        })
    };
    let said = lines.iter().position(|line| line.chars().any(char::is_alphanumeric)).unwrap_or(lines.len());
    let floor = lines.len().saturating_sub(LONGEST_SIGNATURE).max(said + 1);
    (floor..lines.len()).find(|at| is_closing(lines[*at])).unwrap_or(lines.len())
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric))
}

/// Whether what follows from this line on was not written now.
fn ends(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    let lower = line.trim_start_matches(['>', '*', ' ']).to_lowercase();
    if lower.is_empty() {
        return false;
    }
    let is_rule = line.len() >= 8 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '—'));
    let is_marked = lower.starts_with("-----") && lower.ends_with("-----") && lower.len() > 12
        || lower.starts_with("---------- forwarded")
        || lower.starts_with("----- forwarded")
        || phrases::of(FORWARDED).any(|start| lower.starts_with(start));
    let is_signature = at > 0 && (line == "--" || line == "-- " || line == "—");
    is_rule && at > 0
        || is_marked
        || is_signature
        || is_attribution(lines, at, &lower)
        || is_header_block(lines, at)
        || phrases::of(FOOTERS).any(|footer| lower.starts_with(footer))
        || at > 0 && phrases::of(DISCLAIMERS).any(|start| lower.starts_with(start))
}

/// "On Tuesday Kim wrote:", on one line or broken over two or three.
fn is_attribution(lines: &[&str], at: usize, lower: &str) -> bool {
    let says = |text: &str| {
        let end = text.trim_end().trim_end_matches(['>', '<', ' ']);
        let has_verb = || phrases::of(WROTE).any(|verb| text.contains(verb));
        // Some mail programs name the day and the sender's address alone.
        let has_sender = || end.ends_with(">:") && text.contains('<') && text.contains('@');
        (end.ends_with(':') || end.ends_with('：')) && (has_verb() || has_sender())
    };
    let has_date = |text: &str| text.chars().any(|c| c.is_ascii_digit()) || text.contains('@');
    if says(lower) && has_date(lower) {
        return true;
    }
    let opens = ["on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "dnia ", "dne ", "a(z) "];
    if !opens.iter().any(|word| lower.starts_with(word)) || !has_date(lower) {
        return false;
    }
    let more = lines[at + 1..].iter().take(2).map(|line| line.to_lowercase());
    let mut joined = lower.to_owned();
    more.into_iter().any(|line| {
        joined = format!("{joined} {}", line.trim());
        says(&joined)
    })
}

/// "From: … Sent: … To: …", in any language.
fn is_header_block(lines: &[&str], at: usize) -> bool {
    let named = |line: &str| {
        let lower = line.trim_start_matches(['>', '*', ' ']).to_lowercase();
        phrases::of(HEADER_NAMES).any(|name| {
            lower
                .strip_prefix(name)
                .is_some_and(|rest| rest.trim_start_matches(['*', ' ']).starts_with([':', '：']))
        })
    };
    named(lines[at])
        && lines[at..].iter().take(HEADER_REACH).filter(|line| named(line)).count() > HEADER_LINES
}
