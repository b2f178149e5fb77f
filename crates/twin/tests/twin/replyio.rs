//! Reply.io: the account is one whole, every route of both dialects tells it, and the service's limits hold.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::replyio::{Account, Figures, Kind, PersonState, SequenceFigures, Status};
use atlas_twin::{Dialect, Options, ReplyArea, Twin};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::http::{get, reply, reply_with};
use crate::start;

fn options(dialect: Dialect) -> Options {
    Options { dialect, campaigns: 1, ..Options::default() }
}

/// What a path answers, which is 200.
fn read(twin: &Twin, path: &str) -> Value {
    let answer = reply(twin, path, None);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

fn report(twin: &Twin, path: &str, filters: &Value) -> Value {
    reply(twin, path, Some(&json!({ "filters": filters }))).json()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// The rows of all pages of so many.
fn pages(twin: &Twin, path: &str, top: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let page = read(twin, &format!("{path}{joint}top={top}&skip={}", rows.len()));
        rows.extend_from_slice(array(&page["items"]));
        assert!(array(&page["items"]).len() <= top);
        if page["hasMore"] == false {
            return rows;
        }
        assert_eq!(array(&page["items"]).len(), top, "{path}");
    }
}

/// The rows of all pages that are counted from 1.
fn numbered_pages(twin: &Twin, path: &str) -> Vec<Value> {
    let page = |number: u64| read(twin, &format!("{path}?page={number}&limit=33"));
    let count = page(1)["pagesCount"].as_u64().unwrap();
    let rows: Vec<Value> = (1..=count).flat_map(|number| array(&page(number)["people"]).to_vec()).collect();
    assert_eq!(page(count + 1)["people"], json!([]));
    rows
}

fn assert_keys(record: &Value, names: &str) {
    let keys: BTreeSet<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, names.split_whitespace().collect(), "{record}");
}

/// A record's numbers under these names.
fn numbers<const N: usize>(record: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| record[name].as_u64().unwrap_or_else(|| panic!("no {name}: {record}")))
}

fn by_id<'rows>(rows: &'rows [Value], name: &str) -> BTreeMap<u64, &'rows Value> {
    let by_id: BTreeMap<_, _> = rows.iter().map(|row| (row[name].as_u64().unwrap(), row)).collect();
    assert_eq!(by_id.len(), rows.len(), "each {name} once");
    by_id
}

fn assert_adds_up(sequence: &SequenceFigures) {
    let mut sum = Figures::default();
    sequence.days.iter().for_each(|day| sum += day.figures);
    let (truth, states) = (sequence.figures, sequence.states);
    assert_eq!(sum, truth, "{}", sequence.name);
    assert_eq!(truth.sent, truth.delivered + truth.bounced);
    assert!(truth.interested + truth.not_interested <= truth.replied && truth.meetings <= truth.interested);
    assert_eq!(states.active + states.finished + states.paused, states.total);
    assert_eq!(states.total, sequence.people.len() as u64);
    let ids: BTreeSet<_> = sequence.people.iter().map(|person| person.id).collect();
    assert_eq!(ids.len(), sequence.people.len(), "nobody twice in {}", sequence.name);
    let replied = sequence.people.iter().filter(|person| person.state == PersonState::Replied).count();
    assert_eq!(replied as u64, truth.replied);
    if sequence.status == Status::Draft {
        assert!(sequence.days.is_empty() && sequence.people.is_empty());
    }
}

