//! A text as numbers: hashed words, pairs of words, pieces of words, and what the words stand for.

use super::concepts::{Text, is_near};

/// How many places there are; two grams may share one.
pub const BUCKETS: usize = 1 << 15;

/// Pieces of words have so many characters.
const PIECES: [usize; 4] = [2, 3, 4, 5];
/// What a person writes first says what they want; the rest costs time.
const MOST_WORDS: usize = 120;
const MOST_CONCEPTS: usize = 40;

/// A place and how much of it there is.
pub type Gram = (u32, f32);

/// The grams of a reply, each once, in the order of their places. Words weigh as much as pieces, and as concepts.
pub fn grams(text: &Text) -> Vec<Gram> {
    let words = words(&text.plain);
    let (mut of_words, mut of_pieces, mut of_concepts) = (Vec::new(), Vec::new(), Vec::new());
    let mut before = "^";
    let (mut marked, mut ends) = (String::new(), Vec::new());
    for word in &words {
        of_words.push(place(b'w', &[word]));
        of_words.push(place(b'p', &[before, word]));
        before = word;
        marked.clear();
        marked.extend([" ", word, " "]);
        ends.clear();
        ends.extend(marked.char_indices().map(|(at, _)| at).chain([marked.len()]));
        for length in PIECES {
            let pieces = ends.windows(length + 1).map(|ends| &marked[ends[0]..ends[length]]);
            of_pieces.extend(pieces.map(|piece| place(b'c', &[piece])));
        }
    }
    of_words.push(place(b'p', &[before, "$"]));
    of_words.push(place(b'l', &[length_of(words.len())]));
    let said = &text.found[..text.found.len().min(MOST_CONCEPTS)];
    for (at, one) in said.iter().enumerate() {
        of_concepts.push(place(b'k', &[one.concept]));
        let others = said[..at].iter().filter(|other| other.concept != one.concept && is_near(one, other));
        of_concepts.extend(
            others
                .map(|other| place(b'n', &[other.concept.min(one.concept), other.concept.max(one.concept)])),
        );
    }
    let mut grams: Vec<Gram> = Vec::new();
    for places in [of_words, of_pieces, of_concepts] {
        weigh(places, &mut grams);
    }
    grams.sort_by_key(|(place, _)| *place);
    grams.dedup_by(|other, one| {
        let is_same = one.0 == other.0;
        if is_same {
            one.1 += other.1;
        }
        is_same
    });
    grams
}

/// Adds places by how often they occur, all of them together of length 1.
fn weigh(mut places: Vec<u32>, grams: &mut Vec<Gram>) {
    places.sort_unstable();
    let from = grams.len();
    for same in places.chunk_by(|one, other| one == other) {
        #[expect(clippy::cast_precision_loss, reason = "a reply has hundreds of words")]
        grams.push((same[0], 1.0 + (same.len() as f32).ln()));
    }
    let norm = grams[from..].iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::EPSILON);
    grams[from..].iter_mut().for_each(|(_, weight)| *weight /= norm);
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
