//! Reports: the views, filtered, and taken together.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod attention;
pub(crate) mod behind;
pub(crate) mod calls;
pub(crate) mod campaign;
pub(crate) mod campaigns;
pub(crate) mod duplicates;
pub(crate) mod enrollment;
pub(crate) mod figures;
pub(crate) mod filter;
pub(crate) mod funnel;
pub(crate) mod hours;
pub(crate) mod intents;
pub(crate) mod journeys;
pub(crate) mod judgement;
pub(crate) mod line;
pub(crate) mod patterns;
pub(crate) mod reconciliation;
pub(crate) mod replies;
pub(crate) mod series;
pub(crate) mod variants;
pub(crate) mod view;
pub(crate) mod views;
pub(crate) mod weekly;
