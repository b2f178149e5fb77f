//! The vendors' words.
#![doc = include_str!("../README.md")]

pub mod account;
mod answer;
mod categories;
mod company;
mod copy;
pub mod delivery;
mod endpoint;
mod event;
mod lead;
mod lineage;
mod mapping;
mod oauth;
mod pages;
mod person;
mod phone_number;
mod phoneburner;
mod read;
mod redact;
mod replyio;
mod service;
mod smartlead;
pub mod subscription;
mod verify;

pub use answer::{Reply, Throttle, Verdict};
pub use endpoint::{Context, Counts, Endpoint, Expand, Field, MEMBER, Need, Pace, Paging, Records, Type};
pub use event::{Delivery, Heard, Known, hear};
pub use lineage::{Lineage, lineage};
pub use mapping::{Understood, understand};
pub use oauth::{Grant, OAuth, Refusal};
pub use redact::redact;
pub use service::{Auth, MemberKeys, Service, service};
pub use verify::{Findings, Held, Seen, verify};
