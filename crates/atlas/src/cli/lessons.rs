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
    /// What replies want
    Replies,
    /// What of them goes with replies
    Patterns,
    /// Which of them wear off
    Decay,
    /// What hurts delivery, or keeps figures from being true
    Alerts,
}

impl AnalysisName {
    pub(crate) const fn lesson(self) -> Lesson {
        match self {
            Self::Features => Lesson::Features,
            Self::Replies => Lesson::Replies,
            Self::Patterns => Lesson::Patterns,
            Self::Decay => Lesson::Decay,
            Self::Alerts => Lesson::Alerts,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Standard input has a JSON object a line: {\"text\": …, \"subject\": …, \"headers\": {…}}, the last two if they
are known. Each is answered by a line: reply_category, sentiment, is_positive, confidence, needs_review, method. No database
is used, and no network but for a language model, which is asked only where it is set: ATLAS_LLM_URL, ATLAS_LLM_MODEL,
ATLAS_LLM_KEY, ATLAS_LLM_USE. A line that it does not answer has the embedded model's class, and llm_error.

Example:
  echo '{\"text\": \"Please take me off your list\"}' | atlas classify"
)]
pub(crate) struct ClassifyArgs {
    /// How
    #[arg(long, default_value = "auto")]
    pub(crate) method: ClassifyMethod,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassifyMethod {
    /// Rules, the embedded model, and the language model as ATLAS_LLM_USE says
    Auto,
    /// Rules, and the model that is part of the program
    Embedded,
    /// Rules, and the language model that is set
    Llm,
}
