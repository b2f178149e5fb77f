//! The vendors' words.
#![doc = include_str!("../README.md")]

mod answer;
mod categories;
mod company;
mod copy;
mod endpoint;
mod lineage;
mod mapping;
mod person;
mod read;
mod redact;
mod replyio;
mod service;
mod smartlead;
mod verify;

pub use answer::{Reply, Throttle, Verdict};
pub use endpoint::{Context, Counts, Endpoint, Expand, Field, Need, Pace, Paging, Records, Type};
pub use lineage::{Lineage, lineage};
pub use mapping::{Understood, understand};
pub use redact::redact;
pub use service::{Auth, Service, service};
pub use verify::{Findings, Held, Seen, verify};
