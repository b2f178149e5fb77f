//! What is asked of Atlas over HTTP.
#![doc = include_str!("../README.md")]

mod doors;
mod health;
mod server;
mod webhooks;

pub use server::Server;
pub use webhooks::path;
