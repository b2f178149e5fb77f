//! What is there already stays, what is not as it should be is put right, what is somebody else's is left alone.

use atlas_model::{Platform, Secret};
use serde_json::{Value, json};

use super::{Wish, ways};

const DOOR: &str = "https://atlas.example.com/functions/v1/x-webhook";

/// The changes that follow from a list, each as a line.
fn changes(platform: Platform, way: usize, listed: &Value) -> Vec<String> {
    let address = Secret::new(&format!("{DOOR}?token=newer"));
    let wish = Wish {
        address: &address,
        others: &[Secret::new("neighbour")],
        categories: &["Interested".to_owned(), "Ours".to_owned()],
    };
    let changes = ways(platform)[way].changes(&wish, listed).into_iter();
    let line = changes.map(|change| {
        let body = change.body.map(|body| body.to_string()).unwrap_or_default();
        assert!(!body.contains("token=") || body.contains("token=newer"), "{body}");
        let (method, does, what) = (change.method, change.does, change.what);
        format!("{method:?} {does:?} {what} {} {}", change.endpoint.path, change.params)
    });
    line.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_campaign_gets_one_webhook_for_all_events() {
    let check = |listed: Value| changes(Platform::SmartLead, 0, &listed);
    let path = "/campaigns/{campaign_id}/webhooks";
    let events = [
        "EMAIL_SENT",
        "EMAIL_OPEN",
        "EMAIL_LINK_CLICK",
        "EMAIL_REPLY",
        "EMAIL_BOUNCE",
        "LEAD_UNSUBSCRIBED",
        "LEAD_CATEGORY_UPDATED",
    ];
    let of = |token: &str, more: Value| {
        let mut one = json!({"id": 7, "webhook_url": format!("{DOOR}?token={token}"), "event_types": events,
            "categories": ["Interested", "Ours"]});
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([one])
    };
    let makes = [format!("Post Makes all events {path}")];
    let renews = [format!("Post Renews all events {path}")];
    assert_eq!(check(json!([])), makes);
    assert_eq!(check(json!({"data": []})), makes);
    assert_eq!(check(of("newer", json!({}))), [""; 0]);
    let map: serde_json::Map<String, Value> =
        events.iter().map(|name| ((*name).to_owned(), true.into())).collect();
    assert_eq!(
        check(of("newer", json!({"event_types": null, "event_type_map": map, "categories": null}))),
        [""; 0]
    );
    assert_eq!(check(of("former", json!({}))), renews);
    assert_eq!(check(of("newer", json!({"event_types": ["EMAIL_SENT"]}))), renews);
    assert_eq!(check(of("newer", json!({"categories": ["Interested"]}))), renews);
    assert_eq!(check(of("neighbour", json!({}))), makes);
    assert_eq!(check(of("x", json!({"webhook_url": "https://hooks.zap.example/1"}))), makes);
}

#[test]
fn an_account_gets_one_subscription_an_event() {
    for (way, path, event, on) in [
        (0, "/api/v2/webhooks", "event", "Patch Renews email_replied /api/v2/webhooks/{id} id=3"),
        (1, "/v3/webhooks", "eventType", "Post Renews email_replied /v3/webhooks/{id}/enable id=3"),
    ] {
        let check = |listed: &Value| changes(Platform::ReplyIo, way, listed);
        let all = check(&json!([]));
        assert_eq!(all.len(), 9, "{all:?}");
        assert!(all.iter().all(|line| line.starts_with("Post Makes ")), "{all:?}");
        let listed = |token: &str| -> Vec<Value> {
            let one = |(id, line): (usize, &String)| {
                let name = line.split(' ').nth(2).unwrap();
                // Names come back in another spelling.
                let name = if id % 2 == 0 { name.replace('_', "").to_uppercase() } else { name.to_owned() };
                json!({"id": id, event: name, "url": format!("{DOOR}/?token={token}").replace("/?", "?")})
            };
            all.iter().enumerate().map(one).collect()
        };
        assert_eq!(check(&json!(listed("newer"))), [""; 0]);
        assert_eq!(check(&json!({"items": listed("newer")})), [""; 0]);
        assert_eq!(check(&json!(listed("neighbour"))).len(), 9);
        let renewed = check(&json!(listed("former")));
        assert_eq!(renewed.len(), 18);
        assert_eq!(
            renewed[..2],
            [
                format!("Post Renews email_sent {path}"),
                format!("Delete Removes email_sent {path}/{{id}} id=0"),
            ]
        );
        let mut off = listed("newer");
        off[3]["isDisabled"] = true.into();
        assert_eq!(check(&json!(off)), [on]);
        let mut textless = listed("newer");
        textless[3]["payload"] = json!({"includeEmailText": false});
        assert_eq!(
            check(&json!(textless)),
            [
                format!("Post Renews email_replied {path}"),
                format!("Delete Removes email_replied {path}/{{id}} id=3"),
            ]
        );
        let twice = json!([listed("newer"), listed("newer")[..1].to_vec()].concat());
        let mut twice = twice.as_array().unwrap().clone();
        twice[9]["id"] = 99.into();
        assert_eq!(check(&json!(twice)), [format!("Delete Removes email_sent {path}/{{id}} id=99")]);
    }
}