#[tokio::test]
async fn the_account_is_lively_and_adds_up() {
    let account: Account = start(options(Dialect::Live)).await.reply_account();
    account.sequences.iter().for_each(assert_adds_up);
    let any = |what: &str, is: &dyn Fn(&SequenceFigures) -> bool| {
        assert!(account.sequences.iter().any(is), "no {what}");
    };
    for status in [Status::Draft, Status::Active, Status::Paused, Status::Stopped, Status::Finished] {
        any("sequence of each status", &|one| one.status == status);
    }
    any("archive", &|one| one.is_archived);
    any("hidden steps", &|one| one.hides_steps);
    any("sequence without mail", &|one| one.figures.sent == 0 && one.states.total > 50);
    any("opens", &|one| one.figures.opened > 0);
    any("year", &|one| one.days.iter().any(|day| day.date < account.today.saturating_sub(300.days())));
    any("unwritten draft", &|one| one.steps.is_empty());
    any("half days", &|one| one.steps.iter().any(|step| step.delay_minutes % 1440 == 720));
    let kinds: Vec<Kind> =
        account.sequences.iter().flat_map(|one| &one.steps).map(|step| step.kind).collect();
    for kind in [Kind::Email, Kind::LinkedInConnect, Kind::LinkedInMessage, Kind::Call, Kind::Condition] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    let people = || account.sequences.iter().flat_map(|one| &one.people);
    for state in [
        PersonState::New,
        PersonState::Active,
        PersonState::OutOfOffice,
        PersonState::Paused,
        PersonState::Finished,
        PersonState::Bounced,
        PersonState::OptedOut,
    ] {
        assert!(people().any(|person| person.state == state), "{state:?}");
    }
    let of_replies: BTreeSet<_> = people().filter_map(|person| person.category).collect();
    assert_eq!(of_replies.len(), account.categories.len() - 1, "all but the one for absence");
    let contacts: BTreeSet<_> = people().map(|person| (person.id, &person.email)).collect();
    let addresses: BTreeSet<_> = people().map(|person| &person.email).collect();
    assert_eq!(contacts.len(), addresses.len(), "one address, one contact");
    assert!(contacts.len() < people().count(), "some are in two sequences");
}

#[tokio::test]
async fn days_only_add_and_the_same_seed_is_the_same_account() {
    let (twin, other) = (start(options(Dialect::Live)).await, start(options(Dialect::Live)).await);
    let first = twin.reply_account();
    let mut before = first.clone();
    for _ in 0..14 {
        twin.advance(1);
        let after = twin.reply_account();
        assert_eq!(after.today, before.today.tomorrow().unwrap());
        for (old, new) in before.sequences.iter().zip(&after.sequences) {
            assert_eq!((old.id, &old.steps), (new.id, &new.steps));
            assert!(new.days.starts_with(&old.days), "what was, stays");
            assert!(new.people.len() >= old.people.len());
            assert_adds_up(new);
        }
        before = after;
    }
    let sent = |account: &Account| account.sequences.iter().map(|one| one.figures.sent).sum::<u64>();
    assert!(sent(&before) > sent(&first) + 200, "{} and {}", sent(&first), sent(&before));
    assert!(before.sequences.len() > first.sequences.len(), "one begins now and then");
    other.advance(14);
    assert_eq!(other.reply_account(), before, "fourteen days at once are fourteen days");
    assert_ne!(start(Options { seed: 2, ..options(Dialect::Live) }).await.reply_account(), first);
}

