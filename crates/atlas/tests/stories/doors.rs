//! One figure, four doors: for every metric of the registry the terminal, the API, the view and what somebody counts by
//! hand on the rows below tell the same.

use atlas_model::{CALL_METRICS, JOURNEY_METRICS, METRICS, Metric, utc_text};
use atlas_store::Store;
use atlas_twin::{Dialect, Options, PhoneBurner};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::filters;
use crate::three_services::desk_of_all;
use crate::webhooks::{Line, Server, target};
use crate::world::{Desk, Engine, block_on, engines, execute, number, start};

/// What is asked of the rows, for a sum or for each part of a rate: by hand, without anything of ours.
type ByHand = &'static [(&'static str, &'static str)];

/// Over days `d` as their witnesses settle them.
const OF_DAYS: ByHand = &[
    ("total_sent", "SUM(d.emails_sent)"),
    ("total_delivered", "SUM(d.emails_sent - d.emails_bounced)"),
    ("total_opened", "SUM(d.unique_opens)"),
    ("total_replied", "SUM(d.emails_replied)"),
    (
        "reply_rate_numerator",
        "SUM(CASE WHEN d.emails_sent IS NOT NULL AND d.emails_bounced IS NOT NULL THEN d.emails_replied END)",
    ),
    (
        "reply_rate_denominator",
        "SUM(CASE WHEN d.emails_replied IS NOT NULL THEN d.emails_sent - d.emails_bounced END)",
    ),
    ("positive_replies", "SUM(d.positive_replies)"),
    (
        "positive_rate_numerator",
        "SUM(CASE WHEN d.emails_sent IS NOT NULL AND d.emails_bounced IS NOT NULL THEN d.positive_replies END)",
    ),
    (
        "positive_rate_denominator",
        "SUM(CASE WHEN d.positive_replies IS NOT NULL THEN d.emails_sent - d.emails_bounced END)",
    ),
    ("total_bounced", "SUM(d.emails_bounced)"),
    ("bounce_rate_numerator", "SUM(CASE WHEN d.emails_sent IS NOT NULL THEN d.emails_bounced END)"),
    ("bounce_rate_denominator", "SUM(CASE WHEN d.emails_bounced IS NOT NULL THEN d.emails_sent END)"),
    ("total_unsubscribed", "SUM(d.emails_unsubscribed)"),
];

const DAYS: [&str; 6] = [
    "emails_sent",
    "unique_opens",
    "emails_replied",
    "emails_bounced",
    "emails_unsubscribed",
    "positive_replies",
];

/// Over calls `a` that were made.
const OF_CALLS: ByHand = &[
    ("dials", "COUNT(*)"),
    ("connects", "SUM(CASE WHEN a.is_connected THEN 1 WHEN NOT a.is_connected THEN 0 END)"),
    ("connect_rate_numerator", "SUM(CASE WHEN a.is_connected THEN 1 WHEN NOT a.is_connected THEN 0 END)"),
    ("connect_rate_denominator", "COUNT(a.is_connected)"),
    (
        "conversations",
        "SUM(CASE WHEN a.is_connected AND a.duration_seconds >= 60 THEN 1 \
         WHEN NOT a.is_connected OR a.duration_seconds < 60 THEN 0 END)",
    ),
    (
        "conversation_rate_numerator",
        "SUM(CASE WHEN a.is_connected AND a.duration_seconds >= 60 THEN 1 \
         WHEN NOT a.is_connected OR (a.is_connected AND a.duration_seconds < 60) THEN 0 END)",
    ),
    (
        "conversation_rate_denominator",
        "SUM(CASE WHEN NOT a.is_connected THEN 0 WHEN a.is_connected AND a.duration_seconds IS NOT NULL THEN 1 END)",
    ),
    (
        "talk_seconds",
        "SUM(CASE WHEN a.is_connected THEN a.duration_seconds WHEN NOT a.is_connected THEN 0 END)",
    ),
    (
        "meetings",
        "SUM(CASE WHEN a.disposition_normal = 'appointment_set' THEN 1 WHEN a.disposition_normal IS NOT NULL THEN 0 END)",
    ),
];

