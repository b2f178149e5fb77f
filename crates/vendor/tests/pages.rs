//! Reply.io's pages in each of their envelopes; and a page that comes again, which ends the walk and is said.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops there")]

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Params, Platform, Settings};
use atlas_vendor::{Context, Understood, service, understand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn read(endpoint: &str, params: &Params, body: &Value) -> Understood {
    let context = Context {
        params,
        read_at: Timestamp::UNIX_EPOCH,
        zone: &TimeZone::UTC,
        settings: &Settings::new(Platform::ReplyIo, BTreeMap::new()),
        is_full: false,
        absent: &BTreeSet::new(),
        watermarks: &BTreeMap::new(),
        campaigns: 0,
        stored: None,
        campaign_names: None,
    };
    let endpoint = service(Platform::ReplyIo).endpoint(endpoint).unwrap();
    understand(endpoint, &context, body)
}

/// Where the next page begins, if one is asked for.
fn next(understood: &Understood, endpoint: &str, start: &str) -> Option<String> {
    let page = understood.follow.iter().find(|follow| follow.endpoint == endpoint)?;
    page.params.get(start).map(str::to_owned)
}

#[test]
fn every_envelope_goes_on_and_ends() {
    let rows = |count: i64| {
        (1..=count).map(|id| json!({"id": id, "name": "n", "status": "active"})).collect::<Value>()
    };
    let first = Params::none().with("skip", 0).with("top", 100);
    for (body, expected) in [
        (json!({"items": rows(3), "hasMore": true}), Some("3")),
        (json!({"items": rows(3), "info": {"hasMore": true}}), Some("3")),
        (json!({"items": rows(100), "hasMore": false}), None),
        (json!({"items": [], "hasMore": true}), None),
        (rows(100), Some("100")),
        (rows(99), None),
    ] {
        let understood = read("sequences", &first, &body);
        assert_eq!(next(&understood, "sequences", "skip").as_deref(), expected);
        assert_eq!(understood.problems, []);
    }
    let numbered = Params::none().with("campaign_id", 7).with("page", 1).with("limit", 100);
    let body = json!({"people": [{"id": 1, "email": "a@b.test"}], "total": 2, "page": 1, "pagesCount": 2});
    let understood = read("campaign_people", &numbered, &body);
    assert_eq!(next(&understood, "campaign_people", "page").as_deref(), Some("2"));
}

#[test]
fn pages_in_a_circle_and_pages_without_end_are_left() {
    let page = |first: i64| {
        json!({"items": (first..first + 100).map(|id| json!({"id": id, "name": "n", "status": "active"})).collect::<Value>(),
            "hasMore": true})
    };
    let walk = |page_at: &dyn Fn(i64) -> Value| {
        let mut params = Params::none().with("skip", 0).with("top", 100);
        for number in 0_i64.. {
            let understood = read("sequences", &params, &page_at(number));
            let next = understood.follow.iter().find(|follow| follow.endpoint == "sequences");
            match next {
                Some(next) => params = next.params.clone(),
                None => return (number + 1, understood.problems[0].message.clone()),
            }
        }
        unreachable!()
    };
    // However many pages are in the circle, and wherever it begins, it is noticed in three rounds of it.
    for (start, length) in [(0, 2), (0, 3), (3, 2), (5, 7)] {
        let at = |number: i64| {
            page(1 + 100 * if number < start { number } else { start + (number - start) % length })
        };
        let (pages, message) = walk(&at);
        assert!(pages <= 3 * (start + length) && message.contains("circle"), "{pages} pages: {message}");
    }
    let (pages, message) = walk(&|number| page(1 + 100 * number));
    assert!(pages == 1001 && message.contains("1000 pages"), "{pages} pages: {message}");
}

#[test]
fn a_page_that_comes_again_ends_the_walk() {
    let body = json!({"items": [{"id": 5, "name": "n", "status": "active"}], "hasMore": true});
    let again = Params::none().with("skip", 1).with("top", 100).with("previous", 5);
    let understood = read("sequences", &again, &body);
    assert_eq!(next(&understood, "sequences", "skip"), None, "it would never end");
    assert!(understood.problems[0].message.contains("again"), "{:?}", understood.problems);
}
