//! Judging: every voice is answered by a model that has never heard it.

use std::collections::BTreeMap;

use atlas_insight::replies::{Intent, Reply, Text, Weights, certain, decide, grams, softmax};

use crate::corpus::{Line, voices};
use crate::learn::{class, learn, logits};

const CLASSES: usize = Intent::ALL.len();
/// Voices are left out in so many turns.
const TURNS: usize = 6;
/// What is above the threshold shall be right so often.
const WANTED: f64 = 0.94;
/// No threshold is set so high that less than this is taken without a person.
const LEAST_COVERAGE: f64 = 0.5;

/// What was made of a line by whom had not heard its voice.
pub(crate) struct Guess<'a> {
    pub(crate) line: &'a Line,
    text: Text,
    /// What is certain by rule, with its confidence.
    certain: Option<(Intent, f64)>,
    logits: [f32; CLASSES],
}

impl<'a> Guess<'a> {
    fn of(line: &'a Line, weights: &Weights) -> Self {
        let reply = Reply { text: &line.text, subject: Some(&line.subject), ..Reply::default() };
        let text = Text::read(&line.text);
        let certain = certain(&reply, &text).map(|found| (found.intent, found.confidence));
        let logits = logits(&weights.weights, &weights.biases, &grams(&text));
        Self { line, text, certain, logits }
    }

    /// What is made of it, and how sure that is.
    fn told(&self, temperature: f32) -> (usize, f64) {
        let (intent, confidence) = self.certain.unwrap_or_else(|| self.decided(temperature));
        (intent as usize, confidence)
    }

    fn decided(&self, temperature: f32) -> (Intent, f64) {
        decide(&softmax(&self.logits.map(|logit| logit / temperature)), &self.text)
    }

    /// Whether it is taken for a machine's note where a service does not tell subjects.
    fn is_absence_by_text(&self, temperature: f32) -> bool {
        let reply = Reply { text: &self.line.text, ..Reply::default() };
        match certain(&reply, &self.text) {
            Some(found) => found.intent == Intent::OutOfOffice,
            None => self.decided(temperature).0 == Intent::OutOfOffice,
        }
    }

    fn is_right(&self, temperature: f32) -> bool {
        self.told(temperature).0 == class(self.line)
    }
}

/// What a line is, what it was taken for, how surely, and the line.
type Told<'a> = (usize, usize, f64, &'a Line);

pub(crate) fn leave_voices_out(lines: &[Line]) -> Vec<Guess<'_>> {
    let voices = voices(lines);
    let turn = |line: &Line| voices.iter().position(|voice| *voice == line.voice).unwrap_or_default() % TURNS;
    let mut guesses = Vec::new();
    for out in 0..TURNS.min(voices.len()) {
        let heard: Vec<&Line> = lines.iter().filter(|line| turn(line) != out).collect();
        let weights = learn(&heard);
        guesses.extend(judge(lines.iter().filter(|line| turn(line) == out), &weights));
    }
    guesses
}

/// What a model makes of lines.
pub(crate) fn judge<'a>(lines: impl Iterator<Item = &'a Line>, weights: &Weights) -> Vec<Guess<'a>> {
    lines.map(|line| Guess::of(line, weights)).collect()
}