#[tokio::test]
async fn the_documented_endpoints_have_exactly_their_fields_and_the_truth() {
    let twin = start(options(Dialect::Requirement)).await;
    let account = twin.reply_account();
    let listed = pages(&twin, "/v3/sequences", 7);
    let listed = by_id(&listed, "id");
    assert_eq!(listed.len(), account.sequences.len());
    for truth in &account.sequences {
        let (id, row) = (truth.id, listed[&truth.id]);
        assert_keys(row, "id name status ownerId teamId isArchived stepsCount");
        assert_eq!((&row["name"], &row["isArchived"]), (&json!(truth.name), &json!(truth.is_archived)));
        assert_eq!(
            (&row["ownerId"], &row["stepsCount"]),
            (&json!(truth.owner_id), &json!(truth.steps.len()))
        );

        let statistics = read(&twin, &format!("/v3/sequences/{id}/statistics"));
        let names = ["sent", "opened", "replied", "bounced", "interested", "notInterested"];
        let figures = truth.figures;
        assert_eq!(
            numbers(&statistics, names),
            [
                figures.sent,
                figures.opened,
                figures.replied,
                figures.bounced,
                figures.interested,
                figures.not_interested
            ]
        );
        let expected = truth.steps.iter().filter(|step| step.kind == Kind::Email).flat_map(|step| {
            step.variants.iter().map(move |variant| (step.number, variant.id, variant.subject, &variant.body))
        });
        let expected: Vec<_> = expected.map(|row| json!(row)).collect();
        let told = |path: &str, names: [&str; 4]| -> Vec<Value> {
            let rows = read(&twin, &format!("/v3/sequences/{id}/{path}"));
            array(&rows).iter().map(|row| names.map(|name| row[name].clone()).into()).collect()
        };
        assert_eq!(told("steps", ["order", "id", "subject", "body"]), expected);
        assert_eq!(told("emails", ["number", "id", "subject", "htmlBody"]), expected);

        let people = pages(&twin, &format!("/v3/people?sequenceId={id}"), 100);
        let people = by_id(&people, "id");
        assert_eq!(people.len(), truth.people.len());
        for person in &truth.people {
            let row = people[&person.id];
            assert_keys(
                row,
                "id email firstName lastName company title phone linkedInUrl status isInterested addedAt",
            );
            assert_eq!(
                (&row["email"], &row["status"]),
                (&json!(person.email), &json!(format!("{:?}", person.state)))
            );
            assert!(row["addedAt"].as_str().unwrap().starts_with(&person.enrolled.to_string()));
        }
    }
    let all = read(&twin, "/v3/statistics");
    let sum = |of: fn(&SequenceFigures) -> u64| account.sequences.iter().map(of).sum::<u64>();
    let names =
        ["sequencesCount", "peopleCount", "activeSequencesCount", "deliveriesCount", "interestedCount"];
    assert_eq!(
        numbers(&all, names),
        [
            account.sequences.len() as u64,
            sum(|one| one.states.total),
            sum(|one| u64::from(one.status == Status::Active)),
            sum(|one| one.figures.delivered),
            sum(|one| one.figures.interested),
        ]
    );
    let mailboxes = read(&twin, "/v3/emailAccounts");
    assert_eq!(array(&mailboxes).len(), account.mailboxes.len());
    for (row, truth) in array(&mailboxes).iter().zip(&account.mailboxes) {
        let either = |one: &str, other: &str| row.get(one).or(row.get(other)).unwrap().clone();
        assert_eq!(either("id", "emailAccountId"), truth.id);
        assert_eq!(either("email", "fromEmail"), truth.address.as_str());
        assert_eq!(either("dailyLimit", "maxEmailsPerDay"), truth.daily_limit);
        assert_eq!(either("sentToday", "dailySentCount"), truth.sent_today);
    }
    assert!(account.mailboxes.iter().any(|mailbox| mailbox.sent_today > 0));
    for path in ["/v1/campaigns", "/v3/email-accounts", "/v3/contacts", "/v2/campaigns/1/steps"] {
        assert_eq!(reply(&twin, path, None).status, 404, "{path}");
    }
}

