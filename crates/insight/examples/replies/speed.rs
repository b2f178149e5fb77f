//! How fast the whole pipeline is: cleaning, rules, model.

use std::hint::black_box;
use std::time::Instant;

use atlas_insight::replies::{Model, Reply, sort};

use crate::corpus::Line;

/// The corpus is sorted so often.
const ROUNDS: usize = 5;

/// Replies of the corpus, quoted threads and all, that are sorted in a second on one core.
#[expect(clippy::disallowed_methods, reason = "a measurement")]
#[expect(clippy::cast_precision_loss, reason = "a corpus has thousands of lines")]
pub(crate) fn replies_a_second(lines: &[Line]) -> f64 {
    let model = Model::embedded();
    let sort_all = || {
        for line in lines {
            let reply = Reply { text: &line.text, subject: Some(&line.subject), ..Reply::default() };
            black_box(sort(black_box(&reply), model.as_ref()));
        }
    };
    sort_all();
    let started = Instant::now();
    (0..ROUNDS).for_each(|_| sort_all());
    (ROUNDS * lines.len()) as f64 / started.elapsed().as_secs_f64()
}
