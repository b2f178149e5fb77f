//! `cargo xtask train-replies` and `eval-replies`: the model that sorts replies, from the corpus in the repository.

use std::path::PathBuf;

use anyhow::Result;

use crate::spawn;

const CORPUS: &str = "crates/insight/corpus";
const MODEL: &str = "crates/insight/model/replies.bin";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Learn from what people corrected too, as `atlas export report_corrections --format jsonl` writes it
    #[arg(long, value_name = "FILE")]
    corrections: Option<PathBuf>,
}

pub(crate) fn train(args: &Args) -> Result<()> {
    run(&["train", CORPUS, MODEL], args)
}

pub(crate) fn judge(args: &Args) -> Result<()> {
    run(&["eval", CORPUS], args)
}

/// Learning takes minutes without optimisation, and seconds with it.
fn run(task: &[&str], args: &Args) -> Result<()> {
    let example = ["run", "--quiet", "--release", "--package", "atlas-insight", "--example", "replies", "--"];
    let corrections = args.corrections.as_ref().map(std::path::absolute).transpose()?;
    spawn::run(spawn::cargo().args(example).args(task).args(corrections))
}
