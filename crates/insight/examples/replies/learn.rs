//! Learning: softmax regression by AdaGrad, in an order that a seed gives.

use atlas_insight::replies::{BUCKETS, Gram, Intent, Text, Weights, grams, softmax};
use fastrand::Rng;

use crate::corpus::Line;

const CLASSES: usize = Intent::ALL.len();
const ROUNDS: usize = 16;
const RATE: f32 = 0.15;
/// How much weights are drawn back to nothing whenever they are used.
const DECAY: f32 = 5e-4;
/// A class that is rare counts as much as one that is not, up to so much.
const MOST_WEIGHT: f32 = 3.0;

pub(crate) fn learn(lines: &[&Line]) -> Weights {
    let samples: Vec<(Vec<Gram>, usize)> = lines.iter().map(|line| (features(line), class(line))).collect();
    let mut counts = [0.0_f32; CLASSES];
    samples.iter().for_each(|(_, class)| counts[*class] += 1.0);
    #[expect(clippy::cast_precision_loss, reason = "a corpus has thousands of lines")]
    let mean = samples.len() as f32 / CLASSES as f32;
    let balance = counts.map(|count| (mean / count.max(1.0)).min(MOST_WEIGHT));
    let mut weights = vec![[0.0_f32; CLASSES]; BUCKETS];
    let mut squares = vec![[1e-6_f32; CLASSES]; BUCKETS];
    let (mut biases, mut bias_squares) = ([0.0_f32; CLASSES], [1e-6_f32; CLASSES]);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut rng = Rng::with_seed(1);
    for _ in 0..ROUNDS {
        rng.shuffle(&mut order);
        for at in &order {
            let (grams, class) = &samples[*at];
            let chances = softmax(&logits(&weights, &biases, grams));
            let wrong: [f32; CLASSES] = std::array::from_fn(|other| {
                (chances[other] - f32::from(u8::from(other == *class))) * balance[*class]
            });
            for (place, amount) in grams {
                let (row, square) = (&mut weights[*place as usize], &mut squares[*place as usize]);
                for other in 0..CLASSES {
                    let slope = wrong[other] * amount + DECAY * row[other];
                    square[other] += slope * slope;
                    row[other] -= RATE * slope / square[other].sqrt();
                }
            }
            for other in 0..CLASSES {
                bias_squares[other] += wrong[other] * wrong[other];
                biases[other] -= RATE * 0.1 * wrong[other] / bias_squares[other].sqrt();
            }
        }
    }
    Weights { weights, biases, temperature: 1.0, threshold: 0.0 }
}

pub(crate) fn class(line: &Line) -> usize {
    Intent::ALL.iter().position(|intent| *intent == line.intent).unwrap_or_default()
}

pub(crate) fn features(line: &Line) -> Vec<Gram> {
    grams(&Text::read(&line.text))
}

pub(crate) fn logits(weights: &[[f32; CLASSES]], biases: &[f32; CLASSES], grams: &[Gram]) -> [f32; CLASSES] {
    let mut logits = *biases;
    for (place, amount) in grams {
        for (logit, weight) in logits.iter_mut().zip(&weights[*place as usize]) {
            *logit += weight * amount;
        }
    }
    logits
}
