//! The vendors' double.
#![doc = include_str!("../README.md")]

mod answer;
mod control;
mod faults;
mod front;
mod options;
mod pace;
pub mod phoneburner;
mod question;
mod smartlead;
mod state;
mod time;
mod twin;
mod wire;

pub use faults::{Fault, Faults};
pub use options::{DaySeries, Dialect, MemberTokens, Options, PhoneBurner};
pub use smartlead::{
    Account, CampaignFigures, Category, DayFigures, LeadStates, MailboxFigures, Quirk, Status, StepFigures,
    VariantFigures,
};
pub use state::{Halt, Request};
pub use twin::Twin;
