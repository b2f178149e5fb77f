//! A template without what is not its text: tags, spintax, signature, quotes.

use std::collections::BTreeSet;

use whatlang::{Lang, detect};

use super::words;

/// Text that a reader sees, with what was taken out of it.
pub(super) struct Plain {
    /// With tags.
    pub(super) raw: String,
    /// Without tags, signature and quotes, spintax taken once.
    pub(super) text: String,
    /// The names in tags, as often as they stand there.
    pub(super) tokens: Vec<String>,
    pub(super) has_postscript: bool,
}

impl Plain {
    /// A body.
    pub(super) fn of(raw: &str) -> Self {
        let mut plain = Self::line(raw);
        let (text, has_postscript) = without_signature(&without_quotes(&plain.text));
        plain.text = text;
        plain.has_postscript = has_postscript;
        plain
    }

    /// A subject.
    pub(super) fn line(raw: &str) -> Self {
        let (text, tokens) = without_tags(raw);
        let text = spun(&text);
        let text = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let text = text.collect::<Vec<_>>().join("\n").trim().to_owned();
        Self { raw: raw.to_owned(), text, tokens, has_postscript: false }
    }
}

/// `{{name}}`, `{{name|else}}` and `{% … %}` go; the names that they hold.
fn without_tags(text: &str) -> (String, Vec<String>) {
    let (mut kept, mut names) = (String::new(), Vec::new());
    let mut rest = text;
    loop {
        let opening = ["{{", "{%"].iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min();
        let Some((at, mark)) = opening else { break };
        let closing = if mark == "{{" { "}}" } else { "%}" };
        let Some(length) = rest[at..].find(closing) else { break };
        kept.push_str(&rest[..at]);
        let inside = &rest[at + 2..at + length];
        let name = inside.split('|').next().unwrap_or_default().trim().to_lowercase();
        if mark == "{{" && !name.is_empty() {
            names.push(name);
        }
        rest = &rest[at + length + 2..];
    }
    kept.push_str(rest);
    (kept, names)
}

/// Of `{one|another}` the first, inside out.
fn spun(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(end) = text.find('}') {
        let Some(start) = text[..end].rfind('{') else { break };
        let first = text[start + 1..end].split('|').next().unwrap_or_default().to_owned();
        text.replace_range(start..=end, &first);
    }
    text
}

fn without_quotes(text: &str) -> String {
    let is_head = |line: &str| {
        let line = line.trim().to_lowercase();
        line.starts_with("-----original") || (line.starts_with("on ") && line.ends_with("wrote:"))
    };
    let kept =
        text.lines().take_while(|line| !is_head(line)).filter(|line| !line.trim_start().starts_with('>'));
    kept.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Lines with which a letter ends; what follows is a signature.
const CLOSINGS: &[&str] = &[
    "best",
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "all the best",
    "best wishes",
    "cheers",
    "thanks",
    "many thanks",
    "thank you",
    "sincerely",
    "yours",
    "yours sincerely",
    "talk soon",
    "speak soon",
    "warmly",
    "mit freundlichen grüßen",
    "freundliche grüße",
    "viele grüße",
    "beste grüße",
    "liebe grüße",
    "herzliche grüße",
    "cordialement",
    "bien à vous",
    "bien cordialement",
    "saludos",
    "un saludo",
    "saludos cordiales",
    "atentamente",
    "cordiali saluti",
    "un saluto",
    "met vriendelijke groet",
    "groeten",
    "atenciosamente",
    "abraço",
    "med vänlig hälsning",
    "med venlig hilsen",
    "vennlig hilsen",
    "pozdrawiam",
    "z poważaniem",
];

/// Lines that a signature may have.
const LONGEST_SIGNATURE: usize = 8;

fn without_signature(text: &str) -> (String, bool) {
    let lines: Vec<&str> = text.lines().collect();
    let is_closing = |line: &str| {
        let line = line.trim().trim_end_matches([',', '.', '!', '-']).trim().to_lowercase();
        line == "-"
            || line == "--"
            || line.chars().all(|c| c == '-' || c == '_') && line.len() > 1
            || CLOSINGS.contains(&line.as_str())
    };
    let is_postscript = |line: &&&str| {
        let line = line.trim_start().to_lowercase();
        ["p.s", "ps:", "ps.", "ps ", "ps,", "p.p.s"].iter().any(|mark| line.starts_with(mark))
    };
    let floor = lines.len().saturating_sub(LONGEST_SIGNATURE);
    let end = (floor..lines.len()).find(|place| is_closing(lines[*place])).unwrap_or(lines.len());
    let postscript = lines.iter().position(|line| is_postscript(&line));
    let mut kept: Vec<&str> = lines[..end].to_vec();
    if let Some(place) = postscript.filter(|place| *place >= end) {
        kept.extend(&lines[place..]);
    }
    (kept.join("\n").trim().to_owned(), postscript.is_some())
}

/// What the tags of a template know of the reader.
pub(super) struct Personal {
    pub(super) all: usize,
    pub(super) distinct: usize,
    pub(super) depth: &'static str,
}

impl Personal {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a Plain>) -> Self {
        let squeezed = |name: &String| name.replace(['_', '-', ' ', '.'], "");
        // Tags that stand for the sender say nothing of the reader.
        let is_sender = |name: &String| {
            ["sender", "signature", "unsubscribe", "from", "owner", "account"]
                .iter()
                .any(|part| name.starts_with(part) || name.contains("signature"))
        };
        let names: Vec<String> =
            texts.flat_map(|text| &text.tokens).map(squeezed).filter(|name| !is_sender(name)).collect();
        let is_name = |name: &String| {
            ["firstname", "lastname", "fullname", "name", "salutation", "contactname", "leadname"]
                .contains(&name.as_str())
        };
        let is_company = |name: &String| {
            [
                "company",
                "website",
                "domain",
                "industry",
                "title",
                "jobtitle",
                "city",
                "country",
                "organization",
            ]
            .iter()
            .any(|part| name.starts_with(part))
        };
        let depth = if names.iter().any(|name| !is_name(name) && !is_company(name)) {
            "custom"
        } else if names.iter().any(is_company) {
            "company"
        } else if names.is_empty() {
            "none"
        } else {
            "name"
        };
        Self { all: names.len(), distinct: names.iter().collect::<BTreeSet<_>>().len(), depth }
    }
}