/// Over people `h`: of each whether something was. Rates are unknown where it is not known of all who was e-mailed.
const OF_PEOPLE: ByHand = &[
    ("emailed", "SUM(h.emailed)"),
    ("replied", "SUM(h.replied)"),
    (
        "replied_rate_numerator",
        "CASE WHEN COUNT(h.emailed) = COUNT(*) THEN SUM(CASE WHEN h.emailed IS NOT NULL THEN h.replied END) END",
    ),
    (
        "replied_rate_denominator",
        "CASE WHEN COUNT(h.emailed) = COUNT(*) THEN SUM(CASE WHEN h.replied IS NOT NULL THEN h.emailed END) END",
    ),
    ("called", "SUM(h.called)"),
    ("connected", "SUM(h.connected)"),
    ("meeting", "SUM(h.meeting)"),
    (
        "meeting_rate_numerator",
        "CASE WHEN COUNT(h.emailed) = COUNT(*) THEN SUM(CASE WHEN h.emailed IS NOT NULL THEN h.meeting END) END",
    ),
    (
        "meeting_rate_denominator",
        "CASE WHEN COUNT(h.emailed) = COUNT(*) THEN SUM(CASE WHEN h.meeting IS NOT NULL THEN h.emailed END) END",
    ),
    // Of the one or two in the middle: see `middle`.
    ("time_to_first_reply_numerator", "SUM(h.reply_wait)"),
    ("time_to_first_reply_denominator", "NULLIF(COUNT(h.reply_wait), 0)"),
    ("time_to_first_call_numerator", "SUM(h.call_wait)"),
    ("time_to_first_call_denominator", "NULLIF(COUNT(h.call_wait), 0)"),
];

/// Metrics, how they are counted by hand, the report that has them, the rows below, and views with a row for each.
type Figures = (&'static [Metric], ByHand, &'static str, String, Vec<String>);

/// Days as their witnesses settle them: the larger of what the service and single events say, else how lifetimes moved.
fn settled_days(from: Date, to: Date) -> String {
    let settled = DAYS.map(|name| {
        format!(
            "COALESCE(MAX(CASE WHEN witness <> 'delta' THEN {name} END), MAX(CASE WHEN witness = 'delta' THEN {name} END)) \
             AS {name}"
        )
    });
    format!(
        "(SELECT {} FROM daily_observations WHERE date >= '{from}' AND date <= '{to}' \
         GROUP BY source_id, campaign_id, date) AS d",
        settled.join(", ")
    )
}

/// The condition that an instant lies within days of its own source.
fn within(at: &str, zones: &[(i64, TimeZone)], from: Date, to: Date) -> String {
    let midnight = |day: Date, zone: &TimeZone| utc_text(day.to_zoned(zone.clone()).unwrap().timestamp());
    let of = zones.iter().map(|(source, zone)| {
        let (since, until) = (midnight(from, zone), midnight(to.tomorrow().unwrap(), zone));
        format!("(x.source_id = {source} AND {at} >= '{since}' AND {at} < '{until}')")
    });
    of.collect::<Vec<_>>().join(" OR ")
}

/// Calls that were made: each once, however often it is told.
fn calls(which: &str) -> String {
    format!(
        "(SELECT x.* FROM call_activities AS x WHERE x.same_call_id IS NULL \
         AND (x.disposition_normal IS NULL OR x.disposition_normal <> 'received_call') AND ({which})) AS a"
    )
}

