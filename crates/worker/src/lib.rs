//! What runs by itself.
#![doc = include_str!("../README.md")]

mod projector;

pub use projector::{Drained, drain, drain_all, project_until};