#[tokio::test]
async fn lifetime_and_reports_tell_the_truth() {
    let twin = start(options(Dialect::Live)).await;
    let account = twin.reply_account();
    let life = read(&twin, "/v1/campaigns?page=2&limit=5");
    let life = by_id(array(&life), "id");
    assert_eq!(life.len(), account.sequences.len(), "all at once, whatever is asked");
    let names = ["deliveriesCount", "opensCount", "repliesCount", "bouncesCount", "optOutsCount"];
    let states = ["peopleCount", "peopleActive", "peopleFinished", "peoplePaused"];
    for truth in &account.sequences {
        let (row, figures) = (life[&truth.id], truth.figures);
        let expected =
            [figures.delivered, figures.opened, figures.replied, figures.bounced, figures.opted_out];
        assert_eq!(numbers(row, names), expected);
        let people = truth.states;
        assert_eq!(numbers(row, states), [people.total, people.active, people.finished, people.paused]);
        let one = read(&twin, &format!("/v1/campaigns?id={}", truth.id));
        assert_eq!(&one, row, "one alone is an object");
        if truth.is_archived {
            continue;
        }
        let step =
            |id: u64| read(&twin, &format!("/v1/Stats/CampaignStep?campaignId={}&stepId={id}", truth.id));
        let sums = truth
            .steps
            .iter()
            .map(|one| numbers(&step(one.id), ["sentEmails", "repliedEmails", "bouncedEmails"]));
        let sums = sums.fold([0; 3], |sum, row| [0, 1, 2].map(|index| sum[index] + row[index]));
        assert_eq!(sums, [figures.sent, figures.replied, figures.bounced]);
    }
    let nobody = reply(&twin, "/v1/campaigns?id=1", None);
    assert_eq!((nobody.status, nobody.body.as_str()), (200, ""));

    // A week, day by day and at once.
    let stats = |from: Date, to: Date| report(&twin, "/v3/sequences/stats", &json!({"from": from, "to": to}));
    let names = ["delivered", "opened", "replied", "bounced", "interested", "optedOut", "meetingsBooked"];
    let begin = account.today.saturating_sub(6.days());
    let week = stats(begin, account.today);
    let days: Vec<_> = (0..7).map(|day| begin.saturating_add(day.days())).collect();
    let by_day: Vec<_> = days.iter().map(|day| stats(*day, *day)).collect();
    for truth in &account.sequences {
        let of = |rows: &Value| numbers(&by_id(array(rows), "sequenceId")[&truth.id]["emailOverview"], names);
        let mut sum = [0; 7];
        for (date, rows) in days.iter().zip(&by_day) {
            let day =
                truth.days.iter().find(|day| day.date == *date).map(|day| day.figures).unwrap_or_default();
            let expected = [
                day.delivered,
                day.opened,
                day.replied,
                day.bounced,
                day.interested,
                day.opted_out,
                day.meetings,
            ];
            assert_eq!(of(rows), expected, "{} on {date}", truth.name);
            sum = std::array::from_fn(|index| sum[index] + expected[index]);
        }
        assert_eq!(of(&week), sum);
        let filters = json!({"from": begin, "to": account.today, "sequenceIds": [truth.id]});
        assert_eq!(numbers(&report(&twin, "/v3/reporting/emails/overview", &filters), names), sum);
    }
    let last = twin.requests().pop().unwrap();
    assert!(last.body.contains("sequenceIds"), "the log tells what was posted");
    let status =
        |filters: Value| reply(&twin, "/v3/sequences/stats", Some(&json!({ "filters": filters }))).status;
    assert_eq!(status(json!({"from": "2026-09-01", "to": "2026-10-31"})), 400, "longer than a month");
    assert_eq!(status(json!({"from": "2026-10-05T00:00:00+02:00", "to": "2026-10-05"})), 500);
    assert_eq!(status(json!({"dateRangePreset": "lastMonth"})), 200);
    assert_eq!(status(json!({})), 400);
}