/// People who were enrolled in these days, each once, with what became of them by mail and on the phone, and how many
/// seconds they waited with a reply, or for a call.
fn people(engine: Engine, which: &str) -> String {
    let yes = |yes: &str, no: &str| {
        format!(
            "CASE WHEN MAX(CASE WHEN {yes} THEN 1 ELSE 0 END) = 1 THEN 1 WHEN MIN(CASE WHEN {no} THEN 1 ELSE 0 END) = 1 THEN 0 END"
        )
    };
    let their = |what: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {} JOIN contacts AS c ON c.source_id = a.source_id AND c.external_lead_id = a.contact_id \
             WHERE c.person_key = x.person_key AND {what})",
            calls("TRUE")
        )
    };
    let (called, met) = (their("TRUE"), their("a.disposition_normal = 'appointment_set'"));
    let (connected, unclear) = (their("a.is_connected"), their("a.is_connected IS NULL"));
    let is_meeting = "EXISTS (SELECT 1 FROM lead_categories AS g WHERE g.source_id = x.source_id \
                      AND g.external_id = x.category_id AND g.is_meeting)";
    let mail = |which: &str| {
        format!(
            "MIN((SELECT MIN(t.occurred_at) FROM email_activities AS t WHERE t.source_id = x.source_id \
             AND t.campaign_id = x.campaign_id AND t.contact_id = x.external_lead_id AND {which}))"
        )
    };
    let told = |which: &str| {
        format!(
            "x.external_lead_id IN (SELECT t.contact_id FROM email_activities AS t WHERE t.source_id = x.source_id \
             AND t.campaign_id = x.campaign_id AND {which})"
        )
    };
    let (told_sent, told_replied) =
        (told("t.event = 'sent'"), told("t.event = 'replied' AND t.counts_message"));
    let call = format!(
        "MIN((SELECT MIN(a.started_at) FROM {} JOIN contacts AS c ON c.source_id = a.source_id \
         AND c.external_lead_id = a.contact_id WHERE c.person_key = x.person_key))",
        calls("TRUE")
    );
    let wait = |later: &str, earlier: &str| {
        let seconds = |at: &str| match engine {
            Engine::Sqlite => format!("CAST(strftime('%s', {at}) AS BIGINT)"),
            Engine::Postgres => format!("CAST(FLOOR(EXTRACT(EPOCH FROM {at})) AS BIGINT)"),
        };
        format!("CASE WHEN {later} >= {earlier} THEN {} - {} END", seconds(later), seconds(earlier))
    };
    format!(
        "(SELECT {reply_wait} AS reply_wait, {call_wait} AS call_wait, {} AS emailed, {} AS replied, {} AS called, \
         {} AS connected, {} AS meeting FROM enrollments AS x \
         WHERE {which} GROUP BY COALESCE(x.person_key, 'lead ' || CAST(x.source_id AS TEXT) || ' ' || x.external_lead_id)) AS h",
        yes(
            &format!("x.current_step >= 1 OR x.reply_count >= 1 OR {told_sent} OR {told_replied}"),
            "x.current_step = 0 AND (x.reply_count = 0 OR x.reply_count IS NULL)"
        ),
        yes(&format!("x.reply_count >= 1 OR {told_replied}"), "x.reply_count = 0"),
        yes(&called, &format!("x.person_key IS NOT NULL AND NOT {called}")),
        yes(&connected, &format!("x.person_key IS NOT NULL AND NOT {connected} AND NOT {unclear}")),
        yes(
            &format!("{is_meeting} OR {met}"),
            &format!(
                "(x.reply_count IS NOT NULL OR x.category_id IS NOT NULL) AND NOT {is_meeting} AND NOT {met}"
            ),
        ),
        reply_wait = wait(&mail("t.event = 'replied' AND t.counts_message"), &mail("t.event = 'sent'")),
        call_wait = wait(&call, "MIN(x.enrolled_at)"),
    )
}

/// Those who waited neither longest nor shortest with their reply: one, or two where as many did.
fn middle(desk: &Desk, people: &str) -> String {
    let waits = number(&desk.url, &format!("SELECT COUNT(h.reply_wait) FROM {people}")).unwrap_or_default();
    assert!(waits > 2, "{waits} people replied");
    format!(
        "(SELECT h.reply_wait FROM {people} WHERE h.reply_wait IS NOT NULL ORDER BY h.reply_wait LIMIT {} OFFSET {}) AS h",
        2 - waits % 2,
        (waits - 1) / 2
    )
}

/// What must be counted by hand: every metric of the registry, each part of a rate.
fn must_be(metrics: &'static [Metric]) -> Vec<String> {
    let of = |metric: &Metric| match metric.ratio {
        None => vec![metric.name.to_owned()],
        Some(_) => ["numerator", "denominator"].map(|part| format!("{}_{part}", metric.name)).to_vec(),
    };
    metrics.iter().flat_map(of).collect()
}

fn door(desk: &Desk, report: &str, from: Date, to: Date) -> Value {
    let (from, to) = (from.to_string(), to.to_string());
    desk.run(&["report", report, "--from", &from, "--to", &to, "--json"]).expect(0).json()["total"].clone()
}

/// Each rate is its numerator over its denominator, behind both doors.
fn rates(metrics: &'static [Metric], terminal: &Value, answer: &Value) {
    for metric in metrics.iter().filter(|metric| metric.ratio.is_some()) {
        let part = |part: &str| answer[format!("{}_{part}", metric.name)].as_f64();
        let rate = part("numerator").zip(part("denominator")).filter(|(_, below)| *below > 0.0);
        assert_eq!(answer[metric.name].as_f64(), rate.map(|(above, below)| above / below), "{}", metric.name);
        assert_eq!(terminal[metric.name], answer[metric.name], "{}", metric.name);
    }
}

