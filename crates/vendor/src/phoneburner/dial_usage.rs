//! What the service counts of each member's calls: what is stored must come up to it.

use atlas_model::{Follow, Params, Tally};
use jiff::civil::Date;
use serde_json::Value;

use super::windows::windows;
use crate::endpoint::{Context, Endpoint, PLAIN, Records, unused};
use crate::mapping::Found;
use crate::read::{at, id, number};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "dial_usage",
    title: "Usage",
    path: "/dialsession/usage",
    query: &["date_start", "date_end"],
    priority: 40,
    is_optional: true,
    records: Records::With("usage"),
    expand: Some(|listed| listed.iter().flat_map(|record| members(record)).collect()),
    fields: &[
        unused("member"),
        unused("calls"),
        unused("sessions"),
        unused("connected"),
        unused("voicemail"),
        unused("emails"),
        unused("talktime"),
    ],
    finish,
    ..PLAIN
};

/// The windows of the sessions, each as far as today.
pub(super) fn calls(context: &Context<'_>) -> Vec<Follow> {
    let call = |window: super::windows::Window| {
        let last = window.last.min(context.today());
        let params = Params::none().with("date_start", window.first).with("date_end", last);
        Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when: window.when }
    };
    windows(context).into_iter().map(call).collect()
}

/// A record a member; the service has them by number.
fn members(body: &Value) -> Vec<Value> {
    let usage = body.get("usage");
    let Some(usage) = usage.and_then(|usage| usage.get("usage")).or(usage).and_then(Value::as_object) else {
        return Vec::new();
    };
    let record = |(member, figures): (&String, &Value)| {
        let mut figures = figures.as_object()?.clone();
        figures.insert("member".to_owned(), member.as_str().into());
        Some(Value::Object(figures))
    };
    usage.iter().filter_map(record).collect()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let day = |name: &str| context.params.get(name)?.parse::<Date>().ok();
    let midnight = |day: Date| day.to_zoned(context.zone.clone()).ok().map(|zoned| zoned.timestamp());
    let member = at(record, "member").and_then(|member| id(&member));
    let total = at(record, "calls").and_then(|calls| number(&calls));
    let (Some(member), Some(total), Some(first), Some(last)) =
        (member, total, day("date_start"), day("date_end"))
    else {
        return;
    };
    let Some((from, to)) = midnight(first).zip(last.tomorrow().ok().and_then(midnight)) else { return };
    let record = format!("member {member} from {first}");
    found.tallies.push(Tally { caller_user_id: member, from, to, calls: total, record });
}
