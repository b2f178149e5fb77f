//! The totals of all campaigns in one call: the change detector, where the service has it.

use atlas_model::tables::CAMPAIGNS;
use atlas_model::{Follow, Mode, Params, Row, When, utc_text};
use jiff::civil::Date;
use serde_json::Value;

use super::campaign_analytics;
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, key, may};
use crate::mapping::Found;
use crate::read::{at, number};

/// Its figures are counted over a window, so they stand in only until a campaign's own statistics have answered;
/// after that they say *whether* it moved, not *to what*.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_totals",
    title: "All Campaigns' Totals",
    path: "/analytics/campaign/overall-stats",
    query: &["start_date", "end_date"],
    priority: 20,
    pace: Pace::Statistics,
    is_optional: true,
    records: Records::Array(&["data.campaign_wise_performance", "campaign_wise_performance"]),
    writes: &[(&CAMPAIGNS, Mode::FillWhileNull("wide_hash"))],
    fields: &[
        key("id", "campaigns.external_id", Type::Id),
        may("sent", "campaigns.total_sent", Type::Number),
        may("replied", "campaigns.total_replied", Type::Number),
        may("bounced", "campaigns.total_bounced", Type::Number),
    ],
    derived: &[("campaigns.totals_fingerprint", "{sent}-{opened}-{replied}-{bounced}, ? where unknown")],
    finish,
    ..PLAIN
};

/// The call for a window of days.
pub(crate) fn call(from: Date, to: Date) -> Follow {
    Follow {
        endpoint: ENDPOINT.name,
        params: Params::none().with("start_date", from).with("end_date", to),
        priority: ENDPOINT.priority,
        when: When::Always,
    }
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let part =
        |path| at(record, path).and_then(|value| number(&value)).map_or("?".to_owned(), |n| n.to_string());
    let fingerprint = ["sent", "opened", "replied", "bounced"].map(part).join("-");
    let Some(id) = found.value(&CAMPAIGNS, "external_id").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let mut seen = Row::new(&CAMPAIGNS, Mode::Amend)
        .with("external_id", id.clone())
        .with("totals_fingerprint", fingerprint)
        .with("last_synced_at", utc_text(context.read_at));
    seen.on_change = vec![campaign_analytics::call(&id, When::Always)];
    found.rows.push(seen);
}
