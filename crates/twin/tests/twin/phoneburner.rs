//! PhoneBurner: what is told adds up to what is true, in both dialects and page by page.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::phoneburner::{Call, Contact, Session};
use atlas_twin::{Calls, Dialect, MemberTokens, Options, PhoneBurner, Twin};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::http::{Reply, ask, get, send};
use crate::start;

pub(crate) fn ask_as(twin: &Twin, token: &str, path: &str) -> Reply {
    let head = format!("GET /rest/1{path} HTTP/1.1\r\nhost: twin\r\nuser-agent: test\r\nconnection: close");
    send(&twin.origin(), &format!("{head}\r\nauthorization: Bearer {token}\r\n\r\n")).unwrap()
}

/// What the administrator's personal token is answered.
fn told(twin: &Twin, path: &str) -> Value {
    ask_as(twin, "twin-key", path).json()
}

/// A member's token, as the list of members tells it.
fn token_of(twin: &Twin, id: u64) -> String {
    let members = told(twin, "/members?page_size=100");
    let mut rows = members["members"]["members"][0].as_array().unwrap().iter();
    let member = rows.find(|row| row["user_id"] == json!(id.to_string())).unwrap();
    member["oauth"]["bearer_token"].as_str().unwrap().to_owned()
}

/// The records of all pages of an observed list, whose totals must be right.
fn pages(twin: &Twin, token: &str, path: &str, name: &str, size: usize) -> Vec<Value> {
    let mut records = Vec::new();
    let joint = if path.contains('?') { '&' } else { '?' };
    for page in 1.. {
        let answer = ask_as(twin, token, &format!("{path}{joint}page={page}&page_size={size}")).json();
        assert_eq!((&answer["http_status"], &answer["status"]), (&json!(200), &json!("success")));
        let list = &answer[name];
        let rows = match &list[name] {
            Value::Object(session) => session["calls"].as_array().unwrap(),
            rows => rows.as_array().unwrap(),
        };
        assert_eq!((&list["page"], &list["page_size"]), (&json!(page), &json!(rows.len())));
        records.extend(rows.iter().cloned());
        if list["total_pages"].as_u64().unwrap() <= page {
            assert_eq!(list["total_results"].to_string().replace('"', ""), records.len().to_string());
            return records;
        }
    }
    unreachable!("pages without end")
}

