//! Lessons from what was sent and answered: rows in, findings out.
#![doc = include_str!("../README.md")]

pub mod alerts;
pub mod asking;
pub mod copy;
pub mod decay;
pub mod patterns;
pub mod replies;
pub mod stats;
pub mod thresholds;
