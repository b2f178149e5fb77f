//! What runs by itself.
#![doc = include_str!("../README.md")]

mod add_up;
mod ask_model;
mod background;
mod deeds;
mod lessons;
mod notices;
mod outcome;
mod projector;
mod scheduler;
mod share_done;
mod sort_replies;
mod tasks;
mod watch;

pub use add_up::add_up_campaigns;
pub use ask_model::{LanguageModel, Memory, NoAnswer, Use};
pub use background::Background;
pub use lessons::{Learned, Lesson, learn, learn_what_is_due, wake_lessons};
pub use notices::{tell_due, try_target};
pub use outcome::sync_outcome;
pub use projector::{Drained, drain, drain_all};
pub use scheduler::next_sync_at;
pub use share_done::Tell;
