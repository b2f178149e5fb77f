//! Trains and judges the model of replies: `replies train CORPUS MODEL [CORRECTIONS]`, `replies eval CORPUS [CORRECTIONS]`.
#![expect(clippy::print_stdout, reason = "a report for people")]

mod corpus;
mod judge;
mod learn;
mod speed;

use std::path::Path;
use std::process::ExitCode;

use atlas_insight::replies::Model;

/// Voices in this folder are for judging alone.
const UNHEARD: &str = "unheard";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done =
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["train", corpus, model, ref corrections @ ..] => {
                train(Path::new(corpus), Path::new(model), corrections)
            }
            ["eval", corpus, ref corrections @ ..] => eval(Path::new(corpus), corrections),
            _ => Err("usage: replies train CORPUS MODEL [CORRECTIONS] | replies eval CORPUS [CORRECTIONS]"
                .to_owned()),
        };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is learned from: the corpus, and files of corrections.
fn lines(folder: &Path, corrections: &[&str]) -> Result<Vec<corpus::Line>, String> {
    let mut lines = corpus::read(folder)?;
    for file in corrections {
        lines.extend(corpus::read_corrections(Path::new(file))?);
    }
    Ok(lines)
}

fn train(folder: &Path, file: &Path, corrections: &[&str]) -> Result<(), String> {
    let lines = lines(folder, corrections)?;
    // Temperature and threshold are set on voices that were left out; the weights that are kept have heard all.
    let guesses = judge::leave_voices_out(&lines);
    let (temperature, threshold) = judge::calibrate(&guesses);
    let all: Vec<&corpus::Line> = lines.iter().collect();
    let mut weights = learn::learn(&all);
    (weights.temperature, weights.threshold) = (temperature, threshold);
    let bytes = weights.file();
    std::fs::write(file, &bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = Model::read(&bytes).map_or(0, |model| model.version());
    println!(
        "{} lines of {} voices; {} bytes, version {version}, temperature {temperature:.2}, threshold {threshold:.2}",
        lines.len(),
        corpus::voices(&lines).len(),
        bytes.len(),
    );
    Ok(())
}

fn eval(folder: &Path, corrections: &[&str]) -> Result<(), String> {
    let lines = lines(folder, corrections)?;
    let guesses = judge::leave_voices_out(&lines);
    let (temperature, threshold) = judge::calibrate(&guesses);
    println!("Voices of the corpus, each left out in its turn:");
    judge::report(&guesses, temperature, threshold);
    let unheard = corpus::read(&folder.join(UNHEARD))?;
    let all: Vec<&corpus::Line> = lines.iter().collect();
    let guesses = judge::judge(unheard.iter(), &learn::learn(&all));
    println!("\nVoices that nothing was learned from or set by:");
    judge::report(&guesses, temperature, threshold);
    println!("\n{:.0} replies a second on one core", speed::replies_a_second(&lines));
    Ok(())
}
