//! One day of a campaign, where the service answers a window with one sum.

use super::campaign_days;
use super::days;
use crate::endpoint::{Context, Endpoint};
use crate::mapping::Understood;
use serde_json::Value;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_single_day",
    title: "Campaign Analytics of One Day",
    derived: &[],
    after,
    ..campaign_days::ENDPOINT
};

fn after(context: &Context<'_>, _: &[&Value], understood: &mut Understood) {
    days::note_read(context, understood);
}