#[tokio::test]
async fn pages_hold_everything_once_and_unknown_names_are_not_seen() {
    let twin = start(options(Dialect::Live)).await;
    let account = twin.reply_account();
    let sequences: BTreeSet<u64> = account.sequences.iter().map(|one| one.id).collect();
    for top in [7, 100] {
        assert!(by_id(&pages(&twin, "/v3/sequences", top), "id").keys().eq(&sequences));
    }
    for path in
        ["/v3/sequences", "/v3/sequences?limit=100", "/v3/sequences?page=2", "/v3/sequences?offset=25"]
    {
        let page = read(&twin, path);
        assert_eq!((array(&page["items"]).len(), &page["hasMore"]), (25, &json!(true)), "{path}");
        assert_eq!(page["items"][0]["id"], *sequences.last().unwrap(), "{path}");
    }
    for query in ["top=0", "top=1001", "top=x", "skip=-1"] {
        let refused = reply(&twin, &format!("/v3/sequences?{query}"), None);
        assert_eq!((refused.status, refused.header("content-type")), (400, Some("application/problem+json")));
        assert!(refused.json()["errors"][0]["pointer"].is_string());
    }
    let contacts = pages(&twin, "/v3/contacts", 1000);
    let contacts = by_id(&contacts, "id");
    let people = || account.sequences.iter().flat_map(|one| &one.people);
    assert!(contacts.keys().copied().eq(people().map(|person| person.id).collect::<BTreeSet<_>>()));
    assert!(by_id(&numbered_pages(&twin, "/v1/people"), "id").keys().eq(contacts.keys()));
    let archived = pages(&twin, "/v3/sequences?isArchived=true", 100);
    assert_eq!(archived.len(), account.sequences.iter().filter(|one| one.is_archived).count());
    for person in people() {
        let row = contacts[&person.id];
        assert_eq!(row["email"].as_str().unwrap().to_lowercase(), person.email);
        assert_eq!(row["isOptedOut"], person.is_opted_out);
    }
    for truth in account.sequences.iter().filter(|one| !one.people.is_empty()) {
        let expected: Vec<u64> = truth.people.iter().rev().map(|person| person.id).collect();
        let ids = |rows: &[Value], name: &str| -> Vec<u64> {
            rows.iter().map(|row| row[name].as_u64().unwrap()).collect()
        };
        let rows = pages(&twin, &format!("/v3/sequences/{}/contacts", truth.id), 40);
        assert_eq!(ids(&rows, "contactId"), expected, "newest first");
        for (row, person) in rows.iter().zip(truth.people.iter().rev()) {
            let replied = row["emailDisposition"]["isReplied"].as_bool();
            assert_eq!(replied == Some(true), person.state == PersonState::Replied);
        }
        let rows = pages(&twin, &format!("/v3/sequences/{}/contacts/state", truth.id), 1000);
        let step = |row: &Value| row["currentStep"]["stepNumber"].as_u64();
        assert!(rows.iter().map(step).eq(truth.people.iter().rev().map(|person| person.step)));
        let old = numbered_pages(&twin, &format!("/v1/campaigns/{}/people", truth.id));
        assert_eq!(ids(&old, "id"), expected);
    }
    let threads = pages(&twin, "/v3/inbox/threads", 100);
    let told = by_id(&threads, "id").into_values().filter(|row| row["category"]["name"] == "Interested");
    assert_eq!(told.count(), people().filter(|person| person.category == Some("Interested")).count());
    assert_eq!(array(&read(&twin, "/v3/inbox/threads/categories")).len(), account.categories.len());
    assert_eq!(pages(&twin, "/v3/email-accounts", 5).len(), account.mailboxes.len());
    assert_eq!(array(&read(&twin, "/v1/emailAccounts")).len(), account.mailboxes.len());
}

#[tokio::test]
async fn live_steps_are_those_of_the_account_and_absent_routes_say_so() {
    let twin = start(options(Dialect::Live)).await;
    let account = twin.reply_account();
    for truth in &account.sequences {
        let path = format!("/v3/sequences/{}", truth.id);
        let detail = read(&twin, &path);
        if truth.hides_steps {
            let refused = reply(&twin, &format!("{path}/steps"), None);
            assert_eq!((refused.status, &refused.json()["code"]), (404, &json!("sequence.notFound")));
            assert_eq!(detail["steps"], json!([]));
            continue;
        }
        let steps = read(&twin, &format!("{path}/steps"));
        assert_eq!(steps, detail["steps"]);
        assert_eq!(array(&steps).len(), truth.steps.len());
        for (row, step) in array(&steps).iter().zip(&truth.steps) {
            assert_eq!((&row["id"], row["type"] == "email"), (&json!(step.id), step.kind == Kind::Email));
            let delay = if step.kind == Kind::Condition { "waitInMinutes" } else { "delayInMinutes" };
            assert_eq!(row[delay], step.delay_minutes);
            let texts = step.variants.iter().map(|one| (json!(one.id), json!(one.body)));
            let told = array(&row["variants"]).iter().map(|one| (one["id"].clone(), one["message"].clone()));
            assert!(told.eq(texts), "{row}");
        }
        let old = read(&twin, &format!("/v2/campaigns/{}/steps", truth.id));
        let mails = truth.steps.iter().filter(|step| step.kind == Kind::Email);
        let expected: Vec<_> = mails.map(|step| (json!(step.id), json!(step.number))).collect();
        let told = array(&old).iter().map(|row| (row["id"].clone(), row["number"].clone()));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(reply(&twin, &format!("{path}/emails"), None).status, 404);
        assert_eq!(reply(&twin, &format!("{path}/statistics"), None).status, 404);
    }
    let mut bodies = BTreeSet::new();
    for path in ["/v3/emailAccounts", "/v3/statistics", "/v3/people?sequenceId=1", "/v3/reports/sequences/1"]
    {
        let absent = reply(&twin, path, None);
        assert_eq!(absent.status, 404, "{path}");
        assert!(!absent.body.contains("\"code\""), "a route is missing, not a thing");
        bodies.insert(absent.body.get(..1).unwrap_or_default().to_owned());
    }
    assert!(bodies.len() > 1, "it does not say so in one way alone");
    let secrets = account.mailboxes.iter().filter(|mailbox| {
        let detail = reply(&twin, &format!("/v3/email-accounts/{}", mailbox.id), None);
        detail.body.contains("mailbox-secret-")
    });
    assert!((1..account.mailboxes.len()).contains(&secrets.count()));
}

