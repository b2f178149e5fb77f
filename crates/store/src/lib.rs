//! The database that the user owns.
#![doc = include_str!("../README.md")]

mod account;
mod aftermath;
mod backup;
mod calls;
mod catalogue;
mod check;
mod contradictions;
mod days;
mod db;
mod dump;
mod error;
mod journal;
mod leases;
mod people;
mod replay;
mod report_accounts;
mod report_calls;
mod report_campaign;
mod reports;
mod runs;
mod same_calls;
mod save;
mod sources;
mod transfer;
mod vault;
mod write;

pub use backup::Kept;
pub use calls::{Absence, FailedCall, Memory};
pub use check::{Finding, Size};
pub use db::{Flavour, Store};
pub use error::{Error, ErrorKind, Result};
pub use leases::LEASE_S;
pub use replay::{KeptAnswer, Meaning, Part, Replay};
pub use report_accounts::AccountLine;
pub use report_calls::{CallsBy, Part as ReportPart, PeopleBy};
pub use report_campaign::{CampaignDetail, Day, LeadStates, Step};
pub use reports::{CampaignLine, Coverage, Figures, Filter, GroupLine, Order, Period};
pub use runs::{Freshness, Progress, Run, RunEnd, StoredProblem};
pub use save::{Absent, Answer, Failure, Reserve, Saved, Turn};
pub use sources::{NewSource, Source};
pub use transfer::{Copied, Onto};
pub use vault::Vault;
pub use write::upsert_text;
