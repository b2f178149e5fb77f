//! The vendors' double.
#![doc = include_str!("../README.md")]

mod answer;
mod calendar;
mod control;
mod dice;
mod faults;
mod front;
mod options;
mod pace;
mod people;
pub mod phoneburner;
mod play;
mod question;
pub mod replyio;
mod smartlead;
mod state;
mod subscriptions;
mod time;
mod twin;
mod vendor;
mod wire;

pub use faults::{Fault, Faults};
pub use options::{
    Calls, DaySeries, Dialect, MemberTokens, Missed, Options, PhoneBurner, ReplyArea, ReplyHeader,
};
pub use smartlead::{
    Account, CampaignFigures, Category, DayFigures, Fading, KnownReply, LeadStates, MailboxFigures, Planted,
    Quirk, Status, StepFigures, Trouble, VariantFigures,
};
pub use state::{Halt, Request};
pub use twin::Twin;
