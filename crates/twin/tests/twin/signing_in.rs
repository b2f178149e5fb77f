//! Signing in at PhoneBurner: the browser's way, the tokens' lives, and how they end.

use atlas_twin::phoneburner::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};
use atlas_twin::{Options, PhoneBurner, Twin};
use serde_json::{Value, json};

use crate::http::{Reply, ask, send};
use crate::phoneburner::ask_as;
use crate::start;

const BACK: &str = "http%3A%2F%2F127.0.0.1%3A9%2Fback";

async fn begin(special: PhoneBurner) -> Twin {
    let phoneburner = PhoneBurner { days: 1, ..special };
    start(Options { campaigns: 1, phoneburner, ..Options::default() }).await
}

fn post(twin: &Twin, path: &str, form: &str) -> Reply {
    post_as(twin, CLIENT_SECRET, path, form)
}

fn post_as(twin: &Twin, secret: &str, path: &str, form: &str) -> Reply {
    let form = format!("client_id={CLIENT_ID}&client_secret={secret}&{form}");
    let head = format!("POST /oauth{path} HTTP/1.1\r\nhost: twin\r\nuser-agent: test\r\nconnection: close");
    let kind = "content-type: application/x-www-form-urlencoded";
    send(&twin.origin(), &format!("{head}\r\n{kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len()))
        .unwrap()
}

/// The code with which the browser comes back.
fn code(twin: &Twin) -> String {
    let query = format!("client_id={CLIENT_ID}&response_type=code&redirect_uri={BACK}&state=a%26b");
    let reply = ask(&twin.origin(), "GET", &format!("/oauth/authorize?{query}")).unwrap();
    assert_eq!(reply.status, 302);
    let target = reply.header("location").unwrap();
    let code = target
        .strip_prefix("http://127.0.0.1:9/back?code=")
        .and_then(|rest| rest.strip_suffix("&state=a%26b"));
    code.unwrap_or_else(|| panic!("{target}")).to_owned()
}

fn first(twin: &Twin) -> Value {
    let form = format!("grant_type=authorization_code&redirect_uri={BACK}&code={}", code(twin));
    post(twin, "/accesstoken", &form).json()
}

fn refresh(twin: &Twin, path: &str, token: &Value) -> Reply {
    post(twin, path, &format!("grant_type=refresh_token&refresh_token={}", token.as_str().unwrap()))
}

/// What a token opens: 200, or the status that the body tells.
fn opens(twin: &Twin, token: &Value) -> String {
    let reply = ask_as(twin, token.as_str().unwrap(), "/members/me");
    if reply.status == 401 {
        "401".to_owned()
    } else {
        reply.json()["http_status"].to_string().replace('"', "")
    }
}

#[tokio::test]
async fn a_code_is_good_for_one_pair_of_tokens() {
    let twin = begin(PhoneBurner::default()).await;
    let code = code(&twin);
    let form = format!("grant_type=authorization_code&redirect_uri={BACK}&code={code}");
    let elsewhere = form.replace("back", "elsewhere");
    assert_eq!(post(&twin, "/accesstoken", &elsewhere).status, 400, "sent to another address");
    assert_eq!(post_as(&twin, "guessed", "/accesstoken", &form).status, 401);
    let given = post(&twin, "/accesstoken", &form).json();
    assert_eq!(given["expires_in"], 604_800);
    // Seven days from the morning of the second of November.
    assert_eq!(given["expires"].as_i64().unwrap() / 3600 * 3600, 1_794_214_800);
    assert_eq!(opens(&twin, &given["access_token"]), "200");
    assert_eq!(post(&twin, "/accesstoken", &form).status, 400, "the code is used up");
    assert_eq!(ask(&twin.origin(), "GET", "/oauth/index?client_id=x").unwrap().status, 400);
    assert_eq!(opens(&twin, &json!("made-up")), "401");
    assert!(twin.requests().iter().all(|request| !request.query.contains("secret")));
}

#[tokio::test]
async fn access_ends_and_is_refreshed() {
    let twin = begin(PhoneBurner::default()).await;
    let given = first(&twin);
    twin.advance(6);
    assert_eq!(opens(&twin, &given["access_token"]), "200");
    twin.advance(1);
    assert_eq!(opens(&twin, &given["access_token"]), "401");
    let refreshed = refresh(&twin, "/refreshtoken", &given["refresh_token"]).json();
    assert_eq!(opens(&twin, &refreshed["access_token"]), "200");
    assert_eq!(refresh(&twin, "/refreshtoken", &given["refresh_token"]).status, 400, "it is used up");
    let again = refresh(&twin, "/accesstoken", &refreshed["refresh_token"]).json();
    assert_eq!(opens(&twin, &again["access_token"]), "200");

    twin.expire_tokens();
    let ended = ask_as(&twin, "twin-key", "/members/me");
    let body = json!({
        "http_status": "401", "status": "error",
        "debug_codes": [{"code": 40109, "reason": "The access token has expired"}],
    });
    assert_eq!((ended.status, ended.json()), (200, body));
    assert_eq!(opens(&twin, &again["access_token"]), "401");
    twin.refuse_refresh(true);
    assert_eq!(refresh(&twin, "/refreshtoken", &again["refresh_token"]).status, 400);
    let control = ask(&twin.origin(), "POST", "/_twin/phoneburner/refresh?refused=false").unwrap();
    assert_eq!(control.status, 200);
    let last = refresh(&twin, "/refreshtoken", &again["refresh_token"]).json();
    assert_eq!(opens(&twin, &last["access_token"]), "200");
    assert_eq!(ask(&twin.origin(), "POST", "/_twin/phoneburner/expire").unwrap().status, 200);
    assert_eq!(opens(&twin, &last["access_token"]), "401");
    twin.set_api_key("another");
    assert_eq!(opens(&twin, &json!("another")), "200");
}

#[tokio::test]
async fn refresh_tokens_may_last_and_their_route_may_be_missing() {
    let special = PhoneBurner {
        lasting_refresh: true,
        no_refresh_route: true,
        token_life_s: 60,
        ..PhoneBurner::default()
    };
    let twin = begin(special).await;
    let token = json!(REFRESH_TOKEN);
    assert_eq!(refresh(&twin, "/refreshtoken", &token).status, 404);
    for _ in 0..2 {
        let given = refresh(&twin, "/accesstoken", &token).json();
        assert_eq!((&given["expires_in"], given.get("refresh_token")), (&json!(60), None));
        assert_eq!(opens(&twin, &given["access_token"]), "200");
    }
}
