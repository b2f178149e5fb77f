//! Alerts: what is surely wrong is told, what may be chance is not.

use atlas_insight::alerts::{
    Account, Bounces, Level, Mailbox, Replies, of_account, of_bounces, of_mailbox, of_replies,
};
use atlas_insight::thresholds::Thresholds;

fn limits() -> Thresholds {
    Thresholds::of(&std::collections::BTreeMap::new())
}

fn level_of_bounces(sent: i64, bounced: i64) -> Option<Level> {
    of_bounces(&Bounces { sent, bounced, ..Bounces::default() }, &limits()).map(|alert| alert.level)
}

#[test]
fn bounces_that_are_surely_too_many() {
    for (sent, bounced, level) in [
        (49, 20, None),
        // Two of sixty are more than 3 %, and that may be chance.
        (60, 2, None),
        (50, 4, Some(Level::Critical)),
        (1000, 20, None),
        (1000, 28, Some(Level::Warning)),
        (1000, 38, Some(Level::Critical)),
        (100_000, 2_900, Some(Level::Warning)),
        (0, 0, None),
    ] {
        assert_eq!(level_of_bounces(sent, bounced), level, "{bounced} of {sent}");
    }
}

#[test]
fn replies_that_fall_against_their_own() {
    let falls = |sent, replied, sent_before, replied_before| {
        let replies = Replies { sent, replied, sent_before, replied_before, ..Replies::default() };
        !of_replies(&[replies], &limits()).is_empty()
    };
    assert!(falls(1000, 15, 4000, 160));
    assert!(!falls(10_000, 300, 40_000, 1600), "three quarters are left, surely");
    assert!(!falls(200, 3, 400, 12), "that may be chance");
    assert!(!falls(100, 0, 4000, 160), "too few mails");
    assert!(!falls(1000, 0, 4000, 0));
    // One in three hundred: alone it is told, among many campaigns one of them looks like that by chance.
    let low = Replies { sent: 230, replied: 7, sent_before: 920, replied_before: 76, ..Replies::default() };
    let steady = Replies { replied: 19, ..low.clone() };
    assert_eq!(of_replies(std::slice::from_ref(&low), &limits()).len(), 1);
    assert!(of_replies(&[vec![low], vec![steady; 12]].concat(), &limits()).is_empty());
}

#[test]
fn mailboxes_and_accounts() {
    let kinds = |mailbox: &Mailbox| {
        of_mailbox(mailbox, &limits()).into_iter().map(|alert| (alert.kind, alert.level)).collect::<Vec<_>>()
    };
    let failing = Mailbox {
        smtp_failure: Some("535".to_owned()),
        smtp_readings: 1,
        imap_readings: 7,
        ..Mailbox::default()
    };
    assert_eq!(kinds(&failing), []);
    assert_eq!(kinds(&Mailbox { smtp_readings: 2, ..failing }), [("smtp_failure", Level::Critical)]);
    let warm = Mailbox {
        is_warming: true,
        reputation: Some(85),
        spam: Some(30),
        warmup_sent: Some(200),
        limit: Some(40),
        sent_today: Some(41),
        ..Mailbox::default()
    };
    let expected = [
        ("warmup_reputation", Level::Warning),
        ("spam_share", Level::Warning),
        ("over_limit", Level::Warning),
    ];
    assert_eq!(kinds(&warm), expected);
    let few = Mailbox { spam: Some(20), warmup_sent: Some(49), ..warm.clone() };
    assert_eq!(kinds(&few), [expected[0], expected[2]], "49 mails say nothing");
    assert_eq!(
        kinds(&Mailbox { is_warming: false, sent_today: Some(40), ..warm }),
        [],
        "its limit is no more"
    );

    let levels = |account: &Account| {
        let alerts = of_account(account, &limits()).into_iter();
        alerts.map(|alert| (alert.scope, alert.kind, alert.level)).collect::<Vec<_>>()
    };
    let of = |account: &Account| levels(account).into_iter().map(|(_, kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(of(&Account { hours_since_sync: 25, ..Account::default() }), [""; 0]);
    assert_eq!(of(&Account { hours_since_sync: 26, ..Account::default() }), ["stale_sync"]);
    let refused = Account { hours_since_sync: 99, refusal: Some("401".to_owned()), ..Account::default() };
    assert_eq!(of(&refused), ["credentials_refused"], "that is why it is stale");
    for (used, level) in [(13_600, Level::Warning), (15_000, Level::Critical)] {
        let quota = Account { quota: Some((used, 15_000)), ..Account::default() };
        assert_eq!(levels(&quota), [("source", "quota", level)]);
    }
    let held = |told, held| vec![("1".to_owned(), "Plan".to_owned(), told, held)];
    assert_eq!(of(&Account { held: held(200, 195), ..Account::default() }), [""; 0]);
    assert_eq!(of(&Account { held: held(200, 150), ..Account::default() }), ["events_missing"]);
    assert_eq!(of(&Account { held: held(49, 10), ..Account::default() }), [""; 0], "49 mails say nothing");

    let campaign = |hours, sent| vec![("1".to_owned(), "Plan".to_owned(), hours, sent)];
    let silent = |hours, sent_since, silent| {
        let account = Account { hours_since_delivery: Some(hours), sent_since, silent, ..Account::default() };
        levels(&account).into_iter().map(|(scope, ..)| scope).collect::<Vec<_>>()
    };
    assert_eq!(silent(30, 9, campaign(30, 9)), ["source"], "that is why each of its campaigns is");
    assert_eq!(silent(30, 0, campaign(30, 0)), [""; 0], "nothing was sent that could be told");
    assert_eq!(silent(2, 0, campaign(30, 9)), ["campaign"], "others' come");
    assert_eq!(silent(2, 0, campaign(23, 9)), [""; 0]);
}
