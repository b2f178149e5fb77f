//! What campaigns add up to: reports tell the same with kept sums, without them and with some of them, whatever was written
//! since these were kept.

use atlas_model::{Period, Platform};
use atlas_store::{Filter, GroupBy, PeopleBy, RepliesWanted, Store, Verdict};
use atlas_twin::{Dialect, Options, PhoneBurner};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::lessons::reply;
use crate::three_services::desk_of_all;
use crate::webhooks::{Server, target};
use crate::world::{Desk, MORNING, assert_same, block_on, engines, execute, number, start};

const PEOPLE: [PeopleBy; 5] =
    [PeopleBy::Total, PeopleBy::Client, PeopleBy::Platform, PeopleBy::Source, PeopleBy::Campaign];
const GROUPS: [GroupBy; 5] =
    [GroupBy::None, GroupBy::Client, GroupBy::Platform, GroupBy::Source, GroupBy::Campaign];

/// A lead who is in the sums of its campaign.
const SUMMED: &str = "e.person_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM single_leads AS s WHERE s.source_id = e.source_id \
     AND s.campaign_id = e.campaign_id AND s.external_lead_id = e.external_lead_id)";

/// As every transaction of the program notes it.
const NOTED: &str = "INSERT INTO campaign_changes (source_id, campaign_id, changes) SELECT source_id, campaign_id, 1 \
     FROM enrollments WHERE status = 'turned up' ON CONFLICT (source_id, campaign_id) \
     DO UPDATE SET changes = campaign_changes.changes + 1";

/// How far people came and what replies want, in all ways, of several parts of the data.
fn told(desk: &Desk, today: Date) -> String {
    let period = |days: i64| Some(Period { from: today - days.days(), to: today });
    let zone = |name: &str| TimeZone::get(name).ok();
    let filters = [
        Filter::default(),
        Filter { period: period(29), ..Filter::default() },
        Filter { period: period(29), zone: zone("Asia/Tokyo"), ..Filter::default() },
        Filter { period: period(75), ..Filter::default() },
        Filter { period: period(400), zone: zone("UTC"), ..Filter::default() },
        Filter { period: period(400), zone: zone("Asia/Tokyo"), ..Filter::default() },
        Filter { client: Some("acme".to_owned()), period: period(400), ..Filter::default() },
        Filter { platform: Some(Platform::SmartLead), ..Filter::default() },
        Filter { status: Some("active".to_owned()), ..Filter::default() },
    ];
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let mut lines = String::new();
        for (place, filter) in filters.iter().enumerate() {
            // Ways to take together are one thing, parts of the data another.
            let some = if place == 0 { 5 } else { 1 };
            for by in PEOPLE.into_iter().take(some) {
                for part in store.report_journey(filter, by).await.unwrap() {
                    lines += &format!("{place} people by {by:?}: {}\n", json!(part));
                }
            }
            for by in GROUPS.into_iter().take(some) {
                for line in store.report_intents(filter, by).await.unwrap() {
                    lines += &format!("{place} replies by {by:?}: {}\n", json!(line));
                }
            }
        }
        store.close().await;
        lines
    })
}

/// Reports tell what they tell without any sums: with those that were kept before, and once what was written to is added up
/// again. Which is that.
fn told_alike(desk: &Desk, today: Date, deed: &str) -> String {
    let add_up = || desk.run(&["analyze", "alerts"]).expect(0);
    let with_some = told(desk, today);
    add_up();
    let with_all = told(desk, today);
    execute(&desk.url, &["DELETE FROM campaign_sums".to_owned()]);
    let without = told(desk, today);
    assert_same(&without, &with_some, &format!("{deed}: with the sums that were kept before"));
    assert_same(&without, &with_all, &format!("{deed}: added up again"));
    add_up();
    let missing = "SELECT (SELECT COUNT(*) FROM campaigns) - (SELECT COUNT(*) FROM campaign_sums)";
    assert_eq!(number(&desk.url, missing), Some(0), "{deed}");
    without
}

async fn newest_reply(store: &Store) -> (i64, String, String) {
    let wanted = RepliesWanted { limit: 1, ..RepliesWanted::default() };
    let reply = store.report_replies(&Filter::default(), &wanted).await.unwrap().swap_remove(0);
    (reply.source_id, reply.campaign_id, reply.event_key)
}

fn correct(desk: &Desk, is_meant: bool) {
    let who = ("story", MORNING.parse::<Timestamp>().unwrap());
    let verdict = Verdict { reply_category: "referral", sentiment: "neutral", is_positive: false };
    block_on(async {
        let store = Store::open(&desk.url).await.unwrap();
        let (source, campaign, event) = newest_reply(&store).await;
        let key = (source, campaign.as_str(), event.as_str());
        let done = match is_meant {
            true => store.correct_reply(key, verdict, who).await,
            false => store.take_correction_back(key, who).await,
        };
        assert!(done.unwrap());
        store.close().await;
    });
}

