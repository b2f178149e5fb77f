//! What is asked of Atlas over HTTP.
#![doc = include_str!("../README.md")]

mod access_log;
mod api;
mod columns;
mod dashboard;
mod doors;
mod health;
mod html;
mod letters;
mod live;
mod metrics;
mod reach;
mod report_page;
mod request;
mod server;
mod sign_in;
mod sign_in_page;
mod table;
mod webhooks;

pub use api::{TryTarget, document_text};
pub use columns::{parquet_schema, write_column};
pub use server::{Server, Told};
pub use table::{cell, csv};
pub use webhooks::path;
