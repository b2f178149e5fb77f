//! The engine and its shell.
#![doc = include_str!("../README.md")]

mod credential;
mod deliveries;
mod engine;
mod error;
mod holder;
mod http;
mod plan;
mod post;
mod probe;
mod public_only;
mod replay;
mod report;
mod shell;
mod sign_in;
mod subscribe;
mod unsaved;

pub use credential::{Credential, Forms, Renewal};
pub use deliveries::project;
pub use engine::{Decision, Engine, Limits, Step, Stop, Why};
pub use error::Error;
pub use holder::{holder, holder_for, is_dead};
pub use http::deliver;
pub use plan::{Plan, plan};
pub use post::{Post, post_json};
pub use probe::{Probe, ProbeResult, probe};
pub use replay::{Replayed, replay};
pub use report::{Ending, Event, Options, Report};
pub use shell::Syncer;
pub use sign_in::{first_key, grant_for_code, sign_in_address};
pub use subscribe::{Subscribed, subscribe};
