//! `cargo xtask train-replies` and `eval-replies`: the model that sorts replies, from the corpus in the repository.

use anyhow::Result;

use crate::spawn;

const CORPUS: &str = "crates/insight/corpus";
const MODEL: &str = "crates/insight/model/replies.bin";

pub(crate) fn train() -> Result<()> {
    run(&["train", CORPUS, MODEL])
}

pub(crate) fn judge() -> Result<()> {
    run(&["eval", CORPUS])
}

/// Learning takes minutes without optimisation, and seconds with it.
fn run(args: &[&str]) -> Result<()> {
    let example = ["run", "--quiet", "--release", "--package", "atlas-insight", "--example", "replies", "--"];
    spawn::run(spawn::cargo().args(example).args(args))
}