/// Leads that are in sums turn up elsewhere, as nobody adds up meanwhile: with a key, without one, and among calls.
fn somebody_turns_up(desk: &Desk, is_other: &mut impl FnMut(&str)) {
    let somebody = "SELECT e.source_id, (SELECT MAX(c.external_id) FROM campaigns AS c WHERE c.source_id = e.source_id \
         AND c.external_id <> e.campaign_id) AS campaign_id, e.external_lead_id, e.person_key, 'turned up', 1 \
         FROM enrollments AS e";
    let turn_up = |which: &str| {
        let new = "INSERT INTO enrollments (source_id, campaign_id, external_lead_id, person_key, status, current_step)";
        let only = "ORDER BY e.source_id, e.campaign_id, e.external_lead_id LIMIT 1";
        let statements = [format!("{new} {somebody} WHERE {which} {only}"), NOTED.to_owned()];
        execute(&desk.url, &statements);
    };
    turn_up(SUMMED);
    is_other("somebody turns up in another campaign");
    let settled = "UPDATE enrollments SET status = NULL WHERE status = 'turned up'".to_owned();
    let unknown = "UPDATE enrollments SET person_key = NULL WHERE source_id = 1".to_owned();
    execute(&desk.url, &[settled, unknown, "DELETE FROM campaign_sums".to_owned()]);
    desk.run(&["analyze", "alerts"]).expect(0);
    turn_up(&SUMMED.replace("e.person_key IS NOT NULL", "e.source_id = 1 AND e.person_key IS NULL"));
    is_other("a lead of whom nobody knows who it is turns up in another campaign");
    let called = format!(
        "UPDATE contacts SET person_key = (SELECT MIN(e.person_key) FROM enrollments AS e WHERE {SUMMED}) \
         WHERE (source_id, external_lead_id) IN (SELECT a.source_id, MIN(a.contact_id) FROM call_activities AS a \
         GROUP BY a.source_id)"
    );
    execute(&desk.url, &[called]);
    is_other("somebody is called");
}

/// One lead replies in two campaigns.
fn post_two_replies(desk: &Desk) {
    let address = target(desk, "smartlead", &[]);
    let server = Server::start(desk);
    for which in ["MIN", "MAX"] {
        let mut body = reply("EMAIL_REPLY", 1, "Re: plan", "Sounds good, send me your prices.");
        let sql = format!("SELECT {which}(CAST(external_id AS BIGINT)) FROM campaigns WHERE source_id = 1");
        body["campaign_id"] = number(&desk.url, &sql).into();
        body["stats_id"] = which.into();
        assert_eq!(server.post(&address, body.to_string().as_bytes()).status, 200);
    }
    server.stop().expect(0);
}

#[test]
fn reports_tell_the_same_whatever_sums_are_kept() {
    let phoneburner = PhoneBurner { members: 2, contacts: 15, call_days: 40, ..PhoneBurner::default() };
    let twin = start(Options {
        dialect: Dialect::Live,
        campaigns: 6,
        leads_per_campaign: Some(8),
        reply_sequences: 5,
        reply_mailboxes: 3,
        reply_people: 8,
        phoneburner,
        ..Options::default()
    });
    let today = twin.account().today;
    let mut ends = Vec::new();
    for engine in engines() {
        let desk = desk_of_all(engine, &twin);
        desk.run(&["source", "set", "smartlead", "sync_activities=true", "backfill_days=400"]).expect(0);
        desk.run(&["sync"]).expect(0);
        // In the east they came a day later, which is in the period.
        let evening =
            format!("UPDATE enrollments SET enrolled_at = '{}T20:00:00.000000Z'", today - 30.days());
        execute(
            &desk.url,
            &[format!("{evening} WHERE source_id = 1"), "DELETE FROM campaign_sums".to_owned()],
        );
        desk.run(&["analyze", "alerts"]).expect(0);
        let mut before = told_alike(&desk, today, "synced");
        let mut is_other = |deed: &str| {
            let now = told_alike(&desk, today, &format!("{engine:?}, {deed}"));
            assert!(now != before, "{engine:?}, {deed}: nothing is told otherwise");
            before = now;
        };
        // There is something of each kind, and what is kept is what is told.
        for (table, column) in [("reply_sums", "replies"), ("lead_sums", "leads")] {
            let with = told(&desk, today);
            execute(&desk.url, &[format!("UPDATE {table} SET {column} = {column} + 1")]);
            assert!(told(&desk, today) != with, "{engine:?}: {table} are read");
            execute(&desk.url, &[format!("UPDATE {table} SET {column} = {column} - 1")]);
        }
        assert!(number(&desk.url, "SELECT COUNT(*) FROM single_leads") > Some(0));

        correct(&desk, true);
        is_other("a person says what a reply wants");
        correct(&desk, false);
        is_other("and takes that back");

        somebody_turns_up(&desk, &mut is_other);
        for client in ["Other", "Acme"] {
            desk.run(&["source", "set", "smartlead", "--client", client]).expect(0);
            is_other(&format!("it is all done for {client}"));
        }

        post_two_replies(&desk);
        desk.run(&["replay", "--since", "2027-01-01"]).expect(0);
        is_other("a reply is posted");
        desk.run(&["source", "set", "smartlead", "--time-zone", "Pacific/Kiritimati"]).expect(0);
        is_other("another time zone");
        let forgotten = "SELECT COUNT(*) FROM single_leads WHERE external_lead_id = '70001'";
        assert_eq!(number(&desk.url, forgotten), Some(2), "{engine:?}");
        desk.run(&["forget", "lead1@firm.test"]).expect(0);
        assert_eq!(number(&desk.url, forgotten), Some(0), "{engine:?}");
        told_alike(&desk, today, "somebody is forgotten");
        desk.run(&["replay"]).expect(0);
        told_alike(&desk, today, "gone through once more");
        desk.next_day();
        desk.run(&["sync"]).expect(0);
        ends.push(told_alike(&desk, today, "a day later"));
        desk.run(&["source", "remove", "smartlead", "--yes"]).expect(0);
        told_alike(&desk, today, "a source is gone");
    }
    for end in &ends {
        let sorted = |text: &str| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        };
        assert_same(&sorted(&ends[0]), &sorted(end), "another database");
    }
}
