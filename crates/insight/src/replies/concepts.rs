//! What the words of a text stand for, in whatever language: one pass over it finds every concept.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::clean::clean;
use super::phrases::CONCEPTS;

/// Words of one thought stand at most so many bytes apart.
const NEAR: usize = 40;

static TERMS: LazyLock<Terms> = LazyLock::new(Terms::read);

/// The text that somebody wrote now, and what its words stand for.
pub struct Text {
    /// Cleaned, otherwise as it was written.
    pub clean: String,
    /// Lower case, straight apostrophes, one blank between words.
    pub plain: String,
    /// In the order of their ends.
    pub(super) found: Vec<Found>,
}

/// A concept in a text, and from where to where it is said.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) concept: &'static str,
    pub(super) from: usize,
    pub(super) upto: usize,
}

impl Text {
    /// A reply as it came, with whatever hangs below it.
    pub fn read(reply: &str) -> Self {
        let clean = clean(reply);
        let plain = plain(&clean);
        let found = TERMS.find(&plain);
        Self { clean, plain, found }
    }

    /// How many words were written.
    pub(super) fn words(&self) -> usize {
        self.plain.split(' ').count()
    }

    pub(super) fn asks(&self) -> bool {
        self.plain.contains(['?', '？'])
    }

    pub(super) fn count(&self, concept: &str) -> usize {
        self.found.iter().filter(|found| found.concept == concept).count()
    }

    pub(super) fn says(&self, concept: &str) -> bool {
        self.found.iter().any(|found| found.concept == concept)
    }

    /// Where a concept is first said.
    pub(super) fn first(&self, concept: &str) -> Option<usize> {
        self.found.iter().filter(|found| found.concept == concept).map(|found| found.from).min()
    }

    /// Whether two concepts are said in one thought, whichever comes first.
    pub(super) fn joins(&self, one: &str, other: &str) -> bool {
        let of = |concept: &str| {
            self.found.iter().filter(move |found| found.concept == concept).collect::<Vec<_>>()
        };
        let others = of(other);
        of(one).iter().any(|one| others.iter().any(|other| is_near(one, other)))
    }
}

/// Whether one follows the other without a long way between.
pub(super) fn is_near(one: &Found, other: &Found) -> bool {
    let follows = |first: &Found, then: &Found| then.from >= first.upto && then.from - first.upto <= NEAR;
    follows(one, other) || follows(other, one)
}

/// Lower case, straight apostrophes, one blank between words.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.chars().flat_map(char::to_lowercase).filter_map(|c| match c {
            '’' | 'ʼ' | '`' | '´' => Some('\''),
            // What is left of a Turkish capital İ.
            '\u{307}' => None,
            c => Some(c),
        }));
    }
    plain
}

/// Words and phrases by which concepts are known.
struct Terms {
    automaton: Option<AhoCorasick>,
    /// By pattern: its concept, and whether it must end its word.
    terms: Vec<(&'static str, bool)>,
}

impl Terms {
    fn read() -> Self {
        let mut concept = "";
        let mut list: Vec<(&'static str, &'static str, bool)> = Vec::new();
        for line in CONCEPTS.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix("= ") {
                concept = name;
                continue;
            }
            let terms = line.split(',').map(str::trim).filter(|term| !term.is_empty());
            list.extend(terms.map(|term| match term.strip_suffix('_') {
                Some(word) => (word, concept, true),
                None => (term, concept, false),
            }));
        }
        list.sort_unstable();
        list.dedup();
        Self {
            automaton: AhoCorasick::new(list.iter().map(|(term, ..)| term)).ok(),
            terms: list.into_iter().map(|(_, concept, ends)| (concept, ends)).collect(),
        }
    }

    /// Terms begin at the beginning of a word, where a script has words.
    fn find(&self, plain: &str) -> Vec<Found> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let is_letter = |c: char| c.is_alphanumeric() && !is_unspaced(c);
        let mut found: Vec<Found> = Vec::new();
        for hit in automaton.find_overlapping_iter(plain) {
            let (concept, ends_word) = self.terms[hit.pattern().as_usize()];
            let (from, upto) = (hit.start(), hit.end());
            let begins = !plain[..from].chars().next_back().is_some_and(is_letter)
                || plain[from..].chars().next().is_some_and(is_unspaced);
            let ends = !ends_word || !plain[upto..].chars().next().is_some_and(is_letter);
            if begins && ends {
                found.push(Found { concept, from, upto });
            }
        }
        found
    }
}

/// Letters of scripts without blanks between words.
pub(super) const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
}
