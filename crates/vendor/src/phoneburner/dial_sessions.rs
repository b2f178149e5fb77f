//! Dial sessions, in windows of days, each member's with their own key. Their calls are read in detail when something
//! moved; where the list carries them, they are read from it.

use atlas_model::tables::CALL_SESSIONS;
use atlas_model::{Mode, Row};
use serde_json::Value;

use super::{dial_session, pages};
use crate::endpoint::{Context, Endpoint, MEMBER, PLAIN, Paging, Records, Type, key, may, must, unused};
use crate::mapping::{Found, Understood, understand_records};
use crate::read::{at, is_blank, second_pass};

pub(super) const PAGING: Paging = pages(50, &["dialsessions.total_pages"]);

/// A session that has no end after so many days never gets one.
const OPEN_DAYS: i64 = 2;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "dial_sessions",
    title: "Dial Sessions",
    path: "/dialsession",
    query: &["page", "page_size", "date_start", "date_end"],
    priority: 20,
    records: Records::Nested(&["dialsessions.dialsessions", "dialsessions", ""]),
    paging: Some(PAGING),
    expand: Some(|listed| listed.iter().flat_map(|record| super::records::session(record)).collect()),
    writes: &[(&CALL_SESSIONS, Mode::Upsert)],
    fields: &[
        key("dialsession_id", "call_sessions.external_id", Type::Id),
        must("start_when", "call_sessions.started_at", Type::LocalTime),
        may("end_when", "call_sessions.ended_at", Type::LocalTime),
        may("member_id | member_user_id", "call_sessions.caller_user_id", Type::Id),
        unused("calls"),
        may("call_count", "call_sessions.call_count", Type::Number),
        may("callerid", "call_sessions.extra.callerid", Type::Text),
        may("start_when", "call_sessions.extra.start_when", Type::Text),
        may("end_when", "call_sessions.extra.end_when", Type::Text),
        may("connected_when", "call_sessions.extra.connected_when", Type::Text),
        may("disconnected_when", "call_sessions.extra.disconnected_when", Type::Text),
    ],
    derived: &[
        ("call_sessions.caller_user_id", "the member whose key asked"),
        (
            "call_activities.(multiple rows)",
            "calls, as in the detail; where they are fewer than call_count, the detail",
        ),
        ("call_sessions.seen_hash", "call_count and end_when: what a new reading of the detail hangs on"),
    ],
    finish,
    after,
    ..PLAIN
};

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(session) = found.row(&CALL_SESSIONS) else { return };
    if session.values.get("caller_user_id").is_none_or(Value::is_null)
        && let Some(member) = context.params.get(MEMBER)
    {
        session.values.insert("caller_user_id", member.into());
    }
    put_end_after_start(context, session);
    let text = |column: &str| session.values.get(column).and_then(Value::as_str).map(str::to_owned);
    let (Some(id), started, ended) = (text("external_id"), text("started_at"), text("ended_at")) else {
        return;
    };
    let count = session.values.get("call_count").and_then(Value::as_i64);
    let listed = dial_session::calls_of(record).len();
    let is_whole = record.get("calls").is_some()
        && count.is_none_or(|count| i64::try_from(listed).is_ok_and(|held| held >= count));
    if count == Some(0) || is_whole {
        return;
    }
    let call = dial_session::call(&id, context.params.get(MEMBER));
    let started = started.and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let is_open = ended.is_none() && started.is_some_and(|at| at >= context.days_ago(OPEN_DAYS));
    let end = at(record, "end_when").filter(|end| !is_blank(end));
    let hash = format!(
        "{}-{}",
        count.map_or("?".to_owned(), |count| count.to_string()),
        end.map_or(Value::Null, |end| end.into_owned(),)
    );
    // A row of its own: it changes exactly when the session's calls must be read again.
    let mut seen = Row::new(&CALL_SESSIONS, Mode::Amend).with("external_id", id).with("seen_hash", hash);
    if is_open || context.is_full {
        found.follow.push(call);
    } else {
        seen.on_change.push(call);
    }
    found.rows.push(seen);
}

/// Where the list carries the calls, they are read by the detail's table.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let with_calls: Vec<&Value> =
        records.iter().copied().filter(|record| !dial_session::calls_of(record).is_empty()).collect();
    if !with_calls.is_empty() {
        let mut calls = understand_records(&dial_session::ENDPOINT, context, &with_calls);
        understood.rows.append(&mut calls.rows);
        understood.problems.append(&mut calls.problems);
        understood.follow.append(&mut calls.follow);
    }
}

/// An end in the hour that comes twice is in its second pass where it would lie before the start.
fn put_end_after_start(context: &Context<'_>, session: &mut Row) {
    let instant = |column: &str| session.values.get(column)?.as_str()?.parse::<jiff::Timestamp>().ok();
    if let (Some(started), Some(ended)) = (instant("started_at"), instant("ended_at"))
        && ended < started
        && let Some(later) = second_pass(ended, context.zone)
    {
        session.values.insert("ended_at", atlas_model::utc_text(later).into());
    }
}