/// The temperature at which confidences fit best, and the confidence above which answers are right often enough.
pub(crate) fn calibrate(guesses: &[Guess<'_>]) -> (f32, f32) {
    let loss = |temperature: f32| -> f64 {
        let asked = guesses.iter().filter(|guess| guess.certain.is_none());
        asked
            .map(|guess| {
                let chances = softmax(&guess.logits.map(|logit| logit / temperature));
                -f64::from(chances[class(guess.line)].max(1e-9)).ln()
            })
            .sum()
    };
    let temperatures = (4..=80_u8).map(|step| f32::from(step) * 0.05);
    let temperature = temperatures.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(1.0);
    let mut asked: Vec<(f64, bool)> = guesses
        .iter()
        .filter(|guess| guess.certain.is_none())
        .map(|guess| (guess.told(temperature).1, guess.is_right(temperature)))
        .collect();
    asked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut threshold) = (0.0, 0.99);
    for (place, (confidence, is_right)) in asked.iter().enumerate() {
        right += f64::from(u8::from(*is_right));
        let share = real(place + 1) / real(asked.len());
        if right / real(place + 1) >= WANTED || share <= LEAST_COVERAGE {
            threshold = *confidence;
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a share needs no more")]
    let threshold = threshold as f32;
    (temperature, threshold)
}

pub(crate) fn report(guesses: &[Guess<'_>], temperature: f32, threshold: f32) {
    let told: Vec<Told<'_>> = guesses
        .iter()
        .map(|guess| {
            let (best, confidence) = guess.told(temperature);
            (class(guess.line), best, confidence, guess.line)
        })
        .collect();
    let by_rule = guesses.iter().filter(|guess| guess.certain.is_some()).count();
    println!("{} replies of voices that were left out, {by_rule} of them certain by rule", told.len());
    println!("\n{:<16} {:>6} {:>9} {:>7} {:>6}", "class", "lines", "precision", "recall", "F1");
    let mut sum = 0.0;
    for (place, intent) in Intent::ALL.iter().enumerate() {
        let count = |of: &dyn Fn(&Told<'_>) -> bool| told.iter().filter(|one| of(one)).count();
        let hits = count(&|one| one.0 == place && one.1 == place);
        let (actual, guessed) = (count(&|one| one.0 == place), count(&|one| one.1 == place));
        let (precision, recall) = (real(hits) / real(guessed.max(1)), real(hits) / real(actual.max(1)));
        let f1 = if hits == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        sum += f1;
        println!("{:<16} {actual:>6} {precision:>9.3} {recall:>7.3} {f1:>6.3}", intent.name());
    }
    println!("macro-F1 {:.3}", sum / real(CLASSES));
    let absent: Vec<bool> = guesses.iter().map(|guess| guess.is_absence_by_text(temperature)).collect();
    let is_absence = |guess: &Guess<'_>| guess.line.intent == Intent::OutOfOffice;
    let hits = guesses.iter().zip(&absent).filter(|(guess, absent)| **absent && is_absence(guess)).count();
    println!(
        "out_of_office where no subject is told: precision {:.3}, recall {:.3}",
        real(hits) / real(absent.iter().filter(|absent| **absent).count().max(1)),
        real(hits) / real(guesses.iter().filter(|guess| is_absence(guess)).count().max(1)),
    );
    let mut sure: Vec<(f64, bool)> = told.iter().map(|one| (one.2, one.0 == one.1)).collect();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!();
    for coverage in [1.0, 0.9, 0.8, 0.7, 0.5] {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let upto = ((real(sure.len()) * coverage) as usize).max(1);
        let right = sure[..upto].iter().filter(|(_, is_right)| *is_right).count();
        println!("accuracy on the surest {:>3.0} %: {:.3}", coverage * 100.0, real(right) / real(upto));
    }
    let taken: Vec<_> = told.iter().filter(|one| one.2 >= f64::from(threshold)).collect();
    let right = taken.iter().filter(|one| one.0 == one.1).count();
    println!(
        "threshold {threshold:.2}: {:.1} % need no review, of these {:.3} are right",
        100.0 * real(taken.len()) / real(told.len()),
        real(right) / real(taken.len().max(1)),
    );
    let mut languages: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in &told {
        let counts = languages.entry(&one.3.language).or_default();
        counts.0 += 1;
        counts.1 += usize::from(one.0 == one.1);
    }
    println!("\nlanguage   lines  accuracy");
    for (language, (lines, right)) in languages {
        println!("{language:<10} {lines:>5} {:>9.3}", real(right) / real(lines));
    }
    println!("\nrows: what it is; columns: what it was taken for");
    for (place, intent) in Intent::ALL.iter().enumerate() {
        let row = (0..CLASSES).map(|guess| {
            format!("{:>5}", told.iter().filter(|one| one.0 == place && one.1 == guess).count())
        });
        println!("{:<16}{}", intent.name(), row.collect::<String>());
    }
}

#[expect(clippy::cast_precision_loss, reason = "a corpus has thousands of lines")]
const fn real(count: usize) -> f64 {
    count as f64
}
