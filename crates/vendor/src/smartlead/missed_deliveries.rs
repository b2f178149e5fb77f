//! Deliveries that failed within a window of time: whether there are some, and that they are posted once more.

use atlas_model::{Follow, GapCheck, Params, When};
use jiff::Timestamp;
use serde_json::Value;

use crate::endpoint::{Context, Endpoint, PLAIN, Post, Records, unused};
use crate::mapping::Found;
use crate::read::{at, number};

/// Once asked about, a window is never asked about again.
const ONCE: When = When::NotReadSince(Timestamp::UNIX_EPOCH);

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "webhook_summary",
    title: "Webhook Summary",
    path: "/campaigns/{campaign_id}/webhooks/summary",
    query: &["fromTime", "toTime"],
    priority: 92,
    is_optional: true,
    records: Records::With("data"),
    fields: &[unused("data.failed_count"), unused("data.retroactively_failed_count")],
    finish,
    ..PLAIN
};

/// It only asks the service to post once more: nothing is written at the service.
pub(crate) const RETRIGGER: Endpoint = Endpoint {
    name: "webhook_retrigger",
    title: "Failed Webhooks, Once More",
    path: "/campaigns/{campaign_id}/webhooks/retrigger-failed-events",
    query: &[],
    post: Some(Post { params: &["fromTime", "toTime"], within: "" }),
    // Whatever is answered, it was asked.
    records: Records::With(""),
    fields: &[],
    finish: |_, _, _| {},
    ..ENDPOINT
};

/// What is to be done where deliveries of a campaign are missing.
pub(super) fn check(campaign_id: &str) -> GapCheck {
    let params = Params::none().with("campaign_id", campaign_id);
    GapCheck {
        campaign_id: campaign_id.to_owned(),
        ask: Some((follow(&ENDPOINT, params), ["fromTime", "toTime"])),
        lost: "when mails bounced, who unsubscribed, how replies were sorted, and every open but one of a mail",
    }
}

/// The call that has the window's failed deliveries posted again.
pub(super) fn retrigger(params: &Params) -> Follow {
    follow(&RETRIGGER, params.clone())
}

fn follow(endpoint: &'static Endpoint, params: Params) -> Follow {
    Follow { endpoint: endpoint.name, params, priority: endpoint.priority, when: ONCE }
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let told = |path: &str| at(record, path).and_then(|value| number(&value));
    let failed = [told("data.failed_count"), told("data.retroactively_failed_count")];
    // Where it does not say how many failed, some may have.
    if failed.iter().all(Option::is_none) || failed.into_iter().flatten().sum::<i64>() > 0 {
        found.follow.push(retrigger(context.params));
    }
}
