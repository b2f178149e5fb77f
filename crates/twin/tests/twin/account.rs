//! The account is one whole: figures add up, days only add to them, the same seed gives the same bytes.

use std::collections::BTreeMap;

use atlas_twin::{Account, Dialect, Options, Status};
use serde_json::Value;

use crate::http::get;
use crate::start;

/// A counter, told as text or as a number.
fn count(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("no counter: {value}"))
}

fn share(account: &Account, status: Status) -> usize {
    let with = account.campaigns.iter().filter(|campaign| campaign.status == status).count();
    with * 100 / account.campaigns.len()
}

#[tokio::test]
async fn figures_are_plausible_and_add_up() {
    for seed in 1..=5 {
        let twin = start(Options { seed, ..Options::default() }).await;
        for days in [0, 1, 40] {
            twin.advance(days);
            for campaign in &twin.account().campaigns {
                let leads = campaign.leads;
                let states = leads.not_started + leads.in_progress + leads.paused;
                let states = states + leads.completed + leads.stopped + leads.blocked;
                assert_eq!(states, leads.total, "{campaign:?}");
                assert!(leads.total - leads.not_started <= campaign.sent, "{campaign:?}");
                assert!(campaign.replied + campaign.bounced <= campaign.sent, "{campaign:?}");
                assert!(campaign.unique_open <= campaign.sent, "{campaign:?}");
                if campaign.status == Status::Drafted {
                    assert_eq!((campaign.sent, leads.not_started), (0, leads.total));
                }
                if campaign.status == Status::Completed {
                    assert_eq!((leads.not_started, leads.in_progress), (0, 0), "{campaign:?}");
                }
            }
        }
    }
    let account = start(Options::default()).await.account();
    assert_eq!(account.campaigns.len(), 480);
    assert_eq!(share(&account, Status::Active), 35);
    assert!(
        [Status::Paused, Status::Drafted, Status::Stopped].iter().all(|status| share(&account, *status) >= 5)
    );
    let large = || account.campaigns.iter().filter(|campaign| campaign.sent > 1000);
    let in_1000 = |part: u64, of: u64| part * 1000 / of;
    assert!(large().count() > 200);
    assert!(large().all(|one| (5..=60).contains(&in_1000(one.replied, one.sent))), "0.5 to 6 % reply");
    assert!(large().all(|one| (3..=90).contains(&in_1000(one.bounced, one.sent))), "0.3 % bounce at least");
    let bad = large().filter(|one| in_1000(one.bounced, one.sent) > 40).count();
    assert!((1..=large().count() / 12).contains(&bad), "a few are bad: {bad}");
}

#[tokio::test]
async fn bulk_analytics_and_truth_agree() {
    let twin = start(Options { campaigns: 60, ..Options::default() }).await;
    let account = twin.account();
    let today = account.today;
    let bulk = |from: &str, to: &str| -> BTreeMap<u64, [u64; 4]> {
        let path = format!("/analytics/campaign/overall-stats?start_date={from}&end_date={to}");
        let answer = get(&twin, &path).json();
        let rows = answer["data"]["campaign_wise_performance"].as_array().unwrap();
        let figures = |row: &Value| ["sent", "opened", "replied", "bounced"].map(|name| count(&row[name]));
        rows.iter().map(|row| (row["id"].as_u64().unwrap(), figures(row))).collect()
    };
    let whole = bulk("2020-01-01", &today.to_string());

    for truth in &account.campaigns {
        let analytics = get(&twin, &format!("/campaigns/{}/analytics", truth.id)).json();
        let told = |name: &str| count(&analytics[name]);
        let lead = |name: &str| count(&analytics["campaign_lead_stats"][name]);
        assert!(analytics["sent_count"].is_string());
        assert_eq!(analytics["name"], truth.name.as_str());
        assert_eq!(analytics["status"], truth.status.word());
        assert_eq!(
            [told("sent_count"), told("unique_open_count"), told("reply_count"), told("bounce_count")],
            [truth.sent, truth.unique_open, truth.replied, truth.bounced]
        );
        assert_eq!(told("unsubscribed_count"), truth.unsubscribed);
        assert_eq!(
            [lead("total"), lead("notStarted"), lead("inprogress"), lead("paused")],
            [truth.leads.total, truth.leads.not_started, truth.leads.in_progress, truth.leads.paused]
        );
        assert_eq!(
            [lead("completed"), lead("stopped"), lead("blocked")],
            [truth.leads.completed, truth.leads.stopped, truth.leads.blocked]
        );
        let figures = [truth.sent, truth.unique_open, truth.replied, truth.bounced];
        assert_eq!(whole.get(&truth.id).copied(), (truth.sent > 0).then_some(figures), "{truth:?}");
    }

    // Two windows side by side are the whole.
    let (old, new) = (bulk("2020-01-01", "2026-09-15"), bulk("2026-09-16", "2027-12-31"));
    let none = [0; 4];
    for (id, figures) in &whole {
        let (old, new) = (old.get(id).unwrap_or(&none), new.get(id).unwrap_or(&none));
        assert_eq!(*figures, [0, 1, 2, 3].map(|index| old[index] + new[index]));
    }
    assert!(old.len() < whole.len() && new.len() < whole.len());
    assert!(bulk("2026-10-31", "2026-11-01").is_empty(), "nobody sends at the weekend");
}

#[tokio::test]
async fn days_only_add_and_only_to_what_runs() {
    let twin = start(Options::default()).await;
    let mut before = twin.account();
    let (first, mut ended) = (before.clone(), 0);
    for _ in 0..14 {
        twin.advance(1);
        let after = twin.account();
        let mut moved = 0;
        for (old, new) in before.campaigns.iter().zip(&after.campaigns) {
            assert_eq!(old.id, new.id, "the old ones keep their order");
            assert!(new.sent >= old.sent && new.unique_open >= old.unique_open && new.replied >= old.replied);
            assert!(new.bounced >= old.bounced && new.unsubscribed >= old.unsubscribed);
            if old.status != Status::Active {
                assert_eq!(new, old, "it does not run");
            }
            moved += usize::from(new.sent > old.sent);
            ended += usize::from(new.status != old.status);
        }
        let day = after.today.strftime("%a").to_string();
        assert_eq!(moved > 100, !["Sat", "Sun"].contains(&day.as_str()), "{moved} moved on a {day}");
        before = after;
    }
    assert!((10..=20).contains(&ended), "one or two end on a weekday: {ended} in ten");
    let begun = before.campaigns.len() - first.campaigns.len();
    assert!((1..=8).contains(&begun), "one begins now and then: {begun}");
    assert!(before.campaigns.last().unwrap().id > first.campaigns.last().unwrap().id);

    let other = start(Options::default()).await;
    other.advance(14);
    assert_eq!(other.account(), before, "fourteen days at once are fourteen days");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let all = async |seed: u64, dialect: Dialect| {
        let twin = start(Options { seed, dialect, campaigns: 30, ..Options::default() }).await;
        twin.advance(3);
        let ids: Vec<u64> = twin.account().campaigns.iter().map(|campaign| campaign.id).collect();
        let analytics = |id: &u64| get(&twin, &format!("/campaigns/{id}/analytics")).body;
        get(&twin, "/campaigns").body + &ids.iter().map(analytics).collect::<String>()
    };
    for dialect in [Dialect::Live, Dialect::Requirement] {
        assert_eq!(all(7, dialect).await, all(7, dialect).await);
        assert_ne!(all(7, dialect).await, all(8, dialect).await);
    }
}
