//! The linear model: a weight for each place and class, kept as bytes.
//!
//! The file: `ATLASR1`, a zero, then as little-endian numbers the version (u32), the temperature, the threshold, nine
//! biases and nine scales (f32), and `BUCKETS` × 9 weights (i8), which are multiplied by their class's scale.

use super::Intent;
use super::concepts::Text;
use super::grams::{BUCKETS, grams};

pub(super) const CLASSES: usize = Intent::ALL.len();
const MAGIC: &[u8; 8] = b"ATLASR1\0";
const HEAD: usize = MAGIC.len() + 4 * (3 + 2 * CLASSES);
/// The largest weight as a byte.
const LARGEST: f32 = 127.0;

/// A model as it is trained.
#[derive(Clone, Debug)]
pub struct Weights {
    /// By place, then class.
    pub weights: Vec<[f32; CLASSES]>,
    /// By class.
    pub biases: [f32; CLASSES],
    /// What logits are divided by, so that a confidence is how often it is right.
    pub temperature: f32,
    /// Below this confidence a person should look.
    pub threshold: f32,
}

/// A model as it is used.
pub struct Model {
    bytes: Vec<u8>,
    version: u32,
    temperature: f32,
    threshold: f32,
    biases: [f32; CLASSES],
    scales: [f32; CLASSES],
}

impl Model {
    /// The model that is part of the program; none before one was trained.
    pub fn embedded() -> Option<Self> {
        Self::read(include_bytes!("../../model/replies.bin"))
    }

    /// A model from its file; none where that is not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != HEAD + BUCKETS * CLASSES || !bytes.starts_with(MAGIC) {
            return None;
        }
        let word = |at: usize| -> [u8; 4] {
            let from = MAGIC.len() + 4 * at;
            [bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]]
        };
        let number = |at: usize| f32::from_le_bytes(word(at));
        Some(Self {
            version: u32::from_le_bytes(word(0)),
            temperature: number(1),
            threshold: number(2),
            biases: std::array::from_fn(|class| number(3 + class)),
            scales: std::array::from_fn(|class| number(3 + CLASSES + class)),
            bytes: bytes.to_vec(),
        })
    }

    /// Tells one trained model from another.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Below this confidence a person should look.
    pub fn threshold(&self) -> f64 {
        self.threshold.into()
    }

    /// How likely each class is.
    pub fn chances(&self, text: &Text) -> [f32; CLASSES] {
        let mut sums = [0.0_f32; CLASSES];
        for (place, weight) in grams(text) {
            let from = HEAD + place as usize * CLASSES;
            for (sum, byte) in sums.iter_mut().zip(&self.bytes[from..from + CLASSES]) {
                *sum += weight * f32::from(i8::from_le_bytes([*byte]));
            }
        }
        softmax(&std::array::from_fn(|class| {
            (sums[class] * self.scales[class] + self.biases[class]) / self.temperature
        }))
    }
}

impl Weights {
    /// The file of a model. Its version is made from its content.
    pub fn file(&self) -> Vec<u8> {
        let scales: [f32; CLASSES] = std::array::from_fn(|class| {
            let largest = self.weights.iter().map(|weights| weights[class].abs()).fold(0.0, f32::max);
            (largest / LARGEST).max(f32::MIN_POSITIVE)
        });
        let mut body = Vec::with_capacity(HEAD + BUCKETS * CLASSES);
        for number in [self.temperature, self.threshold].iter().chain(&self.biases).chain(&scales) {
            body.extend(number.to_le_bytes());
        }
        for weights in &self.weights {
            for (weight, scale) in weights.iter().zip(scales) {
                #[expect(clippy::cast_possible_truncation, reason = "it is scaled to a byte")]
                let byte = (weight / scale).round() as i8;
                body.extend(byte.to_le_bytes());
            }
        }
        let version = body
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        [&MAGIC[..], &version.to_le_bytes(), &body].concat()
    }
}

/// Logits as chances.
pub fn softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers: [f32; CLASSES] = std::array::from_fn(|class| (logits[class] - largest).exp());
    let all: f32 = powers.iter().sum();
    powers.map(|power| power / all)
}
