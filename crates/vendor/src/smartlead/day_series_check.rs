//! Whether the account's day series can be filtered to a campaign: its days must add up to the campaign's sum, and that of
//! the whole account must not.

use atlas_model::{Follow, When};
use serde_json::Value;

use super::days::{self, Span};
use super::{campaign_day_series, campaign_days};
use crate::endpoint::{Context, Endpoint};
use crate::mapping::Understood;

/// Asked first for the account, then for the campaign. What it shows of days is asked again by the endpoint that writes
/// them, so that days have one source.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "day_series_check",
    title: "Account's Days, Check",
    priority: 64,
    is_optional: true,
    writes: &[],
    derived: &[],
    finish: |_, _, _| {},
    after,
    ..campaign_day_series::ENDPOINT
};

/// The call for the account's days in the window in which the campaign sent so many e-mails.
pub(super) fn call(span: &Span, sent: i64) -> Follow {
    let params = span.window().with("sent", sent);
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when: When::Always }
}

fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let Some(span) = Span::of(context.params) else { return };
    let expected = context.params.get("sent").and_then(|sent| sent.parse::<i64>().ok()).unwrap_or_default();
    let sum = days::sum(records.iter().copied(), campaign_day_series::SENT);
    let is_of_campaign = context.params.get("campaign_ids").is_some();
    if !is_of_campaign && sum > expected {
        let params = context.params.clone().with("campaign_ids", &span.campaign_id);
        let priority = ENDPOINT.priority;
        understood.follow.push(Follow { endpoint: ENDPOINT.name, params, priority, when: When::Always });
        return;
    }
    let mut absent = context.absent.clone();
    absent.insert(campaign_days::ENDPOINT.name.to_owned());
    understood.unusable.push((campaign_days::ENDPOINT.name, campaign_days::ONE_SUM.to_owned()));
    if !is_of_campaign || sum != expected {
        absent.insert(campaign_day_series::ENDPOINT.name.to_owned());
        let reason = if is_of_campaign {
            format!("its filter does not work: {sum} e-mails where the campaign sent {expected}")
        } else {
            "whether its filter works cannot be told: only one campaign sends".to_owned()
        };
        understood.unusable.push((campaign_day_series::ENDPOINT.name, reason));
    }
    understood.follow.extend(days::ask(context, &absent, &span));
}
