//! How answers are spelled, and what is refused.

use atlas_twin::{Dialect, Options, Quirk, Twin};
use serde_json::{Value, json};

use crate::http::{ask, get, send};
use crate::start;

fn list(twin: &Twin) -> Vec<Value> {
    serde_json::from_value(get(twin, "/campaigns/").json()).unwrap()
}

#[tokio::test]
async fn the_live_list_shows_every_spelling() {
    let records = list(&start(Options::default()).await);
    let ids: Vec<_> = records.iter().map(|record| record["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older), "newest first");
    let any = |what: &str, is: fn(&Value) -> bool| assert!(records.iter().any(is), "no {what}");
    any("list of opt-outs", |one| one["track_settings"] == json!(["DONT_LINK_CLICK"]));
    any("empty list", |one| one["track_settings"] == json!([]));
    any("old text", |one| one["track_settings"].is_string());
    any("schedule", |one| one["scheduler_cron_value"]["tz"].is_string());
    any("missing schedule", |one| one["scheduler_cron_value"].is_null());
    any("literal", |one| {
        one["scheduler_cron_value"].as_str().is_some_and(|text| text.starts_with("{ tz: '"))
    });
    any("milliseconds", |one| one["created_at"].as_str().is_some_and(|text| text.len() == 24));
    any("offset", |one| one["created_at"].as_str().is_some_and(|text| text.ends_with("+00:00")));
    any("sub-sequence", |one| one["parent_campaign_id"].is_u64());
    any("campaign of the house", |one| one["client_id"].is_null());
    for status in ["ACTIVE", "PAUSED", "DRAFTED", "COMPLETED", "STOPPED"] {
        assert!(records.iter().any(|one| one["status"] == status), "{status}");
    }
}

#[tokio::test]
async fn the_documented_dialect_is_flat() {
    let twin = start(Options { campaigns: 20, ..Options::default() }).await;
    twin.set_dialect(Dialect::Requirement);
    for record in list(&twin) {
        assert!(record["scheduler_cron_value"].is_string() && record["timezone"].is_string());
        assert!(record["track_settings"]["track_open"].is_boolean());
        assert!(record["stop_lead_settings"]["stop_on_reply"].is_boolean());
        let analytics = get(&twin, &format!("/campaigns/{}/analytics", record["id"])).json();
        assert!(analytics["sent_count"].is_u64() && analytics["unsubscribe_count"].is_u64());
        assert_eq!(analytics["total_count"], analytics["campaign_lead_stats"]["total"]);
        assert_eq!(analytics["unsubscribe_count"], analytics["campaign_lead_stats"]["unsubscribed"]);
    }
    let absent = get(&twin, "/analytics/campaign/overall-stats?start_date=2026-10-01&end_date=2026-10-02");
    assert_eq!(absent.status, 404);
    assert!(absent.body.contains("<pre>Cannot GET /api/v1/analytics/campaign/overall-stats</pre>"));
}

#[tokio::test]
async fn what_is_wrong_is_refused_as_the_service_does() {
    let twin = start(Options { campaigns: 3, ..Options::default() }).await;
    let unknown = get(&twin, "/campaigns?page=2");
    assert_eq!((unknown.status, unknown.json()), (400, json!({"message": "\"page\" is not allowed"})));
    assert!(["limit", "remaining", "reset"].iter().all(|part| {
        unknown.header(&format!("x-ratelimit-{part}")).is_some_and(|value| value.parse::<i64>().is_ok())
    }));
    let nobody = get(&twin, "/campaigns/1/analytics");
    assert_eq!(nobody.status, 404);
    assert!(nobody.json()["message"].is_string());
    for query in ["", "?start_date=2026-10-01", "?start_date=1.10.&end_date=2026-10-02"] {
        assert_eq!(get(&twin, &format!("/analytics/campaign/overall-stats{query}")).status, 400, "{query}");
    }
    for target in ["/api/v1/campaigns", "/api/v1/campaigns?api_key=other"] {
        let refused = ask(&twin.origin(), "GET", target).unwrap();
        assert_eq!((refused.status, refused.json()), (401, json!({"message": "Invalid API Key"})));
    }
    let path = "GET /api/v1/campaigns?api_key=twin-key HTTP/1.1\r\nhost: twin\r\nconnection: close\r\n";
    for agent in ["", "user-agent: \r\n"] {
        let refused = send(&twin.origin(), &format!("{path}{agent}\r\n")).unwrap();
        assert_eq!((refused.status, refused.header("content-type")), (403, Some("text/html; charset=utf-8")));
    }
    twin.set_api_key("other");
    assert_eq!(get(&twin, "/campaigns").status, 401);
}

#[tokio::test]
async fn quirks_are_where_the_account_says() {
    let twin = start(Options { quirks: true, ..Options::default() }).await;
    let account = twin.account();
    let id_of = |quirk| account.campaigns.iter().find(|one| one.quirk == Some(quirk)).unwrap().id;
    let records = list(&twin);
    let record = |quirk| records.iter().find(|record| record["id"] == id_of(quirk));
    let analytics = |quirk| get(&twin, &format!("/campaigns/{}/analytics", id_of(quirk))).json();

    assert!(record(Quirk::NoId).is_none());
    assert_eq!(records.iter().filter(|record| record.get("id").is_none()).count(), 1);
    assert_eq!(record(Quirk::LimitIsAWord).unwrap()["max_leads_per_day"], "lots");
    let name = record(Quirk::StrangeName).unwrap()["name"].as_str().unwrap();
    assert!(name.contains('\0') && name.contains('\u{1f680}'));
    assert_eq!(analytics(Quirk::NoBounceCount).get("bounce_count"), None);
    assert_eq!(analytics(Quirk::NullOpens)["unique_open_count"], Value::Null);
}
