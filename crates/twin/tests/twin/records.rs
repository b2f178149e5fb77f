//! Categories, mailboxes, steps and leads: complete page by page, spelled as their dialect says.

use std::collections::{BTreeMap, BTreeSet};

use atlas_twin::{CampaignFigures, Dialect, Options, Status, Twin};
use serde_json::{Value, json};

use crate::http::get;
use crate::start;

/// The rows of all pages, asked for until one is short.
fn pages(twin: &Twin, path: &str, limit: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let answer = get(twin, &format!("{path}?offset={}&limit={limit}", rows.len())).json();
        let page = if answer.is_array() { answer } else { answer["data"].clone() };
        let page: Vec<Value> = serde_json::from_value(page).unwrap();
        rows.extend(page.iter().cloned());
        if page.len() < limit {
            return rows;
        }
    }
}

fn rows(twin: &Twin, path: &str) -> Vec<Value> {
    serde_json::from_value(get(twin, path).json()).unwrap()
}

/// The names of a record's fields.
fn keys(record: &Value) -> BTreeSet<&str> {
    record.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_keys(record: &Value, names: &str) {
    assert_eq!(keys(record), names.split_whitespace().collect(), "{record}");
}

#[tokio::test]
async fn pages_hold_every_lead_once_and_in_its_state() {
    let all = Options { campaigns: 40, leads_per_campaign: None, ..Options::default() };
    let twin = start(all).await;
    let few = |one: &&CampaignFigures| (1..=3000).contains(&one.leads.total);
    let (mut ids, mut places, mut addresses) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for campaign in twin.account().campaigns.iter().filter(few) {
        let leads = pages(&twin, &format!("/campaigns/{}/leads/", campaign.id), 100);
        assert_eq!((leads.len() as u64, campaign.leads_served), (campaign.leads.total, campaign.leads.total));
        let mut found = BTreeMap::<_, u64>::new();
        for row in &leads {
            *found.entry(row["status"].as_str().unwrap().to_owned()).or_default() += 1;
            assert!(row["lead"]["id"].as_u64().unwrap() > u64::from(u32::MAX));
            assert!(ids.insert(row["lead"]["id"].as_u64()), "twice: {row}");
            assert!(places.insert(row["campaign_lead_map_id"].to_string().replace('"', "")));
            assert!(addresses.insert(row["lead"]["email"].to_string()), "twice: {row}");
        }
        let truth = campaign.leads;
        let expected = [
            ("STARTED", truth.not_started),
            ("INPROGRESS", truth.in_progress),
            ("PAUSED", truth.paused),
            ("COMPLETED", truth.completed),
            ("STOPPED", truth.stopped),
            ("BLOCKED", truth.blocked),
        ];
        let expected = expected.into_iter().filter(|(_, count)| *count > 0);
        assert_eq!(found, expected.map(|(word, count)| (word.to_owned(), count)).collect());
    }
    assert!(ids.len() > 5000, "{}", ids.len());
}

#[tokio::test]
async fn served_leads_are_few_and_live_on() {
    let twin = start(Options { campaigns: 60, ..Options::default() }).await;
    let mut seen = Vec::new();
    for campaign in &twin.account().campaigns {
        let answer = get(&twin, &format!("/campaigns/{}/leads", campaign.id)).json();
        assert_eq!(campaign.leads_served, campaign.leads.total.min(40));
        assert_eq!(answer["total_leads"], campaign.leads_served.to_string());
        assert_eq!((&answer["offset"], &answer["limit"]), (&json!(0), &json!(100)));
        seen.extend(answer["data"].as_array().unwrap().iter().cloned());
    }
    let any = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(seen.iter().any(is), "no {what}");
    any("number", &|row| row["campaign_lead_map_id"].is_u64());
    any("text", &|row| row["campaign_lead_map_id"].is_string());
    any("category", &|row| row["lead_category_id"].is_u64());
    any("opt-out", &|row| row["lead"]["is_unsubscribed"] == true);
    any("private address", &|row| row["lead"]["email"].as_str().unwrap().ends_with("@gmail.com"));
    any("blank company", &|row| row["lead"]["company_name"] == "" && row["lead"]["website"] == "");
    let companies: Vec<_> = seen.iter().map(|row| row["lead"]["company_name"].to_string()).collect();
    let names: BTreeSet<_> = companies.iter().collect();
    assert!((companies.len() / 2..companies.len() * 19 / 20).contains(&names.len()), "a few have colleagues");
    let ids: BTreeSet<_> = twin.account().categories.iter().map(|category| category.id).collect();
    assert!(seen.iter().filter_map(|row| row["lead_category_id"].as_u64()).all(|id| ids.contains(&id)));

    let before: BTreeMap<_, _> = seen.iter().map(|row| (row["lead"]["id"].as_u64(), row)).collect();
    twin.advance(10);
    let mut moved = 0;
    for campaign in twin.account().campaigns.iter().take(60) {
        let path = format!("/campaigns/{}/leads", campaign.id);
        for row in pages(&twin, &path, 7) {
            let old = before[&row["lead"]["id"].as_u64()];
            assert_eq!(old["lead"]["email"], row["lead"]["email"]);
            let is_other = old["status"] != row["status"];
            assert!(!is_other || campaign.status != Status::Paused);
            assert!(!is_other || !["BLOCKED", "STOPPED"].contains(&old["status"].as_str().unwrap()));
            moved += u32::from(is_other);
        }
    }
    assert!(moved > 10, "{moved} moved");
}

#[tokio::test]
async fn pages_hold_every_mailbox_once() {
    let twin = start(Options::default()).await;
    let account = twin.account();
    assert_eq!(account.mailboxes.len(), 160);
    assert_eq!(rows(&twin, "/email-accounts").len(), 100, "a page without a limit");
    for limit in [7, 100] {
        let mailboxes = pages(&twin, "/email-accounts/", limit);
        assert_eq!(mailboxes.len(), account.mailboxes.len());
        for (row, truth) in mailboxes.iter().zip(&account.mailboxes) {
            assert_eq!((&row["id"], &row["from_email"]), (&json!(truth.id), &json!(truth.address)));
            let reputation = truth.warmup_reputation.map(|share| format!("{share}%"));
            assert_eq!(row["warmup_details"]["warmup_reputation"], json!(reputation));
            assert_eq!(row["daily_sent_count"], truth.daily_sent);
            assert_eq!(row["is_imap_success"], truth.is_imap_ok);
            assert_eq!(row["imap_failure_error"].is_null(), truth.is_imap_ok);
            for secret in [&row["password"], &row["imap_password"]] {
                let is_oauth = row["type"] == "GMAIL" || row["type"] == "OUTLOOK";
                assert_eq!(is_oauth, secret.is_null());
                assert!(is_oauth || secret.as_str().unwrap().contains("mailbox-secret-"));
            }
        }
    }
    let addresses: BTreeSet<_> = account.mailboxes.iter().map(|mailbox| &mailbox.address).collect();
    assert_eq!(addresses.len(), 160);
    assert!(account.mailboxes.iter().any(|mailbox| !mailbox.is_imap_ok));
    assert!(account.mailboxes.iter().any(|mailbox| mailbox.warmup_reputation.is_none()));
    twin.advance(1);
    assert_ne!(twin.account().mailboxes, account.mailboxes);
    let small = start(Options { campaigns: 1, ..Options::default() }).await;
    assert_eq!(small.account().mailboxes.len(), 3);
}

#[tokio::test]
async fn live_steps_are_those_of_the_account() {
    let twin = start(Options { campaigns: 80, ..Options::default() }).await;
    let (mut deleted, mut is_ordered) = (0, true);
    for campaign in &twin.account().campaigns {
        let steps = rows(&twin, &format!("/campaigns/{}/sequences", campaign.id));
        assert_eq!(steps.len(), campaign.steps.len());
        assert_eq!(steps.is_empty(), campaign.leads.total == 0);
        is_ordered &= steps.is_sorted_by_key(|step| step["seq_number"].as_u64());
        for truth in &campaign.steps {
            let step = steps.iter().find(|step| step["id"] == truth.id).unwrap();
            assert_eq!(step["seq_number"], truth.number);
            assert_eq!(step["seq_delay_details"]["delayInDays"], truth.delay_days);
            assert_eq!(step["subject"], truth.subject.as_str());
            assert_eq!(step["email_body"] == "", !truth.variants.is_empty());
            let variants = step["sequence_variants"].as_array().map(Vec::as_slice).unwrap_or_default();
            let told = variants.iter().map(|variant| {
                assert!(variant["email_body"].as_str().unwrap().contains("{{"));
                (&variant["variant_label"], &variant["subject"], &variant["is_deleted"])
            });
            let expected: Vec<_> = truth
                .variants
                .iter()
                .map(|one| (json!(one.label), json!(one.subject), json!(one.is_deleted)))
                .collect();
            assert!(told.eq(expected.iter().map(|(label, subject, gone)| (label, subject, gone))));
            deleted += truth.variants.iter().filter(|variant| variant.is_deleted).count();
        }
    }
    assert!(deleted > 0 && !is_ordered);
}

#[tokio::test]
async fn the_documented_records_have_exactly_their_fields() {
    let options = Options { campaigns: 40, dialect: Dialect::Requirement, ..Options::default() };
    let twin = start(options).await;
    for category in rows(&twin, "/leads/fetch-categories/") {
        assert_keys(&category, "id name color is_positive is_meeting is_ooo sort_order");
    }
    for mailbox in rows(&twin, "/email-accounts") {
        assert_keys(
            &mailbox,
            "id from_email from_name smtp_host smtp_port is_smtp_success smtp_failure_error imap_host imap_port \
             is_imap_success imap_failure_error message_per_day daily_sent_count warmup_enabled warmup_details \
             custom_tracking_domain type",
        );
        let details = "status warmup_reputation total_spam_count total_sent_count";
        assert_keys(&mailbox["warmup_details"], details);
        assert!(mailbox["warmup_details"]["warmup_reputation"].is_u64());
    }
    let mut variants = 0;
    for campaign in &twin.account().campaigns {
        for step in rows(&twin, &format!("/campaigns/{}/sequences/", campaign.id)) {
            let names = "seq_id seq_number subject email_body seq_delay_details variant_label send_as_reply";
            assert_keys(&step, &format!("{names} sequence_variants"));
            assert_keys(&step["seq_delay_details"], "delay_in_days");
            assert_ne!(step["email_body"], "");
            for variant in step["sequence_variants"].as_array().unwrap() {
                assert_keys(variant, names);
                variants += 1;
            }
        }
        let answer = get(&twin, &format!("/campaigns/{}/leads", campaign.id)).json();
        assert_eq!(answer["total_leads"], campaign.leads_served);
        for lead in answer["data"].as_array().unwrap() {
            assert_keys(
                lead,
                "id email first_name last_name company_name phone_number website linkedin_profile lead_status \
                 email_status is_interested is_unsubscribed last_email_sequence_sent open_count reply_count \
                 lead_category custom_fields",
            );
        }
    }
    assert!(variants > 20);
}

#[tokio::test]
async fn categories_are_the_accounts_and_wrong_pages_are_refused() {
    let twin = start(Options { campaigns: 3, ..Options::default() }).await;
    let categories = rows(&twin, "/leads/fetch-categories");
    let account = twin.account();
    assert_eq!(categories.len(), account.categories.len());
    for (row, truth) in categories.iter().zip(&account.categories) {
        assert_keys(row, "id created_at name sentiment_type");
        let told = (&row["id"], &row["name"], &row["sentiment_type"]);
        assert_eq!(told, (&json!(truth.id), &json!(truth.name), &json!(truth.sentiment)));
    }
    let leads = format!("/campaigns/{}/leads", account.campaigns[0].id);
    for dialect in [Dialect::Live, Dialect::Requirement] {
        twin.set_dialect(dialect);
        for path in ["/email-accounts", &leads] {
            for query in ["offset=-1", "offset=x", "limit=0", "limit=101", "limit="] {
                assert_eq!(get(&twin, &format!("{path}?{query}")).status, 400, "{path}?{query}");
            }
            assert_eq!(get(&twin, &format!("{path}?offset=99999&limit=1")).status, 200);
        }
        assert_eq!(get(&twin, "/campaigns/1/leads").status, 404);
        assert_eq!(get(&twin, "/campaigns/x/sequences").status, 400);
    }
}
