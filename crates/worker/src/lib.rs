//! What runs by itself.
#![doc = include_str!("../README.md")]

mod lessons;
mod projector;

pub use lessons::{Learned, Lesson, learn, learn_what_is_due, wake_lessons};
pub use projector::{Drained, drain, drain_all, project_until};
