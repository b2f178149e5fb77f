//! Stories: the real `atlas` against the twin, over HTTP, on SQLite and PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a story that meets the unexpected stops there")]

mod access;
mod alerts;
mod back_fill;
mod bad_input;
mod clients;
mod clocks;
mod days;
mod doors;
mod ear;
mod events;
mod fields;
mod figures;
mod filters;
mod forgotten;
mod interruptions;
mod language_model;
mod lessons;
mod made_up;
mod mapping_verify;
mod moves;
mod notices;
mod outages;
mod pace;
mod people;
mod phoneburner;
mod planted;
mod reasons;
mod replays;
mod replyio;
mod reports;
mod running;
mod setup;
mod storage;
mod subscriptions;
mod sums;
mod syncs;
mod terminal;
mod three_services;
mod together;

mod webhooks;
mod world;