fn id(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

fn wall(at: Timestamp) -> String {
    let central = TimeZone::get("America/Chicago").unwrap();
    central.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn assert_call(row: &Value, truth: &Call) {
    assert_eq!(id(&row["call_id"]), truth.id);
    let Some(details) = &truth.details else {
        assert_eq!(row.as_object().unwrap().len(), 1, "{row}");
        return;
    };
    let contact = [&row["contact_user_id"], &row["user_id"]].into_iter().find(|id| !id.is_null());
    assert_eq!(contact.map(id), Some(details.contact_id));
    assert_eq!(
        (&row["start_when"], &row["end_when"]),
        (&json!(wall(details.started_at)), &json!(wall(details.ended_at)))
    );
    assert_eq!(row["connected"], if details.is_connected { "1" } else { "0" });
    assert_eq!((&row["disposition"], &row["phone"]), (&json!(details.disposition), &json!(details.phone)));
    assert_eq!(row["note"], details.note.unwrap_or_default());
    assert_eq!(row["recording_url"].is_string(), details.is_connected);
}

#[tokio::test]
async fn each_members_sessions_are_told_to_that_member_alone() {
    let twin = start(Options { campaigns: 1, ..Options::default() }).await;
    let account = twin.phoneburner();
    let mut found = 0;
    for member in &account.members {
        let token = token_of(&twin, member.id);
        assert_eq!(
            ask_as(&twin, &token, "/members/me").json()["members"]["members"]["user_id"],
            member.id.to_string()
        );
        let truth: Vec<_> = account.sessions.iter().filter(|one| one.member_id == member.id).collect();
        let rows = pages(&twin, &token, "/dialsession", "dialsessions", 50);
        assert_eq!(
            rows.iter().map(|row| id(&row["dialsession_id"])).collect::<Vec<_>>(),
            truth.iter().map(|one| one.id).collect::<Vec<_>>()
        );
        for (row, truth) in rows.iter().zip(&truth) {
            assert!(row.get("calls").is_none() && row.get("member_id").is_none(), "{row}");
            assert_eq!(row["call_count"], truth.calls.len());
            assert_eq!(row["start_when"], wall(truth.started_at));
            assert_eq!(row["end_when"], json!(truth.ended_at.map(wall)));
            let path = format!("/dialsession/{}?include_recording=1", truth.id);
            let calls = pages(&twin, &token, &path, "dialsessions", 100);
            assert_eq!(calls.len(), truth.calls.len());
            calls.iter().zip(&truth.calls).for_each(|(row, truth)| assert_call(row, truth));
        }
        found += rows.len();
        let other = account.sessions.iter().find(|one| one.member_id != member.id).unwrap();
        let refusal = ask_as(&twin, &token, &format!("/dialsession/{}", other.id));
        assert_eq!((refusal.status, refusal.json()), (404, json!({"status": "error"})));
    }
    assert_eq!(found, account.sessions.len());

    let any =
        |what: &str, is: &dyn Fn(&Session) -> bool| assert!(account.sessions.iter().any(is), "no {what}");
    any("session of several pages", &|one| one.calls.len() > 100);
    any("session without calls", &|one| one.calls.is_empty() && one.ended_at.is_some());
    let day = |at: Timestamp| wall(at)[..10].to_owned();
    let today = account.today.to_string();
    any("session that goes on", &|one| one.ended_at.is_none() && day(one.started_at) == today);
    any("session that nobody closed", &|one| one.ended_at.is_none() && day(one.started_at) < today);
    any("call with nothing but its id", &|one| one.calls.iter().any(|call| call.details.is_none()));
    // In autumn the wall clock goes back though the calls go on.
    any("call in the hour that comes twice", &|one| {
        let walls: Vec<_> = one.calls.iter().filter_map(|call| call.details.as_ref()).collect();
        walls.windows(2).any(|two| wall(two[0].started_at) > wall(two[1].started_at))
            && walls.iter().any(|one| wall(one.started_at) > wall(one.ended_at))
            && walls.is_sorted_by_key(|one| one.started_at)
    });
    let of_a_call = account.sessions[0].calls[0].id;
    let token = token_of(&twin, account.sessions[0].member_id);
    let call = ask_as(&twin, &token, &format!("/dialsession/call/{of_a_call}?include_recording=1")).json();
    assert_call(&call["call"]["call"], &account.sessions[0].calls[0]);
}

#[tokio::test]
async fn usage_is_the_sum_of_the_calls() {
    let twin = start(Options { campaigns: 1, ..Options::default() }).await;
    let account = twin.phoneburner();
    let (from, to) = (account.today - 80.days(), account.today - 3.days());
    let answer = told(&twin, &format!("/dialsession/usage?date_start={from}&date_end={to}"));
    let usage = answer["usage"].as_object().unwrap();
    assert_eq!(usage.len(), account.members.len());
    for member in &account.members {
        let is_meant = |one: &&Session| {
            let date = TimeZone::get("America/Chicago").unwrap().to_datetime(one.started_at).date();
            one.member_id == member.id && (from..=to).contains(&date)
        };
        let sessions: Vec<_> = account.sessions.iter().filter(is_meant).collect();
        let calls: Vec<_> = sessions.iter().flat_map(|one| &one.calls).collect();
        let known = calls.iter().filter_map(|call| call.details.as_ref());
        let connected: Vec<_> = known.clone().filter(|call| call.is_connected).collect();
        let figures = json!({
            "sessions": sessions.len(),
            "calls": calls.len(),
            "connected": connected.len(),
            "voicemail": known.filter(|call| call.is_voicemail).count(),
            "emails": 0,
            "talktime": connected.iter().map(|call| call.duration_s()).sum::<i64>() / 60,
        });
        assert!(calls.len() > 50, "{figures}");
        assert_eq!(usage[&member.id.to_string()], figures);
        // The same window of the list.
        let path = format!("/dialsession?date_start={from}&date_end={to}");
        let rows = pages(&twin, &token_of(&twin, member.id), &path, "dialsessions", 7);
        assert_eq!(rows.len(), sessions.len());
    }
    for wrong in [format!("date_start={from}"), format!("date_start={}&date_end={to}", from - 30.days())] {
        let refusal = ask_as(&twin, "twin-key", &format!("/dialsession/usage?{wrong}"));
        assert_eq!((refusal.status, &refusal.json()["http_status"]), (200, &json!(400)), "{wrong}");
    }
}

/// Where an observed contact has its address.
fn address(row: &Value) -> Option<String> {
    let places =
        [&row["primary_email"]["email_address"], &row["emails"][0]["email_address"], &row["emails"][0]];
    places.into_iter().find_map(Value::as_str).map(str::to_lowercase)
}

fn contact_id(row: &Value) -> u64 {
    id(if row["contact_user_id"].is_null() { &row["user_id"] } else { &row["contact_user_id"] })
}

#[tokio::test]
async fn pages_hold_every_contact_once() {
    let twin = start(Options { campaigns: 30, ..Options::default() }).await;
    let now = "2026-11-03T06:00:00Z".parse::<Timestamp>().unwrap();
    let account = twin.phoneburner();
    let is_kept = |one: &&Contact| one.trashed_at.is_none_or(|at| at > now) && !one.is_archived;
    let kept: BTreeMap<_, _> = account.contacts.iter().filter(is_kept).map(|one| (one.id, one)).collect();
    for (query, size) in [("", 100), ("?search=x&folder_id=1", 37)] {
        let rows = pages(&twin, "twin-key", &format!("/contacts{query}"), "contacts", size);
        assert_eq!(rows.len(), kept.len());
        assert_eq!(rows.iter().map(contact_id).collect::<BTreeSet<_>>(), kept.keys().copied().collect());
        for row in &rows {
            assert_eq!(address(row), kept[&contact_id(row)].email, "{row}");
        }
        let any = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(rows.iter().any(is), "no {what}");
        any("zero date", &|row| row["last_call_time"] == "0000-00-00 00:00:00");
        any("address in capitals", &|row| {
            address(row).is_some_and(|it| row["primary_email"]["email_address"] == it.to_uppercase())
        });
        any("contact without anything", &|row| {
            row["primary_email"].is_null() && row["custom_fields"] == json!([])
        });
        any("old id", &|row| row.get("contact_user_id").is_none());
    }
    let all = "/contacts?include_trashed=1&include_archived=1&sort_order=ASC";
    let all = pages(&twin, "twin-key", all, "contacts", 100);
    assert_eq!(all.len(), account.contacts.len());
    assert!(all.is_sorted_by_key(contact_id));

    // One person, several services.
    let mut leads = BTreeSet::new();
    for campaign in &twin.account().campaigns {
        let answer = get(&twin, &format!("/campaigns/{}/leads", campaign.id)).json();
        leads.extend(
            answer["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["lead"]["email"].as_str().unwrap().to_owned()),
        );
    }
    let shared = account.contacts.iter().filter(|one| one.is_lead);
    assert!(shared.clone().all(|one| leads.contains(one.email.as_ref().unwrap())));
    assert!((100..200).contains(&shared.count()));
    let other = PhoneBurner { calls: Calls::Replyio, contacts: 60, call_days: 30, ..PhoneBurner::default() };
    let twin_of_other = start(Options { campaigns: 1, phoneburner: other, ..Options::default() }).await;
    let sequences = twin_of_other.reply_account().sequences;
    let written: BTreeSet<_> =
        sequences.iter().flat_map(|one| &one.people).map(|one| one.email.as_str()).collect();
    let contacts = twin_of_other.phoneburner().contacts;
    let shared = contacts.iter().filter(|one| one.is_lead);
    assert!(shared.clone().all(|one| written.contains(one.email.as_deref().unwrap())));
    assert_eq!(shared.count(), 20);

    // The service reads these times as Pacific, and what is new counts only where one says so.
    let since = now - (24 * 20).hours();
    let told_since = |more: &str| {
        let from = TimeZone::fixed(jiff::tz::offset(-8)).to_datetime(since).strftime("%Y-%m-%d%%20%H:%M:%S");
        pages(&twin, "twin-key", &format!("/contacts?updated_from={from}{more}"), "contacts", 100)
    };
    let (old, with_new) = (told_since(""), told_since("&include_new=1"));
    let added = |row: &Value| kept[&contact_id(row)].added_at;
    assert!(!old.is_empty() && old.len() < kept.len() && old.iter().all(|row| added(row) < since));
    let new: Vec<_> = with_new.iter().filter(|row| added(row) >= since).collect();
    assert_eq!(new.len(), kept.values().filter(|one| one.added_at >= since).count());
    assert!(!new.is_empty() && with_new.len() == old.len() + new.len());
    assert!(told_since("&update_to=2020-01-01%2000:00:00").is_empty());
    let future = ask_as(&twin, "twin-key", "/contacts?updated_from=2026-11-04%2000:00:00");
    assert_eq!((future.status, &future.json()["http_status"]), (200, &json!(400)));
    for wrong in ["page=0", "page_size=0", "page_size=101", "page_size=x"] {
        assert_eq!(told(&twin, &format!("/contacts?{wrong}"))["http_status"], 400, "{wrong}");
    }
}

#[tokio::test]
async fn histories_tell_calls_once_more() {
    let small = PhoneBurner { contacts: 40, call_days: 60, ..PhoneBurner::default() };
    let twin = start(Options { campaigns: 1, phoneburner: small, ..Options::default() }).await;
    let account = twin.phoneburner();
    let calls: BTreeMap<_, _> = account
        .sessions
        .iter()
        .flat_map(|session| &session.calls)
        .filter_map(|call| Some((call.id, call.details.as_ref()?)))
        .collect();
    let (mut again, mut lines) = (0, 0);
    for contact in &account.contacts {
        let path = format!("/contacts/{}/activities?days=180", contact.id);
        let rows = pages(&twin, "twin-key", &path, "contact_activities", 20);
        let truth: Vec<_> = account.activities.iter().filter(|one| one.contact_id == contact.id).collect();
        assert_eq!(rows.len(), truth.len());
        for (row, truth) in rows.iter().zip(truth) {
            let expected = json!({
                "user_activity_id": truth.id.to_string(), "activity_id": truth.kind.to_string(),
                "activity": truth.name, "date": wall(truth.at),
            });
            assert_eq!(*row, expected);
            if let Some(call) = truth.call_id {
                let gap = truth.at.as_second() - calls[&call].started_at.as_second();
                assert!((0..120).contains(&gap) && calls[&call].contact_id == contact.id);
                again += 1;
            }
        }
        lines += rows.len();
    }
    assert_eq!(lines, account.activities.len());
    assert!(again < calls.len() && again > calls.len() * 8 / 10, "{again} of {}", calls.len());
    let is_anothers = |id: u64, call: Option<u64>| calls.contains_key(&id) && call != Some(id);
    assert!(account.activities.iter().any(|one| is_anothers(one.id, one.call_id)), "the numbers meet");
    assert!([42, 43, 12].iter().all(|kind| account.activities.iter().any(|one| one.kind == *kind)));
    let of_today = told(&twin, &format!("/contacts/{}/activities?days=0", account.contacts[0].id));
    assert!(of_today["contact_activities"]["contact_activities"].as_array().unwrap().len() < 5);
    assert_eq!(ask_as(&twin, "twin-key", "/contacts/1/activities").status, 404);
}

/// The rows of all pages of a documented list, asked for until one is short.
fn flat(twin: &Twin, path: &str, name: &str, size: usize) -> Vec<Value> {
    let mut records = Vec::new();
    for page in 1.. {
        let answer = told(twin, &format!("{path}?page={page}&page_size={size}"));
        let rows = answer[name].as_array().unwrap();
        records.extend(rows.iter().cloned());
        if rows.len() < size {
            break;
        }
    }
    records
}

#[tokio::test]
async fn the_documented_answers_are_flat_and_whole() {
    let small = PhoneBurner { contacts: 60, call_days: 90, ..PhoneBurner::default() };
    let options =
        Options { campaigns: 1, dialect: Dialect::Requirement, phoneburner: small, ..Options::default() };
    let twin = start(options).await;
    let account = twin.phoneburner();
    let of_either = |row: &Value, names: [&str; 2]| names.iter().find_map(|name| row[name].as_u64()).unwrap();

    for (row, truth) in flat(&twin, "/members", "members", 3).iter().zip(&account.members) {
        assert_eq!(of_either(row, ["user_id", "member_user_id"]), truth.id);
        assert_eq!((&row["email"], row.as_object().unwrap().len()), (&json!(truth.email), 4));
    }
    for row in flat(&twin, "/contacts", "contacts", 7) {
        let number = of_either(&row, ["contact_user_id", "contact_id"]);
        let truth = account.contacts.iter().find(|one| one.id == number).unwrap();
        assert_eq!(
            [&row["email"], &row["phone"], &row["company"]],
            [&json!(truth.email), &json!(truth.phone), &json!(truth.company)]
        );
    }
    let sessions = flat(&twin, "/dialsession", "dialsessions", 50);
    assert_eq!(sessions.len(), account.sessions.len());
    for (row, truth) in sessions.iter().zip(&account.sessions) {
        assert_eq!((&row["dialsession_id"], &row["member_id"]), (&json!(truth.id), &json!(truth.member_id)));
        assert_eq!(
            (&row["start_when"], &row["end_when"]),
            (&json!(truth.started_at), &json!(truth.ended_at))
        );
        let calls = row["calls"].as_array().unwrap();
        assert_eq!(calls.len(), truth.calls.len());
        for (row, truth) in calls.iter().zip(&truth.calls) {
            assert_eq!(row["call_id"], truth.id);
            let details = truth.details.as_ref();
            assert_eq!(row["duration"], json!(details.map(|one| one.duration_s())));
            assert_eq!(row["contact_id"], json!(details.map(|one| one.contact_id)));
        }
    }
    let contact = &account.contacts[2];
    let lines = flat(&twin, &format!("/contacts/{}/activities", contact.id), "contact_activities", 100);
    let truth: Vec<_> = account.activities.iter().filter(|one| one.contact_id == contact.id).collect();
    assert_eq!(lines.len(), truth.len());
    for (row, truth) in lines.iter().zip(truth) {
        let told = [&row["activity_id"], &row["activity"], &row["date"], &row["duration"]];
        assert_eq!(told, [&json!(truth.id), &json!(truth.name), &json!(truth.at), &json!(truth.duration_s)]);
    }
    let session = format!("/dialsession/{}", account.sessions[0].id);
    for absent in
        ["/members/me", "/dialsession/usage?date_start=2026-10-01&date_end=2026-10-02", &session, "/me"]
    {
        assert_eq!(ask_as(&twin, "twin-key", absent).status, 404, "{absent}");
    }
    assert_eq!(ask_as(&twin, "twin-key", "/contacts?page_size=101").status, 400);
}

#[tokio::test]
async fn a_day_adds_calls_and_closes_sessions() {
    let twin = start(Options { campaigns: 1, ..Options::default() }).await;
    let mut before = twin.phoneburner();
    for _ in 0..10 {
        twin.advance(1);
        let after = twin.phoneburner();
        for (old, new) in before.sessions.iter().zip(&after.sessions) {
            assert_eq!((old.id, old.started_at), (new.id, new.started_at));
            assert!(new.calls.starts_with(&old.calls));
            let was_going_on = wall(old.started_at).starts_with(&before.today.to_string());
            assert!(was_going_on || old == new, "what is over stays as it is");
        }
        let is_weekday = !["Sat", "Sun"].contains(&after.today.strftime("%a").to_string().as_str());
        assert_eq!(after.sessions.len() > before.sessions.len(), is_weekday);
        assert_eq!(after.contacts.len() - before.contacts.len(), usize::from(is_weekday));
        before = after;
    }
    let other = start(Options { campaigns: 1, ..Options::default() }).await;
    other.advance(10);
    assert_eq!(other.phoneburner(), before, "ten days at once are ten days, and one seed is one account");
    let elsewhere = start(Options { campaigns: 1, seed: 2, ..Options::default() }).await;
    elsewhere.advance(10);
    assert_ne!(elsewhere.phoneburner(), before);
    let truth = ask(&twin.origin(), "GET", "/_twin/account/phoneburner").unwrap().json();
    assert_eq!(truth, serde_json::to_value(before).unwrap());

    // Who was added today is in no list before tomorrow, but can be asked for.
    let account = twin.phoneburner();
    twin.advance((8 - account.today.weekday().to_monday_one_offset()).unsigned_abs().into());
    let newest = twin.phoneburner().contacts.last().unwrap().id;
    let listed =
        || pages(&twin, "twin-key", "/contacts", "contacts", 100).iter().any(|row| contact_id(row) == newest);
    assert!(!listed());
    assert_eq!(contact_id(&told(&twin, &format!("/contacts/{newest}"))["contacts"]["contacts"][0]), newest);
    twin.advance(1);
    assert!(listed());
}

#[tokio::test]
async fn members_may_lack_tokens_or_have_bad_ones() {
    let of = async |member_tokens| {
        let special = PhoneBurner { call_days: 5, member_tokens, ..PhoneBurner::default() };
        let twin = start(Options { campaigns: 1, phoneburner: special, ..Options::default() }).await;
        let members = told(&twin, "/members?page_size=100")["members"]["members"][0].clone();
        let members: Vec<Value> = serde_json::from_value(members).unwrap();
        let oauth = members.iter().map(|row| row["oauth"].clone()).collect::<Vec<_>>();
        (twin, oauth)
    };
    let answers = |twin: &Twin, oauth: &Value| {
        let reply = ask_as(twin, oauth["bearer_token"].as_str().unwrap(), "/dialsession");
        (reply.status, reply.json()["debug_codes"][0]["code"].as_u64())
    };
    let (_, none) = of(MemberTokens::None).await;
    assert!(none.iter().all(Value::is_null));
    let (twin, missing) = of(MemberTokens::OneMissing).await;
    assert!(missing[3].is_null() && (0..3).all(|index| answers(&twin, &missing[index]) == (200, None)));
    let (twin, refused) = of(MemberTokens::OneRefused).await;
    assert!(answers(&twin, &refused[3]) == (401, None) && answers(&twin, &refused[2]) == (200, None));
    let (twin, expired) = of(MemberTokens::OneExpired).await;
    assert!(answers(&twin, &expired[3]) == (200, Some(40109)) && answers(&twin, &expired[2]) == (200, None));
    assert!(
        expired[3]["expires"].as_str().unwrap() < "2026-11-02"
            && refused[3]["expires"].as_str().unwrap() > "2026-11-02"
    );
}
