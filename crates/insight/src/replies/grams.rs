//! A text as numbers: hashed words, pairs of words, and pieces of words.

use std::collections::HashMap;

/// How many places there are; two grams may share one.
pub const BUCKETS: usize = 1 << 15;

/// Pieces of words have so many characters.
const PIECES: [usize; 4] = [2, 3, 4, 5];
/// What a person writes first says what they want; the rest costs time.
const MOST_WORDS: usize = 120;

/// A place and how much of it there is.
pub type Gram = (u32, f32);

/// The grams of a cleaned reply and its subject, each once, in the order of their places. Words weigh as much as pieces.
pub fn grams(text: &str, subject: &str) -> Vec<Gram> {
    let words = words(text);
    let mut of_words: HashMap<u32, f32> = HashMap::new();
    let mut of_pieces: HashMap<u32, f32> = HashMap::new();
    let add = |map: &mut HashMap<u32, f32>, kind: u8, parts: &[&str]| {
        *map.entry(place(kind, parts)).or_default() += 1.0;
    };
    let mut before = "^";
    for word in &words {
        add(&mut of_words, b'w', &[word]);
        add(&mut of_words, b'p', &[before, word]);
        before = word;
        let marked = format!(" {word} ");
        let ends: Vec<usize> = marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
        for length in PIECES {
            for from in 0..ends.len().saturating_sub(length) {
                add(&mut of_pieces, b'c', &[&marked[ends[from]..ends[from + length]]]);
            }
        }
    }
    add(&mut of_words, b'p', &[before, "$"]);
    for word in self::words(subject).iter().take(12) {
        add(&mut of_words, b's', &[word]);
    }
    add(&mut of_words, b'l', &[length_of(words.len())]);
    let mut grams: HashMap<u32, f32> = HashMap::new();
    for map in [of_words, of_pieces] {
        let weight = |count: f32| 1.0 + count.ln();
        let norm = map.values().map(|count| weight(*count).powi(2)).sum::<f32>().sqrt().max(f32::EPSILON);
        for (place, count) in map {
            *grams.entry(place).or_default() += weight(count) / norm;
        }
    }
    let mut grams: Vec<Gram> = grams.into_iter().collect();
    grams.sort_unstable_by_key(|(place, _)| *place);
    grams
}

/// Lower-case words; marks that say something are words, so is each letter of a script without blanks. Numbers are one
/// another's like, addresses too.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        if words.len() >= MOST_WORDS {
            break;
        }
        if part.contains("://") || part.starts_with("www.") {
            words.push("<link>".to_owned());
            continue;
        }
        if part.contains('@') && part.contains('.') {
            words.push("<mail>".to_owned());
            continue;
        }
        let mut word = String::new();
        for c in part.chars().flat_map(char::to_lowercase) {
            if is_sign(c) {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                words.push(c.to_string());
            } else if c.is_numeric() {
                word.push('0');
            } else if c.is_alphanumeric() || c == '\'' && !word.is_empty() {
                word.push(c);
            } else if c == '’' && !word.is_empty() {
                word.push('\'');
            } else {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            }
        }
        words.extend((!word.is_empty()).then_some(word));
    }
    words
}

/// What stands for itself: marks, emoji, and letters of scripts without blanks.
const fn is_sign(c: char) -> bool {
    matches!(c, '?' | '!' | '？' | '！' | '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1FAFF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{9FFF}')
}

const fn length_of(words: usize) -> &'static str {
    match words {
        0..=2 => "1",
        3..=7 => "2",
        8..=20 => "3",
        21..=50 => "4",
        _ => "5",
    }
}

/// FNV-1a over kind and parts, folded.
fn place(kind: u8, parts: &[&str]) -> u32 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    add(kind);
    for part in parts {
        part.bytes().for_each(&mut add);
        add(0);
    }
    let folded = hash ^ (hash >> 32) ^ (hash >> 47);
    u32::try_from(folded % BUCKETS as u64).unwrap_or_default()
}
