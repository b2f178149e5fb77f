//! Sessions and usage are asked for in windows of days. A window that is over is read once more when it has settled,
//! then never again: what the journal holds of it decides.

use atlas_model::{Follow, Params, When};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::dial_sessions;
use crate::endpoint::{Context, MEMBER};

/// With a day more on both sides it is the 30 days that the service takes.
const DAYS: i32 = 28;

/// Sessions stay open, and are put right, for so long.
const SETTLED_AFTER_DAYS: i64 = 3;

/// The windows are the same for everybody and at all times.
const FIRST: Date = date(2020, 1, 6);

/// Days that are asked for at once, and on what condition.
pub(super) struct Window {
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) when: When,
}

/// The windows from the first day that is wanted to today, oldest first.
pub(super) fn windows(context: &Context<'_>) -> Vec<Window> {
    let today = context.today();
    let days = context.settings.number("backfill_days").unwrap_or(90);
    let Ok(wanted) = today.checked_sub(days.days()) else { return Vec::new() };
    let passed = FIRST.until(wanted).map_or(0, |span| span.get_days().max(0));
    let mut windows = Vec::new();
    let mut place = passed / DAYS;
    while let Ok(first) = FIRST.checked_add((place * DAYS).days()) {
        if first > today {
            break;
        }
        let last = first.saturating_add((DAYS - 1).days());
        let settled = last.saturating_add((SETTLED_AFTER_DAYS + 1).days()).to_zoned(context.zone.clone());
        let settled =
            settled.ok().map(|zoned| zoned.timestamp()).filter(|settled| *settled <= context.read_at);
        let when = match settled {
            Some(settled) if !context.is_full => When::NotReadSince(settled),
            _ => When::Always,
        };
        windows.push(Window { first, last, when });
        place += 1;
    }
    windows
}

/// The calls for a member's sessions; without one, for those that the account's own key sees.
pub(super) fn session_calls(context: &Context<'_>, member: Option<&str>) -> Vec<Follow> {
    let tomorrow = context.today().saturating_add(1.day());
    let call = |window: Window| {
        // Neither the zone of these days nor whether the last one counts is known.
        let params = Params::none()
            .with("date_start", window.first.saturating_sub(1.day()))
            .with("date_end", window.last.saturating_add(1.day()).min(tomorrow));
        let params = member.map_or_else(|| params.clone(), |member| params.clone().with(MEMBER, member));
        let endpoint = &dial_sessions::ENDPOINT;
        let params = dial_sessions::PAGING.first(params);
        Follow { endpoint: endpoint.name, params, priority: endpoint.priority, when: window.when }
    };
    windows(context).into_iter().map(call).collect()
}