/// The language of a text, as a two-letter code where it has one; none where the text does not say.
pub(super) fn language(text: &str) -> Option<&'static str> {
    let found = detect(text)?;
    let is_long = text.chars().filter(|c| c.is_alphabetic()).count() >= 40;
    (is_long && found.is_reliable()).then(|| code(found.lang()))
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "no",
        Lang::Fin => "fi",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Tur => "tr",
        Lang::Jpn => "ja",
        Lang::Cmn => "zh",
        Lang::Kor => "ko",
        other => other.code(),
    }
}

/// lower, upper, title (every longer word has a capital), sentence, or none where there are no letters.
pub(super) fn case(subject: &str) -> &'static str {
    let letters: Vec<char> = subject.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.is_empty() {
        return "none";
    }
    if letters.iter().all(|c| !c.is_uppercase()) {
        return "lower";
    }
    if letters.len() > 1 && letters.iter().all(|c| !c.is_lowercase()) {
        return "upper";
    }
    let starts = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let long: Vec<&str> = words::of(subject).filter(|word| word.chars().count() > 3).collect();
    if long.len() > 1 && long.iter().all(|word| starts(word)) { "title" } else { "sentence" }
}

pub(super) const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F300}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B50}' | '\u{2B55}' | '\u{1F1E6}'..='\u{1F1FF}')
}

/// Runs of lines between blank ones.
pub(super) fn paragraphs(text: &str) -> usize {
    let mut was_blank = true;
    let mut count = 0;
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        count += usize::from(was_blank && !is_blank);
        was_blank = is_blank;
    }
    count
}

/// Letters, and those of them that are capitals and do not begin a word.
pub(super) fn letters(text: &str) -> (usize, usize) {
    let mut all = 0;
    let mut capitals = 0;
    let mut was_letter = false;
    for c in text.chars() {
        let is_letter = c.is_alphabetic();
        all += usize::from(is_letter);
        capitals += usize::from(is_letter && was_letter && c.is_uppercase());
        was_letter = is_letter;
    }
    (all, capitals)
}

/// Addresses that can be clicked.
pub(super) fn links(html: Option<&str>, plain: &str) -> i64 {
    let in_html = html.map_or(0, |html| html.to_lowercase().matches("href=").count());
    let bare = plain.matches("http://").count() + plain.matches("https://").count();
    super::size(if in_html > 0 { in_html } else { bare })
}

pub(super) fn bullets(text: &str) -> usize {
    let is_bullet = |line: &&str| {
        let line = line.trim_start();
        let marked = ["- ", "* ", "• ", "– ", "· ", "✓ ", "→ "].iter().any(|mark| line.starts_with(mark));
        let digits = line.chars().take_while(char::is_ascii_digit).count();
        marked
            || (digits > 0 && digits < 3 && line[digits..].starts_with([')', '.']) && line.len() > digits + 2)
    };
    text.lines().filter(is_bullet).count()
}
