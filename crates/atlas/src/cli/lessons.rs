//! What may be typed about lessons.

use atlas_worker::Lesson;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(
    after_help = "These steps follow every sync that changed something, each only over what changed; docs/lessons.md says how
they are done. Run again they change nothing.

Examples:
  atlas analyze
  atlas analyze patterns decay"
)]
pub(crate) struct AnalyzeArgs {
    /// Which; all without a name
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<AnalysisName>,
    /// One JSON document on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnalysisName {
    /// What templates are like
    Features,
    /// What of them goes with replies
    Patterns,
    /// Which of them wear off
    Decay,
}

impl AnalysisName {
    pub(crate) const fn lesson(self) -> Lesson {
        match self {
            Self::Features => Lesson::Features,
            Self::Patterns => Lesson::Patterns,
            Self::Decay => Lesson::Decay,
        }
    }
}