#[tokio::test]
async fn keys_areas_and_limits() {
    let forbids = Some(ReplyArea::Reporting);
    let limited =
        Options { reply_forbids: forbids, reply_limits: true, rate_limit: 3, ..options(Dialect::Live) };
    let twin = start(limited).await;
    let status = |header: &str, path: &str| reply_with(&twin, header, path, None).status;
    for header in ["x-api-key: twin-key", "Authorization: Bearer twin-key"] {
        assert_eq!(status(header, "/v3/whoami"), 200, "{header}");
    }
    assert_eq!(
        status("authorization: Bearer twin-key", "/v1/emailAccounts"),
        401,
        "the old ones know a key alone"
    );
    for header in ["x-api-key: other", "authorization: Bearer other", "x-other: twin-key"] {
        let refused = reply_with(&twin, header, "/v3/whoami?apiKey=twin-key", None);
        assert_eq!((refused.status, refused.body.as_str()), (401, ""));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    let body = json!({"filters": {"dateRangePreset": "lastMonth"}});
    let forbidden = reply(&twin, "/v3/sequences/stats", Some(&body));
    assert_eq!((forbidden.status, &forbidden.json()["code"]), (403, &json!("auth.missingScope")));
    assert_eq!(status("x-api-key: twin-key", "/v3/sequences"), 200, "the rest goes on");

    // Seven calls so far; one service's calls are not another's.
    assert_eq!([(); 4].map(|()| get(&twin, "/campaigns").status), [200, 200, 200, 429]);
    let statuses: Vec<u16> = (0..94).map(|_| reply(&twin, "/v3/whoami", None).status).collect();
    assert_eq!(statuses.iter().position(|status| *status == 429), Some(93));
    let wait: u64 = reply(&twin, "/v3/whoami", None).header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait));
    assert_eq!(status("x-api-key: twin-key", "/v1/emailAccounts"), 200, "it is another window");
    let [first, second] = [(); 2].map(|()| reply(&twin, "/v1/campaigns", None));
    assert_eq!((first.status, second.status, second.body.as_str()), (200, 429, "Too much requests"));
}

#[tokio::test]
async fn four_hundred_sequences_and_any_dialect_from_one_account() {
    let many =
        Options { reply_sequences: 400, reply_people: 10, reply_mailboxes: 60, ..options(Dialect::Live) };
    let twin = start(many).await;
    let live = pages(&twin, "/v3/sequences", 100);
    assert_eq!(by_id(&live, "id").len(), 400);
    twin.set_dialect(Dialect::Requirement);
    let documented = pages(&twin, "/v3/sequences", 100);
    assert!(live.iter().zip(&documented).all(|(one, other)| one["id"] == other["id"]));
    assert_eq!(twin.reply_account().mailboxes.len(), 60);
    twin.set_api_key("other");
    assert_eq!(reply(&twin, "/v3/whoami", None).status, 401);
}
