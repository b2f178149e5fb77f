//! The database that the user owns.
#![doc = include_str!("../README.md")]

mod backup;
mod calls;
mod catalogue;
mod check;
mod contradictions;
mod counting;
mod days;
mod db;
mod dump;
mod error;
mod events;
mod intake;
mod journal;
mod leases;
mod projection;
mod replay;
mod reports;
mod runs;
mod same_calls;
mod save;
mod sources;
mod transfer;
mod vault;
mod webhooks;
mod write;

pub use backup::Kept;
pub use calls::{Absence, FailedCall, Memory};
pub use check::{Finding, Size};
pub use db::{Flavour, Store};
pub use error::{Error, ErrorKind, Result};
pub use intake::{Group, Intake, Queue, WEBHOOK, insert_text, intake};
pub use leases::LEASE_S;
pub use projection::{AccountWords, Incoming, Projected};
pub use replay::{Entry, KeptAnswer, Meaning, Part, Replay};
pub use reports::{AccountLine, CampaignLine, Filter, GroupLine, Order};
pub use runs::{Progress, Run, RunEnd, StoredProblem};
pub use save::{Absent, Answer, Failure, Reserve, Saved, Turn};
pub use sources::{NewSource, Source};
pub use transfer::{Copied, Onto};
pub use vault::Vault;
pub use webhooks::{Deliveries, Door, KeptDelivery};
pub use write::upsert_text;