/// Holds what the terminal and the API tell, and the views, against the rows below; how many figures are above 0.
fn held_against_rows(
    desk: &Desk,
    engine: Engine,
    (metrics, by_hand, report, rows, views): &Figures,
    [terminal, answer]: [&Value; 2],
) -> usize {
    let mut above_zero = 0;
    for (name, sum) in *by_hand {
        let what = format!("{engine:?} {report} {name}");
        let rows = match name.starts_with("time_to_first_reply") {
            true => &middle(desk, rows),
            false => rows,
        };
        let by_rows = number(&desk.url, &format!("SELECT CAST({sum} AS BIGINT) FROM {rows}"));
        // What no row tells may be known to be nothing: no day, as nothing was sent.
        let is_of_days = *report == "overview";
        let counted = by_rows.or_else(|| terminal[name].as_i64().filter(|told| is_of_days && *told == 0));
        assert_eq!(terminal[name].as_i64(), counted, "{what}: the terminal against the rows");
        assert_eq!(answer[name].as_i64(), counted, "{what}: the API against the rows");
        for view in views {
            let column = metrics.iter().find(|metric| metric.name == *name).and_then(|metric| metric.day);
            // A call's shares are what the view's own columns say of it.
            let column = column.unwrap_or(name);
            if view.starts_with("report_calls") && column.contains("_rate_") {
                continue;
            }
            let sql = format!("SELECT CAST(SUM({column}) AS BIGINT) FROM {view}");
            assert_eq!(number(&desk.url, &sql), by_rows, "{what}: {view}");
        }
        above_zero += usize::from(counted > Some(0));
    }
    above_zero
}

#[test]
fn every_figure_is_the_same_through_every_door() {
    let phoneburner = PhoneBurner { members: 2, contacts: 15, call_days: 40, ..PhoneBurner::default() };
    let options = Options {
        dialect: Dialect::Live,
        campaigns: 6,
        leads_per_campaign: Some(6),
        phoneburner,
        ..Options::default()
    };
    let twin = start(options);
    let (from, to) = (twin.account().today - 40.days(), twin.account().today);
    for engine in engines() {
        let desk = desk_of_all(engine, &twin);
        desk.run(&["source", "set", "smartlead", "sync_activities=true"]).expect(0);
        desk.run(&["sync"]).expect(0);
        let sources = block_on(async {
            let store = Store::open(&desk.url).await.unwrap();
            let sources = store.sources().await.unwrap();
            store.close().await;
            sources
        });
        let zones: Vec<(i64, TimeZone)> =
            sources.iter().map(|source| (source.id, TimeZone::get(&source.time_zone).unwrap())).collect();
        let token = desk.run(&["token", "create", "doors"]).expect(0).out;
        let server = Server::start(&desk);
        let api = |report: &str| -> Value {
            let path = format!("/api/v1/{report}?from={from}&to={to}");
            let more = format!("Authorization: Bearer {}\r\n", token.trim());
            let answer = Line::open(&server.address).ask("GET", &path, &more, b"").unwrap();
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.body["data"][0].clone()
        };
        for behind in ["messages", "calls/list", "calls/sessions", "journey/people"] {
            assert!(api(behind).is_object(), "{engine:?} {behind}");
        }
        let days = format!("report_days AS v WHERE v.date >= '{from}' AND v.date <= '{to}'");
        let of_calls = format!("report_calls AS x WHERE {}", within("x.started_at", &zones, from, to));
        let enrolled = within("x.enrolled_at", &zones, from, to);
        let all: [Figures; 3] = [
            (
                METRICS,
                OF_DAYS,
                "overview",
                settled_days(from, to),
                vec![days.clone(), days.replace("report_days", "report_source_days")],
            ),
            (
                CALL_METRICS,
                OF_CALLS,
                "calls",
                calls(&within("x.started_at", &zones, from, to)),
                vec![of_calls],
            ),
            (JOURNEY_METRICS, OF_PEOPLE, "journey", people(engine, &enrolled), vec![]),
        ];
        let (mut told, mut above_zero) = (0, 0);
        for figures in &all {
            let (metrics, by_hand, report, ..) = figures;
            let names: Vec<&str> = by_hand.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, must_be(metrics), "each metric of the registry is counted by hand");
            let (terminal, answer) = (door(&desk, report, from, to), api(report));
            told += by_hand.len();
            above_zero += held_against_rows(&desk, engine, figures, [&terminal, &answer]);
            rates(metrics, &terminal, &answer);
        }
        assert!(above_zero * 10 > told * 6, "{above_zero} of {told} figures are above 0");
        if engine == Engine::Sqlite {
            desk.run(&["analyze"]).expect(0);
            let writer = desk.run(&["token", "create", "tells", "--scope", "write"]).expect(0).out;
            let address = target(&desk, "smartlead", &[]);
            filters::are_heeded(&server, &address, [&token, &writer], (from, to));
        }
        // It is able to fail: a row that nobody has counted is seen.
        execute(&desk.url, &["UPDATE daily_observations SET emails_sent = emails_sent + 1".to_owned()]);
        let rows = settled_days(from, to);
        let counted = number(&desk.url, &format!("SELECT CAST(SUM(d.emails_sent) AS BIGINT) FROM {rows}"));
        assert_ne!(door(&desk, "overview", from, to)["total_sent"].as_i64(), counted);
        server.stop().expect(0);
    }
}
