//! How hard a text is to read.

use crate::stats::real;

/// Below so many words a grade makes no sense.
pub(super) const LEAST_WORDS: i64 = 20;
/// A sentence of fewer words is a greeting or a list's head: it is not counted.
const LEAST_SENTENCE: usize = 3;
/// A word of more letters is a long one.
const LONG_WORD: usize = 6;

/// What the formulas are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Words.
    pub words: i64,
    /// Sentences of at least three words; at least one where there are words.
    pub sentences: i64,
    /// Syllables, as English spells them.
    pub syllables: i64,
    /// Words of more than six letters.
    pub long_words: i64,
}

pub(super) fn count(text: &str) -> Counts {
    let mut counts = Counts::default();
    for word in super::words::of(text) {
        counts.words += 1;
        counts.syllables += syllables(word);
        let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
        counts.long_words += i64::from(letters > LONG_WORD);
    }
    let long_enough = sentences(text).filter(|one| super::words::of(one).count() >= LEAST_SENTENCE).count();
    counts.sentences = super::size(long_enough).max(i64::from(counts.words > 0));
    counts
}

/// The Flesch–Kincaid grade: school years that a text in English asks for.
pub fn flesch_kincaid(counts: &Counts) -> f64 {
    0.39 * real(counts.words) / real(counts.sentences) + 11.8 * real(counts.syllables) / real(counts.words)
        - 15.59
}

/// The läsbarhetsindex: words a sentence, and long words in a hundred.
pub fn lix(counts: &Counts) -> f64 {
    real(counts.words) / real(counts.sentences) + 100.0 * real(counts.long_words) / real(counts.words)
}

/// Pieces that end with a full stop, a question or exclamation mark before a blank, or with their line.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let ends = line.char_indices().filter_map(move |(at, c)| {
            let next = line[at + c.len_utf8()..].chars().next();
            let is_end = matches!(c, '.' | '!' | '?' | '…') && next.is_none_or(char::is_whitespace);
            (is_end || matches!(c, '。' | '？' | '！' | '؟')).then_some(at + c.len_utf8())
        });
        let mut from = 0;
        let ends: Vec<usize> = ends.chain([line.len()]).collect();
        ends.into_iter().filter_map(move |to| {
            let piece = line[from..to].trim();
            from = to;
            (!piece.is_empty()).then_some(piece)
        })
    })
}

/// Groups of vowels, less a silent e; a word has at least one.
fn syllables(word: &str) -> i64 {
    let word: Vec<char> = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let is_vowel = |c: char| "aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüý".contains(c);
    let mut groups = 0;
    let mut was_vowel = false;
    for c in &word {
        let now = is_vowel(*c);
        groups += i64::from(now && !was_vowel);
        was_vowel = now;
    }
    let ends = |text: &str| word.ends_with(&text.chars().collect::<Vec<_>>());
    let is_silent = (ends("e") && !(ends("le") && word.len() > 2 && !is_vowel(word[word.len() - 3])))
        || (ends("ed") && !ends("ted") && !ends("ded"))
        || (ends("es")
            && !["ses", "zes", "xes", "ches", "shes", "ges", "ces"].iter().any(|ending| ends(ending)));
    (groups - i64::from(is_silent && groups > 1)).max(1)
}
